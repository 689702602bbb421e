//! Which of one's organisations one acts for.

use bailiwick_domain::role::Role;
use bailiwick_testkit::on_both_engines;

use crate::support::{Browser, Page, Scene, organisation};

on_both_engines! {
    async fn whoever_belongs_to_several_switches_and_comes_back(bench: Bench) {
        let scene = Scene::set(&bench).await;
        bench.join(&scene.rita, scene.south, Role::Reader).await;
        let browser = Browser::of(&bench, &scene.rita).await;
        let chosen = |id| format!("value=\"{id}\" selected");
        let address = "/organizations?q=s&type=reseller";
        let page = browser.open(address).await;
        page.says(200, &["Acting for", &chosen(scene.shop), "name=\"next\" value=\"/organizations?q=s&#38;type=reseller\""]);
        let south = scene.south.to_string();
        let answer = browser.send("/switch-organization", &[("organization_id", &south), ("next", address)]).await;
        assert_eq!((answer.status, answer.location()), (303, address));
        for path in ["/", "/organizations", "/users", "/account", "/docs", &organisation(scene.shop)] {
            browser.open(path).await.says(200, &[&chosen(scene.south)]);
        }
        // Elsewhere than here nobody is led.
        for next in ["https://evil.example/", "//evil.example", ""] {
            let answer = browser.send("/switch-organization", &[("organization_id", &south), ("next", next)]).await;
            assert_eq!((answer.status, answer.location()), (303, "/"), "{next}");
        }
        let nora = Browser::of(&bench, &scene.nora).await;
        nora.open("/").await.hides(&["Acting for"]);
    }

    async fn nobody_acts_for_what_is_out_or_not_theirs(bench: Bench) {
        let scene = Scene::set(&bench).await;
        bench.join(&scene.rita, scene.south, Role::Reader).await;
        let browser = Browser::of(&bench, &scene.rita).await;
        let root = Browser::of(&bench, &scene.root).await;
        root.send(&format!("{}/suspend", organisation(scene.south)), &[]).await.leads_to("/organizations/");
        for id in [scene.south.to_string(), scene.north.to_string(), "nonsense".to_owned(), String::new()] {
            let refused = browser.send("/switch-organization", &[("organization_id", &id)]).await;
            refused.says(422, &["You cannot act for this organisation", "Nothing was changed"]);
        }
        // One is left, so that there is nothing to choose.
        let page = browser.open("/").await;
        page.says(200, &["Shop"]);
        page.hides(&["Acting for"]);
    }
}
