//! What the stories about licences have in common.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::bench::Bench;
use reqwest::Method;
use serde_json::{Value, json};

/// Where agreements are.
pub(crate) const AGREEMENTS: &str = "/auth/admin/agreements";
/// Where licences are decided of.
pub(crate) const LICENSES: &str = "/auth/admin/licenses";
/// Where pools are.
pub(crate) const POOLS: &str = "/auth/admin/pools";

/// Somebody who is signed in.
pub(crate) struct Actor(pub(crate) String);

impl Actor {
    pub(crate) async fn get(&self, bench: &Bench, path: &str) -> Answer {
        bench.ask(Method::GET, path, &self.0, None).await
    }

    pub(crate) async fn post(&self, bench: &Bench, path: &str, body: &Value) -> Answer {
        bench.ask(Method::POST, path, &self.0, Some(body)).await
    }

    pub(crate) async fn patch(&self, bench: &Bench, path: &str, body: &Value) -> Answer {
        bench.ask(Method::PATCH, path, &self.0, Some(body)).await
    }

    /// Does something that needs no body.
    pub(crate) async fn act(&self, bench: &Bench, path: &str) -> Answer {
        bench.ask(Method::POST, path, &self.0, None).await
    }

    pub(crate) async fn delete(&self, bench: &Bench, path: &str) -> Answer {
        bench.ask(Method::DELETE, path, &self.0, None).await
    }

    /// Creates a system in an organisation; gives its id and its secret.
    pub(crate) async fn system(&self, bench: &Bench, name: &str, organisation: OrganisationId) -> System {
        let body = json!({ "name": name, "type": "ns8", "organization_id": organisation });
        let created = self.post(bench, "/api/systems", &body).await;
        let data = created.data(201);
        System { id: text(data, "id").to_owned(), secret: text(data, "secret").to_owned() }
    }

    /// Writes and publishes an agreement; gives its id.
    pub(crate) async fn agreement(&self, bench: &Bench, terms: &Value) -> String {
        let draft = self.post(bench, AGREEMENTS, terms).await;
        assert_eq!(draft.status, 201, "{draft:?}");
        let id = text(&draft.json, "UUID").to_owned();
        let published = self.act(bench, &format!("{AGREEMENTS}/{id}/publish")).await;
        assert_eq!(published.status, 200, "{published:?}");
        id
    }

    /// Makes seats; gives the id of the pool.
    pub(crate) async fn seats(&self, bench: &Bench, agreement: &str, seats: i64) -> String {
        let made = self.post(bench, POOLS, &json!({ "Agreement": agreement, "Seats": seats })).await;
        assert_eq!(made.status, 201, "{made:?}");
        text(&made.json, "UUID").to_owned()
    }

    /// Hands seats down; gives the id of the receiver's pool.
    pub(crate) async fn give(&self, bench: &Bench, pool: &str, to: OrganisationId, seats: i64) -> String {
        let given =
            self.post(bench, &format!("{POOLS}/{pool}/give"), &json!({ "Organisation": to, "Seats": seats })).await;
        assert_eq!(given.status, 200, "{given:?}");
        text(&given.json, "UUID").to_owned()
    }

    /// Issues one licence; gives all that is said of it.
    pub(crate) async fn issue(&self, bench: &Bench, agreement: &str, to: OrganisationId) -> Value {
        let issued = self.post(bench, LICENSES, &json!({ "Agreement": agreement, "Organisation": to })).await;
        assert_eq!(issued.status, 201, "{issued:?}");
        issued.json[0].clone()
    }

    /// What a pool has, gave, uses and may still give or use.
    pub(crate) async fn balance(&self, bench: &Bench, pool: &str) -> [i64; 4] {
        let found = self.get(bench, &format!("{POOLS}/{pool}")).await;
        assert_eq!(found.status, 200, "{found:?}");
        ["Seats", "Given", "Used", "Free"].map(|name| found.json[name].as_i64().unwrap())
    }
}

/// A system in the field.
#[derive(Clone, Debug)]
pub(crate) struct System {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl System {
    /// Asks for itself.
    pub(crate) async fn ask(&self, bench: &Bench, path: &str) -> Answer {
        Answer::of(bench.call(Method::GET, path).basic_auth(&self.id, Some(&self.secret))).await
    }
}

/// Owner, distributor, reseller, two customers, and an administrator of each.
pub(crate) struct Tree {
    pub(crate) owner: OrganisationId,
    pub(crate) distributor: OrganisationId,
    pub(crate) reseller: OrganisationId,
    pub(crate) customer: OrganisationId,
    pub(crate) neighbour: OrganisationId,
    pub(crate) root: Actor,
    pub(crate) seller: Actor,
    pub(crate) dealer: Actor,
    pub(crate) buyer: Actor,
    pub(crate) other: Actor,
}

impl Tree {
    pub(crate) async fn new(bench: &Bench) -> Self {
        let owner = bench.organisation("Owner", None).await;
        let of = |name: &'static str, kind, parent| bench.organisation_of_kind(name, kind, Some(parent));
        let distributor = of("Distributor", OrganisationKind::Distributor, owner).await;
        let reseller = of("Reseller", OrganisationKind::Reseller, distributor).await;
        let customer = of("Customer", OrganisationKind::Customer, reseller).await;
        let neighbour = of("Neighbour", OrganisationKind::Customer, reseller).await;
        Self {
            owner,
            distributor,
            reseller,
            customer,
            neighbour,
            root: admin(bench, "root", owner).await,
            seller: admin(bench, "seller", distributor).await,
            dealer: admin(bench, "dealer", reseller).await,
            buyer: admin(bench, "buyer", customer).await,
            other: admin(bench, "other", neighbour).await,
        }
    }
}

/// An administrator of an organisation.
pub(crate) async fn admin(bench: &Bench, name: &str, organisation: OrganisationId) -> Actor {
    member(bench, name, organisation, Role::Admin).await
}

/// Somebody with a role in an organisation.
pub(crate) async fn member(bench: &Bench, name: &str, organisation: OrganisationId, role: Role) -> Actor {
    let person = bench.person(name, organisation, role).await;
    Actor(bench.sign_in(&person).await.access)
}

/// The terms of a subscription.
pub(crate) fn subscription(name: &str) -> Value {
    json!({ "Name": name, "Kind": "subscription", "Provides": ["nx.streams", "nx.models"], "AmountPerMonth": 1999 })
}

/// That a request was refused by this rule, with this status.
#[track_caller]
pub(crate) fn refused(answer: &Answer, status: u16, rule: &str) {
    assert_eq!((answer.status, answer.said()), (status, rule), "{answer:?}");
}

/// That a request was refused because of this field.
#[track_caller]
pub(crate) fn refused_field(answer: &Answer, field: &str) {
    refused(answer, 400, "validation failed");
    assert_eq!(answer.json["Field"]["Name"], field, "{answer:?}");
}
