//! Why somebody may do something, or may not, as whoever manages both is told.

use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Scene, path};

async fn explain(bench: &Bench, asker: &Actor, subject: UserId, resource: &str, right: &str) -> Answer {
    let query = format!("/api/access/explain?subject={subject}&resource={resource}&right={right}");
    asker.get(bench, &query).await
}

/// Verdict, rule, and the names on the first way.
fn verdict(answer: &Answer) -> (bool, &str, Vec<&str>) {
    let data = answer.data(200);
    let way = data["chain"][0]["path"].as_array().map(Vec::as_slice).unwrap_or_default();
    (data["allowed"] == json!(true), text(data, "rule"), way.iter().map(|step| text(step, "name")).collect())
}

async fn system_of(bench: &Bench, actor: &Actor, organisation: OrganisationId) -> String {
    let draft = json!({ "name": "till", "type": "ns8", "organization_id": organisation });
    let created = actor.ask(bench, Method::POST, "/api/systems", Some(&draft)).await;
    text(created.data(201), "id").to_owned()
}

on_both_engines! {
    async fn a_right_is_explained_from_the_role_down_the_tree_to_the_rule(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let helper = bench.person("helper", scene.reseller, Role::Support).await;
        let system = format!("system:{}", system_of(&bench, &scene.root, scene.customer).await);
        let organisation = format!("organization:{}", scene.customer);

        let may = explain(&bench, &scene.of_north, helper.id, &system, "manage:systems").await;
        assert_eq!(verdict(&may), (true, "role", vec!["Dealer", "Bakery"]));
        let sentence = "helper is support in Dealer, which grants manage:systems there and below, and till is below: \
            Dealer → Bakery.";
        assert_eq!(may.data(200)["explanation"], sentence);
        let may_not = explain(&bench, &scene.of_north, helper.id, &organisation, "manage:organizations").await;
        assert_eq!(verdict(&may_not), (false, "no_role", vec!["Dealer", "Bakery"]));
        assert_eq!(may_not.data(200)["chain"][0]["outcome"], "role_lacks_right");
        let elsewhere = format!("organization:{}", scene.north);
        let above = explain(&bench, &scene.of_north, helper.id, &elsewhere, "read:systems").await;
        assert_eq!((verdict(&above).1, &above.data(200)["chain"][0]["outcome"]), ("no_role", &json!("not_above")));
        let never = explain(&bench, &scene.of_north, helper.id, &system, "destroy:systems").await;
        assert_eq!(verdict(&never).1, "super_admins_only");

        let suspend = format!("{}/suspend", path(scene.reseller));
        scene.of_north.ask(&bench, Method::PATCH, &suspend, None).await.data(200);
        let out = explain(&bench, &scene.of_north, helper.id, &system, "manage:systems").await;
        assert_eq!(out.data(200)["chain"][0]["outcome"], "organization_suspended");
        assert_eq!(verdict(&out).1, "no_role");
    }

    async fn an_explanation_is_for_whoever_manages_both_and_names_nothing_that_they_may_not_see(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let helper = bench.person("helper", scene.customer, Role::Reader).await;
        bench.join(&helper, scene.north, Role::Admin).await;
        let system = format!("system:{}", system_of(&bench, &scene.root, scene.customer).await);
        let foreign = format!("system:{}", system_of(&bench, &scene.root, scene.south).await);

        // The dealer sees the bakery, and not North, through which the helper may.
        let seen = explain(&bench, &scene.of_reseller, helper.id, &system, "manage:systems").await;
        let data = seen.data(200);
        assert_eq!((&data["allowed"], &data["chain"][0]["organization"]), (&json!(true), &Value::Null));
        assert_eq!(data["explanation"], "helper has a role further up, which grants manage:systems there and below.");
        assert!(!seen.json.to_string().contains("North"), "{}", seen.json);

        for (asker, subject, resource, refused) in [
            (&scene.of_reseller, helper.id, &foreign, ["resource"].as_slice()),
            (&scene.of_south, helper.id, &foreign, ["subject"].as_slice()),
            (&scene.of_south, helper.id, &system, ["resource", "subject"].as_slice()),
        ] {
            let answer = explain(&bench, asker, subject, resource, "read:systems").await;
            let mut fields: Vec<&str> = answer.fields().into_iter().map(|(field, _)| field).collect();
            fields.sort_unstable();
            assert_eq!(fields, refused);
        }
        let odd = explain(&bench, &scene.of_north, helper.id, &system, "read:users").await;
        assert_eq!(odd.fields(), [("right", "right")]);
        let asked = scene.of_north.get(&bench, "/api/access/explain?subject=x&resource=till&right=fly").await;
        assert_eq!(asked.fields().len(), 3);
        explain(&bench, &scene.supporter, helper.id, &system, "read:systems").await.refused(403, "insufficient permissions");
    }

    async fn what_is_explained_is_what_happens(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let places = [scene.north, scene.south, scene.reseller, scene.customer];
        for (number, place) in places.into_iter().enumerate() {
            for role in Role::ALL {
                let person = bench.person(&format!("{role}{number}"), place, role).await;
                let actor = Actor::of(&bench, &person).await;
                for target in places {
                    let resource = format!("organization:{target}");
                    let reads = explain(&bench, &scene.root, person.id, &resource, "read:organizations").await;
                    let changes = explain(&bench, &scene.root, person.id, &resource, "manage:organizations").await;
                    let told = (verdict(&reads).0, verdict(&changes).0);
                    let read = actor.get(&bench, &path(target)).await.status == 200;
                    let change = json!({ "custom_data": { "by": number.to_string() } });
                    let changed = actor.change(&bench, &target.to_string(), &change).await.status == 200;
                    assert_eq!(told, (read, changed), "{role} of {number} over {target}");
                }
            }
        }
    }
}
