//! What may be done as somebody else, route by route: a route more is a decision.

use std::collections::BTreeSet;

use bailiwick_contract::access::AccessKind;
use bailiwick_contract::dialect::{Dialect, SYSTEMS_ALIASES};
use bailiwick_domain::role::Role;
use bailiwick_testkit::on_both_engines;
use serde_json::Value;

use crate::support::{Actor, Tree};

/// Every endpoint that somebody may call who acts as another person.
const ENDPOINTS: [&str; 31] = [
    "change-organization",
    "change-system",
    "configuration",
    "create-organization",
    "delete-system",
    "explain-access",
    "export-audit",
    "get-agreement",
    "get-license",
    "get-license-details",
    "get-me",
    "get-organization",
    "get-organization-stats",
    "get-pool",
    "get-system",
    "get-user",
    "license-devices",
    "license-history",
    "list-agreements",
    "list-audit",
    "list-licenses",
    "list-organizations",
    "list-pools",
    "list-systems",
    "list-users",
    "pool-history",
    "read-user",
    "sign-out",
    "stop-impersonating",
    "switch-organization",
    // Whoever presents a refresh token is nobody yet, and gets no more than what acts already.
    "refresh-token",
];

/// Every page, in the same way; those that look for nobody are for everybody.
const PAGES: [&str; 25] = [
    "access",
    "agreement",
    "agreements",
    "docs",
    "docs-guide",
    "docs-operation",
    "docs-section",
    "home",
    "licence",
    "licences",
    "login",
    "logout",
    "organization",
    "organization-edit-form",
    "organization-edit-submit",
    "organization-new-form",
    "organization-new-submit",
    "organizations",
    "people",
    "person",
    "pool",
    "pools",
    "stop-impersonating-submit",
    "switch-organization-submit",
    "system-licence",
];

/// What is never there.
const NOTHING: &str = "019a9f00-0000-7000-8000-00000000aaaa";

/// A path with something in the place of its parameters.
fn filled(path: &str) -> String {
    let mut filled = path.to_owned();
    while let (Some(from), Some(to)) = (filled.find('{'), filled.find('}')) {
        filled.replace_range(from..=to, NOTHING);
    }
    filled
}

#[test]
fn what_may_be_done_as_somebody_else_was_decided_and_nothing_else_may() {
    let registry = bailiwick_server::registry().unwrap();
    let endpoints: BTreeSet<_> = registry
        .endpoints()
        .filter(|info| !matches!(info.access, AccessKind::Open | AccessKind::Appliance) && info.while_impersonating)
        .map(|info| info.name)
        .collect();
    assert_eq!(endpoints, BTreeSet::from(ENDPOINTS));
    let of_nobody = ["asset", "choose-theme", "setup", "setup-submit"];
    let pages: BTreeSet<_> = registry
        .pages()
        .filter(|info| info.while_impersonating && !of_nobody.contains(&info.name))
        .map(|info| info.name)
        .collect();
    assert_eq!(pages, BTreeSet::from(PAGES));
    // Never on secrets, factors, sessions or mail.
    for info in registry.endpoints().filter(|info| info.while_impersonating && info.access != AccessKind::Open) {
        for word in ["secret", "password", "key", "session", "consent", "invitation", "confirm", "reset", "callback"] {
            assert!(!info.name.contains(word) && !info.path.contains(word), "{} {}", info.name, info.path);
        }
    }
}

#[test]
fn the_document_says_of_each_operation_whether_it_may_be_done_as_somebody_else() {
    let registry = bailiwick_server::registry().unwrap();
    let document = bailiwick_server::openapi_document(&registry);
    for info in registry.endpoints() {
        let operation = &document["paths"][info.path][info.method.as_str().to_lowercase()];
        let is_said = !matches!(info.access, AccessKind::Open | AccessKind::RefreshToken | AccessKind::Appliance);
        let expected = if is_said { Value::Bool(info.while_impersonating) } else { Value::Null };
        assert_eq!(operation["x-while-impersonating"], expected, "{}", info.name);
    }
}

on_both_engines! {
    async fn every_other_route_refuses_whoever_acts_as_somebody_else(bench: Bench) {
        let tree = Tree::new(&bench).await;
        // Both may do everything.
        let ann = bench.super_admin("ann", tree.owner).await;
        let ann = Actor::of(&bench, ann).await;
        bench.person("another", tree.owner, Role::Admin).await;
        let acting = tree.root.acting(&bench, &ann).await;
        let registry = bailiwick_server::registry().unwrap();
        let mut refused = 0;
        for info in registry.endpoints().filter(|info| !matches!(info.access, AccessKind::Open | AccessKind::RefreshToken)) {
            if info.while_impersonating && info.access != AccessKind::Appliance {
                continue;
            }
            // Systems speak for themselves: a token of a person is none of theirs, whoever acts as that person.
            let expected = match info.access {
                AccessKind::Appliance => (401, "invalid authentication format"),
                _ => (403, "not while impersonating"),
            };
            let aliases = if info.dialect == Dialect::Systems { &SYSTEMS_ALIASES[..] } else { &[] };
            for prefix in std::iter::once("").chain(aliases.iter().copied()) {
                let path = format!("{prefix}{}", filled(info.path));
                let answer = acting.call(&bench, info.method.clone(), &path, None).await;
                assert_eq!((answer.status, answer.said()), expected, "{answer:?}");
                refused += 1;
            }
        }
        assert!(refused > 60, "{refused}");
        assert_eq!(acting.status(&bench).await, 200);
    }
}
