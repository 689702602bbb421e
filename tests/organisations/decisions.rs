//! Suspensions and deletions over the API: whom they reach, who may decide them, and what they leave behind.

use std::time::Duration;

use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::text;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, ORGANIZATIONS, Scene, path, touched};

/// Everything that can be decided of an organisation without a body.
const ACTS: [&str; 4] = ["suspend", "reactivate", "delete", "restore"];

/// The names in the list of what is deleted.
async fn deleted(bench: &Bench, actor: &Actor) -> Vec<String> {
    actor.names(bench, "deleted=true").await
}

on_both_engines! {
    async fn a_suspension_refuses_people_from_the_next_request_and_says_what_it_touched(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let system = scene.of_reseller.system(&bench, "Till", scene.customer).await;
        let both = bench.person("both", scene.customer, Role::Admin).await;
        bench.join(&both, scene.south, Role::Reader).await;
        let both = Actor::of(&bench, &both).await;
        assert_eq!(scene.of_customer.status(&bench, &system).await, 200);

        let suspended = scene.of_north.act(&bench, scene.reseller, "suspend").await;
        assert_eq!(suspended.data(200)["touched"], touched(2, 3, 1));
        assert_eq!(suspended.data(200)["organization"]["is_suspended"], true);
        for out in [&scene.of_reseller, &scene.of_customer] {
            out.get(&bench, &system).await.refused(401, "invalid token");
        }
        assert_eq!(both.status(&bench, &system).await, 404, "nothing through what is out");
        assert_eq!(both.names(&bench, "").await, ["South"]);
        let new = json!({ "name": "New", "type": "ns8", "organization_id": scene.customer });
        let new = scene.of_north.ask(&bench, Method::POST, "/api/systems", Some(&new)).await;
        assert_eq!(new.fields(), [("organization_id", "organization")], "nothing new comes to what is out");
        assert_eq!(scene.of_north.status(&bench, &system).await, 200, "those above see it all the same");
        assert_eq!(scene.of_north.names(&bench, "is_suspended=true").await, ["Bakery", "Dealer"]);
        scene.of_north.act(&bench, scene.reseller, "suspend").await.refused(409, "organization is already suspended");

        let back = scene.of_north.act(&bench, scene.reseller, "reactivate").await;
        assert_eq!(back.data(200)["touched"], touched(2, 3, 1));
        assert_eq!(back.data(200)["organization"]["suspended_at"], Value::Null);
        assert_eq!(scene.of_customer.status(&bench, &system).await, 200, "nothing of theirs has ended");
        scene.of_north.act(&bench, scene.reseller, "reactivate").await.refused(409, "organization is not suspended");
        for action in ["organization.suspended", "organization.reactivated"] {
            let entries = scene.of_north.audited(&bench, action).await;
            assert_eq!(entries.len(), 1, "{action}");
            assert_eq!(entries[0]["details"], touched(2, 3, 1));
        }
    }

    async fn what_is_deleted_is_gone_with_all_below_and_found_by_whoever_may_restore_it(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let system = scene.of_reseller.system(&bench, "Till", scene.customer).await;
        let person = bench.person("clerk", scene.customer, Role::Reader).await.id;
        let person = format!("/auth/user/{person}");
        assert_eq!(scene.of_north.status(&bench, &person).await, 200);
        scene.of_north.act(&bench, scene.customer, "suspend").await.data(200);

        let gone = scene.of_north.act(&bench, scene.reseller, "delete").await;
        assert_eq!(gone.data(200)["touched"], touched(2, 3, 1), "suspended or not");
        assert_eq!(scene.of_reseller.status(&bench, &system).await, 401);
        assert_eq!(scene.of_north.status(&bench, &person).await, 404, "its people are gone with it");
        for actor in [&scene.of_north, &scene.root] {
            for id in [scene.reseller, scene.customer] {
                actor.get(&bench, &path(id)).await.refused(404, "organization not found");
                for act in ["suspend", "reactivate", "delete"] {
                    actor.act(&bench, id, act).await.refused(404, "organization not found");
                }
            }
            actor.get(&bench, &system).await.refused(404, "system not found");
            let systems = actor.get(&bench, "/api/systems").await;
            assert_eq!(systems.data(200)["pagination"]["total_count"], 0);
            assert_eq!(deleted(&bench, actor).await, ["Bakery", "Dealer"]);
        }
        assert_eq!(scene.root.names(&bench, "").await, ["North", "Owner", "South"]);
        for other in [&scene.supporter, &scene.of_south] {
            assert_eq!(deleted(&bench, other).await, Vec::<String>::new());
            let stats = format!("{}/stats", path(scene.reseller));
            other.get(&bench, &stats).await.refused(404, "organization not found");
            let restore = other.act(&bench, scene.reseller, "restore").await;
            assert!([403, 404].contains(&restore.status), "{}", restore.json);
        }
        let stats = scene.of_north.get(&bench, &format!("{}/stats", path(scene.reseller))).await;
        assert_eq!(stats.data(200)["systems_hierarchy_count"], 1, "what would be destroyed can be counted");

        let below = scene.of_north.act(&bench, scene.customer, "restore").await;
        below.refused(409, "organization above is deleted");
        let back = scene.of_north.act(&bench, scene.reseller, "restore").await;
        assert_eq!(back.data(200)["touched"], touched(2, 3, 1));
        assert_eq!(scene.of_reseller.status(&bench, &system).await, 200);
        assert_eq!(scene.of_customer.status(&bench, &system).await, 401, "it was suspended itself, and stays so");
        scene.of_north.act(&bench, scene.reseller, "restore").await.refused(409, "organization is not deleted");
        assert_eq!(deleted(&bench, &scene.root).await, Vec::<String>::new());
    }

    async fn nobody_decides_of_the_organisation_that_they_hold_the_right_through(bench: Bench) {
        let scene = Scene::set(&bench).await;
        for act in ["suspend", "delete"] {
            scene.of_north.act(&bench, scene.north, act).await.refused(409, "own organization");
        }
        let moved = scene.of_reseller.put_below(&bench, scene.reseller, scene.customer).await;
        moved.refused(409, "own organization");
        assert_eq!(scene.of_north.names(&bench, "").await, ["Bakery", "Dealer", "North"]);
        for action in ["organization.suspended", "organization.deleted", "organization.moved"] {
            assert_eq!(scene.root.audited(&bench, action).await.len(), 0, "a refused act leaves nothing behind");
        }
        // Whoever holds it above too may: they still hold it afterwards.
        let twice = bench.person("twice", scene.reseller, Role::Admin).await;
        bench.join(&twice, scene.north, Role::Admin).await;
        let twice = Actor::of(&bench, &twice).await;
        twice.act(&bench, scene.reseller, "suspend").await.data(200);
        twice.act(&bench, scene.reseller, "reactivate").await.data(200);
        // A place above that is out is none, and neither is one without the right.
        let reads = bench.person("reads", scene.reseller, Role::Admin).await;
        bench.join(&reads, scene.north, Role::Reader).await;
        let reads = Actor::of(&bench, &reads).await;
        reads.act(&bench, scene.reseller, "delete").await.refused(409, "own organization");
    }

    async fn the_owner_stays_what_it_is_and_where_it_is(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let admin = Actor::of(&bench, &bench.person("boss", scene.owner, Role::Admin).await).await;
        for actor in [&scene.root, &admin] {
            for act in ["suspend", "delete"] {
                actor.act(&bench, scene.owner, act).await.refused(409, "owner organization");
            }
            actor.put_below(&bench, scene.owner, scene.north).await.refused(409, "owner organization");
        }
        scene.root.act(&bench, scene.owner, "destroy").await.refused(409, "owner organization");
        admin.act(&bench, scene.owner, "destroy").await.refused(403, "insufficient permissions");
        assert_eq!(scene.root.names(&bench, "").await.len(), 5);
    }

    async fn what_is_foreign_is_unknown_to_every_act_and_what_is_only_seen_is_forbidden(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let nobody = "019a9f00-0000-7000-8000-00000000aaaa";
        for act in ACTS {
            for (actor, id) in [(&scene.of_south, scene.reseller), (&scene.of_customer, scene.reseller), (&scene.of_reseller, scene.north)] {
                let foreign = actor.act(&bench, id, act).await;
                foreign.refused(404, "organization not found");
                assert_eq!(actor.act(&bench, nobody, act).await.json, foreign.json, "as if it did not exist");
                assert_eq!(actor.act(&bench, "x", act).await.json, foreign.json, "as if it did not exist");
            }
            scene.supporter.act(&bench, scene.reseller, act).await.refused(403, "insufficient permissions");
        }
        // Who manages one part and only sees another learns that the right is missing there.
        let mixed = bench.person("mixed", scene.south, Role::Admin).await;
        bench.join(&mixed, scene.north, Role::Reader).await;
        let mixed = Actor::of(&bench, &mixed).await;
        for act in ACTS {
            mixed.act(&bench, scene.reseller, act).await.refused(403, "insufficient permissions");
        }
        mixed.put_below(&bench, scene.reseller, scene.south).await.refused(403, "insufficient permissions");
        scene.of_north.act(&bench, scene.reseller, "destroy").await.refused(403, "insufficient permissions");
    }

    async fn a_restored_organisation_does_not_bring_a_vat_number_back_that_is_taken(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let number = |name: &str, kind: &str, number: &str| json!({ "name": name, "type": kind, "vat_number": number });
        let first = scene.of_north.create(&bench, &number("First", "reseller", "IT111")).await.data(201).clone();
        let below = json!({ "name": "Below", "type": "customer", "vat_number": "IT222", "parent_id": first["id"] });
        scene.of_north.create(&bench, &below).await.data(201);
        scene.of_north.act(&bench, text(&first, "id"), "delete").await.data(200);
        let same = scene.of_north.create(&bench, &number("Same", "reseller", "IT111")).await.data(201).clone();
        let restored = scene.of_north.act(&bench, text(&first, "id"), "restore").await;
        restored.refused(409, "vat number taken");
        scene.of_north.change(&bench, text(&same, "id"), &json!({ "vat_number": "IT222" })).await.data(200);
        let restored = scene.of_north.act(&bench, text(&first, "id"), "restore").await;
        restored.refused(409, "vat number taken");
        assert_eq!(restored.json["data"]["error"], "both have IT222");
        scene.of_north.change(&bench, text(&same, "id"), &json!({ "vat_number": null })).await.data(200);
        scene.of_north.act(&bench, text(&first, "id"), "restore").await.data(200);
        assert_eq!(scene.of_north.names(&bench, "search=it111").await, ["First"]);
    }

    async fn decisions_are_heard_on_every_node_within_a_second(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let other = bench.another_node().await;
        let expect = async |status: u16, after: &str| {
            for _ in 0..100 {
                if scene.of_customer.status(&other, "/api/me").await == status {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            panic!("after {after} the other node did not answer {status} within a second");
        };
        expect(200, "nothing").await;
        for (act, status) in [("suspend", 401), ("reactivate", 200), ("delete", 401), ("restore", 200)] {
            scene.root.act(&bench, scene.reseller, act).await.data(200);
            expect(status, act).await;
        }
        for act in ["delete", "destroy"] {
            scene.root.act(&bench, scene.reseller, act).await.data(200);
        }
        expect(401, "destroy").await;
    }

    async fn what_is_written_down_of_an_organisation_tells_its_people_nothing_of_what_stands_above(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let draft = json!({ "name": "Below", "type": "reseller", "parent_id": scene.north });
        let created = scene.root.create(&bench, &draft).await.data(201).clone();
        let id = bailiwick_domain::field::Parse::parse_text(text(&created, "id")).unwrap();
        let own = Actor::of(&bench, &bench.person("own", id, Role::Admin).await).await;
        for act in ["suspend", "reactivate", "delete", "restore"] {
            scene.of_north.act(&bench, id, act).await.data(200);
        }
        scene.root.put_below(&bench, id, scene.south).await.data(200);
        let log = own.get(&bench, "/api/audit?page_size=100").await;
        assert!(log.data(200)["pagination"]["total_count"].as_i64().unwrap() >= 5, "{}", log.json);
        for above in [scene.owner, scene.north, scene.south] {
            assert!(!log.json.to_string().contains(&above.to_string()), "{}", log.json);
        }
        assert_eq!(scene.of_north.audited(&bench, "organization.created").await.len(), 1, "those above read of it");
    }

    async fn stats_count_what_is_ones_own_and_what_is_below(bench: Bench) {
        let scene = Scene::set(&bench).await;
        scene.of_north.system(&bench, "Own", scene.north).await;
        scene.of_north.system(&bench, "Below", scene.customer).await;
        let dropped = scene.of_north.system(&bench, "Dropped", scene.customer).await;
        scene.of_north.ask(&bench, Method::DELETE, &dropped, None).await.data(200);
        // Somebody of two organisations is one person.
        let both = bench.person("both", scene.customer, Role::Reader).await;
        bench.join(&both, scene.north, Role::Reader).await;
        let gone = bench.organisation("Gone", Some(scene.north)).await;
        scene.of_north.act(&bench, gone, "delete").await.data(200);
        let stats = scene.supporter.get(&bench, &format!("{}/stats", path(scene.north))).await;
        let expected = json!({
            "users_count": 3, "users_hierarchy_count": 5, "systems_count": 1, "systems_hierarchy_count": 2,
            "organizations_hierarchy_count": 2, "distributors_count": 0, "resellers_count": 1, "customers_count": 0,
        });
        assert_eq!(stats.data(200), &expected);
        let owner = scene.root.get(&bench, &format!("{}/stats", path(scene.owner))).await;
        assert_eq!(owner.data(200)["distributors_count"], 2);
        scene.of_south.get(&bench, &format!("{}/stats", path(scene.north))).await.refused(404, "organization not found");
        assert_eq!(scene.root.get(&bench, &format!("{ORGANIZATIONS}?deleted=maybe")).await.fields(), [("deleted", "boolean")]);
    }
}
