//! Where a callback goes, and what its query says.

use std::fmt;

use url::Url;
use url::form_urlencoded::{self, Serializer};

use crate::field::{Parse, Refusal};
use crate::id::SystemId;
use crate::time::Timestamp;

/// The longest callback URL, in bytes, as sent and as normalised.
pub const CALLBACK_URL_LENGTH_MAX: usize = 2048;
/// The query members that are ours: a callback URL may have none of them.
const RESERVED: [&str; 6] = ["state", "system_id", "system_name", "system_type", "timestamp", "error"];

/// What a callback tells about the new system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackParameters {
    /// The state as the application wrote it.
    pub state: String,
    /// The new system.
    pub system_id: SystemId,
    /// Its name.
    pub system_name: String,
    /// Its type.
    pub system_type: String,
    /// When it was created.
    pub timestamp: Timestamp,
}

/// An absolute http(s) URL without user name, fragment or a query member of ours.
///
/// Kept in the normal form of the WHATWG URL standard, so that what was checked
/// is what every later reader sees. Whether it may be called at all (https, the
/// port, the address behind the name) is for the outbound guard to say.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CallbackUrl(Url);

impl CallbackUrl {
    /// The URL in its normal form. Its query may hold secrets of the
    /// application: not for logs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// `scheme://host[:port]`, as `postMessage` compares origins.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The host for a person to judge, in ASCII (punycode where it must be),
    /// with the port where it is not the scheme's own.
    #[must_use]
    pub fn host_display(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The address that is called, and that the browser returns to, when the
    /// system was created: the URL's own query, then `state`, `system_id`,
    /// `system_name`, `system_type` and `timestamp`, form-urlencoded.
    #[must_use]
    pub fn with_created(&self, parameters: &CallbackParameters) -> String {
        self.with_query(&[
            ("state", &parameters.state),
            ("system_id", &parameters.system_id.to_string()),
            ("system_name", &parameters.system_name),
            ("system_type", &parameters.system_type),
            ("timestamp", &parameters.timestamp.rfc3339()),
        ])
    }

    /// The address that the browser returns to when the person declined.
    #[must_use]
    pub fn with_denied(&self, state: &str) -> String {
        self.with_query(&[("error", "access_denied"), ("state", state)])
    }

    /// The URL with these members behind its own query, which stays byte for byte.
    fn with_query(&self, members: &[(&str, &str)]) -> String {
        let mut target = self.0.as_str().to_owned();
        if self.0.query().is_none() {
            target.push('?');
        }
        let query_start = target.find('?').map_or(target.len(), |mark| mark + 1);
        Serializer::for_suffix(target, query_start).extend_pairs(members).finish()
    }
}

impl fmt::Debug for CallbackUrl {
    /// Prints the origin alone: path and query may hold secrets of the application.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CallbackUrl({}/…)", self.origin())
    }
}

impl Parse for CallbackUrl {
    /// Neither a query nor a user name with a password is repeated: both may hold secrets of the application.
    fn echo(text: &str) -> Option<&str> {
        text.split(['?', '#']).next().filter(|shown| !shown.contains('@'))
    }

    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let parsed = is_plainly_absolute(text).then(|| Url::parse(text).ok()).flatten();
        parsed.filter(is_callable).map(Self).ok_or_else(|| {
            let expected = "an absolute https URL of at most 2048 bytes without user name, fragment \
                or a query member of ours (state, system_id, system_name, system_type, timestamp, error)";
            Refusal::new("url", expected)
        })
    }
}

/// Whether the text itself is an absolute http(s) URL without user information.
///
/// A WHATWG parser repairs much that other readers take otherwise: it skips tabs
/// and line breaks, takes `\` for `/`, adds slashes that are not there and drops
/// an empty user name. What would need repair is refused instead.
fn is_plainly_absolute(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    text.len() <= CALLBACK_URL_LENGTH_MAX
        && (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"))
        && !authority.is_empty()
        && !authority.contains('@')
        && !text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\')
}

/// Whether the URL as parsed keeps to the rules.
fn is_callable(url: &Url) -> bool {
    let is_ours = |name: &str| RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved));
    // The raw text was checked for the same; this is the form that will be called.
    url.as_str().len() <= CALLBACK_URL_LENGTH_MAX
        && matches!(url.scheme(), "https" | "http")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && url.username().is_empty()
        && url.password().is_none()
        && url.port() != Some(0)
        && url.fragment().is_none()
        && !form_urlencoded::parse(url.query().unwrap_or_default().as_bytes()).any(|(name, _)| is_ours(&name))
}

