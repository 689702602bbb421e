//! What the routes of licences must answer to each persona, and what they are about: licences that ours holds and its
//! parent sells, a pool that the parent gave to ours, and agreements of the owner's.

use bailiwick_domain::id::OrganisationId;
use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::bench::Bench;
use reqwest::Method;
use serde_json::{Value, json};

use crate::matrix::Route;
use crate::table::{Input, Row, Seen, nothing, row};
use crate::world::Body;

use Seen::Is;

const AGREEMENTS: &str = "/auth/admin/agreements";
const LICENSES: &str = "/auth/admin/licenses";
const POOLS: &str = "/auth/admin/pools";

const SIGNED_IN: [Seen; 7] = [Is(401), Is(200), Is(200), Is(200), Is(200), Is(200), Is(200)];
const READERS: [Seen; 7] = [Is(401), Is(200), Is(200), Is(200), Is(404), Is(200), Is(200)];
/// Those who decide of what ours holds.
const HOLDERS: [Seen; 7] = [Is(401), Is(403), Is(403), Is(200), Is(404), Is(200), Is(200)];
/// Those who decide of what the parent sold or gave; ours sees it.
const SELLERS: [Seen; 7] = [Is(401), Is(403), Is(403), Is(403), Is(404), Is(200), Is(200)];
const MANAGERS: [Seen; 7] = [Is(401), Is(403), Is(200), Is(200), Is(404), Is(200), Is(200)];
/// Those who write agreements; drafts are there for nobody else.
const WRITERS: [Seen; 7] = [Is(401), Is(403), Is(403), Is(404), Is(404), Is(404), Is(200)];

/// What everybody sees, and whoever runs the server decides of.
const fn owners(status: u16) -> [Seen; 7] {
    [Is(401), Is(403), Is(403), Is(403), Is(403), Is(403), Is(status)]
}

/// Routes that are for whoever runs the server alone, which administrators of others are told.
const OWNERS: [&str; 7] = [
    "create-agreement",
    "change-agreement",
    "delete-agreement",
    "publish-agreement",
    "withdraw-agreement",
    "revise-agreement",
    "make-seats",
];

/// Whether a route is for whoever runs the server alone.
pub(crate) fn is_owners(route: &str) -> bool {
    OWNERS.contains(&route)
}

fn with(body: Value) -> Input {
    Input { query: String::new(), body: Body::Json(body) }
}

pub(crate) fn rows() -> Vec<Row> {
    [agreements(), licences(), decisions(), pools(), appliances()].into_iter().flatten().collect()
}

fn agreements() -> Vec<Row> {
    vec![
        row("list-agreements", SIGNED_IN, nothing),
        row("get-agreement", SIGNED_IN, nothing),
        row("create-agreement", owners(201), |target| with(terms(target.unique))),
        row("change-agreement", WRITERS, |_| with(json!({ "AmountPerMonth": 2999 }))),
        row("delete-agreement", WRITERS, nothing),
        row("publish-agreement", WRITERS, nothing),
        row("withdraw-agreement", owners(200), nothing),
        row("revise-agreement", owners(201), nothing),
    ]
}

fn licences() -> Vec<Row> {
    vec![
        // The list is one's own: the sibling's admin gets that of the sibling.
        row("list-licenses", SIGNED_IN, nothing),
        row("get-license", READERS, nothing),
        row("get-license-details", READERS, nothing),
        row("license-history", READERS, nothing),
        row("license-devices", READERS, nothing),
        // The sibling's admin may sell, but names a holder that is none of theirs.
        row("issue-licenses", [Is(401), Is(403), Is(403), Is(201), Is(400), Is(201), Is(201)], |target| {
            with(json!({ "Agreement": target.agreement, "Organisation": target.organisation }))
        }),
        row("sign-license", HOLDERS, nothing),
        row("bind-license", MANAGERS, |target| with(json!({ "Device": target.system }))),
        row("release-license", MANAGERS, nothing),
    ]
}

fn decisions() -> Vec<Row> {
    vec![
        row("change-license", SELLERS, |_| with(json!({ "DiscountBP": 500 }))),
        row("renew-license", SELLERS, |_| with(json!({}))),
        // From ours to its parent: those who decide of it stand above both.
        row("transfer-license", SELLERS, |target| with(json!({ "Organisation": target.parent }))),
        row("suspend-license", SELLERS, nothing),
        row("reactivate-license", SELLERS, nothing),
        row("revoke-license", SELLERS, nothing),
    ]
}

fn pools() -> Vec<Row> {
    vec![
        // The list is one's own: the sibling's admin gets that of the sibling.
        row("list-pools", SIGNED_IN, nothing),
        row("get-pool", READERS, nothing),
        row("pool-history", READERS, nothing),
        row("make-seats", owners(201), |target| with(json!({ "Agreement": target.agreement, "Seats": 3 }))),
        row("change-pool", SELLERS, |_| with(json!({ "Overdraft": 5 }))),
        row("give-seats", HOLDERS, |target| with(json!({ "Organisation": target.below, "Seats": 2 }))),
        row("take-seats-back", SELLERS, |_| with(json!({ "Seats": 1 }))),
    ]
}

/// Nobody of these is a system.
fn appliances() -> Vec<Row> {
    vec![row("own-licence", [Is(401); 7], nothing), row("own-licence-file", [Is(401); 7], nothing)]
}

