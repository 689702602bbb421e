//! VAT numbers: what tells organisations of one name apart for tax offices.

use std::fmt;

use crate::field::{Parse, Refusal};

/// The most characters that any country uses, and some to spare.
const LENGTH_MAX: usize = 20;
/// Fewer than the shortest of any country.
const LENGTH_MIN: usize = 4;

/// A VAT number as one can be compared: capitals and digits, without the spaces, dots, dashes and slashes that people
/// write between them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VatNumber(String);

impl VatNumber {
    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VatNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Parse for VatNumber {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let refuse = || Refusal::new("vat", "a VAT number of 4 to 20 letters and digits, such as IT12345678901");
        // Whatever is longer than this is no number with some dashes in it.
        if text.len() > 4 * LENGTH_MAX {
            return Err(refuse());
        }
        let kept: String = text.chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '/')).collect();
        let number = kept.to_ascii_uppercase();
        let is_one = number.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && number.bytes().any(|byte| byte.is_ascii_digit())
            && (LENGTH_MIN..=LENGTH_MAX).contains(&number.len());
        if is_one { Ok(Self(number)) } else { Err(refuse()) }
    }
}

crate::schema::wire_text!(VatNumber, |value| &value.0, {
    "type": "string", "minLength": LENGTH_MIN, "maxLength": 4 * LENGTH_MAX,
    "description": "4 to 20 letters and digits; spaces, dots, dashes and slashes between them are dropped.",
    "examples": ["IT12345678901"],
});

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_number_are_one() {
        for spelling in ["IT12345678901", "it 123.456.789-01", "IT/12345678901"] {
            assert_eq!(VatNumber::parse_text(spelling).map(|number| number.0), Ok("IT12345678901".to_owned()));
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "   ", "IT", "ABCD", "IT 1", "IT1234567890123456789", "IT12345678９01", "IT\u{0}1234"] {
            assert!(VatNumber::parse_text(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_number_that_was_taken_is_taken_as_it_is_shown(text in "[A-Za-z0-9 ./-]{0,30}") {
            if let Ok(number) = VatNumber::parse_text(&text) {
                prop_assert_eq!(VatNumber::parse_text(number.as_str()), Ok(number));
            }
        }
    }
}
