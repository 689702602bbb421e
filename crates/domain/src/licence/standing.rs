//! What a system may do with its licences at one moment, why, and what to do about it.

use std::fmt;

use super::term::GraceDays;
use crate::field::{Parse, Refusal};
use crate::time::{Span, Timestamp};

/// What may be done with what a system has of licences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LicenceState {
    /// Nothing: there is no licence, or it has not begun.
    None,
    /// Nothing, for good.
    Revoked,
    /// Nothing: it has run out.
    Expired,
    /// Nothing, until somebody lifts what they have decided.
    Suspended,
    /// Everything that is provided, for a while longer, although the licence has run out.
    Grace,
    /// Everything that is provided, to try it.
    Trial,
    /// Everything that is provided.
    Active,
}

impl LicenceState {
    /// Every state, the worst first: of several licences the best counts. Among those that allow nothing that is the one
    /// about which most can be done.
    pub const ALL: [Self; 7] =
        [Self::None, Self::Revoked, Self::Expired, Self::Suspended, Self::Grace, Self::Trial, Self::Active];

    /// The name in the APIs and in licence files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Suspended => "suspended",
            Self::Grace => "grace",
            Self::Trial => "trial",
            Self::Active => "active",
        }
    }

    /// Whether what is provided may be used.
    #[must_use]
    pub const fn allows(self) -> bool {
        matches!(self, Self::Grace | Self::Trial | Self::Active)
    }
}

impl fmt::Display for LicenceState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Parse for LicenceState {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let found = Self::ALL.into_iter().find(|state| state.name() == text);
        found.ok_or_else(|| Refusal::new("oneof", format!("one of {}", Self::ALL.map(Self::name).join(", "))))
    }
}

crate::schema::wire_text!(LicenceState, |value| value.name(), { "type": "string", "enum": LicenceState::ALL.map(LicenceState::name) });

/// What is known of one licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LicenceFacts {
    /// Whether it is there to try what it provides.
    pub is_trial: bool,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it runs out; never, without one.
    pub expires_at: Option<Timestamp>,
    /// How long what it provides may be used after that.
    pub grace: GraceDays,
    /// Since when it is suspended.
    pub suspended_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl LicenceFacts {
    /// When the grace ends, where the licence ends at all.
    #[must_use]
    pub fn grace_ends_at(&self) -> Option<Timestamp> {
        self.expires_at.map(|end| end.plus(Span::days(self.grace.number())))
    }

    /// What may be done with it at a moment.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        let (state, since, until) = match (self.revoked_at, self.suspended_at, self.expires_at, self.grace_ends_at()) {
            (Some(revoked), ..) => (LicenceState::Revoked, Some(revoked), None),
            (None, Some(suspended), ..) => (LicenceState::Suspended, Some(suspended), None),
            _ if now < self.starts_at => (LicenceState::None, None, Some(self.starts_at)),
            (_, _, Some(end), Some(grace_end)) if now >= grace_end => {
                (LicenceState::Expired, Some(grace_end.max(end)), None)
            }
            (_, _, Some(end), grace_end) if now >= end => (LicenceState::Grace, Some(end), grace_end),
            (_, _, end, _) if self.is_trial => (LicenceState::Trial, Some(self.starts_at), end),
            (_, _, end, _) => (LicenceState::Active, Some(self.starts_at), end),
        };
        Standing { state, since, until }
    }
}

/// What may be done, since when and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What may be done.
    pub state: LicenceState,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Until when, unless somebody decides otherwise; where nothing has begun yet, when it begins.
    pub until: Option<Timestamp>,
}

impl Standing {
    /// That of whoever has no licence at all.
    pub const NOTHING: Self = Self { state: LicenceState::None, since: None, until: None };

    /// The best of several: of two in one state the one that lasts longer.
    #[must_use]
    pub fn best(standings: impl IntoIterator<Item = Self>) -> Self {
        let lasting = |standing: &Self| {
            let end = standing.until.unwrap_or(Timestamp::from_microseconds(i64::MAX));
            // Where nothing has begun, whatever begins is better than nothing, and what begins sooner is best.
            let begins = (standing.state == LicenceState::None).then_some(std::cmp::Reverse(end));
            (standing.state, begins, end)
        };
        standings.into_iter().max_by_key(lasting).unwrap_or(Self::NOTHING)
    }

    /// Why, to be shown to a person.
    #[must_use]
    pub fn why(&self) -> String {
        let (since, until) = (self.since.map(day), self.until.map(day));
        match (self.state, since, until) {
            (LicenceState::None, _, Some(begin)) => format!("The licence of this system begins on {begin}."),
            (LicenceState::None, ..) => "This system has no licence.".to_owned(),
            (LicenceState::Trial, _, Some(end)) => format!("This system is on trial until {end}."),
            (LicenceState::Trial, ..) => "This system is on trial.".to_owned(),
            (LicenceState::Active, _, Some(end)) => format!("The licence of this system is good until {end}."),
            (LicenceState::Active, ..) => "The licence of this system is good and does not run out.".to_owned(),
            (LicenceState::Grace, Some(end), Some(last)) => {
                format!("The licence of this system ran out on {end}. Everything goes on working until {last}.")
            }
            (LicenceState::Grace, ..) => "The licence of this system ran out.".to_owned(),
            (LicenceState::Expired, Some(end), _) => {
                format!("The licence of this system has run out; its time of grace ended on {end}.")
            }
            (LicenceState::Expired, ..) => "The licence of this system has run out.".to_owned(),
            (LicenceState::Suspended, Some(since), _) => {
                format!("The licence of this system has been suspended since {since}.")
            }
            (LicenceState::Suspended, ..) => "The licence of this system is suspended.".to_owned(),
            (LicenceState::Revoked, Some(since), _) => format!("The licence of this system was revoked on {since}."),
            (LicenceState::Revoked, ..) => "The licence of this system was revoked.".to_owned(),
        }
    }

