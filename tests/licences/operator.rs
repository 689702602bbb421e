//! The operator at the command line: agreements, seats and licences, by the use cases of everybody, beside the server.

use std::process::Output;

use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::http;
use bailiwick_testkit::people::PASSWORD;
use bailiwick_testkit::process::operator::{refusal, says};
use bailiwick_testkit::process::{Program, Running};
use reqwest::{Client, Method};
use serde_json::{Value, json};

const EMAIL: &str = "ann@acme.example";
/// An id that nothing has.
pub(crate) const UNKNOWN: &str = "0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7a";

/// A server that is set up and runs, with a partner tree, and the operator beside it.
pub(crate) struct Stage {
    pub(crate) program: Program,
    server: Running,
    client: Client,
    token: String,
}

impl Stage {
    /// Acme above North above Reach above Shop and Hut.
    pub(crate) async fn set(engine: Engine) -> Self {
        http::choose_cryptography();
        let mut program = Program::on(engine).unwrap();
        program.set_up("Acme", EMAIL, "Ann").unwrap();
        let server = program.start().await.unwrap();
        let client = http::client().unwrap();
        let body = json!({ "Username": EMAIL, "Password": PASSWORD, "KeepLoggedIn": false });
        let signed_in = Answer::in_json(client.post(server.at("/auth/authenticate/signin")).json(&body)).await;
        let token = text(&signed_in.json, "AccessToken").to_owned();
        let stage = Self { program, server, client, token };
        for (name, kind, parent) in [
            ("North", "distributor", "Acme"),
            ("Reach", "reseller", "North"),
            ("Shop", "customer", "Reach"),
            ("Hut", "customer", "Reach"),
        ] {
            stage.says(&["organisation", "create", "--name", name, "--kind", kind, "--parent", parent]);
        }
        stage
    }

    pub(crate) fn admin(&self, arguments: &[&str]) -> Output {
        self.program.admin(arguments).unwrap()
    }

    /// What a command that succeeds says.
    pub(crate) fn says(&self, arguments: &[&str]) -> String {
        says(&self.admin(arguments))
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.says(&[arguments, &["--json"]].concat())).unwrap()
    }

    pub(crate) fn refuses(&self, arguments: &[&str]) -> String {
        refusal(&self.admin(arguments))
    }

    /// What the server says to its super admin.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::in_json(self.client.get(self.server.at(path)).bearer_auth(&self.token)).await
    }

    /// How often the operator did this, as the audit log has it.
    pub(crate) async fn audited(&self, action: &str) -> usize {
        let answer = self.get(&format!("/api/audit?page_size=100&action={action}")).await;
        let entries = answer.list("entries");
        assert!(entries.iter().all(|entry| entry["actor_kind"] == "operator"), "{entries:?}");
        entries.len()
    }

    /// The id of an organisation.
    pub(crate) fn organisation(&self, name: &str) -> String {
        text(&self.json(&["organisation", "show", name]), "id").to_owned()
    }

    /// Creates a system in an organisation; gives its id.
    pub(crate) async fn system(&self, name: &str, organisation: &str) -> String {
        let body = json!({ "name": name, "type": "ns8", "organization_id": self.organisation(organisation) });
        let request = self.client.request(Method::POST, self.server.at("/api/systems"));
        let created = Answer::in_json(request.bearer_auth(&self.token).json(&body)).await;
        text(created.data(201), "id").to_owned()
    }

    /// Writes and publishes an agreement of this name.
    pub(crate) fn agreement(&self, name: &str, more: &[&str]) {
        let create = ["agreement", "create", "--name", name, "--kind", "subscription"];
        self.says(&[&create, more].concat());
        self.says(&["agreement", "publish", name]);
    }
}

fn names(listed: &Value, list: &str, name: &str) -> Vec<String> {
    listed[list].as_array().unwrap().iter().map(|one| text(one, name).to_owned()).collect()
}

