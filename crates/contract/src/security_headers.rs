//! The headers that every answer carries (contract, section 5).

use bailiwick_domain::id::RequestId;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use url::Url;

use crate::serve::Look;

/// What a page may load and do; a handler that needs more sets its own.
pub const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TWO_YEARS: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// Which headers this server writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SecurityHeaders {
    https: bool,
}

impl SecurityHeaders {
    /// The headers for a server at this address.
    pub(crate) fn of(base_url: &Url) -> Self {
        Self { https: base_url.scheme() == "https" }
    }

    /// Writes them; what a handler decided about caching and its policy stays.
    pub(crate) fn write(self, request_id: RequestId, look: Look, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::try_from(request_id.to_string()) {
            headers.insert(REQUEST_ID, value);
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        if let Look::Page = look {
            headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(PAGE_POLICY));
        }
        if self.https {
            headers.insert(STRICT_TRANSPORT_SECURITY, TWO_YEARS);
        }
    }
}
