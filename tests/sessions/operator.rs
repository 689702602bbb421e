//! What an operator does at the command line while the server runs.

use std::process::Output;

use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::http::{self, with_form};
use bailiwick_testkit::patience::within_a_second;
use bailiwick_testkit::people::PASSWORD;
use bailiwick_testkit::process::operator::{refusal, says};
use bailiwick_testkit::process::{Program, Running};
use reqwest::Client;
use serde_json::{Value, json};

use crate::program::{EMAIL, read, running, sign_in};
use crate::support::{Aside, REFRESH, SIGN_IN, Strict};

const BEN: &str = "ben@shop.example";
const NEW_PASSWORD: &str = "quiet harbour violin sunrise";

/// A server that is set up and runs, and the operator beside it.
pub(crate) struct Stage {
    pub(crate) program: Program,
    pub(crate) server: Running,
    pub(crate) client: Client,
    pub(crate) aside: Aside,
}

impl Stage {
    pub(crate) async fn set(engine: Engine) -> Self {
        let (program, server) = running(engine).await;
        let aside = Aside::open(&program.database_url()).await;
        Self { program, server, client: http::client().unwrap(), aside }
    }

    fn admin(&self, arguments: &[&str]) -> Output {
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

    /// Creates somebody with the password of everybody.
    pub(crate) fn create(&self, email: &str, organisation: &str, more: &[&str]) -> Output {
        let arguments = ["user", "create", "--email", email, "--name", "Ben", "--organisation", organisation];
        self.admin(&[&arguments, more, &["--password-stdin"]].concat())
    }

    pub(crate) async fn read(&self, token: &str) -> u16 {
        read(&self.client, &self.server, token).await
    }

    pub(crate) async fn reads_in_time(&self, token: &str, wanted: u16) {
        within_a_second(wanted, async || self.read(token).await).await;
    }

    pub(crate) async fn sign_in(&self, email: &str) -> Answer {
        sign_in(&self.client, &self.server, email).await
    }

    /// Signs in on the page; gives the cookie.
    async fn sign_in_on_page(&self, email: &str) -> String {
        let form = self.client.post(self.server.at("/login")).header("Origin", self.server.origin());
        let page = Answer::of(with_form(form, [("email", email), ("password", PASSWORD)])).await;
        page.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    }

    /// The status of the first page with a cookie.
    async fn open_page(&self, cookie: &str) -> u16 {
        Answer::of(self.client.get(self.server.at("/")).header("Cookie", cookie)).await.status
    }

    async fn refresh(&self, token: &str) -> u16 {
        Answer::of(self.client.post(self.server.at(REFRESH)).bearer_auth(token).json(&json!({}))).await.status
    }

    /// How many entries of the operator's the audit log has for this action.
    pub(crate) async fn audited(&self, action: &str) -> i64 {
        let entries = format!(
            "SELECT COUNT(*) FROM audit WHERE action = '{action}' AND actor_kind = 'operator' \
             AND subject_id IS NOT NULL AND address IS NULL"
        );
        self.aside.number(&entries).await
    }
}

pub(crate) fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Each story on both databases.
macro_rules! on_both {
    ($($name:ident;)*) => { $(
        mod $name {
            #[tokio::test]
            async fn on_sqlite() {
                super::stories::$name(super::Stage::set(super::Engine::Sqlite).await).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                super::stories::$name(super::Stage::set(super::Engine::Postgres).await).await;
            }
        }
    )* };
}

on_both! {
    whom_the_operator_creates_signs_in_at_once;
    a_suspension_by_the_operator_ends_every_session_within_a_second;
    the_last_super_admin_cannot_be_suspended;
    a_password_from_the_operator_ends_every_session_within_a_second;
    the_people_of_a_suspended_organisation_do_not_come_in;
    lists_are_for_people_and_for_scripts;
    what_the_operator_got_wrong_is_named_in_one_sentence;
}

mod stories {
    use super::*;

