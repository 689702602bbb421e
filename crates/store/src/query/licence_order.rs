//! Parts of long lists of licences, each read along one index.

use std::cmp::Ordering;

use bailiwick_domain::id::{AgreementId, LicenceId, OrganisationId};
use bailiwick_domain::licence::order::LicenceOrder;
use bailiwick_domain::page::Direction;

use super::licence_plan::{Key, Part, Range};
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::{Statement, statements};
use crate::value::{Value, values};

/// One of the things that rows are ordered by which are equal in the first: the parameter says which, and nothing where
/// there is no more.
macro_rules! then_by {
    ($order:literal) => {
        concat!(
            "CASE ",
            $order,
            " WHEN 'AgreementName' THEN a.folded_name WHEN 'LicenseKey' THEN pl.licence_key END, \
             CASE ",
            $order,
            " WHEN '-AgreementName' THEN a.folded_name WHEN '-LicenseKey' THEN pl.licence_key END DESC, \
             CASE ",
            $order,
            " WHEN 'StartsAt' THEN pl.starts_at WHEN '-StartsAt' THEN -pl.starts_at \
             WHEN 'ExpiresAt' THEN pl.ends_at WHEN '-ExpiresAt' THEN -pl.ends_at END, "
        )
    };
}

/// What licences can be ordered by, of the places `pl` and the agreements `a`.
macro_rules! place_columns {
    () => {
        "SELECT pl.licence_id, pl.agreement_id, a.folded_name, pl.licence_key, pl.starts_at, pl.ends_at FROM "
    };
}
pub(super) use place_columns;

/// A part of a partner's list.
macro_rules! part {
    ($of:literal, $range:literal, $order:expr) => {
        concat!(
            place_columns!(),
            "licence_places pl CROSS JOIN agreements a WHERE a.id = pl.agreement_id AND pl.partner_id = $1",
            $of,
            $range,
            " ORDER BY ",
            $order
        )
    };
}

/// Of all agreements, by what no two licences have in common: `$2` and `$3` are the slice.
macro_rules! all_by_unique {
    ($range:literal, $order:literal) => {
        part!("", $range, concat!($order, " LIMIT $2 OFFSET $3"))
    };
}

/// Of all agreements, by this first: `$2` to `$4` say by what then, and `$5` and `$6` are the slice.
macro_rules! all_by {
    ($range:literal, $order:literal) => {
        part!(
            "",
            $range,
            concat!($order, ", ", then_by!("$2"), then_by!("$3"), then_by!("$4"), "pl.licence_id LIMIT $5 OFFSET $6")
        )
    };
}

/// Of the agreement `$2`, by what no two licences have in common: `$3` and `$4` are the slice.
macro_rules! one_by_unique {
    ($range:literal, $order:literal) => {
        part!(" AND pl.agreement_id = $2", $range, concat!($order, " LIMIT $3 OFFSET $4"))
    };
}

/// Of the agreement `$2`, by this first: `$3` to `$5` say by what then, and `$6` and `$7` are the slice.
macro_rules! one_by {
    ($range:literal, $order:literal) => {
        part!(
            " AND pl.agreement_id = $2",
            $range,
            concat!($order, ", ", then_by!("$3"), then_by!("$4"), then_by!("$5"), "pl.licence_id LIMIT $6 OFFSET $7")
        )
    };
}

/// Of all agreements, what ends from `$2` on and before `$3`, by this first: `$4` to `$7` say by what then, and `$8` and
/// `$9` are the slice.
macro_rules! all_within {
    ($order:literal) => {
        part!(
            "",
            " AND pl.ends_at >= $2 AND pl.ends_at < $3",
            concat!(
                $order,
                then_by!("$4"),
                then_by!("$5"),
                then_by!("$6"),
                then_by!("$7"),
                "pl.licence_id LIMIT $8 OFFSET $9"
            )
        )
    };
}

