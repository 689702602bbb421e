//! What the stories about acting as somebody else have in common.

use std::time::Duration;

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::people::{Person, Tokens};
use bailiwick_testkit::postgres;
use reqwest::Method;
use serde_json::{Value, json};

/// Where one's consent is.
pub(crate) const CONSENT: &str = "/api/me/impersonation-consent";
/// Where one reads who acted as one.
pub(crate) const IMPERSONATIONS: &str = "/api/me/impersonations";

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub(crate) person: Person,
    pub(crate) tokens: Tokens,
}

impl Actor {
    pub(crate) async fn new(bench: &Bench, name: &str, organisation: OrganisationId, role: Role) -> Self {
        Self::of(bench, bench.person(name, organisation, role).await).await
    }

    pub(crate) async fn of(bench: &Bench, person: Person) -> Self {
        Self { tokens: bench.sign_in(&person).await, person }
    }

    pub(crate) async fn get(&self, node: &Bench, path: &str) -> Answer {
        node.ask(Method::GET, path, &self.tokens.access, None).await
    }

    pub(crate) async fn call(&self, node: &Bench, method: Method, path: &str, body: Option<Value>) -> Answer {
        node.ask(method, path, &self.tokens.access, body.as_ref()).await
    }

    /// Has this person consent for so many hours.
    pub(crate) async fn consent(&self, node: &Bench, hours: i64) -> Answer {
        self.call(node, Method::PUT, CONSENT, Some(json!({ "hours": hours }))).await
    }

    pub(crate) async fn revoke(&self, node: &Bench) -> Answer {
        self.call(node, Method::DELETE, CONSENT, None).await
    }

    /// Asks to act as somebody.
    pub(crate) async fn impersonate(&self, node: &Bench, other: &Person) -> Answer {
        self.call(node, Method::POST, &format!("/api/users/{}/impersonate", other.id), None).await
    }

    /// Acts as somebody who consents.
    pub(crate) async fn acting(&self, node: &Bench, other: &Self) -> Acting {
        other.consent(node, 8).await.data(200);
        Acting::of(&self.impersonate(node, &other.person).await)
    }

    pub(crate) async fn sign_out(&self, node: &Bench) {
        self.call(node, Method::POST, "/auth/authenticate/signout", None).await;
    }
}

/// Somebody in the middle of acting as somebody else.
#[derive(Clone, Debug)]
pub(crate) struct Acting {
    pub(crate) id: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Acting {
    #[track_caller]
    pub(crate) fn of(answer: &Answer) -> Self {
        let data = answer.data(201);
        let member = |name| text(data, name).to_owned();
        Self { id: member("impersonation_id"), access: member("access_token"), refresh: member("refresh_token") }
    }

    pub(crate) async fn get(&self, node: &Bench, path: &str) -> Answer {
        node.ask(Method::GET, path, &self.access, None).await
    }

    pub(crate) async fn call(&self, node: &Bench, method: Method, path: &str, body: Option<Value>) -> Answer {
        node.ask(method, path, &self.access, body.as_ref()).await
    }

    /// The status of reading as whom one acts.
    pub(crate) async fn status(&self, node: &Bench) -> u16 {
        self.get(node, "/api/me").await.status
    }

    /// Asks for the next tokens.
    pub(crate) async fn refreshed(&self, node: &Bench) -> Answer {
        let body = json!({ "GrantType": "refresh_token" });
        node.ask(Method::POST, "/auth/authenticate/refresh-token", &self.refresh, Some(&body)).await
    }

    /// The same with the tokens of such an answer.
    #[track_caller]
    pub(crate) fn with_tokens_of(&self, refreshed: &Answer) -> Self {
        let token = |name| text(&refreshed.json, name).to_owned();
        Self { id: self.id.clone(), access: token("AccessToken"), refresh: token("RefreshToken") }
    }
}

/// The tree of most stories: `ours` with `shop` below it, and `theirs` beside it, all below `owner`.
pub(crate) struct Tree {
    pub(crate) owner: OrganisationId,
    pub(crate) ours: OrganisationId,
    pub(crate) shop: OrganisationId,
    pub(crate) theirs: OrganisationId,
    /// A super admin.
    pub(crate) root: Actor,
}

impl Tree {
    pub(crate) async fn new(bench: &Bench) -> Self {
        let owner = bench.organisation("Owner", None).await;
        let ours = bench.organisation("Ours", Some(owner)).await;
        let shop = bench.organisation("Shop", Some(ours)).await;
        let theirs = bench.organisation("Theirs", Some(owner)).await;
        let root = bench.super_admin("root", owner).await;
        Self { owner, ours, shop, theirs, root: Actor::of(bench, root).await }
    }

    /// The path of a new system of this organisation.
    pub(crate) async fn system(&self, bench: &Bench, name: &str, organisation: OrganisationId) -> String {
        let body = json!({ "name": name, "type": "ns8", "organization_id": organisation });
        let created = self.root.call(bench, Method::POST, "/api/systems", Some(body)).await;
        format!("/api/systems/{}", text(created.data(201), "id"))
    }
}

/// The number that a query gives, past the server.
pub(crate) async fn number(url: &str, sql: &str) -> i64 {
    if let Some(path) = url.strip_prefix("sqlite://") {
        return rusqlite::Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap();
    }
    postgres::connect(url).await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
}

/// Runs a statement past the server, which nobody is told of.
pub(crate) async fn aside(url: &str, sql: &str) {
    if let Some(path) = url.strip_prefix("sqlite://") {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        connection.execute_batch(sql).unwrap();
        return;
    }
    postgres::connect(url).await.unwrap().batch_execute(sql).await.unwrap();
}
