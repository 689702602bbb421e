//! One's own account: profile, preferences, password, sessions.

use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::people::{PASSWORD, Person};
use reqwest::Method;
use serde_json::{Value, json};
use thirtyfour::Key;

use crate::partners::signed_in;
use crate::visitor::Visitor;

const NEW_PASSWORD: &str = "seven quiet marmots on bicycles";

async fn person(bench: &Bench) -> Person {
    let owner = bench.organisation("Owner", None).await;
    let organisation = bench.organisation("Hotel Bellavista", Some(owner)).await;
    bench.person("ada", organisation, Role::Admin).await
}

async fn to_account(visitor: &Visitor) {
    visitor.find("nav a[href='/account']").await.click().await.unwrap();
    visitor.arrive_at("Account").await;
}

/// What the API says of oneself.
async fn me(bench: &Bench, access: &str) -> Value {
    let answer = bench.call(Method::GET, "/api/me").bearer_auth(access).send().await.unwrap();
    let body: Value = answer.json().await.unwrap();
    body.get("data").cloned().unwrap()
}

/// The devices of the sessions in the list.
async fn devices(visitor: &Visitor) -> Vec<String> {
    let script = "return Array.from(document.querySelectorAll('tbody th'), (cell) => cell.innerText.trim())";
    serde_json::from_value(visitor.run(script).await).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_says_how_one_is_called_and_what_one_prefers() {
    let bench = Bench::start(Engine::Sqlite).await;
    let person = person(&bench).await;
    let access = bench.sign_in(&person).await.access;
    let visitor = signed_in(&bench, &person).await;
    to_account(&visitor).await;
    visitor.write("name", " ").await;
    visitor.write("phone_number", "call me").await;
    visitor.click("Save profile").await;
    visitor.find_soon("#name-error").await;
    let text = visitor.arrive_at("Account").await;
    assert!(text.contains("2 things need your attention"), "{text}");
    assert_eq!(visitor.value_of("#phone_number").await, "call me");
    visitor.write("name", "Ada Verdi").await;
    visitor.write("phone_number", "+39 0721 12345").await;
    visitor.click("Save profile").await;
    visitor.find_soon("[role=status].notice").await;
    let text = visitor.arrive_at("Account").await;
    assert!(text.contains("Your profile is saved."), "{text}");
    let now = me(&bench, &access).await;
    assert_eq!((now.get("name"), now.get("phone_number")), (Some(&json!("Ada Verdi")), Some(&json!("+39 0721 12345"))));
    visitor.write("phone_number", "").await;
    visitor.click("Save profile").await;
    visitor.arrive_at("Account").await;
    visitor.find("#language option[value=de]").await.click().await.unwrap();
    visitor.find("#theme option[value=dark]").await.click().await.unwrap();
    visitor.click("Save preferences").await;
    visitor.find_soon("html[data-theme=dark]").await;
    assert!(visitor.arrive_at("Account").await.contains("Your preferences are saved."));
    let now = me(&bench, &access).await;
    assert_eq!((now.get("language"), now.get("theme")), (Some(&json!("de")), Some(&json!("dark"))));
    assert_eq!(now.get("phone_number"), Some(&Value::Null));
    // A browser where nobody chose takes the theme over.
    let other = signed_in(&bench, &person).await;
    other.find("html[data-theme=dark]").await;
    visitor.browser.quit().await.unwrap();
    other.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_switch_and_the_preferences_agree_on_the_theme() {
    let bench = Bench::start(Engine::Sqlite).await;
    let person = person(&bench).await;
    let access = bench.sign_in(&person).await.access;
    let visitor = signed_in(&bench, &person).await;
    to_account(&visitor).await;
    visitor.find("[data-theme-switch] button[value=dark]").await.click().await.unwrap();
    visitor.find_soon("html[data-theme=dark]").await;
    assert_eq!(visitor.value_of("#theme").await, "dark");
    visitor.click("Save preferences").await;
    visitor.find_soon("[role=status].notice").await;
    visitor.arrive_at("Account").await;
    visitor.find("html[data-theme=dark]").await;
    assert_eq!(me(&bench, &access).await.get("theme"), Some(&json!("dark")));
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_wrong_far_down_on_the_page_is_seen() {
    let bench = Bench::start(Engine::Sqlite).await;
    let person = person(&bench).await;
    let visitor = signed_in(&bench, &person).await;
    to_account(&visitor).await;
    // Too many guesses: no field is wrong, only the whole of it.
    loop {
        visitor.write("current_password", "certainly not this one").await;
        visitor.write("new_password", NEW_PASSWORD).await;
        // From the second time on the page that one leaves has an alert too, and is told from its answer by this.
        visitor.run("document.body.dataset.left = ''").await;
        visitor.click("Change password").await;
        visitor.find_soon("body:not([data-left]) form:has(#new_password) [role=alert]").await;
        if visitor.arrive_at("Account").await.contains("Too many attempts.") {
            break;
        }
    }
    let seen = "const alert = document.activeElement; const { top, bottom } = alert.getBoundingClientRect(); \
        return [alert.role, top >= 0 && bottom <= innerHeight]";
    assert_eq!(visitor.run(seen).await, json!(["alert", true]));
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_changes_the_password_and_the_other_sessions_end() {
    let bench = Bench::start(Engine::Sqlite).await;
    let person = person(&bench).await;
    let visitor = signed_in(&bench, &person).await;
    let other = signed_in(&bench, &person).await;
    to_account(&visitor).await;
    for (current, new, error) in [
        ("certainly not this one", NEW_PASSWORD, "#current_password-error"),
        (PASSWORD, "ada@example.org1", "#new_password-error"),
    ] {
        visitor.write("current_password", current).await;
        visitor.write("new_password", new).await;
        visitor.click("Change password").await;
        visitor.find_soon(error).await;
        visitor.arrive_at("Account").await;
        assert!(visitor.page().title().await.unwrap().starts_with("Error: "));
    }
    visitor.write("current_password", PASSWORD).await;
    visitor.write("new_password", NEW_PASSWORD).await;
    let button = visitor.act("Change password").await;
    visitor.page().action_chain().double_click_element(&button).perform().await.unwrap();
    visitor.find_soon("[role=status].notice").await;
    let text = visitor.arrive_at("Account").await;
    assert!(text.contains("Your password is changed."), "{text}");
    assert_eq!(devices(&visitor).await.len(), 1);
    other.page().refresh().await.unwrap();
    other.arrive_at("Sign in").await;
    visitor.browser.quit().await.unwrap();
    other.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_ends_sessions_that_one_does_not_want() {
    let bench = Bench::start(Engine::Sqlite).await;
    let person = person(&bench).await;
    let tokens = bench.sign_in(&person).await;
    bench.sign_in(&person).await;
    let visitor = signed_in(&bench, &person).await;
    let other = signed_in(&bench, &person).await;
    to_account(&visitor).await;
    let text = visitor.text().await;
    assert!(text.contains("This session") && text.contains("127.0.0.1"), "{text}");
    assert_eq!(devices(&visitor).await.len(), 4);
    // The other browser is the only one that gives a device a name.
    let end = "//tr[contains(., 'Chrome')]//button";
    let button = visitor.page().find(thirtyfour::By::XPath(end)).await.unwrap();
    visitor.page().action_chain().double_click_element(&button).perform().await.unwrap();
    visitor.find_soon("[role=status].notice").await;
    let text = visitor.arrive_at("Account").await;
    assert!(text.contains("The session has ended."), "{text}");
    assert_eq!(devices(&visitor).await.len(), 3);
    other.page().refresh().await.unwrap();
    other.arrive_at("Sign in").await;
    visitor.click("End all other sessions").await;
    while devices(&visitor).await.len() != 1 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    visitor.arrive_at("Account").await;
    let answer = bench.call(Method::GET, "/api/me").bearer_auth(&tokens.access).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    visitor.browser.quit().await.unwrap();
    other.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keyboard_alone_is_enough_for_the_account() {
    let bench = Bench::start(Engine::Sqlite).await;
    let person = person(&bench).await;
    bench.sign_in(&person).await;
    let visitor = signed_in(&bench, &person).await;
    visitor.tab_to("nav a[href='/account']").await;
    visitor.keys(Key::Enter).await;
    visitor.arrive_at("Account").await;
    visitor.tab_to("#job_title").await;
    visitor.keys("Head of servers").await;
    visitor.keys(Key::Enter).await;
    visitor.find_soon("[role=status].notice").await;
    visitor.arrive_at("Account").await;
    visitor.tab_to("#language").await;
    visitor.keys("Italiano").await;
    visitor.tab_to("#newsletter").await;
    visitor.keys(" ").await;
    visitor.tab_to("form:has(#newsletter) button").await;
    visitor.keys(Key::Enter).await;
    visitor.find_soon("#language option[value=it][selected]").await;
    visitor.arrive_at("Account").await;
    assert!(visitor.find("#newsletter").await.is_selected().await.unwrap());
    visitor.tab_to("#current_password").await;
    visitor.keys(PASSWORD).await;
    visitor.tab_to("#new_password").await;
    visitor.keys(NEW_PASSWORD).await;
    visitor.keys(Key::Enter).await;
    while !visitor.text().await.contains("Your password is changed.") {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    bench.sign_in_with(&person, NEW_PASSWORD).await;
    visitor.page().refresh().await.unwrap();
    visitor.arrive_at("Account").await;
    visitor.tab_to("tbody button").await;
    visitor.keys(Key::Enter).await;
    while !visitor.text().await.contains("The session has ended.") {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    visitor.assert_quiet().await;
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_account_fits_and_everybody_can_use_it() {
    let bench = Bench::start(Engine::Sqlite).await;
    let person = person(&bench).await;
    for user_agent in [
        "curl/8.14.1",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 20_0 like Mac OS X) AppleWebKit/605.1.15 Version/20.0 Safari/604.1",
        "a-device-that-says-a-great-deal-of-itself-and-knows-no-end-of-its-own-name-nor-any-space-to-break-at",
    ] {
        let body = json!({ "Username": person.email, "Password": PASSWORD });
        let request = bench.call(Method::POST, "/auth/authenticate/signin").header("user-agent", user_agent);
        assert_eq!(request.json(&body).send().await.unwrap().status(), 200);
        bench.clock.advance(Span::minutes(50));
    }
    let visitor = signed_in(&bench, &person).await;
    to_account(&visitor).await;
    visitor.portray("account").await;
    visitor.run("document.querySelector('form:has(#name)').noValidate = true").await;
    visitor.write("name", "").await;
    visitor.write("phone_number", "none").await;
    visitor.click("Save profile").await;
    visitor.find_soon("#name-error").await;
    visitor.arrive_at("Account").await;
    visitor.portray("account-refused-profile").await;
    visitor.write("current_password", "certainly not this one").await;
    visitor.write("new_password", NEW_PASSWORD).await;
    visitor.click("Change password").await;
    visitor.find_soon("#current_password-error").await;
    visitor.arrive_at("Account").await;
    visitor.portray("account-refused-password").await;
    visitor.click("Save preferences").await;
    visitor.find_soon("[role=status].notice").await;
    visitor.arrive_at("Account").await;
    visitor.portray("account-saved").await;
    for _ in 0..25 {
        bench.sign_in(&person).await;
    }
    visitor.go(&bench.at("/account")).await;
    assert!(visitor.arrive_at("Account").await.contains("9 more are not listed."));
    visitor.portray("account-many-sessions").await;
    visitor.browser.quit().await.unwrap();
}
