//! How far a list counts what it is a page of.

use bailiwick_domain::page::Page;

/// Up to how many rows are counted, whatever the page: so few that a page of a long list takes no longer than one of
/// a list with as many.
pub const COUNTED_MAX: i64 = 500;

/// How many rows are looked for to say how many there are: one more than [`COUNTED_MAX`] says that there are more, and
/// beyond that only as many as it takes to tell whether there is a page after this one.
pub(super) fn bound(page: Page) -> i64 {
    bound_from(COUNTED_MAX + 1, page)
}

/// The same for a list that counts so many.
pub(super) fn bound_from(counted_max: i64, page: Page) -> i64 {
    counted_max.max(page.offset() + page.limit() + 1)
}
