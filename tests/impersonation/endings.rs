//! When acting as somebody else is over: at once, on every node, by whatever it hangs on.

use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::text;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::patience::within_a_second;
use reqwest::Method;

use crate::support::{Acting, Actor, IMPERSONATIONS, Tree};

/// Ann, who is helped by Sue.
struct Pair {
    tree: Tree,
    ann: Actor,
    sue: Actor,
    acting: Acting,
}

impl Pair {
    async fn new(bench: &Bench) -> Self {
        let tree = Tree::new(bench).await;
        let ann = Actor::new(bench, "ann", tree.ours, Role::Reader).await;
        let sue = Actor::new(bench, "sue", tree.owner, Role::Support).await;
        let acting = sue.acting(bench, &ann).await;
        assert_eq!(acting.status(bench).await, 200);
        Self { tree, ann, sue, acting }
    }

    /// That it is over here, and within a second on the other node, with the refresh token too.
    async fn is_over(&self, bench: &Bench, node: &Bench) {
        assert_eq!(self.acting.status(bench).await, 401);
        within_a_second(401, async || self.acting.status(node).await).await;
        for place in [bench, node] {
            assert_eq!(self.acting.refreshed(place).await.status, 401);
        }
        let listed = self.ann.get(bench, IMPERSONATIONS).await;
        if listed.status == 200 {
            assert_eq!(listed.data(200)["impersonations"][0]["is_running"], false, "{}", listed.json);
        }
    }
}

