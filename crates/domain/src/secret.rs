//! Values that must not leak: they neither print nor serialise.

use secrecy::{ExposeSecret, SecretString};

/// Text that must not be printed, logged or serialised; wiped when dropped.
///
/// The only way to the text is [`SecretText::expose`], so that each place which
/// shows it can be found by that word.
#[derive(Clone, Debug)]
pub struct SecretText(SecretString);

impl SecretText {
    /// Wraps the text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for SecretText {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for SecretText {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        assert!(!format!("{:?}", SecretText::new("hunter2")).contains("hunter2"));
    }
}
