//! The outside application: a shop on an origin of its own, which sends people
//! to Bailiwick and listens for what comes back.

use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::people::Person;
use bailiwick_testkit::receiver::Receiver;
use reqwest::Method;
use serde_json::Value;

/// The shop's page: a button that opens Bailiwick, and a list of the messages that arrived.
const PAGE: &str = "<!doctype html><title>Shop</title><h1>Shop</h1>\
    <button id=open>Connect a system</button><ul id=messages></ul><script>\
    const start = new URLSearchParams(location.search).get('start');\
    document.getElementById('open').onclick = () => window.open(start);\
    addEventListener('message', ({ origin, data }) => {\
      const line = document.createElement('li');\
      line.textContent = JSON.stringify({ origin, data });\
      document.getElementById('messages').append(line);\
    });</script>";

/// The shop, and the people of a small tree.
pub(crate) struct Shop {
    pub(crate) receiver: Receiver,
    pub(crate) admin: Person,
    pub(crate) reader: Person,
}

impl Shop {
    pub(crate) async fn open(bench: &Bench) -> Self {
        let receiver = Receiver::start().await.unwrap();
        receiver.show_page("/shop", PAGE);
        receiver.show_page("/callback", "<!doctype html><title>Shop</title><h1>Thank you</h1>");
        receiver.show_page("/", "<!doctype html><title>Shop</title><h1>Shop</h1>");
        let owner = bench.organisation("Owner", None).await;
        let organisation = bench.organisation("Hotel Bellavista", Some(owner)).await;
        let admin = bench.person("ada", organisation, Role::Admin).await;
        let reader = bench.person("rita", organisation, Role::Reader).await;
        Self { receiver, admin, reader }
    }

    /// A page like the shop's on an origin of somebody else.
    pub(crate) async fn open_page_of_thief() -> Receiver {
        let thief = Receiver::start().await.unwrap();
        thief.show_page("/shop", PAGE);
        thief
    }

    /// Where the result goes.
    pub(crate) fn callback_url(&self) -> String {
        self.receiver.at("/callback?order=4711&lang=it")
    }

    /// The address to which it sends people, with this state.
    pub(crate) fn start(&self, bench: &Bench, state: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("callback_url", &self.callback_url());
        query.append_pair("state", state).append_pair("type", "ns8").append_pair("name", "Production Server");
        bench.at(&format!("/system-creation?{}", query.finish()))
    }

    /// Its own page, whose button leads to `start`.
    pub(crate) fn page(&self, start: &str) -> String {
        let start: String = url::form_urlencoded::byte_serialize(start.as_bytes()).collect();
        self.receiver.at(&format!("/shop?start={start}"))
    }

    /// The systems that there are.
    pub(crate) async fn systems(&self, bench: &Bench) -> Vec<Value> {
        let tokens = bench.sign_in(&self.admin).await;
        let request = bench.call(Method::GET, "/api/systems?page_size=100").bearer_auth(&tokens.access);
        let body: Value = request.send().await.unwrap().json().await.unwrap();
        body.pointer("/data/systems").and_then(Value::as_array).unwrap().clone()
    }
}
