//! Agreements and pools of seats on their pages.

use bailiwick_testkit::on_both_engines;

use crate::licensing::{id_of, terms};
use crate::support::{Browser, Page, Scene};

on_both_engines! {
    async fn an_agreement_is_written_published_and_replaced_by_those_who_write_them(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let root = Browser::of(&bench, &scene.root).await;
        root.open("/agreements").await.says(200, &["No agreements yet", "href=\"/agreements/new\""]);
        let page = root.open("/agreements/new").await;
        page.says(200, &["value=\"subscription\"", "value=\"365\"", "value=\"14\"", "value=\"30\""]);
        let key = page.hidden("idempotency_key");
        let mut wrong = terms(" ", &key);
        wrong.extend([("unused", "")]);
        let wrong: Vec<_> = wrong.into_iter().map(|(name, value)| match name {
            "provides" => (name, "NX Streams"),
            "amount_per_month" => (name, "-1"),
            _ => (name, value),
        }).collect();
        let refused = root.send("/agreements/new", &wrong).await;
        refused.says(422, &["id=\"name-error\"", "id=\"provides-error\"", "id=\"amount_per_month-error\"", "NX Streams"]);
        let mut trials = terms("AI Manager", &key);
        trials.retain(|(name, _)| *name != "trials");
        trials.push(("trials", "3"));
        root.send("/agreements/new", &trials).await.says(422, &["id=\"trials-error\""]);
        let first = root.send("/agreements/new", &terms("AI Manager", &key)).await;
        let second = root.send("/agreements/new", &terms("AI Manager", &key)).await;
        assert_eq!(first.location(), second.location(), "a second click");
        let path = format!("/agreements/{}", id_of(first.location()));
        root.open(first.location()).await.says(200, &["The draft is written.", "Version 1", "is-none\">Draft", "/publish\""]);
        // Nobody else sees a draft, or is asked to write one.
        let nora = Browser::of(&bench, &scene.nora).await;
        for act in ["", "/edit", "/publish", "/delete"] {
            nora.open(&format!("{path}{act}")).await.says(404, &[]);
        }
        nora.open("/agreements/new").await.says(403, &[]);
        nora.open("/agreements").await.says(200, &["No agreements yet", "Whoever runs this server writes them."]);
        let edited = terms("AI Manager Pro", "");
        root.send_and_follow(&format!("{path}/edit"), &edited).await.says(200, &["The changes are saved.", "<h1>AI Manager Pro</h1>"]);
        let question = root.open(&format!("{path}/publish")).await;
        question.says(200, &["Publish AI Manager Pro, version 1?", "does not change", "nx.streams, nx.models"]);
        for _ in 0..2 {
            let page = root.send_and_follow(&format!("{path}/publish"), &[]).await;
            page.says(200, &["The agreement is published.", "is-active\">Published", "none under this version"]);
        }
        root.open(&format!("{path}/edit")).await.leads_to(&path);
        root.send(&format!("{path}/edit"), &edited).await.says(409, &["This agreement is published"]);
        let page = nora.open(&path).await;
        page.says(200, &["AI Manager Pro", "19.90"]);
        page.hides(&["/withdraw\"", "/revise\"", "/edit\""]);
        nora.send(&format!("{path}/withdraw"), &[]).await.says(403, &[]);
        // A new version takes its place.
        let draft = root.send(&format!("{path}/revise"), &[]).await;
        assert_eq!(root.send(&format!("{path}/revise"), &[]).await.location(), draft.location(), "a second click");
        let new = format!("/agreements/{}", id_of(draft.location()));
        root.open(&format!("{new}/publish")).await.says(200, &["version 2?", "It takes the place of version 1, under which 0 licences"]);
        root.send_and_follow(&format!("{new}/publish"), &[]).await.says(200, &["Version 2", "is-suspended\">Withdrawn"]);
        root.open(&format!("{new}/withdraw")).await.says(200, &["Withdraw AI Manager Pro, version 2?", "<dd>0</dd>"]);
        for _ in 0..2 {
            root.send_and_follow(&format!("{new}/withdraw"), &[]).await.says(200, &["The agreement is withdrawn."]);
        }
        let draft = root.send(&format!("{new}/revise"), &[]).await;
        let gone = format!("/agreements/{}/delete", id_of(draft.location()));
        root.open(&gone).await.says(200, &["Delete the draft of AI Manager Pro, version 3?"]);
        root.send_and_follow(&gone, &[]).await.says(200, &["The draft is deleted."]);
        root.open("/agreements?status=withdrawn").await.says(200, &["2 of 2 versions"]);
        root.open("/agreements?q=nothing").await.says(200, &["No agreement matches"]);
    }

    async fn seats_are_made_handed_down_and_taken_back_once_for_each_form(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let root = Browser::of(&bench, &scene.root).await;
        root.open("/pools").await.says(200, &["No seats yet", "href=\"/pools/make\""]);
        let agreement = root.publish("AI Manager").await;
        root.open("/pools/make").await.says(200, &["AI Manager (subscription"]);
        root.fill_in("/pools/make", "", &[("agreement", ""), ("seats", "many")]).await.says(422, &["id=\"seats-error\"",
            "id=\"agreement-error\""]);
        let pool = root.make_seats(&agreement, "1000").await;
        let path = format!("/pools/{pool}");
        root.open(&path).await.says(200, &["Seats of Owner", ">1000</span>", "1000 seats made</strong> by root"]);
        let give = format!("{path}/give");
        root.open(&give).await.says(200, &["Who shall have them?", ">North</a>", "1000 of 1000 seats are free."]);
        let north = scene.north.to_string();
        let page = root.open(&format!("{give}?organization_id={north}")).await;
        page.says(200, &["Hand seats down to North", "1000 are free."]);
        let key = page.hidden("idempotency_key");
        let form = |seats, ends| [("organization_id", north.as_str()), ("seats", seats), ("overdraft", "5"),
            ("expires_at", ends), ("idempotency_key", key.as_str())];
        root.send(&give, &form("2000", "")).await.says(409, &["Only 1000 seats are free.", "value=\"2000\""]);
        root.send(&give, &form("1", "2020-01-01")).await.says(422, &["id=\"expires_at-error\""]);
        let first = root.send(&give, &form("300", "2027-06-01")).await;
        let second = root.send(&give, &form("300", "2027-06-01")).await;
        assert_eq!(first.location(), second.location(), "a second click");
        let below = format!("/pools/{}", id_of(first.location()));
        root.open(first.location()).await.says(200, &["Seats of North", ">300</span>", "and 5 in overdraft", "300 seats received from Owner",
            "datetime=\"2027-06-01T00:00:00Z\""]);
        // The picture, and the table that says the same.
        let nora = Browser::of(&bench, &scene.nora).await;
        nora.give_seats(&id_of(first.location()), scene.shop, "100").await;
        let page = root.open("/pools").await;
        page.says(200, &["3 pools", "role=\"img\"", "<title id=\"flow-title\">Seats of AI Manager", "width=\"288\"",
            ">700 free</text>", ">North</a>", "data-label=\"Free\">205<"]);
        // Whoever has seats gives them, whoever gave them decides of them.
        let page = nora.open(&below).await;
        page.says(200, &["/give\""]);
        page.hides(&["/take-back\"", "/change\"", "/pools/make"]);
        nora.open(&path).await.says(404, &[]);
        for act in ["take-back", "change"] {
            nora.open(&format!("{below}/{act}")).await.says(403, &[]);
            nora.send(&format!("{below}/{act}"), &[]).await.says(403, &[]);
        }
        let sid = Browser::of(&bench, &scene.sid).await;
        for act in ["", "/give", "/take-back", "/change"] {
            sid.open(&format!("{below}{act}")).await.says(404, &[]);
        }
        sid.open("/pools").await.says(200, &["No seats yet"]);
        let taken = format!("{below}/take-back");
        let page = root.open(&taken).await;
        page.says(200, &["Take seats back from North", "200 of 300 are free here."]);
        let key = page.hidden("idempotency_key");
        root.send(&taken, &[("seats", "301"), ("idempotency_key", &key)]).await.says(409, &["There are fewer free seats"]);
        for _ in 0..2 {
            let page = root.send_and_follow(&taken, &[("seats", "250"), ("idempotency_key", &key)]).await;
            page.says(200, &["The seats are taken back.", "250 seats returned to Owner", ">50</span>"]);
        }
        let change = format!("{below}/change");
        root.open(&change).await.says(200, &["value=\"5\"", "value=\"2027-06-01\""]);
        root.send(&change, &[("overdraft", "x"), ("expires_at", "y")]).await.says(422, &["id=\"overdraft-error\"", "id=\"expires_at-error\""]);
        let page = root.send_and_follow(&change, &[("overdraft", "0"), ("expires_at", "")]).await;
        page.says(200, &["The changes are saved.", "no overdraft"]);
    }
}
