//! Lists of organisations: filtered, ordered, a page at a time.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::page::{Direction, Page};
use bailiwick_domain::search::Phrase;

use super::counted;
use super::organisation_details::{OrganisationDetails, details};
use super::organisations_passing::{facts_but_search_pass, facts_pass, few, found_by, passes, passes_below, source};
use super::reach::{Reach, reached_by_both, within_reach};
use super::way::{self, Narrow, Sight, Stretch, probe};
use crate::error::Result;
use crate::link::Link;
use crate::statement::{Statement, statements};
use crate::value::{Value, values};

macro_rules! count_of_few {
    ($($source:tt)+) => {
        concat!("SELECT COUNT(*) FROM (SELECT 1", few!($($source)+), " LIMIT $12) AS counted")
    };
}

/// The rows of a page for the organisations of `$listed`, which are found in `$order` and shown in `$shown`, which is the
/// same; what stands above is asked for those alone. The outer join has them looked up one by one: all are there, but
/// PostgreSQL would rather look through all organisations in that order than sort those few.
macro_rules! page {
    ($order:expr, $limit:literal, $offset:literal, $($listed:expr),+) => {
        page!($order => $order, $limit, $offset, $($listed),+)
    };
    ($order:expr => $shown:expr, $limit:literal, $offset:literal, $($listed:expr),+) => {
        concat!(
            details!(concat!("(SELECT o.id", $($listed,)+ " ORDER BY ", $order, " LIMIT ", $limit, " OFFSET ", $offset,
                ") AS listed LEFT JOIN organisations o ON o.id = listed.id")),
            " ORDER BY ", $shown
        )
    };
}

/// A page of what the search finds, in the order of what it finds them by: each once, by the first of its words. Of either
/// half as many are read as there are up to the end of the page (`$14`), in the order of an index.
macro_rules! page_of_matches {
    ($by_first:literal, $by_later:literal, $order:literal => $shown:expr) => {
        page!($order => $shown, "$12", "$13",
            " FROM (SELECT h.id, h.found_by FROM (SELECT o.id, o.search_text AS found_by FROM organisations o \
             WHERE o.search_text >= $6 AND o.search_text < CAST($7 AS TEXT) AND ", facts_but_search_pass!(), " AND ",
            within_reach!("o.id"), " ORDER BY ", $by_first, " LIMIT $14) AS h \
             UNION ALL SELECT h.id, h.found_by FROM (SELECT s.organisation_id AS id, s.start AS found_by \
             FROM organisation_search_starts s CROSS JOIN organisations o \
             WHERE s.start >= $6 AND s.start < CAST($7 AS TEXT) AND o.id = s.organisation_id \
             AND NOT (o.search_text >= $6 AND o.search_text < CAST($7 AS TEXT)) \
             AND NOT EXISTS (SELECT 1 FROM organisation_search_starts es WHERE es.organisation_id = s.organisation_id \
                 AND es.start >= $6 AND es.start < s.start LIMIT 1 OFFSET 0) AND ", facts_but_search_pass!(), " AND ",
            within_reach!("o.id"), " ORDER BY ", $by_later, " LIMIT $14) AS h) AS o")
    };
}

/// A page of the few, which are sorted in any case: `$12` says by what.
macro_rules! page_of_few {
    (up, $($source:tt)+) => {
        page!(concat!("CASE CAST($12 AS TEXT) WHEN 'kind' THEN o.kind END, \
               CASE CAST($12 AS TEXT) WHEN 'age' THEN o.created_at END, \
               CASE CAST($12 AS TEXT) WHEN 'age' THEN NULL WHEN 'match' THEN ", found_by!(),
               " ELSE o.search_text END, o.id"), "$13", "$14", few!($($source)+))
    };
    (down, $($source:tt)+) => {
        page!(concat!("CASE CAST($12 AS TEXT) WHEN 'kind' THEN o.kind END DESC, \
               CASE CAST($12 AS TEXT) WHEN 'age' THEN o.created_at END DESC, \
               CASE CAST($12 AS TEXT) WHEN 'age' THEN NULL WHEN 'match' THEN ", found_by!(),
               " ELSE o.search_text END DESC, o.id DESC"), "$13", "$14", few!($($source)+))
    };
}

