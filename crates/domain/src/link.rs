//! Links that are mailed: each is good once, for one purpose, for a while.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use crate::fault::Fault;
use crate::field::{Parse, Refusal};
use crate::secret::SecretText;
use crate::time::Span;

/// Random bytes in a link: far over the 112 bits that allow a fast hash.
const TOKEN_BYTES: usize = 32;
/// Characters of a token: its bytes in base64url without padding (RFC 4648, 5).
const TOKEN_LENGTH: usize = 43;
/// What is said of a token that opens nothing, whatever the reason: to be read after "must be".
const EXPECTED: &str =
    "that of a link which is still good. This one was used, has expired or is not whole: ask for a new one";

/// The random bytes that a new link is made of.
pub type LinkEntropy = [u8; TOKEN_BYTES];

/// What a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkPurpose {
    /// Confirming that an e-mail address is one's own.
    Confirm,
    /// Setting another password.
    Reset,
}

impl LinkPurpose {
    /// Every purpose.
    pub const ALL: [Self; 2] = [Self::Confirm, Self::Reset];

    /// The name in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Reset => "reset",
        }
    }

    /// How long a link is good (contract, section 3, and the words of the mails).
    #[must_use]
    pub const fn lifetime(self) -> Span {
        match self {
            Self::Confirm => Span::hours(24),
            Self::Reset => Span::minutes(20),
        }
    }

    /// The page that the link opens.
    #[must_use]
    pub const fn page(self) -> &'static str {
        match self {
            Self::Confirm => "/confirm",
            Self::Reset => "/reset-password",
        }
    }
}

/// The secret in a link. It is mailed to one person and kept only as a digest.
#[derive(Clone, Debug)]
pub struct LinkToken(SecretText);

impl LinkToken {
    /// A new token from random bytes.
    #[must_use]
    pub fn new(entropy: &LinkEntropy) -> Self {
        Self(SecretText::new(BASE64URL_NOPAD.encode(entropy)))
    }

    /// The token itself, for the mail and the form.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What is kept of the token. The purpose is part of it: the digest for one says nothing about the other.
    #[must_use]
    pub fn digest(&self, purpose: LinkPurpose) -> LinkDigest {
        self.digest_for(purpose.name())
    }

    /// The same for the token of an invitation.
    #[must_use]
    pub fn invitation_digest(&self) -> LinkDigest {
        self.digest_for("invitation")
    }

    fn digest_for(&self, purpose: &str) -> LinkDigest {
        let begun = Sha256::new().chain_update(b"bailiwick link v1\0").chain_update(purpose).chain_update(b"\0");
        LinkDigest(begun.chain_update(self.expose()).finalize().into())
    }

    /// The fault of a token that opens nothing, whether it was used, has expired or never was.
    #[must_use]
    pub fn not_good() -> Fault {
        Self::not_good_as("Token")
    }

    /// The same where the token is this member.
    #[must_use]
    pub fn not_good_as(member: &'static str) -> Fault {
        Fault::field(member, Self::refusal(), None)
    }

    const fn refusal() -> Refusal {
        Refusal { rule: "link", expected: std::borrow::Cow::Borrowed(EXPECTED) }
    }
}

impl Parse for LinkToken {
    const SECRET: bool = true;

    fn parse_text(text: &str) -> Result<Self, Refusal> {
        // The decoder takes one spelling of the bytes alone.
        let decoded = BASE64URL_NOPAD.decode(text.as_bytes()).ok().filter(|bytes| bytes.len() == TOKEN_BYTES);
        if decoded.is_some() { Ok(Self(SecretText::new(text))) } else { Err(Self::refusal()) }
    }
}

crate::inline_schema!(LinkToken, {
    "type": "string", "format": "password", "minLength": TOKEN_LENGTH, "maxLength": TOKEN_LENGTH,
    "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$",
});

/// What is kept of a link's token: it cannot be turned back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkDigest([u8; 32]);

impl LinkDigest {
    /// The digest, for the store.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_made_and_in_no_other_spelling() {
        let token = LinkToken::new(&[0xfb; TOKEN_BYTES]);
        assert_eq!(token.expose().len(), TOKEN_LENGTH);
        let read = LinkToken::parse_text(token.expose()).unwrap();
        assert_eq!(read.digest(LinkPurpose::Reset), token.digest(LinkPurpose::Reset));
        let good = token.expose();
        let almost = good.get(..TOKEN_LENGTH - 1).unwrap();
        for other in [
            String::new(),
            almost.to_owned(),
            format!("{good}="),
            format!(" {good}"),
            format!("{good}A"),
            format!("{almost}t"),
            good.replace('-', "+").replace('_', "/"),
        ] {
            assert_eq!(LinkToken::parse_text(&other).unwrap_err(), LinkToken::refusal(), "{other}");
        }
    }

    #[test]
    fn a_link_is_good_for_its_own_purpose_only_and_does_not_print() {
        let token = LinkToken::new(&[7; TOKEN_BYTES]);
        assert_ne!(token.digest(LinkPurpose::Confirm), token.digest(LinkPurpose::Reset));
        assert!(LinkPurpose::ALL.into_iter().all(|purpose| token.digest(purpose) != token.invitation_digest()));
        assert!(!format!("{token:?}").contains(token.expose()));
    }
}
