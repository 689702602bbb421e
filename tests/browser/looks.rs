//! Every page in every state: it fits, it complains about nothing, and its
//! picture lies in `target/screenshots` to be looked at.

use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::people::PASSWORD;
use bailiwick_testkit::receiver::Answer;
use reqwest::Method;
use serde_json::json;

use crate::shop::Shop;
use crate::visitor::Visitor;

/// As long as a name may be; no space in it to break at.
const LONG: &str = "production-server-of-the-hotel-bellavista-in-the-upper-valley-with-a-name-that-knows-no-end";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_of_the_flow_fit_and_complain_about_nothing() {
    let bench = Bench::start(Engine::Sqlite).await;
    let shop = Shop::open(&bench).await;
    let visitor = Visitor::new().await;
    let start = shop.start(&bench, &bench.state("portrait"));
    visitor.go(&start).await;
    visitor.arrive_at("Sign in").await;
    visitor.portray("login-for-shop").await;
    refused_sign_in(&visitor, &shop).await;
    visitor.write("password", PASSWORD).await;
    visitor.click("Sign in").await;
    visitor.arrive_at("Create a system?").await;
    visitor.portray("consent").await;
    visitor.write("name", " ").await;
    visitor.click("Create system").await;
    visitor.find_soon("#name-error").await;
    visitor.arrive_at("Create a system?").await;
    visitor.portray("consent-refused-name").await;
    visitor.write("name", LONG).await;
    visitor.click("Create system").await;
    visitor.arrive_at("System created").await;
    visitor.portray("created").await;

    visitor.go(&shop.start(&bench, &bench.state("not told"))).await;
    visitor.arrive_at("Create a system?").await;
    shop.receiver.answer_next([Answer::Status(500)]);
    visitor.click("Create system").await;
    let text = visitor.arrive_at("System created").await;
    assert!(text.contains("has not confirmed yet") && !text.contains("just now"), "{text}");
    visitor.portray("created-not-told").await;
    refusals(&visitor, &bench, &shop, &start).await;
    visitor.browser.quit().await.unwrap();
}

/// With the wrong password.
async fn refused_sign_in(visitor: &Visitor, shop: &Shop) {
    visitor.write("email", &shop.admin.email).await;
    visitor.write("password", "certainly not this one").await;
    visitor.click("Sign in").await;
    visitor.find_soon("[role=alert]").await;
    visitor.arrive_at("Sign in").await;
    visitor.portray("login-refused").await;
}

/// Every reason for which a system is not created; `used` is an address whose state was used.
async fn refusals(visitor: &Visitor, bench: &Bench, shop: &Shop, used: &str) {
    let at = |name: &str| shop.start(bench, &bench.state(name));
    let elsewhere = at("elsewhere").replace("127.0.0.1%3A", "10.0.0.1%3A");
    let unusable = at("unusable").replace("callback_url=http%3A", "callback_url=ftp%3A");
    for (name, address, heading) in [
        ("refused-used", used, "This link was used already"),
        ("refused-malformed", &shop.start(bench, "state_nonsense"), "This link is not valid"),
        ("refused-destination", &elsewhere, "The return address is not allowed"),
        ("refused-callback-url", &unusable, "The return address is not valid"),
        ("refused-type", &at("type").replace("type=ns8", "type=toaster"), "This type of system is not offered"),
    ] {
        visitor.go(address).await;
        visitor.arrive_at(heading).await;
        visitor.portray(name).await;
    }
    let expired = at("expired");
    bench.clock.advance(Span::minutes(61));
    visitor.go(&expired).await;
    visitor.arrive_at("This link has expired").await;
    visitor.portray("refused-expired").await;
    visitor.page().delete_all_cookies().await.unwrap();
    visitor.go(&at("reader")).await;
    visitor.sign_in(&shop.reader.email).await;
    visitor.arrive_at("You may not create systems").await;
    visitor.portray("refused-no-right").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lists_and_the_choices_fit_and_complain_about_nothing() {
    let bench = Bench::start(Engine::Sqlite).await;
    let shop = Shop::open(&bench).await;
    let partner = bench.organisation_of_kind("Alpine Networks", OrganisationKind::Reseller, None).await;
    let below = bench.organisation(&format!("Branch of the {LONG}"), Some(partner)).await;
    let person = bench.person("paula-with-a-rather-long-address", partner, Role::Admin).await;
    let visitor = Visitor::new().await;
    visitor.go(&bench.at("/")).await;
    visitor.sign_in(&person.email).await;
    visitor.arrive_at("Systems").await;
    let start = shop.start(&bench, &bench.state("choices")).replace("type=ns8", "type=");
    visitor.go(&start).await;
    visitor.arrive_at("Create a system?").await;
    visitor.portray("consent-choices").await;

    let tokens = bench.sign_in(&person).await;
    for number in 0..53 {
        let name = if number % 7 == 0 { format!("{LONG} {number}") } else { format!("Server {number}") };
        let kind = if number % 3 == 0 { "nsec" } else { "ns8" };
        let body = json!({ "name": name, "type": kind, "organization_id": below });
        let request = bench.call(Method::POST, "/api/systems").bearer_auth(&tokens.access).json(&body);
        assert_eq!(request.send().await.unwrap().status(), 201);
        bench.clock.advance(Span::seconds(7));
    }
    for (name, path) in [
        ("systems", "/"),
        ("systems-last-page", "/?page=2"),
        ("systems-past-the-end", "/?page=9"),
        ("systems-no-match", "/?q=nothing+of+this+name&type=nsec"),
    ] {
        visitor.go(&bench.at(path)).await;
        visitor.arrive_at("Systems").await;
        visitor.portray(name).await;
    }
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documents_and_the_faults_fit_and_complain_about_nothing() {
    let bench = Bench::start(Engine::Sqlite).await;
    let visitor = Visitor::new().await;
    let mut pages = vec!["/docs".to_owned()];
    visitor.go(&bench.at("/docs")).await;
    let links = "return Array.from(new Set(Array.from(document.querySelectorAll('a[href^=\"/docs/\"]'), \
        (link) => link.pathname)))";
    pages.extend(serde_json::from_value::<Vec<String>>(visitor.run(links).await).unwrap());
    assert!(pages.len() > 5, "{pages:?}");
    for path in pages {
        visitor.go(&bench.at(&path)).await;
        visitor.assert_quiet().await;
        // The operations look alike, and so do their lists: one of the long ones stands for them.
        let is_long = matches!(path.as_str(), "/docs" | "/docs/systems" | "/docs/systems/list-systems");
        if is_long || path.contains("/guides/") {
            visitor.portray(&path.trim_start_matches('/').replace('/', "-")).await;
        } else if path.matches('/').count() < 3 {
            visitor.assert_fits_a_phone(&path).await;
        }
    }
    visitor.go(&bench.at("/no/such/page")).await;
    visitor.assert_quiet().await;
    visitor.portray("not-found").await;
    visitor.go(&bench.at("/setup?token=nonsense")).await;
    visitor.arrive_at("This setup link does not work").await;
    visitor.portray("setup-refused-link").await;
    visitor.browser.quit().await.unwrap();
}
