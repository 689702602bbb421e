//! The lists and the tree: what the address asks for is what is shown, and stays.

use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_testkit::on_both_engines;

use crate::support::{Browser, Page, Scene, organisation};

on_both_engines! {
    async fn filters_and_order_of_organisations_live_in_the_address(bench: Bench) {
        let scene = Scene::set(&bench).await;
        for number in 0..25 {
            bench.organisation(&format!("Branch {number:02}"), Some(scene.shop)).await;
        }
        let browser = Browser::of(&bench, &scene.nora).await;
        let first = browser.open("/organizations?q=branch&type=customer&sort_by=name&sort_direction=desc").await;
        first.says(200, &["1–20 of 25 matching organisations", "Branch 24", "value=\"branch\"",
            "value=\"customer\" selected", "name=\"sort_direction\" value=\"desc\"",
            "q=branch&#38;type=customer&#38;sort_by=name&#38;sort_direction=desc&#38;page=2", "Page 1 of 2"]);
        first.hides(&["Branch 04<"]);
        let second = browser.open("/organizations?q=branch&type=customer&sort_by=name&sort_direction=desc&page=2").await;
        second.says(200, &["21–25 of 25", "Branch 00"]);
        let below = browser.open(&format!("/organizations?parent_id={}", scene.north)).await;
        below.says(200, &["Only what stands directly below", "1 of 28 organisations", ">Shop</a>"]);
        below.hides(&[">Bakery</a>", "Branch"]);
        browser.open("/organizations?q=nothing+like+it").await.says(200, &["No organisation matches", "Clear search"]);
        browser.open("/organizations?page=99").await.says(200, &["The list ends before this page"]);
        // Whose organisation one does not see counts as unknown, whatever its name is.
        let foreign = browser.open(&format!("/organizations?parent_id={}", scene.south)).await;
        foreign.says(200, &["an organisation that you may not see", "No organisation matches"]);
        foreign.hides(&["South"]);
    }

    async fn the_tree_shows_a_bounded_part_and_leads_to_the_rest(bench: Bench) {
        let scene = Scene::set(&bench).await;
        for number in 0..40 {
            bench.organisation_of_kind(&format!("Dealer {number:02}"), OrganisationKind::Reseller, Some(scene.north)).await;
        }
        let browser = Browser::of(&bench, &scene.nora).await;
        let tree = browser.open("/organizations?view=tree").await;
        tree.says(200, &[">North</a>", "Dealer 00", "41 below", "Show all 41 below North in the table"]);
        tree.hides(&["Dealer 30", ">Bakery</a>", ">Owner</a>"]);
        // What is looked for is there, however far down in the alphabet.
        let tree = browser.open(&format!("/organizations?view=tree&open={}", scene.shop)).await;
        tree.says(200, &[">Shop</a>", ">Bakery</a>", "Hide what is below Shop"]);
        let root = Browser::of(&bench, &scene.root).await;
        root.open("/organizations?view=tree").await.says(200, &[">Owner</a>", ">North</a>", ">South</a>"]);
        let foreign = browser.open(&format!("/organizations?view=tree&open={}", scene.south)).await;
        foreign.hides(&["South", ">Owner</a>"]);
        for page in [tree, browser.open("/organizations").await] {
            assert!(page.body.len() < 30_000, "{} bytes", page.body.len());
        }
    }

    async fn filters_of_people_live_in_the_address(bench: Bench) {
        let scene = Scene::set(&bench).await;
        for number in 0..22 {
            bench.person(&format!("clerk{number:02}"), scene.shop, Role::Support).await;
        }
        let browser = Browser::of(&bench, &scene.nora).await;
        let list = browser.open("/users?q=clerk&role=support&sort_by=email&sort_direction=desc").await;
        list.says(200, &["1–20 of 22 matching people", "clerk21@example.org", "value=\"support\" selected",
            "q=clerk&#38;role=support&#38;sort_by=email&#38;sort_direction=desc&#38;page=2"]);
        list.hides(&["clerk01@", "sam@example.org", "sid@example.org"]);
        let admins = browser.open(&format!("/users?organization_id={}&role=admin", scene.shop)).await;
        admins.says(200, &["Only the people of", "sam@example.org", "1 of 25 people"]);
        admins.hides(&["rita@", ">nora</a>"]);
        browser.open("/users?status=suspended").await.says(200, &["Nobody matches", "Clear search and filters"]);
        browser.open(&format!("/users?organization_id={}", scene.south)).await.hides(&["sid@", "South"]);
    }

    async fn the_systems_of_one_organisation_are_listed_by_the_address(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let tokens = bench.sign_in(&scene.nora).await;
        for (name, of) in [("Till", scene.shop), ("Oven", scene.bakery)] {
            let body = serde_json::json!({ "name": name, "type": "ns8", "organization_id": of });
            let request = bench.call(reqwest::Method::POST, "/api/systems").bearer_auth(&tokens.access).json(&body);
            assert_eq!(request.send().await.unwrap().status(), 201);
        }
        let browser = Browser::of(&bench, &scene.nora).await;
        let list = browser.open(&format!("/?organization_id={}", scene.bakery)).await;
        list.says(200, &["Oven", "Only the systems of", &organisation(scene.bakery)]);
        list.hides(&["Till"]);
        browser.open(&format!("/?organization_id={}", scene.south)).await.hides(&["South", "Till", "Oven"]);
    }
}
