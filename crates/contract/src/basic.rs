//! HTTP Basic (RFC 7617): how systems say who they are.

use bailiwick_domain::fault::Code;
use bailiwick_domain::secret::SecretText;
use data_encoding::BASE64;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::authorization::AUTHORIZATION_LENGTH_MAX;

/// A name and a secret, not yet looked at by anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasicCredentials {
    name: String,
    secret: SecretText,
}

impl BasicCredentials {
    /// Reads the value of one header: the word Basic in any case, and the Base64 of a name, a colon and a secret.
    ///
    /// # Errors
    /// What of this it is not, in the words of the published server that appliances know.
    pub fn parse(value: &[u8]) -> Result<Self, Code> {
        if value.len() > AUTHORIZATION_LENGTH_MAX {
            return Err(Code::ApplianceScheme);
        }
        let text = std::str::from_utf8(value).map_err(|_| Code::ApplianceScheme)?.trim_matches([' ', '\t']);
        let (scheme, encoded) = text.split_once([' ', '\t']).ok_or(Code::ApplianceScheme)?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(Code::ApplianceScheme);
        }
        let encoded = encoded.trim_start_matches([' ', '\t']);
        // The decoder takes several texts, one behind the other.
        if encoded.trim_end_matches('=').contains('=') {
            return Err(Code::ApplianceEncoding);
        }
        let decoded = BASE64.decode(encoded.as_bytes()).map_err(|_| Code::ApplianceEncoding)?;
        let decoded = String::from_utf8(decoded).map_err(|_| Code::ApplianceEncoding)?;
        let (name, secret) = decoded.split_once(':').ok_or(Code::ApplianceCredentialsForm)?;
        Ok(Self { name: name.to_owned(), secret: SecretText::new(secret.to_owned()) })
    }

    /// The credentials among a request's headers; several Authorization headers are none.
    ///
    /// # Errors
    /// [`Code::ApplianceUnknown`] without such a header; else as [`BasicCredentials::parse`].
    pub fn of(headers: &HeaderMap) -> Result<Self, Code> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        match (values.next(), values.next()) {
            (None, _) => Err(Code::ApplianceUnknown),
            (Some(value), None) => Self::parse(value.as_bytes()),
            (Some(_), Some(_)) => Err(Code::ApplianceScheme),
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The secret.
    #[must_use]
    pub const fn secret(&self) -> &SecretText {
        &self.secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(value: &str) -> Result<(String, String), Code> {
        BasicCredentials::parse(value.as_bytes()).map(|read| (read.name, read.secret.expose().to_owned()))
    }

    #[test]
    fn what_is_wrong_is_said_in_the_words_that_appliances_know() {
        let of = |text: &str| format!("bAsIc  {}", BASE64.encode(text.as_bytes()));
        assert_eq!(parsed(&of("id:se:cret")), Ok(("id".to_owned(), "se:cret".to_owned())));
        assert_eq!(parsed(&of("no colon")), Err(Code::ApplianceCredentialsForm));
        assert_eq!(parsed("Basic !!!"), Err(Code::ApplianceEncoding));
        assert_eq!(parsed("Basic /w=="), Err(Code::ApplianceEncoding), "no text");
        let two = format!("{}{}", of("id:secre"), BASE64.encode(b"t"));
        assert_eq!(parsed(&two), Err(Code::ApplianceEncoding), "two texts, one behind the other");
        for other in ["Bearer abc", "Basic", "", "abc"] {
            assert_eq!(parsed(other), Err(Code::ApplianceScheme), "{other}");
        }
        assert_eq!(BasicCredentials::of(&HeaderMap::new()), Err(Code::ApplianceUnknown));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_stumble(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = BasicCredentials::parse(&bytes);
        }

        #[test]
        fn what_was_encoded_comes_out_unchanged(name in "[^:]{0,40}", secret in ".{0,40}") {
            let value = format!("Basic {}", BASE64.encode(format!("{name}:{secret}").as_bytes()));
            prop_assert_eq!(parsed(&value), Ok((name, secret)));
        }
    }
}
