//! What others attach to a system.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::field::{Parse, Refusal};

/// The most members (contract, section 4).
pub const CUSTOM_DATA_MEMBERS_MAX: usize = 50;
/// The most bytes of the whole object as compact JSON (contract, section 4).
pub const CUSTOM_DATA_BYTES_MAX: usize = 16 * 1024;

/// An object of strings, at most 50 of them and 16 KiB in all.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[schemars(inline, example = serde_json::json!({ "site": "Pesaro" }))]
#[serde(transparent)]
pub struct CustomData(BTreeMap<String, String>);

impl CustomData {
    /// The data as JSON, for the store.
    #[must_use]
    pub fn to_json(&self) -> Value {
        Value::Object(self.0.iter().map(|(key, value)| (key.clone(), Value::String(value.clone()))).collect())
    }

    /// Takes these members, provided that they keep to the limits.
    ///
    /// # Errors
    /// A refusal of what is too much, or of a U+0000, which PostgreSQL cannot store.
    pub fn from_members(members: BTreeMap<String, String>) -> Result<Self, Refusal> {
        if members.len() > CUSTOM_DATA_MEMBERS_MAX {
            return Err(Refusal::new("max", "an object of at most 50 members"));
        }
        if members.iter().any(|(key, value)| key.contains('\0') || value.contains('\0')) {
            return Err(Refusal::new("printable", "free of the character U+0000"));
        }
        let data = Self(members);
        if data.is_long() { Err(Refusal::new("max", "at most 16 KiB of JSON")) } else { Ok(data) }
    }

    /// Whether the data takes more than its share as compact JSON; it is written out only where that is in doubt.
    fn is_long(&self) -> bool {
        // Two pairs of quotes, a colon and a comma beside each member; no byte takes more than six.
        let at_most: usize = self.iter().map(|(key, value)| 6 + 6 * (key.len() + value.len())).sum();
        at_most + 2 > CUSTOM_DATA_BYTES_MAX && self.to_json().to_string().len() > CUSTOM_DATA_BYTES_MAX
    }

    /// The members.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl Parse for CustomData {
    fn parse_text(_: &str) -> Result<Self, Refusal> {
        Err(Refusal::new("object", "an object of strings"))
    }

    fn parse_json(value: &Value) -> Result<Self, Refusal> {
        let Value::Object(members) = value else {
            return Err(Refusal::new("object", "an object of strings"));
        };
        let mut data = BTreeMap::new();
        for (key, value) in members {
            let Value::String(text) = value else {
                return Err(Refusal::new("string", Cow::Owned(format!("an object of strings; {key} is none"))));
            };
            data.insert(key.clone(), text.clone());
        }
        Self::from_members(data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_objects_of_strings_within_the_limits_are_taken() {
        assert!(CustomData::parse_json(&json!({"tier": "web"})).is_ok());
        for bad in [json!([]), json!({"a": 1}), json!({"a": {"b": "c"}}), json!({"a": null}), json!({"a": "\0"})] {
            assert!(CustomData::parse_json(&bad).is_err(), "{bad}");
        }
        let many: serde_json::Map<_, _> = (0..51).map(|n| (n.to_string(), json!(""))).collect();
        assert!(CustomData::parse_json(&Value::Object(many)).is_err());
        assert!(CustomData::parse_json(&json!({"a": "x".repeat(16 * 1024)})).is_err());
    }
}
