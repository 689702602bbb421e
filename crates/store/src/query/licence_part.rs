//! The statements that read parts of long lists of licences, each along one index.

use bailiwick_domain::licence::order::LicenceOrder;
use bailiwick_domain::page::Direction;

use super::licence_plan::{Part, Range};
use crate::statement::{Statement, statements};

/// One of the things that rows are ordered by which are equal in the first: the parameter says which, and nothing where
/// there is no more.
macro_rules! then_by {
    ($order:literal) => {
        then_by!($order, "a.folded_name")
    };
    ($order:literal, $name:literal) => {
        concat!(
            "CASE ",
            $order,
            " WHEN 'AgreementName' THEN ",
            $name,
            " WHEN 'LicenseKey' THEN pl.licence_key END, CASE ",
            $order,
            " WHEN '-AgreementName' THEN ",
            $name,
            " WHEN '-LicenseKey' THEN pl.licence_key END DESC, CASE ",
            $order,
            " WHEN 'StartsAt' THEN pl.starts_at WHEN '-StartsAt' THEN -pl.starts_at \
             WHEN 'ExpiresAt' THEN pl.ends_at WHEN '-ExpiresAt' THEN -pl.ends_at END, "
        )
    };
}
pub(super) use then_by;

/// What licences can be ordered by, of the places `pl`; the names of the agreements are known.
macro_rules! place_columns {
    () => {
        "SELECT pl.licence_id, pl.agreement_id, pl.licence_key, pl.starts_at, pl.ends_at FROM "
    };
}
pub(super) use place_columns;

/// The same in a part where no agreement is looked up, unless there is something to order by its name.
macro_rules! then_by_looked_up {
    ($order:literal) => {
        then_by!($order, "(SELECT a.folded_name FROM agreements a WHERE a.id = pl.agreement_id)")
    };
}

/// A part of a partner's list, under this condition.
macro_rules! part {
    ($condition:expr, $order:expr) => {
        concat!(place_columns!(), "licence_places pl WHERE ", $condition, " ORDER BY ", $order)
    };
}

/// What a row of the part has here that so many others come before: read from the index alone.
macro_rules! after {
    ($condition:expr, $column:literal, $order:literal, $offset:literal) => {
        concat!(
            "(SELECT ",
            $column,
            " FROM licence_places WHERE ",
            $condition,
            " ORDER BY ",
            $order,
            " LIMIT 1 OFFSET ",
            $offset,
            ")"
        )
    };
}

/// A slice of a part by what no two licences have in common: it begins at the row that as many as are passed over come
/// before.
macro_rules! unique {
    ($condition:expr, ($column:literal $is_after:literal $order:literal), $limit:literal, $offset:literal) => {
        part!(
            concat!($condition, " AND ", $column, $is_after, after!($condition, $column, $order, $offset)),
            concat!($order, " LIMIT ", $limit)
        )
    };
}

/// A slice of a part by this first, and by three more things that parameters say: of those that are passed over only the
/// ones are looked at that are equal in the first to where the slice begins. The rows have a bound of their own, and so do
/// those before: where they are ordered by what bounds the part, one bound on each side is enough, and SQLite looks at all
/// that the first of two leaves. No more rows are asked for than there are.
macro_rules! tied {
    (
        $partner:literal, ($range:expr, $kept:expr, $passed:expr),
        ($column:literal $is_after:literal $order:literal, $is_before:literal),
        $then:expr, $limit:literal, $offset:literal
    ) => {
        part!(
            concat!(
                $partner,
                $kept,
                " AND ",
                $column,
                $is_after,
                after!(concat!($partner, $range), $column, $order, $offset)
            ),
            concat!(
                $order,
                ", ",
                $then,
                "pl.licence_id LIMIT ",
                $limit,
                " OFFSET ",
                $offset,
                " - (SELECT COUNT(*) FROM licence_places WHERE ",
                $partner,
                $passed,
                " AND ",
                $column,
                $is_before,
                after!(concat!($partner, $range), $column, $order, $offset),
                ")"
            )
        )
    };
}

/// Of all agreements; `alone` is by nothing else, for which the index has the whole order.
macro_rules! all {
    (alone $range:expr, $kept:expr, $by:tt) => {
        tied!("partner_id = $1", ($range, $kept, $kept), $by, "", "$2", "$3")
    };
    ($range:expr, $by:tt) => {
        unique!(concat!("partner_id = $1", $range), $by, "$2", "$3")
    };
    ($range:expr, $kept:expr, $passed:expr, $by:tt) => {
        tied!(
            "partner_id = $1",
            ($range, $kept, $passed),
            $by,
            concat!(then_by_looked_up!("$2"), then_by_looked_up!("$3"), then_by_looked_up!("$4")),
            "$5",
            "$6"
        )
    };
}

