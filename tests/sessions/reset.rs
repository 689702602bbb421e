//! A forgotten password: another one is set by a mailed link, and by nothing else.

use std::collections::BTreeSet;

use bailiwick_domain::field::Parse;
use bailiwick_domain::link::LinkPurpose;
use bailiwick_domain::password::Password;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_store::query::retention;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::{PASSWORD, Person};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Aside, SIGN_IN, Strict, WRONG, post, read, refresh, sign_in};

pub(crate) const FORGOT: &str = "/auth/authenticate/forgot-password";
pub(crate) const RESET: &str = "/auth/authenticate/reset-password";
/// Where the links for it lead.
pub(crate) const PAGE: &str = "/reset-password";
/// A password that nobody had before.
pub(crate) const NEXT: &str = "seventeen quiet marmots bicycle";

async fn ann(bench: &Bench) -> Person {
    let owner = bench.organisation("Northwind Holding", None).await;
    bench.person("ann", owner, Role::Reader).await
}

/// Asks for a link and takes what is new out of the mail.
async fn ask(bench: &Bench, person: &Person) -> Option<String> {
    let before = bench.mailed_tokens(&person.email, PAGE).await;
    let answer = post(bench, FORGOT, &json!({ "Email": person.email })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let new: Vec<_> = bench.mailed_tokens(&person.email, PAGE).await.difference(&before).cloned().collect();
    assert!(new.len() <= 1, "one request, {} links", new.len());
    new.into_iter().next()
}

pub(crate) async fn reset(bench: &Bench, token: &str, password: &str) -> Answer {
    post(bench, RESET, &json!({ "Token": token, "NewPassword": password })).await
}

on_both_engines! {
    async fn a_mailed_link_sets_another_password_and_ends_every_session(bench: Bench) {
        let ann = ann(&bench).await;
        let tokens = bench.sign_in(&ann).await;
        let answer = post(&bench, FORGOT, &json!({ "Email": ann.email.to_uppercase() })).await;
        assert_eq!(answer.message(200), json!({ "Message": "Password sent if user exists." }));
        let links = bench.mailed_tokens(&ann.email, PAGE).await;
        let [token] = links.iter().collect::<Vec<_>>()[..] else { panic!("{links:?}") };
        // Asking alone changes nothing.
        assert_eq!(sign_in(&bench, &ann.email, PASSWORD).await.status, 200);

        reset(&bench, token, NEXT).await.message(200);
        assert_eq!(read(&bench, &tokens.access).await, 401);
        refresh(&bench, &tokens.refresh, "RefreshToken").await.refuses_token();
        assert_eq!(sign_in(&bench, &ann.email, PASSWORD).await.status, 401);
        let answer = sign_in(&bench, &ann.email, NEXT).await;
        let me = bench.call(Method::GET, "/api/me").bearer_auth(answer.text("AccessToken"));
        let me = Answer::of(me).await.json();
        assert_eq!(me["data"]["email_confirmed_at"], "2026-11-20T09:30:00Z", "the mail proved the address: {me}");
        let aside = Aside::of(&bench).await;
        for action in ["password.reset_requested", "password.reset"] {
            assert_eq!(aside.number(&format!("SELECT COUNT(*) FROM audit WHERE action = '{action}'")).await, 1, "{action}");
        }
        assert_eq!(aside.number("SELECT COUNT(*) FROM mails WHERE kind = 'password_changed'").await, 1);
    }

    async fn a_link_is_good_once_and_for_twenty_minutes(bench: Bench) {
        let ann = ann(&bench).await;
        let (first, second) = (bench.mailed_link(&ann, LinkPurpose::Reset).await, bench.mailed_link(&ann, LinkPurpose::Reset).await);
        bench.clock.advance(Span::microseconds(Span::minutes(20).as_microseconds() - 1));
        // A password that will not do is refused, and the link is still good.
        for bad in ["short", "passwordpassword", "ann at Northwind Holding"] {
            reset(&bench, &first, bad).await.refuses_field("NewPassword");
        }
        reset(&bench, &first, NEXT).await.message(200);
        reset(&bench, &first, "another quiet marmot bicycle").await.refuses_field("Token");
        reset(&bench, &second, "another quiet marmot bicycle").await.refuses_field("Token");
        let third = bench.mailed_link(&ann, LinkPurpose::Reset).await;
        bench.clock.advance(Span::minutes(20));
        reset(&bench, &third, "another quiet marmot bicycle").await.refuses_field("Token");
        assert_eq!(sign_in(&bench, &ann.email, NEXT).await.status, 200);
    }

    async fn links_are_forgotten_once_they_have_expired(bench: Bench) {
        let ann = ann(&bench).await;
        bench.mailed_link(&ann, LinkPurpose::Reset).await;
        bench.mailed_link(&ann, LinkPurpose::Confirm).await;
        let aside = Aside::of(&bench).await;
        for (wait, left) in [(Span::minutes(20), 2), (Span::microseconds(1), 1), (Span::hours(24), 0)] {
            bench.clock.advance(wait);
            retention::run(&bench.context.database, bench.context.now()).await.unwrap();
            assert_eq!(aside.number("SELECT COUNT(*) FROM links").await, left, "after {wait:?} more");
        }
    }

    async fn whoever_asks_again_leaves_the_earlier_links_good_up_to_three(bench: Bench) {
        let ann = ann(&bench).await;
        let mut links = Vec::new();
        for _ in 0..3 {
            links.push(ask(&bench, &ann).await.expect("a link"));
        }
        assert_eq!(ask(&bench, &ann).await, None, "a fourth link at once");
        bench.clock.advance(Span::minutes(20));
        let fourth = ask(&bench, &ann).await.expect("a link once the others have expired");
        reset(&bench, &links[0], NEXT).await.refuses_field("Token");
        reset(&bench, &fourth, NEXT).await.message(200);
    }

    async fn of_many_who_use_a_link_at_once_one_sets_the_password(bench: Bench) {
        let ann = ann(&bench).await;
        let links = [bench.mailed_link(&ann, LinkPurpose::Reset).await, bench.mailed_link(&ann, LinkPurpose::Reset).await];
        let other = bench.another_node().await;
        other.context.database.look_afresh();
        let attempts: Vec<_> = (0..12)
            .map(|number: usize| {
                let body = json!({ "Token": links[number / 2 % 2], "NewPassword": format!("{NEXT} {number}") });
                let node = if number.is_multiple_of(2) { &bench } else { &other };
                tokio::spawn(Answer::of(node.call(Method::POST, RESET).json(&body)))
            })
            .collect();
        let mut winners = Vec::new();
        for (number, attempt) in attempts.into_iter().enumerate() {
            let answer = attempt.await.unwrap();
            if answer.status == 200 {
                winners.push(number);
            } else {
                answer.refuses_field("Token");
            }
        }
        assert_eq!(winners.len(), 1, "{winners:?} won");
        assert_eq!(sign_in(&bench, &ann.email, &format!("{NEXT} {}", winners[0])).await.status, 200);
        let aside = Aside::of(&bench).await;
        assert_eq!(aside.number("SELECT COUNT(*) FROM audit WHERE action = 'password.reset'").await, 1);
    }

    async fn a_password_that_was_changed_meanwhile_makes_every_link_useless(bench: Bench) {
        let ann = ann(&bench).await;
        let link = bench.mailed_link(&ann, LinkPurpose::Reset).await;
        let tokens = bench.sign_in(&ann).await;
        let body = json!({ "CurrentPassword": PASSWORD, "NewPassword": NEXT });
        let update = bench.call(Method::POST, "/auth/authenticate/update-password").bearer_auth(&tokens.access);
        assert_eq!(Answer::of(update.json(&body)).await.status, 200);
        reset(&bench, &link, "another quiet marmot bicycle").await.refuses_field("Token");

        let link = bench.mailed_link(&ann, LinkPurpose::Reset).await;
        let key = Parse::parse_text(&ann.email).unwrap();
        let password = Password::parse_text(PASSWORD).unwrap();
        bench.context.set_password_as_operator(&key, password).await.unwrap();
        reset(&bench, &link, "another quiet marmot bicycle").await.refuses_field("Token");
        assert_eq!(sign_in(&bench, &ann.email, PASSWORD).await.status, 200);
    }

    async fn whoever_is_suspended_gets_no_link_and_can_use_none(bench: Bench) {
        let ann = ann(&bench).await;
        let link = bench.mailed_link(&ann, LinkPurpose::Reset).await;
        let key = Parse::parse_text(&ann.email).unwrap();
        bench.context.suspend_user_as_operator(&key).await.unwrap();
        assert_eq!(ask(&bench, &ann).await, None);
        reset(&bench, &link, NEXT).await.refuses_field("Token");
        bench.context.reactivate_user_as_operator(&key).await.unwrap();
        reset(&bench, &link, NEXT).await.refuses_field("Token");
        assert_eq!(sign_in(&bench, &ann.email, NEXT).await.status, 401);
        let link = ask(&bench, &ann).await.expect("a link for whoever is suspended no longer");
        reset(&bench, &link, NEXT).await.message(200);
    }

    async fn a_link_counts_only_while_the_account_has_the_address_that_it_was_sent_to(bench: Bench) {
        let ann = ann(&bench).await;
        let links = [bench.mailed_link(&ann, LinkPurpose::Reset).await, bench.mailed_link(&ann, LinkPurpose::Confirm).await];
        let change = "UPDATE users SET email = 'eve@example.org', email_folded = 'eve@example.org'";
        Aside::of(&bench).await.run(change).await;
        reset(&bench, &links[0], NEXT).await.refuses_field("Token");
        let body = json!({ "Token": links[1] });
        post(&bench, "/auth/authenticate/confirm-address", &body).await.refuses_field("Token");
    }

    async fn whoever_was_slowed_down_by_strangers_signs_in_at_once_after_a_reset(bench: Bench) {
        let ann = ann(&bench).await;
        let node = bench
            .another_node_with(|settings| settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()])
            .await;
        let attempt = async |address: &str, password: &str| {
            let body = json!({ "Username": ann.email, "Password": password });
            Answer::of(node.call(Method::POST, SIGN_IN).header("X-Forwarded-For", address).json(&body)).await.status
        };
        for number in 0..8 {
            attempt(&format!("198.51.100.{number}"), WRONG).await;
        }
        assert_eq!(attempt("203.0.113.1", PASSWORD).await, 429);
        let link = bench.mailed_link(&ann, LinkPurpose::Reset).await;
        reset(&bench, &link, NEXT).await.message(200);
        assert_eq!(attempt("203.0.113.1", NEXT).await, 200);
    }

    async fn a_sign_in_that_meets_a_reset_leaves_no_session_of_the_old_password(bench: Bench) {
        let ann = ann(&bench).await;
        let mut old = PASSWORD.to_owned();
        for round in 0..6 {
            let new = format!("{NEXT} {round}");
            let link = bench.mailed_link(&ann, LinkPurpose::Reset).await;
            let sign_ins: Vec<_> = (0..4)
                .map(|_| {
                    let body = json!({ "Username": ann.email, "Password": old });
                    tokio::spawn(Answer::of(bench.call(Method::POST, SIGN_IN).json(&body)))
                })
                .collect();
            reset(&bench, &link, &new).await.message(200);
            for sign_in in sign_ins {
                let answer = sign_in.await.unwrap();
                // Whether it came before or after the reset: what it got is worth nothing after it.
                if answer.status == 200 {
                    assert_eq!(refresh(&bench, &answer.text("RefreshToken"), "AccessToken").await.status, 401);
                }
            }
            bench.clock.advance(Span::hours(1));
            old = new;
        }
        assert_eq!(sign_in(&bench, &ann.email, &old).await.status, 200);
    }

    async fn nothing_in_an_answer_tells_whether_an_address_is_known(bench: Bench) {
        let ann = ann(&bench).await;
        let forgot = async |node: &Bench, email: &str| {
            let answer = post(node, FORGOT, &json!({ "Email": email })).await;
            let varying = ["date", "x-request-id"];
            let headers: BTreeSet<String> = answer
                .headers
                .iter()
                .filter(|(name, _)| !varying.contains(&name.as_str()))
                .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                .collect();
            (answer.status, headers, answer.body)
        };
        let known = forgot(&bench, &ann.email).await;
        for _ in 0..2 {
            assert_eq!(forgot(&bench, "nobody@example.org").await, known);
            assert_eq!(forgot(&bench, &ann.email).await, known);
        }
        // Five from one place, whatever they ask for; from then on all wait, whoever they ask for.
        let refused = forgot(&bench, &ann.email).await;
        assert_eq!(refused.0, 429, "{refused:?}");
        assert!(refused.1.contains("retry-after: 1"), "{refused:?}");
        assert_eq!(forgot(&bench, "nobody@example.org").await, refused);
        // Signing in is counted apart.
        assert_eq!(sign_in(&bench, &ann.email, PASSWORD).await.status, 200);
        bench.clock.advance(Span::seconds(1));
        assert_eq!(forgot(&bench, "somebody@example.org").await, known);

        let recipients: BTreeSet<String> = bench.letters().await.into_iter().map(|letter| letter.to).collect();
        assert_eq!(recipients, BTreeSet::from([ann.email.clone()]), "nobody else gets a mail");
        let aside = Aside::of(&bench).await;
        assert_eq!(aside.number("SELECT COUNT(*) FROM reset_requests").await, 0);
        assert_eq!(aside.number("SELECT COUNT(*) FROM links").await, 3);
    }

    async fn what_is_wrong_is_named(bench: Bench) {
        let ann = ann(&bench).await;
        for body in [json!({}), json!({ "Email": null }), json!({ "Email": "ann" }), json!({ "Email": 7 })] {
            post(&bench, FORGOT, &body).await.refuses_field("Email");
        }
        let good = bench.mailed_link(&ann, LinkPurpose::Reset).await;
        let other_kind = bench.mailed_link(&ann, LinkPurpose::Confirm).await;
        let made_up = "A".repeat(43);
        for token in [json!(null), json!(""), json!(7), json!(made_up), json!(format!("{good}=")), json!(other_kind)] {
            let answer = post(&bench, RESET, &json!({ "Token": token, "NewPassword": NEXT })).await;
            answer.refuses_field("Token");
            assert!(!answer.body.contains(&other_kind), "{answer:?}");
        }
        let asked: Value = post(&bench, RESET, &json!({ "Token": made_up, "NewPassword": NEXT })).await.json();
        assert!(asked["Field"]["Message"].as_str().unwrap().contains("ask for a new one"), "{asked}");
        post(&bench, RESET, &json!({ "Token": good })).await.refuses_field("NewPassword");
        reset(&bench, &good, NEXT).await.message(200);
    }

    async fn what_another_node_was_asked_for_is_done_after_it_died(bench: Bench) {
        let ann = ann(&bench).await;
        let other = bench.another_node().await;
        let answer = post(&other, FORGOT, &json!({ "Email": ann.email })).await;
        assert_eq!(answer.status, 200);
        drop(other);
        assert_eq!(bench.mailed_tokens(&ann.email, PAGE).await.len(), 1);
    }

    async fn an_address_that_asked_can_be_read_nowhere_in_the_database(bench: Bench) {
        bench.organisation("Owner", None).await;
        let answer = post(&bench, FORGOT, &json!({ "Email": "canary.of.reset@example.org" })).await;
        assert_eq!(answer.status, 200);
        let rows = Aside::of(&bench).await.everything().await;
        for row in rows {
            assert!(!row.contains("canary.of.reset"), "{row}");
        }
    }
}
