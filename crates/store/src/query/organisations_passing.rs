//! Which organisations pass what is asked of a list of them, and what leads to a few of them: the parts of its queries.

/// The condition that an organisation passes what is asked of it beside the search: the kind `$8`, the parent `$9` and
/// the suspension `$10`, each of which lets everything pass when it is null; but `$11` always says whether what is
/// deleted is listed, or what is not.
macro_rules! facts_but_search_pass {
    () => {
        "(CAST($8 AS TEXT) IS NULL OR o.kind = $8) AND (CAST($9 AS UUID) IS NULL OR o.parent_id = $9) \
         AND (CAST($10 AS BOOLEAN) IS NULL OR (o.suspended_through IS NOT NULL) = $10) \
         AND (o.deleted_through IS NOT NULL) = CAST($11 AS BOOLEAN)"
    };
}
pub(super) use facts_but_search_pass;

/// The condition that it passes that, and the search between `$6` and `$7` where there is one.
macro_rules! facts_pass {
    () => {
        concat!(
            $crate::query::organisations_passing::facts_but_search_pass!(),
            " AND (CAST($6 AS TEXT) IS NULL OR (o.search_text >= $6 AND o.search_text < CAST($7 AS TEXT)) \
             OR EXISTS (SELECT 1 FROM organisation_search_starts ps \
             WHERE ps.organisation_id = o.id AND ps.start >= $6 AND ps.start < CAST($7 AS TEXT) LIMIT 1 OFFSET 0))"
        )
    };
}
pub(super) use facts_pass;

/// The condition that an organisation passes all of it, and is within reach (`$1` to `$5`).
macro_rules! passes {
    () => {
        concat!(
            $crate::query::organisations_passing::facts_pass!(),
            " AND ",
            $crate::query::reach::within_reach!("o.id")
        )
    };
}
pub(super) use passes;

/// The same for what stands below a partner: where that is within reach, all of it is.
macro_rules! passes_below {
    ($partner:literal) => {
        concat!(
            $crate::query::organisations_passing::facts_pass!(),
            " AND ",
            $crate::query::reach::reached_by!("$2", $partner),
            " AND ",
            $crate::query::reach::reached_by_both!("o.id")
        )
    };
}
pub(super) use passes_below;

/// What a few organisations are gathered from, and the column with their id.
macro_rules! source {
    (search, $from:literal, $to:literal) => {
        concat!(
            "(SELECT id AS organisation_id FROM organisations WHERE search_text >= ",
            $from,
            " AND search_text < ",
            $to,
            " UNION ALL SELECT organisation_id FROM organisation_search_starts WHERE start >= ",
            $from,
            " AND start < ",
            $to,
            ") s"
        )
    };
    (parent, $parent:literal) => {
        concat!("(SELECT id AS organisation_id, parent_id FROM organisations) s WHERE s.parent_id = ", $parent)
    };
    (suspended) => {
        "(SELECT id AS organisation_id FROM organisations WHERE suspended_through IS NOT NULL) s"
    };
    (deleted) => {
        "(SELECT id AS organisation_id FROM organisations WHERE deleted_through IS NOT NULL) s"
    };
    (reach, $user:literal, $first:literal, $second:literal, $third:literal) => {
        concat!(
            $crate::query::reach::own_trees!($user, $first, $second, $third),
            " t JOIN (SELECT ancestor_id, descendant_id AS organisation_id FROM organisation_paths) s \
             ON s.ancestor_id = t.id"
        )
    };
}
pub(super) use source;

/// Those of the few that pass.
macro_rules! few {
    (reach) => {
        concat!(
            " FROM (SELECT s.organisation_id AS id FROM ",
            $crate::query::organisations_passing::source!(reach, "$2", "$3", "$4", "$5"),
            " LIMIT ",
            $crate::query::way::gathered_max!(),
            ") AS found CROSS JOIN organisations o WHERE o.id = found.id AND ",
            $crate::query::organisations_passing::facts_pass!(),
            " AND ",
            $crate::query::reach::reached_by_both!("o.id")
        )
    };
    ($($source:tt)+) => {
        concat!(
            " FROM (SELECT DISTINCT g.organisation_id AS id FROM (SELECT s.organisation_id FROM ",
            $crate::query::organisations_passing::source!($($source)+),
            " LIMIT ",
            $crate::query::way::gathered_max!(),
            ") g) AS found CROSS JOIN organisations o WHERE o.id = found.id AND ",
            $crate::query::organisations_passing::passes!()
        )
    };
}
pub(super) use few;

/// By which of its words the search between `$6` and `$7` finds an organisation first.
macro_rules! found_by {
    () => {
        "CASE WHEN o.search_text >= $6 AND o.search_text < CAST($7 AS TEXT) THEN o.search_text ELSE \
         (SELECT MIN(fs.start) FROM organisation_search_starts fs \
          WHERE fs.organisation_id = o.id AND fs.start >= $6 AND fs.start < CAST($7 AS TEXT)) END"
    };
}
pub(super) use found_by;
