//! The Authorization header: a token after the word Bearer, or bare (contract, section 2).

use bailiwick_domain::secret::SecretText;
use http::HeaderMap;
use http::header::AUTHORIZATION;

/// The longest header that is looked at, in bytes; our own tokens stay far below.
pub const AUTHORIZATION_LENGTH_MAX: usize = 4096;

/// The length of the one scheme that we know, `Bearer`; a space that comes later is part of no token.
const SCHEME_LENGTH_MAX: usize = 6;

/// A token that a client presented, not yet looked at by anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer(SecretText);

impl Bearer {
    /// Wraps a presented token.
    #[must_use]
    pub fn new(token: &str) -> Self {
        Self(SecretText::new(token))
    }

    /// The token itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// The header holds no token that could be ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoToken;

/// What stands in an Authorization header, still part of the request.
///
/// It neither prints nor serialises.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuthorizationHeader<'request>(&'request str);

impl<'request> AuthorizationHeader<'request> {
    /// Reads the value of one header: `Bearer <token>` in any case, or the bare token.
    ///
    /// Another scheme, an empty, an oversized or an unprintable value is no token.
    pub fn parse(value: &'request [u8]) -> Result<Self, NoToken> {
        if value.len() > AUTHORIZATION_LENGTH_MAX {
            return Err(NoToken);
        }
        let value = std::str::from_utf8(value).map_err(|_| NoToken)?.trim_matches([' ', '\t']);
        let space = value.bytes().take(SCHEME_LENGTH_MAX + 1).position(|byte| matches!(byte, b' ' | b'\t'));
        let token = match space.and_then(|space| value.split_at_checked(space)) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start_matches([' ', '\t']),
            Some(_) => return Err(NoToken),
            // A scheme without a token is not a token.
            None if value.eq_ignore_ascii_case("bearer") || value.eq_ignore_ascii_case("basic") => return Err(NoToken),
            None => value,
        };
        if is_token68(token) { Ok(Self(token)) } else { Err(NoToken) }
    }

    /// The one token among a request's headers; several Authorization headers are none.
    pub fn of(headers: &'request HeaderMap) -> Result<Self, NoToken> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Self::parse(value.as_bytes()),
            _ => Err(NoToken),
        }
    }

    /// The token.
    #[must_use]
    pub const fn token(self) -> &'request str {
        self.0
    }
}

/// Whether the text is made as RFC 9110, 11.2 wants a token (`token68`).
fn is_token68(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    // To the end even after the first wrong byte: without a way out in the middle many bytes are looked at at once.
    !body.is_empty() && body.bytes().fold(true, |is_good, byte| is_good & is_token68_byte(byte))
}

const fn is_token68_byte(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token(value: &str) -> Option<&str> {
        AuthorizationHeader::parse(value.as_bytes()).ok().map(AuthorizationHeader::token)
    }

    #[test]
    fn a_token_stands_after_bearer_or_alone() {
        for (value, expected) in [
            ("Bearer a.b-c_d", Some("a.b-c_d")),
            ("bearer  a", Some("a")),
            ("BEARER\ta==", Some("a==")),
            ("  a.b.c  ", Some("a.b.c")),
            ("", None),
            ("Bearer", None),
            ("Bearer ", None),
            ("Basic YTpi", None),
            ("Basic", None),
            ("Bearer a b", None),
            ("Bearer a,b", None),
            ("Bearer \u{e4}", None),
            ("====", None),
        ] {
            assert_eq!(token(value), expected, "{value:?}");
        }
    }

    #[test]
    fn an_oversized_header_is_no_token() {
        assert!(AuthorizationHeader::parse(&[b'a'; AUTHORIZATION_LENGTH_MAX]).is_ok());
        assert!(AuthorizationHeader::parse(&[b'a'; AUTHORIZATION_LENGTH_MAX + 1]).is_err());
    }

    #[test]
    fn two_headers_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(AUTHORIZATION, http::HeaderValue::from_static("Bearer a"));
        assert!(AuthorizationHeader::of(&headers).is_ok());
        headers.append(AUTHORIZATION, http::HeaderValue::from_static("Bearer a"));
        assert!(AuthorizationHeader::of(&headers).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_stumble(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(header) = AuthorizationHeader::parse(&bytes) {
                prop_assert!(is_token68(header.token()));
            }
        }

        #[test]
        fn what_follows_bearer_comes_out_unchanged(text in "[A-Za-z0-9._~+/-]{1,80}") {
            let value = format!("bEaReR {text}");
            prop_assert_eq!(token(&value), Some(text.as_str()));
        }
    }
}
