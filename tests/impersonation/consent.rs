//! Consent: for how long, to whom it opens what, and that there is one at a time.

use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::text;
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, CONSENT, Tree, number};

on_both_engines! {
    async fn consent_is_given_for_an_hour_to_a_week(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Reader).await;
        assert_eq!(ann.get(&bench, CONSENT).await.data(200), &json!({ "consent": null }));
        ann.revoke(&bench).await.refused(404, "consent not found");
        let bodies = [json!({ "hours": 0 }), json!({ "hours": 169 }), json!({ "hours": "1" }), json!({ "hours": 1.5 }), json!({})];
        for body in bodies {
            let refused = ann.call(&bench, Method::PUT, CONSENT, Some(body.clone())).await;
            assert_eq!(refused.fields().first().map(|field| field.0), Some("hours"), "{body}: {}", refused.json);
        }
        assert_eq!(ann.get(&bench, CONSENT).await.data(200)["consent"], Value::Null);
        for hours in [1, 168] {
            let granted = ann.consent(&bench, hours).await;
            let until = bench.context.now().plus(Span::hours(hours)).rfc3339();
            assert_eq!(text(&granted.data(200)["consent"], "expires_at"), until);
            assert_eq!(ann.get(&bench, CONSENT).await.data(200), granted.data(200));
        }
        ann.revoke(&bench).await.data(200);
        assert_eq!(ann.get(&bench, CONSENT).await.data(200)["consent"], Value::Null);
    }

    async fn nobody_is_acted_as_without_consent(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Reader).await;
        let sue = Actor::new(&bench, "sue", tree.owner, Role::Support).await;
        sue.impersonate(&bench, &ann.person).await.refused(403, "no consent");
        tree.root.impersonate(&bench, &ann.person).await.refused(403, "no consent");
        ann.consent(&bench, 1).await.data(200);
        sue.impersonate(&bench, &ann.person).await.data(201);
        ann.revoke(&bench).await.data(200);
        sue.impersonate(&bench, &ann.person).await.refused(403, "no consent");
        ann.consent(&bench, 1).await.data(200);
        bench.clock.advance(Span::hours(1));
        let sue = Actor::of(&bench, sue.person).await;
        sue.impersonate(&bench, &ann.person).await.refused(403, "no consent");
    }

    async fn only_who_may_and_only_as_whom_they_may(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Admin).await;
        let above = Actor::new(&bench, "above", tree.owner, Role::Support).await;
        let reader = Actor::new(&bench, "reader", tree.owner, Role::Reader).await;
        let below = Actor::new(&bench, "below", tree.shop, Role::Admin).await;
        let beside = Actor::new(&bench, "beside", tree.theirs, Role::Admin).await;
        for person in [&ann, &above, &tree.root] {
            person.consent(&bench, 8).await.data(200);
        }
        reader.impersonate(&bench, &ann.person).await.refused(403, "insufficient permissions");
        // Nobody sees up or sideways.
        below.impersonate(&bench, &ann.person).await.refused(404, "user not found");
        beside.impersonate(&bench, &ann.person).await.refused(404, "user not found");
        above.impersonate(&bench, &above.person).await.refused(403, "cannot impersonate yourself");
        above.impersonate(&bench, &tree.root.person).await.refused(403, "only super admins act on super admins");
        above.impersonate(&bench, &ann.person).await.data(201);
        let other = bench.super_admin("other", tree.owner).await;
        let other = Actor::of(&bench, other).await;
        other.impersonate(&bench, &tree.root.person).await.data(201);
        // A key proves no person.
        let made = above.call(&bench, Method::POST, "/api/me/api-keys", Some(json!({ "name": "k", "access": "write" }))).await;
        let path = format!("/api/users/{}/impersonate", ann.person.id);
        let key = text(made.data(201), "key");
        bench.ask(Method::POST, &path, key, None).await.refused(403, "api keys are not accepted here");
        bench.person("another", tree.ours, Role::Admin).await;
        tree.root.call(&bench, Method::PATCH, &format!("/api/users/{}/suspend", ann.person.id), None).await.data(200);
        above.impersonate(&bench, &ann.person).await.refused(409, "user is suspended");
    }

    async fn nobody_acts_as_one_person_while_acting_as_another(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Admin).await;
        let bob = Actor::new(&bench, "bob", tree.ours, Role::Admin).await;
        let sue = Actor::new(&bench, "sue", tree.owner, Role::Admin).await;
        bob.consent(&bench, 8).await.data(200);
        let acting = sue.acting(&bench, &ann).await;
        let path = format!("/api/users/{}/impersonate", bob.person.id);
        acting.call(&bench, Method::POST, &path, None).await.refused(403, "not while impersonating");
        // Nor does anybody consent for somebody else.
        let body = json!({ "hours": 168 });
        acting.call(&bench, Method::PUT, CONSENT, Some(body)).await.refused(403, "not while impersonating");
        acting.call(&bench, Method::DELETE, CONSENT, None).await.refused(403, "not while impersonating");
    }

    async fn there_is_one_consent_however_many_are_given_at_once(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Reader).await;
        let node = bench.another_node().await;
        let grants = (1..=16).map(|hours| {
            let (ann, node) = (&ann, if hours % 2 == 0 { &bench } else { &node });
            async move { ann.consent(node, hours).await.status }
        });
        let statuses = futures_util::future::join_all(grants).await;
        assert_eq!(statuses, [200; 16]);
        assert_eq!(number(bench.database_url(), "SELECT COUNT(*) FROM impersonation_consents").await, 1);
    }

    async fn a_shorter_consent_ends_what_was_begun_on_a_longer_one(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Reader).await;
        let sue = Actor::new(&bench, "sue", tree.owner, Role::Support).await;
        let acting = sue.acting(&bench, &ann).await;
        ann.consent(&bench, 1).await.data(200);
        assert_eq!(acting.status(&bench).await, 200);
        bench.clock.advance(Span::minutes(59));
        let refreshed = acting.refreshed(&bench).await;
        assert_eq!(refreshed.status, 200, "{}", refreshed.json);
        let acting = acting.with_tokens_of(&refreshed);
        assert_eq!(acting.status(&bench).await, 200);
        bench.clock.advance(Span::minutes(1));
        assert_eq!(acting.status(&bench).await, 401);
        assert_eq!(acting.refreshed(&bench).await.status, 401);
    }
}
