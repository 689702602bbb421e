//! The API pages through the front door, and that the server takes what they show.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops at what it did not expect"
)]

use std::net::{IpAddr, Ipv4Addr};

use bailiwick_app::caller::Origin;
use bailiwick_app::sign_in::Credentials;
use bailiwick_domain::field::Parse as _;
use bailiwick_domain::id::RequestId;
use bailiwick_domain::password::Password;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Timestamp;
use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::people::{PASSWORD, Person, Tokens};
use http::Method;
use serde_json::{Value, json};

const GUIDE: &str = "/docs/guides/callback-signatures";

async fn get(bench: &Bench, path: &str, cookie: &str) -> (u16, String) {
    let answer = bench.call(Method::GET, path).header("cookie", cookie).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// The cookie of a browser in which this person is signed in.
async fn browser(bench: &Bench, person: &Person) -> String {
    let credentials = Credentials { email: person.email.clone(), password: Password::parse_text(PASSWORD).unwrap() };
    let origin = Origin {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        request_id: RequestId::new(Timestamp::default(), [0; 10]),
        browser: None,
    };
    let signed_in = bench.context.sign_in_browser(credentials, false, &origin, None).await.unwrap();
    format!("bailiwick={}", signed_in.cookie.expose())
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_may_read_and_whoever_is_signed_in_keeps_the_navigation() {
    let bench = Bench::start(Engine::Sqlite).await;
    let owner = bench.organisation("Northwind Holding", None).await;
    let person = bench.super_admin("ada", owner).await;
    let cookie = browser(&bench, &person).await;
    for (path, heading) in [("/docs", "API"), ("/docs/systems", "Systems"), (GUIDE, "Check a callback’s signature")] {
        let (status, page) = get(&bench, path, "").await;
        assert_eq!(status, 200, "{path}");
        assert!(page.contains(&format!("<h1>{heading}</h1>")), "{path}");
        assert!(page.contains("href=\"/login\"") && !page.contains(&person.email), "{path}");
        let (_, page) = get(&bench, path, &cookie).await;
        assert!(page.contains("action=\"/logout\"") && page.contains(&person.email), "{path}");
        assert!(page.contains("Northwind Holding"), "{path}");
        // Somebody whose session is over reads as a stranger.
        let (status, page) = get(&bench, path, &format!("{cookie}x")).await;
        assert!(status == 200 && page.contains("href=\"/login\""), "{path}");
    }
    let (_, page) = get(&bench, "/docs", "").await;
    assert!(page.contains(&format!("<code>{}</code>", bench.origin)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_described_is_not_found() {
    let bench = Bench::start(Engine::Sqlite).await;
    for path in ["/docs/nothing", "/docs/guides", "/docs/guides/nothing", "/docs/systems/nothing", "/docs/Systems"] {
        let (status, page) = get(&bench, path, "").await;
        assert_eq!(status, 404, "{path}");
        assert!(page.starts_with("<!doctype html>"), "{path}");
    }
}

async fn send(bench: &Bench, tokens: &Tokens, method: &str, path: &str, body: &str) -> (u16, Value) {
    let request = bench.call(method.parse().unwrap(), path).header("authorization", &tokens.access);
    let answer = request.header("content-type", "application/json").body(body.to_owned()).send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_have_their_say_in_the_one_list_of_what_is_wrong() {
    let bench = Bench::start(Engine::Sqlite).await;
    let (_, tokens) = bench.owner().await;
    let body = r#"{"name":"n","type":"ns8"}"#;
    let (status, created) = send(&bench, &tokens, "POST", "/api/systems", body).await;
    assert_eq!(status, 201, "{created}");
    let change = format!("/api/systems/{}", created["data"]["id"].as_str().unwrap());
    for (method, path) in [("POST", "/api/systems"), ("POST", "/api/systems/callback"), ("PUT", change.as_str())] {
        let (status, answer) = send(&bench, &tokens, method, path, r#"{"name":"","type":"bad"}"#).await;
        assert_eq!((status, &answer["message"]), (400, &json!("validation failed")), "{path}");
        let errors = answer["data"]["errors"].as_array().unwrap();
        let row = |error: &Value| json!([error["key"], error["message"], error["value"], error["expected"]]);
        let expected = json!(["type", "oneof", "bad", "type must be one of ns8, nsec"]);
        assert_eq!(errors[0]["key"], "name", "{path}: {answer}");
        assert_eq!(row(&errors[1]), expected, "{path}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_errors_of_the_guide_are_those_that_the_server_gives() {
    let bench = Bench::start(Engine::Sqlite).await;
    let (_, tokens) = bench.owner().await;
    let (_, page) = get(&bench, "/docs/guides/errors", "").await;
    let shown: Vec<Value> = page
        .split("<pre tabindex=\"0\"><code>")
        .skip(1)
        .map(|rest| serde_json::from_str(&rest.split("</code>").next().unwrap().replace("&#34;", "\"")).unwrap())
        .collect();
    let body = json!({
        "name": "n", "type": "ns8", "callback_url": "ftp://shop.example", "callback_state": bench.state("r"),
    });
    let systems = send(&bench, &tokens, "POST", "/api/systems/callback", &body.to_string()).await;
    let sign_in = r#"{"Username":"ada.verdi@northwind.example"}"#;
    let authorisation = send(&bench, &tokens, "POST", "/auth/authenticate/signin", sign_in).await;
    assert_eq!([systems, authorisation], [(400, shown[0].clone()), (400, shown[1].clone())]);
}

/// The text of the first example of an operation, as its page shows it.
fn example(page: &str) -> String {
    let Some((_, text)) = page.split_once("<pre tabindex=\"0\"><code>{") else { panic!("no example in {page}") };
    format!("{{{}", text.split("</code>").next().unwrap()).replace("&#34;", "\"")
}

/// What is licensed on this server: an agreement, the pool of its seats, and a system of whoever buys licences.
struct Goods {
    agreement: String,
    pool: String,
    system: String,
}

impl Goods {
    async fn make(bench: &Bench, tokens: &Tokens, buyer: &str) -> Self {
        let agreement = Self::draft(bench, tokens).await;
        post(bench, tokens, &format!("/auth/admin/agreements/{agreement}/publish"), &Value::Null).await;
        let seats = json!({ "Agreement": agreement, "Seats": 1_000_000 });
        let pool = post(bench, tokens, "/auth/admin/pools", &seats).await;
        let system = json!({ "name": "n", "type": "ns8", "organization_id": buyer }).to_string();
        let (_, created) = send(bench, tokens, "POST", "/api/systems", &system).await;
        let system = created["data"]["id"].as_str().unwrap().to_owned();
        Self { agreement, pool, system }
    }

    async fn draft(bench: &Bench, tokens: &Tokens) -> String {
        post(bench, tokens, "/auth/admin/agreements", &json!({ "Name": "n", "Kind": "subscription" })).await
    }

    /// What stands for `{uuid}` in a path of licences, pools or agreements: what nothing was done with before.
    async fn subject(&self, bench: &Bench, tokens: &Tokens, path: &str, holder: &str) -> Option<String> {
        let licence = json!({ "Agreement": self.agreement, "Organisation": holder });
        match path {
            path if path.contains("/agreements/") => Some(Self::draft(bench, tokens).await),
            path if path.contains("/pools/") => Some(self.pool.clone()),
            path if path.contains("/licenses/") => Some(post(bench, tokens, "/auth/admin/licenses", &licence).await),
            _ => None,
        }
    }
}

/// Posts this, and gives the id of what came of it.
async fn post(bench: &Bench, tokens: &Tokens, path: &str, body: &Value) -> String {
    let (status, made) = send(bench, tokens, "POST", path, &body.to_string()).await;
    assert!((200..300).contains(&status), "{path}: {made}");
    let made = made.get(0).unwrap_or(&made);
    made["UUID"].as_str().unwrap().to_owned()
}

/// The operations whose example holds an account or a token that is nobody's.
const NOBODYS: [&str; 3] = ["refresh-token", "sign-in", "sign-in-by-get"];

#[tokio::test(flavor = "multi_thread")]
async fn the_server_takes_the_bodies_that_the_pages_show() {
    let bench = Bench::start(Engine::Sqlite).await;
    let (owner, tokens) = bench.owner().await;
    let text = bench.call(Method::GET, "/openapi.json").send().await.unwrap().text().await.unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let (_, created) = send(&bench, &tokens, "POST", "/api/systems", r#"{"name":"n","type":"ns8"}"#).await;
    let system = created["data"]["id"].as_str().unwrap();
    let (_, me) = send(&bench, &tokens, "GET", "/api/me", "").await;
    let person = me["data"]["id"].as_str().unwrap();
    let below = bench.organisation("Below", Some(owner)).await.to_string();
    let other = bench.person("other", owner, Role::Reader).await.id.to_string();
    let goods = Goods::make(&bench, &tokens, &below).await;
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation.get("requestBody").is_none() {
                continue;
            }
            // What is a file is shown as one, and no JSON.
            if operation["requestBody"]["content"].get("application/json").is_none() {
                continue;
            }
            let section = operation["tags"][0].as_str().unwrap().to_lowercase();
            let name = operation["operationId"].as_str().unwrap();
            let (_, page) = get(&bench, &format!("/docs/{section}/{name}"), "").await;
            let mut body: Value = serde_json::from_str(&example(&page)).unwrap();
            // What only this server and this moment know.
            let own = [
                ("organization_id", json!(owner)),
                ("parent_id", json!(owner)),
                ("vat_number", json!(format!("IT{asked:011}"))),
                ("callback_state", json!(bench.state("r"))),
                ("callback_url", json!(bench.at("/healthz"))),
                ("CurrentPassword", json!(PASSWORD)),
                ("Agreement", json!(goods.agreement)),
                ("Organisation", json!(below)),
                ("Provider", json!(owner)),
                ("Device", json!(system)),
                ("Devices", json!([goods.system])),
                ("ExpiresAt", json!("2031-01-01T00:00:00Z")),
            ];
            for (member, own) in own {
                if let Some(shown) = body.get_mut(member) {
                    *shown = own;
                }
            }
            let subject = goods.subject(&bench, &tokens, path, &owner.to_string()).await;
            let path = path.replace("{id}", system).replace("{uuid}", subject.as_deref().unwrap_or(person));
            let path = path.replace("{organization_id}", &below).replace("{user_id}", &other);
            let (status, answer) = send(&bench, &tokens, &method.to_uppercase(), &path, &body.to_string()).await;
            // An example's account and token are nobody's; any other body that is refused is 400 too.
            let is_token = answer.to_string().contains("of a link which is still good");
            let is_expected = match status {
                200 | 201 => true,
                401 => NOBODYS.contains(&name),
                _ => is_token,
            };
            assert!(is_expected, "{method} {path} ({name}): {status} {answer}");
            asked += 1;
        }
    }
    assert!(asked >= 5, "{asked}");
}
