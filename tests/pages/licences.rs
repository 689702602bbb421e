//! Licences on their pages: issued, accepted, given to systems, renewed, handed over, suspended, revoked.

use bailiwick_domain::time::Span;
use bailiwick_testkit::on_both_engines;

use crate::licensing::{issuing, system};
use crate::support::{Browser, Page, Scene};

on_both_engines! {
    async fn licences_are_issued_once_and_what_is_wrong_is_said_at_its_field(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let root = Browser::of(&bench, &scene.root).await;
        root.open("/licences").await.says(200, &["No licences yet", "href=\"/agreements/new\""]);
        let agreement = root.publish("AI Manager").await;
        root.open("/licences/issue").await.says(200, &["Who shall hold them?", ">Bakery</a>", ">Shop</a>"]);
        let bakery = scene.bakery.to_string();
        let address = format!("/licences/issue?organization_id={bakery}");
        let page = root.open(&address).await;
        page.says(200, &["Bakery (Customer)", "AI Manager (subscription, 365 days, 19.90 a month)"]);
        let key = page.hidden("idempotency_key");
        let with = |changed: &[(&'static str, &'static str)]| {
            let fields = issuing(&agreement, &bakery).into_iter().map(|(name, value)| {
                let new = changed.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
                (name.to_owned(), new.unwrap_or(value).to_owned())
            });
            fields.chain([("idempotency_key".to_owned(), key.clone())]).collect::<Vec<_>>()
        };
        let send = async |fields: Vec<(String, String)>| {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            root.send("/licences/issue", &fields).await
        };
        let wrong = send(with(&[("quantity", "0"), ("discount", "100.5"), ("expires_at", "soon")])).await;
        wrong.says(422, &["id=\"quantity-error\"", "id=\"discount-error\"", "id=\"expires_at-error\"", "value=\"100.5\"",
            "Error: Issue licences"]);
        send(with(&[("expires_at", "2026-01-01")])).await.says(422, &["id=\"expires_at-error\"", "later than"]);
        let issued = send(with(&[("discount", "12.5"), ("expires_at", "2027-11-20")])).await;
        issued.leads_to("/licences/");
        let again = send(with(&[("discount", "12.5"), ("expires_at", "2027-11-20")])).await;
        assert_eq!(again.location(), issued.location(), "a second click");
        send(with(&[("discount", "13")])).await.says(409, &["This form was sent before"]);
        let page = root.open(issued.location()).await;
        page.says(200, &["The licence is issued.", "<h1>AI Manager</h1>", "This licence is good until 2027-11-20.",
            "Its agreement is not accepted yet.", "17.41", "19.90 less 12.5 %", "datetime=\"2027-12-04T00:00:00Z\"",
            "nx.streams, nx.models", "No system has it yet.", "<strong>root</strong> issued it until 2027-11-20"]);
        let list = root.open("/licences").await;
        list.says(200, &["1 licence", "class=\"status is-active\">Active</span>", "0 of 2", ">Bakery</a>"]);
        root.open("/licences?q=manag").await.says(200, &["1 of 1 licence"]);
        root.open("/licences?q=nothing+like+it").await.says(200, &["No licence matches"]);
        root.open("/licences?agreement=AI+Manager&kind=trial").await.says(200, &["No licence matches"]);
        root.open("/licences?page=7").await.says(200, &["The list ends before this page"]);
    }

    async fn what_runs_out_soon_and_what_has_run_out_is_listed_for_itself(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let root = Browser::of(&bench, &scene.root).await;
        let agreements = [root.publish("AI Manager").await, root.publish("Bridge").await];
        let bakery = scene.bakery.to_string();
        for (agreement, end) in [(0, "2026-12-01"), (1, "2026-12-02"), (0, "2026-12-20"), (1, "2027-11-20")] {
            let (key, page) = (format!("{agreement} {end}"), issuing(&agreements[agreement], &bakery));
            let fields = page.into_iter().filter(|(name, _)| *name != "expires_at");
            let fields: Vec<_> = fields.chain([("expires_at", end), ("idempotency_key", key.as_str())]).collect();
            root.send("/licences/issue", &fields).await.leads_to("/licences/");
        }
        bench.clock.advance(Span::days(13));
        let holder = format!("&organization_id={bakery}");
        for looker in [&scene.root, &scene.nora] {
            let browser = Browser::of(&bench, looker).await;
            // All that they see, in each order; what one organisation holds; what a search finds.
            for more in ["", "&sort_by=key&sort_direction=desc", "&sort_by=agreement", "&sort_by=starts_at", holder.as_str()] {
                browser.open(&format!("/licences?ends=over{more}")).await.says(200, &["2 of 4 licences"]);
                let soon = browser.open(&format!("/licences?ends=soon{more}")).await;
                soon.says(200, &["1 of 4 licences", "2026-12-20T00:00:00Z", "value=\"soon\" selected"]);
                soon.hides(&["2026-12-01T", "2026-12-02T", "2027-11-20T"]);
            }
            let sought = browser.open("/licences?ends=over&q=brid").await;
            sought.says(200, &["1 of 4 licences", "2026-12-02T00:00:00Z"]);
            browser.open("/licences?ends=over&agreement=AI+Manager&sort_direction=desc").await.says(200, &["2026-12-01T"]);
            browser.open("/licences?ends=soon&q=brid").await.says(200, &["No licence matches"]);
            let ordered = browser.open("/licences?ends=over&sort_by=expires_at&sort_direction=desc").await;
            let places = ["2026-12-02T", "2026-12-01T"].map(|end| ordered.body.find(end));
            assert!(places[0].is_some() && places[0] < places[1], "{places:?}");
        }
    }

    async fn whoever_holds_it_accepts_it_and_gives_it_to_systems_and_nobody_else_sees_it(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let root = Browser::of(&bench, &scene.root).await;
        let agreement = root.publish("AI Manager").await;
        let pool = root.make_seats(&agreement, "10").await;
        root.give_seats(&pool, scene.north, "3").await;
        let nora = Browser::of(&bench, &scene.nora).await;
        let licence = nora.issue(&agreement, scene.shop).await;
        let path = format!("/licences/{licence}");
        // Somebody beside them learns nothing.
        let sid = Browser::of(&bench, &scene.sid).await;
        for act in ["", "/sign", "/suspend", "/revoke", "/renew", "/change", "/transfer", "/bind", "/release"] {
            sid.open(&format!("{path}{act}")).await.says(404, &[]);
            sid.send(&format!("{path}{act}"), &[("device", &licence), ("organization_id", &licence)]).await.hides(&["Shop"]);
        }
        sid.open("/licences").await.hides(&["Shop", "AI Manager"]);
        // The seller decides, the holder accepts.
        let sam = Browser::of(&bench, &scene.sam).await;
        let page = sam.open(&path).await;
        page.says(200, &["/sign\"", "/bind\""]);
        page.hides(&["/revoke\"", "/suspend\"", "/renew\"", "/change\"", "/transfer\""]);
        for act in ["suspend", "revoke", "renew", "change", "transfer"] {
            sam.open(&format!("{path}/{act}")).await.says(403, &[]);
            sam.send(&format!("{path}/{act}"), &[]).await.says(403, &[]);
        }
        let question = sam.open(&format!("{path}/sign")).await;
        question.says(200, &["Accept AI Manager for Shop?", "version 1, for Shop", "<dd>19.90</dd>", "14 days"]);
        let page = sam.send_and_follow(&format!("{path}/sign"), &[]).await;
        page.says(200, &["The agreement is accepted", "by sam", "<strong>sam</strong> accepted its agreement"]);
        sam.send(&format!("{path}/sign"), &[]).await.leads_to(&format!("{path}?notice=signed"));
        sam.open(&format!("{path}/sign")).await.leads_to(&path);
        // A reader looks, and does nothing.
        let rita = Browser::of(&bench, &scene.rita).await;
        let page = rita.open(&path).await;
        page.says(200, &["Accepted"]);
        page.hides(&["/bind\"", "/revoke\"", "/sign\""]);
        rita.open(&format!("{path}/bind")).await.says(403, &[]);
        // A system of theirs, and none of others.
        let till = system(&bench, &scene.sam, "Till", scene.shop).await;
        let oven = system(&bench, &scene.sam, "Oven", scene.bakery).await;
        let choice = sam.open(&format!("{path}/bind?q=ti")).await;
        choice.says(200, &["Which system shall have it?", &format!("device={till}")]);
        choice.hides(&[&oven]);
        sam.open(&format!("{path}/bind?device={till}")).await.says(200, &["Give AI Manager to Till?"]);
        let bound = sam.send_and_follow(&format!("{path}/bind"), &[("device", &till)]).await;
        bound.says(200, &["The system has the licence now.", "1 of 2", "gave it to Till", &format!("/systems/{till}/licence")]);
        sam.send(&format!("{path}/bind"), &[("device", &till)]).await.leads_to(&format!("{path}?notice=bound"));
        sam.send(&format!("{path}/bind"), &[("device", &oven)]).await.says(422, &["Which system shall have it?", "role=\"alert\""]);
        sam.open("/").await.says(200, &[&format!("/systems/{till}/licence\"><span class=\"status is-active\">Active")]);
        sam.open(&format!("{path}/release?device={till}")).await.says(200, &["Take AI Manager from Till?"]);
        for _ in 0..2 {
            let released = sam.send_and_follow(&format!("{path}/release"), &[("device", &till)]).await;
            released.says(200, &["does not have the licence any more", "0 of 2"]);
        }
    }

    async fn a_licence_is_renewed_once_and_costs_what_was_decided(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let root = Browser::of(&bench, &scene.root).await;
        let agreement = root.publish("AI Manager").await;
        let path = format!("/licences/{}", root.issue(&agreement, scene.bakery).await);
        let renew = format!("{path}/renew");
        let page = root.open(&renew).await;
        page.says(200, &["stays accepted", "<dd>2027-11-20</dd>"]);
        let key = page.hidden("idempotency_key");
        let form = |day| [("expires_at", day), ("idempotency_key", key.as_str())];
        root.send(&renew, &form("2027-01-01")).await.says(422, &["id=\"expires_at-error\"", "later than"]);
        for _ in 0..2 {
            let renewed = root.send_and_follow(&renew, &form("")).await;
            renewed.says(200, &["The licence is renewed.", "This licence is good until 2028-11-19."]);
        }
        let change = format!("{path}/change");
        root.open(&change).await.says(200, &["value=\"19.90\"", "value=\"0\""]);
        let form = |price, discount, paid| [("amount_per_month", price), ("discount", discount), ("paid_until_at", paid)];
        root.send(&change, &form("a lot", "", "x")).await.says(422, &["id=\"amount_per_month-error\"", "id=\"discount-error\"",
            "id=\"paid_until_at-error\""]);
        let changed = root.send_and_follow(&change, &form("25", "10", "2027-01-01")).await;
        changed.says(200, &["The changes are saved.", "22.50", "25.00 less 10 %", "changed its price to 25.00 a month, less 10 %"]);
        // What runs out says so in time, and what is to be done.
        bench.clock.advance(Span::days(735));
        let root = Browser::of(&bench, &scene.root).await;
        root.open(&path).await.says(200, &["ran out on 2028-11-19", "Renew it.", "is-grace\">In grace"]);
        bench.clock.advance(Span::days(10));
        let root = Browser::of(&bench, &scene.root).await;
        root.open(&path).await.says(200, &["its time of grace ended", "is-expired\">Expired"]);
    }

    async fn a_licence_is_handed_over_suspended_and_revoked_by_name(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let root = Browser::of(&bench, &scene.root).await;
        let agreement = root.publish("AI Manager").await;
        root.make_seats(&agreement, "5").await;
        let path = format!("/licences/{}", root.issue(&agreement, scene.shop).await);
        let till = system(&bench, &scene.sam, "Till", scene.shop).await;
        root.send(&format!("{path}/bind"), &[("device", &till)]).await.leads_to(&path);
        let question = root.open(&format!("{path}/suspend")).await;
        question.says(200, &["Suspend AI Manager of Shop?", "<dd>1</dd>"]);
        for _ in 0..2 {
            let page = root.send_and_follow(&format!("{path}/suspend"), &[]).await;
            page.says(200, &["The licence is suspended.", "is-suspended\">Suspended", "/reactivate\""]);
        }
        root.open(&format!("/systems/{till}/licence")).await.says(200, &["is-suspended\">Suspended"]);
        let page = root.send_and_follow(&format!("{path}/reactivate"), &[]).await;
        page.says(200, &["The suspension has ended.", "/suspend\""]);
        // Below another one, whose people have to accept it.
        let transfer = format!("{path}/transfer");
        root.open(&transfer).await.says(200, &["Who shall hold it?", ">Bakery</a>"]);
        let bakery = scene.bakery.to_string();
        let question = root.open(&format!("{transfer}?organization_id={bakery}")).await;
        question.says(200, &["Hand AI Manager over to Bakery?", "Systems that lose it", "<dd>1</dd>"]);
        for _ in 0..2 {
            let moved = root.send_and_follow(&transfer, &[("organization_id", &bakery)]).await;
            moved.says(200, &["The licence is handed over.", ">Bakery</a>", "0 of 2"]);
        }
        let question = root.open(&format!("{path}/revoke")).await;
        question.says(200, &["Revoke AI Manager of Bakery?", "Seats that are free again", "“Bakery”"]);
        root.send(&format!("{path}/revoke"), &[("typed_name", "Bak")]).await.says(422, &["id=\"typed_name-error\""]);
        for _ in 0..2 {
            let gone = root.send_and_follow(&format!("{path}/revoke"), &[("typed_name", "Bakery")]).await;
            gone.says(200, &["The licence is revoked", "is-revoked\">Revoked", "for good"]);
            gone.hides(&["/revoke\"", "/renew\"", "/bind\""]);
        }
        root.open(&format!("{path}/renew")).await.leads_to(&path);
    }
}