/// Agreements: written, changed, published, revised, withdrawn, by name.
async fn agreements(engine: Engine) {
    let stage = Stage::set(engine).await;
    assert!(stage.says(&["agreement", "list"]).contains("There is no such agreement"));
    let flags = ["--provides", "nx.streams, nx.models", "--price", "1999", "--duration", "never", "--lease", "7"];
    let create = ["agreement", "create", "--name", "AI Manager", "--kind", "subscription"];
    let draft = stage.json(&[&create[..], &flags].concat());
    assert_eq!((&draft["status"], &draft["version"]), (&json!("draft"), &json!(1)));
    assert_eq!((&draft["provides"], &draft["duration_days"]), (&json!(["nx.streams", "nx.models"]), &json!(null)));
    assert_eq!((&draft["amount_per_month"], &draft["lease_days"]), (&json!(1999), &json!(7)));
    let changed =
        stage.json(&["agreement", "change", "AI Manager", "--grace", "30", "--duration", "730", "--provides", ""]);
    assert_eq!((&changed["grace_days"], &changed["duration_days"]), (&json!(30), &json!(730)));
    assert_eq!((&changed["provides"], &changed["amount_per_month"]), (&json!([]), &json!(1999)), "the rest stays");
    let published = stage.says(&["agreement", "publish", "ai manager"]);
    assert!(published.starts_with("version 1 of AI Manager is published"), "{published}");
    assert!(stage.refuses(&["agreement", "change", "AI Manager", "--grace", "1"]).contains("agreement is not a draft"));
    let revised = stage.json(&["agreement", "revise", "AI Manager"]);
    assert_eq!((&revised["status"], &revised["version"]), (&json!("draft"), &json!(2)));
    // Of a name the version that the command is about is meant, and the newest otherwise.
    assert_eq!(stage.json(&["agreement", "show", "AI Manager"])["version"], 2);
    assert!(stage.refuses(&["agreement", "revise", "AI Manager"]).contains("draft"));
    assert_eq!(stage.json(&["agreement", "delete", "AI Manager"])["version"], 2);
    assert_eq!(stage.json(&["agreement", "withdraw", "AI Manager"])["status"], "withdrawn");
    assert!(stage.refuses(&["agreement", "withdraw", "AI Manager"]).contains("agreement is not published"));
    let shown = stage.says(&["agreement", "show", "AI Manager"]);
    assert!(shown.starts_with("Name") && shown.contains("1 (withdrawn)") && shown.contains("1999 a month"), "{shown}");

    let trial = ["agreement", "create", "--name", "Try it", "--kind", "trial", "--trials", "3"];
    assert_eq!(stage.json(&trial)["duration_days"], 90);
    assert_eq!(names(&stage.json(&["agreement", "list"]), "agreements", "name"), ["AI Manager", "Try it"]);
    for (filters, expected) in [
        (["--status", "draft"], vec!["Try it"]),
        (["--status", "withdrawn"], vec!["AI Manager"]),
        (["--kind", "trial"], vec!["Try it"]),
        (["--search", "MANAGER"], vec!["AI Manager"]),
    ] {
        let listed = stage.json(&[&["agreement", "list"], &filters[..]].concat());
        assert_eq!(names(&listed, "agreements", "name"), expected, "{filters:?}");
    }
    // Where another has the same name, which one is meant is said by its id.
    let other = text(&stage.json(&trial), "id").to_owned();
    let ambiguous = stage.refuses(&["agreement", "publish", "Try it"]);
    assert!(ambiguous.contains("2 agreements are called Try it") && ambiguous.contains(&other), "{ambiguous}");
    assert_eq!(stage.json(&["agreement", "publish", &other])["status"], "published");
    for (arguments, rule) in [
        (vec!["show", "Nowhere"], "no agreement with the name Nowhere"),
        (vec!["show", UNKNOWN], "no agreement with the id"),
        (vec!["create", "--name", "X", "--kind", "subscription", "--trials", "1"], "--trials must be 0, unless"),
        (vec!["create", "--name", "X", "--kind", "trial", "--duration", "never"], "--duration must be given where"),
        (vec!["create", "--name", "X", "--kind", "A B"], "--kind must be a word"),
        (vec!["create", "--name", "X", "--kind", "x", "--provides", "NX"], "--provides must be"),
        (vec!["create", "--name", "X", "--kind", "x", "--duration", "soon"], "--duration must be a whole number"),
        (vec!["list", "--status", "done"], "--status must be one of"),
    ] {
        let refused = stage.refuses(&[&["agreement"], arguments.as_slice()].concat());
        assert!(refused.contains(rule), "{arguments:?}: {refused}");
    }
    for (act, count) in
        [("created", 3), ("changed", 1), ("published", 2), ("revised", 1), ("deleted", 1), ("withdrawn", 1)]
    {
        assert_eq!(stage.audited(&format!("agreement.{act}")).await, count, "{act}");
    }
}

