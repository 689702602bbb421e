//! A database that stalls: each answer keeps the deadline of its endpoint, and nothing half-done remains.

use std::time::{Duration, Instant};

use bailiwick_contract::dialect::Dialect;
use bailiwick_contract::endpoint::EndpointInfo;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::link::LinkPurpose;
use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::people::{PASSWORD, Person};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::deadlines_of_licences::licence_cases;
use crate::support::{Aside, Strict};

/// What an answer may take beyond its deadline: the machine is busy.
const TOLERANCE: Duration = Duration::from_secs(1);
/// The deadline of the status (contract, section 3).
const STATUS_DEADLINE: Duration = Duration::from_secs(1);
/// Longer than what is remembered is believed without word from the database (contract, section 2).
const BELIEVED: Duration = Duration::from_secs(1);
/// How long after the stall nothing may happen any more.
const LINGER: Duration = Duration::from_millis(500);
/// A password that nobody had before.
const NEXT: &str = "seventeen quiet marmots bicycle";

/// Another.
const LAST: &str = "an unlikely heron paddles north";

/// What an endpoint needs of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    Nothing,
    Reading,
    Writing,
}

/// A request that is answered with this status while nothing stalls.
pub(crate) struct Case {
    /// The endpoint.
    name: &'static str,
    /// What stands for the parameter of its path.
    id: String,
    /// Its deadline in seconds: that of the contract (section 3), or else the server's own.
    deadline: u64,
    needs: Needs,
    status: u16,
    bearer: Option<String>,
    body: Option<Value>,
}

impl Case {
    pub(crate) fn of(name: &'static str, deadline: u64, needs: Needs, status: u16) -> Self {
        Self { name, id: String::new(), deadline, needs, status, bearer: None, body: None }
    }

    pub(crate) fn about(self, id: &str) -> Self {
        Self { id: id.to_owned(), ..self }
    }

    pub(crate) fn by(self, bearer: &str) -> Self {
        Self { bearer: Some(bearer.to_owned()), ..self }
    }

    pub(crate) fn with(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }
}

/// Of the invitations: as an administrator, who is also invited.
async fn invitation_cases(bench: &Bench, fay: &Person, organisation: OrganisationId) -> Vec<Case> {
    use Needs::{Reading, Writing};
    let admin = bench.sign_in(fay).await.access;
    let (own, newcomers) =
        (bench.invitation(&fay.email, organisation).await, bench.invitation("gwen@example.org", organisation).await);
    for email in ["hugo@example.org", "jo@example.org"] {
        bench.invitation(email, organisation).await;
    }
    let list = Answer::of(bench.call(Method::GET, "/api/invitations").bearer_auth(&admin)).await.json();
    let invitations = list["data"]["invitations"].as_array().unwrap_or_else(|| panic!("{list}"));
    let superfluous = invitations.iter().find(|one| one["email"] == "hugo@example.org").unwrap();
    let again = invitations.iter().find(|one| one["email"] == "jo@example.org").unwrap();
    let invitee = json!({ "organization_id": organisation, "email": "ivan@example.org", "role": "reader" });
    let newcomer = json!({
        "Email": "gwen@example.org", "Password": NEXT, "Name": "Gwen", "AcceptEULA": true, "Invitation": newcomers,
    });
    vec![
        Case::of("list-invitations", 5, Reading, 200).by(&admin),
        Case::of("create-invitation", 5, Writing, 201).by(&admin).with(invitee),
        Case::of("resend-invitation", 5, Writing, 200).about(again["id"].as_str().unwrap()).by(&admin),
        Case::of("import-invitations", 15, Writing, 200).by(&admin).with("email,role\nlea@example.org,reader\n".into()),
        Case::of("revoke-invitation", 5, Writing, 200).about(superfluous["id"].as_str().unwrap()).by(&admin),
        Case::of("accept-invitation", 5, Writing, 200).by(&admin).with(json!({ "token": own })),
        Case::of("register", 15, Writing, 201).with(newcomer),
    ]
}

/// Of the organisation that one acts for: as somebody who belongs to two.
async fn switching_case(bench: &Bench, first: OrganisationId, second: OrganisationId) -> Case {
    let gus = bench.person("gus", first, Role::Reader).await;
    bench.join(&gus, second, Role::Reader).await;
    let access = bench.sign_in(&gus).await.access;
    let body = json!({ "organization_id": second });
    Case::of("switch-organization", 5, Needs::Writing, 200).by(&access).with(body)
}

