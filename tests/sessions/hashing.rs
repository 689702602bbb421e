//! The work behind a refusal: an account that is not there costs as much as one that is, and an attempt that nobody
//! had time to check is none.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_app::hasher::Verdict;
use bailiwick_domain::field::Parse;
use bailiwick_domain::password::Password;
use bailiwick_domain::role::Role;
use bailiwick_domain::secret::SecretText;
use bailiwick_store::query::user;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::people::PASSWORD;
use bailiwick_testkit::process::{Program, Running};
use bailiwick_testkit::{http, on_both_engines};
use reqwest::Client;
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{Aside, SIGN_IN, Strict, WRONG, sign_in};
use crate::throttle::{FREE, must_wait};

/// What the kernel calls the threads that hash.
const HASHING: &str = "bailiwick-hash";
/// Attempts that are added up for each account, fewer than would have to wait.
const ATTEMPTS: u8 = 4;

/// How long the hashing threads worked for a few failing sign-ins. Not how long the answers took, which is as much
/// the machine's business.
async fn work(client: &Client, server: &Running, account: u8, name: &str, password: &str) -> Duration {
    let before = server.worked(HASHING).unwrap();
    for attempt in 0..ATTEMPTS {
        let request = client.post(server.at(SIGN_IN)).json(&json!({ "Username": name, "Password": password }));
        // Each from another address, so that only the account counts.
        let answer = Answer::of(request.header("X-Forwarded-For", format!("198.51.{account}.{attempt}"))).await;
        assert_eq!(answer.status, 401, "{name}: {answer:?}");
    }
    server.worked(HASHING).unwrap().checked_sub(before).unwrap()
}

async fn every_refusal_costs_the_same_work(engine: Engine) {
    let mut program = Program::on(engine).unwrap().with("BAILIWICK_TRUSTED_PROXIES", "127.0.0.0/8");
    program.set_up("Acme", "ann@acme.example", "Ann").unwrap();
    let server = program.start().await.unwrap();
    let client = http::client().unwrap();
    let wrong = work(&client, &server, 1, "ann@acme.example", WRONG).await;
    let unknown = work(&client, &server, 2, "nobody@acme.example", WRONG).await;
    let impossible = work(&client, &server, 3, "not an address", WRONG).await;
    Aside::open(&program.database_url())
        .await
        .run("UPDATE users SET suspended_at = 1; DELETE FROM throttle_ledgers")
        .await;
    let suspended = work(&client, &server, 4, "ann@acme.example", PASSWORD).await;
    let all = [wrong, unknown, impossible, suspended];
    let (least, most) = (all.iter().min().unwrap(), all.iter().max().unwrap());
    assert!(*least > Duration::from_millis(1), "no hash at all: {all:?}");
    // A neighbour on the same core may double the work; leaving it out makes it nothing.
    assert!(*least * 3 > *most, "a wrong password, an unknown, an impossible, a suspended account: {all:?}");
}

#[tokio::test]
async fn every_refusal_costs_the_same_work_on_sqlite() {
    every_refusal_costs_the_same_work(Engine::Sqlite).await;
}

#[tokio::test]
async fn every_refusal_costs_the_same_work_on_postgres() {
    every_refusal_costs_the_same_work(Engine::Postgres).await;
}

/// Gives every hashing thread work for seconds, and keeps the queue behind them full, until it is dropped.
async fn occupy(bench: &Bench) -> JoinSet<()> {
    let threads = std::thread::available_parallelism().unwrap().get();
    // A hundred times the passes of today.
    let slow = format!("$argon2id$v=19$m=19456,t=200,p=1${}${}", "A".repeat(22), "A".repeat(43));
    let slow = SecretText::new(slow);
    let mut work = JoinSet::new();
    // More than there is room for: as soon as there is room, one of those that were refused takes it.
    for _ in 0..threads * 100 {
        let (context, slow) = (Arc::clone(&bench.context), slow.clone());
        work.spawn(async move {
            let password = Password::parse_text(WRONG).unwrap();
            while context.hasher.verify(&password, Some(slow.clone()), context.random.as_ref()).await.is_err() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        });
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    work
}

on_both_engines! {
    async fn the_hash_of_a_password_does_not_print(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let mut link = bench.context.database.read().await.unwrap();
        let stored = user::for_sign_in(&mut link, &Parse::parse_text(&ann.email).unwrap()).await.unwrap().unwrap();
        let password = Password::parse_text(PASSWORD).unwrap();
        let outdated = Verdict::RightButOutdated(bench.context.hasher.hash(&password, bench.context.random.as_ref()).await.unwrap());
        for shown in [format!("{stored:?}"), format!("{outdated:?}")] {
            assert!(!shown.contains("argon2"), "{shown}");
        }
    }

    async fn an_attempt_that_finds_the_queue_full_does_not_count(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let tokens = bench.sign_in(&ann).await;
        sign_in(&bench, "nobody@example.org", WRONG).await.message(401);
        let aside = Aside::of(&bench).await;
        let failures = "SELECT CAST(COALESCE(SUM(failures), 0) AS BIGINT) FROM throttle_ledgers";
        let before = aside.number(failures).await;

        let work = occupy(&bench).await;
        let update = json!({ "CurrentPassword": PASSWORD, "NewPassword": "seventeen quiet marmots bicycle" });
        let update = bench.call(Method::POST, "/auth/authenticate/update-password").json(&update);
        for answer in [
            sign_in(&bench, &ann.email, PASSWORD).await,
            sign_in(&bench, "nobody@example.org", WRONG).await,
            Answer::of(update.bearer_auth(&tokens.access)).await,
        ] {
            answer.message(503);
            assert_eq!(answer.header("retry-after"), Some("1"), "{answer:?}");
        }
        drop(work);
        assert_eq!(aside.number(failures).await, before);
        // On a node that has time.
        let other = bench.another_node().await;
        for _ in 0..FREE - 1 {
            sign_in(&other, "nobody@example.org", WRONG).await.message(401);
        }
        must_wait(&sign_in(&other, "nobody@example.org", WRONG).await, 1);
    }
}
