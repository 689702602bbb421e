//! How a long list of licences is read: in parts that follow one another, each along one index.
//!
//! What is ordered by the name of the agreement first has a part for each name; what is ordered by its end first has a
//! part for what runs out and one for what does not, where the end orders nothing. How much is in each part is known, so
//! that those before the wanted slice are passed over without being looked at.

use bailiwick_domain::licence::order::LicenceOrder;
use bailiwick_domain::page::Direction;

use super::licence_place::Total;

/// One thing that a list is ordered by, and which way.
pub(super) type Key = (LicenceOrder, Direction);

/// Which licences a part has, by whether they run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    All,
    Ending,
    Endless,
    /// Those that run out from this moment on, and before that one: the totals are those of this range already.
    Within(i64, i64),
}

impl Range {
    /// How many licences of an agreement are in it.
    pub(super) const fn of(self, total: &Total) -> i64 {
        match self {
            Self::All | Self::Within(..) => total.number,
            Self::Ending => total.number - total.endless,
            Self::Endless => total.endless,
        }
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part<'t> {
    /// The agreements whose licences are in it.
    pub(super) agreements: Vec<&'t Total>,
    /// Which of these.
    pub(super) range: Range,
    /// What is ordered by within it; by id after that.
    pub(super) keys: Vec<Key>,
}

impl Part<'_> {
    /// How many licences it has.
    pub(super) fn count(&self) -> i64 {
        self.agreements.iter().map(|total| self.range.of(total)).sum()
    }

    /// The name that all of its agreements have.
    pub(super) fn name(&self) -> Option<&str> {
        let (first, rest) = self.agreements.split_first()?;
        rest.iter().all(|total| total.folded_name == first.folded_name).then_some(first.folded_name.as_str())
    }
}

/// The parts of a list, in their order; those without anything are left out.
pub(super) fn parts<'t>(agreements: &[&'t Total], range: Range, keys: &[Key]) -> Vec<Part<'t>> {
    let mut parts = split(agreements, range, keys);
    parts.retain(|part| part.count() > 0);
    parts
}

fn split<'t>(agreements: &[&'t Total], range: Range, keys: &[Key]) -> Vec<Part<'t>> {
    let [(order, direction), rest @ ..] = keys else {
        return vec![leaf(agreements, range, keys)];
    };
    match (order, range) {
        (LicenceOrder::AgreementName, _) => {
            let names = agreements.chunk_by(|one, other| one.folded_name == other.folded_name);
            let mut groups: Vec<_> = names.map(|group| split(group, range, rest)).collect();
            if *direction == Direction::Descending {
                groups.reverse();
            }
            groups.concat()
        }
        (LicenceOrder::ExpiresAt, Range::All) => {
            let ending = vec![leaf(agreements, Range::Ending, keys)];
            let endless = split(agreements, Range::Endless, rest);
            match direction {
                Direction::Ascending => [ending, endless].concat(),
                Direction::Descending => [endless, ending].concat(),
            }
        }
        (LicenceOrder::ExpiresAt, Range::Endless) => split(agreements, range, rest),
        _ => vec![leaf(agreements, range, keys)],
    }
}

/// A part that is read as a whole: what has nothing in it and what orders nothing in it is left out.
fn leaf<'t>(agreements: &[&'t Total], range: Range, keys: &[Key]) -> Part<'t> {
    let agreements: Vec<&Total> = agreements.iter().copied().filter(|total| range.of(total) > 0).collect();
    let names = agreements.chunk_by(|one, other| one.folded_name == other.folded_name).count();
    let orders = |(order, _): &&Key| match order {
        LicenceOrder::AgreementName => names > 1,
        LicenceOrder::ExpiresAt => range != Range::Endless,
        LicenceOrder::LicenseKey | LicenceOrder::StartsAt => true,
    };
    let mut keys: Vec<Key> = keys.iter().filter(orders).copied().collect();
    // No two have one key.
    if let Some(unique) = keys.iter().position(|(order, _)| *order == LicenceOrder::LicenseKey) {
        keys.truncate(unique + 1);
    }
    Part { agreements, range, keys }
}

