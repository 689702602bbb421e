//! What people say of themselves, and who may read and change it.

use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::Tokens;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Aside};

async fn call(bench: &Bench, tokens: &Tokens, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let request = bench.call(method, path).bearer_auth(&tokens.access);
    Answer::of(match body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

async fn get(bench: &Bench, tokens: &Tokens, path: &str) -> Answer {
    call(bench, tokens, Method::GET, path, None).await
}

async fn patch(bench: &Bench, tokens: &Tokens, path: &str, body: &Value) -> Answer {
    call(bench, tokens, Method::PATCH, path, Some(body)).await
}

on_both_engines! {
    async fn one_reads_oneself_as_the_published_client_does(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let tokens = bench.sign_in(&ann).await;
        let answer = get(&bench, &tokens, &format!("/auth/user/{}", ann.id)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let expected = json!({
            "Email": "ann@example.org", "EmailConfirmed": false, "IsSuperAdmin": false, "JobTitle": null, "Name": "ann",
            "Newsletter": false, "NxID": "", "Organisation": { "Name": "Owner", "UUID": owner.to_string() },
            "PhoneNumber": null, "UUID": ann.id.to_string(),
        });
        assert_eq!(answer.json(), expected);
    }

    async fn people_are_read_down_the_tree_and_never_sideways(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let upper = bench.organisation("Upper", Some(owner)).await;
        let lower = bench.organisation("Lower", Some(upper)).await;
        let beside = bench.organisation("Beside", Some(owner)).await;
        let reader = bench.person("reader", upper, Role::Reader).await;
        let below = bench.person("below", lower, Role::Reader).await;
        let sibling = bench.person("sibling", beside, Role::Admin).await;
        let chief = bench.super_admin("chief", owner).await;
        let path = |id: &dyn std::fmt::Display| format!("/auth/user/{id}");

        let tokens = bench.sign_in(&reader).await;
        assert_eq!(get(&bench, &tokens, &path(&below.id)).await.json()["Name"], "below");
        let foreign = get(&bench, &tokens, &path(&sibling.id)).await;
        let unknown = get(&bench, &tokens, &path(&"01a00000-0000-7000-8000-000000000000")).await;
        let malformed = get(&bench, &tokens, &path(&"nobody")).await;
        foreign.message(404);
        assert_eq!((&foreign.body, &foreign.body), (&unknown.body, &malformed.body));
        // A reader changes nobody but themselves; a stranger learns nothing from trying.
        let change = json!({ "Name": "Changed" });
        patch(&bench, &tokens, &path(&below.id), &change).await.message(403);
        patch(&bench, &tokens, &path(&sibling.id), &change).await.message(404);

        let tokens = bench.sign_in(&chief).await;
        for person in [&reader, &below, &sibling] {
            assert_eq!(get(&bench, &tokens, &path(&person.id)).await.status, 200);
            assert_eq!(patch(&bench, &tokens, &path(&person.id), &change).await.json()["Name"], "Changed");
        }
    }

    async fn what_is_absent_stays_and_null_clears(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let tokens = bench.sign_in(&ann).await;
        let path = format!("/auth/user/{}", ann.id);
        let all = json!({ "Name": "Ann Verdi", "Newsletter": true, "PhoneNumber": "+39 0721 12345" });
        let answer = patch(&bench, &tokens, &path, &all).await.json();
        assert_eq!((&answer["Name"], &answer["Newsletter"]), (&json!("Ann Verdi"), &json!(true)));
        assert_eq!(answer["PhoneNumber"], "+39 0721 12345");
        assert_eq!(patch(&bench, &tokens, &path, &json!({})).await.json(), answer);
        let cleared = patch(&bench, &tokens, &path, &json!({ "PhoneNumber": null })).await.json();
        assert_eq!((&cleared["PhoneNumber"], &cleared["Name"]), (&json!(null), &json!("Ann Verdi")));
        assert_eq!(get(&bench, &tokens, &path).await.json(), cleared);
        // Only what changed something was written down.
        let entries = "SELECT COUNT(*) FROM audit WHERE action = 'user.changed'";
        assert_eq!(Aside::of(&bench).await.number(entries).await, 2);
    }

    async fn what_is_wrong_is_named_and_changes_nothing(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let tokens = bench.sign_in(&ann).await;
        let path = format!("/auth/user/{}", ann.id);
        for (body, field) in [
            (json!({ "Name": "Changed", "Email": "new@example.org" }), "Email"),
            (json!({ "Name": "Changed", "name": "lower" }), "name"),
            (json!({ "Name": " " }), "Name"),
            (json!({ "Name": "Changed", "Newsletter": "yes" }), "Newsletter"),
            (json!({ "Name": "Changed", "PhoneNumber": "call me" }), "PhoneNumber"),
        ] {
            patch(&bench, &tokens, &path, &body).await.refuses_field(field);
        }
        assert_eq!(get(&bench, &tokens, &path).await.json()["Name"], "ann");
    }

    async fn one_sees_and_changes_oneself_in_the_other_dialect_too(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Support).await;
        let tokens = bench.sign_in(&ann).await;
        let me = get(&bench, &tokens, "/api/me").await.json();
        assert_eq!(me["data"]["email"], "ann@example.org");
        let membership = json!({
            "organization_id": owner.to_string(), "organization_name": "Owner", "organization_type": "owner",
            "role": "support",
        });
        assert_eq!(me["data"]["memberships"], json!([membership]));

        let change = json!({ "name": "Ann", "language": "de", "theme": "dark", "job_title": "Engineer" });
        let changed = patch(&bench, &tokens, "/api/me", &change).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        let data = changed.json()["data"].clone();
        for (member, value) in change.as_object().unwrap() {
            assert_eq!(&data[member], value);
        }
        assert_eq!(get(&bench, &tokens, "/api/me").await.json()["data"], data);
        let refused = patch(&bench, &tokens, "/api/me", &json!({ "language": "fr", "theme": "pink", "age": 7 })).await;
        assert_eq!(refused.status, 400);
        let errors = refused.json()["data"]["errors"].clone();
        let keys: Vec<&str> = errors.as_array().unwrap().iter().filter_map(|error| error["key"].as_str()).collect();
        assert_eq!(keys, ["language", "theme", "age"]);
    }

    async fn the_configuration_says_what_is_switched_on(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        let features = get(&bench, &tokens, "/auth/configuration").await.json()["Features"].clone();
        assert_eq!(features["Registration"], "open");
        assert_eq!(features["SystemTypes"], json!(["ns8", "nsec"]));
        assert_eq!(features["Languages"], json!(["en", "de", "it"]));
        assert_eq!((&features["PasswordLengthMin"], &features["PasswordLengthMax"]), (&json!(12), &json!(256)));
        Answer::of(bench.call(Method::GET, "/auth/configuration")).await.refuses_token();
    }
}
