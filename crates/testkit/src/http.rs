//! The HTTP client of the tests.

use std::{sync::Once, time::Duration};

use anyhow::{Context, Result};
use reqwest::RequestBuilder;
use url::form_urlencoded::Serializer;

/// Answers slower than this are failures, not patience.
const LIMIT: Duration = Duration::from_secs(30);

/// Chooses the cryptography of TLS for this process, once. Whoever builds a `reqwest` client, even
/// one that only speaks plain HTTP, needs that done before.
pub fn choose_cryptography() {
    static CHOSEN: Once = Once::new();
    CHOSEN.call_once(|| {
        // Refused only when the program under test, in this same process, has chosen already.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// A client that shows every answer as it is: it follows no redirect, keeps no cookie and asks no proxy.
pub fn client() -> Result<reqwest::Client> {
    choose_cryptography();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(LIMIT)
        .build()
        .context("no HTTP client")
}

/// The request with the fields of a form.
pub fn with_form<'a>(request: RequestBuilder, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> RequestBuilder {
    let form = Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(form)
}

/// The request as a browser sends a form of ours.
pub fn submit<'a>(request: RequestBuilder, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> RequestBuilder {
    with_form(request.header("sec-fetch-site", "same-origin"), fields)
}
