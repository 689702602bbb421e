//! The key of a licence: what people read to each other, and type.

use std::fmt;

use uuid::Uuid;

use crate::field::{Parse, Refusal};

/// A licence's key: a UUID of 122 random bits, which tells nothing of when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LicenceKey(Uuid);

impl LicenceKey {
    /// A key from random bytes (RFC 9562, 5.4).
    #[must_use]
    pub const fn new(entropy: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(entropy).into_uuid())
    }
}

impl fmt::Display for LicenceKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(formatter)
    }
}

impl Parse for LicenceKey {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        Uuid::try_parse(text).map(Self).map_err(|_| Refusal::new("license_key", "the key of a licence, a UUID"))
    }
}

crate::schema::wire_text!(LicenceKey, |value| value.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()), { "type": "string", "format": "uuid" });
