//! JSON objects, read strictly: what two readers could read differently is refused.

use std::fmt;

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Check, Refusal};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The most unknown members that one answer lists, so that a small request has no huge answer.
const UNKNOWN_LISTED_MAX: usize = 20;
/// The most characters of a member's name that are repeated in an answer.
const NAME_ECHO_MAX: usize = 64;

/// The members of a JSON object.
#[derive(Clone, Debug)]
pub struct Members(Map<String, Value>);

impl Members {
    /// Reads one JSON object and nothing after it.
    ///
    /// Broken JSON, invalid UTF-8, a member named twice at any depth, nesting
    /// deeper than 128, trailing bytes and anything but an object are
    /// [`Code::MalformedBody`], with a detail that says which.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let malformed = |detail: String| Fault::new(Code::MalformedBody).with_detail(detail);
        if bytes.is_empty() {
            return Err(Fault::new(Code::MalformedBody).with_detail("the body is empty"));
        }
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let Strict(value) = Strict::deserialize(&mut deserializer).map_err(|error| malformed(error.to_string()))?;
        deserializer.end().map_err(|error| malformed(error.to_string()))?;
        match value {
            Value::Object(members) => Ok(Self(members)),
            other => Err(malformed(format!("the body is {}, not an object", kind(&other)))),
        }
    }

    /// The member of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All members, by their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Refuses members whose names are not among these, the first few by name.
    pub fn refuse_others(&self, names: &[&str], check: &mut Check) {
        let unknown = self.0.keys().filter(|name| !names.contains(&name.as_str()));
        for name in unknown.take(UNKNOWN_LISTED_MAX) {
            let expected = format!("one of the known members: {}", names.join(", "));
            check.refuse(shortened(name), Refusal::new("unknown", expected), None);
        }
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(NAME_ECHO_MAX).collect()
}

/// What kind of JSON it is, in a word.
const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A JSON value without duplicate member names.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Strict;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Strict, E> {
        Ok(Strict(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Strict, E> {
        Ok(Strict(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Strict, E> {
        Ok(Strict(Value::Number(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Strict, E> {
        Ok(Strict(Value::Number(value.into())))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Strict, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("number out of range"))?;
        Ok(Strict(Value::Number(number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Strict, E> {
        Ok(Strict(Value::String(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<Strict, E> {
        Ok(Strict(Value::String(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Strict, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = access.next_element()? {
            items.push(item);
        }
        Ok(Strict(Value::Array(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Strict, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom(format_args!(
                    "the member {name:?} is there twice",
                    name = shortened(&name)
                )));
            }
            let Strict(value) = access.next_value()?;
            members.insert(name, value);
        }
        Ok(Strict(Value::Object(members)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a wrong table should stop the test")]
    use super::*;
    use proptest::prelude::*;

    fn detail(bytes: &[u8]) -> String {
        let fault = Members::parse(bytes).unwrap_err();
        assert_eq!(fault.code, Code::MalformedBody);
        fault.detail.unwrap().into_owned()
    }

    #[test]
    fn the_detail_names_what_is_wrong() {
        for (bytes, part) in [
            (&b""[..], "empty"),
            (b"  ", "EOF"),
            (b"{\"a\":1", "EOF"),
            (b"{\"a\":1}x", "trailing"),
            (b"{\"a\":1}{}", "trailing"),
            (b"{\"a\":1,\"a\":1}", "\"a\" is there twice"),
            (b"{\"a\":{\"b\":1,\"b\":2}}", "\"b\" is there twice"),
            (b"{\"a\":1,\"\\u0061\":1}", "\"a\" is there twice"),
            (b"[]", "an array"),
            (b"null", "null"),
            (b"\"text\"", "a string"),
            (b"{\"a\":1e999}", "out of range"),
            (b"{\"a\":\"\xff\"}", "unicode"),
            (b"{\"a\":\"\\ud800\"}", "hex escape"),
            (b"\xef\xbb\xbf{}", "expected value"),
            (b"{'a':1}", "key must be a string"),
            (b"{\"a\":1,}", "trailing comma"),
        ] {
            let detail = detail(bytes);
            assert!(detail.contains(part), "{detail:?} for {:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_overflow() {
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        assert!(detail(deep.as_bytes()).contains("recursion limit"));
    }

    #[test]
    fn unknown_members_are_named() {
        let members = Members::parse(br#"{"Name":"a","Nmae":"b"}"#).unwrap();
        let mut check = Check::new();
        members.refuse_others(&["Name"], &mut check);
        let fault = check.fault().unwrap();
        assert_eq!(fault.fields.len(), 1);
        assert_eq!(fault.fields.first().unwrap().key, "Nmae");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_stumble(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Members::parse(&bytes);
        }

        #[test]
        fn nearly_json_does_not_make_it_stumble(text in r#"[\[\]{}":,0-9eE+\-. \\untrlfase]{0,80}"#) {
            let strict = Members::parse(text.as_bytes()).is_ok();
            let lax = serde_json::from_str::<Map<String, Value>>(&text).is_ok();
            prop_assert!(lax || !strict, "only the strict reader took {text:?}");
        }
    }
}
