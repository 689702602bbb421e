//! What the server reads: queries, headers, bodies.

use axum::body::Body;
use http::Request;
use serde_json::json;

use super::fixture::{Answered, SMALL_LIMIT, ask, ask_plainly, in_pieces};

const GOOD: &str = r#"{"name":"n","maker":"ann@example.org","password":"twelve chars"}"#;

async fn create(content_type: Option<&str>, body: Body) -> Answered {
    let mut request = Request::post("/api/things");
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    ask(request.body(body).unwrap()).await
}

#[tokio::test]
async fn a_body_is_read_with_or_without_a_content_type() {
    for content_type in [None, Some("application/json"), Some("application/merge-patch+json; charset=utf-8")] {
        let answer = create(content_type, Body::from(GOOD)).await;
        let words = format!("n ann@example.org 12 None {}", GOOD.len());
        let expected = json!({ "code": 201, "message": "success", "data": { "words": words } });
        assert_eq!(answer.json(), expected, "{content_type:?}");
        assert_eq!(answer.header("idempotent-replayed"), None);
    }
}

#[tokio::test]
async fn other_content_types_are_refused() {
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "\u{1}"] {
        let request = Request::post("/api/things").header("content-type", content_type);
        let Ok(request) = request.body(Body::from(GOOD)) else { continue };
        let answer = ask(request).await;
        assert_eq!(answer.json(), json!({ "code": 415, "message": "unsupported media type", "data": {} }));
    }
    let packed = Request::post("/api/things").header("content-encoding", "gzip").body(Body::from(GOOD)).unwrap();
    assert_eq!(ask(packed).await.status, 415);
}

