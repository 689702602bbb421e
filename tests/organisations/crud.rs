//! Organisations made, read, listed and changed by those who stand above them, and by nobody else.

use bailiwick_testkit::answer::text;
use bailiwick_testkit::on_both_engines;
use serde_json::{Value, json};

use crate::support::{Actor, ORGANIZATIONS, Scene, path};

fn draft(name: &str, kind: &str, more: &Value) -> Value {
    let mut draft = json!({ "name": name, "type": kind });
    draft.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    draft
}

on_both_engines! {
    async fn an_organisation_is_created_shown_and_changed(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let facts = json!({ "vat_number": "it 123.456.789-01", "custom_data": { "city": "Pesaro" } });
        let created = scene.of_north.create(&bench, &draft("  Café Nord ", "customer", &facts)).await;
        let created = created.data(201).clone();
        let (name, kind, number) = (&created["name"], &created["type"], &created["vat_number"]);
        assert_eq!((name, kind, number), (&json!("Café Nord"), &json!("customer"), &json!("IT12345678901")));
        assert_eq!(created["parent"], json!({ "id": scene.north, "name": "North", "type": "distributor" }));
        assert_eq!((&created["is_suspended"], &created["suspended_at"]), (&json!(false), &Value::Null));
        let id = text(&created, "id");
        assert_eq!(scene.of_north.get(&bench, &path(id)).await.data(200), &created);

        let changed = scene.of_north.change(&bench, id, &json!({ "name": "Bar Nord" })).await.data(200).clone();
        assert_eq!((&changed["name"], &changed["vat_number"]), (&json!("Bar Nord"), &json!("IT12345678901")));
        assert_eq!(changed["custom_data"], json!({ "city": "Pesaro" }), "what is absent stays");
        let cleared = scene.of_north.change(&bench, id, &json!({ "vat_number": null })).await.data(200).clone();
        assert_eq!(cleared["vat_number"], Value::Null);
        assert_eq!(scene.of_north.names(&bench, "search=NORD").await, ["Bar Nord"]);
    }

    async fn one_sees_and_manages_what_is_below_and_nothing_else(bench: Bench) {
        let scene = Scene::set(&bench).await;
        assert_eq!(scene.root.names(&bench, "").await, ["Bakery", "Dealer", "North", "Owner", "South"]);
        assert_eq!(scene.of_north.names(&bench, "").await, ["Bakery", "Dealer", "North"]);
        assert_eq!(scene.of_reseller.names(&bench, "sort_direction=desc").await, ["Dealer", "Bakery"]);
        assert_eq!(scene.of_customer.names(&bench, "").await, ["Bakery"]);
        assert_eq!(scene.of_south.names(&bench, "").await, ["South"]);
        assert_eq!(scene.of_north.names(&bench, &format!("parent_id={}", scene.reseller)).await, ["Bakery"]);
        assert_eq!(scene.of_north.names(&bench, &format!("parent_id={}", scene.owner)).await, ["North"]);

        // What stands above is nobody's business: neither its name nor its id.
        let own = scene.of_north.get(&bench, &path(scene.north)).await;
        assert_eq!(own.data(200)["parent"], Value::Null);
        for hidden in [scene.owner, scene.south] {
            scene.of_north.get(&bench, &path(hidden)).await.refused(404, "organization not found");
            let change = scene.of_north.change(&bench, &hidden.to_string(), &json!({ "name": "Mine" })).await;
            change.refused(404, "organization not found");
        }
        scene.supporter.get(&bench, &path(scene.customer)).await.data(200);
        let change = scene.supporter.change(&bench, &scene.customer.to_string(), &json!({ "name": "Mine" })).await;
        change.refused(403, "insufficient permissions");
    }

    async fn each_kind_creates_what_may_stand_below_it_and_nothing_else(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let kinds = ["owner", "distributor", "reseller", "customer"];
        let able = [
            (&scene.root, [false, true, true, true]),
            (&scene.of_north, [false, false, true, true]),
            (&scene.of_reseller, [false, false, false, true]),
            (&scene.of_customer, [false; 4]),
        ];
        for (number, (actor, may)) in able.into_iter().enumerate() {
            for (kind, may) in kinds.into_iter().zip(may) {
                let answer = actor.create(&bench, &draft(&format!("{kind} {number}"), kind, &json!({}))).await;
                if may {
                    answer.data(201);
                } else {
                    assert_eq!(answer.fields(), [("type", "place")], "{kind} by {number}");
                }
            }
        }
        // Below somebody else's, or one's own, by whoever has no such right.
        for (actor, parent) in [(&scene.of_south, scene.north), (&scene.of_reseller, scene.north)] {
            let answer = actor.create(&bench, &draft("Mine", "customer", &json!({ "parent_id": parent }))).await;
            assert_eq!(answer.fields(), [("parent_id", "organization")]);
        }
        scene.supporter.create(&bench, &draft("Mine", "customer", &json!({}))).await.refused(403, "insufficient permissions");
        let below = draft("Theirs", "customer", &json!({ "parent_id": scene.reseller }));
        assert_eq!(scene.of_north.create(&bench, &below).await.data(201)["parent"]["name"], "Dealer");
    }

    async fn a_vat_number_is_refused_where_one_can_see_it_and_nowhere_else(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let number = json!({ "vat_number": "DE123456789" });
        let first = scene.of_reseller.create(&bench, &draft("First", "customer", &number)).await.data(201).clone();
        let known = [("vat_number", "already_exists")];
        for actor in [&scene.of_reseller, &scene.of_north, &scene.root] {
            let again = actor.create(&bench, &draft("Again", "customer", &json!({ "vat_number": "de 123-456-789" }))).await;
            assert_eq!(again.fields(), known);
        }
        // Who cannot see it learns nothing of it.
        let elsewhere = scene.of_south.create(&bench, &draft("Elsewhere", "customer", &number)).await.data(201).clone();
        // One's own is no other's.
        let own = scene.of_reseller.change(&bench, text(&first, "id"), &json!({ "vat_number": "DE-123456789", "name": "One" })).await;
        assert_eq!(own.data(200)["name"], "One");
        let taken = scene.of_south.create(&bench, &draft("Neighbour", "customer", &json!({}))).await.data(201).clone();
        let taken = scene.of_south.change(&bench, text(&taken, "id"), &number).await;
        assert_eq!(taken.fields(), known);
        let freed = scene.of_south.change(&bench, text(&elsewhere, "id"), &json!({ "vat_number": null })).await;
        freed.data(200);
        let same = draft("Parallel", "customer", &number);
        let parallel = (0..8).map(|_| scene.of_south.create(&bench, &same));
        let mut answers = Vec::new();
        for answer in futures_util::future::join_all(parallel).await {
            answers.push(answer.status);
        }
        answers.sort_unstable();
        assert_eq!(answers, [201, 400, 400, 400, 400, 400, 400, 400]);
    }

    async fn a_search_lists_everything_once_by_the_words_that_it_finds(bench: Bench) {
        let scene = Scene::set(&bench).await;
        for name in ["Zum Zoll", "Zollhaus Abel", "Zoll Zollikon", "Altes Zollamt"] {
            scene.of_reseller.create(&bench, &draft(name, "customer", &json!({}))).await.data(201);
        }
        let names = async |who: &Actor, query: &str| -> Vec<String> {
            let answer = who.get(&bench, &format!("{ORGANIZATIONS}?{query}")).await;
            let listed = answer.data(200)["organizations"].as_array().unwrap();
            listed.iter().map(|one| text(one, "name").to_owned()).collect()
        };
        for who in [&scene.root, &scene.of_north, &scene.of_reseller] {
            let found = ["Zum Zoll", "Zoll Zollikon", "Altes Zollamt", "Zollhaus Abel"];
            for query in ["search=zoll", "search=Zoll&sort_by=match&type=customer", "search=zoll&is_suspended=false"] {
                assert_eq!(names(who, query).await, found, "{query}");
            }
            assert_eq!(names(who, "search=zoll&sort_direction=desc&page_size=2").await, ["Zollhaus Abel", "Altes Zollamt"]);
            let by_name = ["Altes Zollamt", "Zoll Zollikon", "Zollhaus Abel", "Zum Zoll"];
            assert_eq!(names(who, "search=zoll&sort_by=name").await, by_name);
        }
    }

    async fn what_is_wrong_is_named_with_what_would_be_right(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let body = json!({ "name": " ", "type": "shop", "vat_number": "?", "custom_data": { "a": 1 }, "parent_id": "x" });
        let mut refused = scene.root.create(&bench, &body).await.fields().into_iter().map(|(key, _)| key.to_owned()).collect::<Vec<_>>();
        refused.sort_unstable();
        assert_eq!(refused, ["custom_data", "name", "parent_id", "type", "vat_number"]);
        for (query, key) in [("page=0", "page"), ("sort_by=age", "sort_by"), ("type=shop", "type"), ("is_suspended=maybe", "is_suspended")] {
            let answer = scene.root.get(&bench, &format!("{ORGANIZATIONS}?{query}")).await;
            assert_eq!(answer.fields().first().map(|refused| refused.0), Some(key), "{query}");
        }
        let audited = scene.root.get(&bench, "/api/audit?action=organization.created").await;
        assert_eq!(audited.data(200)["pagination"]["total_count"], 0, "a refused act leaves nothing behind");
    }
}