    pub(super) async fn whom_the_operator_creates_signs_in_at_once(stage: Stage) {
        let reseller = stage.json(&["organisation", "create", "--name", "Reseller", "--kind", "reseller"]);
        assert_eq!(
            keys(&reseller),
            ["id", "name", "type", "parent_id", "suspended_at", "suspended_through", "deleted_at", "created_at"]
        );
        assert_eq!((text(&reseller, "name"), text(&reseller, "type")), ("Reseller", "reseller"));
        let shop = ["organisation", "create", "--name", "Shop", "--kind", "customer", "--parent", "Reseller"];
        assert!(stage.says(&shop).starts_with("created the customer Shop ("));
        let created = says(&stage.create(BEN, "Shop", &["--role", "support"]));
        assert!(created.contains(BEN) && created.contains("support of Shop"), "{created}");
        assert!(!created.contains(PASSWORD), "the password is shown");
        let access = stage.sign_in(BEN).await.text("AccessToken");
        assert_eq!(stage.read(&access).await, 200);

        let reseller = text(&reseller, "id");
        let cleo = stage.create("cleo@acme.example", reseller, &["--super-admin", "--json"]);
        let cleo: Value = serde_json::from_str(&says(&cleo)).unwrap();
        let members = [
            "id",
            "email",
            "name",
            "is_super_admin",
            "role",
            "organization",
            "confirmed_at",
            "suspended_at",
            "created_at",
        ];
        assert_eq!(keys(&cleo), members);
        assert_eq!(cleo["organization"], json!({ "id": reseller, "name": "Reseller", "type": "reseller" }));
        assert_eq!((&cleo["is_super_admin"], &cleo["role"]), (&json!(true), &json!("reader")));
        assert_eq!(cleo["confirmed_at"], cleo["created_at"]);
        assert_eq!(stage.sign_in("cleo@acme.example").await.status, 200);
        assert_eq!((stage.audited("organization.created").await, stage.audited("user.created").await), (2, 2));
    }

    pub(super) async fn a_suspension_by_the_operator_ends_every_session_within_a_second(stage: Stage) {
        says(&stage.create(BEN, "Acme", &[]));
        let (tokens, others) = (stage.sign_in(BEN).await, stage.sign_in(EMAIL).await.text("AccessToken"));
        let (access, kept) = (tokens.text("AccessToken"), tokens.text("RefreshToken"));
        let cookie = stage.sign_in_on_page(BEN).await;
        assert_eq!((stage.read(&access).await, stage.open_page(&cookie).await), (200, 200));
        assert!(stage.says(&["user", "suspend", BEN]).contains("is suspended from now on"));
        stage.reads_in_time(&access, 401).await;
        assert_eq!(stage.open_page(&cookie).await, 303, "to the sign-in");
        assert_eq!(stage.refresh(&kept).await, 401);
        assert_eq!(stage.sign_in(BEN).await.status, 401);
        assert_eq!(stage.read(&others).await, 200, "somebody else");
        assert!(stage.says(&["user", "suspend", "BEN@Shop.Example"]).contains("is suspended already"));
        let told = stage.json(&["user", "suspend", BEN]);
        assert_eq!((&told["has_changed"], told["user"]["suspended_at"].is_string()), (&json!(false), true), "{told}");
        assert_eq!(stage.json(&["user", "end-sessions", BEN])["sessions_ended"], 0);
        let ended = "SELECT COUNT(*) FROM sessions WHERE ended_because = 'suspended'";
        assert_eq!(stage.aside.number(ended).await, 2);

        let id = text(&stage.json(&["user", "show", BEN]), "id").to_owned();
        assert!(stage.says(&["user", "reactivate", &id]).contains("is not suspended any more"));
        // Somebody else may have signed in: what was ended stays ended, and one signs in anew.
        let again = stage.sign_in(BEN).await.text("AccessToken");
        assert_eq!((stage.read(&again).await, stage.read(&access).await), (200, 401));
        assert_eq!((stage.refresh(&kept).await, stage.open_page(&cookie).await), (401, 303));
        assert!(stage.says(&["user", "reactivate", &id]).contains("is not suspended\n"));
        assert_eq!((stage.audited("user.suspended").await, stage.audited("user.reactivated").await), (1, 1));
        assert_eq!(stage.audited("sessions.ended").await, 1);
    }

