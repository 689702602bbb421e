//! A database that stalls: answers keep their deadlines, and nothing half-done remains.

use std::time::{Duration, Instant};

use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::people::{PASSWORD, Person};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Aside, refresh, sign_in, sign_out};

/// The deadline of signing in, refreshing and signing out (contract, section 3).
const DEADLINE: Duration = Duration::from_secs(15);
/// What an answer may take beyond its deadline.
const TOLERANCE: Duration = Duration::from_secs(1);
/// The deadline of the status (contract, section 3).
const STATUS_DEADLINE: Duration = Duration::from_secs(1);

/// Stops every write, as another program that holds the database does; on PostgreSQL the reads of the status, too.
async fn stall(bench: &Bench) -> Aside {
    let aside = Aside::of(bench).await;
    match &aside {
        Aside::Sqlite(_) => aside.run("BEGIN IMMEDIATE").await,
        Aside::Postgres(_) => {
            aside.run("BEGIN; LOCK TABLE sessions, throttle_ledgers, properties IN ACCESS EXCLUSIVE MODE").await;
        }
    }
    aside
}

/// Whether the status says that all is well, within its deadline.
async fn is_online(bench: &Bench) -> bool {
    let begun = Instant::now();
    let answer = Answer::of(bench.call(Method::GET, "/auth/status")).await;
    let elapsed = begun.elapsed();
    // Past its deadline the server itself would answer 503; the tolerance is the busy machine's.
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(elapsed < STATUS_DEADLINE + TOLERANCE, "the status took {elapsed:?}");
    let status = answer.json();
    let online = status.get("Online").and_then(Value::as_bool).unwrap();
    for service in status.get("Services").and_then(Value::as_object).unwrap().values() {
        assert_eq!(service, &json!({ "Online": online }));
    }
    online
}

/// Holds that the answer says in time that it will not be.
async fn gives_up_in_time(call: impl Future<Output = Answer>) {
    let begun = Instant::now();
    let answer = call.await;
    let elapsed = begun.elapsed();
    answer.message(503);
    assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().unwrap() >= 1), "{answer:?}");
    assert!(elapsed < DEADLINE + TOLERANCE, "answered after {elapsed:?}");
}

async fn two_people(bench: &Bench) -> (Person, Person) {
    let owner = bench.organisation("Owner", None).await;
    (bench.person("ann", owner, Role::Reader).await, bench.person("bob", owner, Role::Reader).await)
}

async fn stalled(bench: Bench) {
    let (ann, bob) = two_people(&bench).await;
    let (tokens, leaving) = (bench.sign_in(&bob).await, bench.sign_in(&bob).await);
    assert!(is_online(&bench).await);
    let aside = stall(&bench).await;
    let watching = async {
        // SQLite goes on reading while somebody else writes; PostgreSQL waits for the lock.
        for _ in 0..8 {
            assert_eq!(is_online(&bench).await, matches!(aside, Aside::Sqlite(_)));
        }
    };
    tokio::join!(
        gives_up_in_time(sign_in(&bench, &ann.email, PASSWORD)),
        gives_up_in_time(sign_in(&bench, "nobody@example.org", PASSWORD)),
        gives_up_in_time(refresh(&bench, &tokens.refresh, "RefreshToken")),
        gives_up_in_time(sign_out(&bench, &leaving.access)),
        watching,
    );
    aside.run("ROLLBACK").await;
    assert!(is_online(&bench).await);
    let sessions = aside.number("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL AND generation = 0").await;
    assert_eq!(sessions, 2, "nothing half-done remains");
    assert_eq!(aside.number("SELECT COUNT(*) FROM audit WHERE action = 'session.started'").await, 2);
    assert_eq!(sign_in(&bench, &ann.email, PASSWORD).await.status, 200);
    assert_eq!(refresh(&bench, &tokens.refresh, "RefreshToken").await.status, 200);
    assert_eq!(sign_out(&bench, &leaving.access).await.status, 200);
}

/// Both engines at once, because it is mostly waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_database_costs_a_refusal_in_time_and_nothing_else() {
    let (sqlite, postgres) = (Bench::start(Engine::Sqlite).await, Bench::start(Engine::Postgres).await);
    tokio::join!(stalled(sqlite), stalled(postgres));
}