/// Seats: made, handed down, taken back, under the rules of everybody, and seen by the running server.
async fn pools(engine: Engine) {
    let stage = Stage::set(engine).await;
    assert!(
        stage.refuses(&["pool", "make", "--agreement", "AI", "--seats", "1"]).contains("no agreement with the name")
    );
    stage.agreement("AI Manager", &[]);
    let made = stage.json(&["pool", "make", "--agreement", "AI Manager", "--seats", "100"]);
    assert_eq!(
        (&made["organization"]["name"], &made["free"], &made["parent_id"]),
        (&json!("Acme"), &json!(100), &json!(null))
    );
    let top = text(&made, "id").to_owned();
    let given = stage.says(&["pool", "give", &top, "--to", "North", "--seats", "40", "--overdraft", "5"]);
    assert!(given.starts_with("North has 40 seats of AI Manager now, of which 45 are free (until: no end;"), "{given}");
    let listed = stage.json(&["pool", "list", "--organisation", "North"]);
    let sold = text(&listed["pools"][0], "id").to_owned();
    let until = "2199-06-30T00:00:00Z";
    let dealt = stage.json(&["pool", "give", &sold, "--to", "Reach", "--seats", "15", "--until", until]);
    assert_eq!((&dealt["seats"], &dealt["expires_at"]), (&json!(15), &json!(until)));
    assert_eq!(dealt["given_by"]["name"], "North");
    let changed = stage.json(&["pool", "change", &sold, "--until", "2199-01-01T00:00:00Z", "--overdraft", "0"]);
    assert_eq!((&changed["overdraft"], &changed["expires_at"]), (&json!(0), &json!("2199-01-01T00:00:00Z")));
    assert_eq!(stage.json(&["pool", "show", text(&dealt, "id")])["expires_at"], "2199-01-01T00:00:00Z");
    assert_eq!(stage.json(&["pool", "change", &sold, "--until", "never"])["expires_at"], json!(null));
    // What is free below comes back too.
    let taken = stage.json(&["pool", "take-back", &sold, "--seats", "30"]);
    assert_eq!((&taken["seats"], &taken["given"]), (&json!(10), &json!(10)));
    let seen = stage.get(&format!("/auth/admin/pools/{top}")).await;
    assert_eq!((&seen.json["Given"], &seen.json["Free"]), (&json!(10), &json!(90)), "{seen:?}");
    let listed = stage.says(&["pool", "list", "--agreement", "AI Manager"]);
    let holders: Vec<_> = listed.lines().skip(1).map(|line| line.split_whitespace().nth(2).unwrap()).collect();
    assert_eq!(holders, ["Acme", "North", "Reach"], "{listed}");
    let history = stage.json(&["pool", "history", &sold]);
    assert_eq!(names(&history, "moves", "kind")[..2], ["returned", "taken_back"], "{history}");
    assert!(stage.says(&["pool", "history", &sold]).contains("received"));
    assert!(stage.says(&["pool", "show", &sold]).contains("Given by"));
    for (arguments, rule) in [
        (vec!["show", UNKNOWN], "no pool of seats with that id; bailiwick admin pool list"),
        (vec!["show", "x"], "the id of the pool must be"),
        (vec!["take-back", &sold, "--seats", "11"], "Only 10 seats are free"),
        (vec!["give", &top, "--to", "North", "--seats", "91"], "Only 90 seats are free"),
        (vec!["give", &sold, "--to", "Acme", "--seats", "1"], "must be an organisation below the one that holds"),
        (vec!["give", &top, "--to", "Nowhere", "--seats", "1"], "no organisation with the name Nowhere"),
        (vec!["give", &top, "--to", "North", "--seats", "0"], "--seats must be a whole number"),
        (vec!["change", &sold, "--until", "2020-01-01T00:00:00Z"], "--until must be a moment that has not passed"),
        (vec!["change", &sold, "--until", "soon"], "--until must be a moment in RFC 3339"),
    ] {
        let refused = stage.refuses(&[&["pool"], arguments.as_slice()].concat());
        assert!(refused.contains(rule), "{arguments:?}: {refused}");
    }
    for (act, count) in [("seats_made", 1), ("seats_given", 2), ("seats_taken_back", 1), ("changed", 2)] {
        assert_eq!(stage.audited(&format!("pool.{act}")).await, count, "{act}");
    }
}

