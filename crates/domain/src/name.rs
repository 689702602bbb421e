//! Names that people give to things and to themselves.

use std::fmt;

use crate::field::{Parse, Refusal};

/// The longest name, in characters (contract, section 4).
pub const NAME_LENGTH_MAX: usize = 255;

/// A name of 1 to 255 characters that is not blank and has no control characters, neither those of terminals nor those
/// that turn the direction of all that follows around (Unicode, annex 9).
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
        if name.chars().all(is_unseen) {
            return Err(Refusal::new("required", "a name that is not blank"));
        }
        if name.chars().count() > NAME_LENGTH_MAX {
            return Err(Refusal::new("max", "at most 255 characters long"));
        }
        if name.chars().any(|c| c.is_control() || turns_around(c)) {
            return Err(Refusal::new("printable", "free of control characters"));
        }
        Ok(Self(name.to_owned()))
    }
}

/// The same as a regular expression (ECMA-262): what may stand anywhere, around something that is seen.
const PATTERN: &str = concat!(
    "^[^\\u0000-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]*",
    "[^\\s\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f",
    "\\u202a-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufff8]",
    "[^\\u0000-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]*$"
);

/// Whether nothing is seen where this character stands: white space, and what is ignored unless something else
/// gives it a meaning (Unicode, `Default_Ignorable_Code_Point`).
const fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}'
        )
        || matches!(c, '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}')
}

/// Whether it turns the direction of what follows around, so that a name can look like another one.
const fn turns_around(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

crate::schema::wire_text!(Name, |value| &value.0, {
    "type": "string", "minLength": 1, "maxLength": NAME_LENGTH_MAX,
    "pattern": PATTERN,
    "description": "1 to 255 characters, not blank, no control characters.",
    "examples": ["Northwind"],
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_long_and_unprintable_names_are_refused() {
        for bad in ["", "   ", "a\u{0}b", "line\nbreak", "\u{200b}", " \u{feff}\u{ad} ", "admin\u{202e}nimda"] {
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