/// Of the agreement `$2`, what ends from `$3` on and before `$4`, by this first: `$5` to `$8` say by what then, and `$9`
/// and `$10` are the slice.
macro_rules! one_within {
    ($order:literal) => {
        part!(
            " AND pl.agreement_id = $2",
            " AND pl.ends_at >= $3 AND pl.ends_at < $4",
            concat!(
                $order,
                then_by!("$5"),
                then_by!("$6"),
                then_by!("$7"),
                then_by!("$8"),
                "pl.licence_id LIMIT $9 OFFSET $10"
            )
        )
    };
}

statements! {
    List ALL_BY_ID = all_by_unique!("", "pl.licence_id");
    List ALL_BY_KEY_UP = all_by_unique!("", "pl.licence_key");
    List ALL_BY_KEY_DOWN = all_by_unique!("", "pl.licence_key DESC");
    List ALL_BY_START_UP = all_by!("", "pl.starts_at");
    List ALL_BY_START_DOWN = all_by!("", "pl.starts_at DESC");
    List ALL_ENDING_UP = all_by!(" AND pl.ends_at < 9223372036854775807", "pl.ends_at");
    List ALL_ENDING_DOWN = all_by!(" AND pl.ends_at < 9223372036854775807", "pl.ends_at DESC");
    List ENDLESS_BY_ID = all_by_unique!(" AND pl.ends_at = 9223372036854775807", "pl.licence_id");
    List ENDLESS_BY_KEY_UP = all_by_unique!(" AND pl.ends_at = 9223372036854775807", "pl.licence_key");
    List ENDLESS_BY_KEY_DOWN = all_by_unique!(" AND pl.ends_at = 9223372036854775807", "pl.licence_key DESC");
    List ENDLESS_BY_START_UP = all_by!(" AND pl.ends_at = 9223372036854775807", "pl.starts_at");
    List ENDLESS_BY_START_DOWN = all_by!(" AND pl.ends_at = 9223372036854775807", "pl.starts_at DESC");
    List ONE_BY_ID = one_by_unique!("", "pl.licence_id");
    List ONE_BY_KEY_UP = one_by_unique!("", "pl.licence_key");
    List ONE_BY_KEY_DOWN = one_by_unique!("", "pl.licence_key DESC");
    List ONE_BY_START_UP = one_by!("", "pl.starts_at");
    List ONE_BY_START_DOWN = one_by!("", "pl.starts_at DESC");
    List ONE_ENDING_UP = one_by!(" AND pl.ends_at < 9223372036854775807", "pl.ends_at");
    List ONE_ENDING_DOWN = one_by!(" AND pl.ends_at < 9223372036854775807", "pl.ends_at DESC");
    List ONE_ENDLESS_BY_ID = one_by_unique!(" AND pl.ends_at = 9223372036854775807", "pl.licence_id");
    List ONE_ENDLESS_BY_KEY_UP = one_by_unique!(" AND pl.ends_at = 9223372036854775807", "pl.licence_key");
    List ONE_ENDLESS_BY_KEY_DOWN = one_by_unique!(" AND pl.ends_at = 9223372036854775807", "pl.licence_key DESC");
    List ONE_ENDLESS_BY_START_UP = one_by!(" AND pl.ends_at = 9223372036854775807", "pl.starts_at");
    List ONE_ENDLESS_BY_START_DOWN = one_by!(" AND pl.ends_at = 9223372036854775807", "pl.starts_at DESC");
    /// What ends within some days is not so much that it could not be put into another order.
    List ALL_WITHIN = all_within!("");
    List ALL_WITHIN_UP = all_within!("pl.ends_at, ");
    List ALL_WITHIN_DOWN = all_within!("pl.ends_at DESC, ");
    List ONE_WITHIN = one_within!("");
    List ONE_WITHIN_UP = one_within!("pl.ends_at, ");
    List ONE_WITHIN_DOWN = one_within!("pl.ends_at DESC, ");
}