/// Of the agreement `$2`.
macro_rules! one {
    (alone $range:expr, $kept:expr, $by:tt) => {
        tied!("partner_id = $1 AND agreement_id = $2", ($range, $kept, $kept), $by, "", "$3", "$4")
    };
    ($range:expr, $by:tt) => {
        unique!(concat!("partner_id = $1 AND agreement_id = $2", $range), $by, "$3", "$4")
    };
    ($range:expr, $kept:expr, $passed:expr, $by:tt) => {
        tied!(
            "partner_id = $1 AND agreement_id = $2",
            ($range, $kept, $passed),
            $by,
            concat!(then_by_looked_up!("$3"), then_by_looked_up!("$4"), then_by_looked_up!("$5")),
            "$6",
            "$7"
        )
    };
}

/// Of the agreements of the kind `$2`, with the id `$3`, of the name `$4` and called like `$5`, as far as these are not
/// null: along the index of all, of which these are many.
macro_rules! some {
    ($range:expr, $order:expr) => {
        concat!(
            place_columns!(),
            "licence_places pl CROSS JOIN agreements a WHERE a.id = pl.agreement_id AND partner_id = $1 \
             AND (CAST($2 AS TEXT) IS NULL OR a.kind = $2) AND (CAST($3 AS UUID) IS NULL OR a.id = $3) \
             AND (CAST($4 AS TEXT) IS NULL OR a.folded_name = $4) \
             AND (CAST($5 AS TEXT) IS NULL OR a.folded_name LIKE $5 ESCAPE '!')",
            $range,
            " ORDER BY ",
            $order
        )
    };
}

/// The same by what no two licences have in common.
macro_rules! some_unique {
    ($range:expr, $order:literal) => {
        some!($range, concat!($order, " LIMIT $6 OFFSET $7"))
    };
}

/// The same by this first.
macro_rules! some_tied {
    ($range:expr, $order:literal) => {
        some!(
            $range,
            concat!($order, ", ", then_by!("$6"), then_by!("$7"), then_by!("$8"), "pl.licence_id LIMIT $9 OFFSET $10")
        )
    };
}

/// What ends from `$6` on and before `$7`, of agreements as in `some!`, by this first: that is not so much that it could
/// not be put into another order.
macro_rules! within {
    ($order:literal) => {
        some!(
            " AND ends_at >= $6 AND ends_at < $7",
            concat!(
                $order,
                then_by!("$8"),
                then_by!("$9"),
                then_by!("$10"),
                then_by!("$11"),
                "pl.licence_id LIMIT $12 OFFSET $13"
            )
        )
    };
}

/// What does not run out.
macro_rules! endless {
    () => {
        " AND ends_at = 9223372036854775807"
    };
}

/// What runs out.
macro_rules! ending {
    () => {
        " AND ends_at < 9223372036854775807"
    };
}

/// No licence begins before this: without a bound SQLite reads everything by its id and puts it in order.
macro_rules! begun {
    () => {
        " AND starts_at > -9223372036854775807"
    };
}