    pub(super) async fn the_last_super_admin_cannot_be_suspended(stage: Stage) {
        says(&stage.create("administrator@acme.example", "Acme", &["--role", "admin"]));
        let refused = stage.refuses(&["user", "suspend", EMAIL]);
        assert!(refused.contains("last super admin") && refused.contains("reactivate another"), "{refused}");
        says(&stage.create(BEN, "Acme", &["--super-admin"]));
        for round in 0..3 {
            let suspend = |email: &'static str| {
                let program = stage.program.clone();
                tokio::task::spawn_blocking(move || program.admin(&["user", "suspend", email]).unwrap())
            };
            let (one, other) = tokio::join!(suspend(EMAIL), suspend(BEN));
            let done = [one.unwrap(), other.unwrap()].map(|output| output.status.success());
            assert!(done[0] != done[1], "round {round}: one of two who are suspended at once stays: {done:?}");
            let left = "SELECT COUNT(*) FROM users WHERE is_super_admin AND suspended_at IS NULL";
            assert_eq!(stage.aside.number(left).await, 1, "round {round}");
            stage.says(&["user", "reactivate", if done[0] { EMAIL } else { BEN }]);
        }
        assert_eq!(stage.audited("user.suspended").await, 3);
        assert_eq!(stage.sign_in(EMAIL).await.status, 200);
    }

    pub(super) async fn a_password_from_the_operator_ends_every_session_within_a_second(stage: Stage) {
        says(&stage.create(BEN, "Acme", &[]));
        let (one, other) = (stage.sign_in(BEN).await, stage.sign_in(BEN).await);
        let others = stage.sign_in(EMAIL).await.text("AccessToken");
        assert_eq!(stage.read(&one.text("AccessToken")).await, 200);
        let set = |password: &str| {
            let arguments = ["admin", "user", "set-password", BEN, "--password-stdin"];
            stage.program.run(&arguments, &format!("{password}\r\nanother line")).unwrap()
        };
        let refused = refusal(&set("ben ben ben ben"));
        assert!(refused.contains("password must be") && !refused.contains("ben ben"), "{refused}");
        assert_eq!(stage.read(&one.text("AccessToken")).await, 200, "nothing happened");
        let said = says(&set(NEW_PASSWORD));
        assert!(said.contains("has a new password; 2 sessions were ended") && !said.contains(NEW_PASSWORD), "{said}");
        stage.reads_in_time(&one.text("AccessToken"), 401).await;
        assert_eq!(stage.read(&other.text("AccessToken")).await, 401);
        assert_eq!(stage.refresh(&other.text("RefreshToken")).await, 401);
        assert_eq!(stage.sign_in(BEN).await.status, 401, "the old password");
        let body = json!({ "Username": BEN, "Password": NEW_PASSWORD });
        let again = Answer::of(stage.client.post(stage.server.at(SIGN_IN)).json(&body)).await.text("AccessToken");
        assert_eq!(stage.read(&again).await, 200);

        assert!(stage.says(&["user", "end-sessions", BEN]).contains("1 session was ended"));
        stage.reads_in_time(&again, 401).await;
        assert!(stage.says(&["user", "end-sessions", BEN]).contains("no sessions to end"));
        assert_eq!(stage.read(&others).await, 200, "somebody else");
        assert_eq!((stage.audited("password.set").await, stage.audited("sessions.ended").await), (1, 2));
    }