/// A page of all that pass and that a condition chooses, in an order that an index has; by name from `$14` to `$15`.
macro_rules! page_of_many {
    (name, $condition:literal, $order:literal) => {
        page!(
            $order,
            "$12",
            "$13",
            " FROM organisations o WHERE o.search_text >= $14 AND o.search_text < $15 AND ",
            $condition,
            passes!()
        )
    };
    ($condition:literal, $order:literal) => {
        page!($order, "$12", "$13", " FROM organisations o WHERE ", $condition, passes!())
    };
}

/// The same for what stands below a partner, itself included, in an order that its list has; by name from `$14` to `$15`,
/// and then the partner is `$16`, else `$14`.
macro_rules! page_of_partner {
    (name, $condition:literal, $order:literal => $shown:literal) => {
        page!($order => $shown, "$12", "$13", below!("$16"),
            " AND b.search_text >= $14 AND b.search_text < $15 AND ", $condition, passes_below!("$16"))
    };
    ($order:literal => $shown:literal) => {
        page!($order => $shown, "$12", "$13", below!("$14"), " AND ", passes_below!("$14"))
    };
}

/// What stands below a partner, itself included, one by one as its list has it: merged with everything else by the ids,
/// which PostgreSQL does where it sees that both are in that order, all that is newer would be passed.
macro_rules! below {
    ($partner:literal) => {
        concat!(
            " FROM organisation_paths b CROSS JOIN organisations o WHERE o.id = COALESCE(b.descendant_id, b.ancestor_id) \
             AND b.ancestor_id = ",
            $partner
        )
    };
}

/// How many pass that a condition chooses, counted up to a bound.
macro_rules! count_of_many {
    ($condition:literal) => {
        concat!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM organisations o WHERE ",
            $condition,
            passes!(),
            " LIMIT $12) AS counted"
        )
    };
}

