//! The sign-in: its two forms, and everything that it refuses.

use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::PASSWORD;
use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, SIGN_IN, post};

on_both_engines! {
    async fn the_form_of_today_gives_both_tokens(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let body = json!({ "Username": ann.email, "Password": PASSWORD, "KeepLoggedIn": false });
        for method in [Method::POST, Method::GET] {
            let answer = Answer::of(bench.call(method, SIGN_IN).json(&body)).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let tokens = answer.json();
            let names: Vec<_> = tokens.as_object().unwrap().keys().collect();
            assert_eq!(names, ["AccessToken", "RefreshToken"]);
        }
        let answer = post(&bench, SIGN_IN, &json!({ "Username": format!(" {} ", ann.email.to_uppercase()), "Password": PASSWORD })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}
