//! Licences, agreements and pools of seats with the keyboard alone, the file of a system without a network, and how all
//! these pages look.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::time::Span;
use bailiwick_licence::LicenceRequest;
use bailiwick_testkit::answer::text;
use bailiwick_testkit::bench::{Bench, Engine};
use reqwest::Method;
use serde_json::{Value, json};
use thirtyfour::Key;

use crate::partners::{Partners, signed_in};
use crate::visitor::Visitor;

/// What was sold to the partners before a story begins.
struct Sold {
    agreement: String,
    trial: String,
    pool: String,
    licence: String,
    system: String,
    access: String,
}

impl Sold {
    async fn sell(bench: &Bench, partners: &Partners) -> Self {
        let access = bench.sign_in(&partners.root).await.access;
        let post = async |path: &str, body: Value| {
            let answer = bench.ask(Method::POST, path, &access, Some(&body)).await;
            assert!(answer.status < 300, "{path}: {answer:?}");
            answer.json
        };
        let publish = async |terms: Value| {
            let id = text(&post("/auth/admin/agreements", terms).await, "UUID").to_owned();
            post(&format!("/auth/admin/agreements/{id}/publish"), json!({})).await;
            id
        };
        let agreement = publish(json!({ "Name": "AI Manager License", "Kind": "subscription", "AmountPerMonth": 1990,
            "Provides": ["nx.streams", "nx.models"], "DevicesPerLicense": 2 }))
        .await;
        let trial = publish(json!({ "Name": "AI Manager to try", "Kind": "trial", "TrialsPerOrganisation": 1 })).await;
        let made = post("/auth/admin/pools", json!({ "Agreement": agreement, "Seats": 1000 })).await;
        let root = text(&made, "UUID").to_owned();
        let give = async |pool: &str, to: OrganisationId, seats: i64| {
            let body = json!({ "Organisation": to, "Seats": seats });
            text(&post(&format!("/auth/admin/pools/{pool}/give"), body).await, "UUID").to_owned()
        };
        let pool = give(&root, partners.north, 600).await;
        give(&root, partners.south, 40).await;
        let alpine = give(&pool, partners.alpine, 250).await;
        give(&alpine, partners.hotel, 20).await;
        let body = json!({ "name": "Till", "type": "ns8", "organization_id": partners.alpine });
        let created = post("/api/systems", body).await;
        let system = text(created.get("data").unwrap(), "id").to_owned();
        let issue = async |to: OrganisationId, quantity: i64, more: Value| {
            let mut body = json!({ "Agreement": agreement, "Organisation": to, "Quantity": quantity });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            post("/auth/admin/licenses", body).await
        };
        issue(partners.hotel, 9, json!({ "ExpiresAt": "2026-12-01T00:00:00Z", "DiscountBP": 1250 })).await;
        let issued = issue(partners.alpine, 1, json!({})).await;
        let licence = text(issued.get(0).unwrap(), "UUID").to_owned();
        Self { agreement, trial, pool, licence, system, access }
    }

    /// Ends and states of all kinds, and more than a page of them.
    async fn mix(&self, bench: &Bench, partners: &Partners) {
        let post = async |path: String, body: Value| {
            let answer = bench.ask(Method::POST, &path, &self.access, Some(&body)).await;
            assert!(answer.status < 300, "{path}: {answer:?}");
            answer.json
        };
        let body = json!({ "Agreement": self.agreement, "Organisation": partners.alpine, "Quantity": 14 });
        let issued = post("/auth/admin/licenses".to_owned(), body).await;
        let id = |index: usize| text(issued.get(index).unwrap(), "UUID").to_owned();
        post(format!("/auth/admin/licenses/{}/suspend", id(0)), json!({})).await;
        post(format!("/auth/admin/licenses/{}/revoke", id(1)), json!({})).await;
        post(format!("/auth/admin/licenses/{}/devices", id(0)), json!({ "Device": self.system })).await;
        post(format!("/auth/admin/licenses/{}/devices", self.licence), json!({ "Device": self.system })).await;
        post(format!("/auth/admin/agreements/{}/revise", self.agreement), json!({})).await;
        bench.clock.advance(Span::days(13));
    }
}