#[tokio::test]
async fn all_fields_that_fail_are_listed_and_no_secret_is_echoed() {
    let answer = create(None, Body::from(r#"{"name":" ","maker":7,"password":"short","on":"yes"}"#)).await;
    let expected = json!({
        "code": 400,
        "message": "validation failed",
        "data": { "type": "validation_error", "errors": [
            { "key": "name", "message": "required", "value": " ", "expected": "name must be a name that is not blank" },
            { "key": "maker", "message": "string", "value": "7", "expected": "maker must be a string" },
            { "key": "password", "message": "min", "expected": "password must be at least 12 characters long" },
            { "key": "on", "message": "boolean", "value": "yes", "expected": "on must be true or false" },
        ] },
    });
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn missing_and_null_members_are_required_alike() {
    let answer = create(None, Body::from(r#"{"name":null,"on":null}"#)).await;
    let errors = &answer.json()["data"]["errors"];
    let rules: Vec<_> = errors.as_array().unwrap().iter().map(|error| (&error["key"], &error["message"])).collect();
    let required = json!("required");
    assert_eq!(rules, [(&json!("name"), &required), (&json!("maker"), &required), (&json!("password"), &required)]);
}

#[tokio::test]
async fn what_the_settings_refuse_is_listed_with_everything_else() {
    let body = r#"{"name":"","type":"nsec","former":"bad","next":"x","password":"a long canary","on":true}"#;
    let answer = ask_plainly("POST", "/api/settled", body).await;
    assert_eq!((answer.status.as_u16(), answer.json()["message"].as_str()), (400, Some("validation failed")));
    let errors = answer.json()["data"]["errors"].as_array().unwrap().clone();
    let row = |error: &serde_json::Value| json!([error["key"], error["message"], error["value"]]);
    let expected = json!([
        ["name", "required", null],
        ["type", "oneof", "nsec"],
        ["former", "oneof", "bad"],
        ["next", "oneof", "x"],
        ["password", "closed", null],
        ["on", "closed", "true"],
    ]);
    assert_eq!(errors.iter().map(row).collect::<serde_json::Value>(), expected);
    assert_eq!(errors[1]["expected"], "type must be one of ns8");
}

#[tokio::test]
async fn what_cannot_be_read_or_is_absent_never_reaches_the_settings() {
    let answer = ask_plainly("POST", "/api/settled", r#"{"name":"n","type":7,"next":null}"#).await;
    let errors = answer.json()["data"]["errors"].clone();
    assert_eq!(errors.as_array().unwrap().len(), 1, "{errors}");
    assert_eq!(errors[0]["message"], "string");
    let answer = ask_plainly("POST", "/api/settled", r#"{"name":"n","type":"ns8","next":null}"#).await;
    assert_eq!(answer.json()["data"]["words"], "n ns8 None Clear None false");
}

#[tokio::test]
async fn a_broken_body_says_what_is_wrong_with_it() {
    for (body, part) in [
        ("", "empty"),
        ("{", "EOF"),
        ("[]", "an array"),
        (r#"{"name":"a","name":"b"}"#, "\"name\" is there twice"),
        ("{} {}", "trailing"),
    ] {
        let answer = create(None, Body::from(body)).await;
        let json = answer.json();
        assert_eq!((answer.status.as_u16(), &json["message"]), (400, &json!("malformed body")), "{body}");
        assert!(json["data"]["error"].as_str().unwrap().contains(part), "{json}");
    }
    assert_eq!(create(None, Body::from(&b"{\"name\":\"\xff\"}"[..])).await.status, 400);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_however_it_comes() {
    let piece = "          ";
    let pieces = SMALL_LIMIT / piece.len();
    assert_eq!(create(None, in_pieces(piece, pieces)).await.status, 400);
    let answer = create(None, in_pieces(piece, pieces + 1)).await;
    assert_eq!(answer.json(), json!({ "code": 413, "message": "request body too large", "data": {} }));
    assert_eq!(create(None, Body::from(" ".repeat(SMALL_LIMIT + 1))).await.status, 413);
    let announced = Request::post("/api/things").header("content-length", "101").body(Body::empty()).unwrap();
    assert_eq!(ask(announced).await.status, 413);
}

#[tokio::test]
async fn what_is_not_declared_is_not_read() {
    let request = Request::get("/auth/names").header("content-type", "text/plain");
    assert_eq!(ask(request.body(in_pieces("x", 100_000)).unwrap()).await.status, 200);
}

#[tokio::test]
async fn an_optional_body_may_be_left_out() {
    for (body, words) in [
        ("", "nothing"),
        ("{}", "None false kept"),
        (r#"{"Name":null,"Loud":null,"Nickname":null}"#, "None false cleared"),
        (r#"{"Name":"a","Loud":true,"Nickname":"b"}"#, "Some(\"a\") true b"),
    ] {
        let answer = ask_plainly("PATCH", "/auth/thing", body).await;
        assert_eq!(answer.json(), json!({ "Message": words }), "{body}");
    }
}

#[tokio::test]
async fn a_strict_body_names_the_member_that_it_does_not_know() {
    let answer = ask_plainly("PATCH", "/auth/thing", r#"{"Nmae":"a"}"#).await;
    let expected = json!({
        "BackendMessage": "validation failed",
        "Field": { "Message": "Nmae must be one of the known members: Name, Loud, Nickname", "Name": "Nmae" },
        "Message": "Some of what was sent is not right.",
    });
    assert_eq!((answer.status.as_u16(), answer.json()), (400, expected));
}

#[tokio::test]
async fn query_members_are_decoded_checked_and_defaulted() {
    let words = |answer: &Answered| answer.json()["data"]["words"].as_str().map(str::to_owned);
    let answer = ask_plainly("GET", "/api/things?name=a%20b+c&unknown=1&unknown=2", "").await;
    assert_eq!(words(&answer).as_deref(), Some("false false a b c"));
    let answer = ask_plainly("GET", "/api/things?name=a&count=true&maker=ann%40example.org", "").await;
    assert_eq!(words(&answer).as_deref(), Some("true true a"));

    let answer = ask_plainly("GET", "/api/things?maker=x&count=1&count=1", "").await;
    let json = answer.json();
    let errors = json["data"]["errors"].as_array().unwrap();
    let rules: Vec<_> = errors.iter().map(|error| error["message"].as_str().unwrap()).collect();
    assert_eq!(rules, ["email", "once", "required"]);
}

#[tokio::test]
async fn declared_headers_are_checked() {
    let with = |values: &[&[u8]]| {
        let mut request = Request::post("/api/things");
        for value in values {
            request = request.header("idempotency-key", *value);
        }
        ask(request.body(Body::from(GOOD)).unwrap())
    };
    assert_eq!(with(&[b"k"]).await.header("idempotent-replayed"), Some("true"));
    for bad in [&[&b"k"[..], b"k"][..], &[b""], &[b"\xff"]] {
        let answer = with(bad).await;
        assert_eq!(answer.status, 400, "{bad:?}");
        assert_eq!(answer.json()["data"]["errors"][0]["key"], "Idempotency-Key");
    }
}

#[tokio::test]
async fn a_handler_sees_the_names_of_query_members_it_does_not_declare() {
    let answer = ask_plainly("GET", "/auth/names?Username=a&Pass%77ord=b", "").await;
    assert_eq!(answer.json(), json!({ "words": "Username Password" }));
}
