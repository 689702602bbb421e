//! What the stories about people have in common.

use std::time::{Duration, Instant};

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::people::{Person, Tokens};
use reqwest::Method;
use serde_json::{Value, json};

/// Where people are.
pub(crate) const USERS: &str = "/api/users";
/// How long something may take to count on every node (contract, section 2).
const EVERYWHERE: Duration = Duration::from_secs(1);

/// An answer, read whole.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) json: Value,
}

impl Answer {
    /// The envelope's data, after a success.
    #[track_caller]
    pub(crate) fn data(&self) -> &Value {
        assert_eq!((self.status, &self.json["code"]), (200, &json!(200)), "{}", self.json);
        &self.json["data"]
    }

    /// That it was refused with this status by this rule.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, rule: &str) {
        assert_eq!((self.status, &self.json["message"]), (status, &json!(rule)), "{}", self.json);
    }

    /// The fields that were refused, by name and rule.
    #[track_caller]
    pub(crate) fn fields(&self) -> Vec<(&str, &str)> {
        self.refused(400, "validation failed");
        let errors = self.json["data"]["errors"].as_array().unwrap();
        errors.iter().map(|error| (text(error, "key"), text(error, "message"))).collect()
    }
}

/// A member that is text.
#[track_caller]
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

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
        let mut request = node.call(method, path).bearer_auth(&self.tokens.access);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        Answer { status: answer.status().as_u16(), json: answer.json().await.unwrap() }
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
        let listed = self.get(bench, &format!("{USERS}?{query}")).await;
        let listed = listed.data()["users"].as_array().unwrap().clone();
        listed.iter().map(|one| text(one, "name").to_owned()).collect()
    }

    /// Whether a token of theirs is good on this node.
    pub(crate) async fn is_in(&self, node: &Bench) -> bool {
        self.get(node, "/api/me").await.status == 200
    }

    /// How many entries of the audit log there are for this action, as far as they see.
    pub(crate) async fn audited(&self, bench: &Bench, action: &str) -> i64 {
        let log = self.get(bench, &format!("/api/audit?action={action}")).await;
        log.data()["pagination"]["total_count"].as_i64().unwrap()
    }
}

/// Asks again and again until it is so; whoever asks after the limit must be told so.
pub(crate) async fn until(what: &str, ask: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    loop {
        let asked_after = begun.elapsed();
        if ask().await {
            return;
        }
        assert!(asked_after < EVERYWHERE, "{what}: not after {asked_after:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
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
        let (client, connection) = tokio_postgres::connect(bench.database_url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(statement).await.unwrap();
    }
    bench.context.database.look_afresh();
}
