//! Whatever is done to the audit log straight in the database is found and named.

use std::path::{Path, PathBuf};

use bailiwick_app::audit::{self, FILE_NAME, Verification};
use bailiwick_domain::audit::{Head, LANES};
use bailiwick_store::query::audit_chain;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use serde_json::json;

use crate::peek;
use crate::support::{Scene, eventually};

/// Systems that each half creates: several entries in every lane.
const HALF: usize = 32;

/// A log with several entries in each lane, all of them in a checkpoint, and a copy of it to put back.
struct Log<'bench> {
    bench: &'bench Bench,
    scene: Scene,
    checkpoints: PathBuf,
}

impl<'bench> Log<'bench> {
    async fn written(bench: &'bench Bench) -> Self {
        let scene = Scene::set(bench).await;
        write(bench, &scene).await;
        peek::execute(bench, "CREATE TABLE old_heads AS SELECT * FROM audit_heads").await;
        checkpoint(bench).await;
        write(bench, &scene).await;
        checkpoint(bench).await;
        peek::execute(bench, "CREATE TABLE good_audit AS SELECT * FROM audit").await;
        peek::execute(bench, "CREATE TABLE good_heads AS SELECT * FROM audit_heads").await;
        // The server itself may notice what is done from here on; each case is to be found without that.
        let checkpoints = bench.directory().join("copy.jsonl");
        std::fs::copy(bench.directory().join(FILE_NAME), &checkpoints).unwrap();
        Self { bench, scene, checkpoints }
    }

    async fn put_right(&self) {
        let again = "DELETE FROM audit; INSERT INTO audit SELECT * FROM good_audit; \
            DELETE FROM audit_heads; INSERT INTO audit_heads SELECT * FROM good_heads";
        peek::execute(self.bench, again).await;
    }

    /// What is found: kind, lane, first and last number.
    async fn findings(&self) -> Vec<Found> {
        found(&verify(self.bench, &[&self.checkpoints]).await)
    }

    /// What is found after this was done; puts everything right again.
    async fn after(&self, statement: &str) -> Vec<Found> {
        peek::execute(self.bench, statement).await;
        let found = self.findings().await;
        self.put_right().await;
        found
    }

    /// The number of the last entry of a lane.
    async fn end_of(&self, lane: i64) -> i64 {
        peek::number(self.bench, &format!("SELECT number FROM good_heads WHERE lane = {lane}")).await
    }
}