fn terms(name: &str) -> Value {
    json!({ "Name": name, "Kind": "subscription", "AmountPerMonth": 1999 })
}

/// The licence, the pool and the agreement that a path can be about.
#[derive(Clone, Debug)]
pub(crate) struct Wares {
    pub(crate) licence: String,
    pub(crate) key: String,
    pub(crate) pool: String,
    pub(crate) agreement: String,
}

/// What there is to be licensed: an agreement with seats of the owner's, the partner's and those of two resellers.
pub(crate) struct Licensing {
    /// Published, with seats.
    pub(crate) agreement: String,
    /// The pool of ours, and the sibling's.
    pub(crate) pool: String,
    pub(crate) sibling_pool: String,
    partner: OrganisationId,
    ours: OrganisationId,
    /// Of a super admin.
    token: String,
}

impl Licensing {
    /// Publishes an agreement and hands seats of it down.
    pub(crate) async fn arrange(bench: &Bench, token: String, [partner, ours, sibling]: [OrganisationId; 3]) -> Self {
        let nothing = String::new;
        let mut it = Self { agreement: nothing(), pool: nothing(), sibling_pool: nothing(), partner, ours, token };
        it.agreement = it.published(bench, "Subscription").await;
        let seats = json!({ "Agreement": it.agreement, "Seats": 10_000 });
        let top = it.post(bench, POOLS, Some(&seats)).await;
        let of_partner = it.give(bench, text(&top, "UUID"), partner, 5000).await;
        it.pool = it.give(bench, &of_partner, ours, 1000).await;
        it.sibling_pool = it.give(bench, &of_partner, sibling, 1000).await;
        it
    }

    async fn post(&self, bench: &Bench, path: &str, body: Option<&Value>) -> Value {
        let answer: Answer = bench.ask(Method::POST, path, &self.token, body).await;
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        answer.json
    }

    async fn draft(&self, bench: &Bench, name: &str) -> String {
        text(&self.post(bench, AGREEMENTS, Some(&terms(name))).await, "UUID").to_owned()
    }

    async fn published(&self, bench: &Bench, name: &str) -> String {
        let id = self.draft(bench, name).await;
        self.post(bench, &format!("{AGREEMENTS}/{id}/publish"), None).await;
        id
    }

    async fn give(&self, bench: &Bench, pool: &str, to: OrganisationId, seats: i64) -> String {
        let body = json!({ "Organisation": to, "Seats": seats });
        text(&self.post(bench, &format!("{POOLS}/{pool}/give"), Some(&body)).await, "UUID").to_owned()
    }

    /// A licence that the partner sells to this organisation, with these systems: all that is said of it.
    pub(crate) async fn issue(&self, bench: &Bench, holder: OrganisationId, devices: &[&str]) -> Value {
        let body = json!({
            "Agreement": self.agreement, "Organisation": holder, "Provider": self.partner, "Devices": devices,
        });
        let issued = self.post(bench, LICENSES, Some(&body)).await;
        issued.get(0).cloned().unwrap_or_default()
    }

    /// What a request on this route is about: a licence and an agreement that no other request knows. Pages are asked
    /// about what is not there.
    pub(crate) async fn wares(&self, bench: &Bench, route: &Route, unique: &str, system: &str) -> Wares {
        if route.dialect.is_none() {
            let nobody = "019a9f00-0000-7000-8000-00000000aaaa";
            let [licence, key, pool, agreement] = [nobody; 4].map(str::to_owned);
            return Wares { licence, key, pool, agreement };
        }
        let (mut licence, mut key, mut agreement) = (String::new(), String::new(), String::new());
        if route.path.contains("/license") && route.path.contains("{uuid}") {
            let devices: &[&str] = if route.path.contains("{device}") { &[system] } else { &[] };
            let issued = self.issue(bench, self.ours, devices).await;
            (licence, key) = (text(&issued, "UUID").to_owned(), text(&issued, "LicenseKey").to_owned());
            if route.name == "reactivate-license" {
                self.post(bench, &format!("{LICENSES}/{licence}/suspend"), None).await;
            }
        }
        if route.path.contains("/agreements/") {
            let is_draft = matches!(route.name, "change-agreement" | "delete-agreement" | "publish-agreement");
            let name = format!("About {unique}");
            agreement = if is_draft { self.draft(bench, &name).await } else { self.published(bench, &name).await };
        }
        Wares { licence, key, pool: self.pool.clone(), agreement }
    }

    /// A licence that the sibling holds, its pool, and a draft that carries this word.
    pub(crate) async fn foreign(&self, bench: &Bench, word: &str, sibling: OrganisationId, system: &str) -> Wares {
        let licence = self.issue(bench, sibling, &[system]).await;
        let agreement = self.draft(bench, &format!("Agreement {word}")).await;
        let key = text(&licence, "LicenseKey").to_owned();
        let licence = text(&licence, "UUID").to_owned();
        Wares { licence, key, pool: self.sibling_pool.clone(), agreement }
    }
}

/// Where one sees how many licences, pools and agreements there are, and these.
pub(crate) fn everything(wares: &Wares) -> [String; 6] {
    [
        "/auth/licenses?Limit=1".to_owned(),
        format!("{LICENSES}/{}", wares.licence),
        format!("{AGREEMENTS}?Limit=1"),
        format!("{AGREEMENTS}/{}", wares.agreement),
        format!("{POOLS}?Limit=1"),
        format!("{POOLS}/{}", wares.pool),
    ]
}
