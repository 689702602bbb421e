//! The sign-in: its two forms, and everything that it refuses.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bailiwick_app::operator::UserKey;
use bailiwick_app::settings::BaseUrl;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::SessionId;
use bailiwick_domain::role::Role;
use bailiwick_domain::session::SessionKind;
use bailiwick_store::query::session::{self, NewSession};
use bailiwick_store::query::user;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::PASSWORD;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::{Aside, REFRESH, SIGN_IN, SIGN_OUT, Strict, WRONG, post, read, sign_in};

fn names(tokens: &Value) -> Vec<&str> {
    tokens.as_object().unwrap().keys().map(String::as_str).collect()
}

on_both_engines! {
    async fn a_client_that_cannot_say_its_name_signs_in_all_the_same(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let body = json!({ "Username": ann.email, "Password": PASSWORD });
        let request = || bench.call(Method::POST, SIGN_IN).json(&body);
        let twice = request().header("user-agent", "one").header("user-agent", "two");
        let unreadable = request().header("user-agent", [0xff, 0xfe].as_slice());
        for request in [twice, unreadable] {
            assert_eq!(Answer::of(request).await.status, 200);
        }
    }

    async fn the_form_of_today_gives_both_tokens_by_post_and_by_get(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let body = json!({ "Username": ann.email, "Password": PASSWORD, "KeepLoggedIn": false });
        for method in [Method::POST, Method::GET] {
            let answer = Answer::of(bench.call(method, SIGN_IN).json(&body)).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(names(&answer.json()), ["AccessToken", "RefreshToken"]);
            assert_eq!(read(&bench, &answer.text("AccessToken")).await, 200);
            assert_eq!(answer.header("cache-control"), Some("no-store"), "tokens stay out of caches");
        }
        let spelled = format!(" {} ", ann.email.to_uppercase());
        assert_eq!(sign_in(&bench, &spelled, PASSWORD).await.status, 200, "an address in capitals is the same");
    }

    async fn the_older_form_gives_a_short_body_with_a_refresh_token_alone(bench: Bench) {
        const BASE_URL: &str = "https://bailiwick.customer-7.example";
        assert_eq!(BASE_URL.len(), 36);
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let base_url = BaseUrl::parse_text(BASE_URL).unwrap();
        let node = bench.another_node_with(|settings| settings.base_url = base_url).await;
        for method in [Method::POST, Method::GET] {
            let body = json!({ "Email": ann.email, "Password": PASSWORD });
            let answer = Answer::of(node.call(method, SIGN_IN).json(&body)).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(names(&answer.json()), ["RefreshToken"]);
            assert!((11..400).contains(&answer.body.len()), "{} bytes", answer.body.len());
            let refresh = answer.text("RefreshToken");
            for grant in [json!({}), json!({ "GrantType": "RefreshToken" })] {
                let answer = Answer::of(node.call(Method::POST, REFRESH).bearer_auth(&refresh).json(&grant)).await;
                assert_eq!(answer.status, 200, "{answer:?}");
                assert!((11..400).contains(&answer.body.len()), "{} bytes", answer.body.len());
            }
        }
    }

    async fn what_is_wrong_with_a_body_is_named(bench: Bench) {
        let (name, password) = ("ann@example.org", PASSWORD);
        let too_long = "a".repeat(321);
        for (body, field) in [
            (json!({ "Username": name }), "Password"),
            (json!({ "Username": name, "Password": "" }), "Password"),
            (json!({ "Username": name, "Password": null }), "Password"),
            (json!({ "Username": name, "Password": 12 }), "Password"),
            (json!({ "Username": name, "Password": "x".repeat(2000) }), "Password"),
            (json!({ "Password": password }), "Username"),
            (json!({ "Username": "  ", "Password": password }), "Username"),
            (json!({ "Username": [], "Password": password }), "Username"),
            (json!({ "Username": too_long, "Password": password }), "Username"),
            (json!({ "Email": "", "Password": password }), "Email"),
            (json!({ "Email": 1, "Password": password }), "Email"),
            (json!({ "Username": name, "Email": name, "Password": password }), "Email"),
            (json!({ "Username": name, "Password": password, "KeepLoggedIn": "yes" }), "KeepLoggedIn"),
        ] {
            for method in [Method::POST, Method::GET] {
                let answer = Answer::of(bench.call(method, SIGN_IN).json(&body)).await;
                answer.refuses_field(field);
                assert!(!answer.body.contains(password), "the password comes back: {}", answer.body);
            }
        }
    }

    async fn a_body_that_is_no_json_object_is_refused_in_json(bench: Bench) {
        let good = json!({ "Username": "ann@example.org", "Password": PASSWORD }).to_string();
        let twice = r#"{"Username":"a","Username":"b","Password":"c"}"#;
        for body in ["", " ", "{", "[]", "null", "7", "{}{}", "\u{feff}{}", twice] {
            let request = bench.call(Method::POST, SIGN_IN).header(CONTENT_TYPE, "application/json");
            Answer::of(request.body(body)).await.message(400);
        }
        for media_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
            let request = bench.call(Method::POST, SIGN_IN).header(CONTENT_TYPE, media_type);
            Answer::of(request.body(good.clone())).await.message(415);
        }
        // The answer arrives although it is written before the body is through.
        let huge = json!({ "Username": "a".repeat(2 << 20), "Password": PASSWORD });
        post(&bench, SIGN_IN, &huge).await.message(413);
        Answer::of(bench.call(Method::PUT, SIGN_IN).json(&json!({}))).await.message(405);
        Answer::of(bench.call(Method::POST, "/auth/authenticate/signing").json(&json!({}))).await.message(404);
    }

    async fn credentials_in_the_address_are_refused_even_when_they_are_right(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let body = json!({ "Username": ann.email, "Password": PASSWORD });
        for query in ["Password=secret", "password=x", "Username=ann", "email=ann", "Totp=1", "%50assword=x", "a=1&PASSWORD"] {
            for method in [Method::POST, Method::GET] {
                let answer = Answer::of(bench.call(method, &format!("{SIGN_IN}?{query}")).json(&body)).await;
                let message = answer.message(400);
                assert!(!message.to_string().contains("secret"), "the address comes back: {message}");
            }
        }
        let everything = format!("{SIGN_IN}?Username={}&Password=correct%20zebra", ann.email);
        Answer::of(bench.call(Method::GET, &everything)).await.message(400);
    }

    async fn a_wrong_password_and_an_unknown_account_look_alike(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let mut looks = Vec::new();
        for name in [ann.email.as_str(), "nobody@example.org", "not an address"] {
            let mut answer = sign_in(&bench, name, WRONG).await;
            answer.message(401);
            assert!(!answer.body.contains("AuthorizationInvalid"), "there was no token: {}", answer.body);
            for varying in ["date", "x-request-id"] {
                assert!(answer.headers.remove(varying).is_some(), "no {varying}");
            }
            looks.push((answer.status, answer.body, answer.headers));
        }
        for other in looks.get(1..).unwrap() {
            assert_eq!(looks.first().unwrap(), other);
        }
    }

    async fn a_suspended_person_is_refused_like_one_with_a_wrong_password(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let (ann, bob) = (bench.person("ann", owner, Role::Reader).await, bench.person("bob", owner, Role::Reader).await);
        let aside = Aside::of(&bench).await;
        aside.change_person(&ann, &format!("UPDATE users SET suspended_at = 1 WHERE email = '{}'", ann.email)).await;
        let suspended = sign_in(&bench, &ann.email, PASSWORD).await;
        let wrong = sign_in(&bench, &bob.email, WRONG).await;
        suspended.message(401);
        assert_eq!((suspended.status, &suspended.body), (wrong.status, &wrong.body));
        assert_eq!(aside.number("SELECT COUNT(*) FROM sessions").await, 0);
        aside.change_person(&ann, &format!("UPDATE users SET suspended_at = NULL WHERE email = '{}'", ann.email)).await;
        assert_eq!(sign_in(&bench, &ann.email, PASSWORD).await.status, 200);
    }

    async fn a_sign_in_that_meets_a_suspension_leaves_no_session(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let email = Parse::parse_text(&ann.email).unwrap();
        let (context, now) = (Arc::clone(&bench.context), bench.context.now());
        // As far as a sign-in gets before it commits.
        let mut transaction = context.database.write().await.unwrap();
        let stored = user::for_sign_in(&mut transaction, &email).await.unwrap().unwrap();
        assert!(user::hold_hash(&mut transaction, ann.id, &stored.hash).await.unwrap());
        let suspending = tokio::spawn(async move { context.suspend_user_as_operator(&UserKey::Id(ann.id)).await });
        tokio::time::sleep(Duration::from_millis(300)).await;
        let kind = SessionKind::Standard;
        let new = NewSession {
            id: SessionId::new(now, [7; 10]),
            handle: 7,
            user: ann.id,
            organisation: Some(owner),
            kind,
            cookie_digest: None,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: None,
            created_at: now,
            expires_at: now.plus(kind.lifetime()),
            actor: None,
        };
        session::insert(&mut transaction, &new).await.unwrap();
        transaction.commit().await.unwrap();
        assert!(suspending.await.unwrap().unwrap().has_changed);
        let living = "SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL";
        assert_eq!(Aside::of(&bench).await.number(living).await, 0);
    }

    async fn a_sign_in_is_audited_with_who_and_from_where_and_holds_no_secret(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let tokens = bench.sign_in(&ann).await;
        let aside = Aside::of(&bench).await;
        let started = "SELECT COUNT(*) FROM audit a JOIN users u ON u.id = a.actor_id WHERE a.action = 'session.started' \
            AND u.email = 'ann@example.org' AND a.address = '127.0.0.1' AND a.request_id <> ''";
        assert_eq!(aside.number(started).await, 1);
        assert_eq!(Answer::of(bench.call(Method::POST, SIGN_OUT).bearer_auth(&tokens.access)).await.status, 200);
        assert_eq!(aside.number("SELECT COUNT(*) FROM audit WHERE action = 'session.ended'").await, 1);
        // Whoever finds the beginning in their log finds the end there too.
        bench.sign_in(&ann).await;
        bench.context.end_sessions_as_operator(&UserKey::Id(ann.id)).await.unwrap();
        let nowhere = "SELECT COUNT(*) FROM audit WHERE organisation_id IS NULL";
        assert_eq!(aside.number(nowhere).await, 0);
    }
}
