//! Moments and spans, in whole microseconds.

use std::fmt;

use jiff::fmt::temporal::{DateTimeParser, DateTimePrinter};

use crate::field::{Parse, Refusal};

/// Microseconds in a second.
const MICROSECONDS_PER_SECOND: i64 = 1_000_000;

/// A moment in UTC, in microseconds since 1970-01-01T00:00:00Z.
///
/// The store keeps moments as this very number, so that both databases order
/// and compare them alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment that lies `microseconds` after the epoch.
    #[must_use]
    pub const fn from_microseconds(microseconds: i64) -> Self {
        Self(microseconds)
    }

    /// The moment that lies `seconds` after the epoch.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROSECONDS_PER_SECOND))
    }

    /// The moment that lies `milliseconds` after the epoch.
    #[must_use]
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds.saturating_mul(1000))
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn microseconds(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the epoch, rounded towards the past.
    #[must_use]
    pub const fn milliseconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Whole seconds since the epoch, rounded towards the past.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(MICROSECONDS_PER_SECOND)
    }

    /// The moment `span` later; stops at the end of time instead of wrapping.
    #[must_use]
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The moment `span` earlier.
    #[must_use]
    pub const fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// How long after `earlier` this moment is; negative when it is before.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// RFC 3339 in UTC with a `Z`, as both APIs print moments.
    ///
    /// Digits below the second appear only where there are any.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let moment = jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        });
        DateTimePrinter::new().timestamp_to_string(&moment)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.rfc3339())
    }
}

impl Parse for Timestamp {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let moment = DateTimeParser::new().parse_timestamp(text);
        let refusal = |_| Refusal::new("datetime", "a moment in RFC 3339 such as 2026-07-10T10:30:00Z");
        moment.map(|moment| Self(moment.as_microsecond())).map_err(refusal)
    }
}

crate::schema::wire_text!(Timestamp, |value| &value.rfc3339(), { "type": "string", "format": "date-time" });

/// A length of time in whole microseconds; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of whole microseconds.
    #[must_use]
    pub const fn microseconds(microseconds: i64) -> Self {
        Self(microseconds)
    }

    /// A span of whole milliseconds.
    #[must_use]
    pub const fn milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds.saturating_mul(1000))
    }

    /// A span of whole seconds.
    #[must_use]
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROSECONDS_PER_SECOND))
    }

    /// A span of whole minutes.
    #[must_use]
    pub const fn minutes(minutes: i64) -> Self {
        Self::seconds(minutes.saturating_mul(60))
    }

    /// A span of whole hours.
    #[must_use]
    pub const fn hours(hours: i64) -> Self {
        Self::minutes(hours.saturating_mul(60))
    }

    /// A span of whole days of 24 hours.
    #[must_use]
    pub const fn days(days: i64) -> Self {
        Self::hours(days.saturating_mul(24))
    }

    /// The span in microseconds.
    #[must_use]
    pub const fn as_microseconds(self) -> i64 {
        self.0
    }

    /// The span in whole seconds, rounded towards zero.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0 / MICROSECONDS_PER_SECOND
    }

    /// The span in whole minutes, rounded towards zero.
    #[must_use]
    pub const fn as_minutes(self) -> i64 {
        self.as_seconds() / 60
    }

    /// The span in seconds, rounded up: what a `Retry-After` header wants.
    #[must_use]
    pub const fn as_seconds_rounded_up(self) -> i64 {
        let whole = self.0 / MICROSECONDS_PER_SECOND;
        if self.0 % MICROSECONDS_PER_SECOND > 0 { whole + 1 } else { whole }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_utc_with_only_the_digits_there_are() {
        assert_eq!(Timestamp::from_seconds(0).rfc3339(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp::from_microseconds(1_752_143_400_250_000).rfc3339(), "2025-07-10T10:30:00.25Z");
    }

    #[test]
    fn what_it_prints_it_reads() {
        for microseconds in [0, -1, 1_752_143_400_250_000] {
            let moment = Timestamp::from_microseconds(microseconds);
            assert_eq!(Timestamp::parse_text(&moment.rfc3339()), Ok(moment));
        }
        assert_eq!(Timestamp::parse_text("1970-01-01T01:00:00+01:00"), Ok(Timestamp::default()));
        for other in ["", "1970-01-01", "1970-01-01T00:00:00", "now", "0"] {
            assert!(Timestamp::parse_text(other).is_err(), "{other}");
        }
    }

    #[test]
    fn rounds_towards_the_past_before_the_epoch() {
        assert_eq!(Timestamp::from_microseconds(-1).milliseconds(), -1);
        assert_eq!(Timestamp::from_microseconds(-1).seconds(), -1);
    }

    #[test]
    fn never_wraps_at_the_ends_of_time() {
        let end = Timestamp::from_microseconds(i64::MAX);
        assert_eq!(end.plus(Span::days(1)), end);
        assert!(end.rfc3339().ends_with('Z'));
    }

    #[test]
    fn waits_are_rounded_up_to_whole_seconds() {
        assert_eq!(Span::milliseconds(1).as_seconds_rounded_up(), 1);
        assert_eq!(Span::seconds(2).as_seconds_rounded_up(), 2);
    }
}
