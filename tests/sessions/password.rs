//! Passwords: how strong one is, and changing one's own.

use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::{PASSWORD, Person, Tokens};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Aside, SIGN_IN, Strict, WRONG, post, read, refresh, sign_in};

const STRENGTH: &str = "/auth/authenticate/password-strength";
const UPDATE: &str = "/auth/authenticate/update-password";
/// A password that nobody had before.
const NEXT: &str = "seventeen quiet marmots bicycle";

async fn ann(bench: &Bench) -> Person {
    let owner = bench.organisation("Northwind Holding", None).await;
    bench.person("ann", owner, Role::Reader).await
}

async fn update(bench: &Bench, tokens: &Tokens, current: &str, new: &str) -> Answer {
    let body = json!({ "CurrentPassword": current, "NewPassword": new });
    Answer::of(bench.call(Method::POST, UPDATE).bearer_auth(&tokens.access).json(&body)).await
}

on_both_engines! {
    async fn a_password_is_judged_by_length_and_by_what_others_know(bench: Bench) {
        for (body, strong) in [
            (json!({ "Password": PASSWORD }), true),
            (json!({ "Password": "short" }), false),
            (json!({ "Password": "passwordpassword" }), false),
            (json!({ "Password": "Marmot.Bicycle7", "Email": "marmot.bicycle7@example.org" }), false),
            (json!({ "Password": "Marmot Bicycle", "Name": "Marmot Bicycle" }), false),
            (json!({ "Password": PASSWORD, "Email": null, "Name": "" }), true),
        ] {
            let answer = post(&bench, STRENGTH, &body).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let found = answer.json();
            assert_eq!(found["Strong"], strong, "{body}: {found}");
            assert!(found["Score"].as_i64().is_some_and(|score| (0..=4).contains(&score)), "{found}");
            assert!(found["Message"].as_str().is_some_and(|text| !text.is_empty()), "{found}");
            assert!(found["Suggestions"].is_array(), "{found}");
            assert_eq!(found.as_object().map(serde_json::Map::len), Some(4), "{found}");
        }
    }

    async fn what_is_no_password_is_refused_by_name(bench: Bench) {
        for body in [json!({}), json!({ "Password": "" }), json!({ "Password": 7 }), json!({ "Password": "x".repeat(2000) })] {
            post(&bench, STRENGTH, &body).await.refuses_field("Password");
        }
        let known = json!({ "Password": PASSWORD, "Name": "x".repeat(321) });
        post(&bench, STRENGTH, &known).await.refuses_field("Name");
    }

    async fn a_changed_password_ends_all_other_sessions_and_no_more(bench: Bench) {
        let ann = ann(&bench).await;
        let (here, elsewhere) = (bench.sign_in(&ann).await, bench.sign_in(&ann).await);
        let answer = update(&bench, &here, PASSWORD, NEXT).await;
        assert_eq!(answer.message(200), json!({ "Message": "Your password has been reset!" }));

        assert_eq!(read(&bench, &here.access).await, 200);
        assert_eq!(refresh(&bench, &here.refresh, "RefreshToken").await.status, 200);
        assert_eq!(read(&bench, &elsewhere.access).await, 401);
        refresh(&bench, &elsewhere.refresh, "RefreshToken").await.refuses_token();
        assert_eq!(sign_in(&bench, &ann.email, PASSWORD).await.status, 401);
        assert_eq!(sign_in(&bench, &ann.email, NEXT).await.status, 200);
        let entries = "SELECT COUNT(*) FROM audit WHERE action IN ('password.changed', 'sessions.ended')";
        let aside = Aside::of(&bench).await;
        assert_eq!(aside.number(entries).await, 2);
        assert_eq!(aside.number("SELECT COUNT(*) FROM mails WHERE kind = 'password_changed'").await, 1);
    }

    async fn nothing_changes_without_the_password_of_today_and_a_good_new_one(bench: Bench) {
        let ann = ann(&bench).await;
        let tokens = bench.sign_in(&ann).await;
        update(&bench, &tokens, WRONG, NEXT).await.refuses_field("CurrentPassword");
        update(&bench, &tokens, PASSWORD, PASSWORD).await.refuses_field("NewPassword");
        update(&bench, &tokens, PASSWORD, "short").await.refuses_field("NewPassword");
        update(&bench, &tokens, PASSWORD, "northwind holding ann").await.refuses_field("NewPassword");
        for body in [json!({}), json!({ "CurrentPassword": PASSWORD }), json!({ "NewPassword": NEXT })] {
            let request = bench.call(Method::POST, UPDATE).bearer_auth(&tokens.access).json(&body);
            assert_eq!(Answer::of(request).await.message(400)["BackendMessage"], "validation failed");
        }
        post(&bench, UPDATE, &json!({ "CurrentPassword": PASSWORD, "NewPassword": NEXT })).await.refuses_token();
        assert_eq!(sign_in(&bench, &ann.email, PASSWORD).await.status, 200);
    }

    async fn guesses_at_the_password_of_today_count_like_failed_sign_ins(bench: Bench) {
        let ann = ann(&bench).await;
        let tokens = bench.sign_in(&ann).await;
        for _ in 0..5 {
            update(&bench, &tokens, WRONG, NEXT).await.refuses_field("CurrentPassword");
        }
        let answer = update(&bench, &tokens, PASSWORD, NEXT).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")), "{answer:?}");
        assert_eq!(sign_in(&bench, &ann.email, PASSWORD).await.status, 429);
    }

    async fn a_sign_in_that_meets_a_change_leaves_no_session_of_the_old_password(bench: Bench) {
        let ann = ann(&bench).await;
        let mut old = PASSWORD.to_owned();
        let mut tokens = bench.sign_in(&ann).await;
        for round in 0..6 {
            let new = format!("{NEXT} {round}");
            let sign_ins: Vec<_> = (0..4)
                .map(|_| {
                    let body = json!({ "Username": ann.email, "Password": old });
                    tokio::spawn(Answer::of(bench.call(Method::POST, SIGN_IN).json(&body)))
                })
                .collect();
            assert_eq!(update(&bench, &tokens, &old, &new).await.status, 200);
            for sign_in in sign_ins {
                let answer = sign_in.await.unwrap();
                // Whether it came before or after the change: what it got is worth nothing after it.
                if answer.status == 200 {
                    assert_eq!(refresh(&bench, &answer.text("RefreshToken"), "AccessToken").await.status, 401);
                }
            }
            bench.clock.advance(Span::hours(1));
            let fresh = sign_in(&bench, &ann.email, &new).await;
            tokens = Tokens { access: fresh.text("AccessToken"), refresh: fresh.text("RefreshToken") };
            old = new;
        }
    }

    async fn of_many_changes_at_once_one_wins(bench: Bench) {
        let ann = ann(&bench).await;
        let tokens = bench.sign_in(&ann).await;
        let attempts: Vec<_> = (0..8)
            .map(|number| {
                let body: Value = json!({ "CurrentPassword": PASSWORD, "NewPassword": format!("{NEXT} {number}") });
                tokio::spawn(Answer::of(bench.call(Method::POST, UPDATE).bearer_auth(&tokens.access).json(&body)))
            })
            .collect();
        let mut winners = Vec::new();
        for (number, attempt) in attempts.into_iter().enumerate() {
            if attempt.await.unwrap().status == 200 {
                winners.push(number);
            }
        }
        assert_eq!(winners.len(), 1, "{winners:?} won");
        // Those who came too late presented a password that was wrong by then.
        bench.clock.advance(Span::minutes(15));
        assert_eq!(sign_in(&bench, &ann.email, &format!("{NEXT} {}", winners[0])).await.status, 200);
    }
}
