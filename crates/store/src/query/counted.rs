//! How far a list counts what it is a page of.

use bailiwick_domain::page::Page;

/// Up to how many rows are counted, whatever the page: enough to leaf through, little enough to be counted each time.
const COUNTED_MAX: i64 = 10_000;

/// How many rows are looked for to say how many there are: beyond [`COUNTED_MAX`] only as far as it takes to tell
/// whether there is a page after this one.
pub(super) fn bound(page: Page) -> i64 {
    COUNTED_MAX.max(page.offset() + page.limit() + 1)
}
