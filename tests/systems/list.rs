//! Lists of systems: which, in which order, and which page of them.

use std::collections::HashMap;

use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use serde_json::{Value, json};

use crate::peek;
use crate::support::{Actor, Scene, id_of};

/// The names of the systems that a list shows.
async fn names(bench: &Bench, actor: &Actor, query: &str) -> Vec<String> {
    let answer = actor.get(bench, &format!("/api/systems?{query}")).await;
    let systems = answer.data(200)["systems"].as_array().unwrap();
    systems.iter().map(|system| system["name"].as_str().unwrap().to_owned()).collect()
}

/// The same in an order that every list agrees on.
async fn sorted_names(bench: &Bench, actor: &Actor, query: &str) -> String {
    let mut names = names(bench, actor, query).await;
    names.sort();
    names.join(", ")
}

/// Creates systems of these names and types, a second apart; gives their ids by name.
async fn create_all(bench: &Bench, actor: &Actor, systems: &[(&str, &str)]) -> HashMap<String, String> {
    let mut ids = HashMap::new();
    for (name, kind) in systems {
        let system = actor.create(bench, &json!({ "name": name, "type": kind })).await;
        ids.insert((*name).to_owned(), id_of(&system));
        bench.clock.advance(Span::seconds(1));
    }
    ids
}

/// Lets a system report what no route takes yet.
async fn report(bench: &Bench, id: &str, fqdn: &str, version: &str, beat_ago: Span) {
    let literal = peek::id_literal(bench, id);
    let seen_at = bench.context.now().minus(beat_ago).microseconds();
    let statement = format!(
        "UPDATE systems SET fqdn = '{fqdn}', version = '{version}' WHERE id = {literal}; \
         INSERT INTO heartbeats (system_id, seen_at) VALUES ({literal}, {seen_at});"
    );
    peek::execute(bench, &statement).await;
}