on_both_engines! {
    async fn a_consent_taken_back_ends_it_at_once_on_every_node(bench: Bench) {
        let (node, pair) = (bench.another_node().await, Pair::new(&bench).await);
        assert_eq!(pair.acting.status(&node).await, 200);
        pair.ann.revoke(&bench).await.data(200);
        pair.is_over(&bench, &node).await;
        assert_eq!([pair.ann.get(&bench, "/api/me").await.status, pair.sue.get(&bench, "/api/me").await.status], [200, 200]);
        // A new consent brings nothing back.
        pair.ann.consent(&bench, 8).await.data(200);
        pair.is_over(&bench, &node).await;
    }

    async fn it_ends_with_the_consent(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Reader).await;
        let sue = Actor::new(&bench, "sue", tree.owner, Role::Support).await;
        ann.consent(&bench, 1).await.data(200);
        bench.clock.advance(Span::minutes(55));
        let answer = sue.impersonate(&bench, &ann.person).await;
        let until = bench.context.now().plus(Span::minutes(5)).rfc3339();
        // Access tokens of other people would live for ten minutes.
        let sue = Actor::of(&bench, sue.person).await;
        let answer = if answer.status == 201 { answer } else { sue.impersonate(&bench, &ann.person).await };
        assert_eq!(text(answer.data(201), "expires_at"), until);
        let acting = Acting::of(&answer);
        assert_eq!(acting.status(&bench).await, 200);
        bench.clock.advance(Span::microseconds(5 * 60 * 1_000_000 - 1));
        assert_eq!(acting.status(&bench).await, 200);
        bench.clock.advance(Span::microseconds(1));
        assert_eq!(acting.status(&bench).await, 401);
        assert_eq!(acting.refreshed(&bench).await.status, 401);
    }

    async fn whoever_helps_signs_out_and_it_is_over(bench: Bench) {
        let (node, pair) = (bench.another_node().await, Pair::new(&bench).await);
        assert_eq!(pair.acting.status(&node).await, 200);
        pair.sue.sign_out(&bench).await;
        pair.is_over(&bench, &node).await;
    }

    async fn the_person_signs_out_and_it_is_over(bench: Bench) {
        let (node, pair) = (bench.another_node().await, Pair::new(&bench).await);
        assert_eq!(pair.acting.status(&node).await, 200);
        pair.ann.sign_out(&bench).await;
        pair.is_over(&bench, &node).await;
        // The consent was for so many hours, and stands.
        pair.sue.impersonate(&bench, &pair.ann.person).await.data(201);
    }

    async fn whoever_acts_signs_out_or_stops_and_goes_on_as_themselves(bench: Bench) {
        let (node, pair) = (bench.another_node().await, Pair::new(&bench).await);
        pair.acting.call(&bench, Method::DELETE, "/api/impersonation", None).await.data(200);
        pair.is_over(&bench, &node).await;
        pair.sue.call(&bench, Method::DELETE, "/api/impersonation", None).await.refused(409, "not impersonating");
        let again = pair.sue.acting(&bench, &pair.ann).await;
        again.call(&bench, Method::POST, "/auth/authenticate/signout", None).await;
        assert_eq!(again.status(&bench).await, 401);
        assert_eq!([pair.ann.get(&bench, "/api/me").await.status, pair.sue.get(&bench, "/api/me").await.status], [200, 200]);
    }

    async fn a_suspension_of_either_ends_it(bench: Bench) {
        let (node, pair) = (bench.another_node().await, Pair::new(&bench).await);
        assert_eq!(pair.acting.status(&node).await, 200);
        let suspend = async |person: &Actor| {
            let path = format!("/api/users/{}/suspend", person.person.id);
            pair.tree.root.call(&bench, Method::PATCH, &path, None).await.data(200);
        };
        suspend(&pair.sue).await;
        pair.is_over(&bench, &node).await;
        let other = Actor::new(&bench, "other", pair.tree.owner, Role::Support).await;
        let pair = Pair { acting: other.acting(&bench, &pair.ann).await, sue: other, ..pair };
        let path = format!("/api/users/{}/suspend", pair.ann.person.id);
        pair.tree.root.call(&bench, Method::PATCH, &path, None).await.data(200);
        pair.is_over(&bench, &node).await;
    }

    async fn the_end_of_the_sign_in_behind_it_ends_it(bench: Bench) {
        let (node, pair) = (bench.another_node().await, Pair::new(&bench).await);
        assert_eq!(pair.acting.status(&node).await, 200);
        // From another place, which ends all sessions but its own.
        let elsewhere = Actor::of(&bench, pair.sue.person.clone()).await;
        elsewhere.call(&bench, Method::DELETE, "/api/me/sessions", None).await.data(200);
        pair.is_over(&bench, &node).await;
        // And so does the person, by the list of their sessions or all of them at once.
        let acting = elsewhere.acting(&bench, &pair.ann).await;
        pair.ann.call(&bench, Method::DELETE, &format!("/api/me/sessions/{}", acting.id), None).await.data(200);
        assert_eq!(acting.status(&bench).await, 401);
        let acting = elsewhere.acting(&bench, &pair.ann).await;
        pair.ann.call(&bench, Method::DELETE, "/api/me/sessions", None).await.data(200);
        assert_eq!(acting.status(&bench).await, 401);
        let listed = pair.ann.get(&bench, "/api/me/sessions").await;
        assert_eq!(listed.data(200)["sessions"].as_array().unwrap().len(), 1, "{}", listed.json);
    }

    async fn whoever_begins_while_the_consent_is_taken_back_does_not_go_on(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let node = bench.another_node().await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Reader).await;
        let sue = Actor::new(&bench, "sue", tree.owner, Role::Support).await;
        for _ in 0..8 {
            ann.consent(&bench, 8).await.data(200);
            let begin = async |place: &Bench| sue.impersonate(place, &ann.person).await;
            let (one, other, revoked, third) =
                tokio::join!(begin(&bench), begin(&node), ann.revoke(&bench), begin(&node));
            revoked.data(200);
            for answer in [one, other, third] {
                if answer.status == 201 {
                    let acting = Acting::of(&answer);
                    assert_eq!(acting.status(&bench).await, 401);
                    within_a_second(401, async || acting.status(&node).await).await;
                } else {
                    answer.refused(403, "no consent");
                }
            }
        }
    }

    async fn refreshed_tokens_go_on_until_it_is_over(bench: Bench) {
        let pair = Pair::new(&bench).await;
        let refreshed = pair.acting.refreshed(&bench).await;
        assert_eq!(refreshed.status, 200, "{}", refreshed.json);
        let next = pair.acting.with_tokens_of(&refreshed);
        assert_eq!(next.status(&bench).await, 200);
        // A used one that comes back later ends all of it, as everywhere.
        bench.clock.advance(Span::seconds(11));
        assert_eq!(pair.acting.refreshed(&bench).await.status, 401);
        assert_eq!([next.status(&bench).await, next.refreshed(&bench).await.status], [401, 401]);
        assert_eq!(pair.sue.get(&bench, "/api/me").await.status, 200);
    }
}
