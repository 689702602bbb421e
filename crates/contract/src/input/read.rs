//! Reads a body from the wire, counting while it comes.

use std::time::Duration;

use axum::body::Body;
use bailiwick_domain::fault::{Code, Fault};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::timeout;

use super::BodyKind;

/// How much of a refused body is still taken in, in bytes.
const DISCARDED_MAX: usize = 4 * 1024 * 1024;
/// How long that may take.
const DISCARD_PATIENCE: Duration = Duration::from_secs(1);

/// Reads a JSON body of at most `limit` bytes.
///
/// The content type may be left out: old clients do. What is neither JSON nor
/// nothing is refused before it is read.
pub(crate) async fn read_body(kind: BodyKind, headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Fault> {
    match kind {
        BodyKind::None => Ok(Bytes::new()),
        BodyKind::Optional | BodyKind::Required => {
            let typed = is_json(headers);
            if !typed && kind == BodyKind::Required {
                return Err(Code::UnsupportedMedia.into());
            }
            let bytes = read_bytes(headers, body, limit).await?;
            if typed || bytes.is_empty() { Ok(bytes) } else { Err(Code::UnsupportedMedia.into()) }
        }
    }
}

/// Reads at most `limit` bytes; the first byte above is [`Code::TooLarge`].
pub(crate) async fn read_bytes(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Bytes, Fault> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
        // A client that asked first has not sent anything yet.
        if !headers.contains_key(EXPECT) {
            discard(&mut body).await;
        }
        return Err(Code::TooLarge.into());
    }
    match Limited::new(&mut body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            discard(&mut body).await;
            Err(Code::TooLarge.into())
        }
        Err(_) => Err(Fault::new(Code::MalformedBody).with_detail("the body was cut off")),
    }
}

/// Takes in the rest of a refused body, within bounds: a client that writes before it reads would lose the answer
/// together with the connection (RFC 9112, 9.6).
async fn discard(body: &mut Body) {
    let reading = async {
        let mut left = DISCARDED_MAX;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            let Some(rest) = left.checked_sub(length) else { return };
            left = rest;
        }
    };
    // What does not come in time is cut off with the connection.
    let _ = timeout(DISCARD_PATIENCE, reading).await;
}

/// Whether the body claims to be plain JSON, or claims nothing.
fn is_json(headers: &HeaderMap) -> bool {
    let plain =
        headers.get_all(CONTENT_ENCODING).iter().all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    plain && headers.get_all(CONTENT_TYPE).iter().all(|value| value.to_str().is_ok_and(is_json_type))
}

/// Whether this media type is `application/json` or `application/…+json` (RFC 6839, 3.1).
fn is_json_type(value: &str) -> bool {
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.strip_prefix("application/").is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_types() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/problem+json", true),
            ("application/jsonp", false),
            ("text/json", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("", false),
        ] {
            assert_eq!(is_json_type(value), expected, "{value:?}");
        }
    }
}
