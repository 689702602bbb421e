//! What the stories about organisations have in common.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::people::Person;
use reqwest::Method;
use serde_json::{Value, json};

/// Where organisations are.
pub(crate) const ORGANIZATIONS: &str = "/api/organizations";

/// The path of an organisation.
pub(crate) fn path(id: impl std::fmt::Display) -> String {
    format!("{ORGANIZATIONS}/{id}")
}

/// Somebody who is signed in.
pub(crate) struct Actor(String);

impl Actor {
    /// Signs somebody in.
    pub(crate) async fn of(bench: &Bench, person: &Person) -> Self {
        Self(bench.sign_in(person).await.access)
    }

    /// Does something about an organisation that needs no body, such as `suspend`.
    pub(crate) async fn act(&self, bench: &Bench, id: impl std::fmt::Display, act: &str) -> Answer {
        let (method, tail) = match act {
            "delete" => (Method::DELETE, String::new()),
            "destroy" => (Method::DELETE, "/destroy".to_owned()),
            act => (Method::PATCH, format!("/{act}")),
        };
        self.ask(bench, method, &format!("{}{tail}", path(id)), None).await
    }

    /// Moves an organisation below another one.
    pub(crate) async fn put_below(
        &self,
        bench: &Bench,
        id: impl std::fmt::Display,
        parent: impl std::fmt::Display,
    ) -> Answer {
        let body = json!({ "parent_id": parent.to_string() });
        self.ask(bench, Method::PUT, &format!("{}/parent", path(id)), Some(&body)).await
    }

    /// The status of a look at something.
    pub(crate) async fn status(&self, bench: &Bench, path: &str) -> u16 {
        self.get(bench, path).await.status
    }

    /// Creates a system in an organisation and gives its path.
    pub(crate) async fn system(&self, bench: &Bench, name: &str, organisation: impl std::fmt::Display) -> String {
        let body = json!({ "name": name, "type": "ns8", "organization_id": organisation.to_string() });
        let created = self.ask(bench, Method::POST, "/api/systems", Some(&body)).await;
        format!("/api/systems/{}", text(created.data(201), "id"))
    }

    /// What was written down under this action, the newest first.
    pub(crate) async fn audited(&self, bench: &Bench, action: &str) -> Vec<Value> {
        self.get(bench, &format!("/api/audit?action={action}")).await.list("entries").to_vec()
    }

    pub(crate) async fn ask(&self, bench: &Bench, method: Method, path: &str, body: Option<&Value>) -> Answer {
        bench.ask(method, path, &self.0, body).await
    }

    pub(crate) async fn get(&self, bench: &Bench, path: &str) -> Answer {
        self.ask(bench, Method::GET, path, None).await
    }

    pub(crate) async fn create(&self, bench: &Bench, draft: &Value) -> Answer {
        self.ask(bench, Method::POST, ORGANIZATIONS, Some(draft)).await
    }

    pub(crate) async fn change(&self, bench: &Bench, id: &str, change: &Value) -> Answer {
        self.ask(bench, Method::PUT, &path(id), Some(change)).await
    }

    /// The names of the organisations in a list, in their order.
    pub(crate) async fn names(&self, bench: &Bench, query: &str) -> Vec<String> {
        self.get(bench, &format!("{ORGANIZATIONS}?{query}")).await.names("organizations")
    }
}

/// What an act says that it touched.
pub(crate) fn touched(organizations: usize, users: usize, systems: usize) -> Value {
    json!({ "organizations": organizations, "users": users, "systems": systems })
}

/// Owner, two distributors, a reseller and a customer below the first, and somebody in each.
pub(crate) struct Scene {
    pub(crate) owner: OrganisationId,
    pub(crate) north: OrganisationId,
    pub(crate) south: OrganisationId,
    pub(crate) reseller: OrganisationId,
    pub(crate) customer: OrganisationId,
    pub(crate) root: Actor,
    pub(crate) of_north: Actor,
    pub(crate) of_south: Actor,
    pub(crate) of_reseller: Actor,
    pub(crate) of_customer: Actor,
    pub(crate) supporter: Actor,
}

impl Scene {
    pub(crate) async fn set(bench: &Bench) -> Self {
        use OrganisationKind::{Customer, Distributor, Reseller};
        let owner = bench.organisation("Owner", None).await;
        let north = bench.organisation_of_kind("North", Distributor, Some(owner)).await;
        let south = bench.organisation_of_kind("South", Distributor, Some(owner)).await;
        let reseller = bench.organisation_of_kind("Dealer", Reseller, Some(north)).await;
        let customer = bench.organisation_of_kind("Bakery", Customer, Some(reseller)).await;
        let root = bench.super_admin("root", owner).await;
        let actor = async |name: &str, organisation, role| {
            Actor::of(bench, &bench.person(name, organisation, role).await).await
        };
        Self {
            owner,
            north,
            south,
            reseller,
            customer,
            root: Actor::of(bench, &root).await,
            of_north: actor("north", north, Role::Admin).await,
            of_south: actor("south", south, Role::Admin).await,
            of_reseller: actor("dealer", reseller, Role::Admin).await,
            of_customer: actor("baker", customer, Role::Admin).await,
            supporter: actor("supporter", north, Role::Support).await,
        }
    }
}
