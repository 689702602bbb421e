//! What people say of themselves, and who may read and change it.

use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::{Person, Tokens};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Aside, Strict};

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

fn path_of(person: &Person) -> String {
    format!("/auth/user/{}", person.id)
}

/// The subjects of the changes of people that somebody finds in the audit log.
async fn changes_seen_by(bench: &Bench, tokens: &Tokens) -> Vec<String> {
    let log = get(bench, tokens, "/api/audit?action=user.changed").await.json();
    let entries = log["data"]["entries"].as_array().unwrap();
    entries.iter().map(|entry| entry["subject_id"].as_str().unwrap().to_owned()).collect()
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

    async fn whoever_belongs_to_two_organisations_is_shown_and_audited_in_the_one_that_the_right_comes_from(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let acme = bench.organisation("Acme", Some(owner)).await;
        let shop = bench.organisation("Shop", Some(owner)).await;
        let cleo = bench.person("cleo", acme, Role::Reader).await;
        bench.join(&cleo, shop, Role::Reader).await;
        let in_acme = bench.sign_in(&bench.person("ann", acme, Role::Admin).await).await;
        let in_shop = bench.sign_in(&bench.person("ben", shop, Role::Admin).await).await;
        let above = bench.sign_in(&bench.super_admin("chief", owner).await).await;
        let herself = bench.sign_in(&cleo).await;

        for (tokens, (name, id)) in
            [(&in_acme, ("Acme", acme)), (&in_shop, ("Shop", shop)), (&above, ("Acme", acme)), (&herself, ("Acme", acme))]
        {
            let shown = get(&bench, tokens, &path_of(&cleo)).await.json();
            assert_eq!(shown["Organisation"], json!({ "Name": name, "UUID": id.to_string() }));
        }
        let changed = patch(&bench, &in_shop, &path_of(&cleo), &json!({ "Name": "Cleo of Shop" })).await;
        assert!(changed.status == 200 && !changed.body.contains("Acme"), "{changed:?}");
        assert_eq!(changed.json()["Organisation"]["Name"], "Shop");
        assert_eq!(changes_seen_by(&bench, &in_shop).await, [cleo.id.to_string()]);
        assert_eq!(changes_seen_by(&bench, &in_acme).await, [""; 0]);
        patch(&bench, &in_acme, &path_of(&cleo), &json!({ "Name": "Cleo of Acme" })).await;
        assert_eq!(changes_seen_by(&bench, &in_shop).await.len(), 1);
        assert_eq!(changes_seen_by(&bench, &in_acme).await, [cleo.id.to_string()]);
    }

    async fn only_super_admins_change_super_admins(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let shop = bench.organisation("Shop", Some(owner)).await;
        let chief = bench.super_admin("chief", shop).await;
        let other = bench.super_admin("other", owner).await;
        for boss in [bench.person("boss", owner, Role::Admin).await, bench.person("ben", shop, Role::Admin).await] {
            let tokens = bench.sign_in(&boss).await;
            assert_eq!(get(&bench, &tokens, &path_of(&chief)).await.status, 200);
            let change = json!({ "Name": "Impostor", "PhoneNumber": "+39 0721 12345" });
            patch(&bench, &tokens, &path_of(&chief), &change).await.message(403);
        }
        for (who, name) in [(&other, "From the other"), (&chief, "From the chief")] {
            let tokens = bench.sign_in(who).await;
            assert_eq!(get(&bench, &tokens, &path_of(&chief)).await.json()["PhoneNumber"], json!(null));
            let changed = patch(&bench, &tokens, &path_of(&chief), &json!({ "Name": name })).await;
            assert_eq!(changed.json()["Name"], name);
        }
    }

    async fn of_two_changes_at_once_neither_undoes_the_other(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let tokens = bench.sign_in(&ann).await;
        for round in 0..20 {
            let (name, number) = (format!("Ann {round}"), format!("+39 0721 {}", 10_000 + round));
            let (one, other) = (json!({ "Name": name }), json!({ "PhoneNumber": number }));
            let path = path_of(&ann);
            let answers =
                tokio::join!(patch(&bench, &tokens, &path, &one), patch(&bench, &tokens, &path, &other));
            assert_eq!((answers.0.status, answers.1.status), (200, 200));
            let now = get(&bench, &tokens, &path).await.json();
            assert_eq!((&now["Name"], &now["PhoneNumber"]), (&json!(name), &json!(number)), "round {round}");
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
            "role": "support", "is_suspended": false,
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
        for (what, is_there) in [("Nx", json!(false)), ("Upstreams", json!([])), ("SecondFactors", json!([])), ("Mail", json!(false))] {
            assert_eq!(features[what], is_there, "{what}");
        }
        let limits = json!({
            "ApiKeyDaysMax": 365, "ApiKeysMax": 5,
            "BodyLengthMax": 65536, "CallbackUrlLengthMax": 2048, "CustomDataLengthMax": 16384, "CustomDataMembersMax": 50,
            "EmailLengthMax": 254, "IdempotencyKeyLengthMax": 255, "NameLengthMax": 255, "PageSizeMax": 100,
            "PasswordLengthMax": 256, "PasswordLengthMin": 12, "PasswordScoreMin": 3, "StateLengthMax": 1024,
        });
        assert_eq!(features["Limits"], limits);
        Answer::of(bench.call(Method::GET, "/auth/configuration")).await.refuses_token();
    }
}
