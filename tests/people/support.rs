//! What the stories about people have in common.

use std::time::Duration;

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::people::{Person, Tokens};
use bailiwick_testkit::postgres;
use reqwest::Method;
use serde_json::{Value, json};

/// Where people are.
pub(crate) const USERS: &str = "/api/users";

/// The path of a person.
pub(crate) fn path(person: &Person) -> String {
    format!("{USERS}/{}", person.id)
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub(crate) person: Person,
    pub(crate) tokens: Tokens,
}

impl Actor {
    /// Somebody new with a role.
    pub(crate) async fn new(bench: &Bench, name: &str, organisation: OrganisationId, role: Role) -> Self {
        Self::of(bench, bench.person(name, organisation, role).await).await
    }

    /// Somebody, signed in.
    pub(crate) async fn of(bench: &Bench, person: Person) -> Self {
        Self { tokens: bench.sign_in(&person).await, person }
    }

    pub(crate) async fn ask(&self, node: &Bench, method: Method, path: &str, body: Option<&Value>) -> Answer {
        node.ask(method, path, &self.tokens.access, body).await
    }

    pub(crate) async fn get(&self, node: &Bench, path: &str) -> Answer {
        self.ask(node, Method::GET, path, None).await
    }

    pub(crate) async fn suspend(&self, node: &Bench, person: &Person) -> Answer {
        self.ask(node, Method::PATCH, &format!("{}/suspend", path(person)), None).await
    }

    pub(crate) async fn reactivate(&self, node: &Bench, person: &Person) -> Answer {
        self.ask(node, Method::PATCH, &format!("{}/reactivate", path(person)), None).await
    }

    pub(crate) async fn send_reset(&self, node: &Bench, person: &Person) -> Answer {
        self.ask(node, Method::POST, &format!("{}/reset-password", path(person)), None).await
    }

    pub(crate) async fn set(&self, node: &Bench, person: &Person, organisation: OrganisationId, role: &str) -> Answer {
        let path = format!("{}/memberships/{organisation}", path(person));
        self.ask(node, Method::PUT, &path, Some(&json!({ "role": role }))).await
    }

    pub(crate) async fn remove(&self, node: &Bench, person: &Person, organisation: OrganisationId) -> Answer {
        self.ask(node, Method::DELETE, &format!("{}/memberships/{organisation}", path(person)), None).await
    }

    /// The names of the people in a list, in their order.
    pub(crate) async fn names(&self, bench: &Bench, query: &str) -> Vec<String> {
        self.get(bench, &format!("{USERS}?{query}")).await.names("users")
    }

    /// Whether a token of theirs is good on this node.
    pub(crate) async fn is_in(&self, node: &Bench) -> bool {
        self.get(node, "/api/me").await.status == 200
    }

    /// How many entries of the audit log there are for this action, as far as they see.
    pub(crate) async fn audited(&self, bench: &Bench, action: &str) -> i64 {
        let log = self.get(bench, &format!("/api/audit?action={action}")).await;
        log.data(200)["pagination"]["total_count"].as_i64().unwrap()
    }
}

/// Owner; North with Shop and Bakery below it; South. Somebody administers each, and Shop has two more people.
pub(crate) struct Scene {
    pub(crate) owner: OrganisationId,
    pub(crate) north: OrganisationId,
    pub(crate) shop: OrganisationId,
    pub(crate) bakery: OrganisationId,
    pub(crate) south: OrganisationId,
    pub(crate) root: Actor,
    pub(crate) nora: Actor,
    pub(crate) sam: Actor,
    pub(crate) sue: Actor,
    pub(crate) rita: Actor,
    pub(crate) ben: Actor,
    pub(crate) sid: Actor,
}

impl Scene {
    pub(crate) async fn set(bench: &Bench) -> Self {
        use OrganisationKind::{Customer, Distributor};
        let owner = bench.organisation("Owner", None).await;
        let north = bench.organisation_of_kind("North", Distributor, Some(owner)).await;
        let south = bench.organisation_of_kind("South", Distributor, Some(owner)).await;
        let shop = bench.organisation_of_kind("Shop", Customer, Some(north)).await;
        let bakery = bench.organisation_of_kind("Bakery", Customer, Some(north)).await;
        Self {
            owner,
            north,
            shop,
            bakery,
            south,
            root: Actor::of(bench, bench.super_admin("root", owner).await).await,
            nora: Actor::new(bench, "nora", north, Role::Admin).await,
            sam: Actor::new(bench, "sam", shop, Role::Admin).await,
            sue: Actor::new(bench, "sue", shop, Role::Support).await,
            rita: Actor::new(bench, "rita", shop, Role::Reader).await,
            ben: Actor::new(bench, "ben", bakery, Role::Admin).await,
            sid: Actor::new(bench, "sid", south, Role::Admin).await,
        }
    }
}

/// Carries out a statement in the database past the server.
pub(crate) async fn execute(bench: &Bench, statement: &str) {
    if let Some(path) = bench.database_url().strip_prefix("sqlite://") {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        connection.execute_batch(statement).unwrap();
    } else {
        postgres::connect(bench.database_url()).await.unwrap().batch_execute(statement).await.unwrap();
    }
    bench.context.database.look_afresh();
}
