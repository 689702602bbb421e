//! Personal API keys: by which programs act as the person who made them.

use std::fmt;

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::field::{Parse, Refusal, whole_number};
use crate::role::Right;
use crate::secret::SecretText;
use crate::time::Span;

/// How many living keys a person has at the most.
pub const KEYS_MAX: i64 = 5;
/// How many days a key lives unless its maker says otherwise.
pub const DAYS_DEFAULT: i64 = 90;
/// How many days a key lives at the most.
pub const DAYS_MAX: i64 = 365;

/// Bytes of the part that may be known, by which the key is looked up.
const PUBLIC_BYTES: usize = 10;
/// Bytes of the part that must not: 160 random bits, far over the 112 that allow a fast hash.
const SECRET_BYTES: usize = 20;
/// Bytes of salt.
const SALT_BYTES: usize = 16;
/// What a key begins with, so that a leaked one is recognised as ours.
const PREFIX: &str = "bwk_";
/// What stands between the two parts: part of a word, so that a key is selected whole.
const BETWEEN: char = '_';

/// The random bytes that a new key is made of.
pub type ApiKeyEntropy = [u8; PUBLIC_BYTES + SECRET_BYTES + SALT_BYTES];

/// What a key is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyAccess {
    /// What takes a right that only reads.
    Read,
    /// Everything that takes keys at all.
    Write,
}

impl KeyAccess {
    /// Every access, the least first.
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    /// The name in the APIs and in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// What a key has to be good for where this right is needed.
    #[must_use]
    pub const fn needed_for(right: Right) -> Self {
        if right.only_reads() { Self::Read } else { Self::Write }
    }
}

impl fmt::Display for KeyAccess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Parse for KeyAccess {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let found = Self::ALL.into_iter().find(|access| access.name() == text);
        found.ok_or_else(|| Refusal::new("oneof", "one of read, write"))
    }
}

crate::schema::wire_text!(KeyAccess, |value| value.name(), { "type": "string", "enum": ["read", "write"] });

/// How long a new key lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyDays(i64);

impl KeyDays {
    /// The same as a span.
    #[must_use]
    pub const fn span(self) -> Span {
        Span::days(self.0)
    }

    fn of(days: Option<i64>) -> Result<Self, Refusal> {
        let days = days.filter(|days| (1..=DAYS_MAX).contains(days));
        days.map(Self).ok_or_else(|| Refusal::new("range", "a whole number from 1 to 365"))
    }
}

impl Default for KeyDays {
    fn default() -> Self {
        Self(DAYS_DEFAULT)
    }
}

impl Parse for KeyDays {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        Self::of(text.parse().ok())
    }

    fn parse_json(value: &Value) -> Result<Self, Refusal> {
        Self::of(whole_number(value))
    }
}

crate::inline_schema!(KeyDays, { "type": "integer", "minimum": 1, "maximum": DAYS_MAX, "default": DAYS_DEFAULT });

/// A key in the clear: `bwk_<20 hex digits>_<40 hex digits>`.
///
/// It is shown once, to the person who made it, and kept only as a hash.
#[derive(Clone, Debug)]
pub struct ApiKey {
    text: SecretText,
    hash: ApiKeyHash,
}

/// What is kept of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyHash {
    /// The part that may be known; unique.
    pub public_part: String,
    /// The salt.
    pub salt: Vec<u8>,
    /// SHA-256 of the salt and the secret part.
    pub digest: Vec<u8>,
}

impl ApiKey {
    /// A new key from random bytes.
    #[must_use]
    pub fn new(entropy: &ApiKeyEntropy) -> Self {
        let (public_bytes, rest) = entropy.split_at(PUBLIC_BYTES);
        let (secret_bytes, salt) = rest.split_at(SECRET_BYTES);
        let public_part = HEXLOWER.encode(public_bytes);
        let secret_part = HEXLOWER.encode(secret_bytes);
        let text = SecretText::new(format!("{PREFIX}{public_part}{BETWEEN}{secret_part}"));
        let digest = digest(salt, &secret_part);
        Self { text, hash: ApiKeyHash { public_part, salt: salt.to_vec(), digest } }
    }

    /// The key in the clear, for the one answer that shows it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// What is kept of it.
    #[must_use]
    pub const fn hash(&self) -> &ApiKeyHash {
        &self.hash
    }
}

fn digest(salt: &[u8], secret_part: &str) -> Vec<u8> {
    Sha256::new().chain_update(salt).chain_update(secret_part.as_bytes()).finalize().to_vec()
}

/// A key that somebody presented, not yet compared with anything; it does not print.
#[derive(Clone, Copy)]
pub struct PresentedKey<'text> {
    public_part: &'text str,
    secret_part: &'text str,
}

