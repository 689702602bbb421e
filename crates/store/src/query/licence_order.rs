//! Slices of parts of long lists of licences.

use std::cmp::Ordering;

use bailiwick_domain::id::{AgreementId, LicenceId, OrganisationId};
use bailiwick_domain::licence::order::LicenceOrder;

use super::licence_part::along;
use super::licence_place::Total;
use super::licence_plan::{Key, Part, Range};
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::value::{Value, values};

record! {
    /// A licence with all that it can be ordered by.
    #[derive(Clone, Debug)]
    pub(super) struct Place {
        /// The licence.
        pub(super) licence: LicenceId,
        /// Its agreement.
        pub(super) agreement: AgreementId,
        /// The name of the agreement, as lists are ordered.
        pub(super) folded_name: String,
        /// Its key.
        pub(super) licence_key: String,
        /// When it begins, in microseconds.
        pub(super) starts_at: i64,
        /// When it ends; the largest number where it does not.
        pub(super) ends_at: i64,
    }
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
    /// The same as conditions: the kind, the id, the name, and a pattern of the name of the agreements; null where they do not matter.
    pub(super) conditions: [Value; 4],
}

/// Which of the agreements of a list are read.
enum Which {
    All,
    One(AgreementId),
    Asked,
}

impl Asked<'_> {
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
                link.all(along.some, &self.values(&Which::Asked, part, (offset, limit))).await?
            }
            [total] => link.all(along.one, &self.values(&Which::One(total.agreement), part, (offset, limit))).await?,
            _ if is_whole => link.all(along.all, &self.values(&Which::All, part, (offset, limit))).await?,
            several if several.len() <= MERGED_MAX && agreements.saturating_mul(wanted) <= MERGED_ROWS_MAX => {
                let mut rows: Vec<Place> = Vec::new();
                for total in several {
                    let values = self.values(&Which::One(total.agreement), part, (0, wanted));
                    rows.extend(link.all::<Place>(along.one, &values).await?);
                }
                rows.sort_by(|one, other| compare(one, other, &part.keys));
                let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
                rows.into_iter().skip(skipped).take(usize::try_from(limit).unwrap_or(usize::MAX)).collect()
            }
            _ => link.all(along.some, &self.values(&Which::Asked, part, (offset, limit))).await?,
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
            LicenceOrder::AgreementName => one.folded_name.cmp(&other.folded_name),
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