statements! {
    Walk ALL_BY_ID = all!("", ("licence_id" " >= " "licence_id"));
    Walk ALL_BY_KEY_UP = all!("", ("licence_key" " >= " "licence_key"));
    Walk ALL_BY_KEY_DOWN = all!("", ("licence_key" " <= " "licence_key DESC"));
    Walk ALL_BY_START_ALONE = all!(alone "", "", ("starts_at" " >= " "starts_at", " < "));
    Walk ALL_ENDLESS_BY_START_ALONE = all!(alone endless!(), endless!(), ("starts_at" " >= " "starts_at", " < "));
    Walk ALL_ENDING_ALONE = all!(alone ending!(), "", ("ends_at" " >= " "ends_at", " < "));
    Walk ALL_BY_START_UP = all!("", "", "", ("starts_at" " >= " "starts_at", " < "));
    Walk ALL_BY_START_DOWN = all!("", "", "", ("starts_at" " <= " "starts_at DESC", " > "));
    Walk ALL_ENDLESS_BY_ID = all!(endless!(), ("licence_id" " >= " "licence_id"));
    Walk ALL_ENDLESS_BY_KEY_UP = all!(endless!(), ("licence_key" " >= " "licence_key"));
    Walk ALL_ENDLESS_BY_KEY_DOWN = all!(endless!(), ("licence_key" " <= " "licence_key DESC"));
    Walk ALL_ENDLESS_BY_START_UP = all!(endless!(), endless!(), endless!(), ("starts_at" " >= " "starts_at", " < "));
    Walk ALL_ENDLESS_BY_START_DOWN = all!(endless!(), endless!(), endless!(), ("starts_at" " <= " "starts_at DESC", " > "));
    Walk ALL_ENDING_UP = all!(ending!(), "", "", ("ends_at" " >= " "ends_at", " < "));
    Walk ALL_ENDING_DOWN = all!(ending!(), "", ending!(), ("ends_at" " <= " "ends_at DESC", " > "));
    Walk ONE_BY_ID = one!("", ("licence_id" " >= " "licence_id"));
    Walk ONE_BY_KEY_UP = one!("", ("licence_key" " >= " "licence_key"));
    Walk ONE_BY_KEY_DOWN = one!("", ("licence_key" " <= " "licence_key DESC"));
    Walk ONE_BY_START_ALONE = one!(alone "", "", ("starts_at" " >= " "starts_at", " < "));
    Walk ONE_ENDLESS_BY_START_ALONE = one!(alone endless!(), endless!(), ("starts_at" " >= " "starts_at", " < "));
    Walk ONE_ENDING_ALONE = one!(alone ending!(), "", ("ends_at" " >= " "ends_at", " < "));
    Walk ONE_BY_START_UP = one!("", "", "", ("starts_at" " >= " "starts_at", " < "));
    Walk ONE_BY_START_DOWN = one!("", "", "", ("starts_at" " <= " "starts_at DESC", " > "));
    Walk ONE_ENDLESS_BY_ID = one!(endless!(), ("licence_id" " >= " "licence_id"));
    Walk ONE_ENDLESS_BY_KEY_UP = one!(endless!(), ("licence_key" " >= " "licence_key"));
    Walk ONE_ENDLESS_BY_KEY_DOWN = one!(endless!(), ("licence_key" " <= " "licence_key DESC"));
    Walk ONE_ENDLESS_BY_START_UP = one!(endless!(), endless!(), endless!(), ("starts_at" " >= " "starts_at", " < "));
    Walk ONE_ENDLESS_BY_START_DOWN = one!(endless!(), endless!(), endless!(), ("starts_at" " <= " "starts_at DESC", " > "));
    Walk ONE_ENDING_UP = one!(ending!(), "", "", ("ends_at" " >= " "ends_at", " < "));
    Walk ONE_ENDING_DOWN = one!(ending!(), "", ending!(), ("ends_at" " <= " "ends_at DESC", " > "));
    Walk SOME_BY_ID = some_unique!("", "licence_id");
    Walk SOME_BY_KEY_UP = some_unique!("", "licence_key");
    Walk SOME_BY_KEY_DOWN = some_unique!("", "licence_key DESC");
    Walk SOME_BY_START_UP = some_tied!(begun!(), "starts_at");
    Walk SOME_BY_START_DOWN = some_tied!(begun!(), "starts_at DESC");
    Walk SOME_ENDLESS_BY_ID = some_unique!(endless!(), "licence_id");
    Walk SOME_ENDLESS_BY_KEY_UP = some_unique!(endless!(), "licence_key");
    Walk SOME_ENDLESS_BY_KEY_DOWN = some_unique!(endless!(), "licence_key DESC");
    Walk SOME_ENDLESS_BY_START_UP = some_tied!(concat!(endless!(), begun!()), "starts_at");
    Walk SOME_ENDLESS_BY_START_DOWN = some_tied!(concat!(endless!(), begun!()), "starts_at DESC");
    Walk SOME_ENDING_UP = some_tied!(ending!(), "ends_at");
    Walk SOME_ENDING_DOWN = some_tied!(ending!(), "ends_at DESC");
    Walk WITHIN = within!("");
    Walk WITHIN_UP = within!("ends_at, ");
    Walk WITHIN_DOWN = within!("ends_at DESC, ");
}

/// The statements that have one order: of all agreements, of one, and of some.
pub(super) struct Along {
    pub(super) all: &'static Statement,
    pub(super) one: &'static Statement,
    pub(super) some: &'static Statement,
}