/// Of the API keys: as somebody who has one.
async fn key_cases(bench: &Bench, organisation: OrganisationId) -> Vec<Case> {
    use Needs::{Reading, Writing};
    let ida = bench.person("ida", organisation, Role::Reader).await;
    let access = bench.sign_in(&ida).await.access;
    let wish = json!({ "name": "a program", "access": "read" });
    let made = bench.call(Method::POST, "/api/me/api-keys").bearer_auth(&access).json(&wish);
    let made = Answer::of(made).await.json();
    let id = made["data"]["api_key"]["id"].as_str().unwrap_or_else(|| panic!("{made}"));
    vec![
        Case::of("list-own-api-keys", 5, Reading, 200).by(&access),
        Case::of("create-api-key", 5, Writing, 201).by(&access).with(wish),
        Case::of("revoke-api-key", 5, Writing, 200).about(id).by(&access),
    ]
}

/// Of support access: as somebody who consents, and as somebody as whom somebody else acts.
async fn support_cases(bench: &Bench, organisation: OrganisationId) -> Vec<Case> {
    use Needs::{Reading, Writing};
    let (kay, lou) =
        (bench.person("kay", organisation, Role::Reader).await, bench.person("lou", organisation, Role::Reader).await);
    let sue = bench.sign_in(&bench.person("sue", organisation, Role::Support).await).await.access;
    let (kay, lou_access) = (bench.sign_in(&kay).await.access, bench.sign_in(&lou).await.access);
    let hours = json!({ "hours": 8 });
    let consent = bench.call(Method::PUT, "/api/me/impersonation-consent").bearer_auth(&lou_access).json(&hours);
    assert_eq!(Answer::of(consent).await.status, 200);
    let begun = bench.call(Method::POST, &format!("/api/users/{}/impersonate", lou.id)).bearer_auth(&sue);
    let begun = Answer::of(begun).await.json();
    let id = begun["data"]["impersonation_id"].as_str().unwrap_or_else(|| panic!("{begun}"));
    vec![
        Case::of("get-consent", 5, Reading, 200).by(&kay),
        Case::of("grant-consent", 5, Writing, 200).by(&kay).with(hours),
        Case::of("revoke-consent", 5, Writing, 200).by(&lou_access),
        Case::of("list-own-impersonations", 5, Reading, 200).by(&lou_access),
        Case::of("list-impersonated-acts", 5, Reading, 200).about(id).by(&lou_access),
    ]
}

/// At least one for each other endpoint.
async fn cases(bench: &Bench, [ann, bob, cleo, eve]: [&Person; 4]) -> Vec<Case> {
    use Needs::{Nothing, Reading, Writing};
    let (staying, refreshing, leaving) = (bench.sign_in(ann).await, bench.sign_in(ann).await, bench.sign_in(ann).await);
    // Others, as a change of password ends the sessions and the links.
    let changing = bench.sign_in(bob).await.access;
    let me = staying.access.as_str();
    let (here, elsewhere) = (bench.sign_in(eve).await.access, own_session(bench, eve).await);
    let credentials = |name: &str| json!({ "Username": name, "Password": PASSWORD });
    let newcomer = json!({
        "Email": "dora@example.net", "Password": NEXT, "Name": "Dora", "Company": "Dora & Daughters", "AcceptEULA": true,
    });
    let (reset, confirm) =
        (bench.mailed_link(cleo, LinkPurpose::Reset).await, bench.mailed_link(cleo, LinkPurpose::Confirm).await);
    let passwords = json!({ "CurrentPassword": PASSWORD, "NewPassword": NEXT });
    vec![
        Case::of("refresh-token", 15, Writing, 200)
            .by(&refreshing.refresh)
            .with(json!({ "GrantType": "RefreshToken" })),
        Case::of("sign-in", 15, Writing, 200).with(credentials(&ann.email)),
        Case::of("sign-in", 15, Writing, 401).with(credentials("nobody@example.org")),
        Case::of("sign-in-by-get", 15, Writing, 200).with(credentials(&ann.email)),
        Case::of("sign-out", 15, Writing, 200).by(&leaving.access),
        Case::of("password-strength", 15, Nothing, 200).with(json!({ "Password": NEXT })),
        Case::of("update-password", 15, Writing, 200).by(&changing).with(passwords),
        Case::of("forgot-password", 15, Writing, 200).with(json!({ "Email": ann.email })),
        Case::of("forgot-password", 15, Writing, 200).with(json!({ "Email": "nobody@example.org" })),
        Case::of("confirm-address", 15, Writing, 200).with(json!({ "Token": confirm })),
        Case::of("reset-password", 15, Writing, 200).with(json!({ "Token": reset, "NewPassword": LAST })),
        Case::of("register", 15, Writing, 201).with(newcomer),
        Case::of("get-user", 1, Reading, 200).about(&ann.id.to_string()).by(me),
        Case::of("change-user", 5, Writing, 200).about(&ann.id.to_string()).by(me).with(json!({ "Name": "Another" })),
        Case::of("get-me", 5, Reading, 200).by(me),
        Case::of("change-me", 5, Writing, 200).by(me).with(json!({ "newsletter": true })),
        Case::of("send-confirmation", 5, Writing, 200).by(me),
        Case::of("list-own-sessions", 5, Reading, 200).by(me),
        Case::of("end-own-session", 5, Writing, 200).about(&elsewhere).by(&here),
        Case::of("end-other-sessions", 5, Writing, 200).by(&here),
        Case::of("configuration", 1, Reading, 200).by(me),
        // It says in time that the database is away.
        Case::of("status", 1, Nothing, 200),
    ]
}

