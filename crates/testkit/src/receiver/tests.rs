#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use base64::{Engine, engine::general_purpose};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::json;

use super::*;
use crate::http;

#[tokio::test]
async fn requests_are_recorded_as_sent_and_in_order() {
    let receiver = Receiver::start().await.unwrap();
    let client = http::client().unwrap();
    for target in ["/callback?b=2&a=%41+x&b=1", "/other"] {
        let answer = client.get(receiver.at(target)).header("webhook-id", "one").send().await.unwrap();
        assert_eq!(answer.status(), 204);
    }
    let callbacks = receiver.wait_for_callbacks(2, Duration::from_secs(5)).await.unwrap();
    assert_eq!(callbacks[0].target, "/callback?b=2&a=%41+x&b=1");
    assert_eq!(callbacks[0].query(), "b=2&a=%41+x&b=1");
    assert_eq!(callbacks[0].member("a").unwrap(), "A x");
    assert_eq!(callbacks[1].path(), "/other");
    assert_eq!(callbacks[1].header("webhook-id"), Some("one"));
}

#[tokio::test]
async fn answers_come_in_the_order_asked_for() {
    let receiver = Receiver::start().await.unwrap();
    let client = http::client().unwrap();
    receiver.answer_next([Answer::Status(500), Answer::RetryAfter(429, 7), Answer::Redirect("/elsewhere".to_owned())]);
    let first = client.get(receiver.at("/")).send().await.unwrap();
    let second = client.get(receiver.at("/")).send().await.unwrap();
    let third = client.get(receiver.at("/")).send().await.unwrap();
    let fourth = client.get(receiver.at("/")).send().await.unwrap();
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (500, 429));
    assert_eq!(second.headers()["retry-after"], "7");
    assert_eq!((third.status().as_u16(), &third.headers()["location"]), (302, &HeaderValue::from_static("/elsewhere")));
    assert_eq!(fourth.status(), 204);
}

#[tokio::test]
async fn one_path_is_answered_the_same_however_often_it_is_asked() {
    let receiver = Receiver::start().await.unwrap();
    let client = http::client().unwrap();
    let ask = async |path: &str| client.get(receiver.at(path)).send().await.unwrap().status().as_u16();
    receiver.answer_at("/refused", Answer::Status(503));
    receiver.answer_next([Answer::Status(500)]);
    assert_eq!([ask("/refused").await, ask("/refused").await], [503, 503]);
    assert_eq!([ask("/other").await, ask("/other").await], [500, 204]);
    receiver.answer_at("/refused", Answer::Status(204));
    assert_eq!(ask("/refused").await, 204);
}

#[tokio::test]
async fn a_hanging_application_never_answers() {
    let receiver = Receiver::start().await.unwrap();
    receiver.answer_next([Answer::Hang]);
    let client = http::client().unwrap();
    let answer = client.get(receiver.at("/")).timeout(Duration::from_millis(200)).send().await;
    assert!(answer.unwrap_err().is_timeout());
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn a_page_is_for_people_and_uses_up_no_answer() {
    let receiver = Receiver::start().await.unwrap();
    receiver.show_page("/callback", "<h1>Back again</h1>");
    receiver.answer_next([Answer::Status(503)]);
    let client = http::client().unwrap();
    let page = client.get(receiver.at("/callback?state=x")).send().await.unwrap();
    assert_eq!(page.text().await.unwrap(), "<h1>Back again</h1>");
    let callback = client.get(receiver.at("/callback")).header("webhook-id", "1").send().await.unwrap();
    assert_eq!(callback.status(), 503);
    assert_eq!((receiver.requests().len(), receiver.callbacks().len()), (2, 1));
}

#[tokio::test]
async fn waiting_for_what_does_not_come_says_so() {
    let receiver = Receiver::start().await.unwrap();
    let error = receiver.wait_for_callbacks(1, Duration::from_millis(20)).await.unwrap_err();
    assert!(error.to_string().contains("0 of 1"), "{error}");
    let error = receiver.wait_for_callback_at("/late", Duration::from_millis(20)).await.unwrap_err();
    assert!(error.to_string().contains("/late"), "{error}");
}

/// A callback signed here by hand, and the key set that goes with it.
fn signed() -> (Received, String) {
    let key = SigningKey::from_bytes(&[7; 32]);
    let text = "v1\nGET\nhttp://127.0.0.1:9/back\nown=1&state=s\nid-1\n1700000000";
    let signature = general_purpose::STANDARD.encode(key.sign(text.as_bytes()).to_bytes());
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("host", "127.0.0.1:9"),
        ("webhook-id", "id-1"),
        ("webhook-timestamp", "1700000000"),
        ("webhook-key-id", "k1"),
        ("webhook-signature", &format!("v1a,{signature}")),
    ] {
        headers.insert(header::HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let x = general_purpose::URL_SAFE_NO_PAD.encode(key.verifying_key().to_bytes());
    let jwks = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": x}]}).to_string();
    (Received { method: "GET".to_owned(), target: "/back?own=1&state=s".to_owned(), headers }, jwks)
}

#[test]
fn a_good_signature_passes() {
    let (request, jwks) = signed();
    verify_signature(&request, &jwks).unwrap();
}

#[test]
fn every_changed_part_is_noticed() {
    let (good, jwks) = signed();
    let changes: [fn(&mut Received); 6] = [
        |request| request.target = "/back?own=2&state=s".to_owned(),
        |request| request.target = "/back?state=s&own=1".to_owned(),
        |request| request.method = "POST".to_owned(),
        |request| drop(request.headers.insert("host", HeaderValue::from_static("127.0.0.1:8"))),
        |request| drop(request.headers.insert("webhook-id", HeaderValue::from_static("id-2"))),
        |request| drop(request.headers.insert("webhook-timestamp", HeaderValue::from_static("1700000001"))),
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut request = good.clone();
        change(&mut request);
        let error = verify_signature(&request, &jwks).unwrap_err();
        assert!(error.contains("does not match"), "change {number}: {error}");
    }
}

#[test]
fn a_missing_header_and_an_unknown_key_are_named() {
    let (good, jwks) = signed();
    let mut request = good.clone();
    request.headers.remove("webhook-signature");
    assert!(verify_signature(&request, &jwks).unwrap_err().contains("webhook-signature"));
    assert!(verify_signature(&good, r#"{"keys":[]}"#).unwrap_err().contains("no key k1"));
}
