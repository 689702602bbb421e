//! The work behind a refusal: an account that is not there costs as much as one that is.

use std::time::Duration;

use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::http;
use bailiwick_testkit::people::PASSWORD;
use bailiwick_testkit::process::Running;
use reqwest::Client;
use serde_json::json;

use crate::program::{bootstrap, fresh};
use crate::support::{Answer, Aside, SIGN_IN, WRONG};

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
    let (program, database) = fresh(engine);
    let mut program = program.with("BAILIWICK_TRUSTED_PROXIES", "127.0.0.0/8");
    let output = bootstrap(&program, "Acme", "ann@acme.example", "Ann", PASSWORD);
    assert!(output.status.success(), "{output:?}");
    let server = program.start().await.unwrap();
    let client = http::client().unwrap();
    let wrong = work(&client, &server, 1, "ann@acme.example", WRONG).await;
    let unknown = work(&client, &server, 2, "nobody@acme.example", WRONG).await;
    let impossible = work(&client, &server, 3, "not an address", WRONG).await;
    let file = program.data_dir().join("bailiwick.db");
    let url = database.as_ref().map_or_else(|| format!("sqlite://{}", file.display()), |found| found.url().to_owned());
    Aside::open(&url).await.run("UPDATE users SET suspended_at = 1; DELETE FROM throttle_ledgers").await;
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
