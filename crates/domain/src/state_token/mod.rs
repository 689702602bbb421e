//! The one-shot state that an outside application hands to a person's browser.
//!
//! A state is `state_` and the base64 of a JSON object with the moment at which
//! the application made it and a random text (contract, section 4, "State").
//! What counts is what it says, not how it is spelled: two spellings of the
//! same values are one state, and one use spends them all.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use sha2::{Digest, Sha256};

use crate::fault::{Code, Fault};
use crate::field::{Parse, Refusal};
use crate::time::{Span, Timestamp};

/// What every state begins with.
const PREFIX: &str = "state_";
/// The longest state, prefix included, in bytes.
pub const LENGTH_MAX: usize = 1024;
/// The longest random text, in characters.
const RANDOM_LENGTH_MAX: usize = 256;
/// How long a state is good, in milliseconds: 1 h.
const LIFE_MS: i64 = 60 * 60 * 1000;
/// How far another clock may run ahead of ours, in milliseconds: 5 min.
const SKEW_MS: i64 = 5 * 60 * 1000;
/// How long a used state is remembered at the least.
const MEMORY: Span = Span::hours(24);
/// Keeps these hashes apart from all others that anybody may compute.
const IDENTITY_DOMAIN: &[u8] = b"bailiwick state token v1\0";

/// `callback_state` as it came with the body: any text.
///
/// That it is a text at all belongs to the checks of the body, and what it says
/// is judged after them, so the two are two types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawState(String);

impl RawState {
    /// The text as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Parse for RawState {
    const SECRET: bool = true;

    fn parse_text(text: &str) -> Result<Self, Refusal> {
        Ok(Self(text.to_owned()))
    }
}

crate::inline_schema!(RawState, {
    "type": "string",
    "description": "`state_` and the base64 (standard or URL-safe, padded or not) of a JSON object \
        {\"timestamp\": milliseconds, \"random\": 1 to 256 characters}; at most 1024 bytes.",
    "examples": ["state_eyJ0aW1lc3RhbXAiOjE3OTUxNjcwMDAwMDAsInJhbmRvbSI6IjhmMmMifQ"],
});

/// Why a state is refused; which of them it is decides the answer (contract, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// It cannot be read; with what is wrong about it.
    #[error("invalid state token format: {0}")]
    Malformed(&'static str),
    /// It was made more than 5 min after now.
    #[error("state token from the future")]
    Future,
    /// It was made more than 1 h ago.
    #[error("state token expired")]
    Expired,
}

impl From<StateError> for Fault {
    fn from(error: StateError) -> Self {
        let code = match error {
            StateError::Malformed(_) | StateError::Future => Code::StateMalformed,
            StateError::Expired => Code::StateExpired,
        };
        Self::new(code).with_detail(error.to_string())
    }
}

/// A state that could be read; whether its hour has passed is asked with [`StateToken::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateToken {
    raw: String,
    /// Milliseconds since the epoch, as the application wrote them.
    timestamp_ms: i64,
    random: String,
}

impl StateToken {
    /// Reads a state; says nothing about its age.
    pub fn parse(raw: &RawState) -> Result<Self, StateError> {
        let text = raw.as_str();
        if text.len() > LENGTH_MAX {
            return Err(StateError::Malformed("longer than 1024 bytes"));
        }
        let encoded = text.strip_prefix(PREFIX).ok_or(StateError::Malformed("does not begin with state_"))?;
        let json = decode(encoded).ok_or(StateError::Malformed("no base64 after state_"))?;
        let json = String::from_utf8(json).map_err(|_| StateError::Malformed("not UTF-8 inside"))?;
        let Payload { timestamp, random } = serde_json::from_str(&json).map_err(|_| {
            StateError::Malformed("not a JSON object with a whole number timestamp and a text random, once each")
        })?;
        if random.is_empty() || random.chars().count() > RANDOM_LENGTH_MAX {
            return Err(StateError::Malformed("random is not 1 to 256 characters long"));
        }
        Ok(Self { raw: text.to_owned(), timestamp_ms: timestamp, random })
    }

    /// Whether the state is good at this moment, to the millisecond: not older
    /// than 1 h, and not from more than 5 min in the future.
    pub const fn check(&self, now: Timestamp) -> Result<(), StateError> {
        let age_ms = now.milliseconds().saturating_sub(self.timestamp_ms);
        if age_ms > LIFE_MS {
            Err(StateError::Expired)
        } else if age_ms < -SKEW_MS {
            Err(StateError::Future)
        } else {
            Ok(())
        }
    }

    /// What makes this state this state: SHA-256 over the decoded values.
    ///
    /// The number has a fixed width and the text comes last, so no two pairs of
    /// values are hashed as the same bytes.
    #[must_use]
    pub fn identity(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(IDENTITY_DOMAIN);
        hash.update(self.timestamp_ms.to_be_bytes());
        hash.update(self.random.as_bytes());
        hash.finalize().into()
    }

    /// From when on the store may forget that the state was used at `used_at`:
    /// after 24 h, and not before it is refused as expired anyway.
    #[must_use]
    pub fn forget_after(&self, used_at: Timestamp) -> Timestamp {
        let first_expired_ms = self.timestamp_ms.saturating_add(LIFE_MS).saturating_add(1);
        used_at.plus(MEMORY).max(Timestamp::from_milliseconds(first_expired_ms))
    }

    /// The state as the application wrote it, to be carried back to it unchanged.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.raw
    }
}

/// Base64 in either alphabet, padded or not; one text may not mix the alphabets.
fn decode(encoded: &str) -> Option<Vec<u8>> {
    const fn engine(alphabet: &Alphabet) -> GeneralPurpose {
        let padding = DecodePaddingMode::Indifferent;
        GeneralPurpose::new(alphabet, GeneralPurposeConfig::new().with_decode_padding_mode(padding))
    }
    const ENGINES: [GeneralPurpose; 2] = [engine(&STANDARD), engine(&URL_SAFE)];
    ENGINES.iter().find_map(|engine| engine.decode(encoded).ok())
}

/// The two members that count. Read by hand, because a JSON object that says
/// `timestamp` or `random` twice must be refused: readers differ on which counts.
struct Payload {
    timestamp: i64,
    random: String,
}

impl<'de> serde::Deserialize<'de> for Payload {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PayloadVisitor)
    }
}

struct PayloadVisitor;

impl<'de> Visitor<'de> for PayloadVisitor {
    type Value = Payload;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with timestamp and random")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Payload, A::Error> {
        let mut timestamp: Option<i64> = None;
        let mut random: Option<String> = None;
        while let Some(key) = map.next_key::<String>()? {
            let repeated = match key.as_str() {
                "timestamp" => timestamp.replace(map.next_value()?).is_some(),
                "random" => random.replace(map.next_value()?).is_some(),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    false
                }
            };
            if repeated {
                return Err(A::Error::custom("a member that is there twice"));
            }
        }
        let timestamp = timestamp.ok_or_else(|| A::Error::missing_field("timestamp"))?;
        let random = random.ok_or_else(|| A::Error::missing_field("random"))?;
        Ok(Payload { timestamp, random })
    }
}

#[cfg(test)]
mod tests;