statements! {
    Read HAS_LATER = "SELECT EXISTS (SELECT 1 FROM organisation_search_starts WHERE start >= $1 AND start < $2)";
    Read PROBE_SEARCH = probe!(source!(search, "$1", "$2"));
    List COUNT_SEARCH = count_of_few!(search, "$6", "$7");
    List SEARCH_UP = page_of_few!(up, search, "$6", "$7");
    List SEARCH_DOWN = page_of_few!(down, search, "$6", "$7");
    Read PROBE_PARENT = probe!(source!(parent, "$1"));
    List COUNT_PARENT = count_of_few!(parent, "$9");
    List PARENT_UP = page_of_few!(up, parent, "$9");
    List PARENT_DOWN = page_of_few!(down, parent, "$9");
    Read PROBE_SUSPENDED = probe!(source!(suspended));
    List COUNT_SUSPENDED = count_of_few!(suspended);
    List SUSPENDED_UP = page_of_few!(up, suspended);
    List SUSPENDED_DOWN = page_of_few!(down, suspended);
    Read PROBE_DELETED = probe!(source!(deleted));
    List COUNT_DELETED = count_of_few!(deleted);
    List DELETED_UP = page_of_few!(up, deleted);
    List DELETED_DOWN = page_of_few!(down, deleted);
    Read PROBE_REACH = probe!(source!(reach, "$1", "$2", "$3", "$4"));
    List COUNT_REACH = count_of_few!(reach);
    List REACH_UP = page_of_few!(up, reach);
    List REACH_DOWN = page_of_few!(down, reach);
    List COUNT_ALL = count_of_many!("");
    List COUNT_OF_KIND = count_of_many!("o.kind = $8 AND ");
    List COUNT_BELOW = count_of_many!("o.parent_id = $9 AND ");
    List COUNT_BETWEEN = concat!("SELECT COUNT(*) FROM (SELECT 1 FROM organisations o WHERE o.search_text >= $13 \
        AND o.search_text < $14 AND ", passes!(), " LIMIT $12) AS counted");
    List COUNT_OF_PARTNER = concat!("SELECT COUNT(*) FROM (SELECT 1", below!("$15"), " AND b.search_text >= $13 \
        AND b.search_text < $14 AND ", passes_below!("$15"), " LIMIT $12) AS counted");
    List COUNT_OF_PARTNER_AND_KIND = concat!("SELECT COUNT(*) FROM (SELECT 1", below!("$15"), " AND b.kind = $8 \
        AND b.search_text >= $13 AND b.search_text < $14 AND ", passes_below!("$15"), " LIMIT $12) AS counted");
    /// Through the trees within reach, which lead to nothing else.
    List COUNT_WITHIN = concat!("SELECT COUNT(*) FROM (SELECT 1 FROM ", source!(reach, "$2", "$3", "$4", "$5"),
        " JOIN organisations o ON o.id = s.organisation_id WHERE ", facts_pass!(), " AND ", reached_by_both!("o.id"),
        " LIMIT $12) AS counted");
    List MATCHES_UP = page_of_matches!("o.search_text, o.id", "s.start, s.organisation_id",
        "o.found_by, o.id" => concat!(found_by!(), ", o.id"));
    List MATCHES_DOWN = page_of_matches!("o.search_text DESC, o.id DESC", "s.start DESC, s.organisation_id DESC",
        "o.found_by DESC, o.id DESC" => concat!(found_by!(), " DESC, o.id DESC"));
    List BY_NAME_UP = page_of_many!(name, "", "o.search_text, o.id");
    List BY_NAME_DOWN = page_of_many!(name, "", "o.search_text DESC, o.id DESC");
    List OF_KIND_BY_NAME_UP = page_of_many!(name, "o.kind = $8 AND ", "o.search_text, o.id");
    List OF_KIND_BY_NAME_DOWN = page_of_many!(name, "o.kind = $8 AND ", "o.search_text DESC, o.id DESC");
    List BELOW_BY_NAME_UP = page_of_many!(name, "o.parent_id = $9 AND ", "o.search_text, o.id");
    List BELOW_BY_NAME_DOWN = page_of_many!(name, "o.parent_id = $9 AND ", "o.search_text DESC, o.id DESC");
    List BY_KIND_UP = page_of_many!("", "o.kind, o.search_text, o.id");
    List BY_KIND_DOWN = page_of_many!("", "o.kind DESC, o.search_text DESC, o.id DESC");
    List BY_AGE_UP = page_of_many!("", "o.created_at, o.id");
    List BY_AGE_DOWN = page_of_many!("", "o.created_at DESC, o.id DESC");
    List OF_KIND_BY_AGE_UP = page_of_many!("o.kind = $8 AND ", "o.created_at, o.id");
    List OF_KIND_BY_AGE_DOWN = page_of_many!("o.kind = $8 AND ", "o.created_at DESC, o.id DESC");
    List OF_PARTNER_BY_NAME_UP = page_of_partner!(name, "", "b.search_text, b.descendant_id" => "o.search_text, o.id");
    List OF_PARTNER_BY_NAME_DOWN = page_of_partner!(name, "",
        "b.search_text DESC, b.descendant_id DESC" => "o.search_text DESC, o.id DESC");
    List OF_PARTNER_AND_KIND_BY_NAME_UP = page_of_partner!(name, "b.kind = $8 AND ",
        "b.search_text, b.descendant_id" => "o.search_text, o.id");
    List OF_PARTNER_AND_KIND_BY_NAME_DOWN = page_of_partner!(name, "b.kind = $8 AND ",
        "b.search_text DESC, b.descendant_id DESC" => "o.search_text DESC, o.id DESC");
    List OF_PARTNER_BY_KIND_UP = page_of_partner!(
        "b.kind, b.search_text, b.descendant_id" => "o.kind, o.search_text, o.id");
    List OF_PARTNER_BY_KIND_DOWN = page_of_partner!(
        "b.kind DESC, b.search_text DESC, b.descendant_id DESC" => "o.kind DESC, o.search_text DESC, o.id DESC");
    /// Ids are in the order of their creation.
    List OF_PARTNER_BY_AGE_UP = page_of_partner!("b.descendant_id" => "o.id");
    List OF_PARTNER_BY_AGE_DOWN = page_of_partner!("b.descendant_id DESC" => "o.id DESC");
}

static BY_SEARCH: Narrow = Narrow { probe: &PROBE_SEARCH, count: &COUNT_SEARCH, page: [&SEARCH_UP, &SEARCH_DOWN] };
static BY_PARENT: Narrow = Narrow { probe: &PROBE_PARENT, count: &COUNT_PARENT, page: [&PARENT_UP, &PARENT_DOWN] };
static BY_SUSPENSION: Narrow =
    Narrow { probe: &PROBE_SUSPENDED, count: &COUNT_SUSPENDED, page: [&SUSPENDED_UP, &SUSPENDED_DOWN] };
static BY_DELETION: Narrow =
    Narrow { probe: &PROBE_DELETED, count: &COUNT_DELETED, page: [&DELETED_UP, &DELETED_DOWN] };