    pub(super) async fn the_people_of_a_suspended_organisation_do_not_come_in(stage: Stage) {
        stage.says(&["organisation", "create", "--name", "Shop", "--kind", "customer"]);
        says(&stage.create(BEN, "Shop", &["--role", "admin"]));
        let access = stage.sign_in(BEN).await.text("AccessToken");
        assert_eq!(stage.read(&access).await, 200);
        assert!(stage.says(&["organisation", "suspend", "Shop"]).contains("Shop is suspended from now on"));
        stage.reads_in_time(&access, 401).await;
        assert!(stage.says(&["organisation", "suspend", "Shop"]).contains("is suspended already"));
        let told = stage.json(&["organisation", "suspend", "Shop"]);
        let is_suspended = told["organization"]["suspended_at"].is_string();
        assert_eq!((&told["has_changed"], is_suspended), (&json!(false), true), "{told}");
        assert!(stage.says(&["organisation", "list"]).contains("  Shop  customer  suspended  "));
        assert!(stage.says(&["organisation", "reactivate", "Shop"]).contains("is not suspended any more"));
        stage.reads_in_time(&access, 200).await;
        assert!(stage.refuses(&["organisation", "suspend", "Acme"]).contains("is the owner"));
        let audited = (stage.audited("organization.suspended").await, stage.audited("organization.reactivated").await);
        assert_eq!(audited, (1, 1));
    }

    pub(super) async fn lists_are_for_people_and_for_scripts(stage: Stage) {
        stage.says(&["organisation", "create", "--name", "Beta", "--kind", "distributor"]);
        stage.says(&["organisation", "create", "--name", "Zoo", "--kind", "customer", "--parent", "Beta"]);
        stage.says(&["organisation", "create", "--name", "Aldi", "--kind", "customer"]);
        says(&stage.create(BEN, "Zoo", &["--role", "support"]));
        let tree = stage.says(&["organisation", "list"]);
        let names: Vec<_> = tree.lines().map(|line| line.split("  cust").next().unwrap_or_default()).collect();
        assert!(tree.starts_with("NAME     KIND         STATE   CREATED               ID\nAcme     owner"), "{tree}");
        assert_eq!(names[2..3], ["  Aldi "], "{tree}");
        assert!(names[3].starts_with("  Beta   distributor") && names[4] == "    Zoo", "{tree}");
        let listed = stage.json(&["organisation", "list"]);
        assert_eq!(keys(&listed), ["organizations", "has_more"]);
        assert_eq!(listed["organizations"][3]["parent_id"], listed["organizations"][2]["id"]);
        assert_eq!(listed["organizations"][0]["parent_id"], Value::Null);

        let people = stage.says(&["user", "list"]);
        let lines: Vec<_> = people.lines().collect();
        assert!(lines[0].starts_with("ADDRESS           NAME  ORGANISATION  ROLE"), "{people}");
        assert!(lines[1].starts_with("ann@acme.example  Ann   Acme          super admin, admin  active"), "{people}");
        assert!(lines[2].starts_with("ben@shop.example  Ben   Zoo           support             active"), "{people}");
        assert_eq!(lines.len(), 3);
        for (search, found) in [("BEN", 1), ("shop.", 1), ("example", 2), ("%", 0), ("a_n", 0)] {
            let listed = stage.json(&["user", "list", "--search", search]);
            assert_eq!(listed["users"].as_array().map(Vec::len), Some(found), "{search}: {listed}");
            assert_eq!(listed["has_more"], false);
        }
        assert_eq!(stage.says(&["user", "list", "--search", "%"]), "Nobody has \"%\" in their address or name.\n");

        stage.sign_in(BEN).await;
        let shown = stage.json(&["user", "show", BEN]);
        assert_eq!(shown["memberships"][0]["organization"]["name"], "Zoo");
        assert_eq!(keys(&shown["sessions"][0]), ["id", "device", "address", "first_seen", "last_seen", "expires_at"]);
        let shown = stage.says(&["user", "show", BEN]);
        assert!(shown.contains("support of Zoo (customer, ") && shown.contains("from 127.0.0.1 with "), "{shown}");
    }

