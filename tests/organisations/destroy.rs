//! What is destroyed is gone for good, with all that belonged to it and nothing else.

use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::PASSWORD;
use bailiwick_testkit::receiver::Receiver;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Scene, path, touched};

/// Asks for a system for an outside application.
async fn call_back(bench: &Bench, actor: &Actor, receiver: &Receiver, state: &str, organisation: &str) -> Answer {
    let body = json!({
        "name": "Called", "type": "ns8", "callback_url": receiver.at("/callback"), "callback_state": state,
        "organization_id": organisation,
    });
    actor.ask(bench, Method::POST, "/api/systems/callback", Some(&body)).await
}

async fn sign_in(bench: &Bench, name: &str) -> u16 {
    bench.try_sign_in(&format!("{name}@example.org"), PASSWORD).await
}

on_both_engines! {
    async fn what_is_destroyed_takes_its_people_systems_and_invitations_and_nothing_else(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let system = scene.of_reseller.system(&bench, "Till", scene.customer).await;
        let both = bench.person("both", scene.customer, Role::Reader).await;
        bench.join(&both, scene.south, Role::Reader).await;
        let both = Actor::of(&bench, &both).await;
        let chief = Actor::of(&bench, &bench.super_admin("chief", scene.reseller).await).await;
        let invited = json!({ "organization_id": scene.customer, "email": "new@example.net", "role": "reader" });
        let invited = scene.of_customer.ask(&bench, Method::POST, "/api/invitations", Some(&invited)).await;
        invited.data(201);
        // What somebody who leaves did elsewhere, before it was led away from them.
        let elsewhere = bench.organisation("Elsewhere", Some(scene.reseller)).await;
        let kept = scene.of_reseller.system(&bench, "Kept", elsewhere).await;
        scene.root.put_below(&bench, elsewhere, scene.south).await.data(200);

        scene.root.act(&bench, scene.reseller, "delete").await.data(200);
        let destroyed = scene.root.act(&bench, scene.reseller, "destroy").await.data(200).clone();
        // Of the four people there one belongs elsewhere too, and one is a super admin.
        assert_eq!(destroyed["removed"], touched(2, 2, 1));
        assert_eq!((text(&destroyed, "name"), text(&destroyed, "type")), ("Dealer", "reseller"));

        for name in ["dealer", "baker"] {
            assert_eq!(sign_in(&bench, name).await, 401, "{name}");
        }
        for name in ["both", "chief", "north"] {
            assert_eq!(sign_in(&bench, name).await, 200, "{name}");
        }
        assert_eq!(scene.of_reseller.status(&bench, "/api/me").await, 401);
        assert_eq!(both.names(&bench, "").await, ["Elsewhere", "South"]);
        assert_eq!(chief.names(&bench, "").await, ["Elsewhere", "North", "Owner", "South"]);
        assert_eq!(scene.root.names(&bench, "deleted=true").await, Vec::<String>::new());
        for gone in [path(scene.reseller), system] {
            assert_eq!(scene.root.status(&bench, &gone).await, 404, "{gone}");
        }
        let invitations = scene.root.get(&bench, "/api/invitations").await;
        assert_eq!(invitations.data(200)["pagination"]["total_count"], 0);
        let kept = scene.of_south.get(&bench, &kept).await;
        assert_eq!(kept.data(200)["created_by"], Value::Null, "what they made for others stays");
        // The address is free again.
        bench.person("dealer", scene.south, Role::Reader).await;
    }

    async fn the_audit_log_keeps_what_it_says_of_what_is_destroyed(bench: Bench) {
        let scene = Scene::set(&bench).await;
        scene.of_reseller.system(&bench, "Till", scene.customer).await;
        let count = async || {
            let log = scene.root.get(&bench, "/api/audit?page_size=100").await;
            log.data(200)["pagination"]["total_count"].as_i64().unwrap()
        };
        scene.root.act(&bench, scene.reseller, "delete").await.data(200);
        let before = count().await;
        scene.root.act(&bench, scene.reseller, "destroy").await.data(200);
        assert_eq!(count().await, before + 1, "one more, and none fewer");
        let of_customer = scene.root.get(&bench, &format!("/api/audit?organization_id={}", scene.customer)).await;
        assert!(of_customer.data(200)["pagination"]["total_count"].as_i64().unwrap() >= 2, "{}", of_customer.json);
        let entries = scene.of_north.audited(&bench, "organization.destroyed").await;
        let details = json!({ "name": "Dealer", "type": "reseller", "organizations": 2, "users": 2, "systems": 1 });
        assert_eq!(entries.iter().map(|entry| &entry["details"]).collect::<Vec<_>>(), [&details]);
        assert_eq!(text(&entries[0], "subject_id"), scene.reseller.to_string());
    }

    async fn only_what_is_deleted_is_destroyed_and_by_super_admins_alone(bench: Bench) {
        let scene = Scene::set(&bench).await;
        scene.root.act(&bench, scene.reseller, "destroy").await.refused(409, "organization is not deleted");
        scene.root.act(&bench, scene.reseller, "delete").await.data(200);
        for actor in [&scene.of_north, &scene.of_south, &scene.supporter] {
            actor.act(&bench, scene.reseller, "destroy").await.refused(403, "insufficient permissions");
        }
        scene.root.act(&bench, scene.reseller, "restore").await.data(200);
        assert_eq!(scene.of_customer.status(&bench, "/api/me").await, 200, "nothing is lost before it is destroyed");
        // What went with something above can be destroyed by itself, and does not come back with that.
        scene.root.act(&bench, scene.reseller, "delete").await.data(200);
        scene.root.act(&bench, scene.customer, "destroy").await.data(200);
        scene.root.act(&bench, scene.customer, "destroy").await.refused(404, "organization not found");
        scene.root.act(&bench, scene.reseller, "restore").await.data(200);
        assert_eq!(scene.of_north.names(&bench, "").await, ["Dealer", "North"]);
        assert_eq!(scene.of_customer.status(&bench, "/api/me").await, 401);
    }

    async fn a_used_state_stays_used_when_its_system_is_destroyed(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let receiver = Receiver::start().await.unwrap();
        let state = bench.state("once");
        let customer = scene.customer.to_string();
        call_back(&bench, &scene.of_customer, &receiver, &state, &customer).await.data(201);
        for act in ["delete", "destroy"] {
            scene.root.act(&bench, scene.customer, act).await.data(200);
        }
        let again = call_back(&bench, &scene.of_reseller, &receiver, &state, &scene.reseller.to_string()).await;
        again.refused(400, "state token already used");
    }
}
