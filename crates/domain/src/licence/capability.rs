//! What licences allow, by name.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

use crate::field::{Parse, Refusal};
use crate::id::{CatalogueId, SystemId};

/// The longest name of a capability, in characters.
const LENGTH_MAX: usize = 64;
/// The most capabilities, or catalogues, of one agreement: their names have to fit into a licence file.
pub const LISTED_MAX: usize = 64;

/// The name of something that an appliance asks for before it does it: small letters and digits, in parts with dots, dashes
/// or underscores between them. It stands in licence files, where a space ends it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Capability(String);

impl Capability {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Parse for Capability {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let is_part =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'));
        let begins_with_letter = text.starts_with(|c: char| c.is_ascii_lowercase());
        if begins_with_letter && text.len() <= LENGTH_MAX && text.split(['.', '-', '_']).all(is_part) {
            Ok(Self(text.to_owned()))
        } else {
            let expected =
                "a name such as nx.streams: at most 64 small letters and digits, in parts joined by . - or _";
            Err(Refusal::new("capability", expected))
        }
    }
}

crate::schema::wire_text!(Capability, |value| &value.0, {
    "type": "string", "maxLength": LENGTH_MAX, "pattern": "^[a-z][a-z0-9]*([._-][a-z0-9]+)*$", "examples": ["nx.streams"],
});

/// A list in which nothing stands twice, in the order that it was given in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinct<T>(Vec<T>);

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Distinct<T> {
    /// What is listed.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

impl<T: Serialize> Serialize for Distinct<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<T: Parse + Clone + Ord> Parse for Distinct<T> {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let value = serde_json::from_str(text).map_err(|_| list_refusal())?;
        Self::parse_json(&value)
    }

    fn parse_json(value: &Value) -> Result<Self, Refusal> {
        let items = value.as_array().filter(|items| items.len() <= LISTED_MAX).ok_or_else(list_refusal)?;
        let read: Vec<T> =
            items.iter().map(T::parse_json).collect::<Result<_, _>>().map_err(|refusal| {
                Refusal::new(refusal.rule, format!("a list in which each is {}", refusal.expected))
            })?;
        let distinct: BTreeSet<T> = read.iter().cloned().collect();
        if distinct.len() == read.len() {
            Ok(Self(read))
        } else {
            Err(Refusal::new("unique", "a list without anything twice"))
        }
    }
}

fn list_refusal() -> Refusal {
    Refusal::new("list", "a list of at most 64")
}

/// What an agreement allows.
pub type Capabilities = Distinct<Capability>;

/// The catalogues that an agreement opens.
pub type Catalogues = Distinct<CatalogueId>;

/// Systems that are given a licence.
pub type Systems = Distinct<SystemId>;

impl Catalogues {
    /// Whether all catalogues are open: the id of zeros stands for them.
    #[must_use]
    pub fn are_all(&self) -> bool {
        self.0.iter().any(|id| id.uuid() == Uuid::nil())
    }
}

crate::inline_schema!(Capabilities, {
    "type": "array", "maxItems": LISTED_MAX, "uniqueItems": true,
    "items": { "type": "string", "maxLength": LENGTH_MAX, "pattern": "^[a-z][a-z0-9]*([._-][a-z0-9]+)*$" },
    "examples": [["nx.streams"]],
});

crate::inline_schema!(Systems, {
    "type": "array", "maxItems": LISTED_MAX, "uniqueItems": true, "items": { "type": "string", "format": "uuid" },
});

crate::inline_schema!(Catalogues, {
    "type": "array", "maxItems": LISTED_MAX, "uniqueItems": true, "items": { "type": "string", "format": "uuid" },
    "description": "The id of zeros stands for every catalogue.",
});
