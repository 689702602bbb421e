//! Slices of parts of long lists of licences.

use std::cmp::Ordering;
use std::collections::HashMap;

use bailiwick_domain::id::{AgreementId, LicenceId, OrganisationId};
use bailiwick_domain::licence::order::LicenceOrder;

use super::licence_part::{along, is_alone};
use super::licence_place::Total;
use super::licence_plan::{Key, Part, Range};
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::Statement;
use crate::value::{Value, values};

record! {
    /// A licence in a list as it is stored.
    #[derive(Clone, Debug)]
    pub(super) struct PlaceRow {
        pub(super) licence: LicenceId,
        pub(super) agreement: AgreementId,
        pub(super) licence_key: String,
        pub(super) starts_at: i64,
        pub(super) ends_at: i64,
    }
}

/// A licence with all that it can be ordered by.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The licence.
    pub(super) licence: LicenceId,
    /// Its agreement.
    pub(super) agreement: AgreementId,
    /// Where the name of the agreement comes among those of all in the list.
    name: usize,
    licence_key: String,
    starts_at: i64,
    ends_at: i64,
}

impl Place {
    /// Whether it ends then.
    pub(super) const fn is_within(&self, range: Range) -> bool {
        match range {
            Range::Within(from, before) => from <= self.ends_at && self.ends_at < before,
            _ => true,
        }
    }
}

/// Up to how many agreements are read one by one, where a part is neither one nor all of them.
const MERGED_MAX: usize = 64;
/// Up to how many rows are merged.
pub(super) const MERGED_ROWS_MAX: i64 = 20_000;

/// The list of a partner, and which agreements are asked for in it.
pub(super) struct Asked<'t> {
    /// Whose list.
    pub(super) partner: OrganisationId,
    /// All that is in it.
    pub(super) totals: &'t [Total],
    /// The agreements that are asked for.
    pub(super) agreements: Vec<&'t Total>,
    /// The same as conditions: the kind, the id, the name and a pattern of the name; null where they do
    /// not matter.
    pub(super) conditions: [Value; 4],
    /// Where the name of each agreement comes among those of all.
    names: HashMap<AgreementId, usize>,
}

/// Which of the agreements of a list are read.
enum Which {
    All,
    One(AgreementId),
    Asked,
}

impl<'t> Asked<'t> {
    /// What is asked for of all that is in the list of a partner, in the order of names.
    pub(super) fn new(
        partner: OrganisationId,
        totals: &'t [Total],
        agreements: Vec<&'t Total>,
        conditions: [Value; 4],
    ) -> Self {
        let groups = totals.chunk_by(|one, other| one.folded_name == other.folded_name).enumerate();
        let names = groups.flat_map(|(number, group)| group.iter().map(move |total| (total.agreement, number)));
        Self { partner, totals, agreements, conditions, names: names.collect() }
    }

    /// The licences that a statement gives.
    pub(super) async fn places(
        &self,
        link: &mut Link,
        statement: &'static Statement,
        values: &[Value],
    ) -> Result<Vec<Place>> {
        let rows: Vec<PlaceRow> = link.all(statement, values).await?;
        Ok(rows.into_iter().map(|row| self.place(row)).collect())
    }

    /// A licence as it can be put in order.
    pub(super) fn place(&self, row: PlaceRow) -> Place {
        let PlaceRow { licence, agreement, licence_key, starts_at, ends_at } = row;
        // One that came in between is not counted yet either.
        let name = self.names.get(&agreement).copied().unwrap_or(usize::MAX);
        Place { licence, agreement, name, licence_key, starts_at, ends_at }
    }

    /// The licences of a slice of a part, in their order; nothing where that would be read by no index.
    pub(super) async fn read(
        &self,
        link: &mut Link,
        part: &Part<'_>,
        (offset, limit): (i64, i64),
    ) -> Result<Option<Vec<Place>>> {
        let Some(along) = along(part) else { return Ok(None) };
        let wanted = offset.saturating_add(limit);
        let agreements = i64::try_from(part.agreements.len()).unwrap_or(i64::MAX);
        let is_whole = part.count() == self.totals.iter().map(|total| part.range.of(total)).sum::<i64>();
        let rows = match part.agreements.as_slice() {
            _ if matches!(part.range, Range::Within(..)) => {
                self.places(link, along.some, &self.values(&Which::Asked, part, (offset, limit))).await?
            }
            [total] => {
                self.places(link, along.one, &self.values(&Which::One(total.agreement), part, (offset, limit))).await?
            }
            _ if is_whole => self.places(link, along.all, &self.values(&Which::All, part, (offset, limit))).await?,
            several if several.len() <= MERGED_MAX && agreements.saturating_mul(wanted) <= MERGED_ROWS_MAX => {
                let mut rows: Vec<Place> = Vec::new();
                for total in several {
                    let values = self.values(&Which::One(total.agreement), part, (0, wanted));
                    rows.extend(self.places(link, along.one, &values).await?);
                }
                rows.sort_by(|one, other| compare(one, other, &part.keys));
                let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
                rows.into_iter().skip(skipped).take(usize::try_from(limit).unwrap_or(usize::MAX)).collect()
            }
            _ => self.places(link, along.some, &self.values(&Which::Asked, part, (offset, limit))).await?,
        };
        Ok(Some(rows))
    }

    fn values(&self, which: &Which, part: &Part<'_>, (offset, limit): (i64, i64)) -> Vec<Value> {
        let mut values: Vec<Value> = vec![self.partner.into()];
        match which {
            Which::All => (),
            Which::One(agreement) => values.push((*agreement).into()),
            Which::Asked => {
                let [kind, id, name, pattern] = self.conditions.clone();
                // Where the names make the parts, this is one of them.
                let name = part.name().map_or(name, |name| name.to_owned().into());
                values.extend([kind, id, name, pattern]);
            }
        }
        // How many things the statement itself orders by, and how many more it is told.
        let (passed, told) = match (part.range, part.keys.first()) {
            (Range::Within(from, before), first) => {
                values.extend_from_slice(values![from, before]);
                (usize::from(matches!(first, Some((LicenceOrder::ExpiresAt, _)))), 4)
            }
            (_, None | Some((LicenceOrder::LicenseKey, _))) => (0, 0),
            _ if is_alone(part) && !matches!(which, Which::Asked) => (0, 0),
            _ => (1, 3),
        };
        let mut then = part.keys.iter().skip(passed).map(|key| written(*key).into());
        values.extend((0..told).map(|_| then.next().unwrap_or_else(|| Value::from(""))));
        values.extend_from_slice(values![limit, offset]);
        values
    }
}

/// A key as a statement takes it.
pub(super) fn written((order, direction): Key) -> String {
    format!("{}{}", direction.of(["", "-"]), order.name())
}

/// Which of two comes first.
pub(super) fn compare(one: &Place, other: &Place, keys: &[Key]) -> Ordering {
    let by = |(order, direction): &Key| {
        let ordering = match order {
            LicenceOrder::AgreementName => one.name.cmp(&other.name),
            LicenceOrder::LicenseKey => one.licence_key.cmp(&other.licence_key),
            LicenceOrder::StartsAt => one.starts_at.cmp(&other.starts_at),
            LicenceOrder::ExpiresAt => one.ends_at.cmp(&other.ends_at),
        };
        direction.of([ordering, ordering.reverse()])
    };
    keys.iter().map(by).find(|ordering| ordering.is_ne()).unwrap_or(one.licence.cmp(&other.licence))
}

#[cfg(test)]
mod tests;
