//! Switching the organisation that one acts for, from whatever page, with the keyboard alone.

use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::{Bench, Engine};
use thirtyfour::Key;

use crate::partners::{Partners, signed_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_switch_from_a_page_and_come_back_to_it() {
    let bench = Bench::start(Engine::Sqlite).await;
    let partners = Partners::meet(&bench).await;
    bench.join(&partners.ben, partners.south, Role::Reader).await;
    let visitor = signed_in(&bench, &partners.ben).await;
    let path = "/organizations?q=a&status=active";
    visitor.go(&bench.at(path)).await;
    visitor.arrive_at("Organisations").await;
    let chosen = "return document.querySelector('#acting-for').selectedOptions[0].label";
    assert_eq!(visitor.run(chosen).await, "Alpine Networks");
    visitor.tab_to("#acting-for").await;
    visitor.keys("S").await;
    visitor.tab_to(".switcher button").await;
    visitor.keys(Key::Enter).await;
    visitor.find_soon(&format!("#acting-for option[value='{}'][selected]", partners.south)).await;
    visitor.arrive_at("Organisations").await;
    assert_eq!(visitor.run(chosen).await, "Southgate Distribution");
    assert!(visitor.address().await.ends_with(path), "{}", visitor.address().await);
    // On a phone it is in the menu.
    visitor.browser.as_phone().await.unwrap();
    visitor.go(&bench.at("/")).await;
    visitor.arrive_at("Systems").await;
    visitor.tab_to(".menu-button").await;
    visitor.keys(Key::Enter).await;
    visitor.tab_to("#acting-for").await;
    visitor.keys("A").await;
    visitor.tab_to(".switcher button").await;
    visitor.keys(Key::Enter).await;
    visitor.find_soon(&format!("#acting-for option[value='{}'][selected]", partners.alpine)).await;
    visitor.arrive_at("Systems").await;
    visitor.portray("systems-switcher").await;
    visitor.browser.quit().await.unwrap();
}