    pub(super) async fn what_the_operator_got_wrong_is_named_in_one_sentence(stage: Stage) {
        let twins = ["organisation", "create", "--name", "Twin", "--kind", "customer"];
        let ids = [stage.json(&twins), stage.json(&twins)].map(|twin| text(&twin, "id").to_owned());
        let refused = stage.refuses(&["organisation", "suspend", "Twin"]);
        assert!(ids.iter().all(|id| refused.contains(id)), "{refused}");
        stage.says(&["organisation", "suspend", &ids[0]]);
        let nobody = "0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7a";
        for (arguments, named) in [
            (vec!["user", "show", "zoe@acme.example"], "nobody with the address zoe@acme.example"),
            (vec!["user", "suspend", nobody], "nobody with the id"),
            (vec!["user", "end-sessions", "ann"], "EMAIL|UUID must be an e-mail address"),
            (vec!["organisation", "suspend", "Nowhere"], "no organisation with the name Nowhere"),
            (vec!["organisation", "reactivate", nobody], "no organisation with the id"),
            (vec!["organisation", "create", "--name", "X", "--kind", "shop"], "--kind must be one of"),
            (vec!["organisation", "create", "--name", "X", "--kind", "owner"], "no owner can stand below Acme"),
            (
                vec!["organisation", "create", "--name", "X", "--kind", "reseller", "--parent", &ids[1]],
                "no reseller can stand below Twin, whose kind is customer; it goes below: owner, distributor",
            ),
        ] {
            let refused = stage.refuses(&arguments);
            assert!(refused.contains(named), "{arguments:?}: {refused}");
        }
        for (email, organisation, more, named) in [
            ("ANN@acme.example", "Acme", ["--role", "admin"], "belongs to somebody already"),
            (BEN, "Acme", ["--role", "chief"], "--role must be one of"),
            (BEN, "Twin", ["--role", "admin"], "2 organisations are called Twin"),
            ("ben", "Acme", ["--role", "admin"], "--email must be an e-mail address"),
        ] {
            let refused = refusal(&stage.create(email, organisation, &more));
            assert!(refused.contains(named), "{refused}");
        }
        assert_eq!(stage.aside.number("SELECT COUNT(*) FROM users").await, 1);
        assert_eq!(stage.aside.number("SELECT COUNT(*) FROM organisations").await, 3);
    }
}

#[test]
fn a_server_that_is_not_set_up_says_so() {
    let program = Program::built().unwrap();
    for list in [["user", "list"], ["organisation", "list"]] {
        assert!(says(&program.admin(&list).unwrap()).contains("bailiwick admin bootstrap"));
    }
    let create = ["organisation", "create", "--name", "Shop", "--kind", "customer"];
    assert!(refusal(&program.admin(&create).unwrap()).contains("not set up yet"));
}

#[test]
fn shells_complete_the_commands_of_the_operator() {
    let program = Program::built().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = says(&program.run(&["completions", shell], "").unwrap());
        assert!(script.contains("end-sessions") && script.contains("data-dir"), "{shell}");
    }
    assert!(!program.data_dir().exists(), "printing needs no data directory");
    let script = says(&program.run(&["completions", "bash"], "").unwrap());
    let ask =
        "COMP_WORDS=(bailiwick admin user su); COMP_CWORD=3; _bailiwick bailiwick su user; echo \"${COMPREPLY[@]}\"";
    // In a file: it is longer than one argument may be.
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("completions");
    std::fs::write(&file, format!("{script}\n{ask}")).unwrap();
    let completed = std::process::Command::new("bash").arg(&file).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&completed.stdout), "suspend\n", "{completed:?}");
    assert_eq!(program.run(&["completions", "csh"], "").unwrap().status.code(), Some(2));
}
