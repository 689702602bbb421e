//! Pages: who sees them, and which forms are believed.

use axum::body::Body;
use http::Request;

use super::fixture::{Answered, ask, ask_plainly, in_pieces};

async fn post(headers: &[(&str, &str)], body: Body) -> Answered {
    let mut request = Request::post("/hello/ann");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    ask(request.body(body).unwrap()).await
}

#[tokio::test]
async fn a_page_reads_its_path_and_query() {
    let answer = ask_plainly("GET", "/hello/a%20b?q=c+d", "").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "false a b c d"));
}

#[tokio::test]
async fn a_form_is_believed_from_our_own_pages_only() {
    for (headers, expected) in [
        (&[("sec-fetch-site", "same-origin")][..], 200),
        (&[("origin", "https://bailiwick.example")], 200),
        (&[("sec-fetch-site", "cross-site")], 403),
        (&[("origin", "https://evil.example")], 403),
        (&[], 403),
    ] {
        let answer = post(headers, Body::from("said=hi+there")).await;
        assert_eq!(answer.status, expected, "{headers:?}");
        let text = if expected == 200 { "hi there" } else { "page at /hello/ann: cross-origin request refused" };
        assert_eq!(answer.text(), text, "{headers:?}");
    }
}

#[tokio::test]
async fn a_form_has_a_limit() {
    let ours = [("sec-fetch-site", "same-origin")];
    assert_eq!(post(&ours, in_pieces("said=0123456789&", 4096)).await.status, 200);
    assert_eq!(post(&ours, in_pieces("said=0123456789&", 4097)).await.status, 413);
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_sent_to_sign_in_and_back() {
    let answer = ask_plainly("GET", "/?tab=systems&page=2", "").await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), Some("/login?next=%2F%3Ftab%3Dsystems%26page%3D2"));
    let request = Request::post("/?tab=systems").header("sec-fetch-site", "same-origin").body(Body::empty()).unwrap();
    let answer = ask(request).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/login?next=%2F")));
}

#[tokio::test]
async fn a_foreign_form_is_refused_before_anybody_is_sent_anywhere() {
    let request = Request::post("/").header("sec-fetch-site", "cross-site").body(Body::empty()).unwrap();
    assert_eq!(ask(request).await.status, 403);
}