static BY_REACH: Narrow = Narrow { probe: &PROBE_REACH, count: &COUNT_REACH, page: [&REACH_UP, &REACH_DOWN] };

/// By what a list of organisations can be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganisationOrder {
    /// By the first of the words that the search finds; where nothing is searched, by name.
    Match,
    /// By name.
    Name,
    /// By kind.
    Kind,
    /// By age.
    CreatedAt,
}

impl OrganisationOrder {
    const fn name(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Name => "name",
            Self::Kind => "kind",
            Self::CreatedAt => "age",
        }
    }

    const fn page_of_many(self) -> [&'static Statement; 2] {
        match self {
            Self::Match => [&MATCHES_UP, &MATCHES_DOWN],
            Self::Name => [&BY_NAME_UP, &BY_NAME_DOWN],
            Self::Kind => [&BY_KIND_UP, &BY_KIND_DOWN],
            Self::CreatedAt => [&BY_AGE_UP, &BY_AGE_DOWN],
        }
    }

    /// The same for what stands below a partner; of one kind, where it is asked for one.
    const fn page_of_partner(self, is_of_kind: bool) -> [&'static Statement; 2] {
        match (self, is_of_kind) {
            (Self::Match, _) => [&MATCHES_UP, &MATCHES_DOWN],
            (Self::Name, false) => [&OF_PARTNER_BY_NAME_UP, &OF_PARTNER_BY_NAME_DOWN],
            (Self::Name, true) => [&OF_PARTNER_AND_KIND_BY_NAME_UP, &OF_PARTNER_AND_KIND_BY_NAME_DOWN],
            (Self::Kind, _) => [&OF_PARTNER_BY_KIND_UP, &OF_PARTNER_BY_KIND_DOWN],
            (Self::CreatedAt, _) => [&OF_PARTNER_BY_AGE_UP, &OF_PARTNER_BY_AGE_DOWN],
        }
    }
}

/// Which organisations are listed.
#[derive(Clone, Debug, Default)]
pub struct OrganisationFilter {
    /// Those of whose name or VAT number a word begins like this.
    pub search: Option<String>,
    /// Those of this kind.
    pub kind: Option<OrganisationKind>,
    /// Those that stand directly below this one.
    pub parent: Option<OrganisationId>,
    /// Those that are out, or those that are not.
    pub is_suspended: Option<bool>,
    /// Those that are deleted, instead of those that are not.
    pub is_deleted: bool,
}

impl OrganisationFilter {
    /// The ways that may lead over few organisations, where these are not found in the order of the list anyway.
    fn ways(
        &self,
        search: Option<&Phrase>,
        reach: Option<&Reach>,
        order: OrganisationOrder,
    ) -> Vec<(&'static Narrow, Vec<Value>)> {
        let search = search.map(|phrase| (&BY_SEARCH, phrase.range().map(Value::from).to_vec()));
        let deletion = self.is_deleted.then(|| (&BY_DELETION, Vec::new()));
        let suspension = (self.is_suspended == Some(true)).then(|| (&BY_SUSPENSION, Vec::new()));
        let parent = self.parent.filter(|_| order != OrganisationOrder::Name || self.kind.is_some());
        let parent = parent.map(|parent| (&BY_PARENT, values![parent].to_vec()));
        let reach = reach.map(|reach| (&BY_REACH, reach.person().to_vec()));
        [search, deletion, suspension, parent, reach].into_iter().flatten().collect()
    }

