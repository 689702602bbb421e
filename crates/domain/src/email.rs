//! E-mail addresses: how people sign in.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::field::{Parse, Refusal};

/// The longest address (RFC 5321, 4.5.3.1: a path of 256 octets with its brackets).
pub const LENGTH_MAX: usize = 254;
/// The longest label of a host name (RFC 1035, 2.3.4).
const LABEL_LENGTH_MAX: usize = 63;

/// An e-mail address as HTML's `input type=email` takes it, in NFC.
///
/// Addresses are compared by [`EmailAddress::folded`]; the spelling that the
/// person chose is kept for display.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address as the person wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two spellings of one address are equal.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Parse for EmailAddress {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let address: String = text.trim_matches(|c: char| c.is_ascii_whitespace()).nfc().collect();
        let refusal = || Refusal::new("email", "an e-mail address such as ann@example.org");
        let (local, host) = address.split_once('@').ok_or_else(refusal)?;
        let valid = address.len() <= LENGTH_MAX && is_local_part(local) && host.split('.').all(is_label);
        if valid { Ok(Self(address)) } else { Err(refusal()) }
    }
}

/// Whether the part before the `@` has only the characters that HTML allows.
fn is_local_part(local: &str) -> bool {
    const SPECIAL: &str = ".!#$%&'*+/=?^_`{|}~-";
    !local.is_empty() && local.chars().all(|c| c.is_ascii_alphanumeric() || SPECIAL.contains(c))
}

/// Whether this is one label of a host name: letters, digits and inner hyphens.
fn is_label(label: &str) -> bool {
    let inner = label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    !label.is_empty() && label.len() <= LABEL_LENGTH_MAX && inner && !label.starts_with('-') && !label.ends_with('-')
}

crate::schema::wire_text!(EmailAddress, |value| &value.0, { "type": "string", "format": "email", "maxLength": LENGTH_MAX });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_html_takes() {
        for good in ["ann@example.org", "a.b+c@x", "o'neil@sub.example.co", " ann@example.org\n", ".dots..ok@x.y"] {
            assert!(EmailAddress::parse_text(good).is_ok(), "{good:?}");
        }
        for bad in ["", "ann", "@x", "ann@", "a@b@c", "a b@x.y", "ann@-x.y", "ann@x..y", "ann@x.y-", "ünn@x.y"] {
            assert!(EmailAddress::parse_text(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn spellings_of_one_address_fold_together() {
        let folded = |text| EmailAddress::parse_text(text).map(|address| address.folded());
        assert_eq!(folded("Ann@Example.ORG"), folded("ann@example.org"));
    }
}
