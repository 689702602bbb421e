//! People: what they are and where, given and taken away; their accounts, suspended and helped.

use bailiwick_domain::role::Role;
use bailiwick_testkit::on_both_engines;

use crate::support::{Browser, Page, Scene, person};

on_both_engines! {
    async fn a_role_is_changed_and_a_refusal_says_by_which_rule(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let browser = Browser::of(&bench, &scene.nora).await;
        let (rita, sam, shop) = (person(&scene.rita), person(&scene.sam), scene.shop.to_string());
        let set = |role: &'static str| [("organization_id", shop.as_str()), ("role", role)];
        for _ in 0..2 {
            let page = browser.send_and_follow(&format!("{rita}/memberships"), &set("support")).await;
            page.says(200, &["The role is changed", "value=\"support\" selected"]);
        }
        let refused = browser.send(&format!("{sam}/memberships"), &set("reader")).await;
        refused.says(409, &["role=\"alert\"", "Shop would be left without an administrator", "<h1>sam</h1>",
            "value=\"admin\" selected"]);
        // Nobody locks themselves out.
        let own = Browser::of(&bench, &scene.sam).await;
        bench.person("deputy", scene.shop, Role::Admin).await;
        own.send(&format!("{sam}/memberships"), &set("reader")).await.says(403, &["You would lock yourself out by this."]);
    }

    async fn somebody_is_taken_into_a_further_organisation(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let browser = Browser::of(&bench, &scene.nora).await;
        let path = format!("{}/memberships", person(&scene.rita));
        let choice = browser.open(&path).await;
        choice.says(200, &["Add rita to an organisation", &scene.bakery.to_string(), &scene.north.to_string()]);
        // Not where they are already, nor what one does not manage.
        choice.hides(&[&scene.shop.to_string(), &scene.south.to_string()]);
        let question = browser.open(&format!("{path}?organization_id={}", scene.bakery)).await;
        question.says(200, &["Bakery", "Role"]);
        let bakery = scene.bakery.to_string();
        let form = [("organization_id", bakery.as_str()), ("role", "admin"), ("from", "join")];
        let page = browser.send_and_follow(&path, &form).await;
        page.says(200, &["belongs to a further organisation", ">Bakery</a>", ">Shop</a>"]);
        // Who is only seen has to be invited.
        bench.join(&scene.sid, scene.bakery, Role::Reader).await;
        let sam = Browser::of(&bench, &scene.sam).await;
        let shop = scene.shop.to_string();
        let form = [("organization_id", shop.as_str()), ("role", "reader"), ("from", "join")];
        sam.send(&format!("{}/memberships", person(&scene.sid)), &form).await.leads_to("/users/");
    }

    async fn a_removal_is_asked_with_numbers_and_made_once(bench: Bench) {
        let scene = Scene::set(&bench).await;
        bench.join(&scene.rita, scene.bakery, Role::Reader).await;
        let browser = Browser::of(&bench, &scene.nora).await;
        let rita = person(&scene.rita);
        let path = format!("{rita}/memberships/{}/remove", scene.shop);
        let question = browser.open(&path).await;
        question.says(200, &["Remove rita from Shop?", "rita is reader there",
            "<dt>Organisations below that they reach through it</dt><dd>1</dd>", "in 1 other organisation"]);
        for _ in 0..2 {
            let page = browser.send_and_follow(&path, &[]).await;
            page.says(200, &["is removed from the organisation", ">Bakery</a>"]);
            page.hides(&[">Shop</a>"]);
        }
        // The last one takes them out of sight.
        let path = format!("{rita}/memberships/{}/remove", scene.bakery);
        browser.open(&path).await.says(200, &["they leave your lists"]);
        assert_eq!(browser.send(&path, &[]).await.location(), "/users");
        browser.open(&rita).await.says(404, &[]);
        let last = browser.send(&format!("{}/memberships/{}/remove", person(&scene.sam), scene.shop), &[]).await;
        last.says(409, &["Remove sam from Shop?", "Shop would be left without an administrator"]);
    }

    async fn an_account_is_suspended_with_numbers_and_let_in_again(bench: Bench) {
        let scene = Scene::set(&bench).await;
        bench.sign_in(&scene.rita).await;
        let browser = Browser::of(&bench, &scene.nora).await;
        let rita = person(&scene.rita);
        let question = browser.open(&format!("{rita}/suspend")).await;
        question.says(200, &["Suspend rita?", "<dt>Sessions that end</dt><dd>1</dd>",
            "<dt>Organisations that they belong to</dt><dd>1</dd>"]);
        for _ in 0..2 {
            let page = browser.send_and_follow(&format!("{rita}/suspend"), &[]).await;
            page.says(200, &["The account is suspended", "Reactivate"]);
        }
        browser.open(&format!("{rita}/suspend")).await.leads_to(&rita);
        browser.send(&format!("{rita}/reset-password"), &[]).await.says(409, &["This person is suspended"]);
        for _ in 0..2 {
            let page = browser.send_and_follow(&format!("{rita}/reactivate"), &[]).await;
            page.says(200, &["The suspension has ended."]);
        }
        let sam = browser.send(&format!("{}/suspend", person(&scene.sam)), &[]).await;
        sam.says(409, &["Suspend sam?", "Shop would be left without an administrator"]);
        let nora = person(&scene.nora);
        browser.send(&format!("{nora}/suspend"), &[]).await.says(403, &["You would lock yourself out", "<h1>nora</h1>"]);
        browser.open(&nora).await.hides(&["/suspend\""]);
    }

    async fn an_account_that_belongs_elsewhere_too_is_not_suspended(bench: Bench) {
        let scene = Scene::set(&bench).await;
        bench.join(&scene.rita, scene.south, Role::Reader).await;
        let browser = Browser::of(&bench, &scene.nora).await;
        let rita = person(&scene.rita);
        let page = browser.open(&rita).await;
        page.says(200, &["further organisations whose people you do not manage"]);
        page.hides(&["South", "/suspend\""]);
        browser.open(&format!("{rita}/suspend")).await.says(403, &["You can remove them from yours.", "<h1>rita</h1>"]);
        browser.send(&format!("{rita}/suspend"), &[]).await.says(403, &["You can remove them from yours."]);
    }

    async fn whoever_may_act_as_somebody_is_told_whether_they_consent(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let (browser, rita) = (Browser::of(&bench, &scene.nora).await, person(&scene.rita));
        let page = browser.open(&rita).await;
        page.says(200, &["they do not consent to it now"]);
        page.hides(&["/impersonate"]);
        let tokens = bench.sign_in(&scene.rita).await;
        let consent = bench.call(reqwest::Method::PUT, "/api/me/impersonation-consent").bearer_auth(&tokens.access);
        let granted = consent.json(&serde_json::json!({ "hours": 2 })).send().await.unwrap();
        assert!(granted.status().is_success(), "{}", granted.text().await.unwrap());
        browser.open(&rita).await.says(200, &["They consent to it", &format!("action=\"{rita}/impersonate\"")]);
        let begun = browser.send(&format!("{rita}/impersonate"), &[]).await;
        assert_eq!((begun.status, begun.location()), (303, "/"));
        // Who only sees them learns nothing of it.
        bench.person("peer", scene.shop, Role::Reader).await;
        let peer = Browser::of(&bench, &bench.person("other", scene.shop, Role::Reader).await).await;
        peer.open(&rita).await.hides(&["consent", "/impersonate"]);
    }

    async fn links_for_a_new_password_are_sent_up_to_three(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let browser = Browser::of(&bench, &scene.nora).await;
        let path = format!("{}/reset-password", person(&scene.rita));
        for _ in 0..3 {
            browser.send_and_follow(&path, &[]).await.says(200, &["is on its way to the person"]);
        }
        browser.send(&path, &[]).await.says(429, &["mailed to this person already", "Another is possible in"]);
    }
}
