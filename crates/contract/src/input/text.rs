//! Members that are text: of the path, the query, the headers.

use std::borrow::Cow;

use axum::extract::{FromRequestParts as _, RawPathParams};
use bailiwick_domain::field::{Check, Parse, Refusal};
use http::HeaderMap;
use http::request::Parts;

/// What was found under a name.
enum Found<'a> {
    Nothing,
    One(Cow<'a, str>),
    /// More than one, or something unreadable.
    Refused(Refusal),
}

/// Where text members come from.
pub trait TextSource {
    /// What every member of this name says; an error for one that is not text.
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Result<Cow<'a, str>, Refusal>>;
}

fn find<'a>(source: &'a impl TextSource, name: &'a str) -> Found<'a> {
    let mut values = source.values(name);
    match (values.next(), values.next()) {
        (None, _) => Found::Nothing,
        (Some(Ok(text)), None) => Found::One(text),
        (Some(Err(refusal)), None) => Found::Refused(refusal),
        (Some(_), Some(_)) => Found::Refused(Refusal::new("once", "given only once")),
    }
}

/// A member that must be there; nothing when it was refused.
pub fn required_text<T: Parse>(check: &mut Check, source: &impl TextSource, name: &'static str) -> Option<T> {
    let value = optional_text(check, source, name)?;
    if value.is_none() {
        check.refuse(name, Refusal::new("required", "given"), None);
    }
    value
}

/// A member that may be absent; nothing when it was refused.
pub fn optional_text<T: Parse>(check: &mut Check, source: &impl TextSource, name: &'static str) -> Option<Option<T>> {
    match find(source, name) {
        Found::Nothing => Some(None),
        Found::One(text) => check.text(name, &text).map(Some),
        Found::Refused(refusal) => {
            check.refuse(name, refusal, None);
            None
        }
    }
}

/// A member that is only a hint: the first of its name, where that can be read.
pub fn hinted_text<T: Parse>(source: &impl TextSource, name: &'static str) -> Option<T> {
    let first = source.values(name).next()?.ok()?;
    T::parse_text(&first).ok()
}

/// A member with a default; nothing when it was refused.
pub fn defaulted_text<T: Parse + Default>(
    check: &mut Check,
    source: &impl TextSource,
    name: &'static str,
) -> Option<T> {
    optional_text(check, source, name).map(Option::unwrap_or_default)
}

/// The members of a query.
pub struct QueryMembers<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> QueryMembers<'a> {
    /// Splits what follows the question mark.
    #[must_use]
    pub fn split(query: &'a str) -> Self {
        Self(url::form_urlencoded::parse(query.as_bytes()).collect())
    }
}

impl TextSource for QueryMembers<'_> {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Result<Cow<'a, str>, Refusal>> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| Ok(Cow::Borrowed(value.as_ref())))
    }
}

/// The headers of a request.
pub struct HeaderMembers<'a>(pub &'a HeaderMap);

impl TextSource for HeaderMembers<'_> {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Result<Cow<'a, str>, Refusal>> {
        let unreadable = || Refusal::new("utf8", "text in UTF-8");
        let values = self.0.get_all(name).iter();
        values.map(move |value| std::str::from_utf8(value.as_bytes()).map(Cow::Borrowed).map_err(|_| unreadable()))
    }
}

/// The parameters of a path, percent-decoded; empty where they cannot be decoded.
#[derive(Debug, Default)]
pub struct PathMembers(Option<RawPathParams>);

impl PathMembers {
    /// The parameters that the router found.
    pub(crate) async fn of(parts: &mut Parts) -> Self {
        Self(RawPathParams::from_request_parts(parts, &()).await.ok())
    }

    /// All parameters, by their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(RawPathParams::iter)
    }

    /// The parameter of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

impl TextSource for PathMembers {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Result<Cow<'a, str>, Refusal>> {
        self.get(name).map(|value| Ok(Cow::Borrowed(value))).into_iter()
    }
}
