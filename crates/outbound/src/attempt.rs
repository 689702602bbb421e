//! What came of a call.

use std::error::Error;
use std::io;

use bailiwick_domain::time::Span;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

use crate::destination::Refused;

/// One call that was made, or was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The other side answered with a status from 200 to 299.
    Delivered {
        /// The status.
        status: u16,
    },
    /// Anything else.
    Failed {
        /// The kind of failure.
        reason: FailureReason,
        /// The status, where there was an answer.
        status: Option<u16>,
        /// How long the other side asks to be left alone.
        retry_after: Option<Span>,
    },
}

/// The kind of a failure, for logs and for the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureReason {
    /// The destination may not be called.
    Refused,
    /// The name stands for no address, or nobody could say.
    NotResolved,
    /// No connection came about.
    NotConnected,
    /// The other side's certificate, or its TLS, is not acceptable.
    Tls,
    /// The budget was used up, or the time for connecting.
    TimedOut,
    /// It answered with a status outside 200 to 299.
    Status,
    /// The connection broke, or what came was not HTTP.
    Broken,
}

impl FailureReason {
    /// The name in logs and in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::NotResolved => "not_resolved",
            Self::NotConnected => "not_connected",
            Self::Tls => "tls",
            Self::TimedOut => "timed_out",
            Self::Status => "status",
            Self::Broken => "broken",
        }
    }

    /// The kind of a client's error.
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        if has_cause::<Refused>(error) {
            Self::Refused
        } else if has_cause::<rustls::Error>(error) {
            Self::Tls
        } else if error.is_dns() {
            Self::NotResolved
        } else if error.is_timeout() {
            Self::TimedOut
        } else if error.is_connect() {
            Self::NotConnected
        } else {
            Self::Broken
        }
    }
}

impl Attempt {
    /// Whether it was delivered.
    #[must_use]
    pub const fn is_delivered(&self) -> bool {
        matches!(self.outcome, Outcome::Delivered { .. })
    }

    /// A call that got no answer.
    pub(crate) const fn failed(reason: FailureReason) -> Self {
        Self { outcome: Outcome::Failed { reason, status: None, retry_after: None } }
    }

    /// A call that was answered.
    pub(crate) fn answered(status: reqwest::StatusCode, headers: &HeaderMap) -> Self {
        let outcome = if status.is_success() {
            Outcome::Delivered { status: status.as_u16() }
        } else {
            let (reason, status) = (FailureReason::Status, Some(status.as_u16()));
            Outcome::Failed { reason, status, retry_after: retry_after(headers) }
        };
        Self { outcome }
    }
}

/// Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or a date, which is counted
/// from the answer's own `Date`, so that the clocks need not agree.
fn retry_after(headers: &HeaderMap) -> Option<Span> {
    let text = |name: &HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let asked = text(&RETRY_AFTER)?;
    if !asked.is_empty() && asked.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Span::seconds(asked.parse().unwrap_or(i64::MAX)));
    }
    let moment = |date: &str| DateTimeParser::new().parse_timestamp(date).ok();
    let wait = moment(asked)?.as_second() - moment(text(&DATE)?)?.as_second();
    Some(Span::seconds(wait.max(0)))
}

/// Whether an error of this type is the error or behind it.
fn has_cause<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        // An I/O error hides the error that it was made of from `source`.
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if error.is::<E>() || inside.is_some_and(|inside| has_cause::<E>(inside)) {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

    use super::*;

    #[test]
    fn reads_both_forms_of_retry_after() {
        let asked = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            headers.insert(DATE, "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(asked("120"), Some(Span::seconds(120)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:50:37 GMT"), Some(Span::seconds(60)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Span::ZERO));
        assert_eq!(asked("99999999999999999999"), Some(Span::seconds(i64::MAX)));
        for nonsense in ["", "-1", "1.5", "soon", "+5"] {
            assert_eq!(asked(nonsense), None, "{nonsense}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
