//! Where the mail server is, and how it is spoken to.

use std::fmt;

use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::secret::SecretText;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// The port for mails that are handed in, TLS from the first byte (RFC 8314, 7.3).
const SUBMISSIONS_PORT: u16 = 465;
/// The port for mails that are handed in (RFC 6409).
const SUBMISSION_PORT: u16 = 587;

/// How a connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protection {
    /// TLS from the first byte.
    Implicit,
    /// STARTTLS before anything else is said (RFC 3207); a server without it gets nothing.
    StartTls,
    /// None.
    Plain,
}

/// The address of a mail server: `smtps://user:password@mail.example.org`.
///
/// `smtps://` is TLS from the first byte, on port 465. `smtp://` demands
/// STARTTLS, on port 587, unless the server is this machine; `?tls=none` and
/// `?tls=required` say otherwise.
#[derive(Clone)]
pub struct SmtpUrl {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) protection: Protection,
    pub(super) credentials: Option<(String, SecretText)>,
}

/// Without the user and the password.
impl fmt::Debug for SmtpUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SmtpUrl({}:{}, {:?})", self.host, self.port, self.protection)
    }
}

impl Parse for SmtpUrl {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let refusal = || Refusal::new("url", "an address such as smtps://user:password@mail.example.org");
        let url = Url::parse(text).map_err(|_| refusal())?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(refusal());
        }
        let host = match url.host().ok_or_else(refusal)? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        // What is no special scheme of the URL standard keeps its host as text.
        let address = host.parse::<std::net::IpAddr>().ok();
        let is_here = host.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback());
        let (protection, default_port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Protection::Implicit, SUBMISSIONS_PORT),
            ("smtp", None) if is_here => (Protection::Plain, SUBMISSION_PORT),
            ("smtp", None | Some("tls=required")) => (Protection::StartTls, SUBMISSION_PORT),
            ("smtp", Some("tls=none")) => (Protection::Plain, SUBMISSION_PORT),
            _ => return Err(refusal()),
        };
        let decoded = |text| percent_decode_str(text).decode_utf8().map(std::borrow::Cow::into_owned);
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) | (_, None) => return Err(refusal()),
            (user, Some(password)) => {
                let (user, password) = (decoded(user), decoded(password));
                Some((user.map_err(|_| refusal())?, SecretText::new(password.map_err(|_| refusal())?)))
            }
        };
        Ok(Self { host, port: url.port().unwrap_or(default_port), protection, credentials })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use super::*;

    #[test]
    fn mail_is_protected_unless_it_stays_on_this_machine() {
        for (text, host, port, protection) in [
            ("smtps://mail.example.org", "mail.example.org", 465, Protection::Implicit),
            ("smtp://mail.example.org", "mail.example.org", 587, Protection::StartTls),
            ("smtp://mail.example.org/?tls=required", "mail.example.org", 587, Protection::StartTls),
            ("smtp://localhost.example.org:25", "localhost.example.org", 25, Protection::StartTls),
            ("smtp://10.0.0.1", "10.0.0.1", 587, Protection::StartTls),
            ("smtp://mail:1025?tls=none", "mail", 1025, Protection::Plain),
            ("smtp://127.0.0.1:25", "127.0.0.1", 25, Protection::Plain),
            ("smtp://[::1]:25", "::1", 25, Protection::Plain),
            ("smtp://localhost", "localhost", 587, Protection::Plain),
            ("smtp://localhost?tls=required", "localhost", 587, Protection::StartTls),
        ] {
            let url = SmtpUrl::parse_text(text).unwrap();
            assert_eq!((url.host.as_str(), url.port, url.protection), (host, port, protection), "{text}");
        }
    }

    #[test]
    fn what_is_no_mail_server_is_refused() {
        for text in [
            "",
            "mail.example.org",
            "http://mail.example.org",
            "smtp://",
            "smtp://mail/path",
            "smtp://mail#x",
            "smtp://mail?tls=maybe",
            "smtps://mail?tls=none",
            "smtp://user@mail",
            "smtp://:password@mail",
            "smtp://user:%ff@mail",
        ] {
            assert!(SmtpUrl::parse_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn user_and_password_may_hold_every_character_and_do_not_print() {
        let url = SmtpUrl::parse_text("smtps://ann%40example.org:p%3A%2F%40ss@mail").unwrap();
        let (user, password) = url.credentials.clone().unwrap();
        assert_eq!((user.as_str(), password.expose()), ("ann@example.org", "p:/@ss"));
        let printed = format!("{url:?}");
        assert!(!printed.contains("ann") && !printed.contains("ss"), "{printed}");
    }
}
