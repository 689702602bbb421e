//! Systems in the field: what they are and how they are doing.

mod credentials;
mod custom_data;
mod secret;
mod status;

pub use credentials::{PresentedSecret, SystemLogin};
pub use custom_data::{CUSTOM_DATA_BYTES_MAX, CUSTOM_DATA_MEMBERS_MAX, CustomData};
pub use secret::{SecretEntropy, SystemSecret, SystemSecretHash};
pub use status::{HEARTBEAT_DEAD_AFTER, HeartbeatStatus, SystemStatus};

use std::fmt;

use crate::field::{Parse, Refusal};

/// The name of a kind of system, such as `ns8`: lower-case letters, digits,
/// `-`, `_` and `.`, at most 100 of them.
///
/// Which types a server accepts is a setting; see [`SystemTypes`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemType(String);

impl SystemType {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SystemType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Parse for SystemType {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        const LENGTH_MAX: usize = 100;
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        if text.is_empty() {
            return Err(Refusal::new("required", "given"));
        }
        if text.len() > LENGTH_MAX || !text.chars().all(allowed) {
            return Err(Refusal::new("oneof", "one of the system types that this server accepts"));
        }
        Ok(Self(text.to_owned()))
    }
}

crate::schema::wire_text!(SystemType, |value| &value.0, {
    "type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[a-z0-9._-]+$",
    "description": "One of the system types that this server accepts.",
    "examples": ["ns8"],
});

/// The system types that this server accepts; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemTypes(Vec<SystemType>);

impl Default for SystemTypes {
    /// What is accepted where nothing is set (contract, section 1).
    fn default() -> Self {
        Self(["ns8", "nsec"].map(|name| SystemType(name.to_owned())).to_vec())
    }
}

impl SystemTypes {
    /// Reads a comma list.
    ///
    /// # Errors
    /// A refusal when the list is empty or one of its members is no type name.
    pub fn parse_list(list: &str) -> Result<Self, Refusal> {
        let refusal = || Refusal::new("list", "a comma list of names such as ns8,nsec (a-z, 0-9, '-', '_', '.')");
        let types: Result<Vec<_>, _> = list.split(',').map(|part| SystemType::parse_text(part.trim())).collect();
        types.map(Self).map_err(|_| refusal())
    }

    /// The types, in the order of the setting.
    pub fn iter(&self) -> impl Iterator<Item = &SystemType> {
        self.0.iter()
    }

    /// Refuses a type that is not among these, and names those that are.
    pub fn admit(&self, candidate: &SystemType) -> Result<(), Refusal> {
        if self.0.contains(candidate) {
            return Ok(());
        }
        let names: Vec<&str> = self.0.iter().map(SystemType::as_str).collect();
        Err(Refusal::new("oneof", format!("one of {}", names.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_type_is_refused_with_the_right_ones_named() {
        let types = SystemTypes::parse_list("ns8, nsec");
        let verdict = types.and_then(|types| types.admit(&SystemType("edge".into())));
        assert_eq!(verdict, Err(Refusal::new("oneof", "one of ns8, nsec")));
        assert!(SystemTypes::parse_list("ns8,,nsec").is_err());
        assert!(SystemTypes::parse_list("").is_err());
    }
}
