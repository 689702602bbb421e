//! From the shop's button to the signed callback and back.

use std::time::Duration;

use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::receiver::verify_signature;
use serde_json::{Value, json};
use thirtyfour::By;

use crate::shop::Shop;
use crate::visitor::Visitor;

on_both_engines! {
    async fn a_shop_gets_its_system(bench: Bench) {
        let shop = Shop::open(&bench).await;
        let state = bench.state("a shop's own randomness");
        let visitor = Visitor::new().await;
        visitor.go(&shop.page(&shop.start(&bench, &state))).await;
        let shop_window = visitor.page().window().await.unwrap();
        visitor.find("#open").await.click().await.unwrap();
        let windows = visitor.page().windows().await.unwrap();
        let opened = windows.into_iter().find(|window| *window != shop_window).unwrap();
        visitor.page().switch_to_window(opened).await.unwrap();

        let text = visitor.arrive_at("Sign in").await;
        let host = shop.receiver.host();
        assert!(text.contains(&format!("to continue to create a system for {host}")), "{text}");
        visitor.sign_in(&shop.admin.email).await;

        let text = visitor.arrive_at("Create a system?").await;
        for shown in [host.as_str(), "Hotel Bellavista", "ns8", &shop.callback_url(), &shop.admin.email] {
            assert!(text.contains(shown), "the question does not show {shown}:\n{text}");
        }
        assert_eq!(visitor.value_of("#name").await, "Production Server");
        assert!(shop.systems(&bench).await.is_empty(), "nothing is created without the click");
        assert!(shop.receiver.callbacks().is_empty());
        visitor.click("Create system").await;

        let text = visitor.arrive_at("System created").await;
        let secret = visitor.find("#secret").await.text().await.unwrap();
        assert!(secret.len() > 40 && text.matches(&secret).count() == 1, "{secret} in\n{text}");
        assert!(text.contains(&format!("{host} has been told.")), "{text}");
        let systems = shop.systems(&bench).await;
        let [system] = systems.as_slice() else { unreachable!("one system was created: {systems:?}") };
        let id = system.get("id").and_then(Value::as_str).unwrap();
        assert!(text.contains(id) && system.get("secret").is_none());

        let callbacks = shop.receiver.wait_for_callbacks(1, Duration::from_secs(10)).await.unwrap();
        let [callback] = callbacks.as_slice() else { unreachable!("one callback: {callbacks:?}") };
        let jwks = bench.client.get(bench.at("/.well-known/jwks.json")).send().await.unwrap().text().await.unwrap();
        verify_signature(callback, &jwks).unwrap();
        let created_at = system.get("created_at").and_then(Value::as_str).unwrap();
        let expected = [
            ("order", "4711"),
            ("lang", "it"),
            ("state", &state),
            ("system_id", id),
            ("system_name", "Production Server"),
            ("system_type", "ns8"),
            ("timestamp", created_at),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!((callback.method.as_str(), callback.path()), ("GET", "/callback"));
        assert_eq!(callback.members(), expected);

        // The browser takes the same members back to the shop.
        visitor.click(&format!("Continue to {host}")).await;
        visitor.arrive_at("Thank you").await;
        let address = url::Url::parse(&visitor.address().await).unwrap();
        assert_eq!(address.query_pairs().into_owned().collect::<Vec<_>>(), expected);
        assert!(shop.receiver.requests().iter().all(|request| !request.target.contains(&secret)));
        let tells = |from: &str| from.starts_with(&bench.origin);
        assert!(shop.receiver.requests().iter().all(|request| !request.header("referer").is_some_and(tells)));

        visitor.page().switch_to_window(shop_window).await.unwrap();
        let mut messages = Vec::new();
        for line in visitor.page().find_all(By::Css("#messages li")).await.unwrap() {
            messages.push(serde_json::from_str::<Value>(&line.text().await.unwrap()).unwrap());
        }
        let told = json!({
            "type": "system_created",
            "state": state,
            "system": { "id": id, "name": "Production Server", "type": "ns8" },
            "timestamp": created_at,
        });
        assert_eq!(messages, [json!({ "origin": bench.origin, "data": told })]);
        visitor.browser.quit().await.unwrap();
    }

    async fn the_message_reaches_no_window_of_another_origin(bench: Bench) {
        let shop = Shop::open(&bench).await;
        let thief = Shop::open_page_of_thief().await;
        let start = shop.start(&bench, &bench.state("opened by somebody else"));
        let visitor = Visitor::new().await;
        let start: String = url::form_urlencoded::byte_serialize(start.as_bytes()).collect();
        visitor.go(&thief.at(&format!("/shop?start={start}"))).await;
        let window = visitor.page().window().await.unwrap();
        visitor.find("#open").await.click().await.unwrap();
        let windows = visitor.page().windows().await.unwrap();
        let opened = windows.into_iter().find(|other| *other != window).unwrap();
        visitor.page().switch_to_window(opened).await.unwrap();
        visitor.sign_in(&shop.admin.email).await;
        visitor.arrive_at("Create a system?").await;
        visitor.click("Create system").await;
        visitor.wait_for("System created").await;
        visitor.page().switch_to_window(window).await.unwrap();
        // What was sent before this message would be there before it.
        visitor.run("postMessage('its own')").await;
        let read = "return Array.from(document.querySelectorAll('#messages li'), (line) => line.textContent)";
        let mut messages = visitor.run(read).await;
        while messages == json!([]) {
            messages = visitor.run(read).await;
        }
        assert_eq!(messages, json!([json!({ "origin": thief.origin(), "data": "its own" }).to_string()]));
        visitor.browser.quit().await.unwrap();
    }

    async fn without_any_script_the_flow_goes_all_the_way(bench: Bench) {
        let shop = Shop::open(&bench).await;
        let visitor = Visitor::new().await;
        visitor.browser.command("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await.unwrap();
        visitor.go(&shop.start(&bench, &bench.state("no script"))).await;
        visitor.sign_in(&shop.admin.email).await;
        visitor.arrive_at("Create a system?").await;
        visitor.click("Create system").await;
        visitor.arrive_at("System created").await;
        visitor.click(&format!("Continue to {}", shop.receiver.host())).await;
        visitor.arrive_at("Thank you").await;

        visitor.go(&bench.at("/")).await;
        assert!(visitor.arrive_at("Systems").await.contains("Production Server"));
        visitor.write("q", "nothing of this name").await;
        visitor.click("Search").await;
        visitor.arrive_at("Systems").await;
        assert!(visitor.text().await.contains("No system matches"));
        visitor.page().find(By::Css("button[value=dark]")).await.unwrap().click().await.unwrap();
        visitor.arrive_at("Systems").await;
        assert!(visitor.text().await.contains("No system matches"), "one stays where one was");
        assert_eq!(visitor.find("html").await.attr("data-theme").await.unwrap().as_deref(), Some("dark"));
        visitor.browser.quit().await.unwrap();
    }
}
