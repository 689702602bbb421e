//! Somebody signed in: by token at an endpoint, by cookie on a page.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use serde_json::json;

use super::fixture::ask;
use super::server::{SERVER, sign_in};

const GOOD: &str = r#"{"name":"n","maker":"ann@example.org","password":"twelve chars"}"#;

#[tokio::test]
async fn a_token_opens_an_endpoint_and_only_then_the_request_is_read() {
    let (token, cookie) = sign_in().await;
    let post = |header: Option<String>, query: &str, body: &'static str| {
        let mut request = Request::post(format!("/api/mine{query}"));
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        ask(request.body(Body::from(body)).unwrap())
    };
    let answer = post(Some(format!("Bearer {token}")), "?name=n", GOOD).await;
    assert_eq!(answer.json(), json!({ "code": 200, "message": "success", "data": { "words": "Ann" } }));
    assert_eq!(post(Some(token.clone()), "?name=n", GOOD).await.status, 200);
    assert_eq!(post(Some(token.clone()), "", GOOD).await.json()["data"]["errors"][0]["key"], "name");
    assert_eq!(post(Some(token.clone()), "?name=n", "{").await.json()["message"], "malformed body");
    for other in [None, Some(format!("Basic {token}")), Some(format!("{token}x")), Some(cookie)] {
        assert_eq!(post(other, "", "{").await.status, 401);
    }
}

#[tokio::test]
async fn two_authorization_headers_sign_nobody_in() {
    let (token, _) = sign_in().await;
    let request = Request::post("/api/mine?name=n").header("authorization", &token).header("authorization", &token);
    assert_eq!(ask(request.body(Body::from(GOOD)).unwrap()).await.status, 401);
}

#[tokio::test]
async fn a_cookie_opens_pages_and_no_endpoint() {
    let (_, cookie) = sign_in().await;
    let cookie = format!("__Host-bailiwick={cookie}");
    let get = |path: &str| ask(Request::get(path).header("cookie", &cookie).body(Body::empty()).unwrap());
    assert_eq!(get("/").await.text(), "inner");
    assert_eq!(get("/hello/ann").await.text(), "true ann ");
    let api = Request::post("/api/mine?name=n").header("cookie", &cookie).body(Body::from(GOOD)).unwrap();
    assert_eq!(ask(api).await.status, 401);
    let stale = Request::get("/").header("cookie", format!("{cookie}x")).body(Body::empty()).unwrap();
    assert_eq!(ask(stale).await.status, 303);
}

#[tokio::test]
async fn where_a_browser_says_nothing_the_form_token_proves_it() {
    let context = SERVER.with(|server| Arc::clone(&server.context));
    let (token, other) = (context.form_token("c"), context.form_token("d"));
    for (cookie, field, status) in [
        (Some("__Host-bailiwick-form=c"), Some(&token), 200),
        (Some("__Host-bailiwick-form=c"), Some(&other), 403),
        (Some("__Host-bailiwick-form=c"), None, 403),
        (Some("bailiwick-form=c"), Some(&token), 403),
        (None, Some(&token), 403),
    ] {
        let mut request = Request::post("/hello/ann");
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        let body = field.map_or("said=hi".to_owned(), |field| format!("said=hi&form_token={field}"));
        let answer = ask(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, status, "{cookie:?} {field:?}");
    }
    // What a browser sends for our own forms on plain http: the pages ask it to name no referrer.
    let request = || Request::post("/hello/ann").header("origin", "null").header("cookie", "__Host-bailiwick-form=c");
    let answer = ask(request().body(Body::from(format!("said=hi&form_token={token}"))).unwrap()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(ask(request().body(Body::from("said=hi")).unwrap()).await.status, 403);
}

#[tokio::test]
async fn the_address_is_the_clients_behind_a_trusted_proxy() {
    for (peer, expected) in [("10.0.0.1:4711", "198.51.100.7"), ("203.0.113.9:4711", "203.0.113.9")] {
        let mut request = Request::get("/auth/whence").header("x-forwarded-for", "198.51.100.7").body(Body::empty());
        let peer: SocketAddr = peer.parse().unwrap();
        request.as_mut().unwrap().extensions_mut().insert(ConnectInfo(peer));
        assert_eq!(ask(request.unwrap()).await.json(), json!({ "words": expected }));
    }
}
