//! Decisions: asked with numbers, made once, refused in words.

use bailiwick_domain::role::Role;
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Browser, Page, Scene, organisation};

on_both_engines! {
    async fn a_suspension_is_asked_with_numbers_and_made_once(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let browser = Browser::of(&bench, &scene.nora).await;
        let shop = organisation(scene.shop);
        let question = browser.open(&format!("{shop}/suspend")).await;
        question.says(200, &["Suspend Shop?", "<dt>Organisations, this one included</dt><dd>2</dd>",
            "<dt>People</dt><dd>2</dd>", "<dt>Systems</dt><dd>0</dd>"]);
        browser.open(&shop).await.says(200, &["Active"]);
        for _ in 0..2 {
            let page = browser.send_and_follow(&format!("{shop}/suspend"), &[]).await;
            page.says(200, &["The organisation is suspended", "Reactivate"]);
        }
        // There is nothing to ask any more.
        browser.open(&format!("{shop}/suspend")).await.leads_to(&shop);
        browser.open(&organisation(scene.bakery)).await.says(200, &["Suspended from above"]);
        browser.open("/organizations?status=suspended").await.says(200, &[">Shop</a>", ">Bakery</a>"]);
        let page = browser.send_and_follow(&format!("{shop}/reactivate"), &[]).await;
        page.says(200, &["The suspension has ended."]);
        browser.send(&format!("{shop}/reactivate"), &[]).await.says(409, &["is not suspended itself"]);
    }

    async fn a_deletion_is_taken_back_or_made_final_by_whoever_types_the_name(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let (browser, root) = (Browser::of(&bench, &scene.nora).await, Browser::of(&bench, &scene.root).await);
        let shop = organisation(scene.shop);
        browser.open(&format!("{shop}/delete")).await.says(200, &["Delete Shop?", "<dd>2</dd>", "It can be restored"]);
        for _ in 0..2 {
            let page = browser.send_and_follow(&format!("{shop}/delete"), &[]).await;
            page.says(200, &["The organisation is deleted", "Restore"]);
            page.hides(&["/destroy\"", "id=\"people\""]);
        }
        browser.open("/organizations").await.hides(&[">Shop</a>"]);
        browser.open("/organizations?status=deleted").await.says(200, &[">Shop</a>", "Deleted from above"]);
        browser.send_and_follow(&format!("{shop}/restore"), &[]).await.says(200, &["The organisation is restored"]);
        // What is not deleted is not destroyed.
        root.open(&format!("{shop}/destroy")).await.leads_to(&shop);
        root.send(&format!("{shop}/destroy"), &[("typed_name", "Shop")]).await.says(409, &["is not deleted itself"]);
        browser.send(&format!("{shop}/delete"), &[]).await.leads_to(&shop);
        let question = root.open(&format!("{shop}/destroy")).await;
        question.says(200, &["Destroy Shop?", "<dt>People</dt><dd>2</dd>", "This cannot be taken back."]);
        let wrong = root.send(&format!("{shop}/destroy"), &[("typed_name", "shop")]).await;
        wrong.says(422, &["id=\"typed_name-error\"", "value=\"shop\""]);
        root.open(&shop).await.says(200, &["Destroy it"]);
        let page = root.send_and_follow(&format!("{shop}/destroy"), &[("typed_name", "Shop")]).await;
        page.says(200, &["<h1>Organisations</h1>", "is gone for good"]);
        for path in [shop, organisation(scene.bakery)] {
            root.open(&path).await.says(404, &[]);
        }
    }

    async fn what_is_announced_before_a_destruction_is_what_is_destroyed(bench: Bench) {
        let scene = Scene::set(&bench).await;
        // They stay: one belongs elsewhere too, one is a super admin.
        bench.join(&scene.rita, scene.south, Role::Reader).await;
        bench.super_admin("deputy", scene.bakery).await;
        let access = bench.sign_in(&scene.root).await.access;
        let till = json!({ "name": "Till", "type": "ns8", "organization_id": scene.bakery });
        bench.call(Method::POST, "/api/systems").bearer_auth(&access).json(&till).send().await.unwrap();
        let (root, shop) = (Browser::of(&bench, &scene.root).await, organisation(scene.shop));
        root.send(&format!("{shop}/delete"), &[]).await.leads_to(&shop);
        let question = root.open(&format!("{shop}/destroy")).await;
        question.says(200, &["<dt>Organisations, this one included</dt><dd>2</dd>", "<dt>People</dt><dd>1</dd>",
            "<dt>Systems</dt><dd>1</dd>"]);
        root.send(&format!("{shop}/destroy"), &[("typed_name", "Shop")]).await.leads_to("/organizations?notice=");
        let log = bench.call(Method::GET, "/api/audit?action=organization.destroyed").bearer_auth(&access);
        let log: Value = log.send().await.unwrap().json().await.unwrap();
        let details = &log["data"]["entries"][0]["details"];
        assert_eq!([&details["organizations"], &details["users"], &details["systems"]], [2, 1, 1], "{details}");
    }

    async fn what_may_not_be_decided_says_by_which_rule(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let (nora, root) = (Browser::of(&bench, &scene.nora).await, Browser::of(&bench, &scene.root).await);
        for act in ["suspend", "delete"] {
            let own = nora.send(&format!("{}/{act}", organisation(scene.north)), &[]).await;
            own.says(409, &["Somebody above it has to do that.", "<h1>North</h1>"]);
            let owner = root.send(&format!("{}/{act}", organisation(scene.owner)), &[]).await;
            owner.says(409, &["The organisation that runs this server stays as it is"]);
        }
        nora.open(&organisation(scene.north)).await.hides(&["/suspend\"", "/delete\"", "/move\""]);
        nora.send(&format!("{}/restore", organisation(scene.shop)), &[]).await.says(409, &["is not deleted itself"]);
        // Whose parent is deleted is not restored by itself.
        let (shop, bakery) = (organisation(scene.shop), organisation(scene.bakery));
        for path in [&bakery, &shop] {
            nora.send(&format!("{path}/delete"), &[]).await.leads_to(path);
        }
        let refused = nora.send(&format!("{bakery}/restore"), &[]).await;
        refused.says(409, &["The organisation above it is deleted too.", "<h1>Bakery</h1>"]);
    }
}
