//! What one did just before one came to one's account.

/// What one did just before one came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountNotice {
    /// One registered.
    Registered,
    /// One wanted to register, has an account already, and was signed in to that.
    Known,
    /// One changed what one says of oneself.
    Profile,
    /// One chose language, theme or news.
    Preferences,
    /// One changed one's password.
    Password,
    /// One ended a session.
    Session,
    /// One ended all other sessions.
    Others,
    /// One's address was confirmed.
    Confirmed,
    /// Another link to confirm it is on its way.
    LinkSent,
    /// One revoked an API key.
    KeyRevoked,
    /// One consented to support acting as one.
    Consented,
    /// One took that back.
    ConsentRevoked,
}

impl AccountNotice {
    /// Every notice.
    const ALL: [Self; 12] = [
        Self::Registered,
        Self::Known,
        Self::Profile,
        Self::Preferences,
        Self::Password,
        Self::Session,
        Self::Others,
        Self::Confirmed,
        Self::LinkSent,
        Self::KeyRevoked,
        Self::Consented,
        Self::ConsentRevoked,
    ];

    /// The name in the address.
    const fn key(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Known => "known",
            Self::Profile => "profile",
            Self::Preferences => "preferences",
            Self::Password => "password",
            Self::Session => "session",
            Self::Others => "others",
            Self::Confirmed => "confirmed",
            Self::LinkSent => "link-sent",
            Self::KeyRevoked => "key-revoked",
            Self::Consented => "consented",
            Self::ConsentRevoked => "consent-revoked",
        }
    }

    /// The notice of this name.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.key() == key)
    }

    /// The part of the page where it stands.
    pub(super) const fn section(self) -> &'static str {
        match self {
            Self::Registered | Self::Known | Self::Confirmed | Self::LinkSent => "address",
            Self::Profile => "profile",
            Self::Preferences => "preferences",
            Self::Password => "password",
            Self::Session | Self::Others => "sessions",
            Self::KeyRevoked => "api-keys",
            Self::Consented | Self::ConsentRevoked => "support",
        }
    }

    /// The address that shows it in its place.
    #[must_use]
    pub fn address(self) -> String {
        format!("/account?notice={}#{}", self.key(), self.section())
    }

    /// What happened.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Registered => "Your account is ready, and you are signed in.",
            Self::Known => {
                "You have an account with this address already, and are signed in to it. No other organisation was created."
            }
            Self::Profile => "Your profile is saved.",
            Self::Preferences => "Your preferences are saved.",
            Self::Password => "Your password is changed. All your other sessions have ended.",
            Self::Session => "The session has ended.",
            Self::Others => "All your other sessions have ended.",
            Self::Confirmed => "Your e-mail address is confirmed.",
            Self::LinkSent => "Another link is on its way to you.",
            Self::KeyRevoked => "The API key is revoked, and opens nothing any more.",
            Self::Consented => "Support may act as you from now on.",
            Self::ConsentRevoked => "Nobody may act as you any more. Whatever was done as you has ended.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_read_back_from_its_address() {
        for notice in AccountNotice::ALL {
            let address = notice.address();
            let key = address.split(['=', '#']).nth(1).unwrap_or_default();
            assert_eq!(AccountNotice::from_key(key), Some(notice), "{address}");
        }
        assert_eq!(AccountNotice::from_key("anything else"), None);
    }
}