/// Where the wanted slice is: the parts that it touches, with how many to pass over and to take in each.
pub(super) fn slices(parts: Vec<Part<'_>>, (offset, limit): (i64, i64)) -> Vec<(Part<'_>, i64, i64)> {
    let (mut passed, mut missing) = (offset, limit);
    let mut slices = Vec::new();
    for part in parts {
        let count = part.count();
        if passed >= count {
            passed -= count;
        } else if missing > 0 {
            let taken = missing.min(count - passed);
            slices.push((part, passed, taken));
            (passed, missing) = (0, missing - taken);
        }
    }
    slices
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use bailiwick_domain::field::Parse;
    use bailiwick_domain::id::AgreementId;
    use bailiwick_domain::licence::agreement::AgreementKind;
    use bailiwick_domain::licence::order::LicenceOrders;
    use bailiwick_domain::time::Timestamp;

    use super::*;

    fn total(name: &str, number: i64, endless: i64) -> Total {
        Total {
            agreement: AgreementId::new(Timestamp::default(), [0; 10]),
            folded_name: name.to_owned(),
            kind: AgreementKind::parse_text("trial").unwrap(),
            number,
            endless,
        }
    }

    /// Each part as its names, its range, its keys and its count.
    fn shown(totals: &[Total], orders: &str) -> Vec<(String, Range, String, i64)> {
        let orders = LicenceOrders::parse_text(orders).unwrap_or_default();
        let all: Vec<&Total> = totals.iter().collect();
        let named = |part: &Part<'_>| {
            let names: Vec<_> = part.agreements.iter().map(|total| total.folded_name.as_str()).collect();
            let keys: Vec<_> = part
                .keys
                .iter()
                .map(|(order, direction)| format!("{}{}", direction.of(["", "-"]), order.name()))
                .collect();
            (names.join(" "), part.range, keys.join(","), part.count())
        };
        parts(&all, Range::All, orders.as_slice()).iter().map(named).collect()
    }

    #[test]
    fn names_and_ends_make_parts() {
        let totals = [total("a", 5, 2), total("b", 3, 0), total("b", 4, 4)];
        let of = |name: &str, range, keys: &str, count| (name.to_owned(), range, keys.to_owned(), count);
        assert_eq!(shown(&totals, ""), [of("a b b", Range::All, "", 12)]);
        assert_eq!(
            shown(&totals, "StartsAt,LicenseKey,ExpiresAt"),
            [of("a b b", Range::All, "StartsAt,LicenseKey", 12)]
        );
        assert_eq!(
            shown(&totals, "ExpiresAt"),
            [of("a b", Range::Ending, "ExpiresAt", 6), of("a b", Range::Endless, "", 6)]
        );
        assert_eq!(
            shown(&totals, "-ExpiresAt,-StartsAt"),
            [of("a b", Range::Endless, "-StartsAt", 6), of("a b", Range::Ending, "-ExpiresAt,-StartsAt", 6)]
        );
        assert_eq!(
            shown(&totals, "-AgreementName,ExpiresAt,StartsAt"),
            [
                of("b", Range::Ending, "ExpiresAt,StartsAt", 3),
                of("b", Range::Endless, "StartsAt", 4),
                of("a", Range::Ending, "ExpiresAt,StartsAt", 3),
                of("a", Range::Endless, "StartsAt", 2),
            ]
        );
        assert_eq!(
            shown(&totals, "ExpiresAt,AgreementName"),
            [
                of("a b", Range::Ending, "ExpiresAt,AgreementName", 6),
                of("a", Range::Endless, "", 2),
                of("b", Range::Endless, "", 4),
            ]
        );
    }

    #[test]
    fn what_ends_between_two_moments_is_one_part_unless_names_come_first() {
        let totals = [total("a", 5, 0), total("b", 3, 0), total("c", 0, 0)];
        let all: Vec<&Total> = totals.iter().collect();
        let within = Range::Within(3, 9);
        for (orders, counts) in [("", vec![8]), ("-ExpiresAt,StartsAt", vec![8]), ("-AgreementName", vec![3, 5])] {
            let orders = LicenceOrders::parse_text(orders).unwrap_or_default();
            let parts = parts(&all, within, orders.as_slice());
            assert!(parts.iter().all(|part| part.range == within));
            assert_eq!(parts.iter().map(Part::count).collect::<Vec<_>>(), counts);
        }
    }

    #[test]
    fn a_slice_touches_the_parts_that_it_lies_in() {
        let totals = [total("a", 5, 0), total("b", 3, 0), total("c", 4, 0)];
        let all: Vec<&Total> = totals.iter().collect();
        let orders = LicenceOrders::parse_text("AgreementName").unwrap();
        let of = |slice| -> Vec<_> {
            let slices = slices(parts(&all, Range::All, orders.as_slice()), slice);
            slices
                .into_iter()
                .map(|(part, passed, taken)| {
                    (part.agreements.first().map(|total| total.folded_name.clone()).unwrap_or_default(), passed, taken)
                })
                .collect()
        };
        let a = |name: &str, passed, taken| (name.to_owned(), passed, taken);
        assert_eq!(of((0, 50)), [a("a", 0, 5), a("b", 0, 3), a("c", 0, 4)]);
        assert_eq!(of((4, 3)), [a("a", 4, 1), a("b", 0, 2)]);
        assert_eq!(of((8, 2)), [a("c", 0, 2)]);
        assert_eq!(of((12, 5)), []);
    }
}
