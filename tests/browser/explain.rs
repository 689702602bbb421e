//! Why somebody may do something: asked step by step with the keyboard alone.

use bailiwick_testkit::bench::{Bench, Engine};
use thirtyfour::Key;

use crate::partners::{Partners, signed_in};
use crate::visitor::Visitor;

async fn enter(visitor: &Visitor, selector: &str) {
    visitor.tab_to(selector).await;
    visitor.keys(Key::Enter).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_ask_who_may_do_what_and_why() {
    let bench = Bench::start(Engine::Sqlite).await;
    let partners = Partners::meet(&bench).await;
    let visitor = signed_in(&bench, &partners.nora).await;
    enter(&visitor, "nav a[href='/users']").await;
    visitor.arrive_at("People").await;
    enter(&visitor, "a[href='/access']").await;
    visitor.arrive_at("Explain access").await;
    visitor.portray("access").await;
    visitor.tab_to("#person").await;
    visitor.keys("ben").await;
    visitor.keys(Key::Enter).await;
    visitor.find_soon(".choices").await;
    visitor.arrive_at("Explain access").await;
    enter(&visitor, ".choices a").await;
    visitor.find_soon(".chosen").await;
    visitor.arrive_at("Explain access").await;
    visitor.tab_to("#thing").await;
    visitor.keys("bella").await;
    visitor.keys(Key::Enter).await;
    visitor.find_soon(".choices").await;
    visitor.arrive_at("Explain access").await;
    visitor.portray("access-choices").await;
    enter(&visitor, ".choices a").await;
    visitor.find_soon("#right").await;
    visitor.arrive_at("Explain access").await;
    visitor.tab_to("#right").await;
    visitor.keys("m").await;
    enter(&visitor, "main form button").await;
    visitor.find_soon(".verdict").await;
    let text = visitor.arrive_at("Explain access").await;
    assert!(text.contains("Yes") && text.contains("Support in Alpine Networks"), "{text}");
    assert!(text.contains("Alpine Networks → Hotel Bellavista"), "{text}");
    visitor.portray("access-yes").await;
    let address = visitor.address().await.replace("manage%3Asystems", "read%3Aaudit");
    visitor.go(&address).await;
    assert!(visitor.arrive_at("Explain access").await.contains("No"));
    visitor.portray("access-no").await;
    visitor.browser.quit().await.unwrap();
}
