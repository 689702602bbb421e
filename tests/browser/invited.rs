//! Somebody invited: what the link shows to whom, and joining by it.

use bailiwick_app::settings::Registration;
use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::people::PASSWORD;
use reqwest::Method;
use serde_json::json;
use thirtyfour::Key;

use crate::mailbox::links;
use crate::visitor::Visitor;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_leads_into_the_organisation_and_everybody_can_use_its_page() {
    let bench = Bench::start_with(Engine::Sqlite, |settings| settings.registration = Registration::Invite).await;
    let owner = bench.organisation("Owner", None).await;
    let hotel = bench.organisation("Hotel Bellavista", Some(owner)).await;
    let admin = bench.person("ada", hotel, Role::Admin).await;
    let known = bench.person("rita", owner, Role::Reader).await;
    let access = bench.sign_in(&admin).await.access;
    for email in ["nina@newcomers.example", &known.email] {
        let body = json!({ "organization_id": hotel, "email": email, "role": "support" });
        let request = bench.call(Method::POST, "/api/invitations").bearer_auth(&access).json(&body);
        assert_eq!(request.send().await.unwrap().status(), 201);
    }
    let mut invitations = links(&bench, "/invitation", 2).await;
    let opened = bench.client.get(invitations.first().unwrap()).send().await.unwrap().text().await.unwrap();
    if !opened.contains("nina@newcomers.example") {
        invitations.reverse();
    }
    let visitor = Visitor::new().await;
    visitor.go(invitations.first().unwrap()).await;
    visitor.arrive_at("You are invited").await;
    visitor.portray("invitation").await;
    visitor.run("document.querySelector('main form').noValidate = true").await;
    visitor.write("password", "nina@newcomers.example").await;
    visitor.click("Create account and join").await;
    visitor.find_soon("[role=alert]").await;
    visitor.arrive_at("You are invited").await;
    visitor.portray("invitation-refused").await;
    visitor.tab_to("#name").await;
    visitor.keys("Nina Neu").await;
    visitor.tab_to("#password").await;
    visitor.keys(PASSWORD).await;
    visitor.tab_to("#terms").await;
    visitor.keys(" ").await;
    visitor.keys(Key::Enter).await;
    assert!(visitor.arrive_at("Systems").await.contains("Hotel Bellavista"));
    visitor.go(invitations.first().unwrap()).await;
    visitor.arrive_at("This link does not work").await;
    visitor.portray("invitation-dead-link").await;

    visitor.go(invitations.last().unwrap()).await;
    assert!(visitor.arrive_at("You are invited").await.contains("You are signed in as nina@newcomers.example"));
    visitor.portray("invitation-for-another").await;
    visitor.click("Sign out and go on").await;
    visitor.arrive_at("You are invited").await;
    visitor.page().find(thirtyfour::By::LinkText("Sign in")).await.unwrap().click().await.unwrap();
    visitor.sign_in(&known.email).await;
    visitor.arrive_at("You are invited").await;
    visitor.portray("invitation-join").await;
    visitor.click("Join Hotel Bellavista").await;
    visitor.arrive_at("Systems").await;
    visitor.browser.quit().await.unwrap();
}
