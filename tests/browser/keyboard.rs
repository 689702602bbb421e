//! The keyboard alone.

use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::people::PASSWORD;
use thirtyfour::Key;

use crate::shop::Shop;
use crate::visitor::Visitor;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tab_and_enter_lead_through_sign_in_and_consent() {
    let bench = Bench::start(Engine::Sqlite).await;
    let shop = Shop::open(&bench).await;
    let visitor = Visitor::new().await;
    visitor.go(&shop.start(&bench, &bench.state("keys only"))).await;
    visitor.arrive_at("Sign in").await;
    visitor.tab_to("#email").await;
    visitor.keys(shop.admin.email.as_str()).await;
    visitor.tab_to("#password").await;
    visitor.keys(PASSWORD).await;
    visitor.keys(Key::Enter).await;

    visitor.arrive_at("Create a system?").await;
    visitor.tab_to("#name").await;
    visitor.tab_to("main form:first-of-type button[type=submit]").await;
    visitor.keys(Key::Enter).await;
    visitor.arrive_at("System created").await;
    visitor.tab_to("#secret").await;
    visitor.tab_to("a.is-primary").await;
    visitor.keys(Key::Enter).await;
    visitor.arrive_at("Thank you").await;

    visitor.go(&bench.at("/")).await;
    visitor.arrive_at("Systems").await;
    // The slash is the way to the search from anywhere.
    visitor.keys("/").await;
    visitor.keys("production").await;
    visitor.keys(Key::Enter).await;
    let written = "return document.activeElement.value + ' ' + location.search";
    while visitor.run(written).await.as_str().is_none_or(|seen| !seen.contains("q=production")) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(visitor.text().await.contains("Production Server"));
    visitor.assert_quiet().await;
    visitor.browser.quit().await.unwrap();
}
