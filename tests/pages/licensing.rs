//! What the stories about the pages of licences have in common: agreements, seats and licences, made through these pages.

use bailiwick_domain::id::OrganisationId;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::people::Person;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Browser, Page};

/// What is filled in to write an agreement.
pub(crate) fn terms<'a>(name: &'a str, key: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("name", name),
        ("kind", "subscription"),
        ("amount_per_month", "19.90"),
        ("duration", "365"),
        ("grace", "14"),
        ("systems", "2"),
        ("lease", "30"),
        ("trials", "0"),
        ("provides", "nx.streams\nnx.models"),
        ("catalogues", ""),
        ("idempotency_key", key),
    ]
}

/// The id at the end of a path, before its query.
pub(crate) fn id_of(location: &str) -> String {
    location.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned()
}

impl Browser<'_> {
    /// Writes an agreement and publishes it; gives its id.
    pub(crate) async fn publish(&self, name: &str) -> String {
        let key = self.open("/agreements/new").await.hidden("idempotency_key");
        let written = self.send("/agreements/new", &terms(name, &key)).await;
        written.leads_to("/agreements/");
        let id = id_of(written.location());
        self.send(&format!("/agreements/{id}/publish"), &[])
            .await
            .leads_to(&format!("/agreements/{id}?notice=published"));
        id
    }

    /// The form of a page with a mark, filled in and sent.
    pub(crate) async fn fill_in(&self, path: &str, query: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.open(&format!("{path}{query}")).await;
        assert_eq!(page.status, 200, "{page:#?}");
        let key = page.hidden("idempotency_key");
        let mut all = fields.to_vec();
        all.push(("idempotency_key", &key));
        self.send(path, &all).await
    }

    /// Makes seats; gives the id of the pool.
    pub(crate) async fn make_seats(&self, agreement: &str, seats: &str) -> String {
        let made = self.fill_in("/pools/make", "", &[("agreement", agreement), ("seats", seats)]).await;
        made.leads_to("/pools/");
        id_of(made.location())
    }

    /// Hands seats down; gives the id of the pool of whoever receives them.
    pub(crate) async fn give_seats(&self, pool: &str, to: OrganisationId, seats: &str) -> String {
        let (path, to) = (format!("/pools/{pool}/give"), to.to_string());
        let fields = [("organization_id", to.as_str()), ("seats", seats), ("overdraft", ""), ("expires_at", "")];
        let given = self.fill_in(&path, &format!("?organization_id={to}"), &fields).await;
        given.leads_to("/pools/");
        id_of(given.location())
    }

    /// Issues one licence; gives its id.
    pub(crate) async fn issue(&self, agreement: &str, to: OrganisationId) -> String {
        let to = to.to_string();
        let issued = self.fill_in("/licences/issue", &format!("?organization_id={to}"), &issuing(agreement, &to)).await;
        issued.leads_to("/licences/");
        id_of(issued.location())
    }
}

/// What is filled in to issue one licence.
pub(crate) fn issuing<'a>(agreement: &'a str, to: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("organization_id", to),
        ("agreement", agreement),
        ("quantity", "1"),
        ("amount_per_month", ""),
        ("discount", ""),
        ("starts_at", ""),
        ("expires_at", ""),
        ("paid_until_at", ""),
    ]
}

/// Creates a system in an organisation; gives its id.
pub(crate) async fn system(bench: &Bench, by: &Person, name: &str, organisation: OrganisationId) -> String {
    let access = bench.sign_in(by).await.access;
    let body = json!({ "name": name, "type": "ns8", "organization_id": organisation });
    let request = bench.call(Method::POST, "/api/systems").bearer_auth(&access).json(&body);
    let created: Value = Answer::in_json(request).await.data(201).clone();
    created["id"].as_str().unwrap().to_owned()
}
