//! The document itself: complete, the same everywhere, and changed only on purpose.

use std::collections::BTreeSet;

use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::process::Program;
use serde_json::Value;

/// The document of this program.
pub(crate) fn document() -> Value {
    bailiwick_server::openapi_document(&bailiwick_server::registry().unwrap())
}

/// Each operation of the document: its method in capitals, and its path.
pub(crate) fn operations(document: &Value) -> BTreeSet<(String, String)> {
    let methods = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];
    let paths = document.get("paths").and_then(Value::as_object).unwrap();
    let each = paths.iter().flat_map(|(path, item)| {
        let names = item.as_object().unwrap().keys().filter(|name| methods.contains(&name.as_str()));
        names.map(|name| (name.to_uppercase(), path.clone())).collect::<Vec<_>>()
    });
    each.collect()
}

/// After a change on purpose: `INSTA_UPDATE=always cargo test -p bailiwick --test openapi`.
#[test]
fn the_document_changes_only_on_purpose() {
    let mut document = document();
    let version = document.pointer_mut("/info/version").unwrap();
    assert_eq!(*version, env!("CARGO_PKG_VERSION"));
    *version = "that of the program".into();
    insta::assert_json_snapshot!("openapi", document);
}

#[test]
fn every_endpoint_is_in_the_document_and_the_reverse() {
    let registry = bailiwick_server::registry().unwrap();
    let declared: BTreeSet<_> =
        registry.endpoints().map(|info| (info.method.to_string(), info.path.to_owned())).collect();
    assert_eq!(operations(&document()), declared);
}

#[test]
fn every_reference_leads_to_something() {
    let document = document();
    let mut open = vec![&document];
    let mut count = 0;
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                    let target = document.pointer(reference.strip_prefix('#').unwrap());
                    assert!(target.is_some(), "{reference} leads nowhere");
                    count += 1;
                }
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert!(count > 50, "only {count} references were looked at");
}

on_both_engines! {
    async fn the_server_and_the_command_line_give_the_same_bytes(bench: Bench) {
        let served = bench.client.get(bench.at("/openapi.json")).send().await.unwrap();
        assert_eq!(served.headers().get("content-type").unwrap(), "application/json");
        let served = served.bytes().await.unwrap();
        let printed = Program::built().unwrap().run(&["openapi"], "").unwrap();
        assert!(printed.status.success());
        assert_eq!(printed.stdout.strip_suffix(b"\n").unwrap_or(&printed.stdout), served);
        assert_eq!(serde_json::from_slice::<Value>(&served).unwrap(), document());
    }

    async fn the_readable_pages_have_every_operation_and_no_foreign_origin(bench: Bench) {
        let index = page(&bench, "/docs").await.replace("&#39;", "'");
        let registry = bailiwick_server::registry().unwrap();
        for info in registry.endpoints() {
            let shown = index.split("<li>").find(|row| row.contains(info.path) && row.contains(info.method.as_str()));
            assert!(shown.is_some_and(|row| row.contains(info.summary)), "{} {} is not shown", info.method, info.path);
        }
        let links: BTreeSet<_> = index.split("href=\"").filter_map(|rest| rest.split(['"', '#']).next()).collect();
        let sections: Vec<_> = links.into_iter().filter(|link| link.starts_with("/docs/")).collect();
        assert!(sections.len() > 5, "{sections:?}");
        for path in sections.into_iter().chain(["/docs"]) {
            let html = page(&bench, path).await;
            for attribute in ["href=\"", "src=\"", "action=\"", "url("] {
                for target in html.split(attribute).skip(1) {
                    let target = target.split(['"', ')']).next().unwrap_or_default();
                    let is_ours = (target.starts_with('/') && !target.starts_with("//")) || target.starts_with('#');
                    assert!(is_ours, "{path} leads to {target}");
                }
            }
        }
    }
}

async fn page(bench: &bailiwick_testkit::bench::Bench, path: &str) -> String {
    let answer = bench.client.get(bench.at(path)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    let policy = answer.headers().get("content-security-policy").unwrap().to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-"), "{policy}");
    answer.text().await.unwrap()
}
