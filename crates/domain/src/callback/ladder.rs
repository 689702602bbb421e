//! When to try a callback again: the ladder of Standard Webhooks with full jitter.

use crate::time::{Span, Timestamp};

/// The longest wait after each attempt; after the last rung, the last again.
const RUNGS: [Span; 9] = [
    Span::seconds(5),
    Span::minutes(5),
    Span::minutes(30),
    Span::hours(2),
    Span::hours(5),
    Span::hours(10),
    Span::hours(14),
    Span::hours(20),
    Span::hours(24),
];
/// The last rung, which repeats.
const LAST_RUNG: Span = Span::hours(24);
/// How long after the first attempt the last may be: the sum of the rungs, 75 h 35 min 5 s.
const GIVE_UP_AFTER: Span = Span::seconds(75 * 3600 + 35 * 60 + 5);
/// The longest wait that a receiver may ask for with `Retry-After`.
const RETRY_AFTER_MAX: Span = Span::hours(24);

/// What becomes of a callback whose attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is tried again at this moment.
    At(Timestamp),
    /// It has been tried long enough.
    Dead,
}

/// Decides when a callback is tried again.
///
/// `attempts_made` counts the attempts so far, the failed one included, and the
/// first of them was at `first_attempt_at`. `chance` is 64 random bits: the wait
/// is spread evenly over the whole rung, from nothing to all of it, so that
/// callbacks which failed together do not come back together.
///
/// What the receiver asked for (`retry_after`, at most 24 h of it) is waited
/// first and the spread wait comes on top. Neither is ever cut to a limit: a
/// next attempt more than 75 h 35 min 5 s after the first is not made at all.
#[must_use]
pub fn next_attempt(
    attempts_made: u32,
    first_attempt_at: Timestamp,
    now: Timestamp,
    retry_after: Option<Span>,
    chance: u64,
) -> Next {
    let asked = retry_after.unwrap_or_default().clamp(Span::ZERO, RETRY_AFTER_MAX);
    let next = now.plus(asked).plus(spread(rung(attempts_made), chance));
    if next.since(first_attempt_at) > GIVE_UP_AFTER { Next::Dead } else { Next::At(next) }
}

/// The longest wait after this many attempts; none before the first.
fn rung(attempts_made: u32) -> Span {
    let Some(index) = attempts_made.checked_sub(1) else { return Span::ZERO };
    usize::try_from(index).ok().and_then(|index| RUNGS.get(index)).copied().unwrap_or(LAST_RUNG)
}

/// A span from nothing to all of `longest`, even over the values of `chance`.
fn spread(longest: Span, chance: u64) -> Span {
    let microseconds = u128::try_from(longest.as_microseconds()).unwrap_or_default();
    let share = (microseconds * u128::from(chance)) / u128::from(u64::MAX);
    Span::microseconds(i64::try_from(share).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIRST: Timestamp = Timestamp::from_seconds(1_752_143_400);

    /// The wait after this many attempts, early enough for none to be the last.
    fn wait(attempts_made: u32, retry_after: Option<Span>, chance: u64) -> Span {
        match next_attempt(attempts_made, FIRST, FIRST, retry_after, chance) {
            Next::At(next) => next.since(FIRST),
            Next::Dead => Span::microseconds(-1),
        }
    }

    #[test]
    fn the_rungs_are_those_of_the_contract() {
        let longest: Vec<i64> = (0..=11).map(|made| wait(made, None, u64::MAX).as_seconds()).collect();
        let seconds = [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, 86_400, 86_400];
        assert_eq!(longest, seconds);
        assert_eq!(wait(u32::MAX, None, u64::MAX), Span::hours(24));
    }

    #[test]
    fn the_longest_waits_together_end_exactly_at_the_limit() {
        let mut now = FIRST;
        for attempts_made in 1..=9 {
            let next = next_attempt(attempts_made, FIRST, now, None, u64::MAX);
            assert!(matches!(next, Next::At(_)), "after {attempts_made}");
            if let Next::At(at) = next {
                now = at;
            }
        }
        assert_eq!(now.since(FIRST), GIVE_UP_AFTER);
        assert_eq!(next_attempt(10, FIRST, now, None, 1 << 32), Next::Dead);
    }

    #[test]
    fn a_receiver_may_ask_for_up_to_a_day() {
        assert_eq!(wait(1, Some(Span::minutes(1)), 0), Span::minutes(1));
        assert_eq!(wait(1, Some(Span::days(30)), 0), Span::hours(24));
        assert_eq!(wait(1, Some(Span::minutes(-1)), 0), Span::ZERO);
    }

    proptest! {
        #[test]
        fn waits_at_least_what_was_asked_and_at_most_the_rung_more(
            made in 0..20u32, asked in 0..=86_400i64, chance: u64,
        ) {
            let asked = Span::seconds(asked);
            let waited = wait(made, Some(asked), chance).as_microseconds() - asked.as_microseconds();
            prop_assert!((0..=rung(made).as_microseconds()).contains(&waited), "{}", waited);
        }

        #[test]
        fn more_chance_is_never_less_wait(made in 1..20u32, a: u64, b: u64) {
            prop_assert_eq!(wait(made, None, a.min(b)) <= wait(made, None, a.max(b)), true);
        }

        #[test]
        fn jitter_is_spread_and_not_clamped(made in 1..20u32, eighth in 0..8u64) {
            // Each eighth of chance has its own eighth of the rung: no heap of calls at any one moment.
            let waited = wait(made, None, eighth * (u64::MAX / 8) + u64::MAX / 16).as_microseconds();
            let width = rung(made).as_microseconds() / 8;
            prop_assert_eq!(waited / width, i64::try_from(eighth).unwrap_or_default());
        }

        #[test]
        fn every_callback_dies_and_none_is_tried_past_the_limit(chances in prop::collection::vec(any::<u64>(), 400)) {
            let (mut now, mut died) = (FIRST, false);
            for (made, chance) in (1..).zip(chances) {
                match next_attempt(made, FIRST, now, None, chance) {
                    Next::At(next) => {
                        prop_assert!(next >= now && next.since(FIRST) <= GIVE_UP_AFTER);
                        now = next;
                    }
                    Next::Dead => {
                        died = true;
                        break;
                    }
                }
            }
            prop_assert!(died);
        }
    }
}
