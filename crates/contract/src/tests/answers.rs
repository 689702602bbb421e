//! What the server says whatever the endpoint: faults, headers, unknown routes.

use serde_json::json;

use super::fixture::{SOME_ID, ask_plainly};

#[tokio::test]
async fn a_system_answer_comes_in_the_envelope_and_under_each_alias() {
    for prefix in ["", "/backend", "/collect"] {
        let answer = ask_plainly("GET", &format!("{prefix}/api/things/{SOME_ID}"), "").await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.text(),
            format!(r#"{{"code":200,"message":"thing retrieved","data":{{"words":"{SOME_ID}"}}}}"#)
        );
    }
    assert_eq!(ask_plainly("GET", "/backend/auth/names", "").await.status, 404);
}

#[tokio::test]
async fn every_answer_carries_the_headers_of_its_kind() {
    for path in ["/api/things", "/auth/names", "/nowhere", "/api/nowhere", "/", "/api/panics"] {
        let answer = ask_plainly("GET", path, "").await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=63072000"), "{path}");
        assert_eq!(answer.header("x-request-id").unwrap().len(), 36, "{path}");
        let is_page = !path.starts_with("/a");
        assert_eq!(answer.header("content-security-policy").is_some(), is_page, "{path}");
        assert_eq!(answer.header("content-type") == Some("application/json"), !is_page, "{path}");
    }
}

#[tokio::test]
async fn a_request_id_from_outside_is_not_taken_over() {
    let request = http::Request::get("/auth/names").header("x-request-id", "mine").body("".into()).unwrap();
    assert_ne!(super::fixture::ask(request).await.header("x-request-id"), Some("mine"));
}

#[tokio::test]
async fn unknown_routes_answer_in_the_dialect_of_their_path() {
    let systems = json!({ "code": 404, "message": "api not found", "data": {} });
    let message = json!({ "BackendMessage": "api not found", "Message": "There is no such address here." });
    for (path, expected) in [
        ("/api/nowhere", &systems),
        ("/api/things/", &systems),
        ("/backend", &systems),
        ("/collect/auth/names", &systems),
        ("/auth/names/", &message),
        ("/auth", &message),
    ] {
        let answer = ask_plainly("GET", path, "").await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(&answer.json(), expected, "{path}");
    }
    let page = ask_plainly("GET", "/nowhere", "").await;
    assert_eq!((page.status.as_u16(), page.text()), (404, "page at /nowhere: api not found"));
}

#[tokio::test]
async fn a_known_path_names_its_methods_to_others() {
    for (path, allow) in [
        ("/api/things", "GET, HEAD, POST"),
        ("/backend/api/things", "GET, HEAD, POST"),
        ("/auth/thing", "PATCH"),
        ("/hello/ann", "GET, HEAD, POST"),
    ] {
        for method in ["DELETE", "OPTIONS", "QUERY"] {
            let answer = ask_plainly(method, path, "").await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
        }
    }
    let answer = ask_plainly("PUT", "/healthz", "").await;
    assert_eq!(answer.json(), json!({ "code": 405, "message": "method not allowed", "data": {} }));
}

#[tokio::test]
async fn head_answers_like_get_without_the_body() {
    let (get, head) = (ask_plainly("GET", "/auth/names", "").await, ask_plainly("HEAD", "/auth/names", "").await);
    assert_eq!(head.status, 200);
    assert!(head.body.is_empty());
    assert_eq!(head.header("content-length"), get.header("content-length"));
}

#[tokio::test]
async fn what_a_path_cannot_name_does_not_exist() {
    for id in ["x", "%ff", "%00", "0198f3c27d5e7c1a9b1e3f2a4d5c6b7a", "a%2Fb"] {
        let answer = ask_plainly("GET", &format!("/api/things/{id}"), "").await;
        assert_eq!(answer.json(), json!({ "code": 404, "message": "system not found", "data": {} }), "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn past_the_deadline_the_answer_is_503() {
    let started = tokio::time::Instant::now();
    let answer = ask_plainly("GET", "/healthz", "").await;
    assert_eq!(started.elapsed(), std::time::Duration::from_secs(1));
    assert_eq!(answer.json(), json!({ "code": 503, "message": "deadline exceeded", "data": {} }));
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn nothing_is_read_of_sqlite_past_the_deadline() {
    let answer = ask_plainly("GET", "/api/late", "").await;
    assert_eq!(answer.json(), json!({ "code": 503, "message": "deadline exceeded", "data": {} }));
}

#[tokio::test]
async fn what_broke_stays_inside() {
    let panicked = ask_plainly("GET", "/api/panics", "").await;
    assert_eq!(panicked.json(), json!({ "code": 500, "message": "internal server error", "data": {} }));
    let broken = ask_plainly("GET", "/auth/breaks", "").await;
    assert_eq!(broken.status, 500);
    assert_eq!(
        broken.json(),
        json!({
            "BackendMessage": "internal server error",
            "Message": "Something broke on our side. It was recorded."
        })
    );
}

#[tokio::test]
async fn a_fault_that_is_not_declared_fails_the_test_that_meets_it() {
    assert_eq!(ask_plainly("GET", "/api/undeclared", "").await.status, 500);
}

#[tokio::test]
async fn a_state_fault_repeats_its_message_in_the_data() {
    let expected = json!({
        "code": 400, "message": "state token expired", "data": { "error": "state token expired" }
    });
    assert_eq!(ask_plainly("GET", "/api/expired", "").await.json(), expected);
}

#[tokio::test]
async fn whoever_is_slowed_down_learns_for_how_long() {
    let answer = ask_plainly("GET", "/auth/throttled", "").await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, Some("2")));
}

#[tokio::test]
async fn nobody_is_told_so_before_anything_else() {
    // The query lacks a member, the body is broken and of the wrong type: 401 all the same.
    let request = http::Request::post("/api/mine").header("content-type", "text/plain").body("{".into()).unwrap();
    let answer = super::fixture::ask(request).await;
    assert_eq!(answer.json(), json!({ "code": 401, "message": "invalid token", "data": {} }));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
}

#[tokio::test]
async fn a_refresh_token_reaches_its_handler() {
    for (header, status) in [("Bearer a.b.c", 200), ("a.b.c", 200), ("Basic YTpi", 401)] {
        let request = http::Request::post("/auth/refresh").header("authorization", header).body("".into()).unwrap();
        let answer = super::fixture::ask(request).await;
        assert_eq!(answer.status, status, "{header}");
        let expected = if status == 200 {
            json!({ "Message": "a.b.c" })
        } else {
            json!({
                "AuthorizationInvalid": true, "BackendMessage": "invalid token",
                "Message": "You are not signed in, or no longer. Sign in again."
            })
        };
        assert_eq!(answer.json(), expected, "{header}");
    }
}
