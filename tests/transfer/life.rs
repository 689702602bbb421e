//! A server that was used in every way that leaves rows, and what must still be true of it wherever it moves.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bailiwick_app::clock::{Clock, SystemClock};
use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::http::{client, submit};
use bailiwick_testkit::letters::new_token;
use bailiwick_testkit::people::{PASSWORD, state_token};
use bailiwick_testkit::process::operator::says;
use bailiwick_testkit::process::{Program, Running};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::rows::Look;

/// The super admin.
pub(crate) const OWNER: &str = "owner@example.org";
/// The administrator of a customer.
const ANN: &str = "ann@example.org";
/// What tells the token of a sign-in whose it is: the name that the world knows a server by moves with it.
const BASE_URL: &str = "http://bailiwick.example";

/// An empty server of this kind.
pub(crate) fn program(engine: Engine) -> Program {
    with_settings(Program::on(engine).unwrap())
}

pub(crate) fn with_settings(program: Program) -> Program {
    program.with("BAILIWICK_BASE_URL", BASE_URL)
}

/// An empty server of this kind that has the master key of another one.
pub(crate) fn successor(engine: Engine, of: &Program) -> Program {
    let program = program(engine);
    copy_key(of, &program);
    program
}

/// Where a server has its master key.
pub(crate) fn key_file(program: &Program) -> PathBuf {
    program.data_dir().join("keys/master.key")
}

pub(crate) fn copy_key(from: &Program, to: &Program) {
    let target = key_file(to);
    DirBuilder::new().recursive(true).mode(0o700).create(target.parent().unwrap()).unwrap();
    fs::copy(key_file(from), target).unwrap();
}

/// Has a server write all that it has into a file; gives what it says.
pub(crate) fn export(program: &Program, file: &Path) -> Value {
    let output = program.run(&["export", file.to_str().unwrap(), "--json"], "").unwrap();
    serde_json::from_str(&says(&output)).unwrap()
}

/// Has a server take in what another one has written; gives what it says.
pub(crate) fn import(program: &Program, file: &Path) -> Value {
    let output = program.run(&["import", file.to_str().unwrap(), "--json"], "").unwrap();
    serde_json::from_str(&says(&output)).unwrap()
}

/// A running server, and somebody who asks it.
pub(crate) struct Asking {
    origin: String,
    client: reqwest::Client,
}

