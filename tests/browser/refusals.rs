//! What goes wrong is said in words, with a way on.

use bailiwick_domain::time::Span;
use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::PASSWORD;
use url::Url;

use crate::shop::Shop;
use crate::visitor::Visitor;

on_both_engines! {
    async fn a_state_that_expires_while_one_reads_creates_nothing(bench: Bench) {
        let shop = Shop::open(&bench).await;
        let visitor = Visitor::new().await;
        visitor.go(&shop.start(&bench, &bench.state("read at leisure"))).await;
        visitor.sign_in(&shop.admin.email).await;
        visitor.arrive_at("Create a system?").await;
        bench.clock.advance(Span::minutes(61));
        visitor.click("Create system").await;
        visitor.arrive_at("This link has expired").await;
        assert!(shop.systems(&bench).await.is_empty());
        visitor.browser.quit().await.unwrap();
    }

    async fn a_second_click_creates_nothing_twice(bench: Bench) {
        let shop = Shop::open(&bench).await;
        let visitor = Visitor::new().await;
        visitor.go(&shop.start(&bench, &bench.state("clicked twice"))).await;
        visitor.sign_in(&shop.admin.email).await;
        visitor.arrive_at("Create a system?").await;
        let button = visitor.act("Create system").await;
        visitor.page().action_chain().double_click_element(&button).perform().await.unwrap();
        let text = visitor.arrive_at("System created").await;
        let systems = shop.systems(&bench).await;
        assert_eq!(systems.len(), 1);

        // The browser sends the same form again.
        visitor.page().refresh().await.unwrap();
        assert_eq!(visitor.arrive_at("System created").await, text);
        assert_eq!(shop.systems(&bench).await, systems);
        assert_eq!(shop.receiver.callbacks().len(), 1);

        // Nor does going back and agreeing again, to a page that the browser has kept.
        visitor.page().back().await.unwrap();
        visitor.arrive_at("Create a system?").await;
        visitor.click("Create system").await;
        assert_eq!(visitor.arrive_at("System created").await, text);
        assert_eq!(shop.systems(&bench).await, systems);
        assert_eq!(shop.receiver.callbacks().len(), 1);
        visitor.browser.quit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancel_leads_back_and_creates_nothing() {
    let bench = Bench::start(Engine::Sqlite).await;
    let shop = Shop::open(&bench).await;
    let state = bench.state("to be cancelled");
    let visitor = Visitor::new().await;
    visitor.go(&shop.start(&bench, &state)).await;
    visitor.sign_in(&shop.admin.email).await;
    visitor.arrive_at("Create a system?").await;
    visitor.click("Cancel").await;
    visitor.arrive_at("Thank you").await;
    let address = Url::parse(&visitor.address().await).unwrap();
    let members: Vec<_> = address.query_pairs().into_owned().collect();
    let expected = [("order", "4711"), ("lang", "it"), ("error", "access_denied"), ("state", &state)];
    assert_eq!(members, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(shop.systems(&bench).await.is_empty() && shop.receiver.callbacks().is_empty());

    // Whoever changes their mind may still agree.
    visitor.go(&shop.start(&bench, &state)).await;
    visitor.arrive_at("Create a system?").await;
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_that_does_not_hold_says_so_and_leads_back() {
    let bench = Bench::start(Engine::Sqlite).await;
    let shop = Shop::open(&bench).await;
    let visitor = Visitor::new().await;
    let used = shop.start(&bench, &bench.state("used"));
    let expiring = shop.start(&bench, &bench.state("left lying"));
    visitor.go(&used).await;
    visitor.sign_in(&shop.admin.email).await;
    visitor.arrive_at("Create a system?").await;
    visitor.click("Create system").await;
    visitor.arrive_at("System created").await;

    visitor.go(&used).await;
    let text = visitor.arrive_at("This link was used already").await;
    assert!(text.contains("start again from there"), "{text}");
    visitor.click(&format!("Back to {}", shop.receiver.host())).await;
    visitor.arrive_at("Shop").await;
    assert!(visitor.address().await.starts_with(&shop.receiver.origin()));

    bench.clock.advance(Span::minutes(61));
    visitor.go(&expiring).await;
    let text = visitor.arrive_at("This link has expired").await;
    assert!(text.contains("work for one hour"), "{text}");
    visitor.act(&format!("Back to {}", shop.receiver.host())).await;

    visitor.go(&shop.start(&bench, "state_nonsense")).await;
    visitor.arrive_at("This link is not valid").await;
    visitor.act(&format!("Back to {}", shop.receiver.host())).await;
    // A destination that nobody may call is no place to send anybody to.
    let start = shop.start(&bench, &bench.state("elsewhere")).replace("127.0.0.1%3A", "192.168.7.7%3A");
    visitor.go(&start).await;
    visitor.arrive_at("The return address is not allowed").await;
    visitor.act("Go to your systems").await;
    assert_eq!(shop.systems(&bench).await.len(), 1);
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_may_not_create_systems_is_told_so() {
    let bench = Bench::start(Engine::Sqlite).await;
    let shop = Shop::open(&bench).await;
    let visitor = Visitor::new().await;
    let start = shop.start(&bench, &bench.state("a reader's"));
    visitor.go(&start).await;
    visitor.sign_in(&shop.reader.email).await;
    let text = visitor.arrive_at("You may not create systems").await;
    assert!(text.contains(&shop.reader.email) && text.contains("Ask an administrator"), "{text}");
    visitor.act(&format!("Back to {}", shop.receiver.host())).await;
    visitor.click("Sign in with another account").await;
    // Somebody else goes on where the first one stopped.
    visitor.sign_in(&shop.admin.email).await;
    visitor.arrive_at("Create a system?").await;
    assert!(shop.systems(&bench).await.is_empty());
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_said_and_the_address_kept() {
    let bench = Bench::start(Engine::Sqlite).await;
    let shop = Shop::open(&bench).await;
    let visitor = Visitor::new().await;
    visitor.go(&bench.at("/?q=bellavista")).await;
    visitor.arrive_at("Sign in").await;
    visitor.write("email", &shop.admin.email).await;
    visitor.write("password", "certainly not this one").await;
    visitor.find("#keep").await.click().await.unwrap();
    visitor.click("Sign in").await;
    visitor.find_soon("[role=alert]").await;
    let text = visitor.arrive_at("Sign in").await;
    assert!(text.contains("The e-mail address or the password is not right."), "{text}");
    assert_eq!(visitor.value_of("#email").await, shop.admin.email);
    assert_eq!(visitor.value_of("#password").await, "");
    assert!(visitor.find("#keep").await.is_selected().await.unwrap());
    assert!(visitor.page().title().await.unwrap().starts_with("Error: "));
    visitor.write("password", PASSWORD).await;
    visitor.click("Sign in").await;
    visitor.arrive_at("Systems").await;
    assert!(visitor.address().await.ends_with("/?q=bellavista"), "one gets to where one wanted to go");
    visitor.browser.quit().await.unwrap();
}
