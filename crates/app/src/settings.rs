//! Settings, checked: what the rest of the program may rely on.

use std::path::PathBuf;

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::system::{HEARTBEAT_DEAD_AFTER, SystemTypes};
use bailiwick_domain::time::Span;
use bailiwick_outbound::AllowList;
use bailiwick_outbound::post::SmtpUrl;
use ipnet::IpNet;
use url::Url;

/// Who may register an account (contract, section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Everybody.
    Open,
    /// Who was invited.
    Invite,
    /// Nobody.
    Closed,
}

impl Registration {
    /// The name in the settings and the APIs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invite => "invite",
            Self::Closed => "closed",
        }
    }
}

impl Parse for Registration {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let found = [Self::Open, Self::Invite, Self::Closed].into_iter().find(|mode| mode.name() == text);
        found.ok_or_else(|| Refusal::new("oneof", "one of open, invite, closed"))
    }
}

/// What an account may do whose address is not confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unconfirmed {
    /// Everything that it may do afterwards.
    All,
    /// What concerns itself alone: whatever takes a right is refused.
    Account,
    /// Nothing: not even sign in.
    Nothing,
}

impl Unconfirmed {
    /// The name in the settings and the APIs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Account => "account",
            Self::Nothing => "nothing",
        }
    }
}

impl Parse for Unconfirmed {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let found = [Self::All, Self::Account, Self::Nothing].into_iter().find(|some| some.name() == text);
        found.ok_or_else(|| Refusal::new("oneof", "one of all, account, nothing"))
    }
}

/// An origin such as `https://id.example.org`: a scheme, a host and perhaps a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// The URL; its path is `/`.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.0
    }

    /// The origin as browsers and tokens spell it, without a slash at the end.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Whether browsers reach us encrypted, so that cookies may demand it.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl Parse for BaseUrl {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let refusal = || Refusal::new("url", "an origin such as https://id.example.org, without a path");
        let url = Url::parse(text).map_err(|_| refusal())?;
        let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        if is_web && is_bare && is_anonymous { Ok(Self(url)) } else { Err(refusal()) }
    }
}

/// The settings that use cases and edges work with (contract, section 1).
#[derive(Clone, Debug)]
pub struct Settings {
    /// The origin of every link, of `iss` and of our own pages.
    pub base_url: BaseUrl,
    /// Where the database file, the keys and, in development, the mail are.
    pub data_directory: PathBuf,
    /// Who may register.
    pub registration: Registration,
    /// What an account may do whose address is not confirmed.
    pub unconfirmed: Unconfirmed,
    /// The system types that are accepted.
    pub system_types: SystemTypes,
    /// What may be called although it is private or plain http.
    pub outbound_allow: AllowList,
    /// The proxies whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Without a heartbeat for this long a system is dead.
    pub heartbeat_dead_after: Span,
    /// The mail server; without one, mails are written as files.
    pub smtp_url: Option<SmtpUrl>,
    /// The sender of mails.
    pub mail_from: Option<EmailAddress>,
}

impl Settings {
    /// The settings of a server of this origin where nothing else is set.
    #[must_use]
    pub fn new(base_url: BaseUrl, data_directory: PathBuf) -> Self {
        Self {
            base_url,
            data_directory,
            registration: Registration::Open,
            unconfirmed: Unconfirmed::All,
            system_types: SystemTypes::default(),
            outbound_allow: AllowList::default(),
            trusted_proxies: Vec::new(),
            heartbeat_dead_after: HEARTBEAT_DEAD_AFTER,
            smtp_url: None,
            mail_from: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_an_origin_and_nothing_more() {
        for good in ["https://id.example.org", "http://127.0.0.1:8080", "https://id.example.org/"] {
            assert!(BaseUrl::parse_text(good).is_ok(), "{good}");
        }
        for bad in ["", "id.example.org", "https://a/b", "ftp://a", "https://a/?q", "https://a/#f", "https://u:p@a"] {
            assert!(BaseUrl::parse_text(bad).is_err(), "{bad}");
        }
        let origin = BaseUrl::parse_text("https://ID.example.org:443/").map(|url| url.origin());
        assert_eq!(origin, Ok("https://id.example.org".to_owned()));
    }
}
