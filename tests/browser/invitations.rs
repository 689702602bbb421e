//! Those who invite: one person, a file of them, once more, and taking an invitation back; with the keyboard alone.

use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::people::Person;
use thirtyfour::Key;

use crate::mailbox::links;
use crate::partners;
use crate::visitor::Visitor;

async fn admin(bench: &Bench) -> Person {
    let owner = bench.organisation("Owner", None).await;
    let hotel = bench.organisation("Hotel Bellavista", Some(owner)).await;
    bench.person("ada", hotel, Role::Admin).await
}

async fn signed_in(bench: &Bench, person: &Person) -> Visitor {
    let visitor = partners::signed_in(bench, person).await;
    visitor.find("nav a[href='/invitations']").await.click().await.unwrap();
    visitor.arrive_at("Invitations").await;
    visitor
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keyboard_alone_invites_sends_again_and_takes_back() {
    let bench = Bench::start(Engine::Sqlite).await;
    let visitor = signed_in(&bench, &admin(&bench).await).await;
    visitor.portray("invitations-empty").await;
    visitor.tab_to("a.is-primary[href='/invitations/new']").await;
    visitor.keys(Key::Enter).await;
    visitor.arrive_at("Invite people").await;
    visitor.portray("invite").await;
    visitor.run("document.querySelector('main form').noValidate = true").await;
    visitor.tab_to("#email").await;
    visitor.keys("nina").await;
    visitor.keys(Key::Enter).await;
    visitor.find_soon("#email-error").await;
    visitor.arrive_at("Invite people").await;
    visitor.portray("invite-refused").await;
    visitor.write("email", "nina@newcomers.example").await;
    visitor.tab_to("main form:first-of-type button[type=submit]").await;
    visitor.keys(Key::Enter).await;
    let text = visitor.arrive_at("Invitations").await;
    assert!(text.contains("The invitation is on its way") && text.contains("nina@newcomers.example"), "{text}");
    assert_eq!(links(&bench, "/invitation", 1).await.len(), 1);

    visitor.tab_to("button[name=id]").await;
    visitor.keys(Key::Enter).await;
    visitor.find_soon("[role=status].notice").await;
    assert!(visitor.arrive_at("Invitations").await.contains("Another link is on its way"));
    assert_eq!(links(&bench, "/invitation", 2).await.len(), 2);
    visitor.portray("invitations").await;
    visitor.tab_to("a[href^='/invitations/revoke']").await;
    visitor.keys(Key::Enter).await;
    visitor.arrive_at("Take back the invitation of nina@newcomers.example?").await;
    visitor.portray("invitation-revoke").await;
    visitor.tab_to("main form button[type=submit]").await;
    visitor.keys(Key::Enter).await;
    let text = visitor.arrive_at("Invitations").await;
    assert!(text.contains("The invitation is taken back") && text.contains("Taken back"), "{text}");

    visitor.keys("/").await;
    visitor.keys("nobody").await;
    visitor.keys(Key::Enter).await;
    visitor.find_soon("#list .empty").await;
    visitor.arrive_at("Invitations").await;
    visitor.portray("invitations-no-match").await;
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_checked_shown_and_sent() {
    let bench = Bench::start(Engine::Sqlite).await;
    let ada = admin(&bench).await;
    let visitor = signed_in(&bench, &ada).await;
    let choose = async |name: &str, content: &str| {
        let path = bench.directory().join(name);
        std::fs::write(&path, content).unwrap();
        visitor.go(&bench.at("/invitations/new")).await;
        visitor.arrive_at("Invite people").await;
        visitor.find("#file").await.send_keys(path.to_str().unwrap()).await.unwrap();
        visitor.click("Check the file").await;
    };
    choose("headings.csv", "mail,role\nnina@newcomers.example,reader\n").await;
    visitor.find_soon("#file-error").await;
    visitor.arrive_at("Invite people").await;
    visitor.portray("invite-bad-file").await;
    let long = format!("{}@a-host-with-a-name-that-knows-no-end.newcomers.example", "nina".repeat(12));
    let rows = format!("email;role;organization\n{long};reader;\n{};reader;\nolga;chief;Nowhere\n", ada.email);
    choose("mixed.csv", &rows).await;
    let text = visitor.arrive_at("What the file would do").await;
    assert!(text.contains("Nobody is invited before every row is good") && text.contains("Cannot be read"), "{text}");
    visitor.portray("import-refused").await;
    choose("good.csv", &format!("email;role\n{long};reader\nolga@newcomers.example;support\n")).await;
    let text = visitor.arrive_at("What the file would do").await;
    assert!(text.contains("2 people of 2 rows would be invited"), "{text}");
    visitor.portray("import").await;
    visitor.tab_to("main form button[type=submit]").await;
    visitor.keys(Key::Enter).await;
    let text = visitor.arrive_at("Invitations").await;
    assert!(text.contains("2 invitations are on their way") && text.contains("olga@newcomers.example"), "{text}");
    visitor.portray("invitations-imported").await;
    assert_eq!(links(&bench, "/invitation", 2).await.len(), 2);
    visitor.browser.quit().await.unwrap();
}
