//! What opens to a key, to which key, and how a key is presented.

use std::collections::BTreeSet;

use bailiwick_contract::access::AccessKind;
use bailiwick_contract::dialect::{Dialect, SYSTEMS_ALIASES};
use bailiwick_domain::api_key::KeyAccess;
use bailiwick_domain::role::{Right, Role};
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{SYSTEMS, ask, call, make, number, read, revoke};

/// Everything that takes keys, and what they have to be good for: a route more is a decision.
const DOORS: [(&str, KeyAccess); 44] = [
    ("get-license", KeyAccess::Read),
    ("list-licenses", KeyAccess::Read),
    ("list-agreements", KeyAccess::Read),
    ("create-agreement", KeyAccess::Write),
    ("get-agreement", KeyAccess::Read),
    ("change-agreement", KeyAccess::Write),
    ("delete-agreement", KeyAccess::Write),
    ("publish-agreement", KeyAccess::Write),
    ("withdraw-agreement", KeyAccess::Write),
    ("revise-agreement", KeyAccess::Write),
    ("get-license-details", KeyAccess::Read),
    ("license-history", KeyAccess::Read),
    ("license-devices", KeyAccess::Read),
    ("issue-licenses", KeyAccess::Write),
    ("change-license", KeyAccess::Write),
    ("renew-license", KeyAccess::Write),
    ("transfer-license", KeyAccess::Write),
    ("suspend-license", KeyAccess::Write),
    ("reactivate-license", KeyAccess::Write),
    ("revoke-license", KeyAccess::Write),
    ("bind-license", KeyAccess::Write),
    ("release-license", KeyAccess::Write),
    ("list-pools", KeyAccess::Read),
    ("make-seats", KeyAccess::Write),
    ("get-pool", KeyAccess::Read),
    ("pool-history", KeyAccess::Read),
    ("change-pool", KeyAccess::Write),
    ("give-seats", KeyAccess::Write),
    ("take-seats-back", KeyAccess::Write),
    ("list-organizations", KeyAccess::Read),
    ("create-organization", KeyAccess::Write),
    ("get-organization", KeyAccess::Read),
    ("change-organization", KeyAccess::Write),
    ("get-organization-stats", KeyAccess::Read),
    ("list-users", KeyAccess::Read),
    ("read-user", KeyAccess::Read),
    ("list-systems", KeyAccess::Read),
    ("create-system", KeyAccess::Write),
    ("create-system-by-callback", KeyAccess::Write),
    ("get-system", KeyAccess::Read),
    ("change-system", KeyAccess::Write),
    ("delete-system", KeyAccess::Write),
    ("regenerate-secret", KeyAccess::Write),
    ("list-audit", KeyAccess::Read),
];

/// What is never there.
const NOTHING: &str = "019a9f00-0000-7000-8000-00000000aaaa";

#[test]
fn keys_are_taken_where_it_was_decided_and_nowhere_else() {
    let registry = bailiwick_server::registry().unwrap();
    let taking: BTreeSet<_> = registry.endpoints().filter_map(|info| Some((info.name, info.key_access?))).collect();
    assert_eq!(taking, BTreeSet::from(DOORS));
    for info in registry.endpoints().filter(|info| info.key_access.is_some()) {
        let is_about_people = info.path.starts_with("/api/me") || info.path.starts_with("/api/invitations");
        let is_about_licences = info.path.starts_with("/auth/license") || info.path.starts_with("/auth/admin/");
        assert!((info.path.starts_with("/api/") || is_about_licences) && !is_about_people, "{}", info.path);
        let right = info.access.right().unwrap();
        assert_eq!(info.key_access, Some(KeyAccess::needed_for(right)), "{}", info.name);
    }
}

#[test]
fn the_document_says_of_each_operation_whether_it_takes_keys() {
    let registry = bailiwick_server::registry().unwrap();
    let document = bailiwick_server::openapi_document(&registry);
    for info in registry.endpoints() {
        let operation = &document["paths"][info.path][info.method.as_str().to_lowercase()];
        let access = info.key_access.map_or(Value::Null, |access| json!(access.name()));
        assert_eq!(operation["x-api-key-access"], access, "{}", info.name);
        let schemes = operation["security"].as_array().unwrap();
        let takes_keys = schemes.iter().any(|scheme| scheme.get("apiKey").is_some());
        assert_eq!(takes_keys, info.key_access.is_some(), "{}", info.name);
    }
    assert_eq!(document["components"]["securitySchemes"]["apiKey"]["scheme"], "bearer");
}