on_both_engines! {
    async fn the_filters_narrow_a_list_alone_and_together(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let child = bench.organisation("Child", Some(scene.customer)).await;
        let systems = [("alive", "ns8"), ("dead", "ns8"), ("zombie", "nsec"), ("kept", "nsec")];
        let ids = create_all(&bench, &scene.admin, &systems).await;
        report(&bench, &ids["alive"], "a.example", "1", Span::ZERO).await;
        report(&bench, &ids["dead"], "d.example", "2", Span::minutes(15)).await;
        report(&bench, &ids["kept"], "k.example", "3", Span::minutes(14)).await;
        scene.admin.put(&bench, &format!("/api/systems/{}", ids["kept"]), &json!({ "maintenance": true })).await.data(200);
        let below = json!({ "name": "below", "type": "ns8", "organization_id": child.to_string() });
        scene.admin.create(&bench, &below).await;

        let (customer, child) = (scene.customer, child);
        for (query, expected) in [
            (String::new(), "alive, below, dead, kept, zombie"),
            ("type=ns8".to_owned(), "alive, below, dead"),
            ("type=nsec".to_owned(), "kept, zombie"),
            ("type=unheard-of".to_owned(), ""),
            ("status=online".to_owned(), "alive"),
            ("status=offline".to_owned(), "below, dead, zombie"),
            ("status=maintenance".to_owned(), "kept"),
            ("heartbeat_status=alive".to_owned(), "alive, kept"),
            ("heartbeat_status=dead".to_owned(), "dead"),
            ("heartbeat_status=zombie".to_owned(), "below, zombie"),
            (format!("organization_id={child}"), "below"),
            (format!("organization_id={customer}"), "alive, dead, kept, zombie"),
            (format!("organization_id={}", scene.owner), ""),
            (format!("organization_id={customer}&type=ns8&status=offline&heartbeat_status=dead&search=DEA"), "dead"),
            ("type=nsec&status=online".to_owned(), ""),
        ] {
            assert_eq!(sorted_names(&bench, &scene.admin, &query).await, expected, "{query}");
        }
    }

    async fn a_search_looks_past_case_accents_and_width(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let systems = [("Zürich Süd", "ns8"), ("ZURICH nord", "nsec"), ("100% a_b!", "ns8"), ("ＷＩＤＥ", "nsec")];
        create_all(&bench, &scene.admin, &systems).await;
        for (search, expected) in [
            ("zurich", "ZURICH nord, Zürich Süd"),
            ("Z%C3%9CRICH", "ZURICH nord, Zürich Süd"),
            ("zu%CC%88rich", "ZURICH nord, Zürich Süd"),
            ("rich+s%C3%BC", "Zürich Süd"),
            ("NORD", "ZURICH nord"),
            ("wide", "ＷＩＤＥ"),
            ("%25", "100% a_b!"),
            ("a_b", "100% a_b!"),
            ("a%25b", ""),
            ("_", "100% a_b!"),
            ("b!", "100% a_b!"),
            ("nsec", "ZURICH nord, ＷＩＤＥ"),
            ("%27%3B--", ""),
            ("", "100% a_b!, ZURICH nord, Zürich Süd, ＷＩＤＥ"),
        ] {
            assert_eq!(sorted_names(&bench, &scene.admin, &format!("search={search}")).await, expected, "{search}");
        }
        // A changed name is found by its new text, and no longer by its old one.
        let id = scene.admin.get(&bench, "/api/systems?search=nord").await.data(200)["systems"][0].clone();
        scene.admin.put(&bench, &format!("/api/systems/{}", id_of(&id)), &json!({ "name": "Genève" })).await.data(200);
        assert_eq!(names(&bench, &scene.admin, "search=GENEVE").await, ["Genève"]);
        assert_eq!(names(&bench, &scene.admin, "search=nord").await, [""; 0]);
        assert_eq!(names(&bench, &scene.admin, &format!("search={}", id_of(&id))).await, ["Genève"]);
    }

    async fn every_order_goes_both_ways_and_ends_with_what_is_unknown(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let parent = Actor::new(&bench, "zoe", scene.owner, Role::Admin).await;
        // Of each pair of neighbours, capitals and accents must not tear the alphabet apart.
        let ids = create_all(&bench, &scene.admin, &[("Émile", "ns8"), ("anna", "nsec")]).await;
        let more = create_all(&bench, &parent, &[("Zora", "ns8"), ("Berta", "nsec")]).await;
        report(&bench, &ids["anna"], "b.example", "10", Span::minutes(60)).await;
        report(&bench, &more["Zora"], "a.example", "2", Span::ZERO).await;
        parent.put(&bench, &format!("/api/systems/{}", ids["Émile"]), &json!({ "maintenance": true })).await.data(200);

        let (up, down) = ("asc", "desc");
        for (key, direction, expected) in [
            ("name", up, "anna Berta Émile Zora"),
            ("name", down, "Zora Émile Berta anna"),
            ("type", up, "Émile Zora anna Berta"),
            ("type", down, "anna Berta Émile Zora"),
            ("status", up, "Émile anna Berta Zora"),
            ("status", down, "Zora anna Berta Émile"),
            ("fqdn", up, "Zora anna Émile Berta"),
            ("fqdn", down, "anna Zora Émile Berta"),
            ("version", up, "anna Zora Émile Berta"),
            ("version", down, "Zora anna Émile Berta"),
            ("created_at", up, "Émile anna Zora Berta"),
            ("created_at", down, "Berta Zora anna Émile"),
            ("updated_at", up, "anna Zora Berta Émile"),
            ("updated_at", down, "Émile Berta Zora anna"),
            ("last_seen", up, "anna Zora Émile Berta"),
            ("last_seen", down, "Zora anna Émile Berta"),
            ("last_heartbeat", up, "anna Zora Émile Berta"),
            ("last_heartbeat", down, "Zora anna Émile Berta"),
            ("organization_name", up, "Émile anna Zora Berta"),
            ("organization_name", down, "Zora Berta Émile anna"),
            ("creator_name", up, "Émile anna Zora Berta"),
            ("creator_name", down, "Zora Berta Émile anna"),
        ] {
            let query = format!("sort_by={key}&sort_direction={direction}");
            // Rows that are equal by the key stand in the order of their ids, which is that of their creation.
            assert_eq!(names(&bench, &parent, &query).await.join(" "), expected, "{query}");
            let answer = parent.get(&bench, &format!("/api/systems?{query}")).await;
            let pagination = &answer.data(200)["pagination"];
            assert_eq!((&pagination["sort_by"], &pagination["sort_direction"]), (&json!(key), &json!(direction)));
        }
        assert_eq!(names(&bench, &parent, "").await.join(" "), "Berta Zora anna Émile", "the newest first");
    }

    async fn pages_add_up_to_the_whole(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let systems: Vec<String> = (0..7).map(|number| format!("system {number}")).collect();
        for name in &systems {
            scene.admin.create(&bench, &json!({ "name": name, "type": "ns8" })).await;
        }
        let pagination = |page: u32, size: u32, pages: u32, next: bool, previous: bool| {
            json!({
                "page": page, "page_size": size, "total_count": 7, "total_pages": pages, "has_next": next,
                "has_prev": previous, "sort_by": "name", "sort_direction": "asc",
            })
        };
        for (page, size, pages, shown) in [
            (1, 3, 3, 0..3),
            (2, 3, 3, 3..6),
            (3, 3, 3, 6..7),
            (4, 3, 3, 7..7),
            (1, 7, 1, 0..7),
            (1, 100, 1, 0..7),
            (1, 1, 7, 0..1),
            (7, 1, 7, 6..7),
        ] {
            let query = format!("page={page}&page_size={size}&sort_by=name&sort_direction=asc");
            let answer = scene.admin.get(&bench, &format!("/api/systems?{query}")).await;
            assert_eq!(answer.data(200)["pagination"], pagination(page, size, pages, page < pages, page > 1), "{query}");
            assert_eq!(names(&bench, &scene.admin, &query).await, systems[shown], "{query}");
        }
        let farthest = scene.admin.get(&bench, &format!("/api/systems?page={}&page_size=100", u32::MAX)).await;
        assert_eq!(farthest.data(200)["systems"], json!([]));
        let default = scene.admin.get(&bench, "/api/systems").await;
        let said = &default.data(200)["pagination"];
        assert_eq!((&said["page"], &said["page_size"]), (&json!(1), &json!(50)));
        assert_eq!((&said["sort_by"], &said["sort_direction"]), (&json!("created_at"), &json!("desc")));
    }

    async fn a_list_of_nothing_is_a_list(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let answer = scene.admin.get(&bench, "/api/systems").await;
        assert_eq!(answer.said(), "systems retrieved successfully");
        let expected = json!({
            "systems": [],
            "pagination": {
                "page": 1, "page_size": 50, "total_count": 0, "total_pages": 0, "has_next": false, "has_prev": false,
                "sort_by": "created_at", "sort_direction": "desc",
            },
        });
        assert_eq!(*answer.data(200), expected);
    }

    async fn what_cannot_be_meant_is_refused_by_name(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let long = "x".repeat(256);
        for (query, member) in [
            ("page=0", "page"),
            ("page=-1", "page"),
            ("page=1.5", "page"),
            ("page=4294967296", "page"),
            ("page=", "page"),
            ("page_size=0", "page_size"),
            ("page_size=101", "page_size"),
            ("page_size=all", "page_size"),
            ("sort_by=secret", "sort_by"),
            ("sort_by=name;drop", "sort_by"),
            ("sort_direction=up", "sort_direction"),
            ("status=ONLINE", "status"),
            ("heartbeat_status=undead", "heartbeat_status"),
            ("type=%20", "type"),
            ("organization_id=1", "organization_id"),
            (&format!("search={long}"), "search"),
            ("search=%00", "search"),
            ("page=1&page=1", "page"),
            ("search=a&search=b", "search"),
            ("type=ns8&%74ype=nsec", "type"),
        ] {
            let answer = scene.admin.get(&bench, &format!("/api/systems?{query}")).await;
            assert_eq!(answer.fields().iter().map(|(key, _)| *key).collect::<Vec<_>>(), [member], "{query}");
        }
        let all = scene.admin.get(&bench, "/api/systems?page=0&page_size=0&sort_by=x&type=&status=x").await;
        let keys: Vec<_> = all.fields().iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, ["page", "page_size", "sort_by", "type", "status"], "all at once");
    }

    async fn one_sees_down_the_tree_and_neither_up_nor_sideways(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let child = bench.organisation("Child", Some(scene.customer)).await;
        let sibling = bench.organisation("Sibling", Some(scene.owner)).await;
        let boss = Actor::of(&bench, bench.super_admin("boss", scene.owner).await).await;
        for (name, organisation) in
            [("owner's", scene.owner), ("customer's", scene.customer), ("child's", child), ("sibling's", sibling)]
        {
            let body = json!({ "name": name, "type": "ns8", "organization_id": organisation.to_string() });
            boss.create(&bench, &body).await;
        }
        for (name, organisation, role, expected) in [
            ("olaf", scene.owner, Role::Reader, "child's, customer's, owner's, sibling's"),
            ("carl", scene.customer, Role::Reader, "child's, customer's"),
            ("cleo", child, Role::Admin, "child's"),
            ("sara", sibling, Role::Admin, "sibling's"),
        ] {
            let actor = Actor::new(&bench, name, organisation, role).await;
            assert_eq!(sorted_names(&bench, &actor, "").await, expected, "{name}");
            // No filter, search or order is a way round, and no count tells of the rest.
            for query in ["search=s", "type=ns8&sort_by=organization_name", "status=offline", "heartbeat_status=zombie"] {
                assert_eq!(sorted_names(&bench, &actor, query).await, expected, "{name}: {query}");
            }
            let answer = actor.get(&bench, "/api/systems?page_size=1").await;
            let count = Value::from(expected.split(", ").count());
            assert_eq!(answer.data(200)["pagination"]["total_count"], count, "{name}");
        }
        let sideways = format!("organization_id={sibling}");
        assert_eq!(sorted_names(&bench, &scene.admin, &sideways).await, "");
        assert_eq!(sorted_names(&bench, &boss, &sideways).await, "sibling's");
    }
}
