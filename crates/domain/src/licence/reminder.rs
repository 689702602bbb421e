//! When those who hold a licence, and those who sold it, are told that it runs out.

use crate::time::{Span, Timestamp};

/// How many days before the end of a licence they are told, the last time first: each time once.
pub const DAYS_BEFORE: [i64; 3] = [1, 7, 30];

/// The ends of licences of which it is to be told at a moment, where it was not, a day of them at a time: those after the
/// first moment, up to and including the second, so many days before. No end is in two of them: who was told of the last
/// day is told of nothing earlier any more.
pub fn due(now: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp, i64)> {
    let mut day = 0;
    DAYS_BEFORE.into_iter().flat_map(move |days| {
        let first = std::mem::replace(&mut day, days);
        (first..days).map(move |day| (now.plus(Span::days(day)), now.plus(Span::days(day + 1)), days))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20T09:30:00Z.
    const NOW: Timestamp = Timestamp::from_seconds(1_795_167_000);

    /// Which of the reminders are due of a licence that runs out so much later.
    fn reminders(left: Span) -> Vec<i64> {
        let end = NOW.plus(left);
        due(NOW).filter(|(from, to, _)| *from < end && end <= *to).map(|(_, _, days)| days).collect()
    }

    #[test]
    fn of_every_end_at_most_one_reminder_is_due() {
        let second = Span::seconds(1);
        for (left, expected) in [
            (Span::ZERO, vec![]),
            (second, vec![1]),
            (Span::days(1), vec![1]),
            (Span::seconds(86_401), vec![7]),
            (Span::days(5), vec![7]),
            (Span::days(7), vec![7]),
            (Span::days(8), vec![30]),
            (Span::days(30), vec![30]),
            (Span::seconds(30 * 86_400 + 1), vec![]),
            (Span::seconds(-1), vec![]),
        ] {
            assert_eq!(reminders(left), expected, "{left:?}");
        }
    }
}
