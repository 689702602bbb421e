//! What a callback's signature covers, and how it is sent.
//!
//! A callback is a GET with an empty body, so the request itself is signed: what
//! is covered is [`canonical_string`]. The names of the headers and the form of
//! the signature are those of Standard Webhooks.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::id::DeliveryId;
use crate::time::Timestamp;

/// The header with the id of the delivery: the same at each attempt, so that a
/// receiver can tell a repetition.
pub const ID_HEADER: &str = "webhook-id";
/// The header with the moment of this attempt, in whole seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header with the signature of this attempt.
pub const SIGNATURE_HEADER: &str = "webhook-signature";
/// The header with the `kid` of the key that signed, as the server's JWKS names it.
pub const KEY_ID_HEADER: &str = "webhook-key-id";

/// The bytes that are signed: six lines, joined by line feeds, without one at the end.
///
/// ```text
/// v1
/// GET
/// <scheme>://<host>[:<port>]<path>
/// <query>
/// <webhook-id>
/// <webhook-timestamp>
/// ```
///
/// The third line is the called URL up to its `?`: the host in lower case and
/// punycode, the port only where it is not the scheme's own, the path as sent.
/// The fourth is all behind the `?` as sent, in the order sent, still encoded,
/// and empty where there is none. The last two are the values of the headers of
/// these names, the timestamp in decimal.
///
/// The signature is Ed25519 (RFC 8032) over these bytes, sent as
/// `webhook-signature: v1a,<base64>`. The public key is in the server's JWKS. A
/// receiver refuses timestamps more than 5 min away from its own clock.
///
/// `target` is the called URL as [`CallbackUrl::with_created`] makes it.
///
/// [`CallbackUrl::with_created`]: super::CallbackUrl::with_created
#[must_use]
pub fn canonical_string(target: &str, delivery: DeliveryId, attempted_at: Timestamp) -> Vec<u8> {
    let (address, query) = target.split_once('?').unwrap_or((target, ""));
    format!("v1\nGET\n{address}\n{query}\n{delivery}\n{}", attempted_at.seconds()).into_bytes()
}

/// The value of the header `webhook-signature`: `v1a,` and the base64 of the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureHeader(String);

impl SignatureHeader {
    /// The header for an Ed25519 signature over the [`canonical_string`].
    #[must_use]
    pub fn new(signature: &[u8; 64]) -> Self {
        Self(format!("v1a,{}", STANDARD.encode(signature)))
    }

    /// The header's value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SignatureHeader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_the_whole_request_line_by_line() {
        let delivery = DeliveryId::new(Timestamp::from_seconds(0), [0; 10]);
        let at = Timestamp::from_microseconds(1_752_143_400_999_999);
        let signed = |target| String::from_utf8_lossy(&canonical_string(target, delivery, at)).into_owned();
        let id = "00000000-0000-7000-8000-000000000000";
        assert_eq!(
            signed("https://app.example:8443/cb?b=2&a=%201?&c"),
            format!("v1\nGET\nhttps://app.example:8443/cb\nb=2&a=%201?&c\n{id}\n1752143400")
        );
        assert_eq!(signed("https://x/"), format!("v1\nGET\nhttps://x/\n\n{id}\n1752143400"));
    }

    #[test]
    fn the_header_names_its_version_and_the_signature() {
        let header = SignatureHeader::new(&[0xff; 64]);
        assert_eq!(header.as_str(), format!("v1a,{}w==", "/".repeat(85)));
    }
}
