//! What is documented is served, what is not is not, whoever asks.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_contract::dialect::{Dialect, SYSTEMS_ALIASES};
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::Value;

use crate::document::{document, operations};

/// Every method that HTTP names, except CONNECT, which is about tunnels.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

on_both_engines! {
    async fn a_documented_path_answers_to_its_documented_methods_alone(bench: Bench) {
        let mut methods_of = BTreeMap::<String, BTreeSet<String>>::new();
        for (method, path) in operations(&document()) {
            let methods = methods_of.entry(path).or_default();
            if method == "GET" {
                methods.insert("HEAD".to_owned());
            }
            methods.insert(method);
        }
        for (path, documented) in &methods_of {
            for prefix in prefixes(path) {
                for method in METHODS {
                    probe(&bench, &format!("{prefix}{path}"), method, documented).await;
                }
            }
        }
    }

    async fn an_undocumented_path_answers_in_the_form_of_its_api(bench: Bench) {
        for (path, member, text) in [
            ("/api/nothing/here", "message", "api not found"),
            ("/backend/api/nothing", "message", "api not found"),
            ("/collect/nothing", "message", "api not found"),
            ("/api/systems/a/b/c", "message", "api not found"),
            ("/auth/nothing", "BackendMessage", "api not found"),
            ("/backend/auth/status", "message", "api not found"),
        ] {
            let answer = bench.client.get(bench.at(path)).send().await.unwrap();
            assert_eq!(answer.status(), 404, "{path}");
            let body: Value = answer.json().await.unwrap();
            assert_eq!(body.get(member).and_then(Value::as_str), Some(text), "{path}");
        }
        let answer = bench.client.get(bench.at("/nothing/here")).send().await.unwrap();
        assert_eq!(answer.status(), 404);
        assert!(answer.text().await.unwrap().starts_with("<!doctype html>"), "people get a page");
    }
}

/// The prefixes under which a path is served.
fn prefixes(path: &str) -> Vec<&'static str> {
    let aliases = if Dialect::of_endpoint(path) == Dialect::Systems { &SYSTEMS_ALIASES[..] } else { &[] };
    std::iter::once("").chain(aliases.iter().copied()).collect()
}

async fn probe(bench: &Bench, path: &str, method: &str, documented: &BTreeSet<String>) {
    let nothing = "019a9f00-0000-7000-8000-00000000aaaa";
    let parameters = ["{id}", "{uuid}", "{user_id}", "{organization_id}", "{key_id}", "{impersonation_id}", "{device}"];
    let address = parameters.into_iter().fold(path.to_owned(), |path, parameter| path.replace(parameter, nothing));
    assert!(!address.contains('{'), "say here what stands for the parameter of {path}");
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let answer = bench.call(method.clone(), &address).send().await.unwrap();
    let status = answer.status().as_u16();
    if documented.contains(method.as_str()) {
        assert!(status != 405, "{method} {path} is documented and not served");
        let text = answer.text().await.unwrap();
        assert!(status != 404 || !text.contains("api not found"), "{method} {path} is documented and not served");
        return;
    }
    assert_eq!(status, 405, "{method} {path} is served and not documented");
    let allow = answer.headers().get("allow").unwrap().to_str().unwrap().to_owned();
    let allowed: BTreeSet<_> = allow.split(", ").map(str::to_owned).collect();
    assert_eq!(allowed, *documented, "{method} {path}");
}
