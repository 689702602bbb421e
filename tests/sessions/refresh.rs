//! Refreshing: grants, rotation, its grace, reuse, and many at once.

use std::collections::BTreeSet;

use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::Tokens;
use reqwest::Method;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::support::{Aside, Jwt, REFRESH, Strict, old_sign_in, read, refresh, sign_out};

/// How many present one token at the same moment.
const CROWD: usize = 64;

/// The names in the answer, once each token in it was found to be good.
async fn granted(bench: &Bench, answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let tokens = answer.json();
    if let Some(access) = tokens.get("AccessToken").and_then(Value::as_str) {
        assert_eq!(read(bench, access).await, 200);
    }
    tokens.as_object().unwrap().keys().cloned().collect()
}

async fn signed_in(bench: &Bench) -> Tokens {
    let owner = bench.organisation("Owner", None).await;
    let ann = bench.person("ann", owner, Role::Reader).await;
    bench.sign_in(&ann).await
}

/// The next refresh token.
async fn rotated(bench: &Bench, token: &str) -> String {
    let answer = refresh(bench, token, "RefreshToken").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.text("RefreshToken")
}

/// Presents one token from many connections at once, spread over the nodes.
async fn crowd(nodes: &[&Bench], token: &str, grant: &'static str) -> Vec<Answer> {
    let callers: Vec<_> = (0..CROWD)
        .map(|number| {
            let node = nodes.get(number % nodes.len()).unwrap();
            let request = node.call(Method::POST, REFRESH).bearer_auth(token).json(&json!({ "GrantType": grant }));
            tokio::spawn(Answer::of(request))
        })
        .collect();
    let mut answers = Vec::new();
    for caller in callers {
        answers.push(caller.await.unwrap());
    }
    answers
}

/// Holds that everybody in the crowd got one and the same successor, which is good, with the session alive.
async fn one_successor(bench: &Bench, answers: &[Answer], aside: &Aside) {
    let successors: BTreeSet<String> = answers
        .iter()
        .map(|answer| {
            assert_eq!(answer.status, 200, "{answer:?}");
            answer.text("RefreshToken")
        })
        .collect();
    assert_eq!(successors.len(), 1, "{successors:?}");
    let successor = successors.first().unwrap();
    assert_eq!(Jwt::of(successor).number("gen"), 1);
    assert_eq!(aside.number("SELECT COUNT(*) FROM sessions WHERE generation = 1 AND ended_at IS NULL").await, 1);
    bench.clock.advance(Span::seconds(11));
    assert_eq!(refresh(bench, successor, "AccessToken").await.status, 200, "the session is alive");
}

