//! What the person is told, what the log keeps, and what tokens say.

use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::text;
use bailiwick_testkit::on_both_engines;
use base64::Engine as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, IMPERSONATIONS, Tree};

/// What a token says, unchecked.
fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

on_both_engines! {
    async fn a_token_says_who_acts(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Reader).await;
        let sue = Actor::new(&bench, "sue", tree.owner, Role::Support).await;
        let acting = sue.acting(&bench, &ann).await;
        let refreshed = acting.refreshed(&bench).await;
        let tokens = [acting.access.as_str(), &acting.refresh, text(&refreshed.json, "AccessToken"), text(&refreshed.json, "RefreshToken")];
        for token in tokens {
            let claims = claims(token);
            assert_eq!(claims["sub"], json!(ann.person.id));
            assert_eq!(claims["act"], json!({ "sub": sue.person.id }));
        }
        assert_eq!(claims(&sue.tokens.access).get("act"), None);
        let me = acting.get(&bench, "/api/me").await;
        assert_eq!(me.data(200)["id"], json!(ann.person.id));
        assert_eq!(me.data(200)["impersonator"], json!({ "id": sue.person.id, "name": "sue" }));
        assert_eq!(ann.get(&bench, "/api/me").await.data(200)["impersonator"], Value::Null);
    }

    async fn everything_that_is_done_is_listed_to_the_person_and_to_nobody_else(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let ours = tree.system(&bench, "of ours", tree.ours).await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Support).await;
        let sue = Actor::new(&bench, "sue", tree.owner, Role::Support).await;
        let acting = sue.acting(&bench, &ann).await;
        acting.get(&bench, &ours).await.data(200);
        bench.clock.advance(Span::seconds(1));
        acting.call(&bench, Method::PUT, &ours, Some(json!({ "name": "renamed" }))).await.data(200);
        bench.clock.advance(Span::seconds(1));
        acting.call(&bench, Method::DELETE, "/api/impersonation", None).await.data(200);

        let listed = ann.get(&bench, IMPERSONATIONS).await;
        let [one] = listed.list("impersonations") else { panic!("{}", listed.json) };
        assert_eq!((text(one, "id"), text(one, "actor_name"), &one["actor_id"]), (acting.id.as_str(), "sue", &json!(sue.person.id)));
        assert_eq!((&one["is_running"], one["ended_at"].is_string()), (&json!(false), true));
        let path = format!("{IMPERSONATIONS}/{}/acts", acting.id);
        let acts = ann.get(&bench, &path).await;
        let acts = acts.list("acts");
        let mut said: Vec<(&str, &str)> = acts.iter().map(|act| (text(act, "kind"), text(act, "name"))).collect();
        said.reverse();
        let expected = [
            ("request", "get-system"), ("request", "change-system"), ("change", "system.changed"),
            ("request", "stop-impersonating"), ("change", "session.ended"),
        ];
        assert_eq!(said, expected);
        assert_eq!(one["acts"], json!(5));
        assert_eq!(text(&acts[4], "target"), format!("GET {ours}"));
        assert_eq!(text(&acts[2], "target"), format!("system {}", ours.rsplit('/').next().unwrap()));
        // A page at a time.
        let page = ann.get(&bench, &format!("{path}?page=2&page_size=2")).await;
        assert_eq!(page.list("acts"), &acts[2..4]);
        assert_eq!(page.data(200)["pagination"]["total_count"], 5);
        for other in [&sue, &tree.root] {
            other.get(&bench, &path).await.refused(404, "impersonation not found");
            assert_eq!(other.get(&bench, IMPERSONATIONS).await.data(200)["impersonations"], json!([]));
        }
        // Whoever acts as them does not look after them.
        let again = sue.acting(&bench, &ann).await;
        again.get(&bench, &path).await.refused(403, "not while impersonating");
    }

    async fn the_log_names_who_acted_and_for_whom(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let ours = tree.system(&bench, "of ours", tree.ours).await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Support).await;
        let sue = Actor::new(&bench, "sue", tree.owner, Role::Support).await;
        let acting = sue.acting(&bench, &ann).await;
        acting.call(&bench, Method::PUT, &ours, Some(json!({ "name": "renamed" }))).await.data(200);
        ann.revoke(&bench).await.data(200);
        let entries = async |action: &str| {
            tree.root.get(&bench, &format!("/api/audit?action={action}")).await.list("entries").to_vec()
        };
        let [changed] = entries("system.changed").await.try_into().unwrap();
        assert_eq!(changed["actor_id"], json!(sue.person.id), "{changed}");
        assert_eq!(changed["details"]["on_behalf_of"], json!(ann.person.id));
        assert_eq!(changed["details"]["impersonation_id"], json!(acting.id));
        let [started] = entries("impersonation.started").await.try_into().unwrap();
        assert_eq!((&started["actor_id"], &started["subject_id"]), (&json!(sue.person.id), &json!(ann.person.id)));
        for action in ["impersonation.consented", "impersonation.consent_revoked"] {
            let [entry] = entries(action).await.try_into().unwrap();
            assert_eq!(entry["actor_id"], json!(ann.person.id), "{entry}");
            assert_eq!(entry["details"].get("on_behalf_of"), None, "{entry}");
        }
        let ended = entries("session.ended").await;
        assert!(ended.iter().any(|entry| entry["details"]["because"] == "consent revoked"), "{ended:?}");
    }

    async fn what_cannot_be_listed_is_not_done(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let ours = tree.system(&bench, "of ours", tree.ours).await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Support).await;
        let sue = Actor::new(&bench, "sue", tree.owner, Role::Support).await;
        let acting = sue.acting(&bench, &ann).await;
        crate::support::aside(bench.database_url(), "ALTER TABLE impersonated_acts RENAME TO hidden_acts").await;
        assert_eq!(acting.get(&bench, &ours).await.status, 500);
        assert_eq!(acting.call(&bench, Method::DELETE, &ours, None).await.status, 500);
        crate::support::aside(bench.database_url(), "ALTER TABLE hidden_acts RENAME TO impersonated_acts").await;
        ann.get(&bench, &ours).await.data(200);
    }
}
