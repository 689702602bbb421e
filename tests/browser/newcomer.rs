//! Somebody new: an account, the link that confirms it, and a way in when the password is forgotten.

use bailiwick_app::settings::{Registration, Unconfirmed};
use bailiwick_domain::time::Span;
use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::people::{PASSWORD, Person};
use serde_json::json;
use thirtyfour::Key;

use crate::mailbox::{links, mails};
use crate::visitor::Visitor;

const EMAIL: &str = "nina@newcomers.example";
const NEW_PASSWORD: &str = "seven quiet marmots on bicycles";

/// Fills the form of somebody who registers, with this password.
async fn fill(visitor: &Visitor, password: &str) {
    visitor.arrive_at("Create an account").await;
    for (id, text) in [("name", "Nina Neu"), ("company", "Newcomers"), ("email", EMAIL), ("password", password)] {
        visitor.write(id, text).await;
    }
}

/// Registers and arrives at the account.
async fn register(visitor: &Visitor, bench: &Bench) {
    visitor.go(&bench.at("/register")).await;
    fill(visitor, PASSWORD).await;
    visitor.find("#terms").await.click().await.unwrap();
    visitor.click("Create account").await;
    visitor.arrive_at("Account").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_registers_and_confirms_their_address() {
    let bench = Bench::start(Engine::Sqlite).await;
    bench.organisation("Owner", None).await;
    let visitor = Visitor::new().await;
    visitor.go(&bench.at("/login")).await;
    visitor.arrive_at("Sign in").await;
    visitor.click("Create one").await;
    fill(&visitor, "newcomers nina").await;
    visitor.find("#terms").await.click().await.unwrap();
    visitor.click("Create account").await;
    visitor.find_soon("#password-error").await;
    visitor.arrive_at("Create an account").await;
    assert!(visitor.page().title().await.unwrap().starts_with("Error: "));
    assert_eq!(visitor.value_of("#company").await, "Newcomers");
    assert_eq!(visitor.value_of("#password").await, "");
    assert!(visitor.find("#terms").await.is_selected().await.unwrap());

    visitor.write("password", PASSWORD).await;
    visitor.click("Create account").await;
    let text = visitor.arrive_at("Account").await;
    assert!(text.contains("you are signed in") && text.contains("Not confirmed"), "{text}");
    assert!(text.contains("Newcomers") && text.contains("Chrome on Linux"), "{text}");

    // A program that looks through mails opens the link; only the click confirms.
    let link = links(&bench, "/confirm", 1).await.remove(0);
    let opened = bench.client.get(&link).send().await.unwrap();
    assert_eq!(opened.status(), 200);
    visitor.go(&link).await;
    visitor.arrive_at("Confirm your address").await;
    visitor.click("Confirm address").await;
    let text = visitor.arrive_at("Account").await;
    assert!(text.contains("Your e-mail address is confirmed.") && !text.contains("Not confirmed"), "{text}");
    visitor.go(&link).await;
    visitor.arrive_at("This link does not work").await;
    visitor.click("Go to your account").await;
    assert!(visitor.arrive_at("Account").await.contains("Confirmed"));
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgotten_password_is_replaced_by_a_mailed_link() {
    let bench = Bench::start(Engine::Sqlite).await;
    let owner = bench.organisation("Owner", None).await;
    let person = bench.super_admin("ada", owner).await;
    let visitor = Visitor::new().await;
    visitor.go(&bench.at("/login")).await;
    visitor.sign_in(&person.email).await;
    visitor.arrive_at("Systems").await;
    let other = Visitor::new().await;
    other.go(&bench.at("/login")).await;
    other.arrive_at("Sign in").await;
    other.click("Forgot your password?").await;
    let mut seen = Vec::new();
    for address in ["nobody@example.org", &person.email] {
        other.arrive_at("Forgot your password?").await;
        other.write("email", address).await;
        other.click("Send the link").await;
        seen.push((other.arrive_at("Look into your mail").await, other.address().await));
        other.click("ask again").await;
    }
    assert_eq!(seen.first(), seen.last(), "whether there is an account is not said");

    let link = links(&bench, "/reset-password", 1).await.remove(0);
    assert_eq!(mails(&bench).len(), 1, "a stranger gets no mail");
    other.go(&link).await;
    other.arrive_at("Set a new password").await;
    other.write("password", "ada@example.org1").await;
    other.click("Set password").await;
    other.find_soon("#password-error").await;
    other.arrive_at("Set a new password").await;
    other.write("password", NEW_PASSWORD).await;
    other.click("Set password").await;
    assert!(other.arrive_at("Sign in").await.contains("Your new password is set."));
    other.write("email", &person.email).await;
    other.write("password", NEW_PASSWORD).await;
    other.click("Sign in").await;
    other.arrive_at("Systems").await;
    // Whoever was signed in before is no longer.
    visitor.page().refresh().await.unwrap();
    assert!(visitor.arrive_at("Sign in").await.contains("Your session has ended."));
    other.go(&link).await;
    other.arrive_at("This link does not work").await;
    other.click("Ask for another link").await;
    other.arrive_at("Forgot your password?").await;
    assert_eq!(other.value_of("#email").await, person.email, "whoever is signed in need not type it");
    visitor.browser.quit().await.unwrap();
    other.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_click_makes_no_second_account() {
    let bench = Bench::start(Engine::Sqlite).await;
    let owner = bench.organisation("Owner", None).await;
    bench.super_admin("ada", owner).await;
    let visitor = Visitor::new().await;
    visitor.go(&bench.at("/register")).await;
    fill(&visitor, PASSWORD).await;
    visitor.find("#terms").await.click().await.unwrap();
    let button = visitor.act("Create account").await;
    visitor.page().action_chain().double_click_element(&button).perform().await.unwrap();
    visitor.arrive_at("Account").await;
    // Nor does the same form once more, from a page that the browser has kept or a second window.
    visitor.page().delete_all_cookies().await.unwrap();
    register(&visitor, &bench).await;
    assert_eq!(links(&bench, "/confirm", 1).await.len(), 1);
    // To whoever does not know the password it says what to do.
    visitor.page().delete_all_cookies().await.unwrap();
    visitor.go(&bench.at("/register")).await;
    fill(&visitor, NEW_PASSWORD).await;
    visitor.find("#terms").await.click().await.unwrap();
    visitor.click("Create account").await;
    visitor.find_soon("#email-error").await;
    let text = visitor.arrive_at("Create an account").await;
    assert!(text.contains("There is an account with it already."), "{text}");
    visitor.click("set a new password").await;
    visitor.arrive_at("Forgot your password?").await;
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keyboard_alone_is_enough_to_register_and_to_come_back() {
    let bench = Bench::start(Engine::Sqlite).await;
    bench.organisation("Owner", None).await;
    let visitor = Visitor::new().await;
    visitor.go(&bench.at("/login")).await;
    visitor.arrive_at("Sign in").await;
    visitor.tab_to("a[href='/register']").await;
    visitor.keys(Key::Enter).await;
    visitor.arrive_at("Create an account").await;
    for (id, text) in [("name", "Nina"), ("company", "Newcomers"), ("email", EMAIL), ("password", PASSWORD)] {
        visitor.tab_to(&format!("#{id}")).await;
        visitor.keys(text).await;
    }
    visitor.tab_to("#terms").await;
    visitor.keys(" ").await;
    visitor.keys(Key::Enter).await;
    visitor.arrive_at("Account").await;

    visitor.go(&links(&bench, "/confirm", 1).await.remove(0)).await;
    visitor.arrive_at("Confirm your address").await;
    visitor.tab_to("main button[type=submit]").await;
    visitor.keys(Key::Enter).await;
    visitor.arrive_at("Account").await;

    visitor.page().delete_all_cookies().await.unwrap();
    visitor.go(&bench.at("/login")).await;
    visitor.arrive_at("Sign in").await;
    visitor.tab_to("a[href='/forgot-password']").await;
    visitor.keys(Key::Enter).await;
    visitor.arrive_at("Forgot your password?").await;
    visitor.tab_to("#email").await;
    visitor.keys(EMAIL).await;
    visitor.keys(Key::Enter).await;
    visitor.arrive_at("Look into your mail").await;
    visitor.go(&links(&bench, "/reset-password", 1).await.remove(0)).await;
    visitor.arrive_at("Set a new password").await;
    visitor.tab_to("#password").await;
    visitor.keys(NEW_PASSWORD).await;
    visitor.tab_to("button[data-reveal=password]").await;
    visitor.keys(" ").await;
    assert_eq!(visitor.find("#password").await.attr("type").await.unwrap().as_deref(), Some("text"));
    visitor.keys(Key::Enter).await;
    visitor.arrive_at("Sign in").await;
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_script_one_registers_confirms_and_comes_back() {
    let bench = Bench::start(Engine::Sqlite).await;
    bench.organisation("Owner", None).await;
    let visitor = Visitor::new().await;
    visitor.browser.command("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await.unwrap();
    register(&visitor, &bench).await;
    visitor.go(&links(&bench, "/confirm", 1).await.remove(0)).await;
    visitor.arrive_at("Confirm your address").await;
    visitor.click("Confirm address").await;
    visitor.arrive_at("Account").await;
    visitor.write("job_title", "Head of servers").await;
    visitor.click("Save profile").await;
    visitor.find_soon("[role=status].notice").await;
    assert_eq!(visitor.value_of("#job_title").await, "Head of servers");
    visitor.find("#theme option[value=dark]").await.click().await.unwrap();
    visitor.click("Save preferences").await;
    visitor.find_soon("html[data-theme=dark]").await;
    visitor.page().delete_all_cookies().await.unwrap();
    visitor.go(&bench.at("/forgot-password")).await;
    visitor.arrive_at("Forgot your password?").await;
    visitor.write("email", EMAIL).await;
    visitor.click("Send the link").await;
    visitor.arrive_at("Look into your mail").await;
    visitor.go(&links(&bench, "/reset-password", 1).await.remove(0)).await;
    visitor.arrive_at("Set a new password").await;
    visitor.write("password", NEW_PASSWORD).await;
    visitor.click("Set password").await;
    visitor.arrive_at("Sign in").await;
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_an_address_has_to_be_confirmed_first_the_pages_say_so() {
    let bench = Bench::start_with(Engine::Sqlite, |settings| settings.unconfirmed = Unconfirmed::Nothing).await;
    bench.organisation("Owner", None).await;
    let visitor = Visitor::new().await;
    visitor.go(&bench.at("/register")).await;
    fill(&visitor, PASSWORD).await;
    visitor.find("#terms").await.click().await.unwrap();
    visitor.click("Create account").await;
    assert!(visitor.arrive_at("Sign in").await.contains("Open the link that we have mailed you"));
    visitor.sign_in(EMAIL).await;
    visitor.find_soon("[role=alert]").await;
    let text = visitor.arrive_at("Sign in").await;
    assert!(text.contains("Confirm your address first"), "{text}");
    visitor.go(&links(&bench, "/confirm", 1).await.remove(0)).await;
    visitor.arrive_at("Confirm your address").await;
    visitor.click("Confirm address").await;
    // The session of the registration was waiting for this.
    assert!(visitor.arrive_at("Account").await.contains("Your e-mail address is confirmed."));
    visitor.page().delete_all_cookies().await.unwrap();
    visitor.go(&bench.at("/login")).await;
    visitor.sign_in(EMAIL).await;
    visitor.arrive_at("Systems").await;
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unconfirmed_account_is_led_to_its_confirmation() {
    let bench = Bench::start_with(Engine::Sqlite, |settings| settings.unconfirmed = Unconfirmed::Account).await;
    bench.organisation("Owner", None).await;
    let visitor = Visitor::new().await;
    register(&visitor, &bench).await;
    visitor.go(&bench.at("/")).await;
    visitor.arrive_at("Confirm your address first").await;
    visitor.portray("unconfirmed").await;
    visitor.click("Go to your account").await;
    visitor.arrive_at("Account").await;
    visitor.click("Send another link").await;
    let link = links(&bench, "/confirm", 2).await.remove(1);
    assert!(visitor.arrive_at("Account").await.contains("Another link is on its way to you."));
    visitor.go(&link).await;
    visitor.arrive_at("Confirm your address").await;
    visitor.click("Confirm address").await;
    visitor.arrive_at("Account").await;
    visitor.go(&bench.at("/")).await;
    visitor.arrive_at("Systems").await;
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_not_everybody_may_register_nobody_is_led_to_it() {
    for (registration, heading, name) in [
        (Registration::Invite, "Accounts are by invitation", "register-by-invitation"),
        (Registration::Closed, "No new accounts", "register-closed"),
    ] {
        let bench = Bench::start_with(Engine::Sqlite, |settings| settings.registration = registration).await;
        let visitor = Visitor::new().await;
        visitor.go(&bench.at("/register")).await;
        visitor.arrive_at("Not set up yet").await;
        visitor.portray("register-not-set-up").await;
        visitor.go(&bench.at("/login")).await;
        assert!(visitor.arrive_at("Sign in").await.contains("This server is not set up yet."));
        visitor.portray("login-not-set-up").await;
        bench.organisation("Owner", None).await;
        visitor.go(&bench.at("/login")).await;
        assert!(!visitor.arrive_at("Sign in").await.contains("Create one"));
        visitor.go(&bench.at("/register")).await;
        visitor.arrive_at(heading).await;
        visitor.portray(name).await;
        visitor.browser.quit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_of_newcomers_fit_and_everybody_can_use_them() {
    let bench = Bench::start(Engine::Sqlite).await;
    let owner = bench.organisation("Owner", None).await;
    let person = bench.super_admin("ada", owner).await;
    let visitor = Visitor::new().await;
    visitor.go(&bench.at("/login")).await;
    visitor.arrive_at("Sign in").await;
    visitor.portray("login").await;
    the_form_of_newcomers(&visitor, &bench, &person).await;
    the_links_of_mails(&visitor, &bench, &person).await;
    visitor.browser.quit().await.unwrap();
}

async fn the_form_of_newcomers(visitor: &Visitor, bench: &Bench, known: &Person) {
    visitor.go(&bench.at("/register")).await;
    visitor.arrive_at("Create an account").await;
    visitor.portray("register").await;
    visitor.write("email", EMAIL).await;
    // The meter follows while one types.
    for (typed, score, words) in [
        ("nina newcom", "2", "at least 12 characters"),
        ("ers nina nina", "2", "harder to guess"),
        ("; a heron paddles past", "4", "strong enough"),
    ] {
        visitor.find("#password").await.send_keys(typed).await.unwrap();
        visitor.find_soon(&format!("[data-strength][data-score='{score}']")).await;
        while !visitor.text().await.contains(words) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
    visitor.portray("register-typed").await;
    // Without what the browser itself would ask for, to see what the server says.
    visitor.run("document.querySelector('main form').noValidate = true").await;
    visitor.write("password", "ninanewcomers").await;
    visitor.click("Create account").await;
    visitor.find_soon("[role=alert]").await;
    visitor.arrive_at("Create an account").await;
    visitor.portray("register-refused").await;
    visitor.go(&bench.at("/register")).await;
    fill(visitor, "another heron that paddles").await;
    visitor.write("email", &known.email).await;
    visitor.find("#terms").await.click().await.unwrap();
    visitor.click("Create account").await;
    visitor.find_soon("#email-error").await;
    visitor.arrive_at("Create an account").await;
    visitor.portray("register-taken").await;
}

async fn the_links_of_mails(visitor: &Visitor, bench: &Bench, person: &Person) {
    visitor.go(&bench.at("/forgot-password")).await;
    visitor.arrive_at("Forgot your password?").await;
    visitor.portray("forgot-password").await;
    visitor.write("email", &person.email).await;
    visitor.click("Send the link").await;
    visitor.arrive_at("Look into your mail").await;
    visitor.portray("forgot-password-sent").await;
    visitor.go(&links(bench, "/reset-password", 1).await.remove(0)).await;
    visitor.arrive_at("Set a new password").await;
    visitor.portray("reset-password").await;
    visitor.write("password", "ada ada ada ada").await;
    visitor.click("Set password").await;
    visitor.find_soon("#password-error").await;
    visitor.arrive_at("Set a new password").await;
    visitor.portray("reset-password-refused").await;
    bench.clock.advance(Span::minutes(21));
    visitor.write("password", NEW_PASSWORD).await;
    visitor.click("Set password").await;
    visitor.arrive_at("This link does not work").await;
    visitor.portray("reset-password-dead-link").await;

    register(visitor, bench).await;
    visitor.go(&links(bench, "/confirm", 1).await.remove(0)).await;
    visitor.arrive_at("Confirm your address").await;
    visitor.portray("confirm").await;
    visitor.go(&bench.at("/confirm?token=nonsense")).await;
    visitor.arrive_at("This link does not work").await;
    visitor.portray("confirm-dead-link").await;
}