crate::inline_schema!(CallbackUrl, {
    "type": "string", "format": "uri", "maxLength": CALLBACK_URL_LENGTH_MAX,
    "examples": ["https://shop.example/callback?order=4711"],
});

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

    use proptest::prelude::*;

    use super::*;

    fn url(text: &str) -> CallbackUrl {
        CallbackUrl::parse_text(text).unwrap()
    }

    #[test]
    fn an_error_repeats_neither_query_nor_user_name() {
        assert_eq!(CallbackUrl::echo("ftp://shop.example/a?token=x#y"), Some("ftp://shop.example/a"));
        assert_eq!(CallbackUrl::echo("https://ann:secret@shop.example/"), None);
    }

    fn parameters() -> CallbackParameters {
        CallbackParameters {
            state: "state_a+b/c=".to_owned(),
            system_id: SystemId::new(Timestamp::from_seconds(1_752_143_400), [7; 10]),
            system_name: "Büro & Söhne".to_owned(),
            system_type: "ns8".to_owned(),
            timestamp: Timestamp::from_seconds(1_752_143_400),
        }
    }

    #[test]
    fn takes_absolute_http_urls() {
        let good = [
            "https://app.example/callback",
            "http://localhost:9000/cb?x=1",
            "HTTPS://App.Example",
            "https://x?",
            "https://bücher.example/ü?q=ü",
            "https://[2001:db8::1]:8443/a@b?c=d@e",
            "https://x/?statement=1&my_state=2",
            "https://x/?a=http://y/&b=%23",
            "https://x:443/",
            "https://x/?q=state",
        ];
        for text in good {
            assert!(CallbackUrl::parse_text(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn refuses_everything_else_alike() {
        let bad = [
            "",
            "x",
            "/callback",
            "//x/y",
            "https:",
            "https:x",
            "https:/x",
            "https://",
            "https:///x",
            "https://?a",
            "ftp://x/",
            "javascript://x/%0aalert(1)",
            "javascript:alert(1)",
            "data:text/html,x",
            "blob:https://x/y",
            "https://u@x/",
            "https://u:p@x/",
            "https://:p@x/",
            "https://@x/",
            "https://:@x/",
            "https://x\\@y/",
            "https://x/#",
            "https://x/#f",
            "https://x/?a#f",
            "https://x:0/",
            "https://x:65536/",
            "https://x:y/",
            " https://x/",
            "https://x/ ",
            "https://x/\n",
            "ht\ttps://x/",
            "https://x /",
            "https:\\\\x\\y",
            "https://x/\u{a0}",
            "https://[::1/",
            "https://1.2.3.256/",
            "https://a%00b/",
            "https://xn--/",
            "https://x/?state=1",
            "https://x/?a=1&system_id=2",
            "https://x/?st%61te=1",
            "https://x/?error",
            "https://x/?State=",
            "https://x/?system%5Fname=1",
            "https://x/?system_type=1",
            "https://x/?&timestamp=1&",
        ];
        for text in bad {
            let refusal = CallbackUrl::parse_text(text).err().map(|refusal| refusal.rule);
            assert_eq!(refusal, Some("url"), "{text:?}");
        }
    }

    #[test]
    fn is_at_most_2048_bytes_in_both_forms() {
        let sized = |length: usize| format!("https://x/{}", "y".repeat(length - "https://x/".len()));
        assert!(CallbackUrl::parse_text(&sized(2048)).is_ok());
        assert!(CallbackUrl::parse_text(&sized(2049)).is_err());
        // Each ü is two bytes as sent and six in the normal form.
        assert!(CallbackUrl::parse_text(&format!("https://x/{}", "ü".repeat(400))).is_err());
    }

    #[test]
    fn shows_where_it_goes_and_no_more() {
        let idn = url("https://Bücher.example:8443/secret?token=hush");
        assert_eq!(idn.host_display(), "xn--bcher-kva.example:8443");
        assert_eq!(idn.origin(), "https://xn--bcher-kva.example:8443");
        assert_eq!(format!("{idn:?}"), "CallbackUrl(https://xn--bcher-kva.example:8443/…)");
        assert_eq!(url("https://x:443/").origin(), "https://x");
        assert_eq!(url("http://[::1]:80/").host_display(), "[::1]");
    }

    #[test]
    fn adds_its_members_behind_the_urls_own() {
        let id = parameters().system_id;
        let ours = format!(
            "state=state_a%2Bb%2Fc%3D&system_id={id}&system_name=B%C3%BCro+%26+S%C3%B6hne&system_type=ns8\
             &timestamp=2025-07-10T10%3A30%3A00Z"
        );
        for (own, expected) in [
            ("https://x", format!("https://x/?{ours}")),
            ("https://x/?", format!("https://x/?{ours}")),
            ("https://x/cb?b=2&a=1&b=%7e;c", format!("https://x/cb?b=2&a=1&b=%7e;c&{ours}")),
            ("https://x/cb?flag", format!("https://x/cb?flag&{ours}")),
        ] {
            assert_eq!(url(own).with_created(&parameters()), expected);
        }
        assert_eq!(url("https://x/?a=1").with_denied("s&t"), "https://x/?a=1&error=access_denied&state=s%26t");
    }

    proptest! {
        #[test]
        fn what_is_admitted_keeps_the_rules(text in "https?://[a-z@:0-9.\\[\\]]{1,12}[/?#&=a-z%@\\\\]{0,12}|\\PC{0,30}") {
            if let Ok(admitted) = CallbackUrl::parse_text(&text) {
                let parsed = Url::parse(admitted.as_str()).unwrap();
                prop_assert!(parsed.username().is_empty() && parsed.password().is_none() && parsed.fragment().is_none());
                prop_assert_eq!(CallbackUrl::parse_text(admitted.as_str()), Ok(admitted));
            }
        }

        #[test]
        fn a_reader_of_the_query_finds_every_member(own in "([a-z%&=+;]{0,20})", state in "\\PC{0,20}", name in "\\PC{1,20}") {
            let Ok(url) = CallbackUrl::parse_text(&format!("https://x/?{own}")) else { return Ok(()) };
            let sent = CallbackParameters { state: state.clone(), system_name: name.clone(), ..parameters() };
            let target = url.with_created(&sent);
            prop_assert!(target.starts_with(url.as_str()));
            let parsed = Url::parse(&target).unwrap();
            prop_assert_eq!(parsed.as_str(), target.as_str());
            let value = |key| parsed.query_pairs().find(|(name, _)| name == key).map(|(_, value)| value.into_owned());
            prop_assert_eq!(value("state"), Some(state));
            prop_assert_eq!(value("system_name"), Some(name));
            prop_assert_eq!(value("timestamp"), Some(sent.timestamp.rfc3339()));
        }
    }
}