record! {
    /// A licence with all that it can be ordered by.
    #[derive(Clone, Debug)]
    pub(super) struct Place {
        /// The licence.
        pub(super) licence: LicenceId,
        /// Its agreement.
        pub(super) agreement: AgreementId,
        folded_name: String,
        licence_key: String,
        starts_at: i64,
        ends_at: i64,
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

/// Up to how many agreements are read one by one, where the part is neither one nor all of them.
const MERGED_MAX: usize = 64;
/// Up to how many rows are merged.
pub(super) const MERGED_ROWS_MAX: i64 = 20_000;

/// The statement that reads a part, of all agreements and of one; nothing where no index has its order.
fn statement(part: &Part<'_>) -> Option<[&'static Statement; 2]> {
    let up_or_down = |direction: Direction, up, down| direction.of([up, down]);
    Some(match (part.range, part.keys.first()) {
        (Range::All, None) => [&ALL_BY_ID, &ONE_BY_ID],
        (Range::Endless, None) => [&ENDLESS_BY_ID, &ONE_ENDLESS_BY_ID],
        (Range::All, Some((LicenceOrder::LicenseKey, direction))) => {
            up_or_down(*direction, [&ALL_BY_KEY_UP, &ONE_BY_KEY_UP], [&ALL_BY_KEY_DOWN, &ONE_BY_KEY_DOWN])
        }
        (Range::Endless, Some((LicenceOrder::LicenseKey, direction))) => up_or_down(
            *direction,
            [&ENDLESS_BY_KEY_UP, &ONE_ENDLESS_BY_KEY_UP],
            [&ENDLESS_BY_KEY_DOWN, &ONE_ENDLESS_BY_KEY_DOWN],
        ),
        (Range::All, Some((LicenceOrder::StartsAt, direction))) => {
            up_or_down(*direction, [&ALL_BY_START_UP, &ONE_BY_START_UP], [&ALL_BY_START_DOWN, &ONE_BY_START_DOWN])
        }
        (Range::Endless, Some((LicenceOrder::StartsAt, direction))) => up_or_down(
            *direction,
            [&ENDLESS_BY_START_UP, &ONE_ENDLESS_BY_START_UP],
            [&ENDLESS_BY_START_DOWN, &ONE_ENDLESS_BY_START_DOWN],
        ),
        (Range::Ending, Some((LicenceOrder::ExpiresAt, direction))) => {
            up_or_down(*direction, [&ALL_ENDING_UP, &ONE_ENDING_UP], [&ALL_ENDING_DOWN, &ONE_ENDING_DOWN])
        }
        (Range::Within(..), Some((LicenceOrder::ExpiresAt, direction))) => {
            up_or_down(*direction, [&ALL_WITHIN_UP, &ONE_WITHIN_UP], [&ALL_WITHIN_DOWN, &ONE_WITHIN_DOWN])
        }
        (Range::Within(..), _) => [&ALL_WITHIN, &ONE_WITHIN],
        // The plan begins no part with anything else.
        _ => return None,
    })
}

/// The licences of a slice of a part, in their order; nothing where that would be read by no index.
pub(super) async fn read(
    link: &mut Link,
    partner: OrganisationId,
    part: &Part<'_>,
    is_whole: bool,
    (offset, limit): (i64, i64),
) -> Result<Option<Vec<Place>>> {
    let Some([all, one]) = statement(part) else { return Ok(None) };
    let rows: Vec<Place> = match part.agreements.as_slice() {
        [total] => link.all(one, &values(partner, Some(total.agreement), part, (offset, limit))).await?,
        _ if is_whole => link.all(all, &values(partner, None, part, (offset, limit))).await?,
        several if several.len() > MERGED_MAX || offset + limit > MERGED_ROWS_MAX => return Ok(None),
        several => {
            let mut rows: Vec<Place> = Vec::new();
            for total in several {
                let values = values(partner, Some(total.agreement), part, (0, offset + limit));
                rows.extend(link.all::<Place>(one, &values).await?);
            }
            rows.sort_by(|one, other| compare(one, other, &part.keys));
            let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
            let taken = usize::try_from(limit).unwrap_or(usize::MAX);
            rows.into_iter().skip(skipped).take(taken).collect()
        }
    };
    Ok(Some(rows))
}

fn values(
    partner: OrganisationId,
    agreement: Option<AgreementId>,
    part: &Part<'_>,
    (offset, limit): (i64, i64),
) -> Vec<Value> {
    let mut values: Vec<Value> = vec![partner.into()];
    values.extend(agreement.map(Value::from));
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
