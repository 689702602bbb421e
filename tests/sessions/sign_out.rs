//! Ending: signing out, and what an administrator takes away, here and on another node.

use std::time::Duration;

use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::patience::within_a_second;
use bailiwick_testkit::people::{PASSWORD, Person};
use reqwest::Method;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::json;

use crate::support::{Aside, SIGN_OUT, SYSTEMS, Strict, old_sign_in, read, refresh, sign_in, sign_out};

/// The status of an attempt to create a system.
async fn create(bench: &Bench, token: &str, organisation: &str) -> u16 {
    let body = json!({ "name": "a system", "type": "ns8", "organization_id": organisation });
    Answer::of(bench.call(Method::POST, SYSTEMS).bearer_auth(token).json(&body)).await.status
}

/// A membership of the person, as the condition of a statement.
fn membership_of(person: &Person) -> String {
    format!("user_id = (SELECT id FROM users WHERE email = '{}')", person.email)
}

on_both_engines! {
    async fn a_sign_out_counts_from_the_next_request(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        let refreshed = refresh(&bench, &tokens.refresh, "AccessToken").await.text("AccessToken");
        for access in [&tokens.access, &refreshed] {
            assert_eq!(read(&bench, access).await, 200);
        }
        let answer = sign_out(&bench, &tokens.access).await;
        answer.message(200);
        for access in [&tokens.access, &refreshed] {
            let answer = Answer::of(bench.call(Method::GET, SYSTEMS).bearer_auth(access)).await;
            assert_eq!((answer.status, answer.text("message")), (401, "invalid token".to_owned()));
        }
        for grant in ["AccessToken", "RefreshToken"] {
            refresh(&bench, &tokens.refresh, grant).await.refuses_token();
        }
        sign_out(&bench, &tokens.access).await.refuses_token();
    }

    async fn a_sign_out_needs_no_body_and_no_content_type(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let call = |token: &str| bench.call(Method::POST, SIGN_OUT).bearer_auth(token);
        for variant in 0..4 {
            let refresh_token = old_sign_in(&bench, &ann).await;
            let access = refresh(&bench, &refresh_token, "").await.text("AccessToken");
            let request = match variant {
                0 => call(&access).header(CONTENT_LENGTH, "0"),
                1 => call(&access).header(CONTENT_TYPE, "application/json"),
                2 => call(&access).json(&json!({})),
                _ => bench.call(Method::POST, SIGN_OUT).header("Authorization", access.as_str()),
            };
            Answer::of(request).await.message(200);
            assert_eq!(read(&bench, &access).await, 401);
            // The published client keeps its token file, and must get a clean refusal for it.
            refresh(&bench, &refresh_token, "").await.refuses_token();
        }
        Answer::of(bench.call(Method::POST, SIGN_OUT)).await.refuses_token();
    }

    async fn one_session_ends_and_the_others_stay(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let (one, other) = (bench.sign_in(&ann).await, bench.sign_in(&ann).await);
        assert_eq!(sign_out(&bench, &one.access).await.status, 200);
        assert_eq!((read(&bench, &one.access).await, read(&bench, &other.access).await), (401, 200));
        assert_eq!(refresh(&bench, &other.refresh, "RefreshToken").await.status, 200);
    }

    async fn sixteen_sign_outs_at_once_end_a_session_once(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        let requests: Vec<_> = (0..16)
            .map(|_| tokio::spawn(Answer::of(bench.call(Method::POST, SIGN_OUT).bearer_auth(&tokens.access))))
            .collect();
        for request in requests {
            let answer = request.await.unwrap();
            assert!([200, 401].contains(&answer.status), "{answer:?}");
        }
        assert_eq!(read(&bench, &tokens.access).await, 401);
        let aside = Aside::of(&bench).await;
        assert_eq!(aside.number("SELECT COUNT(*) FROM audit WHERE action = 'session.ended'").await, 1);
    }

    async fn a_sign_out_counts_on_another_node_within_a_second(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        let other = bench.another_node().await;
        assert_eq!(read(&other, &tokens.access).await, 200);
        assert_eq!(sign_out(&bench, &tokens.access).await.status, 200);
        within_a_second(401, async || read(&other, &tokens.access).await).await;
        refresh(&other, &tokens.refresh, "AccessToken").await.refuses_token();
    }

    async fn a_suspension_ends_every_token_within_a_second_on_every_node(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let (ann, bob) = (bench.person("ann", owner, Role::Admin).await, bench.person("bob", owner, Role::Admin).await);
        let (tokens, others) = (bench.sign_in(&ann).await, bench.sign_in(&bob).await);
        let node = bench.another_node().await;
        assert_eq!((read(&bench, &tokens.access).await, read(&node, &tokens.access).await), (200, 200));
        let aside = Aside::of(&bench).await;
        aside.change_person(&ann, &format!("UPDATE users SET suspended_at = 1 WHERE email = '{}'", ann.email)).await;
        tokio::join!(
            within_a_second(401, async || read(&bench, &tokens.access).await),
            within_a_second(401, async || read(&node, &tokens.access).await),
        );
        refresh(&bench, &tokens.refresh, "AccessToken").await.refuses_token();
        refresh(&node, &tokens.refresh, "RefreshToken").await.refuses_token();
        assert_eq!(sign_in(&node, &ann.email, PASSWORD).await.status, 401);
        assert_eq!((read(&bench, &others.access).await, read(&node, &others.access).await), (200, 200));
    }

    async fn a_role_that_was_taken_away_is_gone_within_a_second(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Admin).await;
        let tokens = bench.sign_in(&ann).await;
        let organisation = owner.to_string();
        assert_eq!(create(&bench, &tokens.access, &organisation).await, 201);
        let (aside, hers) = (Aside::of(&bench).await, membership_of(&ann));
        aside.change_person(&ann, &format!("UPDATE memberships SET role = 'reader' WHERE {hers}")).await;
        within_a_second(403, async || create(&bench, &tokens.access, &organisation).await).await;
        assert_eq!(read(&bench, &tokens.access).await, 200, "a reader may still read");
        aside.change_person(&ann, &format!("DELETE FROM memberships WHERE {hers}")).await;
        within_a_second(403, async || read(&bench, &tokens.access).await).await;
        // Still signed in, with nothing to see: no right is in the token.
        assert_eq!(refresh(&bench, &tokens.refresh, "AccessToken").await.status, 200);
    }

    async fn nothing_remembered_is_believed_while_the_list_of_changes_cannot_be_read(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Admin).await;
        let bob = bench.person("bob", owner, Role::Admin).await;
        let (tokens, others) = (bench.sign_in(&ann).await, bench.sign_in(&bob).await);
        assert_eq!((read(&bench, &tokens.access).await, read(&bench, &others.access).await), (200, 200));
        let aside = Aside::of(&bench).await;
        aside.run("ALTER TABLE revisions RENAME TO revisions_away").await;
        aside.run(&format!("UPDATE users SET suspended_at = 1 WHERE email = '{}'", ann.email)).await;
        within_a_second(401, async || read(&bench, &tokens.access).await).await;
        for _ in 0..10 {
            assert_eq!(read(&bench, &tokens.access).await, 401);
            assert_eq!(read(&bench, &others.access).await, 200, "whoever may still be asked about is");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        aside.run("ALTER TABLE revisions_away RENAME TO revisions").await;
        let restore = format!("UPDATE users SET suspended_at = NULL WHERE email = '{}'", ann.email);
        aside.change_person(&ann, &restore).await;
        assert_eq!(read(&bench, &tokens.access).await, 200, "what is not believed is asked for");
    }
}