/// What an endpoint says to a key that does not open it.
fn refusal(access: AccessKind, needed: Option<KeyAccess>, key: KeyAccess) -> Option<(u16, &'static str)> {
    match (access, needed) {
        (AccessKind::Open, _) => None,
        (AccessKind::Appliance, _) => Some((401, "invalid authentication format")),
        (AccessKind::RefreshToken, _) => Some((401, "invalid token")),
        (AccessKind::SignedIn | AccessKind::Needs(_), None) => Some((403, "api keys are not accepted here")),
        (_, Some(needed)) => (key < needed).then_some((403, "api key may only read")),
    }
}

on_both_engines! {
    async fn a_key_opens_what_takes_keys_and_what_it_is_good_for(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        let keys = [
            (KeyAccess::Read, make(&bench, &tokens.access, "read").await.key),
            (KeyAccess::Write, make(&bench, &tokens.access, "write").await.key),
        ];
        let registry = bailiwick_server::registry().unwrap();
        for info in registry.endpoints().filter(|info| info.access != AccessKind::Open) {
            let mut path = info.path.to_owned();
            for name in ["{id}", "{uuid}", "{user_id}", "{organization_id}", "{key_id}"] {
                path = path.replace(name, NOTHING);
            }
            let aliases = if info.dialect == Dialect::Systems { &SYSTEMS_ALIASES[..] } else { &[] };
            for prefix in std::iter::once("").chain(aliases.iter().copied()) {
                for (access, key) in &keys {
                    let answer = call(&bench, info.method.clone(), &format!("{prefix}{path}"), key).await;
                    let what = format!("{} {prefix}{path} with {access}: {answer:?}", info.method);
                    match refusal(info.access, info.key_access, *access) {
                        Some((status, message)) => {
                            assert_eq!((answer.status, answer.said()), (status, message), "{what}");
                            assert_eq!(answer.json.get("data"), (info.dialect == Dialect::Systems).then_some(&json!({})), "{what}");
                        }
                        None => assert!(![401, 403].contains(&answer.status), "{what}"),
                    }
                }
            }
        }
        // Nothing of that has hurt anybody.
        assert_eq!(read(&bench, &tokens.access).await, 200);
        assert_eq!([read(&bench, &keys[0].1).await, read(&bench, &keys[1].1).await], [200, 200]);
    }

    async fn a_key_is_presented_as_a_token_is_and_in_no_other_way(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        let key = make(&bench, &tokens.access, "read").await.key;
        let with = async |name: &str, value: String| Answer::of(bench.call(Method::GET, SYSTEMS).header(name, value)).await.status;
        for value in [format!("Bearer {key}"), format!("bearer {key}"), format!("BEARER  {key}"), key.clone()] {
            assert_eq!(with("authorization", value.clone()).await, 200, "{value}");
        }
        let spelled = [format!("Basic {key}"), format!("Bearer {}", key.to_uppercase()), format!("Bearer {key}="), format!("ApiKey {key}")];
        for value in spelled {
            assert_eq!(with("authorization", value.clone()).await, 401, "{value}");
        }
        for name in ["x-api-key", "cookie"] {
            assert_eq!(with(name, format!("bailiwick={key}")).await, 401, "{name}");
            assert_eq!(with(name, key.clone()).await, 401, "{name}");
        }
        for name in ["api_key", "access_token", "token"] {
            let path = format!("{SYSTEMS}?{name}={key}");
            assert_eq!(Answer::of(bench.call(Method::GET, &path)).await.status, 401, "{name}");
        }
        let twice = bench.call(Method::GET, SYSTEMS).header("authorization", &key).header("authorization", &key);
        assert_eq!(Answer::of(twice).await.status, 401);
        for path in ["/", "/account"] {
            let page = bench.call(Method::GET, path).bearer_auth(&key).header("cookie", format!("bailiwick={key}"));
            assert_eq!(Answer::of(page).await.status, 303, "{path}");
        }
    }

    async fn an_unknown_an_expired_and_a_revoked_key_are_refused_alike_and_held_against_nobody(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.super_admin("ann", owner).await;
        let token = bench.sign_in(&ann).await.access;
        let body = json!({ "name": "for a day", "access": "write", "expires_in_days": 1 });
        let expired = crate::support::Made::of(&ask(&bench, &token, &body).await).key;
        let revoked = make(&bench, &token, "write").await;
        let good = make(&bench, &token, "write").await.key;
        assert_eq!([read(&bench, &expired).await, read(&bench, &revoked.key).await], [200, 200]);
        revoke(&bench, &token, &revoked.id).await.data(200);
        bench.clock.advance(Span::days(1));
        let (public, secret) = good.rsplit_once('_').unwrap();
        let other = if secret.starts_with('0') { '1' } else { '0' };
        let made_up = [
            format!("bwk_{}_{secret}", "0".repeat(20)),
            format!("{public}_{other}{}", &secret[1..]),
            format!("{public}_{}", "0".repeat(40)),
            format!("{public}_"),
            "bwk_".to_owned(),
            "bwk_nonsense".to_owned(),
        ];
        let held = "SELECT COUNT(*) FROM throttle_ledgers";
        let before = number(bench.database_url(), held).await;
        let expected = call(&bench, Method::GET, SYSTEMS, "a.made-up.token").await;
        expected.refused(401, "invalid token");
        let comparable = |answer: &Answer| {
            let mut headers = answer.headers.clone();
            headers.remove("x-request-id");
            headers.remove("date");
            (answer.status, headers, answer.body.clone())
        };
        for key in made_up.iter().chain([&expired, &revoked.key]) {
            for _ in 0..10 {
                let refused = call(&bench, Method::GET, SYSTEMS, key).await;
                assert_eq!(comparable(&refused), comparable(&expected), "{key}");
            }
        }
        assert_eq!(number(bench.database_url(), held).await, before, "no failure with a key is counted");
        bench.sign_in(&ann).await;
        assert_eq!(read(&bench, &good).await, 200);
    }

    async fn a_key_may_do_what_its_owner_may_do_and_no_more(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let [ours, theirs] = [bench.organisation("Ours", Some(owner)).await, bench.organisation("Theirs", Some(owner)).await];
        let people = [
            bench.person("reader", ours, Role::Reader).await,
            bench.person("support", ours, Role::Support).await,
            bench.person("admin", ours, Role::Admin).await,
        ];
        let stranger = bench.person("stranger", theirs, Role::Admin).await;
        let stranger = make(&bench, &bench.sign_in(&stranger).await.access, "write").await.key;
        let draft = json!({ "name": "System", "type": "ns8" });
        let create = async |key: &str| bench.ask(Method::POST, SYSTEMS, key, Some(&draft)).await;
        for (person, may_write, may_audit) in [(&people[0], false, false), (&people[1], true, false), (&people[2], true, true)] {
            let token = bench.sign_in(person).await.access;
            let (reading, writing) = (make(&bench, &token, "read").await.key, make(&bench, &token, "write").await.key);
            let created = create(&writing).await;
            if may_write {
                let id = text(created.data(201), "id").to_owned();
                assert_eq!(created.data(201)["organization"]["id"], json!(ours), "in the organisation of its owner");
                let path = format!("{SYSTEMS}/{id}");
                assert_eq!(call(&bench, Method::GET, &path, &reading).await.status, 200);
                let foreign = call(&bench, Method::GET, &path, &stranger).await;
                foreign.refused(404, "system not found");
                call(&bench, Method::DELETE, &path, &reading).await.refused(403, "api key may only read");
                assert_eq!(call(&bench, Method::DELETE, &path, &writing).await.status, 200);
            } else {
                created.refused(403, "insufficient permissions");
            }
            create(&reading).await.refused(403, "api key may only read");
            let audit = call(&bench, Method::GET, "/api/audit", &reading).await;
            let expected = if may_audit { 200 } else { 403 };
            assert_eq!(audit.status, expected, "{} {audit:?}", Right::ReadAudit);
        }
    }
}