/// Begins a session; gives its id.
async fn own_session(bench: &Bench, person: &Person) -> String {
    let access = bench.sign_in(person).await.access;
    let list = Answer::of(bench.call(Method::GET, "/api/me/sessions").bearer_auth(access)).await.json();
    let sessions = list["data"]["sessions"].as_array().unwrap_or_else(|| panic!("{list}"));
    let own = sessions.iter().find(|session| session["is_current"] == true).unwrap();
    own["id"].as_str().unwrap().to_owned()
}

/// What is tried of an endpoint.
struct Endpoint {
    name: &'static str,
    method: Method,
    path: &'static str,
    deadline: Duration,
    dialect: Dialect,
}

/// Every endpoint about accounts: the Authorisation API, oneself, and invitations.
fn endpoints() -> Vec<Endpoint> {
    let registry = bailiwick_server::registry().unwrap();
    let is_tried =
        |info: &&EndpointInfo| info.dialect == Dialect::Authorisation || matches!(info.tag, "Me" | "Invitations");
    let endpoint = |info: &EndpointInfo| Endpoint {
        name: info.name,
        method: info.method.clone(),
        path: info.path,
        deadline: Duration::from_micros(u64::try_from(info.deadline.as_microseconds()).unwrap()),
        dialect: info.dialect,
    };
    registry.endpoints().filter(is_tried).map(endpoint).collect()
}

impl Case {
    fn endpoint(&self) -> Endpoint {
        let endpoint = endpoints().into_iter().find(|endpoint| endpoint.name == self.name);
        let endpoint = endpoint.unwrap_or_else(|| panic!("there is no {} any more", self.name));
        assert_eq!(endpoint.deadline, Duration::from_secs(self.deadline), "{}", self.name);
        endpoint
    }

    async fn ask(&self, bench: &Bench) -> Answer {
        let Endpoint { method, path, .. } = self.endpoint();
        let parameters = ["{uuid}", "{id}", "{device}", "{key_id}", "{impersonation_id}"];
        let path = parameters.into_iter().fold(path.to_owned(), |path, parameter| path.replace(parameter, &self.id));
        let mut request = bench.call(method, &path);
        if let Some(bearer) = &self.bearer {
            request = request.bearer_auth(bearer);
        }
        match &self.body {
            Some(Value::String(file)) => request = request.header("content-type", "text/csv").body(file.clone()),
            Some(body) => request = request.json(body),
            None => {}
        }
        Answer::of(request).await
    }

