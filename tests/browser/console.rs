//! The real program: from the link that it prints to a list of systems.

use std::time::Duration;

use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::people::PASSWORD;
use bailiwick_testkit::process::{Program, Running};
use serde_json::{Value, json};
use thirtyfour::{By, Key};

use crate::visitor::Visitor;

const OWNER: &str = "ada@northwind.example";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_server_is_set_up_and_used_on_sqlite() {
    let program = Program::on(Engine::Sqlite).unwrap();
    story(program, Visitor::new().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_server_is_set_up_and_used_on_postgres() {
    let program = Program::on(Engine::Postgres).unwrap();
    story(program, Visitor::new().await.without_pictures()).await;
}

async fn story(mut program: Program, visitor: Visitor) {
    let mut running = program.start().await.unwrap();
    set_up(&visitor, &running).await;

    visitor.sign_in(OWNER).await;
    let text = visitor.arrive_at("Systems").await;
    assert!(text.contains("No systems yet") && text.contains("Northwind"), "{text}");
    visitor.portray("systems-empty").await;

    for (name, kind) in [("Alpha", "ns8"), ("Beta", "nsec"), ("Gamma", "ns8")] {
        create(&running, name, kind).await;
    }
    search_and_sort(&visitor, &running).await;
    sort_on_a_phone(&visitor, &running).await;
    choose_a_theme(&visitor, &running).await;

    visitor.page().find(By::XPath("//button[normalize-space()='Sign out']")).await.unwrap().click().await.unwrap();
    assert!(visitor.arrive_at("Sign in").await.contains("You have signed out."));
    visitor.go(&running.at("/")).await;
    visitor.arrive_at("Sign in").await;
    visitor.browser.quit().await.unwrap();
    assert!(running.terminate(Duration::from_secs(10)).await.unwrap().status.success());
}

/// By the link, after a try with a password that anybody would guess.
async fn set_up(visitor: &Visitor, running: &Running) {
    let link = running.setup_link().await.unwrap();
    visitor.go(&link).await;
    visitor.arrive_at("Set up this server").await;
    visitor.portray("setup").await;
    visitor.write("organisation", "Northwind").await;
    visitor.write("name", "Ada Verdi").await;
    visitor.write("email", OWNER).await;
    visitor.write("password", "northwind1234").await;
    visitor.click("Set up this server").await;
    visitor.find_soon("#password-error").await;
    let text = visitor.arrive_at("Set up this server").await;
    assert!(text.contains("One thing needs your attention"), "{text}");
    let kept = [visitor.value_of("#organisation").await, visitor.value_of("#name").await];
    assert_eq!(kept, ["Northwind", "Ada Verdi"]);
    assert_eq!(visitor.value_of("#email").await, OWNER);
    assert_eq!(visitor.value_of("#password").await, "");
    visitor.portray("setup-refused-password").await;
    visitor.write("password", PASSWORD).await;
    visitor.click("Set up this server").await;
    assert!(visitor.arrive_at("Sign in").await.contains("This server is set up."));
    visitor.portray("login-after-setup").await;
    visitor.go(&link).await;
    visitor.arrive_at("This server is set up").await;
    visitor.portray("setup-done").await;
    visitor.click("Sign in").await;
}

async fn search_and_sort(visitor: &Visitor, running: &Running) {
    visitor.go(&running.at("/")).await;
    visitor.arrive_at("Systems").await;
    assert_eq!(names(visitor).await, ["Alpha", "Beta", "Gamma"]);
    visitor.page().find(By::LinkText("Name")).await.unwrap().click().await.unwrap();
    visitor.arrive_at("Systems").await;
    assert_eq!(names(visitor).await, ["Gamma", "Beta", "Alpha"]);
    // The list follows while one types, and the address with it.
    visitor.write("q", "bet").await;
    while names(visitor).await != ["Beta"] {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let address = visitor.address().await;
    assert!(address.contains("q=bet") && address.contains("sort_direction=desc"), "{address}");
    visitor.page().refresh().await.unwrap();
    assert!(visitor.arrive_at("Systems").await.contains("Beta"));
    assert_eq!(visitor.value_of("#q").await, "bet");
    visitor.go(&running.at("/?type=ns8&sort_by=name")).await;
    visitor.arrive_at("Systems").await;
    assert_eq!(names(visitor).await, ["Alpha", "Gamma"]);
}

/// Where rows are cards: they are rows of a table all the same, for whoever hears them, and can be sorted.
async fn sort_on_a_phone(visitor: &Visitor, running: &Running) {
    visitor.browser.as_phone().await.unwrap();
    visitor.go(&running.at("/")).await;
    visitor.arrive_at("Systems").await;
    for (role, count) in [("table", 1), ("row", 4), ("columnheader", 8), ("rowheader", 3), ("cell", 21)] {
        assert_eq!(visitor.heard(role).await, count, "{role}");
    }
    visitor.tab_to("th[aria-sort=ascending] a").await;
    visitor.keys(Key::Enter).await;
    visitor.find_soon("th[aria-sort=descending]").await;
    visitor.arrive_at("Systems").await;
    assert_eq!(names(visitor).await, ["Gamma", "Beta", "Alpha"]);
    visitor.page().find(By::LinkText("Created")).await.unwrap().click().await.unwrap();
    visitor.find_soon("th[aria-sort=descending] a[href*=created_at]").await;
    assert_eq!(names(visitor).await, ["Gamma", "Beta", "Alpha"], "the newest first");
    visitor.browser.resize(1280, 900).await.unwrap();
}

async fn choose_a_theme(visitor: &Visitor, running: &Running) {
    let background = "return getComputedStyle(document.documentElement).backgroundColor + \
        getComputedStyle(document.body).backgroundColor";
    let light = visitor.run(background).await;
    visitor.find("button[name=theme][value=dark]").await.click().await.unwrap();
    let dark = visitor.run(background).await;
    assert_ne!(light, dark);
    visitor.go(&running.at("/")).await;
    visitor.arrive_at("Systems").await;
    assert_eq!(visitor.run(background).await, dark, "the choice is kept");
    visitor.find("button[name=theme][value=light]").await.click().await.unwrap();
    assert_eq!(visitor.run(background).await, light);
}

/// The first column of the list.
async fn names(visitor: &Visitor) -> Vec<String> {
    let script = "return Array.from(document.querySelectorAll('tbody th'), (cell) => cell.innerText.trim())";
    serde_json::from_value(visitor.run(script).await).unwrap()
}

async fn create(running: &Running, name: &str, kind: &str) {
    let client = bailiwick_testkit::http::client().unwrap();
    let credentials = json!({ "Username": OWNER, "Password": PASSWORD });
    let request = client.post(running.at("/auth/authenticate/signin")).json(&credentials);
    let tokens: Value = request.send().await.unwrap().json().await.unwrap();
    let token = tokens.get("AccessToken").and_then(Value::as_str).unwrap();
    let body = json!({ "name": name, "type": kind });
    let request = client.post(running.at("/api/systems")).bearer_auth(token).json(&body);
    assert_eq!(request.send().await.unwrap().status(), 201);
}
