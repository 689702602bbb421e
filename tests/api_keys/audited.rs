//! What the audit log says of keys, and of what is done by them.

use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::text;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{SYSTEMS, aside, ask, call, list, make, read, revoke};

/// The entries of an action that an administrator sees, the newest first.
async fn entries(bench: &Bench, token: &str, action: &str) -> Vec<Value> {
    call(bench, Method::GET, &format!("/api/audit?action={action}"), token).await.list("entries").to_vec()
}

on_both_engines! {
    async fn keys_leave_entries_when_they_are_made_and_taken_back(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Admin).await;
        let token = bench.sign_in(&ann).await.access;
        let made = make(&bench, &token, "write").await;
        revoke(&bench, &token, &made.id).await.data(200);
        revoke(&bench, &token, &made.id).await;
        let (created, revoked) = (entries(&bench, &token, "api_key.created").await, entries(&bench, &token, "api_key.revoked").await);
        assert_eq!((created.len(), revoked.len()), (1, 1));
        for entry in created.iter().chain(&revoked) {
            assert_eq!((&entry["actor_kind"], &entry["actor_id"]), (&json!("user"), &json!(ann.id)), "{entry}");
            assert_eq!((&entry["subject_kind"], &entry["subject_id"]), (&json!("api_key"), &json!(made.id)), "{entry}");
            assert_eq!(entry["organization_id"], json!(owner), "{entry}");
            assert!(entry["details"].get("by_api_key").is_none(), "{entry}");
        }
        let details = json!({ "name": "to write", "access": "write", "expires_at": "2027-02-18T09:30:00Z" });
        assert_eq!(created[0]["details"], details);
        assert_eq!(revoked[0]["details"], json!({ "because": "revoked by its owner", "name": "to write", "user_id": ann.id }));
    }

    async fn an_act_by_a_key_says_by_which(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Admin).await;
        let token = bench.sign_in(&ann).await.access;
        let made = make(&bench, &token, "write").await;
        for bearer in [&token, &made.key] {
            // Entries of one moment stand in any order.
            bench.clock.advance(Span::seconds(1));
            let draft = json!({ "name": "System", "type": "ns8" });
            let created = bench.ask(Method::POST, SYSTEMS, bearer, Some(&draft)).await;
            let path = format!("{SYSTEMS}/{}", text(created.data(201), "id"));
            assert_eq!(call(&bench, Method::DELETE, &path, bearer).await.status, 200);
        }
        for action in ["system.created", "system.deleted"] {
            let found = entries(&bench, &token, action).await;
            assert_eq!(found.len(), 2);
            for (entry, key) in found.iter().zip([Some(&json!(made.id)), None]) {
                assert_eq!((&entry["actor_kind"], &entry["actor_id"]), (&json!("user"), &json!(ann.id)), "{entry}");
                assert_eq!(entry["right"], "manage:systems", "{entry}");
                assert_eq!(entry["details"].get("by_api_key"), key, "{entry}");
            }
        }
    }

    async fn a_key_whose_entry_cannot_be_written_is_neither_made_nor_revoked(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        let made = make(&bench, &tokens.access, "read").await;
        aside(bench.database_url(), "ALTER TABLE audit RENAME TO audit_away").await;
        let another = ask(&bench, &tokens.access, &json!({ "name": "half", "access": "read" })).await;
        let revoked = revoke(&bench, &tokens.access, &made.id).await;
        assert_eq!([another.status, revoked.status], [500, 500]);
        assert!(!another.body.contains("bwk_"), "{another:?}");
        aside(bench.database_url(), "ALTER TABLE audit_away RENAME TO audit").await;
        assert_eq!(list(&bench, &tokens.access).await.len(), 1);
        assert_eq!(read(&bench, &made.key).await, 200);
    }
}
