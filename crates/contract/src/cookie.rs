//! The names of our cookies, and how a cookie is read.

use http::HeaderMap;
use http::header::COOKIE;
use url::Url;

/// The names of the cookies that pages use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookieNames {
    /// Holds the session.
    pub session: &'static str,
    /// Holds what a form token is bound to.
    pub form: &'static str,
    /// By which accounts know the browser again.
    pub device: &'static str,
    /// Holds one's own session while another person's takes its place.
    pub own: &'static str,
}

impl CookieNames {
    /// The names for a server at this address: on https the browser itself keeps them from other
    /// hosts and paths (RFC 6265bis, 4.1.3.2).
    #[must_use]
    pub fn of(base_url: &Url) -> Self {
        if base_url.scheme() == "https" {
            Self {
                session: "__Host-bailiwick",
                form: "__Host-bailiwick-form",
                device: "__Host-bailiwick-device",
                own: "__Host-bailiwick-own",
            }
        } else {
            Self { session: "bailiwick", form: "bailiwick-form", device: "bailiwick-device", own: "bailiwick-own" }
        }
    }
}

/// The value of the first cookie of this name.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a wrong table should stop the test")]
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=1; bailiwick-form=x; bailiwick=y=z".parse().unwrap());
        headers.append(COOKIE, "b=2".parse().unwrap());
        assert_eq!(cookie(&headers, "bailiwick"), Some("y=z"));
        assert_eq!(cookie(&headers, "bailiwick-form"), Some("x"));
        assert_eq!(cookie(&headers, "b"), Some("2"));
        assert_eq!(cookie(&headers, "wick"), None);
    }

    #[test]
    fn on_https_the_names_are_bound_to_the_host() {
        let names = |url: &str| CookieNames::of(&Url::parse(url).unwrap());
        assert_eq!(names("https://a.example").session, "__Host-bailiwick");
        assert_eq!(names("https://a.example").device, "__Host-bailiwick-device");
        assert_eq!(names("http://127.0.0.1:8080").form, "bailiwick-form");
    }
}