type Found = (&'static str, Option<i64>, Option<i64>, Option<i64>);

/// A finding about places of a lane.
fn at(kind: &'static str, lane: i64, first: i64, last: i64) -> Found {
    (kind, Some(lane), Some(first), Some(last))
}

/// A finding about a lane.
fn of(kind: &'static str, lane: i64) -> Found {
    (kind, Some(lane), None, None)
}

fn found(verification: &Verification) -> Vec<Found> {
    let findings = verification.findings.iter();
    findings.map(|finding| (finding.kind.name(), finding.lane, finding.first, finding.last)).collect()
}

/// The same without where it begins: that depends on when the server wrote its checkpoints.
fn sketch(found: &[Found]) -> Vec<(&'static str, Option<i64>, Option<i64>)> {
    found.iter().map(|(kind, lane, _, last)| (*kind, *lane, *last)).collect()
}

async fn write(bench: &Bench, scene: &Scene) {
    for number in 0..HALF {
        scene.admin.create(bench, &json!({ "name": format!("Entry {number}"), "type": "ns8" })).await;
    }
}

async fn checkpoint(bench: &Bench) {
    bench.context.checkpoint_audit_log().await.unwrap();
}

async fn verify(bench: &Bench, checkpoints: &[&Path]) -> Verification {
    let files: Vec<_> = checkpoints.iter().map(|path| path.to_path_buf()).collect();
    audit::verify(&bench.context.database, &bench.context.vault, &files, |_, _| {}).await.unwrap()
}

/// The lane that most cases are about, and a place in the middle of it.
const LANE: i64 = 5;
const HERE: &str = "WHERE lane = 5 AND number = 2";

on_both_engines! {
    async fn a_change_of_any_column_is_found(bench: Bench) {
        let log = Log::written(&bench).await;
        assert_eq!(log.findings().await, [], "nothing was done yet");
        for change in [
            "id = subject_id", "at = at + 1", "actor_kind = 'operator'", "actor_id = subject_id", "actor_id = NULL",
            "right_used = 'read:systems'", "right_used = NULL", "organisation_id = subject_id",
            "organisation_id = NULL", "action = 'system.deleted'", "subject_kind = 'user'", "subject_id = actor_id",
            "subject_id = NULL", "address = '192.0.2.1'", "address = NULL", "request_id = '-'",
            "details = '{}'", "details = details || ' '", "digest = NULL",
        ] {
            let found = log.after(&format!("UPDATE audit SET {change} {HERE}")).await;
            assert_eq!(found, [at("entry_changed", LANE, 2, 2)], "{change}");
        }
        let digest = "digest = (SELECT digest FROM good_audit WHERE lane = 5 AND number = 1)";
        let found = log.after(&format!("UPDATE audit SET {digest} {HERE}")).await;
        // What follows was chained to the digest that was there.
        assert_eq!(found, [at("entry_changed", LANE, 2, 2), at("entry_changed", LANE, 3, 3)]);
        let verified = verify(&bench, &[&log.checkpoints]).await;
        let entries = peek::number(&bench, "SELECT COUNT(*) FROM audit").await;
        assert_eq!((verified.entries, found_nothing(&verified)), (u64::try_from(entries).unwrap(), true));
    }

    async fn a_change_of_the_order_is_found(bench: Bench) {
        let log = Log::written(&bench).await;
        let end = log.end_of(LANE).await;
        assert!(end >= 4, "lane {LANE} has {end} entries, which is not enough to swap some");
        let swap = |one: &str, other: &str| format!(
            "UPDATE audit SET number = -1 WHERE {one}; \
             UPDATE audit SET lane = (SELECT lane FROM good_audit WHERE {one}), \
                number = (SELECT number FROM good_audit WHERE {one}) WHERE {other}; \
             UPDATE audit SET lane = (SELECT lane FROM good_audit WHERE {other}), \
                number = (SELECT number FROM good_audit WHERE {other}) WHERE number = -1"
        );
        let in_a_lane = log.after(&swap("lane = 5 AND number = 2", "lane = 5 AND number = 3")).await;
        assert_eq!(in_a_lane, [2, 3, 4].map(|number| at("entry_changed", LANE, number, number)));
        let across_lanes = log.after(&swap("lane = 5 AND number = 2", "lane = 6 AND number = 2")).await;
        let expected = [(5, 2), (5, 3), (6, 2), (6, 3)];
        assert_eq!(across_lanes, expected.map(|(lane, number)| at("entry_changed", lane, number, number)));
        // The moments say when something was done; exchanging them alone is a change of both.
        let moments = "UPDATE audit SET at = (SELECT MAX(at) + 5 FROM good_audit) WHERE lane = 5 AND number IN (2, 3)";
        assert_eq!(log.after(moments).await, [2, 3].map(|number| at("entry_changed", LANE, number, number)));
    }

    async fn removed_entries_are_found_the_last_included(bench: Bench) {
        let log = Log::written(&bench).await;
        let end = log.end_of(LANE).await;
        let remove = |which: &str| format!("DELETE FROM audit WHERE lane = 5 AND number {which}");
        assert_eq!(log.after(&remove("= 1")).await, [at("entries_removed", LANE, 1, 1)]);
        assert_eq!(log.after(&remove("BETWEEN 2 AND 3")).await, [at("entries_removed", LANE, 2, 3)]);
        let last = log.after(&remove(&format!("= {end}"))).await;
        assert_eq!(last, [at("last_entries_removed", LANE, end, end)]);
        // With an end that fits, and no key to seal it.
        let moved = format!(
            "{}; UPDATE audit_heads SET number = 2, digest = (SELECT digest FROM good_audit {HERE}) WHERE lane = 5",
            remove("> 2")
        );
        let found = log.after(&moved).await;
        assert!(found.contains(&of("end_forged", LANE)), "{found:?}");
        assert!(found.iter().all(|finding| finding.1 == Some(LANE)), "{found:?}");
        let everything = log.after("DELETE FROM audit").await;
        let gone = everything.iter().filter(|finding| finding.0 == "last_entries_removed").count();
        assert_eq!(gone, usize::try_from(LANES).unwrap());
    }

    async fn an_older_state_with_its_own_seals_is_found_by_the_checkpoints(bench: Bench) {
        let log = Log::written(&bench).await;
        let rewind = "DELETE FROM audit WHERE number > (SELECT o.number FROM old_heads o WHERE o.lane = audit.lane); \
            DELETE FROM audit_heads; INSERT INTO audit_heads SELECT * FROM old_heads";
        peek::execute(&bench, rewind).await;
        assert_eq!(found(&verify(&bench, &[]).await), [], "entries, digests and seals agree: only a checkpoint can tell");
        let put_back = log.findings().await;
        assert_eq!(put_back.len(), usize::try_from(LANES).unwrap(), "{put_back:?}");
        for (lane, finding) in (0..LANES).zip(sketch(&put_back)) {
            assert_eq!(finding, ("log_put_back", Some(lane), Some(log.end_of(lane).await)));
        }
        // The server goes on from there, past where the log has been.
        write(&bench, &log.scene).await;
        write(&bench, &log.scene).await;
        assert_eq!(found(&verify(&bench, &[]).await), []);
        let replaced = log.findings().await;
        assert!(replaced.iter().all(|finding| finding.0 == "entries_replaced"), "{replaced:?}");
        assert_eq!(replaced.len(), usize::try_from(LANES).unwrap());
        // It saw it too, when it wrote its next checkpoint.
        checkpoint(&bench).await;
        let own = bench.directory().join(FILE_NAME);
        let noticed = found(&verify(&bench, &[&own]).await);
        assert!(noticed.iter().any(|finding| finding.0 == "noticed_by_server"), "{noticed:?}");
    }

    async fn a_rewritten_chain_is_found_by_its_end(bench: Bench) {
        let log = Log::written(&bench).await;
        peek::execute(&bench, &format!("UPDATE audit SET details = '{{}}' {HERE}")).await;
        // Whoever knows how digests are made makes them anew.
        let mut head = Head::beginning(LANE);
        bench.context.database.look_afresh();
        let mut link = bench.context.database.read().await.unwrap();
        let entries = audit_chain::entries(&mut link, LANE, 0).await.unwrap();
        drop(link);
        for entry in entries {
            head = head.followed_by(&entry.columns.fields());
            let digest = peek::bytes_literal(&bench, head.digest.bytes());
            peek::execute(&bench, &format!("UPDATE audit SET digest = {digest} WHERE lane = 5 AND number = {}", head.number))
                .await;
        }
        let end = log.end_of(LANE).await;
        let replaced = ("entries_replaced", Some(LANE), Some(end));
        assert_eq!(sketch(&log.findings().await), [("entries_rewritten", Some(LANE), None), replaced]);
        let digest = peek::bytes_literal(&bench, head.digest.bytes());
        peek::execute(&bench, &format!("UPDATE audit_heads SET digest = {digest} WHERE lane = 5")).await;
        assert_eq!(sketch(&log.findings().await), [("end_forged", Some(LANE), None), replaced]);
    }

    async fn added_entries_are_found(bench: Bench) {
        let log = Log::written(&bench).await;
        let columns = "at, actor_kind, actor_id, right_used, organisation_id, action, subject_kind, subject_id, \
            address, request_id, details";
        let insert = |place: &str| format!(
            "INSERT INTO audit (id, {columns}, lane, number, digest) \
             SELECT subject_id, {columns}, {place}, digest FROM good_audit {HERE}"
        );
        let end = log.end_of(LANE).await;
        assert_eq!(log.after(&insert("NULL, NULL")).await, [("entry_outside_of_chain", None, None, None)]);
        assert_eq!(log.after(&insert("99, 1")).await, [at("entry_outside_of_chain", 99, 1, 1)]);
        assert_eq!(log.after(&insert("5, 0")).await, [at("entry_outside_of_chain", LANE, 0, 0)]);
        let beyond = log.after(&insert(&format!("5, {}", end + 1))).await;
        assert_eq!(beyond, [at("entries_beyond_end", LANE, end + 1, end + 1)]);
        peek::execute(&bench, "DROP INDEX audit_in_lanes").await;
        let twice = log.after(&insert("5, 2")).await;
        assert!(twice.contains(&at("entry_repeated", LANE, 2, 2)), "{twice:?}");
        // Where chance made the new one's id the smaller, it is met first, and does not fit there.
        assert!(twice.iter().all(|finding| (finding.2, finding.3) == (Some(2), Some(2))), "{twice:?}");
    }

    async fn a_forged_or_missing_end_is_found_and_not_gone_on_from(bench: Bench) {
        let log = Log::written(&bench).await;
        for change in ["number = number + 1", "number = number - 1", "digest = seal", "seal = digest"] {
            let found = log.after(&format!("UPDATE audit_heads SET {change} WHERE lane = 5")).await;
            assert!(found.contains(&of("end_forged", LANE)), "{change}: {found:?}");
        }
        assert_eq!(log.after("DELETE FROM audit_heads WHERE lane = 5").await, [of("end_gone", LANE)]);
        let all = log.after("DELETE FROM audit_heads").await;
        assert_eq!(all, (0..LANES).map(|lane| of("end_gone", lane)).collect::<Vec<_>>());
        let other_seals = "UPDATE audit_heads SET seal = (SELECT seal FROM good_heads WHERE lane = 0) WHERE lane > 0";
        assert_eq!(log.after(other_seals).await, (1..LANES).map(|lane| of("end_forged", lane)).collect::<Vec<_>>());

        // The server vouches for nothing that it did not write: no change without its entry.
        let systems = peek::number(&bench, "SELECT COUNT(*) FROM systems").await;
        let draft = json!({ "name": "Unvouched", "type": "ns8" });
        for tampering in ["UPDATE audit_heads SET digest = seal", "DELETE FROM audit_heads"] {
            peek::execute(&bench, tampering).await;
            log.scene.admin.post(&bench, "/api/systems", &draft).await.refused(500, "internal server error");
            assert_eq!(peek::number(&bench, "SELECT COUNT(*) FROM systems").await, systems);
            log.put_right().await;
        }
        log.scene.admin.create(&bench, &draft).await;
    }

    async fn a_forged_end_is_found_for_ever_after_and_nothing_is_changed_meanwhile(bench: Bench) {
        let log = Log::written(&bench).await;
        let own = bench.directory().join(FILE_NAME);
        let mut tamperings = vec![
            "UPDATE audit_heads SET seal = digest WHERE lane = 5",
            "DELETE FROM audit_heads WHERE lane = 5",
        ];
        if bench.database_url().starts_with("postgres") {
            // What keeps one row from being read must not keep the others from being looked at.
            tamperings.push(
                "ALTER TABLE audit_heads ALTER COLUMN seal DROP NOT NULL; UPDATE audit_heads SET seal = NULL WHERE lane = 5",
            );
        }
        for tampering in tamperings {
            let before = contradictions(&own);
            peek::execute(&bench, tampering).await;
            checkpoint(&bench).await;
            assert_eq!(contradictions(&own), before + 1, "{tampering}");
            checkpoint(&bench).await;
            assert_eq!(contradictions(&own), before + 1, "{tampering}: one complaint is enough");
            // In no lane, whichever turn it is: what nobody vouches for could be taken back unnoticed.
            let entries = peek::number(&bench, "SELECT COUNT(*) FROM audit").await;
            for number in 0..LANES {
                let draft = json!({ "name": format!("Meanwhile {number}"), "type": "ns8" });
                log.scene.admin.post(&bench, "/api/systems", &draft).await.refused(500, "internal server error");
            }
            assert_eq!(peek::number(&bench, "SELECT COUNT(*) FROM audit").await, entries);
            log.put_right().await;
            checkpoint(&bench).await;
            let found = found(&verify(&bench, &[&own]).await);
            assert!(found.iter().any(|finding| finding.0 == "noticed_by_server"), "{tampering}: {found:?}");
        }
        // All is right again, and only what the server saw speaks of it.
        assert_eq!(log.findings().await, []);
        log.scene.admin.create(&bench, &json!({ "name": "Afterwards", "type": "ns8" })).await;
    }

    async fn what_was_vouched_for_stays_so_while_an_end_is_forged(bench: Bench) {
        let log = Log::written(&bench).await;
        peek::execute(&bench, "UPDATE audit_heads SET number = 1 WHERE lane = 5").await;
        checkpoint(&bench).await;
        let text = std::fs::read_to_string(bench.directory().join(FILE_NAME)).unwrap();
        let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(last["contradicts"], true);
        let ends = last["heads"].as_array().unwrap();
        assert_eq!(ends.len(), usize::try_from(LANES).unwrap());
        assert_eq!(ends[5]["number"], log.end_of(LANE).await, "not the forged one");
    }

    async fn a_checkpoint_of_somebody_else_is_not_believed(bench: Bench) {
        let log = Log::written(&bench).await;
        let text = std::fs::read_to_string(&log.checkpoints).unwrap();
        let forged = bench.directory().join("forged.jsonl");
        let lines = text.lines().count();
        let changed = text.replacen("\"lane\":0", "\"lane\":1", 1);
        let stranger = Bench::start(bailiwick_testkit::bench::Engine::Sqlite).await;
        Scene::set(&stranger).await;
        let others = eventually("a checkpoint", async || {
            std::fs::read_to_string(stranger.directory().join(FILE_NAME)).ok().filter(|text| text.ends_with('\n'))
        });
        let others = others.await;
        for (name, contents, expected) in [
            ("changed", changed, 1),
            ("another server's", format!("{text}{others}"), others.lines().count()),
            ("no checkpoint at all", format!("{text}nonsense\n\n"), 2),
            ("unfinished", format!("{text}{{\"at\":\"2026-"), 0),
        ] {
            std::fs::write(&forged, contents).unwrap();
            let found = found(&verify(&bench, &[&forged]).await);
            assert_eq!(found, vec![("checkpoint_forged", None, None, None); expected], "{name}");
        }
        assert!(lines >= 2, "there was something to change");
    }
}

/// How often the server noted that the log was not as it left it.
fn contradictions(checkpoints: &Path) -> usize {
    std::fs::read_to_string(checkpoints).unwrap().lines().filter(|line| line.contains("\"contradicts\":true")).count()
}

fn found_nothing(verification: &Verification) -> bool {
    verification.findings.is_empty() && verification.untold == 0
}