/// Licences: through their whole life.
async fn licences(engine: Engine) {
    let stage = Stage::set(engine).await;
    stage.agreement("AI Manager", &["--price", "1000", "--systems", "2"]);
    let (box_one, box_two) = (stage.system("Box one", "Shop").await, stage.system("Box two", "Shop").await);
    let issue = ["licence", "issue", "--agreement", "AI Manager", "--organisation", "Shop"];
    let more = ["--quantity", "2", "--discount", "1250", "--system", &box_one, "--from", "2190-01-01T00:00:00Z"];
    let issued = stage.json(&[&issue[..], &more].concat());
    let ids = names(&issued, "licenses", "id");
    let (first, second) = (ids[0].as_str(), ids[1].as_str());
    let licence = &issued["licenses"][0];
    assert_eq!((&licence["net_per_month"], &licence["systems_bound"]), (&json!(875), &json!(1)), "{licence}");
    assert_eq!(
        (&licence["provider"]["name"], &licence["expires_at"]),
        (&json!("Acme"), &json!("2191-01-01T00:00:00Z"))
    );
    stage.says(&[
        "licence",
        "issue",
        "--agreement",
        "AI Manager",
        "--organisation",
        "Hut",
        "--until",
        "2199-01-01T00:00:00Z",
    ]);

    decided(&stage, [first, second], [&box_one, &box_two]).await;
    listed(&stage, &box_two);
    licence_refusals(&stage, [first, second], &box_one);
    for (act, count) in
        [("issued", 3), ("bound", 2), ("released", 1), ("changed", 2), ("renewed", 1), ("transferred", 1)]
    {
        assert_eq!(stage.audited(&format!("license.{act}")).await, count, "{act}");
    }
    let decisions = ["suspended", "reactivated", "revoked"].map(|act| format!("license.{act}"));
    for action in decisions {
        assert_eq!(stage.audited(&action).await, 1, "{action}");
    }
}

/// The first is changed in every way, the second revoked.
async fn decided(stage: &Stage, [first, second]: [&str; 2], [box_one, box_two]: [&str; 2]) {
    let shown = stage.says(&["licence", "show", first]);
    assert!(shown.contains("Box one") && shown.contains("875 a month, 1000 less 1250 basis points"), "{shown}");
    let bound = stage.says(&["licence", "bind", first, "--system", box_two]);
    assert!(
        bound.contains("of Shop, AI Manager (until: 2191-01-01T00:00:00Z;") && bound.contains("is bound"),
        "{bound}"
    );
    assert_eq!(names(&stage.json(&["licence", "show", first]), "systems", "name"), ["Box one", "Box two"]);
    assert_eq!(stage.json(&["licence", "release", first, "--system", box_one])["systems_bound"], 1);
    let changed = stage.json(&["licence", "change", first, "--price", "1200", "--paid-until", "2190-06-01T00:00:00Z"]);
    assert_eq!(
        (&changed["amount_per_month"], &changed["paid_until_at"]),
        (&json!(1200), &json!("2190-06-01T00:00:00Z"))
    );
    assert_eq!(stage.json(&["licence", "change", first, "--paid-until", "never"])["paid_until_at"], json!(null));
    assert_eq!(stage.json(&["licence", "renew", first])["expires_at"], "2192-01-01T00:00:00Z");
    assert_eq!(stage.json(&["licence", "suspend", first])["state"], "suspended");
    assert!(stage.says(&["licence", "reactivate", first]).contains("is not suspended any more"));
    let moved = stage.json(&["licence", "transfer", first, "--to", "Hut"]);
    assert_eq!((&moved["organization"]["name"], &moved["systems_bound"]), (&json!("Hut"), &json!(0)));
    assert!(stage.says(&["licence", "revoke", second]).contains("is revoked for good"));
    let seen = stage.get(&format!("/auth/admin/licenses/{second}")).await;
    assert_eq!(seen.json["State"], "revoked", "the running server knows it at once: {seen:?}");
    let kinds = names(&stage.json(&["licence", "history", first]), "changes", "kind");
    let expected = [
        "transferred",
        "reactivated",
        "suspended",
        "renewed",
        "changed",
        "changed",
        "released",
        "bound",
        "bound",
        "issued",
    ];
    assert_eq!(kinds, expected);
    assert!(stage.says(&["licence", "history", second]).contains("revoked"));
}

