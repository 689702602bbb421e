//! Who made something is shown to those who may see them, and to nobody else.

use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::Person;
use reqwest::Method;
use serde_json::{Value, json};

async fn ask(bench: &Bench, person: &Person, method: Method, path: &str, body: Option<&Value>) -> Value {
    let token = bench.sign_in(person).await.access;
    let mut request = bench.call(method, path).bearer_auth(token);
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str::<Value>(&text).unwrap()["data"].clone()
}

on_both_engines! {
    async fn who_made_a_system_is_shown_where_they_are_to_be_seen_and_nowhere_else(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let north = bench.organisation_of_kind("North", OrganisationKind::Distributor, Some(owner)).await;
        let south = bench.organisation_of_kind("South", OrganisationKind::Distributor, Some(owner)).await;
        let shop = bench.organisation("Shop", Some(north)).await;
        let (above, reader) = (bench.person("above", north, Role::Admin).await, bench.person("reader", shop, Role::Reader).await);
        // Somebody of two organisations, who acts for the one that they joined first.
        let both = bench.person("both", south, Role::Admin).await;
        bench.join(&both, shop, Role::Support).await;
        let own = bench.person("own", shop, Role::Support).await;
        let draft = |name: &str| json!({ "name": name, "type": "ns8", "organization_id": shop });
        for (creator, name) in [(&above, "by above"), (&both, "by both"), (&own, "by own")] {
            let made = ask(&bench, creator, Method::POST, "/api/systems", Some(&draft(name))).await;
            assert_eq!(made["created_by"]["user_id"], creator.id.to_string(), "one always sees oneself");
            let path = format!("/api/systems/{}", made["id"].as_str().unwrap());
            let mut maintained = ask(&bench, &own, Method::PUT, &path, Some(&json!({ "maintenance": true }))).await;
            let shown = ask(&bench, &reader, Method::GET, &path, None).await;
            for member in ["created_by", "organization"] {
                assert_eq!(maintained[member].take(), shown[member], "whoever changes it sees no more");
            }
        }
        let creators = async |person: &Person| {
            let listed = ask(&bench, person, Method::GET, "/api/systems?sort_by=creator_name&sort_direction=asc", None).await;
            let systems = listed["systems"].as_array().unwrap().clone();
            systems.iter().map(|system| {
                let creator = &system["created_by"];
                (system["name"].as_str().unwrap().to_owned(), creator["user_name"].clone(), creator["organization_name"].clone())
            }).collect::<Vec<_>>()
        };
        let (null, named) = (Value::Null, |name: &str| Value::from(name));
        // Who stands above is not shown, nor where else somebody belongs; what is not shown comes last in its order.
        assert_eq!(creators(&reader).await, [
            ("by both".to_owned(), named("both"), null.clone()),
            ("by own".to_owned(), named("own"), named("Shop")),
            ("by above".to_owned(), null.clone(), null.clone()),
        ]);
        assert_eq!(creators(&above).await, [
            ("by above".to_owned(), named("above"), named("North")),
            ("by both".to_owned(), named("both"), null),
            ("by own".to_owned(), named("own"), named("Shop")),
        ]);
        let root = bench.super_admin("root", owner).await;
        let seen = creators(&root).await;
        assert!(seen.contains(&("by both".to_owned(), named("both"), named("South"))), "{seen:?}");
    }

    async fn a_neighbours_vat_number_is_not_found_out_by_trying(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let north = bench.organisation_of_kind("North", OrganisationKind::Distributor, Some(owner)).await;
        let (one, other) = (bench.organisation("One", Some(north)).await, bench.organisation("Other", Some(north)).await);
        let (admin, above) = (bench.person("admin", one, Role::Admin).await, bench.person("above", north, Role::Admin).await);
        let number = json!({ "vat_number": "IT12345678901" });
        ask(&bench, &above, Method::PUT, &format!("/api/organizations/{other}"), Some(&number)).await;
        let token = bench.sign_in(&admin).await.access;
        let mut answers = Vec::new();
        for tried in ["IT12345678901", "IT10987654321"] {
            let request = bench.call(Method::PUT, &format!("/api/organizations/{one}")).bearer_auth(&token);
            let answer = request.json(&json!({ "vat_number": tried })).send().await.unwrap();
            answers.push((answer.status().as_u16(), answer.json::<Value>().await.unwrap()));
        }
        assert_eq!((answers[0].0, &answers[0].1["message"]), (409, &json!("own organization")));
        assert_eq!(answers[0], answers[1], "taken by a neighbour or not");
        let given = ask(&bench, &above, Method::PUT, &format!("/api/organizations/{one}"), Some(&json!({ "vat_number": "IT10987654321" }))).await;
        assert_eq!(given["vat_number"], "IT10987654321", "those who stand above see both");
    }
}
