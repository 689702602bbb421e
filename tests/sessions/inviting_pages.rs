//! The pages of those who invite, as a browser without script uses them.

use std::collections::BTreeSet;

use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::http::{submit, with_form};
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;

use crate::forms::Browser;
use crate::invitations::{NEWCOMER, REGISTER, Stage, newcomer};
use crate::inviting_again::{id_of, new_link};
use crate::support::{Aside, Strict, post};

/// A form with fields, and with a file where one is chosen, as browsers write it (RFC 7578).
fn multipart(fields: &[(&str, &str)], file: Option<&[u8]>) -> (String, Vec<u8>) {
    const BOUNDARY: &str = "----a-boundary-that-is-nowhere-else";
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
        );
    }
    if let Some(file) = file {
        let head = "Content-Disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\nContent-Type: text/csv";
        body.extend(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").bytes());
        body.extend(file);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}

/// Chooses a file, or sends the fields of the table that came of one.
async fn import(browser: &Browser<'_>, fields: &[(&str, &str)], file: Option<&[u8]>) -> Answer {
    let (content_type, body) = multipart(fields, file);
    let request = browser.request(Method::POST, "/invitations/import").header("sec-fetch-site", "same-origin");
    Answer::of(request.header(CONTENT_TYPE, content_type).body(body)).await
}

/// The page's hidden field of this name, as a browser reads it.
fn hidden(page: &Answer, name: &str) -> String {
    let start = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
    let (_, rest) = page.body.split_once(&start).unwrap_or_else(|| panic!("no {name} in {page:?}"));
    let value = rest.split('"').next().unwrap();
    value.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&")
}

/// How many invitations and mails there are.
async fn counts(aside: &Aside) -> (i64, i64) {
    (aside.number("SELECT COUNT(*) FROM invitations").await, aside.number("SELECT COUNT(*) FROM mails").await)
}

on_both_engines! {
    async fn somebody_is_invited_by_the_page_again_and_taken_back(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let mut browser = Browser::of(&bench, &stage.carla).await;
        let empty = browser.open("/invitations").await;
        assert!(empty.status == 200 && empty.body.contains("Nobody is invited"), "{empty:?}");
        let form = browser.open("/invitations/new").await;
        assert!(form.body.contains("value=\"Bellavista &#60;Hotels&#62;\""), "the organisation that one acts for: {form:?}");
        let wrong = browser.send("/invitations/new", &[("email", "nora"), ("organization", ""), ("role", "chief")]).await;
        assert_eq!(wrong.status, 422, "{wrong:?}");
        assert!(wrong.body.contains("3 things need your attention") && wrong.body.contains("value=\"nora\""), "{wrong:?}");
        for place in ["Sibling", "Nowhere", &stage.theirs.to_string(), &stage.owner.to_string()] {
            let refused = browser.send("/invitations/new", &[("email", NEWCOMER), ("organization", place), ("role", "reader")]).await;
            assert!(refused.status == 422 && refused.body.contains("whose people you may manage"), "{place}: {refused:?}");
        }
        assert_eq!(counts(&aside).await, (0, 0));
        let fields = [("email", NEWCOMER), ("organization", "Bellavista <Hotels>"), ("role", "support"), ("language", "de")];
        let sent = browser.send_and_follow("/invitations/new", &fields).await;
        assert!(sent.body.contains("The invitation is on its way") && sent.body.contains(NEWCOMER), "{sent:?}");
        let mut known = BTreeSet::new();
        let first = new_link(&bench, &mut known).await;
        assert!(!sent.body.contains(&first), "whoever invites must not be able to accept");
        let id = hidden_id(&sent);
        let again = browser.send_and_follow("/invitations", &[("act", "resend"), ("id", &id)]).await;
        assert!(again.body.contains("Another link is on its way"), "{again:?}");
        let second = new_link(&bench, &mut known).await;
        post(&bench, REGISTER, &newcomer(NEWCOMER, &first)).await.refuses_field("Invitation");
        let asked = browser.open(&format!("/invitations/revoke?id={id}")).await;
        assert!(asked.status == 200 && asked.body.contains("Take invitation back"), "{asked:?}");
        for _click in 0..2 {
            let revoked = browser.send_and_follow("/invitations", &[("act", "revoke"), ("id", &id)]).await;
            assert!(revoked.body.contains("The invitation is taken back"), "{revoked:?}");
        }
        post(&bench, REGISTER, &newcomer(NEWCOMER, &second)).await.refuses_field("Invitation");
        let refused = browser.send("/invitations", &[("act", "resend"), ("id", &id)]).await;
        assert!(refused.status == 409 && refused.body.contains("accepted or taken back already"), "{refused:?}");
        assert_eq!(counts(&aside).await, (1, 2));
    }

    async fn the_list_is_filtered_by_the_address_of_the_page(bench: Bench) {
        let stage = Stage::set(&bench).await;
        for number in 0..23 {
            bench.invitation(&format!("open{number:02}@example.org"), stage.ours).await;
            bench.clock.advance(Span::seconds(1));
        }
        bench.invitation("foreign@example.org", stage.theirs).await;
        let mut browser = Browser::of(&bench, &stage.carla).await;
        let page = browser.open("/invitations").await;
        assert!(page.body.contains("open22@example.org") && !page.body.contains("open02@"), "the newest first: {page:?}");
        assert!(page.body.contains("1–20 of 23 invitations") && page.body.contains("Page 1 of 2"), "{page:?}");
        let page = browser.open("/invitations?page=2").await;
        assert!(page.body.contains("open02@") && !page.body.contains("open22@"), "{page:?}");
        let page = browser.open("/invitations?q=OPEN1&status=open").await;
        assert!(page.body.contains("open19@") && !page.body.contains("open22@"), "{page:?}");
        for (query, words) in [
            ("q=foreign", "No invitation matches"), ("status=accepted", "No invitation has this status"),
            ("page=9", "The list ends before this page"), ("q=%25", "No invitation matches"),
        ] {
            let page = browser.open(&format!("/invitations?{query}")).await;
            assert!(page.status == 200 && page.body.contains(words) && !page.body.contains("foreign@"), "{query}: {page:?}");
        }
    }

    async fn a_file_is_looked_at_first_and_then_carried_out_by_one_button(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let mut browser = Browser::of(&bench, &stage.carla).await;
        for (file, words) in [
            (&b""[..], "Choose a file."),
            (b"email\nann@example.org\n", "a column “role”"),
            (b"email,role\nann@example.org,r\xe9ader\n", "line 2 is in another encoding"),
        ] {
            let refused = import(&browser, &[], Some(file)).await;
            assert!(refused.status == 422 && refused.body.contains(words), "{words}: {refused:?}");
        }
        let bad = format!("email,role\r\n{NEWCOMER},reader\r\n<b>,\"=cmd\"\"|x\"\r\n");
        let refused = import(&browser, &[], Some(bad.as_bytes())).await;
        assert!(refused.status == 200 && refused.body.contains("Nobody is invited before every row is good"), "{refused:?}");
        assert!(!refused.body.contains("name=\"csv\"") && !refused.body.contains("<b>"), "{refused:?}");
        // Nobody is kept from sending what the page does not offer, and it does nothing either.
        let forced = import(&browser, &[("act", "import"), ("csv", &bad)], None).await;
        assert_eq!(forced.status, 422, "{forced:?}");
        assert_eq!(counts(&aside).await, (0, 0));

        let good = format!("\u{feff}email;role;name\r\n{NEWCOMER};support;\"Nora \"\"N\"\" New\"\r\n{};reader;\r\n", stage.carla.email);
        let shown = import(&browser, &[], Some(good.as_bytes())).await;
        for words in ["1 person of 2 rows would be invited", "Member already", "Send 1 invitation", "Nora &#34;N&#34; New"] {
            assert!(shown.body.contains(words), "{words}: {shown:?}");
        }
        assert_eq!(counts(&aside).await, (0, 0));
        let csv = hidden(&shown, "csv");
        assert_eq!(csv, good);
        for notice in ["1 invitation is on its way", "Everybody in the file was invited before"] {
            let done = import(&browser, &[("act", "import"), ("csv", &csv)], None).await;
            assert_eq!(done.status, 303, "{done:?}");
            let list = browser.open(done.header("location").unwrap()).await;
            assert!(list.body.contains(notice) && list.body.contains(NEWCOMER), "{list:?}");
        }
        assert_eq!(counts(&aside).await, (1, 1), "a second click invites nobody twice");
    }

    async fn nobody_else_invites_by_the_pages_and_no_other_site(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let other = bench.person("other", stage.theirs, Role::Admin).await;
        let id = id_of(&stage.invite(&bench, NEWCOMER, "reader").await);
        let before = counts(&aside).await;
        let (content_type, body) = multipart(&[], Some(b"email,role\nann@example.org,reader\n"));
        for (site, token) in [("cross-site", ""), ("", "made up")] {
            let browser = Browser::of(&bench, &stage.carla).await;
            let mut request = browser.request(Method::POST, "/invitations/import").header(CONTENT_TYPE, &content_type);
            if !site.is_empty() {
                request = request.header("sec-fetch-site", site);
            }
            assert_eq!(Answer::of(request.body(body.clone())).await.status, 403, "{site}{token}");
            let act = browser.request(Method::POST, "/invitations").header("sec-fetch-site", "cross-site");
            let act = with_form(act, [("act", "revoke"), ("id", &id)]);
            assert_eq!(Answer::of(act).await.status, 403);
        }
        // A reader may not; an administrator elsewhere finds nothing there.
        for (person, status) in [(&stage.bob, 403), (&other, 404)] {
            let mut browser = Browser::of(&bench, person).await;
            for act in ["resend", "revoke"] {
                assert_eq!(browser.send("/invitations", &[("act", act), ("id", &id)]).await.status, status, "{act}");
            }
            assert_eq!(browser.open(&format!("/invitations/revoke?id={id}")).await.status, status);
        }
        let stranger = Browser::new(&bench);
        let sent = Answer::of(submit(stranger.request(Method::POST, "/invitations"), [("act", "revoke"), ("id", &id)])).await;
        assert_eq!((sent.status, sent.header("location")), (303, Some("/login?next=%2Finvitations")));
        let huge = vec![b'a'; 300 * 1024];
        let browser = Browser::of(&bench, &stage.carla).await;
        assert_eq!(import(&browser, &[], Some(&huge)).await.status, 413);
        assert_eq!(counts(&aside).await, before);
    }
}

/// The id of the only invitation in the list.
fn hidden_id(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("name=\"id\" value=\"").unwrap_or_else(|| panic!("{page:?}"));
    rest.split('"').next().unwrap().to_owned()
}
