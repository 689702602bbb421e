//! Tokens: what they say, how long they live, and how they are presented.

use std::collections::BTreeSet;

use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::PASSWORD;
use reqwest::Method;
use serde_json::json;

use crate::support::{Jwt, REFRESH, SIGN_IN, SYSTEMS, Strict, key_set, old_sign_in, post, read, refresh};

/// The moment of the bench, in seconds.
fn now(bench: &Bench) -> i64 {
    bench.context.now().seconds()
}

fn claim_names(token: &Jwt) -> BTreeSet<&str> {
    token.claims.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Holds that the refresh token lives to the second, and its access tokens not longer than it.
async fn holds_until(bench: &Bench, token: &str, lifetime: Span) {
    let claims = Jwt::of(token);
    assert_eq!(claims.number("exp") - claims.number("iat"), lifetime.as_seconds());
    bench.clock.advance(Span::seconds(lifetime.as_seconds() - 1));
    let answer = refresh(bench, token, "AccessToken").await;
    assert_eq!(answer.status, 200, "a second before its end: {answer:?}");
    let access = answer.text("AccessToken");
    assert_eq!(Jwt::of(&access).number("exp"), claims.number("exp"), "no access token outlives its session");
    assert_eq!(read(bench, &access).await, 200);
    bench.clock.advance(Span::seconds(1));
    refresh(bench, token, "AccessToken").await.refuses_token();
    refresh(bench, token, "RefreshToken").await.refuses_token();
    assert_eq!(read(bench, &access).await, 401);
}

on_both_engines! {
    async fn tokens_say_only_what_they_must_and_anybody_can_check_their_signature(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let tokens = bench.sign_in(&ann).await;
        let keys = key_set(&bench.client, &bench.origin).await;
        let (access, refresh) = (Jwt::of(&tokens.access), Jwt::of(&tokens.refresh));
        for (token, kind, lifetime) in [(&access, "at+jwt", 600), (&refresh, "rt+jwt", 12 * 3600)] {
            token.verify(&keys);
            let header = token.header.as_object().unwrap();
            assert_eq!(header.keys().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(["alg", "kid", "typ"]));
            assert_eq!((header.get("alg"), header.get("typ")), (Some(&json!("EdDSA")), Some(&json!(kind))));
            assert_eq!(token.claims.get("iss"), Some(&json!(bench.origin)));
            assert_eq!(token.claims.get("sub"), Some(&json!(ann.id.to_string())));
            assert_eq!(token.number("iat"), now(&bench));
            assert_eq!(token.number("exp"), now(&bench) + lifetime);
        }
        assert_eq!(claim_names(&access), BTreeSet::from(["aud", "exp", "iat", "iss", "sid", "sub"]));
        assert_eq!(claim_names(&refresh), BTreeSet::from(["aud", "exp", "gen", "iat", "iss", "sid", "sub"]));
        assert_eq!(access.claims.get("sid"), refresh.claims.get("sid"));
        let other = Jwt::of(&bench.sign_in(&ann).await.access);
        assert_ne!(access.claims.get("sid"), other.claims.get("sid"), "each sign-in is a session of its own");
    }

    async fn the_signing_keys_are_published_without_their_private_parts(bench: Bench) {
        let keys = key_set(&bench.client, &bench.origin).await;
        let keys = keys.get("keys").and_then(serde_json::Value::as_array).unwrap();
        assert_eq!(keys.len(), 3, "one key for each purpose");
        for key in keys {
            let members: BTreeSet<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(members, BTreeSet::from(["alg", "crv", "kid", "kty", "use", "x"]));
        }
    }

    async fn an_access_token_lives_ten_minutes(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        bench.clock.advance(Span::seconds(599));
        assert_eq!(read(&bench, &tokens.access).await, 200);
        bench.clock.advance(Span::seconds(1));
        assert_eq!(read(&bench, &tokens.access).await, 401, "remembered or not, its time is over");
        let answer = refresh(&bench, &tokens.refresh, "AccessToken").await;
        assert_eq!(read(&bench, &answer.text("AccessToken")).await, 200, "the session goes on");
    }

    async fn a_session_lives_twelve_hours(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        holds_until(&bench, &tokens.refresh, Span::hours(12)).await;
    }

    async fn a_kept_session_lives_thirty_days(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let body = json!({ "Username": ann.email, "Password": PASSWORD, "KeepLoggedIn": true });
        let answer = post(&bench, SIGN_IN, &body).await;
        holds_until(&bench, &answer.text("RefreshToken"), Span::days(30)).await;
    }

    async fn a_session_of_the_older_form_lives_eight_hours_whatever_it_asks_for(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let body = json!({ "Email": ann.email, "Password": PASSWORD, "KeepLoggedIn": true });
        let answer = post(&bench, SIGN_IN, &body).await;
        holds_until(&bench, &answer.text("RefreshToken"), Span::hours(8)).await;
    }

    async fn use_does_not_lengthen_a_session(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        let end = Jwt::of(&tokens.refresh).number("exp");
        let mut token = tokens.refresh;
        for _ in 0..11 {
            bench.clock.advance(Span::hours(1));
            let answer = refresh(&bench, &token, "refresh_token").await;
            assert_eq!(answer.status, 200, "{answer:?}");
            token = answer.text("RefreshToken");
            assert_eq!(Jwt::of(&token).number("exp"), end, "absolute, not sliding");
        }
        bench.clock.advance(Span::minutes(59));
        token = refresh(&bench, &token, "RefreshToken").await.text("RefreshToken");
        bench.clock.advance(Span::minutes(1));
        refresh(&bench, &token, "RefreshToken").await.refuses_token();
    }

    async fn a_token_is_presented_as_bearer_in_any_case_or_bare(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        for scheme in ["Bearer ", "bearer ", "BEARER ", "bEaReR  ", "Bearer\t", ""] {
            let value = format!("{scheme}{}", tokens.access);
            let answer = Answer::of(bench.call(Method::GET, SYSTEMS).header("Authorization", value)).await;
            assert_eq!(answer.status, 200, "{scheme:?}: {answer:?}");
            let value = format!("{scheme}{}", tokens.refresh);
            let answer = Answer::of(bench.call(Method::POST, REFRESH).header("Authorization", value)).await;
            assert_eq!(answer.status, 200, "{scheme:?}: {answer:?}");
        }
    }

    async fn whatever_else_stands_in_the_header_is_refused_cleanly(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        let access = tokens.access;
        let long = format!("Bearer {}", "a".repeat(5000));
        for value in [
            String::new(), "Bearer".to_owned(), "Bearer ".to_owned(), "garbage".to_owned(), "a.b.c".to_owned(),
            "Basic b3duZXI6cGFzc3dvcmQ=".to_owned(), format!("Basic {access}"), format!("Token {access}"),
            format!("Bearer {access} {access}"), format!("Bearer {access},{access}"), format!("Bearer \"{access}\""),
            format!("Bearer Bearer {access}"), format!("{access}."), format!(".{access}"), format!("Bearer:{access}"), long,
        ] {
            let answer = Answer::of(bench.call(Method::GET, SYSTEMS).header("Authorization", &value)).await;
            assert_eq!(answer.status, 401, "{value:?}: {answer:?}");
            assert_eq!(answer.text("message"), "invalid token");
            Answer::of(bench.call(Method::POST, REFRESH).header("Authorization", &value)).await.refuses_token();
        }
        let none = Answer::of(bench.call(Method::GET, SYSTEMS)).await;
        assert_eq!((none.status, none.text("message")), (401, "invalid token".to_owned()));
        let twice = bench.call(Method::GET, SYSTEMS).header("Authorization", &access).bearer_auth(&access);
        assert_eq!(Answer::of(twice).await.status, 401, "several headers are ambiguous");
        let query = format!("{SYSTEMS}?access_token={access}");
        assert_ne!(Answer::of(bench.call(Method::GET, &query)).await.status, 200, "an address is no place for a token");
    }

    async fn the_older_form_serves_a_client_that_sends_bare_tokens(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let refresh = old_sign_in(&bench, &ann).await;
        let request = bench.call(Method::POST, REFRESH).header("Authorization", &refresh).json(&json!({}));
        let access = Answer::of(request).await.text("AccessToken");
        let request = bench.call(Method::GET, SYSTEMS).header("Authorization", &access);
        assert_eq!(Answer::of(request).await.status, 200);
    }
}