/// Goes on to something by Tab, and on from there by Enter.
async fn enter(visitor: &Visitor, selector: &str) {
    visitor.tab_to(selector).await;
    visitor.keys(Key::Enter).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_lead_from_the_list_to_an_accepted_licence_on_a_system() {
    let bench = Bench::start(Engine::Sqlite).await;
    let partners = Partners::meet(&bench).await;
    Sold::sell(&bench, &partners).await;
    let visitor = signed_in(&bench, &partners.ada).await;
    enter(&visitor, "nav a[href='/licences']").await;
    visitor.arrive_at("Licences").await;
    visitor.keys("/").await;
    visitor.keys("license").await;
    while !visitor.address().await.contains("q=license") {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    visitor.go(&bench.at("/licences?sort_by=expires_at&sort_direction=desc")).await;
    visitor.arrive_at("Licences").await;
    enter(&visitor, "tbody th a").await;
    visitor.arrive_at("AI Manager License").await;
    enter(&visitor, "a[href$='/sign']").await;
    let text = visitor.arrive_at("Accept AI Manager License for Alpine Networks?").await;
    assert!(text.contains("19.90") && text.contains("nx.streams, nx.models"), "{text}");
    enter(&visitor, "main form button").await;
    assert!(visitor.arrive_at("AI Manager License").await.contains("The agreement is accepted"));
    enter(&visitor, "a[href$='/bind']").await;
    visitor.arrive_at("Give AI Manager License to a system").await;
    enter(&visitor, ".choices a").await;
    visitor.arrive_at("Give AI Manager License to Till?").await;
    enter(&visitor, "main form button").await;
    assert!(visitor.arrive_at("AI Manager License").await.contains("The system has the licence now."));
    enter(&visitor, "a[href$='/licence']").await;
    let text = visitor.arrive_at("Till").await;
    assert!(text.contains("The licence of this system is good until"), "{text}");
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_write_an_agreement_make_seats_hand_them_down_and_issue_a_licence() {
    let bench = Bench::start(Engine::Sqlite).await;
    let partners = Partners::meet(&bench).await;
    let visitor = signed_in(&bench, &partners.root).await;
    enter(&visitor, "nav a[href='/agreements']").await;
    visitor.arrive_at("Agreements").await;
    enter(&visitor, "a[href='/agreements/new']").await;
    visitor.arrive_at("New agreement").await;
    visitor.tab_to("#name").await;
    visitor.keys("Backup").await;
    visitor.keys(Key::Enter).await;
    assert!(visitor.arrive_at("Backup").await.contains("The draft is written."));
    enter(&visitor, "a[href$='/publish']").await;
    visitor.arrive_at("Publish Backup, version 1?").await;
    enter(&visitor, "main form button").await;
    assert!(visitor.arrive_at("Backup").await.contains("The agreement is published."));
    enter(&visitor, "nav a[href='/pools']").await;
    visitor.arrive_at("Seat pools").await;
    enter(&visitor, "a[href='/pools/make']").await;
    visitor.arrive_at("Make seats").await;
    visitor.tab_to("#agreement").await;
    visitor.tab_to("#seats").await;
    visitor.keys("10").await;
    visitor.keys(Key::Enter).await;
    assert!(visitor.arrive_at("Seats of Bailiwick Operations").await.contains("The seats are made."));
    enter(&visitor, "a[href$='/give']").await;
    visitor.arrive_at("Hand seats down").await;
    enter(&visitor, &format!("a[href$='organization_id={}']", partners.north)).await;
    visitor.arrive_at("Hand seats down to Northwind Distribution").await;
    visitor.tab_to("#seats").await;
    visitor.keys("11").await;
    visitor.keys(Key::Enter).await;
    visitor.find_soon("[role=alert]").await;
    let text = visitor.arrive_at("Hand seats down to Northwind Distribution").await;
    assert!(text.contains("Only 10 seats are free."), "{text}");
    visitor.tab_to("#seats").await;
    visitor.keys("4").await;
    visitor.keys(Key::Enter).await;
    assert!(visitor.arrive_at("Seats of Northwind Distribution").await.contains("4 seats received"));
    let issue = format!("/licences/issue?organization_id={}", partners.hotel);
    visitor.go(&bench.at(&issue)).await;
    visitor.arrive_at("Issue licences").await;
    visitor.tab_to("#quantity").await;
    visitor.keys(Key::Enter).await;
    let text = visitor.arrive_at("Backup").await;
    assert!(text.contains("The licence is issued.") && text.contains("Hotel Bellavista"), "{text}");
    enter(&visitor, "a[href$='/revoke']").await;
    visitor.arrive_at("Revoke Backup of Hotel Bellavista?").await;
    visitor.tab_to("#typed_name").await;
    visitor.keys("Hotel Bellavista").await;
    visitor.keys(Key::Enter).await;
    assert!(visitor.arrive_at("Backup").await.contains("The licence is revoked"));
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_of_licences_fit_and_complain_about_nothing() {
    let bench = Bench::start(Engine::Sqlite).await;
    let partners = Partners::meet(&bench).await;
    let sold = Sold::sell(&bench, &partners).await;
    sold.mix(&bench, &partners).await;
    let visitor = signed_in(&bench, &partners.root).await;
    let one = format!("/licences/{}", sold.licence);
    let device = &sold.system;
    let title = "AI Manager License";
    for (name, path, heading) in [
        ("licences", "/licences", "Licences"),
        ("licences-last-page", "/licences?page=2&sort_by=starts_at&sort_direction=desc", "Licences"),
        ("licences-no-match", "/licences?q=nothing+of+this+name", "Licences"),
        ("licence", &one, title),
        ("licence-sign", &format!("{one}/sign"), "Accept AI Manager License for Alpine Networks?"),
        ("licence-renew", &format!("{one}/renew"), "Renew AI Manager License of Alpine Networks"),
        ("licence-change", &format!("{one}/change"), "What AI Manager License of Alpine Networks costs"),
        ("licence-transfer", &format!("{one}/transfer"), "Hand AI Manager License over"),
        ("licence-revoke", &format!("{one}/revoke"), "Revoke AI Manager License of Alpine Networks?"),
        ("licence-bind", &format!("{one}/bind"), "Give AI Manager License to a system"),
        ("licence-release", &format!("{one}/release?device={device}"), "Take AI Manager License from Till?"),
        ("licence-issue-choose", "/licences/issue", "Issue licences"),
        ("licence-issue", &format!("/licences/issue?organization_id={}", partners.hotel), "Issue licences"),
        ("systems-with-licences", "/", "Systems"),
    ] {
        visitor.go(&bench.at(path)).await;
        visitor.arrive_at(heading).await;
        visitor.portray(name).await;
    }
    visitor.go(&bench.at(&format!("/licences/issue?organization_id={}", partners.hotel))).await;
    visitor.arrive_at("Issue licences").await;
    visitor.write("quantity", "0").await;
    visitor.write("discount", "200").await;
    visitor.click("Issue licences").await;
    visitor.find_soon("#discount-error").await;
    visitor.arrive_at("Issue licences").await;
    visitor.portray("licence-issue-refused").await;
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_of_agreements_and_seats_fit_and_complain_about_nothing() {
    let bench = Bench::start(Engine::Sqlite).await;
    let partners = Partners::meet(&bench).await;
    let sold = Sold::sell(&bench, &partners).await;
    sold.mix(&bench, &partners).await;
    let visitor = signed_in(&bench, &partners.root).await;
    let (agreement, trial) = (format!("/agreements/{}", sold.agreement), format!("/agreements/{}", sold.trial));
    let pool = format!("/pools/{}", sold.pool);
    let give = format!("{pool}/give?organization_id={}", partners.alpine);
    for (name, path, heading) in [
        ("agreements", "/agreements", "Agreements"),
        ("agreement", &agreement, "AI Manager License"),
        ("agreement-withdraw", &format!("{agreement}/withdraw"), "Withdraw AI Manager License, version 1?"),
        ("agreement-trial", &trial, "AI Manager to try"),
        ("agreement-new", "/agreements/new", "New agreement"),
        ("pools", "/pools", "Seat pools"),
        ("pool", &pool, "Seats of Northwind Distribution"),
        ("pool-give-choose", &format!("{pool}/give"), "Hand seats down"),
        ("pool-give", &give, "Hand seats down to Alpine Networks"),
        ("pool-take-back", &format!("{pool}/take-back"), "Take seats back from Northwind Distribution"),
        ("pool-change", &format!("{pool}/change"), "How Northwind Distribution may use these seats"),
        ("pool-make", "/pools/make", "Make seats"),
    ] {
        visitor.go(&bench.at(path)).await;
        visitor.arrive_at(heading).await;
        visitor.portray(name).await;
    }
    visitor.go(&bench.at("/agreements?status=draft")).await;
    visitor.arrive_at("Agreements").await;
    enter(&visitor, "tbody th a").await;
    visitor.arrive_at("AI Manager License").await;
    visitor.portray("agreement-draft").await;
    enter(&visitor, "a[href$='/publish']").await;
    visitor.arrive_at("Publish AI Manager License, version 2?").await;
    visitor.portray("agreement-publish").await;
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_file_is_carried_to_the_page_of_its_system() {
    let bench = Bench::start(Engine::Sqlite).await;
    let partners = Partners::meet(&bench).await;
    let sold = Sold::sell(&bench, &partners).await;
    sold.mix(&bench, &partners).await;
    let visitor = signed_in(&bench, &partners.ben).await;
    enter(&visitor, "tbody a[href$='/licence']").await;
    visitor.arrive_at("Till").await;
    visitor.portray("system-licence").await;
    // Gets the file, and stays.
    visitor.click("Get licence file").await;
    visitor.arrive_at("Till").await;
    let file = bench.directory().join("request");
    let carry = async |text: &str| {
        std::fs::write(&file, text).unwrap();
        visitor.find("#request").await.send_keys(file.to_str().unwrap()).await.unwrap();
        visitor.click("Answer with a licence file").await;
    };
    carry("this is something else").await;
    visitor.find_soon("#request-error").await;
    visitor.arrive_at("Till").await;
    visitor.portray("system-licence-refused").await;
    let mut text = String::new();
    let made = bench.context.now().seconds() + 3 * 3600;
    LicenceRequest { system: &sold.system, lease: 0, made }.write(&mut text).unwrap();
    carry(&text).await;
    visitor.find_soon(".notice.is-caution").await;
    let told = visitor.arrive_at("Till").await;
    assert!(told.contains("3 hours ahead"), "{told}");
    visitor.portray("system-licence-clock").await;
    visitor.browser.quit().await.unwrap();
}
