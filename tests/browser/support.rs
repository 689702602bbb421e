//! API keys and support access on one's account, and acting as somebody else, by the keyboard alone.

use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::{Bench, Engine};
use reqwest::Method;
use thirtyfour::Key;

use crate::partners::signed_in;

/// Whether a program that has this key may read systems.
async fn opens(bench: &Bench, key: &str) -> bool {
    bench.call(Method::GET, "/api/systems").bearer_auth(key).send().await.unwrap().status() == 200
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_makes_an_api_key_sees_it_once_and_revokes_it() {
    let bench = Bench::start(Engine::Sqlite).await;
    let owner = bench.organisation("Owner", None).await;
    let ada = bench.person("ada", owner, Role::Support).await;
    let visitor = signed_in(&bench, &ada).await;
    visitor.go(&bench.at("/account#api-keys")).await;
    assert!(visitor.arrive_at("Account").await.contains("You have no API keys."));
    visitor.tab_to("#key_name").await;
    visitor.keys(" ").await;
    visitor.keys(Key::Enter).await;
    visitor.find_soon("#key_name-error").await;
    visitor.arrive_at("Account").await;
    visitor.portray("account-key-errors").await;
    visitor.write("key_name", "Nightly export").await;
    visitor.write("key_days", "30").await;
    visitor.keys(Key::Enter).await;
    let shown = visitor.find_soon("#made-key").await.text().await.unwrap();
    visitor.arrive_at("Account").await;
    assert!(opens(&bench, &shown).await);
    visitor.portray("account-key-made").await;
    bench.context.write_last_uses().await.unwrap();
    visitor.go(&bench.at("/account?later#api-keys")).await;
    let text = visitor.arrive_at("Account").await;
    assert!(text.contains("Nightly export") && text.contains("127.0.0.1") && !text.contains(&shown), "{text}");
    visitor.portray("account-keys").await;
    visitor.go(&bench.at("/account?again#api-keys")).await;
    visitor.arrive_at("Account").await;
    visitor.tab_to("button[name=key]").await;
    visitor.keys(Key::Enter).await;
    visitor.find_soon("[role=status].notice").await;
    assert!(visitor.arrive_at("Account").await.contains("The API key is revoked"));
    assert!(!opens(&bench, &shown).await);
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_consents_is_helped_and_sees_what_was_done() {
    let bench = Bench::start(Engine::Sqlite).await;
    let owner = bench.organisation("Owner", None).await;
    let hotel = bench.organisation("Hotel Bellavista", Some(owner)).await;
    let (ada, sue) = (bench.person("ada", hotel, Role::Support).await, bench.person("sue", owner, Role::Support).await);
    let (person, helper) = (signed_in(&bench, &ada).await, signed_in(&bench, &sue).await);
    person.go(&bench.at("/account#support")).await;
    assert!(person.arrive_at("Account").await.contains("Nobody has acted as you."));
    person.tab_to("#hours").await;
    person.keys(Key::Down).await;
    person.tab_to("form:has(#hours) button").await;
    person.keys(Key::Enter).await;
    person.find_soon("[role=status].notice").await;
    let text = person.arrive_at("Account").await;
    assert!(text.contains("Support may act as you from now on.") && text.contains("in 4 hours"), "{text}");

    helper.go(&bench.at(&format!("/users/{}", ada.id))).await;
    helper.find_soon("form[action$='/impersonate'] button").await.click().await.unwrap();
    helper.find_soon(".acting").await;
    assert!(helper.arrive_at("Systems").await.contains("You act as ada."));
    assert_eq!(helper.heard("region").await.min(1), 1);
    helper.portray("acting").await;
    helper.go(&bench.at("/account")).await;
    helper.arrive_at("This is for the person alone").await;
    helper.portray("acting-refused").await;

    person.go(&bench.at("/account?now#support")).await;
    let text = person.arrive_at("Account").await;
    assert!(text.contains("sue") && text.contains("Acts as you now"), "{text}");
    person.portray("account-consented").await;
    person.tab_to("a[href^='/account/impersonations/']").await;
    person.keys(Key::Enter).await;
    let text = person.arrive_at("What was done as you").await;
    assert!(text.contains("Opened a page") && text.contains("GET /"), "{text}");
    person.portray("impersonation").await;

    helper.go(&bench.at("/")).await;
    helper.arrive_at("Systems").await;
    helper.tab_to(".acting button").await;
    helper.keys(Key::Enter).await;
    helper.find_soon("body:not(:has(.acting))").await;
    let text = helper.arrive_at("Systems").await;
    assert!(text.contains("sue@example.org") && !text.contains("ada@example.org"), "{text}");
    // What is taken back while one acts leads back to oneself.
    helper.go(&bench.at(&format!("/users/{}", ada.id))).await;
    helper.find_soon("form[action$='/impersonate'] button").await.click().await.unwrap();
    helper.find_soon(".acting").await;
    helper.arrive_at("Systems").await;
    person.go(&bench.at("/account?again#support")).await;
    person.arrive_at("Account").await;
    person.tab_to("form:has(input[value=revoke-consent]) button").await;
    person.keys(Key::Enter).await;
    person.find_soon("[role=status].notice").await;
    assert!(person.arrive_at("Account").await.contains("Nobody may act as you any more."));
    helper.go(&bench.at("/")).await;
    helper.find_soon("body:not(:has(.acting))").await;
    assert!(helper.arrive_at("Systems").await.contains("sue@example.org"));
    person.browser.quit().await.unwrap();
    helper.browser.quit().await.unwrap();
}
