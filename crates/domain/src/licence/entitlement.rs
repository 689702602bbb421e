//! What a system may use by all its licences together, and for how long it may rely on that while its server is away.

use std::collections::BTreeMap;

use super::capability::{Capabilities, Capability, Catalogues};
use super::standing::{LicenceFacts, Standing};
use super::term::LeaseDays;
use crate::id::{CatalogueId, LicenceId};
use crate::time::{Span, Timestamp};

/// What a system has by one licence.
#[derive(Clone, Debug)]
pub struct Holding {
    /// The licence.
    pub licence: LicenceId,
    /// What decides how it stands.
    pub facts: LicenceFacts,
    /// What it allows.
    pub provides: Capabilities,
    /// The catalogues that it opens.
    pub catalogues: Catalogues,
    /// How long the system may go on without hearing from its server.
    pub lease: LeaseDays,
}

/// Something that may be used, and until when without hearing from the server; as long as the whole, without a moment.
pub type Until<T> = (T, Option<Timestamp>);

/// What a system may use at a moment.
#[derive(Clone, Debug)]
pub struct Entitlement {
    /// How it stands by the best of its licences.
    pub standing: Standing,
    /// When the last licence that allows something runs out; never, without one.
    pub ends_at: Option<Timestamp>,
    /// When the grace after that ends.
    pub grace_ends_at: Option<Timestamp>,
    /// Until when all this may be relied on without hearing from the server.
    pub lease_until: Timestamp,
    /// The licences that allow something.
    pub licences: Vec<LicenceId>,
    /// What may be used.
    pub provides: Vec<Until<Capability>>,
    /// The catalogues that are open.
    pub catalogues: Vec<Until<CatalogueId>>,
}

impl Entitlement {
    /// What these licences allow at this moment.
    ///
    /// Nothing lasts longer because another licence does: what one allows ends with that one, and has to be confirmed as
    /// often as its agreement wants.
    #[must_use]
    pub fn of(holdings: &[Holding], now: Timestamp) -> Self {
        let standing = Standing::best(holdings.iter().map(|holding| holding.facts.standing(now)));
        let allowing: Vec<_> = holdings.iter().filter(|holding| holding.facts.standing(now).state.allows()).collect();
        let last = allowing.iter().max_by_key(|holding| last_moment(holding.facts.grace_ends_at()));
        let lease = allowing.iter().map(|holding| holding.lease).max().unwrap_or_default();
        let lease_until = now.plus(Span::days(lease.number()));
        let mut provides = BTreeMap::new();
        let mut catalogues = BTreeMap::new();
        for holding in &allowing {
            let leased = now.plus(Span::days(holding.lease.number()));
            let until = last_moment(holding.facts.grace_ends_at()).min(leased);
            for capability in holding.provides.as_slice() {
                keep_latest(&mut provides, capability.clone(), until);
            }
            for catalogue in holding.catalogues.as_slice() {
                keep_latest(&mut catalogues, *catalogue, until);
            }
        }
        Self {
            standing,
            ends_at: last.and_then(|holding| holding.facts.expires_at),
            grace_ends_at: last.and_then(|holding| holding.facts.grace_ends_at()),
            lease_until,
            licences: allowing.iter().map(|holding| holding.licence).collect(),
            provides: listed(provides, lease_until),
            catalogues: listed(catalogues, lease_until),
        }
    }
}

fn last_moment(end: Option<Timestamp>) -> Timestamp {
    end.unwrap_or(Timestamp::from_microseconds(i64::MAX))
}

fn keep_latest<T: Ord>(all: &mut BTreeMap<T, Timestamp>, item: T, until: Timestamp) {
    let latest = all.entry(item).or_insert(until);
    *latest = until.max(*latest);
}

fn listed<T>(all: BTreeMap<T, Timestamp>, whole: Timestamp) -> Vec<Until<T>> {
    all.into_iter().map(|(item, until)| (item, (until < whole).then_some(until))).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use serde_json::json;

    use super::super::standing::LicenceState;
    use super::super::term::GraceDays;
    use super::*;
    use crate::field::Parse;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

    fn after(days: i64) -> Timestamp {
        NOW.plus(Span::days(days))
    }

    fn holding(provides: &[&str], ends: Option<i64>, lease: i64) -> Holding {
        Holding {
            licence: LicenceId::new(NOW, [0; 10]),
            facts: LicenceFacts {
                is_trial: false,
                starts_at: after(-10),
                expires_at: ends.map(after),
                grace: GraceDays::new(0).unwrap(),
                suspended_at: None,
                revoked_at: None,
            },
            provides: Capabilities::parse_json(&json!(provides)).unwrap(),
            catalogues: Catalogues::default(),
            lease: LeaseDays::new(lease).unwrap(),
        }
    }

    fn provided(entitlement: &Entitlement) -> Vec<(&str, Option<Timestamp>)> {
        entitlement.provides.iter().map(|(name, until)| (name.as_str(), *until)).collect()
    }

    #[test]
    fn nothing_lasts_longer_because_another_licence_does() {
        let both = [holding(&["a", "b"], Some(5), 30), holding(&["b", "c"], Some(60), 30)];
        let found = Entitlement::of(&both, NOW);
        assert_eq!((found.ends_at, found.lease_until), (Some(after(60)), after(30)));
        assert_eq!(provided(&found), [("a", Some(after(5))), ("b", None), ("c", None)]);
        assert_eq!(found.licences.len(), 2);
    }

    #[test]
    fn what_has_to_be_confirmed_often_is_not_spared_it_by_what_need_not() {
        let both = [holding(&["a"], None, 2), holding(&["b"], None, 90)];
        let found = Entitlement::of(&both, NOW);
        assert_eq!((found.ends_at, found.lease_until), (None, after(90)));
        assert_eq!(provided(&found), [("a", Some(after(2))), ("b", None)]);
    }

    #[test]
    fn what_allows_nothing_provides_nothing() {
        let mut suspended = holding(&["a"], None, 30);
        suspended.facts.suspended_at = Some(after(-1));
        let found = Entitlement::of(&[suspended, holding(&["b"], Some(-1), 30)], NOW);
        assert_eq!(found.standing.state, LicenceState::Suspended);
        assert!(found.provides.is_empty() && found.licences.is_empty() && found.ends_at.is_none());
        assert_eq!(Entitlement::of(&[], NOW).standing, Standing::NOTHING);
    }
}
