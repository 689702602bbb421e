//! Which people pass what is asked of a list of them: the conditions of its queries, by what was asked for.

/// The condition that a place of theirs, of this name, passes what is asked of places: the organisation `$8` and the
/// role `$9`, each of which lets everything pass when it is null.
macro_rules! place_passes {
    ($membership:literal, $organisation:literal) => {
        concat!(
            $organisation,
            ".deleted_through IS NULL AND (CAST($8 AS UUID) IS NULL OR ",
            $membership,
            ".organisation_id = $8) AND (CAST($9 AS TEXT) IS NULL OR ",
            $membership,
            ".role = $9)"
        )
    };
}
pub(super) use place_passes;

/// The condition that a person is as suspended as is asked for by `$10`.
macro_rules! suspension_passes {
    () => {
        "(CAST($10 AS BOOLEAN) IS NULL OR (u.suspended_at IS NOT NULL) = $10)"
    };
}
pub(super) use suspension_passes;

/// The condition that the search between `$6` and `$7` finds the person of a row by the first of their words.
macro_rules! is_found_by_first {
    ($row:literal) => {
        concat!("(", $row, ".search_text >= $6 AND ", $row, ".search_text < CAST($7 AS TEXT))")
    };
}
pub(super) use is_found_by_first;

/// The condition that it finds them by a later word.
macro_rules! is_found_by_later {
    ($id:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM user_search_starts ps WHERE ps.user_id = ",
            $id,
            " AND ps.start >= $6 AND ps.start < CAST($7 AS TEXT) LIMIT 1 OFFSET 0)"
        )
    };
}
pub(super) use is_found_by_later;

/// The condition that the search between `$6` and `$7` finds the person of a row, if there is a search.
macro_rules! search_passes {
    ($row:literal, $id:literal) => {
        concat!(
            "(CAST($6 AS TEXT) IS NULL OR ",
            $crate::query::people_passing::is_found_by_first!($row),
            " OR ",
            $crate::query::people_passing::is_found_by_later!($id),
            ")"
        )
    };
}
pub(super) use search_passes;

/// The condition that a person passes what is asked of people.
macro_rules! person_passes {
    () => {
        concat!(
            $crate::query::people_passing::suspension_passes!(),
            " AND ",
            $crate::query::people_passing::search_passes!("u", "u.id")
        )
    };
}
pub(super) use person_passes;

/// The condition that a person has a place within reach (`$1` to `$5`) that passes. Super admins see those too who have
/// no place.
macro_rules! has_place {
    () => {
        concat!(
            "((",
            $crate::query::reach::is_everything!(),
            " AND CAST($8 AS UUID) IS NULL AND CAST($9 AS TEXT) IS NULL) \
                 OR EXISTS (SELECT 1 FROM memberships pm JOIN organisations po ON po.id = pm.organisation_id \
                 WHERE pm.user_id = u.id AND ",
            $crate::query::people_passing::place_passes!("pm", "po"),
            " AND ",
            $crate::query::reach::within_reach!("po.id"),
            " LIMIT 1 OFFSET 0))"
        )
    };
}
pub(super) use has_place;

/// The condition that a person passes all of it.
macro_rules! passes {
    () => {
        concat!($crate::query::people_passing::person_passes!(), " AND ", $crate::query::people_passing::has_place!())
    };
}
pub(super) use passes;

/// The same for the people of a partner. As much as can be is asked of the partner's list, `b`, so that people are not
/// looked up who do not pass.
macro_rules! passes_below {
    ($partner:literal) => {
        concat!(
            $crate::query::people_passing::search_passes!("b", "b.user_id"),
            " AND ",
            $crate::query::people_passing::has_place_below!($partner)
        )
    };
}
pub(super) use passes_below;

/// The condition that a person of a partner's list is as suspended as is asked for and has a place below the partner that
/// passes: where the partner is within reach, all below it is.
macro_rules! has_place_below {
    ($partner:literal) => {
        concat!(
            $crate::query::people_passing::suspension_passes!(),
            " AND ",
            $crate::query::reach::reached_by!("$2", $partner),
            " AND EXISTS (SELECT 1 FROM memberships pm CROSS JOIN organisations po CROSS JOIN organisation_paths pp \
             WHERE pm.user_id = b.user_id AND po.id = pm.organisation_id AND ",
            $crate::query::people_passing::place_passes!("pm", "po"),
            " AND pp.descendant_id = po.id AND pp.ancestor_id = ",
            $partner,
            " AND ",
            $crate::query::reach::reached_by_both!("po.id"),
            " LIMIT 1 OFFSET 0)"
        )
    };
}
pub(super) use has_place_below;
