//! Did a state-changing page request come from our own pages? (contract, section 5)

use http::HeaderMap;
use http::header::ORIGIN;
use url::Url;

/// What the headers say about where a page request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameOrigin {
    /// It is ours.
    Yes,
    /// It is somebody else's.
    No,
    /// The browser did not say, or hid it: a form token has to prove it.
    Unsaid,
}

/// Decides by `Sec-Fetch-Site`, else by `Origin`, else not at all.
///
/// A header that was sent twice or cannot be read says no. An origin of `null`
/// says nothing: without https a browser sends no `Sec-Fetch-Site`, and for the
/// forms of pages that ask it to name no referrer, as ours do, that very origin
/// (Fetch standard, "append a request `Origin` header").
#[must_use]
pub fn same_origin(headers: &HeaderMap, base_url: &Url) -> SameOrigin {
    if let Some(site) = only(headers, "sec-fetch-site") {
        // `none` is the person's own doing: the address bar, a bookmark.
        return if matches!(site, "same-origin" | "none") { SameOrigin::Yes } else { SameOrigin::No };
    }
    if let Some(origin) = only(headers, ORIGIN.as_str()).filter(|origin| *origin != "null") {
        let ours = base_url.origin().ascii_serialization();
        return if origin.eq_ignore_ascii_case(&ours) { SameOrigin::Yes } else { SameOrigin::No };
    }
    SameOrigin::Unsaid
}

/// The one value of a header; an empty text when there are several or it is unreadable.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(if values.next().is_some() { "" } else { first.to_str().unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a wrong table should stop the test")]
    use super::*;

    #[test]
    fn fetch_metadata_goes_before_origin_before_the_token() {
        let base_url = Url::parse("https://bailiwick.example/").unwrap();
        for (headers, expected) in [
            (&[("sec-fetch-site", "same-origin")][..], SameOrigin::Yes),
            (&[("sec-fetch-site", "none")], SameOrigin::Yes),
            (&[("sec-fetch-site", "same-site")], SameOrigin::No),
            (&[("sec-fetch-site", "cross-site")], SameOrigin::No),
            (&[("sec-fetch-site", "")], SameOrigin::No),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://bailiwick.example")], SameOrigin::No),
            (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")], SameOrigin::No),
            (&[("origin", "https://bailiwick.example")], SameOrigin::Yes),
            (&[("origin", "http://bailiwick.example")], SameOrigin::No),
            (&[("origin", "https://bailiwick.example:444")], SameOrigin::No),
            (&[("origin", "https://evil.example")], SameOrigin::No),
            (&[("origin", "null")], SameOrigin::Unsaid),
            (&[("sec-fetch-site", "cross-site"), ("origin", "null")], SameOrigin::No),
            (&[], SameOrigin::Unsaid),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(*name, value.parse().unwrap());
            }
            assert_eq!(same_origin(&map, &base_url), expected, "{headers:?}");
        }
    }
}