/// Licences are found by what they are, in the order that is asked for.
fn listed(stage: &Stage, system: &str) {
    for (filters, expected) in [
        (vec!["--organisation", "Hut"], 2),
        (vec!["--system", system], 0),
        (vec!["--agreement", "ai manager"], 3),
        (vec!["--kind", "trial"], 0),
        (vec!["--search", "MANAGER"], 3),
    ] {
        let listed = stage.json(&[&["licence", "list"], filters.as_slice()].concat());
        assert_eq!(listed["licenses"].as_array().unwrap().len(), expected, "{filters:?}");
    }
    let ends = |order: &str| names(&stage.json(&["licence", "list", "--order", order]), "licenses", "expires_at");
    let [soonest, later, last] = ["2191-01-01T00:00:00Z", "2192-01-01T00:00:00Z", "2199-01-01T00:00:00Z"];
    assert_eq!(
        (ends("ExpiresAt"), ends("-ExpiresAt")),
        (vec![soonest.into(), later.into(), last.into()], vec![last.into(), later.into(), soonest.into()])
    );
    assert!(stage.says(&["license", "list"]).starts_with("AGREEMENT"));
    assert!(stage.says(&["licence", "list", "--kind", "trial"]).contains("There is no such licence"));
}

fn licence_refusals(stage: &Stage, [first, second]: [&str; 2], system: &str) {
    for (arguments, rule) in [
        (vec!["show", UNKNOWN], "no licence with that id; bailiwick admin licence list"),
        (vec!["suspend", second], "license is revoked"),
        (vec!["reactivate", first], "license is not suspended"),
        (vec!["release", first, "--system", system], "device does not have this license"),
        (vec!["bind", first, "--system", system], "--system must be a system that you may manage"),
        (vec!["renew", first, "--until", "2190-01-01T00:00:00Z"], "--until must be later than"),
        (vec!["transfer", first, "--to", "Hut"], "must be another organisation"),
        (vec!["change", first, "--discount", "10001"], "--discount must be"),
        (vec!["list", "--order", "Name"], "--order must be"),
        (vec!["issue", "--agreement", "AI Manager", "--organisation", "Shop", "--seller", "North"], "No seat is free"),
        (vec!["issue", "--agreement", "AI Manager", "--organisation", "Shop", "--system", "x"], "--system must be"),
    ] {
        let refused = stage.refuses(&[&["licence"], arguments.as_slice()].concat());
        assert!(refused.contains(rule), "{arguments:?}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_writes_agreements_on_sqlite() {
    agreements(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_writes_agreements_on_postgres() {
    agreements(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_makes_and_hands_down_seats_on_sqlite() {
    pools(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_makes_and_hands_down_seats_on_postgres() {
    pools(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_decides_of_licences_on_sqlite() {
    licences(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_decides_of_licences_on_postgres() {
    licences(Engine::Postgres).await;
}