    /// What to do about it, to be shown to a person.
    #[must_use]
    pub const fn next_action(&self) -> &'static str {
        match self.state {
            LicenceState::Active => "Nothing needs to be done.",
            LicenceState::Trial => "Order a licence before the trial ends.",
            LicenceState::Grace | LicenceState::Expired => "Have the licence renewed by whoever sold it to you.",
            LicenceState::Suspended => "Ask whoever sold you the licence what has to be settled.",
            LicenceState::Revoked => "Ask whoever sold you the licence for another one.",
            LicenceState::None if self.until.is_some() => "Wait until the licence begins.",
            LicenceState::None => "Order a licence, or have one assigned to this system.",
        }
    }
}

/// The day of a moment, in UTC.
fn day(moment: Timestamp) -> String {
    let text = moment.rfc3339();
    text.split_once('T').map_or_else(|| text.clone(), |(day, _)| day.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_795_000_000);

    fn facts() -> LicenceFacts {
        LicenceFacts {
            is_trial: false,
            starts_at: START,
            expires_at: Some(START.plus(Span::days(90))),
            grace: GraceDays::default(),
            suspended_at: None,
            revoked_at: None,
        }
    }

    fn after(days: i64) -> Timestamp {
        START.plus(Span::days(days))
    }

    #[test]
    fn a_licence_begins_runs_out_and_has_a_grace() {
        let state = |days| facts().standing(after(days)).state;
        assert_eq!(
            [-1, 0, 89, 90, 103, 104].map(state),
            [
                LicenceState::None,
                LicenceState::Active,
                LicenceState::Active,
                LicenceState::Grace,
                LicenceState::Grace,
                LicenceState::Expired,
            ]
        );
        let last_moment = after(90).minus(Span::microseconds(1));
        assert_eq!(facts().standing(last_moment).until, Some(after(90)));
        assert_eq!(LicenceFacts { is_trial: true, ..facts() }.standing(START).state, LicenceState::Trial);
        assert_eq!(LicenceFacts { expires_at: None, ..facts() }.standing(after(99_999)).state, LicenceState::Active);
        let without_grace = LicenceFacts { grace: GraceDays::new(0).unwrap_or_default(), ..facts() };
        assert_eq!(without_grace.standing(after(90)).state, LicenceState::Expired);
    }

    #[test]
    fn what_somebody_decided_comes_before_what_time_does() {
        let suspended = LicenceFacts { suspended_at: Some(after(5)), ..facts() };
        assert_eq!(suspended.standing(after(200)).state, LicenceState::Suspended);
        let revoked = LicenceFacts { revoked_at: Some(after(6)), ..suspended };
        assert_eq!(
            revoked.standing(after(200)),
            Standing { state: LicenceState::Revoked, since: Some(after(6)), until: None }
        );
    }

    #[test]
    fn the_best_of_several_counts_and_lasts_longest() {
        let of = |state, until| Standing { state, since: None, until };
        let (short, long) = (of(LicenceState::Active, Some(after(1))), of(LicenceState::Active, Some(after(2))));
        let (endless, trial) = (of(LicenceState::Active, None), of(LicenceState::Trial, Some(after(500))));
        assert_eq!(Standing::best([short, trial, long]), long);
        assert_eq!(Standing::best([long, endless, short]), endless);
        assert_eq!(Standing::best([]), Standing::NOTHING);
        let (soon, later) = (of(LicenceState::None, Some(after(1))), of(LicenceState::None, Some(after(2))));
        assert_eq!(Standing::best([later, Standing::NOTHING, soon]), soon);
        assert_eq!(
            Standing::best([of(LicenceState::Revoked, None), of(LicenceState::Expired, None)]).state,
            LicenceState::Expired
        );
    }

    #[test]
    fn words_name_the_day() {
        let why = |days| facts().standing(after(days)).why();
        assert_eq!(why(0), "The licence of this system is good until 2027-02-16.");
        assert_eq!(
            why(90),
            "The licence of this system ran out on 2027-02-16. Everything goes on working until 2027-03-02."
        );
        assert_eq!(why(-1), "The licence of this system begins on 2026-11-18.");
        assert_eq!(Standing::NOTHING.why(), "This system has no licence.");
    }

    proptest! {
        #[test]
        fn a_standing_holds_from_when_it_says_until_when_it_says(day in -10..200i64, trial: bool, endless: bool, suspended: bool) {
            let facts = LicenceFacts {
                is_trial: trial,
                expires_at: facts().expires_at.filter(|_| !endless),
                suspended_at: suspended.then_some(after(3)),
                ..facts()
            };
            let now = after(day);
            let standing = facts.standing(now);
            if let Some(until) = standing.until {
                prop_assert!(now < until);
                prop_assert_eq!(facts.standing(until.minus(Span::microseconds(1))).state, standing.state);
                prop_assert_ne!(facts.standing(until).state, standing.state);
            }
            prop_assert!(!standing.why().is_empty() && !standing.next_action().is_empty());
        }
    }
}
