//! Registering: everything at once or nothing at all.

use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::process::Program;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Aside, post, read, refresh, sign_in};

const REGISTER: &str = "/auth/user";
const SECRET: &str = "seventeen quiet marmots bicycle";

/// What the published client sends, with its nulls.
fn newcomer(email: &str) -> Value {
    json!({
        "Email": email, "Password": SECRET, "Name": "Ada Verdi", "Company": "Hotel Bellavista", "PhoneNumber": null,
        "JobTitle": null, "NewsletterOptIn": true, "AcceptEULA": true,
    })
}

fn with(body: &Value, member: &str, value: Value) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().insert(member.to_owned(), value);
    body
}

/// How many rows there are of what a registration makes.
async fn made(bench: &Bench) -> Vec<i64> {
    let aside = Aside::of(bench).await;
    let mut counts = Vec::new();
    for table in ["users", "organisations", "memberships", "credentials", "sessions", "audit"] {
        counts.push(aside.number(&format!("SELECT COUNT(*) FROM {table}")).await);
    }
    counts
}

on_both_engines! {
    async fn whoever_registers_runs_an_organisation_of_their_own(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let answer = post(&bench, REGISTER, &newcomer("ada@example.org")).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let user = answer.json();
        assert_eq!((&user["Email"], &user["Name"]), (&json!("ada@example.org"), &json!("Ada Verdi")));
        assert_eq!((&user["Newsletter"], &user["IsSuperAdmin"]), (&json!(true), &json!(false)));
        assert_eq!(user["Organisation"]["Name"], "Hotel Bellavista");

        // The token is of the published client's kind: it gives access tokens, and does not rotate.
        let token = answer.text("RefreshToken");
        assert_eq!(refresh(&bench, &token, "RefreshToken").await.text("RefreshToken"), token);
        let access = refresh(&bench, &token, "AccessToken").await.text("AccessToken");
        let me = Answer::of(bench.call(Method::GET, "/api/me").bearer_auth(&access)).await.json()["data"].clone();
        assert_eq!(me["memberships"][0]["role"], "admin");
        assert_eq!(me["memberships"][0]["organization_type"], "customer");
        let system = json!({ "name": "First", "type": "ns8" });
        let created = bench.call(Method::POST, "/api/systems").bearer_auth(&access).json(&system);
        assert_eq!(Answer::of(created).await.status, 201);
        assert_eq!(sign_in(&bench, "ADA@example.org", SECRET).await.status, 200);

        // Below the owner, whose people see it.
        let chief = bench.super_admin("chief", owner).await;
        let tokens = bench.sign_in(&chief).await;
        let path = format!("/auth/user/{}", user["UUID"].as_str().unwrap());
        assert_eq!(Answer::of(bench.call(Method::GET, &path).bearer_auth(&tokens.access)).await.status, 200);
    }

    async fn an_address_registers_once_however_it_is_written(bench: Bench) {
        bench.organisation("Owner", None).await;
        assert_eq!(post(&bench, REGISTER, &newcomer("ada@example.org")).await.status, 201);
        let before = made(&bench).await;
        for spelling in ["ada@example.org", "ADA@Example.ORG", " ada@example.org "] {
            let answer = post(&bench, REGISTER, &newcomer(spelling)).await;
            assert_eq!(answer.message(409)["BackendMessage"], "already exists");
        }
        assert_eq!(made(&bench).await, before, "a refused registration leaves nothing");
    }

    async fn of_many_who_register_one_address_at_once_one_does(bench: Bench) {
        bench.organisation("Owner", None).await;
        let attempts: Vec<_> = (0..8)
            .map(|_| {
                let request = bench.call(Method::POST, REGISTER).json(&newcomer("ada@example.org"));
                tokio::spawn(Answer::of(request))
            })
            .collect();
        let mut statuses = Vec::new();
        for attempt in attempts {
            statuses.push(attempt.await.unwrap().status);
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
        assert_eq!(made(&bench).await[..4], [1, 2, 1, 1]);
    }

    async fn what_is_wrong_is_named_and_leaves_nothing(bench: Bench) {
        bench.organisation("Owner", None).await;
        let before = made(&bench).await;
        let good = newcomer("ada@example.org");
        for (member, value) in [
            ("Email", json!("not an address")),
            ("Email", json!(null)),
            ("Password", json!("short")),
            ("Password", json!("Hotel Bellavista Ada Verdi")),
            ("Name", json!(" ")),
            ("Company", json!("")),
            ("PhoneNumber", json!("call me")),
            ("JobTitle", json!(7)),
            ("NewsletterOptIn", json!("yes")),
            ("AcceptEULA", json!(false)),
            ("AcceptEULA", json!(null)),
        ] {
            post(&bench, REGISTER, &with(&good, member, value)).await.refuses_field(member);
        }
        assert_eq!(made(&bench).await, before);
    }

    async fn nobody_registers_before_the_server_is_set_up(bench: Bench) {
        let answer = post(&bench, REGISTER, &newcomer("ada@example.org")).await;
        assert_eq!(answer.message(409)["BackendMessage"], "not set up");
        assert_eq!(read(&bench, "nothing").await, 401);
    }

    async fn a_registration_whose_entry_cannot_be_written_does_not_happen(bench: Bench) {
        bench.organisation("Owner", None).await;
        let before = made(&bench).await;
        let aside = Aside::of(&bench).await;
        aside.run("ALTER TABLE audit RENAME TO audit_away").await;
        assert_eq!(post(&bench, REGISTER, &newcomer("ada@example.org")).await.status, 500);
        aside.run("ALTER TABLE audit_away RENAME TO audit").await;
        assert_eq!(made(&bench).await, before);
        assert_eq!(post(&bench, REGISTER, &newcomer("ada@example.org")).await.status, 201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_not_everybody_may_register_nobody_does() {
    for mode in ["invite", "closed"] {
        let mut program = Program::built().unwrap().with("BAILIWICK_REGISTRATION", mode);
        let _running = program.start().await.unwrap();
        let client = bailiwick_testkit::http::client().unwrap();
        let request = client.post(format!("{}{REGISTER}", program.origin())).json(&newcomer("ada@example.org"));
        let message = Answer::of(request).await.message(403);
        assert_eq!(message["BackendMessage"], "registration closed", "{mode}");
    }
}