on_both_engines! {
    async fn each_grant_gives_what_it_names(bench: Bench) {
        let tokens = signed_in(&bench).await;
        let call = || bench.call(Method::POST, REFRESH).bearer_auth(&tokens.refresh);
        for request in [
            call().json(&json!({ "GrantType": "AccessToken" })), call().json(&json!({ "GrantType": "" })),
            call().json(&json!({})), call(), call().header(CONTENT_LENGTH, "0"),
            call().header(CONTENT_TYPE, "application/json"), call().json(&json!({ "GrantType": null })),
        ] {
            let answer = Answer::of(request).await;
            assert_eq!(granted(&bench, &answer).await, ["AccessToken"]);
        }
        let answer = refresh(&bench, &tokens.refresh, "RefreshToken").await;
        assert_eq!(granted(&bench, &answer).await, ["RefreshToken"]);
        let second = answer.text("RefreshToken");
        let answer = refresh(&bench, &second, "refresh_token").await;
        assert_eq!(granted(&bench, &answer).await, ["AccessToken", "RefreshToken"]);
        assert_ne!(answer.text("RefreshToken"), second);
    }

    async fn a_grant_that_does_not_exist_is_named_and_costs_nothing(bench: Bench) {
        let tokens = signed_in(&bench).await;
        for grant in [json!("password"), json!("accesstoken"), json!(" "), json!(1), json!(["RefreshToken"])] {
            let request = bench.call(Method::POST, REFRESH).bearer_auth(&tokens.refresh);
            Answer::of(request.json(&json!({ "GrantType": grant }))).await.refuses_field("GrantType");
        }
        let broken = bench.call(Method::POST, REFRESH).bearer_auth(&tokens.refresh).header(CONTENT_TYPE, "application/json");
        Answer::of(broken.body("{")).await.message(400);
        assert_eq!(Jwt::of(&rotated(&bench, &tokens.refresh).await).number("gen"), 1, "nothing was used up");
    }

    async fn within_its_grace_a_used_token_gives_the_same_successor_byte_for_byte(bench: Bench) {
        let tokens = signed_in(&bench).await;
        bench.clock.advance(Span::seconds(5));
        let successor = rotated(&bench, &tokens.refresh).await;
        for _ in 0..2 {
            bench.clock.advance(Span::seconds(5));
            assert_eq!(rotated(&bench, &tokens.refresh).await, successor);
            let answer = refresh(&bench, &tokens.refresh, "AccessToken").await;
            assert_eq!(granted(&bench, &answer).await, ["AccessToken"]);
        }
        assert_eq!(refresh(&bench, &successor, "AccessToken").await.status, 200);
    }

    async fn after_its_grace_a_used_token_ends_the_whole_session(bench: Bench) {
        for grant in ["RefreshToken", "AccessToken", "refresh_token"] {
            let person = bench.organisation_of_kind(grant, bailiwick_domain::organisation::OrganisationKind::Customer, None);
            let person = bench.person(&grant.to_lowercase(), person.await, Role::Reader).await;
            let (tokens, other) = (bench.sign_in(&person).await, bench.sign_in(&person).await);
            let answer = refresh(&bench, &tokens.refresh, "refresh_token").await;
            let (successor, access) = (answer.text("RefreshToken"), answer.text("AccessToken"));
            assert_eq!((read(&bench, &access).await, read(&bench, &tokens.access).await), (200, 200));
            bench.clock.advance(Span::microseconds(10_000_001));
            refresh(&bench, &tokens.refresh, grant).await.refuses_token();
            assert_eq!(read(&bench, &access).await, 401, "from the next request on");
            assert_eq!(read(&bench, &tokens.access).await, 401);
            refresh(&bench, &successor, "AccessToken").await.refuses_token();
            refresh(&bench, &successor, "RefreshToken").await.refuses_token();
            assert_eq!(read(&bench, &other.access).await, 200, "the person's other session is none of its business");
        }
        let aside = Aside::of(&bench).await;
        assert_eq!(aside.number("SELECT COUNT(*) FROM audit WHERE action = 'session.ended'").await, 3);
        assert_eq!(aside.number("SELECT COUNT(*) FROM sessions WHERE ended_because = 'refresh token reused'").await, 3);
    }

    async fn a_predecessors_predecessor_has_no_grace(bench: Bench) {
        let tokens = signed_in(&bench).await;
        let second = rotated(&bench, &tokens.refresh).await;
        let third = rotated(&bench, &second).await;
        refresh(&bench, &tokens.refresh, "RefreshToken").await.refuses_token();
        for dead in [&second, &third] {
            refresh(&bench, dead, "AccessToken").await.refuses_token();
        }
        assert_eq!(read(&bench, &tokens.access).await, 401);
    }

    async fn sixty_four_refreshes_at_once_have_one_successor(bench: Bench) {
        let tokens = signed_in(&bench).await;
        let answers = crowd(&[&bench], &tokens.refresh, "RefreshToken").await;
        one_successor(&bench, &answers, &Aside::of(&bench).await).await;
    }

    async fn sixty_four_refreshes_at_once_on_two_nodes_have_one_successor(bench: Bench) {
        let tokens = signed_in(&bench).await;
        let other = bench.another_node().await;
        let answers = crowd(&[&bench, &other], &tokens.refresh, "refresh_token").await;
        one_successor(&other, &answers, &Aside::of(&bench).await).await;
    }

    async fn sixty_four_reuses_at_once_leave_no_session_behind(bench: Bench) {
        let tokens = signed_in(&bench).await;
        let successor = rotated(&bench, &tokens.refresh).await;
        bench.clock.advance(Span::seconds(11));
        let other = bench.another_node().await;
        for answer in crowd(&[&bench, &other], &tokens.refresh, "RefreshToken").await {
            answer.refuses_token();
        }
        refresh(&other, &successor, "AccessToken").await.refuses_token();
        let aside = Aside::of(&bench).await;
        assert_eq!(aside.number("SELECT COUNT(*) FROM audit WHERE action = 'session.ended'").await, 1, "it ended once");
    }

    async fn a_session_ends_while_it_is_refreshed_and_stays_ended(bench: Bench) {
        let tokens = signed_in(&bench).await;
        let refreshes = tokio::spawn({
            let request = |number: usize| {
                let grant = if number.is_multiple_of(2) { "RefreshToken" } else { "AccessToken" };
                bench.call(Method::POST, REFRESH).bearer_auth(&tokens.refresh).json(&json!({ "GrantType": grant }))
            };
            let requests: Vec<_> = (0..16).map(request).collect();
            async move {
                let mut given = Vec::new();
                for request in requests {
                    let answer = Answer::of(request).await;
                    assert!([200, 401].contains(&answer.status), "{answer:?}");
                    given.push(answer);
                }
                given
            }
        });
        assert_eq!(sign_out(&bench, &tokens.access).await.status, 200);
        for answer in refreshes.await.unwrap().into_iter().filter(|answer| answer.status == 200) {
            for (name, token) in answer.json().as_object().unwrap() {
                let token = token.as_str().unwrap();
                match name.as_str() {
                    "AccessToken" => assert_eq!(read(&bench, token).await, 401),
                    _ => refresh(&bench, token, "AccessToken").await.refuses_token(),
                }
            }
        }
    }

    async fn the_older_forms_token_does_not_rotate_and_serves_until_its_end(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let token = old_sign_in(&bench, &ann).await;
        for _ in 0..7 {
            bench.clock.advance(Span::hours(1));
            // As the published client does: it asks for a new one, uses that once, and never stores it.
            assert_eq!(rotated(&bench, &token).await, token);
            let answer = refresh(&bench, &token, "AccessToken").await;
            assert_eq!(granted(&bench, &answer).await, ["AccessToken"]);
        }
        for answer in crowd(&[&bench], &token, "RefreshToken").await {
            assert_eq!((answer.status, answer.text("RefreshToken")), (200, token.clone()));
        }
        bench.clock.advance(Span::hours(1));
        refresh(&bench, &token, "AccessToken").await.refuses_token();
    }
}
