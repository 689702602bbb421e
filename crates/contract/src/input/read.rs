//! Reads a body from the wire, counting while it comes.

use std::time::Duration;

use axum::body::Body;
use bailiwick_domain::fault::{Code, Fault};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::timeout;

use super::{BodyKind, Media};

/// How much of a refused body is still taken in, in bytes.
const DISCARDED_MAX: usize = 4 * 1024 * 1024;
/// How long that may take.
const DISCARD_PATIENCE: Duration = Duration::from_secs(1);

/// Reads a body of at most `limit` bytes in this medium.
///
/// The content type of JSON may be left out: old clients do. What is neither
/// what it should be nor nothing is refused before it is read.
pub(crate) async fn read_body(
    (kind, media): (BodyKind, Media),
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Bytes, Fault> {
    match kind {
        BodyKind::None => Ok(Bytes::new()),
        BodyKind::Optional | BodyKind::Required => {
            let typed = is_in(media, headers);
            if !typed && kind == BodyKind::Required {
                return Err(unsupported(media));
            }
            let bytes = read_bytes(headers, body, limit).await?;
            if typed || bytes.is_empty() { Ok(bytes) } else { Err(unsupported(media)) }
        }
    }
}

fn unsupported(media: Media) -> Fault {
    match media {
        Media::Json => Code::UnsupportedMedia.into(),
        Media::Csv => Fault::new(Code::UnsupportedMedia).with_detail("send the file itself, as text/csv in UTF-8"),
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

/// Whether the body claims to be in this medium, uncompressed; of JSON also, whether it claims nothing.
fn is_in(media: Media, headers: &HeaderMap) -> bool {
    let plain =
        headers.get_all(CONTENT_ENCODING).iter().all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    let mut types = headers.get_all(CONTENT_TYPE).iter().map(|value| value.to_str());
    let is_typed = match media {
        Media::Json => types.all(|value| value.is_ok_and(is_json_type)),
        Media::Csv => matches!((types.next(), types.next()), (Some(Ok(value)), None) if is_csv_type(value)),
    };
    plain && is_typed
}

/// Whether this media type is `text/csv` in UTF-8 (RFC 7111), which it is unless it says otherwise.
fn is_csv_type(value: &str) -> bool {
    let mut parts = value.split(';').map(|part| part.trim().to_ascii_lowercase());
    let is_charset = |part: &str| part.strip_prefix("charset=").is_none_or(|name| name.trim_matches('"') == "utf-8");
    parts.next().as_deref() == Some("text/csv") && parts.all(|part| is_charset(&part))
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
    fn csv_types() {
        for (value, expected) in [
            ("text/csv", true),
            ("Text/CSV; charset=UTF-8; header=present", true),
            ("text/csv;charset=\"utf-8\"", true),
            ("text/csv; charset=iso-8859-1", false),
            ("text/csvx", false),
            ("application/json", false),
            ("", false),
        ] {
            assert_eq!(is_csv_type(value), expected, "{value:?}");
        }
    }

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
