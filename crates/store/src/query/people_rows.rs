//! The rows of the lists of people: what is shown of each, and where they are read from.

/// The rows of a page for the people of `$listed`, who are found in `$order` and shown in `$shown`, which is the same.
/// Of each the place that was joined first, of those that pass, is shown: which one that is, is asked of those on the
/// page alone. The outer join has them looked up one by one: all are there, but PostgreSQL would rather look through
/// everybody in that order than sort those few.
macro_rules! page {
    ($order:expr, $limit:literal, $offset:literal, $($listed:expr),+) => {
        $crate::query::people_rows::page!($order => $order, $limit, $offset, $($listed),+)
    };
    ($order:expr => $shown:expr, $limit:literal, $offset:literal, $($listed:expr),+) => {
        concat!(
            "SELECT u.id, u.email, u.name, u.is_super_admin, u.confirmed_at, u.suspended_at, u.created_at, \
             o.id, o.name, o.kind, m.role FROM (SELECT u.id",
            $($listed,)+
            " ORDER BY ", $order, " LIMIT ", $limit, " OFFSET ", $offset,
            ") AS listed LEFT JOIN users u ON u.id = listed.id \
             LEFT JOIN memberships m ON m.user_id = u.id AND m.organisation_id = (SELECT f.organisation_id \
                 FROM memberships f JOIN organisations fo ON fo.id = f.organisation_id WHERE f.user_id = u.id AND ",
            $crate::query::people_passing::place_passes!("f", "fo"),
            " AND ",
            $crate::query::reach::within_reach!("fo.id"),
            " ORDER BY f.created_at, f.organisation_id LIMIT 1) \
             LEFT JOIN organisations o ON o.id = m.organisation_id ORDER BY ", $shown
        )
    };
}
pub(super) use page;

/// By which of their words the search between `$6` and `$7` finds a person first.
macro_rules! found_by {
    () => {
        "CASE WHEN u.search_text >= $6 AND u.search_text < CAST($7 AS TEXT) THEN u.search_text ELSE \
         (SELECT MIN(fs.start) FROM user_search_starts fs \
          WHERE fs.user_id = u.id AND fs.start >= $6 AND fs.start < CAST($7 AS TEXT)) END"
    };
}
pub(super) use found_by;

/// The people below a partner, one by one as its list has them: merged with everybody else by their ids, which PostgreSQL
/// does where it sees that both are in that order, all who are newer would be passed.
macro_rules! people_of {
    ($partner:literal) => {
        concat!(
            " FROM partner_people b CROSS JOIN users u WHERE u.id = COALESCE(b.user_id, b.partner_id) AND b.partner_id = ",
            $partner
        )
    };
}
pub(super) use people_of;
