//! What is not for one's eyes is not there, what is not for one's hands is refused, and forms from elsewhere change
//! nothing.

use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::json;

use crate::support::{Browser, Page, Scene, organisation, person};

/// What is asked, and what is sent, about a person and an organisation of theirs.
const ABOUT: [&str; 8] = ["", "/edit", "/suspend", "/delete", "/move", "/reactivate", "/restore", "/destroy"];

on_both_engines! {
    async fn a_foreign_organisation_or_person_is_as_unknown_as_one_that_does_not_exist(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let sid = Browser::of(&bench, &scene.sid).await;
        let nobody = "019a9f00-0000-7000-8000-00000000aaaa";
        let without_ids = |body: &str, id: &str| body.replace(id, "ID").len();
        for act in ABOUT {
            let id = scene.shop.to_string();
            for (foreign, unknown) in [
                (sid.open(&format!("/organizations/{id}{act}")).await, sid.open(&format!("/organizations/{nobody}{act}")).await),
                (sid.send(&format!("/organizations/{id}{act}"), &[]).await, sid.send(&format!("/organizations/{nobody}{act}"), &[]).await),
            ] {
                let expected = if act == "/destroy" { 403 } else { 404 };
                // Some pages only ask, others only do.
                assert!(foreign.status == expected || foreign.status == 405, "{act}: {foreign:#?}");
                assert_eq!(foreign.status, unknown.status, "{act}");
                assert_eq!(without_ids(&foreign.body, &id), without_ids(&unknown.body, nobody), "{act}");
            }
        }
        let path = person(&scene.sam);
        for path in [path.clone(), format!("{path}/suspend"), format!("{path}/memberships"),
            format!("{path}/memberships/{}/remove", scene.shop)] {
            sid.open(&path).await.says(404, &[]);
        }
        for path in [format!("{path}/suspend"), format!("{path}/reactivate"), format!("{path}/reset-password"),
            format!("{path}/memberships/{}/remove", scene.shop)] {
            sid.send(&path, &[]).await.says(404, &[]);
        }
        let shop = scene.shop.to_string();
        let own = [("organization_id", shop.as_str()), ("role", "admin")];
        sid.send(&format!("{}/memberships", person(&scene.sid)), &own).await.says(404, &[]);
    }

    async fn what_one_sees_and_may_not_change_is_refused(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let rita = Browser::of(&bench, &scene.rita).await;
        for act in ABOUT.iter().skip(1) {
            let path = format!("{}{act}", organisation(scene.shop));
            let (asked, done) = (rita.open(&path).await.status, rita.send(&path, &[]).await.status);
            assert!([403, 405].contains(&asked) && done == 403, "{act}: {asked}, {done}");
        }
        rita.open("/organizations/new").await.says(403, &[]);
        rita.open("/access").await.says(403, &[]);
        rita.open("/organizations").await.hides(&["New organisation"]);
        let sam = person(&scene.sam);
        rita.open(&sam).await.says(200, &["<h1>sam</h1>"]);
        for path in ["/suspend", "/reactivate", "/reset-password", "/memberships"] {
            rita.send(&format!("{sam}{path}"), &[]).await.says(403, &[]);
        }
    }

    async fn a_form_from_elsewhere_or_without_its_token_changes_nothing(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let nora = Browser::of(&bench, &scene.nora).await;
        let suspend = format!("{}/suspend", organisation(scene.shop));
        for headers in [&[][..], &[("sec-fetch-site", "cross-site")], &[("origin", "https://evil.example")]] {
            nora.send_with(&suspend, headers, &[]).await.says(403, &["This form is out of date"]);
            nora.send_with("/switch-organization", headers, &[]).await.says(403, &[]);
            nora.send_with(&format!("{}/suspend", person(&scene.sam)), headers, &[]).await.says(403, &[]);
        }
        nora.open(&organisation(scene.shop)).await.says(200, &["/suspend\""]);
        // A browser that says nothing of where it comes from brings the token of the page along.
        let answer = nora.request(Method::GET, &suspend).send().await.unwrap();
        let mut cookies = answer.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned());
        let form_cookie = cookies.find_map(|cookie| cookie.split(';').next().map(str::to_owned)).unwrap();
        let body = answer.text().await.unwrap();
        let token = body.split_once("name=\"form_token\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
        let with_cookie = Browser { cookie: format!("{}; {form_cookie}", nora.cookie), bench: nora.bench };
        let sent = with_cookie.send_with(&suspend, &[], &[("form_token", &token)]).await;
        sent.leads_to(&organisation(scene.shop));
    }

    async fn what_somebody_named_so_is_text_on_every_page_about_it(bench: Bench) {
        const MARKUP: &str = "'\"></title></textarea><script src=//evil.example></script><img src=x onerror=alert(1)>";
        let scene = Scene::set(&bench).await;
        let tokens = bench.sign_in(&scene.nora).await;
        let body = json!({ "name": MARKUP, "type": "reseller", "parent_id": scene.north,
            "custom_data": { MARKUP: MARKUP } });
        let created = bench.call(Method::POST, "/api/organizations").bearer_auth(&tokens.access).json(&body);
        let created: serde_json::Value = created.send().await.unwrap().json().await.unwrap();
        let id = created["data"]["id"].as_str().unwrap().to_owned();
        let sam = bench.sign_in(&scene.sam).await;
        let rename = json!({ "name": MARKUP });
        let renamed = bench.call(Method::PATCH, "/api/me").bearer_auth(&sam.access).json(&rename).send().await.unwrap();
        assert_eq!(renamed.status(), 200);
        let browser = Browser::of(&bench, &scene.nora).await;
        let user = person(&scene.sam);
        let role = [("organization_id", id.as_str()), ("role", "admin")];
        browser.send(&format!("{user}/memberships"), &role).await.leads_to(&user);
        let one = format!("/organizations/{id}");
        for path in ["/organizations", "/organizations?view=tree", "/organizations/new?choose=parent", &one,
            &format!("/organizations/new?parent_id={id}"), &format!("{one}/edit"), &format!("{one}/suspend"),
            &format!("{one}/delete"), &format!("{}/move?parent_id={id}", organisation(scene.bakery)), "/users", &user,
            &format!("{user}/suspend"), &format!("{user}/memberships/{id}/remove"),
            &format!("/access?subject={}&resource=organization:{id}&right=read:systems", scene.sam.id),
            "/access?thing=title&person=title"] {
            let page = browser.open(path).await;
            page.hides(&["<script src=//", "<img src=x", "</title></textarea>"]);
            page.says(200, &["&#60;img src=x"]);
        }
    }
}
