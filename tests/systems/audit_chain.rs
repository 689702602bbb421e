//! The chain of the audit log stays whole whoever writes, however many at once, and from the first entry on.

use bailiwick_app::audit::{self, ChainError, FILE_NAME, Verification};
use bailiwick_app::clock::SystemClock;
use bailiwick_app::context::{Context, StartError};
use bailiwick_app::random::SystemRandom;
use bailiwick_domain::audit::LANES;
use bailiwick_store::Database;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::postgres;
use serde_json::json;
use std::sync::Arc;

use crate::peek;
use crate::support::{Actor, Scene, eventually};

async fn verify(bench: &Bench) -> Verification {
    let files: Vec<_> = Some(bench.directory().join(FILE_NAME)).into_iter().filter(|path| path.exists()).collect();
    audit::verify(&bench.context.database, &bench.context.vault, &files, |_, _| {}).await.unwrap()
}

#[track_caller]
fn assert_whole(verification: &Verification) {
    assert!(verification.findings.is_empty(), "{:#?}", verification.findings);
}

/// Creates systems, so many at once, and says how many could be.
async fn create_at_once(bench: &Bench, actor: &Actor, count: usize) -> usize {
    let creating = (0..count).map(|number| {
        let draft = json!({ "name": format!("Parallel {number}"), "type": "ns8" });
        let request = actor.request(bench, reqwest::Method::POST, "/api/systems").json(&draft);
        tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
    });
    let mut created = 0;
    for creating in creating.collect::<Vec<_>>() {
        created += usize::from(creating.await.unwrap() == 201);
    }
    created
}

/// What the server would start with on this bench's database and directory.
async fn restart(bench: &Bench) -> Result<Context, StartError> {
    let database = Database::open(bench.database_url()).await.unwrap();
    let settings = bench.context.settings.clone();
    Context::open(settings, database, Arc::new(SystemClock), Arc::new(SystemRandom)).await
}

on_both_engines! {
    async fn the_log_of_two_nodes_with_many_writers_is_one_whole_chain(bench: Bench) {
        const AT_ONCE: usize = 32;
        let scene = Scene::set(&bench).await;
        let node = bench.another_node().await;
        let there = Actor::of(&node, scene.admin.person.clone()).await;
        let (here, there) = tokio::join!(
            create_at_once(&bench, &scene.admin, AT_ONCE),
            create_at_once(&node, &there, AT_ONCE),
        );
        assert_eq!((here, there), (AT_ONCE, AT_ONCE));
        // Also while it goes on.
        let (created, during) = tokio::join!(create_at_once(&bench, &scene.admin, AT_ONCE), verify(&node));
        assert_whole(&during);
        let verified = verify(&bench).await;
        assert_whole(&verified);
        let entries = peek::number(&bench, "SELECT COUNT(*) FROM audit WHERE action = 'system.created'").await;
        assert_eq!(usize::try_from(entries).unwrap(), here + there + created);
        let used = verified.heads.iter().filter(|head| head.number > 0).count();
        assert_eq!(used, usize::try_from(LANES).unwrap(), "every lane takes its share");
    }

    async fn a_lane_that_somebody_holds_holds_nobody_up(bench: Bench) {
        let scene = Scene::set(&bench).await;
        // On PostgreSQL somebody who has stopped in the middle of a commit; SQLite has one writer anyway.
        let is_sqlite = bench.database_url().starts_with("sqlite:");
        let holding = if is_sqlite { None } else {
            let client = postgres::connect(bench.database_url()).await.unwrap();
            client.batch_execute("BEGIN; SELECT * FROM audit_heads WHERE lane < 4 FOR UPDATE").await.unwrap();
            Some(client)
        };
        let before = std::time::Instant::now();
        assert_eq!(create_at_once(&bench, &scene.admin, 8).await, 8);
        assert!(before.elapsed() < std::time::Duration::from_secs(4), "{:?}", before.elapsed());
        drop(holding);
        assert_whole(&verify(&bench).await);
    }

    async fn checkpoints_are_written_whenever_the_log_moved_and_only_then(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let path = bench.directory().join(FILE_NAME);
        let lines = || std::fs::read_to_string(&path).unwrap_or_default().lines().count();
        let reached = async |wanted: usize| {
            eventually("a checkpoint of everything", async || {
                let verified = verify(&bench).await;
                (verified.checkpoints >= wanted).then_some(verified)
            })
            .await
        };
        scene.admin.create(&bench, &json!({ "name": "First", "type": "ns8" })).await;
        assert_whole(&reached(1).await);
        bench.context.checkpoint_audit_log().await.unwrap();
        let written = lines();
        bench.context.checkpoint_audit_log().await.unwrap();
        assert_eq!(lines(), written, "nothing moved");
        scene.admin.create(&bench, &json!({ "name": "Second", "type": "ns8" })).await;
        assert_whole(&reached(written + 1).await);
        let last = std::fs::read_to_string(&path).unwrap().lines().last().unwrap().to_owned();
        let last: serde_json::Value = serde_json::from_str(&last).unwrap();
        let known: i64 = last["heads"].as_array().unwrap().iter().map(|head| head["number"].as_i64().unwrap()).sum();
        assert_eq!(known, peek::number(&bench, "SELECT COUNT(*) FROM audit").await);
    }

    async fn entries_from_before_the_chain_are_adopted_once(bench: Bench) {
        let scene = Scene::set(&bench).await;
        for number in 0..20 {
            scene.admin.create(&bench, &json!({ "name": format!("Old {number}"), "type": "ns8" })).await;
        }
        // As a version without a chain has left it.
        let strip = "UPDATE audit SET lane = NULL, number = NULL, digest = NULL; DELETE FROM audit_heads";
        bench.context.checkpoint_audit_log().await.unwrap();
        peek::execute(&bench, strip).await;
        // The checkpoints know of a chain, so this is no new database, and nothing is adopted a second time.
        let refused = restart(&bench).await.unwrap_err();
        assert!(matches!(refused, StartError::Audit(ChainError::Gone(_))), "{refused}");
        assert!(refused.to_string().contains(FILE_NAME), "{refused}");

        std::fs::remove_file(bench.directory().join(FILE_NAME)).unwrap();
        let restarted = restart(&bench).await.unwrap();
        let verified = audit::verify(&restarted.database, &restarted.vault, &[], |_, _| {}).await.unwrap();
        assert_whole(&verified);
        assert_eq!(verified.entries, u64::try_from(peek::number(&bench, "SELECT COUNT(*) FROM audit").await).unwrap());
        assert!(verified.entries > 20);
        peek::execute(&bench, "UPDATE audit SET action = 'system.deleted' WHERE lane = 0 AND number = 7").await;
        let verified = audit::verify(&restarted.database, &restarted.vault, &[], |_, _| {}).await.unwrap();
        let found: Vec<_> = verified.findings.iter().map(|finding| (finding.kind.name(), finding.first)).collect();
        assert_eq!(found, [("entry_changed", Some(7))]);
    }
}