    /// Holds that the endpoint answers in time: what it can without the database, else that it will not.
    async fn keeps_its_deadline(&self, bench: &Bench) {
        let begun = Instant::now();
        let answer = self.ask(bench).await;
        let (name, elapsed, Endpoint { deadline, dialect, .. }) = (self.name, begun.elapsed(), self.endpoint());
        assert!(elapsed < deadline + TOLERANCE, "{name} answered after {elapsed:?} of {deadline:?}: {answer:?}");
        // SQLite goes on reading while somebody else writes; PostgreSQL waits for the lock.
        let reads = bench.database_url().starts_with("sqlite");
        if self.needs == Needs::Nothing || self.needs == Needs::Reading && reads {
            assert_eq!(answer.status, self.status, "{name}: {answer:?}");
            return;
        }
        assert_eq!(answer.status, 503, "{name}: {answer:?}");
        if dialect == Dialect::Authorisation {
            answer.message(503);
        } else {
            assert_eq!((&answer.json()["code"], &answer.json()["data"]), (&json!(503), &json!({})), "{answer:?}");
        }
        let retry_after = answer.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
        assert!(retry_after.is_some_and(|seconds| seconds >= 1), "{name}: {answer:?}");
    }
}

/// Stops every write, as another program that holds the database does; on PostgreSQL every read, too.
async fn stall(aside: &Aside) {
    match aside {
        Aside::Sqlite(_) => aside.run("BEGIN IMMEDIATE").await,
        Aside::Postgres(_) => {
            let tables = aside.tables().await.join(", ");
            aside.run(&format!("BEGIN; LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")).await;
        }
    }
}

/// Whether the status says that all is well, within its deadline.
async fn is_online(bench: &Bench) -> bool {
    let begun = Instant::now();
    let answer = Answer::of(bench.call(Method::GET, "/auth/status")).await;
    let elapsed = begun.elapsed();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(elapsed < STATUS_DEADLINE + TOLERANCE, "the status took {elapsed:?}");
    let status = answer.json();
    let online = status.get("Online").and_then(Value::as_bool).unwrap();
    for service in status.get("Services").and_then(Value::as_object).unwrap().values() {
        assert_eq!(service, &json!({ "Online": online }));
    }
    online
}

async fn stalled(bench: Bench) {
    let owner = bench.organisation("Owner", None).await;
    let ann = bench.person("ann", owner, Role::Reader).await;
    let (bob, cleo) = (bench.person("bob", owner, Role::Reader).await, bench.person("cleo", owner, Role::Reader).await);
    let eve = bench.person("eve", owner, Role::Reader).await;
    let branch = bench.organisation("Branch", Some(owner)).await;
    let fay = bench.person("fay", owner, Role::Admin).await;
    let mut cases = cases(&bench, [&ann, &bob, &cleo, &eve]).await;
    cases.extend(invitation_cases(&bench, &fay, branch).await);
    cases.push(switching_case(&bench, owner, branch).await);
    cases.extend(key_cases(&bench, owner).await);
    cases.extend(support_cases(&bench, owner).await);
    cases.extend(licence_cases(&bench, owner, branch).await);
    for Endpoint { name, .. } in endpoints() {
        assert!(cases.iter().any(|case| case.name == name), "say here what {name} does while the database stalls");
    }
    assert!(is_online(&bench).await);
    let aside = Aside::of(&bench).await;
    let before = aside.everything().await;
    stall(&aside).await;
    tokio::time::sleep(BELIEVED).await;
    let watching = async {
        for _ in 0..8 {
            assert_eq!(is_online(&bench).await, matches!(aside, Aside::Sqlite(_)));
        }
    };
    tokio::join!(join_all(cases.iter().map(|case| case.keeps_its_deadline(&bench))), watching);
    aside.run("ROLLBACK").await;
    assert!(is_online(&bench).await);
    // Whatever went on although it was given up would be done by now.
    tokio::time::sleep(LINGER).await;
    let mut changed = aside.everything().await;
    changed.retain(|row| !before.contains(row));
    assert_eq!(changed, Vec::<String>::new(), "something half-done remains");
    assert_eq!(aside.everything().await.len(), before.len(), "something is gone");
    for case in &cases {
        let answer = case.ask(&bench).await;
        assert_eq!(answer.status, case.status, "{} afterwards: {answer:?}", case.name);
    }
}

/// Both engines at once, because it is mostly waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_database_costs_a_refusal_in_time_and_nothing_else() {
    let (sqlite, postgres) = (Bench::start(Engine::Sqlite).await, Bench::start(Engine::Postgres).await);
    tokio::join!(stalled(sqlite), stalled(postgres));
}
