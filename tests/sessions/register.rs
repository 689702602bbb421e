//! Registering: everything at once or nothing at all.

use bailiwick_domain::throttle::{Ledger, LedgerKey};
use bailiwick_domain::time::Span;
use bailiwick_store::query::throttle;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::process::Program;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Aside, Strict, post, read, refresh, sign_in};
use crate::throttle::{behind_a_proxy, must_wait};

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

/// As if so many had just registered from this address.
async fn registered_before(bench: &Bench, address: &str, failures: i64) {
    let key = LedgerKey::registrations_from(address.parse().unwrap());
    let mut transaction = bench.context.database.write().await.unwrap();
    throttle::hold(&mut transaction, &key).await.unwrap();
    let ledger = Ledger { failures, last_failure: bench.context.now() };
    throttle::set(&mut transaction, &key, ledger).await.unwrap();
    transaction.commit().await.unwrap();
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
            let message = answer.message(409);
            assert_eq!((&message["BackendMessage"], &message["Field"]["Name"]), (&json!("already exists"), &json!("Email")));
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

    async fn registrations_from_one_place_are_slowed_down_after_a_thousand(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let node = behind_a_proxy(&bench).await;
        let from = async |address: &str, body: &Value| {
            let request = node.call(Method::POST, REGISTER).header("X-Forwarded-For", address);
            Answer::of(request.json(body)).await
        };
        registered_before(&bench, "2001:db8::1", 999).await;
        assert_eq!(from("2001:db8::2", &newcomer("ada@example.org")).await.status, 201);
        // From then on nobody there learns which addresses are taken, nor does an invitation help.
        let token = bench.invitation("bea@example.org", owner).await;
        let invited = with(&newcomer("bea@example.org"), "Invitation", json!(token));
        let before = made(&bench).await;
        for body in [&newcomer("ada@example.org"), &newcomer("cleo@example.org"), &invited] {
            must_wait(&from("2001:db8::ffff:1", body).await, 1);
        }
        assert_eq!(made(&bench).await, before);
        assert_eq!(from("2001:db8:0:1::1", &newcomer("cleo@example.org")).await.status, 201, "from elsewhere");
        bench.clock.advance(Span::seconds(1));
        assert_eq!(from("2001:db8::3", &newcomer("ada@example.org")).await.status, 409);
        must_wait(&from("2001:db8::3", &newcomer("dora@example.org")).await, 2);
        bench.clock.advance(Span::seconds(2));
        // What is wrong with the input tells nothing and does not count.
        from("2001:db8::3", &with(&invited, "Password", json!("short"))).await.refuses_field("Password");
        assert_eq!(from("2001:db8::3", &invited).await.status, 201);
        must_wait(&from("2001:db8::3", &newcomer("dora@example.org")).await, 4);
        bench.clock.advance(Span::hours(1));
        for email in ["dora@example.org", "emma@example.org"] {
            assert_eq!(from("2001:db8::3", &newcomer(email)).await.status, 201, "an hour of quiet forgets");
        }
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