impl<'text> PresentedKey<'text> {
    /// Whether this is meant to be a key, and no token.
    #[must_use]
    pub fn is_meant_by(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// Reads a key in its one spelling.
    #[must_use]
    pub fn read(text: &'text str) -> Option<Self> {
        let (public_part, secret_part) = text.strip_prefix(PREFIX)?.split_once(BETWEEN)?;
        let is_key = is_hexadecimal(public_part, PUBLIC_BYTES) && is_hexadecimal(secret_part, SECRET_BYTES);
        is_key.then_some(Self { public_part, secret_part })
    }

    /// The part by which the key is looked up.
    #[must_use]
    pub const fn public_part(&self) -> &'text str {
        self.public_part
    }

    /// Whether this is the key of which that is kept; takes the same time for every wrong one.
    #[must_use]
    pub fn belongs_to(&self, salt: &[u8], kept: &[u8]) -> bool {
        digest(salt, self.secret_part).ct_eq(kept).into()
    }
}

fn is_hexadecimal(text: &str, bytes: usize) -> bool {
    text.len() == 2 * bytes && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ENTROPY: ApiKeyEntropy = [7; PUBLIC_BYTES + SECRET_BYTES + SALT_BYTES];

    #[test]
    fn what_is_kept_of_a_key_tells_nothing_but_its_public_part() {
        let key = ApiKey::new(&ENTROPY);
        assert_eq!(key.expose(), format!("bwk_{}_{}", "07".repeat(10), "07".repeat(20)));
        assert_eq!(key.hash().public_part, "07".repeat(10));
        assert!(!format!("{key:?}").contains(key.expose()));
        assert!(!format!("{:?}", key.hash()).contains(&"07".repeat(20)));
    }

    #[test]
    fn a_key_is_read_in_its_one_spelling() {
        let key = ApiKey::new(&[0xab; PUBLIC_BYTES + SECRET_BYTES + SALT_BYTES]);
        let text = key.expose();
        let belongs = |text: &str| {
            let read = PresentedKey::read(text);
            read.is_some_and(|read| read.belongs_to(&key.hash().salt, &key.hash().digest))
        };
        assert!(belongs(text));
        let almost = text.get(..text.len() - 1).unwrap();
        for other in [
            String::new(),
            almost.to_owned(),
            format!("{text}a"),
            format!("{almost}a"),
            format!(" {text}"),
            text.to_uppercase(),
            text.replace("bwk_", "bws_"),
            text.replace("bwk_", ""),
            text.replace("ab_ab", "ab.ab"),
            text.replace("bwk_ab", "bwk_AB"),
        ] {
            assert!(!belongs(&other), "{other}");
        }
        assert!(!PresentedKey::read(text).unwrap().belongs_to(&[0; SALT_BYTES], &key.hash().digest), "the salt counts");
        assert!(!PresentedKey::read(text).unwrap().belongs_to(&key.hash().salt, &[]), "a damaged row opens nothing");
    }

    #[test]
    fn a_reading_key_reaches_what_reads_and_nothing_else() {
        for right in Right::ALL {
            let reads = right.name().starts_with("read:");
            assert_eq!(KeyAccess::Read >= KeyAccess::needed_for(right), reads, "{right}");
            assert!(KeyAccess::Write >= KeyAccess::needed_for(right), "{right}");
        }
    }

    #[test]
    fn a_key_lives_for_a_day_to_a_year() {
        assert_eq!(KeyDays::default().span(), Span::days(90));
        for (value, days) in [
            (json!(1), Some(1)),
            (json!(365), Some(365)),
            (json!(0), None),
            (json!(366), None),
            (json!(-1), None),
            (json!(1.5), None),
            (json!("90"), None),
            (json!(i64::MAX), None),
        ] {
            assert_eq!(KeyDays::parse_json(&value).ok().map(KeyDays::span), days.map(Span::days), "{value}");
        }
    }

    proptest! {
        #[test]
        fn every_key_is_read_and_belongs_to_itself_alone(entropy in any::<[u8; 32]>(), other in any::<[u8; 32]>()) {
            let key = |seed: [u8; 32]| {
                let mut entropy = ENTROPY;
                entropy.iter_mut().zip(seed).for_each(|(to, from)| *to = from);
                ApiKey::new(&entropy)
            };
            let (one, two) = (key(entropy), key(other));
            let read = PresentedKey::read(one.expose()).unwrap();
            prop_assert_eq!(read.public_part(), &one.hash().public_part);
            let same = one.expose() == two.expose();
            prop_assert_eq!(read.belongs_to(&two.hash().salt, &two.hash().digest), same);
        }

        #[test]
        fn no_text_makes_it_stumble(text in "(bwk_)?[0-9a-g_]{0,70}|\\PC{0,80}") {
            if let Some(read) = PresentedKey::read(&text) {
                prop_assert_eq!(&text, &format!("bwk_{}_{}", read.public_part, read.secret_part));
            }
        }
    }
}
