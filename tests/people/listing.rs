//! Lists of people, and one of them: down the tree, and of each what is within reach.

use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::text;
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Scene, USERS, execute, path};

on_both_engines! {
    async fn people_are_listed_and_read_down_the_tree_alone(bench: Bench) {
        let scene = Scene::set(&bench).await;
        assert_eq!(scene.root.names(&bench, "").await, ["ben", "nora", "rita", "root", "sam", "sid", "sue"]);
        assert_eq!(scene.nora.names(&bench, "").await, ["ben", "nora", "rita", "sam", "sue"]);
        for member in [&scene.sam, &scene.sue, &scene.rita] {
            assert_eq!(member.names(&bench, "").await, ["rita", "sam", "sue"]);
            member.get(&bench, &path(&scene.sam.person)).await.data(200);
            for hidden in [&scene.nora, &scene.ben, &scene.sid, &scene.root] {
                member.get(&bench, &path(&hidden.person)).await.refused(404, "user not found");
            }
        }
        assert_eq!(scene.sid.names(&bench, "").await, ["sid"]);
        let malformed = scene.sid.get(&bench, &format!("{USERS}/nobody")).await;
        malformed.refused(404, "user not found");
        let shown = scene.nora.get(&bench, &path(&scene.rita.person)).await.data(200).clone();
        let membership = json!({
            "organization_id": scene.shop, "organization_name": "Shop", "organization_type": "customer",
            "role": "reader", "is_suspended": false,
        });
        let expected = json!({
            "id": scene.rita.person.id, "email": "rita@example.org", "email_confirmed_at": null, "name": "rita",
            "phone_number": null, "job_title": null, "is_super_admin": false, "suspended_at": null,
            "created_at": "2026-11-20T09:30:00Z", "memberships": [membership],
        });
        assert_eq!(shown, expected);
    }

    async fn of_a_person_one_sees_the_organisations_within_reach_alone(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let gil = bench.person("gil", scene.south, Role::Admin).await;
        bench.join(&gil, scene.shop, Role::Reader).await;
        let places = |shown: &Value| -> Vec<String> {
            let memberships = shown["memberships"].as_array().unwrap();
            memberships.iter().map(|one| text(one, "organization_name").to_owned()).collect()
        };
        for (who, seen) in [(&scene.sam, vec!["Shop"]), (&scene.nora, vec!["Shop"]), (&scene.sid, vec!["South"]),
            (&scene.root, vec!["South", "Shop"])]
        {
            let shown = who.get(&bench, &path(&gil)).await.data(200).clone();
            assert_eq!(places(&shown), seen);
            let listed = who.get(&bench, &format!("{USERS}?search=gil")).await.data(200)["users"].clone();
            assert_eq!((&listed[0]["organization"]["name"], &listed[1]), (&json!(seen[0]), &Value::Null));
        }
        // What they are elsewhere is no way to find them, either.
        assert_eq!(scene.sam.names(&bench, "role=admin").await, ["sam"]);
        assert_eq!(scene.sam.names(&bench, &format!("organization_id={}", scene.south)).await, [""; 0]);
    }

    async fn lists_of_people_are_searched_filtered_ordered_and_paged(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let zoe = Actor::new(&bench, "zoe", scene.shop, Role::Reader).await;
        zoe.ask(&bench, Method::PATCH, "/api/me", Some(&json!({ "name": "Zoë" }))).await.data(200);
        scene.sam.suspend(&bench, &scene.sue.person).await.data(200);
        for (query, expected) in [
            ("search=ZOE", vec!["Zoë"]),
            ("search=SAM@example", vec!["sam"]),
            ("search=%25", vec![]),
            ("sort_direction=desc", vec!["Zoë", "sue", "sam", "rita", "nora", "ben"]),
            ("sort_by=email&role=reader", vec!["rita", "Zoë"]),
            ("sort_by=created_at&page_size=100&role=support", vec!["sue"]),
            ("is_suspended=true", vec!["sue"]),
            ("is_suspended=false&search=example&role=admin&sort_by=email", vec!["ben", "nora", "sam"]),
            ("page_size=2&page=2", vec!["rita", "sam"]),
            ("page_size=2&page=9", vec![]),
        ] {
            assert_eq!(scene.nora.names(&bench, query).await, expected, "{query}");
        }
        let shop = format!("organization_id={}", scene.shop);
        for who in [&scene.nora, &scene.root] {
            assert_eq!(who.names(&bench, &shop).await, ["rita", "sam", "sue", "Zoë"]);
            assert_eq!(who.names(&bench, &format!("{shop}&role=admin&sort_by=created_at")).await, ["sam"]);
        }
        let page = scene.nora.get(&bench, &format!("{USERS}?page_size=4")).await.data(200)["pagination"].clone();
        let expected = json!({
            "page": 1, "page_size": 4, "total_count": 6, "total_pages": 2, "has_next": true, "has_prev": false,
            "sort_by": "name", "sort_direction": "asc",
        });
        assert_eq!(page, expected);
        for (query, key) in [("page=0", "page"), ("sort_by=age", "sort_by"), ("role=chief", "role"),
            ("is_suspended=maybe", "is_suspended"), ("organization_id=x", "organization_id")]
        {
            let answer = scene.nora.get(&bench, &format!("{USERS}?{query}")).await;
            assert_eq!(answer.fields().first().map(|refused| refused.0), Some(key), "{query}");
        }
    }

    async fn a_search_lists_everybody_once_by_the_words_that_it_finds(bench: Bench) {
        let scene = Scene::set(&bench).await;
        for (local, called) in [("anna", "Zita Marin"), ("bea", "Marina Abbas"), ("carl", "Marino Marini"), ("dora", "Anna Marin")] {
            let person = Actor::new(&bench, local, scene.shop, Role::Reader).await;
            person.ask(&bench, Method::PATCH, "/api/me", Some(&json!({ "name": called }))).await.data(200);
        }
        let found = ["Zita Marin", "Anna Marin", "Marina Abbas", "Marino Marini"];
        let backwards: Vec<&str> = found.iter().rev().copied().collect();
        let by_name = ["Anna Marin", "Marina Abbas", "Marino Marini", "Zita Marin"];
        // Who sees everything, a partner's tree, and one organisation.
        for who in [&scene.root, &scene.nora, &scene.sam] {
            for query in ["search=mari", "search=MAR%C3%8D&sort_by=match", "search=mari&role=reader&is_suspended=false"] {
                assert_eq!(who.names(&bench, query).await, found, "{query}");
            }
            assert_eq!(who.names(&bench, "search=mari&sort_direction=desc").await, backwards);
            assert_eq!(who.names(&bench, "search=mari&page_size=3&page=2").await, ["Marino Marini"]);
            assert_eq!(who.names(&bench, "search=mari&sort_by=name").await, by_name);
            assert_eq!(who.names(&bench, "search=anna+m").await, ["Anna Marin"]);
            let page = |data: &Value| data["pagination"].clone();
            let told = page(who.get(&bench, &format!("{USERS}?search=mari")).await.data(200));
            assert_eq!((&told["sort_by"], &told["total_count"]), (&json!("match"), &json!(4)));
            let told = page(who.get(&bench, &format!("{USERS}?sort_by=match")).await.data(200));
            assert_eq!(told["sort_by"], "name");
        }
        // Whom a partner does not see stands in no page of theirs, whichever word finds them.
        for (local, called) in [("edda", "Marianna Abbado"), ("fred", "Abel Marian")] {
            let person = Actor::new(&bench, local, scene.south, Role::Reader).await;
            person.ask(&bench, Method::PATCH, "/api/me", Some(&json!({ "name": called }))).await.data(200);
        }
        assert_eq!(scene.root.names(&bench, "search=mari").await.len(), found.len() + 2);
        for who in [&scene.nora, &scene.sam] {
            assert_eq!(who.names(&bench, "search=mari").await, found);
            assert_eq!(who.names(&bench, "search=mari&sort_direction=desc&page_size=1").await, backwards[..1]);
        }
    }

    async fn whoever_changes_their_name_is_found_by_the_new_one(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let change = json!({ "name": "Ríta Verdi" });
        scene.rita.ask(&bench, Method::PATCH, "/api/me", Some(&change)).await.data(200);
        assert_eq!(scene.sam.names(&bench, "search=rita+verdi").await, ["Ríta Verdi"]);
        assert_eq!(scene.sam.names(&bench, "search=rita%40example").await, ["Ríta Verdi"]);
    }

    async fn a_long_list_of_people_is_counted_no_further_than_its_pages_need(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let id = if bench.database_url().starts_with("sqlite") { "randomblob(16)" } else { "gen_random_uuid()" };
        let many = format!(
            "INSERT INTO users (id, email, email_folded, name, search_text, is_super_admin, created_at, updated_at) \
             WITH RECURSIVE many (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM many WHERE number < 10200) \
             SELECT {id}, CAST(number AS TEXT) || '@many.example', CAST(number AS TEXT) || '@many.example', 'Many', \
             'many', FALSE, number, number FROM many; \
             INSERT INTO memberships (user_id, organisation_id, role, created_at) \
             SELECT u.id, o.id, 'reader', 1 FROM users u JOIN organisations o ON o.name = 'Shop' WHERE u.name = 'Many'; \
             INSERT INTO partner_people (user_id, partner_id, search_text, email_folded) \
             SELECT u.id, a.id, u.search_text, u.email_folded FROM users u JOIN organisations o ON o.name = 'Shop' \
             JOIN organisation_paths p ON p.descendant_id = o.id JOIN organisations a ON a.id = p.ancestor_id \
             WHERE u.name = 'Many' AND a.kind IN ('distributor', 'reseller')"
        );
        execute(&bench, &many).await;
        let shop = format!("search=many&organization_id={}", scene.shop);
        for (who, filter) in [(&scene.root, "search=many"), (&scene.root, &shop), (&scene.nora, "search=many"), (&scene.sam, &shop)] {
            for (page, rows, total, has_next) in [(1, 100, 501, true), (11, 100, 1_101, true), (102, 100, 10_200, false)] {
                for order in ["match", "name", "email", "created_at&sort_direction=desc"] {
                    let query = format!("{USERS}?{filter}&page_size=100&page={page}&sort_by={order}");
                    let data = who.get(&bench, &query).await.data(200).clone();
                    let told = (&data["pagination"]["total_count"], &data["pagination"]["has_next"]);
                    assert_eq!(told, (&json!(total), &json!(has_next)), "{query}");
                    assert_eq!(data["users"].as_array().map(Vec::len), Some(rows), "{query}");
                }
            }
        }
    }
}
