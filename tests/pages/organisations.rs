//! One organisation: created, shown with what is in it, changed, moved.

use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::json;

use crate::support::{Browser, Page, Scene, organisation};

on_both_engines! {
    async fn an_organisation_is_created_below_another_and_a_second_click_finds_it(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let browser = Browser::of(&bench, &scene.nora).await;
        let page = browser.open(&format!("/organizations/new?parent_id={}", scene.shop)).await;
        // A reseller takes customers and nothing else.
        page.says(200, &["Shop", "value=\"customer\""]);
        page.hides(&["value=\"reseller\"", "value=\"owner\""]);
        let (key, parent) = (page.hidden("idempotency_key"), scene.shop.to_string());
        let form = |name| [("parent_id", parent.as_str()), ("idempotency_key", key.as_str()), ("name", name),
            ("type", "customer"), ("vat_number", "IT 0123")];
        let wrong = browser.send("/organizations/new", &form(" ")).await;
        wrong.says(422, &["id=\"name-error\"", "value=\"IT 0123\"", "Error: New organisation"]);
        let first = browser.send("/organizations/new", &form("Pizzeria")).await;
        first.leads_to("/organizations/");
        assert_eq!(browser.send("/organizations/new", &form("Pizzeria")).await.location(), first.location(), "a second click");
        browser.send("/organizations/new", &form("Trattoria")).await.says(409, &["This form was sent before"]);
        let shown = browser.open(first.location()).await;
        shown.says(200, &["The organisation is created.", "<h1>Pizzeria</h1>", "IT0123", "Customer", "Nobody belongs to it."]);
        let listed = browser.open("/organizations?q=pizz").await;
        assert_eq!(listed.body.matches(">Pizzeria</a>").count(), 1, "{}", listed.body);
        // The number is taken, and what was typed stays.
        let again = browser.open(&format!("/organizations/new?parent_id={}", scene.shop)).await;
        let other = [("parent_id", parent.as_str()), ("idempotency_key", &again.hidden("idempotency_key")),
            ("name", "Trattoria"), ("type", "customer"), ("vat_number", "it-0123")];
        browser.send("/organizations/new", &other).await.says(422, &["id=\"vat_number-error\"", "value=\"Trattoria\""]);
    }

    async fn where_nothing_is_named_one_chooses_what_it_stands_below(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let browser = Browser::of(&bench, &scene.nora).await;
        browser.open("/organizations/new").await.says(200, &["Stands below", "North"]);
        let choice = browser.open("/organizations/new?choose=parent").await;
        choice.says(200, &[&format!("parent_id={}", scene.north), &format!("parent_id={}", scene.shop)]);
        // Below a customer stands nothing; above oneself one manages nothing.
        choice.hides(&[&scene.bakery.to_string(), &scene.owner.to_string(), &scene.south.to_string()]);
        let found = browser.open("/organizations/new?q=sho").await;
        found.says(200, &[&scene.shop.to_string()]);
        found.hides(&[&format!("parent_id={}", scene.north)]);
        browser.open("/organizations/new?q=nothing+like+it").await.says(200, &["No organisation of this name"]);
        for parent in [scene.bakery, scene.south] {
            let form = [("parent_id", parent.to_string()), ("name", "x".to_owned()), ("type", "customer".to_owned())];
            let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
            browser.send("/organizations/new", &form).await.leads_to("/organizations/new?choose=parent");
        }
    }

    async fn an_organisation_is_shown_with_what_is_in_it_and_what_was_done(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let tokens = bench.sign_in(&scene.nora).await;
        let till = json!({ "name": "Till", "type": "ns8", "organization_id": scene.shop });
        bench.call(Method::POST, "/api/systems").bearer_auth(&tokens.access).json(&till).send().await.unwrap();
        let browser = Browser::of(&bench, &scene.nora).await;
        let page = browser.open(&organisation(scene.shop)).await;
        page.says(200, &["<h1>Shop</h1>", "Reseller", ">sam</a>", ">rita</a>", ">Bakery</a>", "Till", "Administrator",
            "<strong>nora</strong> created the system Till", "directly: 1 customer", "1 with all below"]);
        page.says(200, &["/suspend\"", "/delete\"", "/move\"", "/edit\""]);
        // What is above the reader's own is not shown, and nothing can be done.
        let reader = Browser::of(&bench, &scene.rita).await;
        let page = reader.open(&organisation(scene.shop)).await;
        page.says(200, &["<h1>Shop</h1>", ">Bakery</a>"]);
        page.hides(&["North", "/suspend\"", "/edit\"", "id=\"history\""]);
    }

    async fn what_is_known_of_it_is_changed_and_what_is_wrong_is_named(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let browser = Browser::of(&bench, &scene.nora).await;
        let edit = format!("{}/edit", organisation(scene.shop));
        let form = |name, number, data| [("name", name), ("vat_number", number), ("custom_data", data)];
        let wrong = browser.send(&edit, &form("", "?", "{\"site\": 5}")).await;
        wrong.says(422, &["id=\"name-error\"", "id=\"vat_number-error\"", "id=\"custom_data-error\"", "site&#34;: 5"]);
        let page = browser.send_and_follow(&edit, &form("Corner Shop", "IT77", "{\"site\": \"Pesaro\"}")).await;
        page.says(200, &["The changes are saved.", "<h1>Corner Shop</h1>", "IT77", "Pesaro",
            "changed the name, the VAT number, the custom data"]);
        // Nothing else was changed, so nothing else is written down.
        let page = browser.send_and_follow(&edit, &form("Corner Shop", "", "{\"site\": \"Pesaro\"}")).await;
        page.says(200, &["not known", "<strong>nora</strong> changed the VAT number</span>"]);
    }

    async fn an_organisation_is_moved_below_another_one_that_was_searched(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let browser = Browser::of(&bench, &scene.root).await;
        let address = format!("{}/move", organisation(scene.shop));
        let choice = browser.open(&format!("{address}?q=sout")).await;
        choice.says(200, &["below <strong>North</strong> now", &format!("parent_id={}", scene.south)]);
        // Not below what it stands below already, not below itself.
        let choice = browser.open(&address).await;
        choice.says(200, &[&format!("parent_id={}", scene.owner)]);
        choice.hides(&[&format!("parent_id={}", scene.shop), &format!("parent_id={}", scene.bakery),
            &format!("parent_id={}", scene.north)]);
        let question = browser.open(&format!("{address}?parent_id={}", scene.south)).await;
        question.says(200, &["Move Shop below South?", "<dd>2</dd>", "sees it no longer"]);
        let south = scene.south.to_string();
        let moved = browser.send_and_follow(&address, &[("parent_id", &south)]).await;
        moved.says(200, &["The organisation is moved", ">South</a>"]);
        let nora = Browser::of(&bench, &scene.nora).await;
        nora.open(&organisation(scene.shop)).await.says(404, &["There is no page at this address"]);
        // Below a customer stands nothing.
        let bakery = scene.bakery.to_string();
        let refused = browser.send(&address, &[("parent_id", &bakery)]).await;
        refused.says(422, &["role=\"alert\"", "What shall it stand below?"]);
    }
}
