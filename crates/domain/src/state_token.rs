//! The one-shot state that an outside application hands to a person's browser.
//!
//! A state is `state_` and the base64 of a JSON object with the moment at which
//! the application made it and a random text (contract, section 4, "State").
//! What counts is what it says, not how it is spelled: two spellings of the
//! same values are one state, and one use spends them all.

use std::borrow::Cow;
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
const LENGTH_MAX: usize = 1024;
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
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        Ok(Self(text.to_owned()))
    }
}

impl schemars::JsonSchema for RawState {
    fn schema_name() -> Cow<'static, str> {
        "StateToken".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "`state_` and the base64 (standard or URL-safe, padded or not) of a JSON object \
                {\"timestamp\": milliseconds, \"random\": 1 to 256 characters}; at most 1024 bytes.",
        })
    }
}

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
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::*;

    const NOW_MS: i64 = 1_752_143_400_123;

    fn parse(text: &str) -> Result<StateToken, StateError> {
        StateToken::parse(&RawState(text.to_owned()))
    }

    fn state(json: &str) -> Result<StateToken, StateError> {
        parse(&format!("state_{}", STANDARD.encode(json)))
    }

    fn made_at(timestamp_ms: i64) -> StateToken {
        state(&format!(r#"{{"timestamp":{timestamp_ms},"random":"abc"}}"#)).unwrap()
    }

    #[test]
    fn reads_the_example_of_the_seed() {
        let text = "state_eyJ0aW1lc3RhbXAiOjE3MjU1MjUxMjM0NTYsInJhbmRvbSI6ImFiYzEyM2RlZjQ1NiJ9";
        let token = parse(text).unwrap();
        assert_eq!((token.timestamp_ms, token.random.as_str()), (1_725_525_123_456, "abc123def456"));
        assert_eq!(token.as_str(), text);
    }

    #[test]
    fn refuses_what_is_not_a_state() {
        let long = "x".repeat(RANDOM_LENGTH_MAX + 1);
        let jsons = [
            "",
            "null",
            "[1,\"abc\"]",
            "{}",
            r#"{"timestamp":1}"#,
            r#"{"random":"abc"}"#,
            r#"{"timestamp":1.0,"random":"abc"}"#,
            r#"{"timestamp":1e3,"random":"abc"}"#,
            r#"{"timestamp":"1","random":"abc"}"#,
            r#"{"timestamp":null,"random":"abc"}"#,
            r#"{"timestamp":9223372036854775808,"random":"abc"}"#,
            r#"{"timestamp":1,"random":7}"#,
            r#"{"timestamp":1,"random":""}"#,
            r#"{"timestamp":1,"random":"\ud800"}"#,
            r#"{"timestamp":1,"timestamp":1,"random":"abc"}"#,
            r#"{"timestamp":1,"random":"a","random":"a"}"#,
            r#"{"timestamp":1,"random":"a","r\u0061ndom":"b"}"#,
            r#"{"timestamp":1,"random":"abc"} x"#,
            r#"{"timestamp":1,"random":"abc",}"#,
            &format!(r#"{{"timestamp":1,"random":"{long}"}}"#),
        ];
        for json in jsons {
            assert!(matches!(state(json), Err(StateError::Malformed(_))), "{json}");
        }
        let good = STANDARD.encode(r#"{"timestamp":1,"random":"??>>~"}"#);
        assert!(parse(&format!("state_{good}")).is_ok());
        let not_utf8 = STANDARD.encode(b"{\"timestamp\":1,\"random\":\"\xff\"}");
        let texts = [
            String::new(),
            "state_".to_owned(),
            good.clone(),
            format!("State_{good}"),
            format!("state_ {good}"),
            format!("state_{good}\n"),
            format!("state_{good}===="),
            format!("state_{not_utf8}"),
            "state_+_+_".to_owned(),
        ];
        for text in texts {
            assert!(matches!(parse(&text), Err(StateError::Malformed(_))), "{text}");
        }
    }

    #[test]
    fn takes_up_to_256_characters_and_1024_bytes() {
        let sized = |json_bytes: usize| {
            let frame = r#"{"timestamp":1,"random":"a","x":""}"#.len();
            let json = format!(r#"{{"timestamp":1,"random":"a","x":"{}"}}"#, "y".repeat(json_bytes - frame));
            format!("state_{}", STANDARD_NO_PAD.encode(json))
        };
        assert_eq!((sized(763).len(), sized(764).len()), (1024, 1025));
        assert!(parse(&sized(763)).is_ok());
        assert_eq!(parse(&sized(764)), Err(StateError::Malformed("longer than 1024 bytes")));
        assert!(state(&format!(r#"{{"timestamp":1,"random":"{}"}}"#, "é".repeat(RANDOM_LENGTH_MAX))).is_ok());
    }

    #[test]
    fn says_which_fault_it_is() {
        let now = Timestamp::from_milliseconds(NOW_MS);
        let told = |error: StateError| {
            let fault = Fault::from(error);
            (fault.code, fault.detail.unwrap().into_owned())
        };
        let malformed = told(parse("nonsense").unwrap_err());
        assert_eq!(malformed.0, Code::StateMalformed);
        assert!(malformed.1.starts_with("invalid state token format"), "{}", malformed.1);
        let future = made_at(NOW_MS + SKEW_MS + 1).check(now).unwrap_err();
        assert_eq!(told(future), (Code::StateMalformed, "state token from the future".to_owned()));
        // Seconds taken for milliseconds are a moment long ago.
        let seconds = made_at(NOW_MS / 1000).check(now).unwrap_err();
        assert_eq!(told(seconds), (Code::StateExpired, "state token expired".to_owned()));
    }

    #[test]
    fn neither_end_of_time_wraps() {
        let now = Timestamp::from_milliseconds(NOW_MS);
        assert_eq!(made_at(i64::MAX).check(now), Err(StateError::Future));
        assert_eq!(made_at(i64::MIN).check(now), Err(StateError::Expired));
        assert!(made_at(i64::MAX).forget_after(now) > now);
    }

    /// The JSON text of a string with every character as a `\u` escape.
    fn escaped(text: &str) -> String {
        text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
    }

    /// Spellings of the same two values.
    fn spellings(timestamp: i64, random: &str, space: &str) -> Vec<String> {
        let quoted = serde_json::to_string(random).unwrap();
        let jsons = [
            format!(r#"{{"timestamp":{timestamp},"random":{quoted}}}"#),
            format!(r#"{{"random":{quoted},"timestamp":{timestamp}}}"#),
            format!(
                r#"{space}{{{space}"timestamp"{space}:{space}{timestamp},{space}"random":{quoted}{space}}}{space}"#
            ),
            format!(r#"{{"v":[1,{{"random":"z"}}],"timestamp":{timestamp},"random":{quoted},"Random":"q"}}"#),
            format!(r#"{{"{}":{timestamp},"random":"{}"}}"#, escaped("timestamp"), escaped(random)),
        ];
        let engines = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD];
        jsons.iter().flat_map(|json| engines.iter().map(move |engine| engine.encode(json))).collect()
    }

    proptest! {
        #[test]
        fn all_spellings_of_a_state_are_one(timestamp: i64, random in "\\PC{1,48}", space in "[ \t\r\n]{1,4}") {
            let identity = made_of(timestamp, &random).identity();
            for spelling in spellings(timestamp, &random, &space) {
                let token = parse(&format!("state_{spelling}"));
                prop_assert_eq!(token.map(|token| token.identity()), Ok(identity), "{}", spelling);
            }
        }

        #[test]
        fn different_values_are_different_states(a: (i64, String), b: (i64, String)) {
            prop_assert_eq!(made_of(a.0, &a.1).identity() == made_of(b.0, &b.1).identity(), a == b);
            prop_assert_ne!(made_of(a.0, &a.1).identity(), made_of(a.0.wrapping_add(1), &a.1).identity());
        }

        #[test]
        fn the_hour_and_the_skew_end_to_the_millisecond(made: i32, fraction in 0..1000i64) {
            let made = NOW_MS + i64::from(made);
            let token = made_at(made);
            let at = |ms: i64| Timestamp::from_microseconds((made + ms) * 1000 + fraction);
            prop_assert_eq!(token.check(at(LIFE_MS)), Ok(()));
            prop_assert_eq!(token.check(at(LIFE_MS + 1)), Err(StateError::Expired));
            prop_assert_eq!(token.check(at(-SKEW_MS)), Ok(()));
            prop_assert_eq!(token.check(at(-SKEW_MS - 1)), Err(StateError::Future));
        }

        #[test]
        fn a_forgotten_state_is_expired(made: i32, age in -SKEW_MS..=LIFE_MS) {
            let made = NOW_MS + i64::from(made);
            let (token, used_at) = (made_at(made), Timestamp::from_milliseconds(made + age));
            prop_assert_eq!(token.check(used_at), Ok(()));
            let forgotten = token.forget_after(used_at);
            prop_assert!(forgotten.since(used_at) >= Span::hours(24));
            prop_assert_eq!(token.check(forgotten), Err(StateError::Expired));
        }

        #[test]
        fn no_text_makes_it_panic(text in "(state_)?[A-Za-z0-9+/_=-]{0,40}") {
            if let Ok(token) = parse(&text) {
                prop_assert_eq!(token.as_str(), text);
            }
        }
    }

    fn made_of(timestamp_ms: i64, random: &str) -> StateToken {
        StateToken { raw: String::new(), timestamp_ms, random: random.to_owned() }
    }
}
