//! What the lists of the console have in common: headings that sort, pages to leaf through, how many there are.

use url::form_urlencoded;

/// Up to how many rows a list is counted; beyond it there are more, and nobody says how many.
const COUNTED_MAX: u64 = 500;

/// A heading of a table that orders by its column.
#[derive(Clone, Debug)]
pub struct Heading {
    /// The words.
    pub label: &'static str,
    /// Where a click leads; nothing where the list is not ordered by this.
    pub address: Option<String>,
    /// What `aria-sort` says.
    pub order: &'static str,
}

impl Heading {
    /// A heading that does not order.
    pub(crate) const fn plain(label: &'static str) -> Self {
        Self { label, address: None, order: "none" }
    }

    /// A heading that orders; `is_chosen` where it does so now.
    pub(crate) const fn sorting(label: &'static str, address: String, is_chosen: bool, descending: bool) -> Self {
        let order = match (is_chosen, descending) {
            (false, _) => "none",
            (true, false) => "ascending",
            (true, true) => "descending",
        };
        Self { label, address: Some(address), order }
    }
}

/// Where in a list a page of it is.
#[derive(Clone, Debug, Default)]
pub struct Paging {
    /// Which page this is, from 1 on.
    pub page: u32,
    /// How many rows a page has.
    pub size: u32,
    /// How many rows this page has.
    pub shown: usize,
    /// How many rows there are on all pages, as far as they are counted.
    pub found: u64,
    /// The page before this one.
    pub previous: Option<String>,
    /// The page after this one.
    pub next: Option<String>,
}

impl Paging {
    /// Where a page is, with the addresses of its neighbours.
    pub(crate) fn new(page: u32, size: u32, shown: usize, found: i64, at: impl Fn(u32) -> String) -> Self {
        let found = found.unsigned_abs();
        let has_next = found > u64::from(page) * u64::from(size);
        Self {
            page,
            size,
            shown,
            found,
            previous: (page > 1).then(|| at(page - 1)),
            next: has_next.then(|| at(page.saturating_add(1))),
        }
    }

    /// Whether there is more than this page.
    pub(crate) const fn is_needed(&self) -> bool {
        self.previous.is_some() || self.next.is_some()
    }

    /// How many pages there are; at least one.
    fn pages(&self) -> u64 {
        self.found.div_ceil(u64::from(self.size.max(1))).max(1)
    }

    /// Which page of how many.
    pub(crate) fn words(&self) -> String {
        if self.found > COUNTED_MAX {
            format!("Page {}", self.page)
        } else {
            format!("Page {} of {}", self.page, self.pages())
        }
    }

    /// What is shown of how many; `total` is how many there are without filters, where there are any.
    pub(crate) fn count(&self, (one, many): (&str, &str), total: Option<u64>) -> String {
        let noun = if total.unwrap_or(self.found) == 1 { one } else { many };
        if !self.is_needed() || self.shown == 0 {
            let of_all = total.map(|total| format!(" of {}", counted(total))).unwrap_or_default();
            return format!("{}{of_all} {noun}", counted(self.found));
        }
        let first = u64::from(self.page.saturating_sub(1)) * u64::from(self.size) + 1;
        let last = first + u64::try_from(self.shown).unwrap_or_default() - 1;
        let matching = if total.is_some() { "matching " } else { "" };
        format!("{first}–{last} of {} {matching}{noun}", counted(self.found))
    }
}

/// A number that was counted only so far.
pub(crate) fn counted(number: u64) -> String {
    if number > COUNTED_MAX { "more than 500".to_owned() } else { number.to_string() }
}

/// A number of things, in words.
pub(crate) fn quantity(number: i64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A path with the members of its query that are not empty.
pub(crate) fn address(path: &str, members: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(members.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paging(page: u32, shown: usize, found: i64) -> Paging {
        Paging::new(page, 25, shown, found, |page| format!("/?page={page}"))
    }

    #[test]
    fn a_page_says_where_it_is_and_of_how_many() {
        let nouns = ("person", "people");
        for (paging, total, words) in [
            (paging(1, 1, 1), None, "1 person"),
            (paging(1, 1, 1), Some(90), "1 of 90 people"),
            (paging(2, 25, 90), None, "26–50 of 90 people"),
            (paging(2, 5, 30), Some(90), "26–30 of 30 matching people"),
            (paging(1, 25, 501), None, "1–25 of more than 500 people"),
        ] {
            assert_eq!(paging.count(nouns, total), words);
        }
        assert_eq!(paging(2, 25, 90).words(), "Page 2 of 4");
        assert_eq!(paging(2, 25, 501).words(), "Page 2");
    }

    #[test]
    fn neighbours_are_where_there_is_something() {
        let last = paging(4, 15, 90);
        assert_eq!((last.previous.as_deref(), last.next), (Some("/?page=3"), None));
        let only = paging(1, 25, 25);
        assert!(!only.is_needed());
        assert!(paging(1, 25, 26).is_needed());
    }

    #[test]
    fn an_address_says_only_what_is_asked_for() {
        assert_eq!(address("/users", &[("q", ""), ("role", "")]), "/users");
        assert_eq!(address("/users", &[("q", "a&b"), ("role", "admin")]), "/users?q=a%26b&role=admin");
    }
}
