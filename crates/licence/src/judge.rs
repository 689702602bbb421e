//! What an authentic file means for one system at one moment.

use crate::file::{LicenceFile, Words};
use crate::refusal::Refusal;
use crate::state::State;

/// How many seconds the clocks of a server and a system may differ.
pub const CLOCK_TOLERANCE: i64 = 300;

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub struct Appliance<'a> {
    /// The id of the system that asks.
    pub system: &'a str,
    /// What its clock shows: seconds since 1970.
    pub now: i64,
    /// What it kept from the last ruling; none on its first day.
    pub memory: Option<Memory>,
}

/// What a system has to keep from one ruling to the next, where nobody can set it back. It is what makes an old file and
/// a clock that was turned back noticeable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The number of the newest file that was believed.
    pub lease: u64,
    /// The latest moment that is known to have passed: seconds since 1970.
    pub latest: i64,
}

impl Memory {
    /// Bytes of what is kept.
    pub const BYTES: usize = 16;

    /// What is kept, to be written somewhere.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let all = self.lease.to_be_bytes().into_iter().chain(self.latest.to_be_bytes());
        for (to, from) in bytes.iter_mut().zip(all) {
            *to = from;
        }
        bytes
    }

    /// What was kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let both = u128::from_be_bytes(bytes);
        let [lease, latest] =
            [both >> 64, both & u128::from(u64::MAX)].map(|half| u64::try_from(half).unwrap_or(u64::MAX));
        Self { lease, latest: latest.cast_signed() }
    }
}

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruling<'a> {
    /// The state at this moment, which may have changed since the file was signed.
    pub state: State,
    /// Until when that is so, unless a new file says something else: seconds since 1970.
    pub until: i64,
    /// What to keep for the next time.
    pub memory: Memory,
    file: LicenceFile<'a>,
}

impl<'a> Ruling<'a> {
    /// Whether this may be used now.
    #[must_use]
    pub fn provides(&self, name: &str) -> bool {
        self.provided().any(|provided| provided == name)
    }

    /// Everything that may be used now.
    pub fn provided(&self) -> impl Iterator<Item = &'a str> {
        self.living(self.file.provides)
    }

    /// The ids of the catalogues that are open now.
    pub fn catalogues(&self) -> impl Iterator<Item = &'a str> {
        self.living(self.file.catalogues)
    }

    /// Of several licences one may end before the others: what only that one allows ends with it.
    fn living(&self, words: Words<'a>) -> impl Iterator<Item = &'a str> {
        let (allows, now) = (self.state.allows(), self.memory.latest);
        words.iter().filter(move |_| allows).filter_map(move |word| match word.split_once('@') {
            Some((name, end)) => end.parse().is_ok_and(|end: i64| now < end).then_some(name),
            None => Some(word),
        })
    }
}

impl<'a> LicenceFile<'a> {
    /// What the file means for this system at this moment.
    ///
    /// # Errors
    /// Why it means nothing: of [`Refusal::WrongSystem`], [`Refusal::Replayed`], [`Refusal::ClockTurnedBack`],
    /// [`Refusal::FromTheFuture`] and [`Refusal::LeaseEnded`] the first that holds.
    pub fn judge(&self, appliance: &Appliance<'_>) -> Result<Ruling<'a>, Refusal> {
        let now = appliance.now;
        if appliance.system != self.system {
            return Err(Refusal::WrongSystem);
        }
        if appliance.memory.is_some_and(|memory| self.lease < memory.lease) {
            return Err(Refusal::Replayed);
        }
        // A newer file carries the server's time, which counts for more than what this clock once showed: so a clock that
        // ran ahead can be set right.
        let seen = appliance.memory.filter(|memory| memory.lease == self.lease);
        if seen.is_some_and(|seen| now < seen.latest.saturating_sub(CLOCK_TOLERANCE)) {
            return Err(Refusal::ClockTurnedBack);
        }
        if now < self.issued.saturating_sub(CLOCK_TOLERANCE) {
            return Err(Refusal::FromTheFuture);
        }
        // A clock that was turned back within the tolerance gains nothing either.
        let now = seen.map_or(now, |seen| now.max(seen.latest)).max(self.issued);
        if now >= self.until {
            return Err(Refusal::LeaseEnded);
        }
        let (state, until) = self.state_at(now);
        Ok(Ruling {
            state,
            until: until.unwrap_or(self.until).min(self.until),
            memory: Memory { lease: self.lease, latest: now },
            file: *self,
        })
    }

    /// The state at a moment after the file was signed, and until when it stays so.
    fn state_at(&self, now: i64) -> (State, Option<i64>) {
        let is_before = |end: Option<i64>| end.is_some_and(|end| now < end);
        match self.state {
            State::Trial | State::Active if self.ends.is_none() || is_before(self.ends) => (self.state, self.ends),
            State::Trial | State::Active | State::Grace if is_before(self.grace) => (State::Grace, self.grace),
            State::Trial | State::Active | State::Grace => (State::Expired, None),
            State::Expired | State::Suspended | State::Revoked | State::None => (self.state, None),
        }
    }
}