    /// Where many are counted from, and read in this order: from where it leads past the fewest.
    fn walk(&self, sight: Sight, stretch: &Stretch, order: OrganisationOrder, page: Page) -> Walk {
        let [from, to] = stretch.ends();
        let (by_name, between): (_, Vec<Value>) = (order == OrganisationOrder::Name, vec![from.into(), to.into()]);
        let named = |more: &[Value]| if by_name { [between.as_slice(), more].concat() } else { more.to_vec() };
        let is_part = stretch.is_part();
        let walk = match (self.parent, sight, self.kind) {
            (Some(_), ..) => {
                let pages = if by_name { [&BELOW_BY_NAME_UP, &BELOW_BY_NAME_DOWN] } else { order.page_of_many() };
                Walk { count: &COUNT_BELOW, counted: Vec::new(), pages, paged: named(&[]) }
            }
            (None, Sight::Partner(partner), kind) => {
                let partner = [Value::from(partner)];
                let count = if kind.is_some() { &COUNT_OF_PARTNER_AND_KIND } else { &COUNT_OF_PARTNER };
                let counted = [between.as_slice(), &partner].concat();
                Walk { count, counted, pages: order.page_of_partner(kind.is_some()), paged: named(&partner) }
            }
            (None, Sight::Scattered, _) => {
                Walk { count: &COUNT_WITHIN, counted: Vec::new(), pages: order.page_of_many(), paged: named(&[]) }
            }
            (None, Sight::Everything, None) if is_part => {
                Walk { count: &COUNT_BETWEEN, pages: order.page_of_many(), paged: named(&[]), counted: between }
            }
            (None, Sight::Everything, None) => {
                Walk { count: &COUNT_ALL, counted: Vec::new(), pages: order.page_of_many(), paged: named(&[]) }
            }
            (None, Sight::Everything, Some(_)) => {
                // Of one kind, the order by kind is that by name.
                let (pages, told) = match order {
                    OrganisationOrder::CreatedAt => ([&OF_KIND_BY_AGE_UP, &OF_KIND_BY_AGE_DOWN], Vec::new()),
                    OrganisationOrder::Match | OrganisationOrder::Name | OrganisationOrder::Kind => {
                        ([&OF_KIND_BY_NAME_UP, &OF_KIND_BY_NAME_DOWN], between)
                    }
                };
                Walk { count: &COUNT_OF_KIND, counted: Vec::new(), pages, paged: told }
            }
        };
        // What a search finds is read from there, whatever it is counted from.
        let is_match = order == OrganisationOrder::Match;
        let paged = || vec![(page.offset() + page.limit()).into()];
        if is_match { Walk { pages: order.page_of_many(), paged: paged(), ..walk } } else { walk }
    }
}

/// How a long list is counted and read: the statements, each with what it is told beside the filter and the page.
struct Walk {
    count: &'static Statement,
    counted: Vec<Value>,
    pages: [&'static Statement; 2],
    paged: Vec<Value>,
}

/// A page of the organisations within reach, and how many there are in all, of many only so far ([`counted::bound`]).
pub async fn page(
    link: &mut Link,
    reach: &Reach,
    filter: &OrganisationFilter,
    (order, direction): (OrganisationOrder, Direction),
    page: Page,
) -> Result<(Vec<OrganisationDetails>, i64)> {
    let phrase = filter.search.as_deref().map(Phrase::new);
    if phrase.as_ref().is_some_and(Phrase::is_empty) {
        return Ok((Vec::new(), 0));
    }
    let is_by_name = phrase.is_none() && order == OrganisationOrder::Match;
    let order = if is_by_name { OrganisationOrder::Name } else { order };
    let [from, to] = phrase.as_ref().map(Phrase::range).map_or([None, None], |range| range.map(Some));
    let shared = reach.and(values![from, to, filter.kind, filter.parent, filter.is_suspended, filter.is_deleted]);
    let with = |more: &[Value]| [shared.as_slice(), more].concat();
    let bound: Value = counted::bound(page).into();
    let (sight, stretch) = (way::sight(link, reach).await?, Stretch::of(link, &HAS_LATER, phrase.as_ref()).await?);
    // What is found by the first words alone stands in the order of the names.
    let is_by_name = stretch.is_part() && order == OrganisationOrder::Match;
    let order = if is_by_name { OrganisationOrder::Name } else { order };
    let search = phrase.as_ref().filter(|_| !(stretch.is_part() && order == OrganisationOrder::Name));
    let ways = filter.ways(search, Some(reach).filter(|_| sight.is_narrow(order == OrganisationOrder::Match)), order);
    if let Some(way) = way::narrow(link, ways).await? {
        let total = link.one(way.count, &with(&[bound])).await?;
        if order == OrganisationOrder::Match && std::ptr::eq(way, &raw const BY_SEARCH) {
            let values = with(values![page.limit(), page.offset(), page.offset() + page.limit()]);
            return Ok((link.all(direction.of(order.page_of_many()), &values).await?, total));
        }
        let values = with(values![order.name(), page.limit(), page.offset()]);
        return Ok((link.all(direction.of(way.page), &values).await?, total));
    }
    let Walk { count, counted, pages, paged } = filter.walk(sight, &stretch, order, page);
    let total = link.one(count, &with(&[vec![bound], counted].concat())).await?;
    let values = with(&[vec![page.limit().into(), page.offset().into()], paged].concat());
    Ok((link.all(direction.of(pages), &values).await?, total))
}
