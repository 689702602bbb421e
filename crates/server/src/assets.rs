//! Style sheets, script modules and pictures: built into the program in a
//! release, read from disk while developing.
//!
//! Every address that a page prints carries the hash of the file's content, so
//! that a browser may keep the file for ever and still sees each new version.

use std::borrow::Cow;
use std::fmt::Write as _;

use axum::body::Body;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Response, StatusCode};
use rust_embed::RustEmbed;

/// Where the files are served; their path within the folder follows.
pub const PREFIX: &str = "/assets/";

/// For an address with the right hash: it will never mean other bytes (RFC 8246).
const KEEP_FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// For an address without the hash: keep it, and ask each time whether it still holds.
const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/assets/"]
struct Files;

/// A file that pages refer to.
pub struct Asset {
    /// Its content.
    pub bytes: Cow<'static, [u8]>,
    /// The first 64 bits of the SHA-256 of its content, in hexadecimal.
    pub version: String,
    /// Its media type.
    pub content_type: HeaderValue,
}

/// The file at this path within the folder, such as `css/tokens.css`.
#[must_use]
pub fn find(path: &str) -> Option<Asset> {
    let content_type = content_type(path)?;
    let file = Files::get(path)?;
    let version = version(&file.metadata.sha256_hash());
    Some(Asset { bytes: file.data, version, content_type })
}

/// The address to print for the file at this path: with its version, to be kept for ever.
#[must_use]
pub fn url(path: &str) -> String {
    match find(path) {
        Some(asset) => format!("{PREFIX}{path}?v={}", asset.version),
        None => format!("{PREFIX}{path}"),
    }
}

/// Answers a request for the file at `path`.
///
/// `asked_version` is the query's `v`; `known` is the header `If-None-Match`.
/// Answers 304 to somebody who has these very bytes; `None` when there is no
/// such file.
#[must_use]
pub fn respond(path: &str, asked_version: Option<&str>, known: Option<&HeaderValue>) -> Option<Response<Body>> {
    let asset = find(path)?;
    let tag = HeaderValue::try_from(format!("\"{}\"", asset.version)).ok()?;
    let caching = if asked_version == Some(asset.version.as_str()) { KEEP_FOR_EVER } else { ASK_EACH_TIME };
    let unchanged = known.is_some_and(|known| matches(known, &tag));
    let body = if unchanged { Body::empty() } else { Body::from(bytes::Bytes::from(asset.bytes.into_owned())) };
    let mut response = Response::new(body);
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(ETAG, tag);
    headers.insert(CACHE_CONTROL, caching);
    headers.insert(CONTENT_TYPE, asset.content_type);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Some(response)
}

/// Whether `If-None-Match` names this tag, weakly compared (RFC 9110, 13.1.2).
fn matches(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else { return false };
    known.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// The media type by the name's ending; `None` for what is never served.
fn content_type(path: &str) -> Option<HeaderValue> {
    let (_, ending) = path.rsplit_once('.')?;
    Some(HeaderValue::from_static(match ending {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    }))
}

/// The start of a hash: enough to tell the versions of one file apart.
fn version(hash: &[u8; 32]) -> String {
    hash.iter().take(8).fold(String::with_capacity(16), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_printed_address_may_be_kept_for_ever() {
        let address = url("css/tokens.css");
        let (path, version) = address.strip_prefix(PREFIX).unwrap().split_once("?v=").unwrap();
        let response = respond(path, Some(version), None).unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CACHE_CONTROL], KEEP_FOR_EVER);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
    }

    #[test]
    fn another_version_is_asked_for_each_time() {
        for version in [None, Some(""), Some("0123456789abcdef")] {
            let response = respond("css/tokens.css", version, None).unwrap();
            assert_eq!(response.headers()[CACHE_CONTROL], ASK_EACH_TIME);
        }
    }

    #[test]
    fn who_has_the_bytes_gets_none() {
        let tag = respond("mark.svg", None, None).unwrap().headers()[ETAG].clone();
        let weak = HeaderValue::try_from(format!("\"other\", W/{}", tag.to_str().unwrap())).unwrap();
        for known in [&tag, &weak] {
            assert_eq!(respond("mark.svg", None, Some(known)).unwrap().status(), StatusCode::NOT_MODIFIED);
        }
        let other = HeaderValue::from_static("\"other\"");
        assert_eq!(respond("mark.svg", None, Some(&other)).unwrap().status(), StatusCode::OK);
    }

    #[test]
    fn nothing_outside_the_folder_is_served() {
        for path in ["", "css", "css/", "../Cargo.toml", "../src/lib.rs", "css/../../src/assets.css", "/etc/passwd.css"]
        {
            assert!(find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn every_file_of_the_folder_has_a_type() {
        for path in Files::iter() {
            assert!(find(&path).is_some(), "{path}");
        }
    }
}