impl Asking {
    pub(crate) fn new(running: &Running) -> Self {
        Self { origin: running.origin().to_owned(), client: client().unwrap() }
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.origin))
    }

    async fn post(&self, path: &str, access: &str, body: Value, status: u16) -> Value {
        let answer = Answer::of(self.call(Method::POST, path).bearer_auth(access).json(&body)).await;
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        answer.json
    }

    /// Signs in; gives both tokens.
    pub(crate) async fn sign_in(&self, email: &str) -> (String, String) {
        let body = json!({ "Username": email, "Password": PASSWORD, "KeepLoggedIn": true });
        let answer = Answer::of(self.call(Method::POST, "/auth/authenticate/signin").json(&body)).await;
        assert_eq!(answer.status, 200, "{email}: {answer:?}");
        (text(&answer.json, "AccessToken").to_owned(), text(&answer.json, "RefreshToken").to_owned())
    }

    async fn organisation(&self, access: &str, name: &str, kind: &str, parent: Option<&str>) -> String {
        let mut draft = json!({ "name": name, "type": kind, "custom_data": { "z": "Zürich \"1\"", "a": "\u{1f527}" } });
        if let Some(parent) = parent {
            draft["parent_id"] = json!(parent);
        }
        id(&self.post("/api/organizations", access, draft, 201).await["data"])
    }

    /// The names of all systems.
    async fn systems(&self, access: &str) -> Vec<String> {
        let answer = Answer::of(self.call(Method::GET, "/api/systems").bearer_auth(access)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let systems = answer.json["data"]["systems"].as_array().unwrap();
        let mut names: Vec<_> = systems.iter().map(|system| system["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    /// How many licences there are.
    async fn licences(&self, access: &str) -> Option<String> {
        let answer = Answer::of(self.call(Method::GET, "/auth/licenses").bearer_auth(access)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.header("x-pagination-records").map(str::to_owned)
    }

    /// The status of a look at oneself.
    pub(crate) async fn status(&self, access: &str) -> u16 {
        Answer::of(self.call(Method::GET, "/api/me").bearer_auth(access)).await.status
    }
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("no id: {value}")).to_owned()
}

/// What somebody holds who has used a server.
pub(crate) struct Life {
    pub(crate) access: String,
    refresh: String,
    api_key: String,
    /// The link of a mail that was not opened yet.
    reset: String,
    systems: Vec<String>,
    licences: Option<String>,
}

impl Life {
    /// Uses a server that is not set up yet in every way that leaves rows, and stops it.
    pub(crate) async fn of(program: &mut Program) -> Self {
        program.set_up("Owner", OWNER, "Owner").unwrap();
        let mut running = program.start().await.unwrap();
        let api = Asking::new(&running);
        let (access, refresh) = api.sign_in(OWNER).await;
        let shop = tree(&api, &access).await;
        leave_licences(&api, &access, &shop).await;
        let person = ["user", "create", "--email", ANN, "--name", "Ann", "--organisation", &shop];
        says(&program.admin(&[&person[..], &["--role", "admin", "--password-stdin"]].concat()).unwrap());
        says(&program.admin(&["rotate-keys"]).unwrap());
        leave_systems(&api, &access).await;
        leave_support(&api, &access, &shop).await;

        let wish = json!({ "organization_id": shop, "email": "cleo@example.org", "role": "support", "language": "de" });
        let invitation = id(&api.post("/api/invitations", &access, wish, 201).await["data"]);
        api.post(&format!("/api/invitations/{invitation}/resend"), &access, json!({}), 200).await;
        let key = json!({ "name": "Nightly", "access": "read" });
        let api_key = api.post("/api/me/api-keys", &access, key, 201).await["data"]["key"].as_str().unwrap().to_owned();
        // On the page, so that a cookie is known, and with a wrong password.
        for (password, status) in [(PASSWORD, 303), ("not the password of anybody", 422)] {
            let form = [("email", OWNER), ("password", password)];
            let answer = Answer::of(submit(api.call(Method::POST, "/login"), form)).await;
            assert!(answer.status == status || (status > 400 && answer.status >= 400), "{answer:?}");
        }
        let mut known = std::collections::BTreeSet::new();
        let forgot = json!({ "Email": OWNER });
        let asked = Answer::of(api.call(Method::POST, "/auth/authenticate/forgot-password").json(&forgot)).await;
        assert_eq!(asked.status, 200, "{asked:?}");
        let reset = new_token(&program.data_dir(), "/reset-password", &mut known).await;
        let (systems, licences) = (api.systems(&access).await, api.licences(&access).await);
        assert!(licences.as_ref().is_some_and(|count| count != "0"), "{licences:?}");
        let ended = running.terminate(Duration::from_secs(20)).await.unwrap();
        assert!(ended.status.success(), "{}", running.output());
        leave_the_rest(program).await;
        Self { access, refresh, api_key, reset, systems, licences }
    }

    /// Everything that was true of the old server is true of this one, which is started for it.
    pub(crate) async fn goes_on(&self, program: &mut Program) {
        let running = program.start().await.unwrap();
        let api = Asking::new(&running);
        assert_eq!(api.status(&self.access).await, 200, "an access token of before");
        assert_eq!(api.systems(&self.access).await, self.systems);
        assert_eq!(api.licences(&self.access).await, self.licences);
        assert_eq!(api.systems(&self.api_key).await, self.systems, "an API key of before");
        let renew = api.call(Method::POST, "/auth/authenticate/refresh-token").bearer_auth(&self.refresh);
        let renewed = Answer::of(renew.json(&json!({ "GrantType": "refresh_token" }))).await;
        assert_eq!(renewed.status, 200, "a refresh token of before: {renewed:?}");
        assert_eq!(api.status(text(&renewed.json, "AccessToken")).await, 200);
        let (access, _) = api.sign_in(OWNER).await;
        assert_eq!(api.systems(&access).await, self.systems);
        api.sign_in(ANN).await;
        let system = json!({ "name": "After the move", "type": "ns8" });
        api.post("/api/systems", &access, system, 201).await;
        let next = json!({ "Token": self.reset, "NewPassword": "another quiet marmot bicycle" });
        let reset = Answer::of(api.call(Method::POST, "/auth/authenticate/reset-password").json(&next)).await;
        assert_eq!(reset.status, 200, "a mailed link of before: {reset:?}");
        assert!(!running.output().contains("panicked") && !running.output().contains("ERROR"), "{}", running.output());
        drop(running);
        assert_audit_log_is_whole(program);
    }
}

/// The link that an empty server prints, as it is called at the server itself.
pub(crate) async fn setup_path(running: &Running) -> String {
    let start = format!("{BASE_URL}/setup");
    let printed = || {
        let output = running.output();
        let link = output.split_whitespace().find(|word| word.starts_with(&start));
        link.and_then(|link| link.strip_prefix(BASE_URL)).map(str::to_owned)
    };
    until("a link", async || printed().is_some()).await;
    printed().unwrap()
}

/// Waits for what must come soon.
pub(crate) async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_mins(1), "{what}: not after {:?}", begun.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Entries, seals and checkpoints agree.
pub(crate) fn assert_audit_log_is_whole(program: &Program) {
    let verified = says(&program.run(&["audit", "verify"], "").unwrap());
    assert!(verified.starts_with("The audit log is whole"), "{verified}");
}

/// Organisations of which one stands below a younger one, and one is out with what is below it.
async fn tree(api: &Asking, access: &str) -> String {
    let north = api.organisation(access, "North", "distributor", None).await;
    let shop = api.organisation(access, "Shop", "customer", Some(&north)).await;
    let late = api.organisation(access, "Late", "reseller", Some(&north)).await;
    let below = api.call(Method::PUT, &format!("/api/organizations/{shop}/parent")).bearer_auth(access);
    let moved = Answer::of(below.json(&json!({ "parent_id": late }))).await;
    assert_eq!(moved.status, 200, "{moved:?}");
    assert!(shop < late, "the ids are in the order of their moments");
    let closed = api.organisation(access, "Closed", "distributor", None).await;
    api.organisation(access, "Closed below", "customer", Some(&closed)).await;
    let suspend = api.call(Method::PATCH, &format!("/api/organizations/{closed}/suspend")).bearer_auth(access);
    assert_eq!(Answer::of(suspend).await.status, 200);
    shop
}

/// A trial, which the next systems get, and a licence out of seats that were made.
async fn leave_licences(api: &Asking, access: &str, shop: &str) {
    let mut agreements = Vec::new();
    for terms in [
        json!({ "Name": "Trial", "Kind": "trial", "TrialsPerOrganisation": 2, "Provides": ["nx.streams"] }),
        json!({ "Name": "Plus", "Kind": "subscription", "Provides": ["nx.streams", "nx.models"], "AmountPerMonth": 1999 }),
    ] {
        let id = text(&api.post("/auth/admin/agreements", access, terms, 201).await, "UUID").to_owned();
        api.post(&format!("/auth/admin/agreements/{id}/publish"), access, json!({}), 200).await;
        agreements.push(id);
    }
    let made = json!({ "Agreement": agreements[1], "Seats": 10 });
    api.post("/auth/admin/pools", access, made, 201).await;
    let issued = json!({ "Agreement": agreements[1], "Organisation": shop });
    api.post("/auth/admin/licenses", access, issued, 201).await;
}

async fn leave_systems(api: &Asking, access: &str) {
    let data = json!({ "note": "ü\n\"\\\u{7f}", "empty": "" });
    api.post("/api/systems", access, json!({ "name": "Plain", "type": "nsec", "custom_data": data }), 201).await;
    let state = state_token(SystemClock.now().milliseconds(), "of the moving story");
    let callback = json!({
        "name": "Called back", "type": "ns8", "callback_state": state, "callback_url": "https://nowhere.invalid/callback",
    });
    let request = api.call(Method::POST, "/api/systems/callback").bearer_auth(access).json(&callback);
    let created = Answer::of(request.header("Idempotency-Key", "of the moving story")).await;
    assert_eq!(created.status, 201, "{created:?}");
}

/// Ann consents, and the owner does something as her.
async fn leave_support(api: &Asking, access: &str, shop: &str) {
    let system = json!({ "name": "Made for Ann", "type": "ns8", "organization_id": shop });
    let system = id(&api.post("/api/systems", access, system, 201).await["data"]);
    let (of_ann, _) = api.sign_in(ANN).await;
    let consent = api.call(Method::PUT, "/api/me/impersonation-consent").bearer_auth(&of_ann);
    assert_eq!(Answer::of(consent.json(&json!({ "hours": 4 }))).await.status, 200);
    let me = Answer::of(api.call(Method::GET, "/api/me").bearer_auth(&of_ann)).await;
    let acting = api.post(&format!("/api/users/{}/impersonate", id(&me.json["data"])), access, json!({}), 201).await;
    let acting = acting["data"]["access_token"].as_str().unwrap().to_owned();
    let change = api.call(Method::PUT, &format!("/api/systems/{system}")).bearer_auth(&acting);
    let changed = Answer::of(change.json(&json!({ "name": "Named for Ann" }))).await;
    assert_eq!(changed.status, 200, "{changed:?}");
}

/// What no route leaves: a sign of life, and somebody who is not answered yet.
async fn leave_the_rest(program: &Program) {
    let look = Look::at(&program.database_url());
    look.run("INSERT INTO heartbeats (system_id, seen_at) SELECT id, 9007199254740993 FROM systems").await;
    look.run("INSERT INTO licence_reminders (licence_id, ends_at, days) SELECT id, ends_at, 30 FROM licences").await;
    let (id, bytes) = match look {
        Look::Sqlite(_) => ("x'00112233445566778899aabbccddeeff'", "x'00ff'"),
        Look::Postgres(_) => ("'00112233-4455-6677-8899-aabbccddeeff'", "'\\x00ff'"),
    };
    let request = format!(
        "INSERT INTO reset_requests (id, sealed_email, language, address, request_id, created_at) \
         VALUES ({id}, {bytes}, NULL, '::1', {id}, -1)"
    );
    look.run(&request).await;
}
