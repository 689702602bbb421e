//! Where in the whole list a page is, as the Systems API says it (contract, section 4).

use bailiwick_domain::page::{Direction, Page};
use schemars::JsonSchema;
use serde::Serialize;

/// Where in the whole list a page is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pagination")]
pub(super) struct PaginationView {
    /// Which page this is.
    page: u32,
    /// How many rows a page has.
    #[schemars(example = 50)]
    page_size: u32,
    /// How many rows there are on all pages.
    total_count: i64,
    /// How many pages there are.
    total_pages: i64,
    /// Whether there is a page after this.
    #[schemars(example = false)]
    has_next: bool,
    /// Whether there is a page before this.
    #[schemars(example = false)]
    has_prev: bool,
    /// By what the list is ordered.
    #[schemars(example = &"created_at")]
    sort_by: &'static str,
    /// Up or down.
    #[schemars(example = Direction::Descending.name())]
    sort_direction: &'static str,
}

impl PaginationView {
    /// Where this page is in a list of so many rows.
    pub(super) fn new(page: Page, total_count: i64, sort_by: &'static str, direction: Direction) -> Self {
        let (number, size) = (page.number.get(), page.size.get());
        let total_pages = (total_count + i64::from(size) - 1) / i64::from(size);
        Self {
            page: number,
            page_size: size,
            total_count,
            total_pages,
            has_next: i64::from(number) < total_pages,
            has_prev: number > 1 && total_pages > 0,
            sort_by,
            sort_direction: direction.name(),
        }
    }
}