/// Whether an index has the whole order of a part that is ordered by a moment.
pub(super) fn is_alone(part: &Part<'_>) -> bool {
    matches!(
        (part.range, part.keys.as_slice()),
        (Range::All | Range::Endless, [(LicenceOrder::StartsAt, Direction::Ascending)])
            | (Range::Ending, [(LicenceOrder::ExpiresAt, Direction::Ascending)])
    )
}

/// The statements that read a part; nothing where no index has its order.
pub(super) fn along(part: &Part<'_>) -> Option<Along> {
    let is_down = part.keys.first().is_some_and(|(_, direction)| *direction == Direction::Descending);
    let [all, one, some]: [&'static Statement; 3] = match (part.range, part.keys.first().map(|(order, _)| order)) {
        (Range::All, None) => [&ALL_BY_ID, &ONE_BY_ID, &SOME_BY_ID],
        (Range::Endless, None) => [&ALL_ENDLESS_BY_ID, &ONE_ENDLESS_BY_ID, &SOME_ENDLESS_BY_ID],
        (Range::All, Some(LicenceOrder::LicenseKey)) if is_down => {
            [&ALL_BY_KEY_DOWN, &ONE_BY_KEY_DOWN, &SOME_BY_KEY_DOWN]
        }
        (Range::All, Some(LicenceOrder::LicenseKey)) => [&ALL_BY_KEY_UP, &ONE_BY_KEY_UP, &SOME_BY_KEY_UP],
        (Range::Endless, Some(LicenceOrder::LicenseKey)) if is_down => {
            [&ALL_ENDLESS_BY_KEY_DOWN, &ONE_ENDLESS_BY_KEY_DOWN, &SOME_ENDLESS_BY_KEY_DOWN]
        }
        (Range::Endless, Some(LicenceOrder::LicenseKey)) => {
            [&ALL_ENDLESS_BY_KEY_UP, &ONE_ENDLESS_BY_KEY_UP, &SOME_ENDLESS_BY_KEY_UP]
        }
        (Range::All, Some(LicenceOrder::StartsAt)) if is_alone(part) => {
            [&ALL_BY_START_ALONE, &ONE_BY_START_ALONE, &SOME_BY_START_UP]
        }
        (Range::Endless, Some(LicenceOrder::StartsAt)) if is_alone(part) => {
            [&ALL_ENDLESS_BY_START_ALONE, &ONE_ENDLESS_BY_START_ALONE, &SOME_ENDLESS_BY_START_UP]
        }
        (Range::Ending, Some(LicenceOrder::ExpiresAt)) if is_alone(part) => {
            [&ALL_ENDING_ALONE, &ONE_ENDING_ALONE, &SOME_ENDING_UP]
        }
        (Range::All, Some(LicenceOrder::StartsAt)) if is_down => {
            [&ALL_BY_START_DOWN, &ONE_BY_START_DOWN, &SOME_BY_START_DOWN]
        }
        (Range::All, Some(LicenceOrder::StartsAt)) => [&ALL_BY_START_UP, &ONE_BY_START_UP, &SOME_BY_START_UP],
        (Range::Endless, Some(LicenceOrder::StartsAt)) if is_down => {
            [&ALL_ENDLESS_BY_START_DOWN, &ONE_ENDLESS_BY_START_DOWN, &SOME_ENDLESS_BY_START_DOWN]
        }
        (Range::Endless, Some(LicenceOrder::StartsAt)) => {
            [&ALL_ENDLESS_BY_START_UP, &ONE_ENDLESS_BY_START_UP, &SOME_ENDLESS_BY_START_UP]
        }
        (Range::Ending, Some(LicenceOrder::ExpiresAt)) if is_down => {
            [&ALL_ENDING_DOWN, &ONE_ENDING_DOWN, &SOME_ENDING_DOWN]
        }
        (Range::Ending, Some(LicenceOrder::ExpiresAt)) => [&ALL_ENDING_UP, &ONE_ENDING_UP, &SOME_ENDING_UP],
        // What ends within some days is read in one way; the plan begins no part with anything else.
        (Range::Within(..), Some(LicenceOrder::ExpiresAt)) if is_down => [&WITHIN_DOWN; 3],
        (Range::Within(..), Some(LicenceOrder::ExpiresAt)) => [&WITHIN_UP; 3],
        (Range::Within(..), _) => [&WITHIN; 3],
        _ => return None,
    };
    Some(Along { all, one, some })
}

#[cfg(test)]
mod tests;
