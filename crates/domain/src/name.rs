//! Names that people give to things and to themselves.

use std::fmt;

use crate::field::{Parse, Refusal};

/// The longest name, in characters (contract, section 4).
pub const NAME_LENGTH_MAX: usize = 255;

/// A name of 1 to 255 characters that is not blank and has no control characters.
///
/// Spaces around it are cut off, so that two names which look alike are alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Parse for Name {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let name = text.trim();
        if name.is_empty() {
            return Err(Refusal::new("required", "a name that is not blank"));
        }
        if name.chars().count() > NAME_LENGTH_MAX {
            return Err(Refusal::new("max", "at most 255 characters long"));
        }
        if name.chars().any(char::is_control) {
            return Err(Refusal::new("printable", "free of control characters"));
        }
        Ok(Self(name.to_owned()))
    }
}

crate::schema::wire_text!(Name, |value| &value.0, {
    "type": "string", "minLength": 1, "maxLength": NAME_LENGTH_MAX,
    "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*$",
    "description": "1 to 255 characters, not blank, no control characters.",
    "examples": ["Northwind"],
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_long_and_unprintable_names_are_refused() {
        for bad in ["", "   ", "a\u{0}b", "line\nbreak"] {
            assert!(Name::parse_text(bad).is_err(), "{bad:?}");
        }
        assert!(Name::parse_text(&"ä".repeat(255)).is_ok());
        assert!(Name::parse_text(&"ä".repeat(256)).is_err());
    }

    #[test]
    fn spaces_around_a_name_are_cut_off() {
        assert_eq!(Name::parse_text("  Acme  ").map(|name| name.as_str().to_owned()), Ok("Acme".to_owned()));
    }
}
