//! Organisations with all that is shown of them: one, or a page of them.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::page::{Direction, Page};
use bailiwick_domain::search::Phrase;
use bailiwick_domain::system::CustomData;
use bailiwick_domain::time::Timestamp;
use bailiwick_domain::vat_number::VatNumber;

use super::counted;
use super::reach::{Reach, own_trees, reached_by_both, within_reach};
use super::way::{self, Narrow, gathered_max, probe};
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::{Statement, statements};
use crate::value::{Value, values};

/// The columns of an [`OrganisationDetails`] and where they come from: parameters `$1` to `$5` are the reach. What
/// stands above is shown only where it is within reach too.
macro_rules! details {
    () => {
        concat!(
            "SELECT o.id, o.kind, o.name, o.vat_number, o.custom_data, o.suspended_at, o.suspended_through IS NOT NULL, \
             o.deleted_at, o.deleted_through IS NOT NULL, o.created_at, o.updated_at, p.id, p.name, p.kind \
             FROM organisations o LEFT JOIN organisations p ON p.id = o.parent_id AND ",
            within_reach!("p.id")
        )
    };
}

/// The condition that an organisation passes what is asked of it: the search between `$6` and `$7`, the kind `$8`, the
/// parent `$9` and the suspension `$10`, each of which lets everything pass when it is null; but `$11` always says
/// whether what is deleted is listed, or what is not.
macro_rules! facts_pass {
    () => {
        "(CAST($8 AS TEXT) IS NULL OR o.kind = $8) AND (CAST($9 AS UUID) IS NULL OR o.parent_id = $9) \
         AND (CAST($10 AS BOOLEAN) IS NULL OR (o.suspended_through IS NOT NULL) = $10) \
         AND (o.deleted_through IS NOT NULL) = CAST($11 AS BOOLEAN) \
         AND (CAST($6 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM organisation_search_starts ps \
             WHERE ps.organisation_id = o.id AND ps.start >= $6 AND ps.start < CAST($7 AS TEXT) LIMIT 1 OFFSET 0))"
    };
}

/// The condition that an organisation passes all of it, and is within reach (`$1` to `$5`).
macro_rules! passes {
    () => {
        concat!(facts_pass!(), " AND ", within_reach!("o.id"))
    };
}

/// What a few organisations are gathered from, and the column with their id.
macro_rules! source {
    (search, $from:literal, $to:literal) => {
        concat!("organisation_search_starts s WHERE s.start >= ", $from, " AND s.start < ", $to)
    };
    (parent, $parent:literal) => {
        concat!("(SELECT id AS organisation_id, parent_id FROM organisations) s WHERE s.parent_id = ", $parent)
    };
    (kind, $kind:literal) => {
        concat!("(SELECT id AS organisation_id, kind FROM organisations) s WHERE s.kind = ", $kind)
    };
    (suspended) => {
        "(SELECT id AS organisation_id FROM organisations WHERE suspended_through IS NOT NULL) s"
    };
    (deleted) => {
        "(SELECT id AS organisation_id FROM organisations WHERE deleted_through IS NOT NULL) s"
    };
    (reach, $user:literal, $first:literal, $second:literal, $third:literal) => {
        concat!(
            own_trees!($user, $first, $second, $third),
            " t JOIN (SELECT ancestor_id, descendant_id AS organisation_id FROM organisation_paths) s \
             ON s.ancestor_id = t.id"
        )
    };
}

/// Those of the few that pass.
macro_rules! few {
    (reach) => {
        concat!(
            " FROM (SELECT s.organisation_id AS id FROM ",
            source!(reach, "$2", "$3", "$4", "$5"),
            " LIMIT ",
            gathered_max!(),
            ") AS found CROSS JOIN organisations o WHERE o.id = found.id AND ",
            facts_pass!(),
            " AND ",
            reached_by_both!("o.id")
        )
    };
    ($($source:tt)+) => {
        concat!(
            " FROM (SELECT DISTINCT g.organisation_id AS id FROM (SELECT s.organisation_id FROM ",
            source!($($source)+),
            " LIMIT ",
            gathered_max!(),
            ") g) AS found CROSS JOIN organisations o WHERE o.id = found.id AND ",
            passes!()
        )
    };
}

macro_rules! count_of_few {
    ($($source:tt)+) => {
        concat!("SELECT COUNT(*)", few!($($source)+))
    };
}

/// The rows of a page for the organisations of `$listed`; what stands above is asked for those alone.
macro_rules! page {
    ($order:literal, $limit:literal, $offset:literal, $($listed:expr),+) => {
        concat!(
            details!(), " WHERE o.id IN (SELECT listed.id FROM (SELECT o.id", $($listed,)+ " ORDER BY ", $order,
            " LIMIT ", $limit, " OFFSET ", $offset, ") AS listed) ORDER BY ", $order
        )
    };
}

/// A page of the few, which are sorted in any case: `$12` says by what.
macro_rules! page_of_few {
    (up, $($source:tt)+) => {
        page!("CASE CAST($12 AS TEXT) WHEN 'kind' THEN o.kind END, \
               CASE CAST($12 AS TEXT) WHEN 'age' THEN o.created_at END, \
               CASE CAST($12 AS TEXT) WHEN 'age' THEN NULL ELSE o.search_text END, o.id", "$13", "$14", few!($($source)+))
    };
    (down, $($source:tt)+) => {
        page!("CASE CAST($12 AS TEXT) WHEN 'kind' THEN o.kind END DESC, \
               CASE CAST($12 AS TEXT) WHEN 'age' THEN o.created_at END DESC, \
               CASE CAST($12 AS TEXT) WHEN 'age' THEN NULL ELSE o.search_text END DESC, o.id DESC",
              "$13", "$14", few!($($source)+))
    };
}

/// A page of all that pass and that a condition chooses, in an order that an index has.
macro_rules! page_of_many {
    ($condition:literal, $order:literal) => {
        page!($order, "$12", "$13", " FROM organisations o WHERE ", $condition, passes!())
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
    Read FIND = concat!(details!(), " WHERE ", within_reach!("o.id"), " AND o.deleted_through IS NULL AND o.id = $6");
    Read FIND_DELETED_TOO = concat!(details!(), " WHERE ", within_reach!("o.id"), " AND o.id = $6");
    Read PROBE_SEARCH = probe!(source!(search, "$1", "$2"));
    Read COUNT_SEARCH = count_of_few!(search, "$6", "$7");
    Read SEARCH_UP = page_of_few!(up, search, "$6", "$7");
    Read SEARCH_DOWN = page_of_few!(down, search, "$6", "$7");
    Read PROBE_PARENT = probe!(source!(parent, "$1"));
    Read COUNT_PARENT = count_of_few!(parent, "$9");
    Read PARENT_UP = page_of_few!(up, parent, "$9");
    Read PARENT_DOWN = page_of_few!(down, parent, "$9");
    Read PROBE_KIND = probe!(source!(kind, "$1"));
    Read COUNT_KIND = count_of_few!(kind, "$8");
    Read KIND_UP = page_of_few!(up, kind, "$8");
    Read KIND_DOWN = page_of_few!(down, kind, "$8");
    Read PROBE_SUSPENDED = probe!(source!(suspended));
    Read COUNT_SUSPENDED = count_of_few!(suspended);
    Read SUSPENDED_UP = page_of_few!(up, suspended);
    Read SUSPENDED_DOWN = page_of_few!(down, suspended);
    Read PROBE_DELETED = probe!(source!(deleted));
    Read COUNT_DELETED = count_of_few!(deleted);
    Read DELETED_UP = page_of_few!(up, deleted);
    Read DELETED_DOWN = page_of_few!(down, deleted);
    Read PROBE_REACH = probe!(source!(reach, "$1", "$2", "$3", "$4"));
    Read COUNT_REACH = count_of_few!(reach);
    Read REACH_UP = page_of_few!(up, reach);
    Read REACH_DOWN = page_of_few!(down, reach);
    Read COUNT_ALL = count_of_many!("");
    Read COUNT_OF_KIND = count_of_many!("o.kind = $8 AND ");
    Read COUNT_BELOW = count_of_many!("o.parent_id = $9 AND ");
    /// Through the trees within reach, which lead to nothing else.
    Read COUNT_WITHIN = concat!("SELECT COUNT(*) FROM (SELECT 1 FROM ", source!(reach, "$2", "$3", "$4", "$5"),
        " JOIN organisations o ON o.id = s.organisation_id WHERE ", facts_pass!(), " AND ", reached_by_both!("o.id"),
        " LIMIT $12) AS counted");
    Read BY_NAME_UP = page_of_many!("", "o.search_text, o.id");
    Read BY_NAME_DOWN = page_of_many!("", "o.search_text DESC, o.id DESC");
    Read OF_KIND_BY_NAME_UP = page_of_many!("o.kind = $8 AND ", "o.search_text, o.id");
    Read OF_KIND_BY_NAME_DOWN = page_of_many!("o.kind = $8 AND ", "o.search_text DESC, o.id DESC");
    Read BELOW_BY_NAME_UP = page_of_many!("o.parent_id = $9 AND ", "o.search_text, o.id");
    Read BELOW_BY_NAME_DOWN = page_of_many!("o.parent_id = $9 AND ", "o.search_text DESC, o.id DESC");
    Read BY_KIND_UP = page_of_many!("", "o.kind, o.search_text, o.id");
    Read BY_KIND_DOWN = page_of_many!("", "o.kind DESC, o.search_text DESC, o.id DESC");
    Read BY_AGE_UP = page_of_many!("", "o.created_at, o.id");
    Read BY_AGE_DOWN = page_of_many!("", "o.created_at DESC, o.id DESC");
    /// Whether an organisation within reach has this number already, other than this one.
    Read VAT_IS_KNOWN = concat!("SELECT EXISTS (SELECT 1 FROM organisations o WHERE o.vat_number = $6 \
        AND (CAST($7 AS UUID) IS NULL OR o.id <> $7) AND o.deleted_through IS NULL AND ", within_reach!("o.id"), ")");
}

static BY_SEARCH: Narrow = Narrow { probe: &PROBE_SEARCH, count: &COUNT_SEARCH, page: [&SEARCH_UP, &SEARCH_DOWN] };
static BY_PARENT: Narrow = Narrow { probe: &PROBE_PARENT, count: &COUNT_PARENT, page: [&PARENT_UP, &PARENT_DOWN] };
static BY_KIND: Narrow = Narrow { probe: &PROBE_KIND, count: &COUNT_KIND, page: [&KIND_UP, &KIND_DOWN] };
static BY_SUSPENSION: Narrow =
    Narrow { probe: &PROBE_SUSPENDED, count: &COUNT_SUSPENDED, page: [&SUSPENDED_UP, &SUSPENDED_DOWN] };
static BY_DELETION: Narrow =
    Narrow { probe: &PROBE_DELETED, count: &COUNT_DELETED, page: [&DELETED_UP, &DELETED_DOWN] };
static BY_REACH: Narrow = Narrow { probe: &PROBE_REACH, count: &COUNT_REACH, page: [&REACH_UP, &REACH_DOWN] };

record! {
    /// An organisation with all that is shown of it.
    #[derive(Clone, Debug)]
    pub struct OrganisationDetails {
        /// The id.
        pub id: OrganisationId,
        /// Its place in the partner tree.
        pub kind: OrganisationKind,
        /// Its name.
        pub name: Name,
        /// Its VAT number, where it is known.
        pub vat_number: Option<VatNumber>,
        /// What others attach to it.
        pub custom_data: Option<CustomData>,
        /// When it was suspended itself, where it is.
        pub suspended_at: Option<Timestamp>,
        /// Whether it is out, by what was decided of it or above it.
        pub is_suspended: bool,
        /// When it was deleted itself, where it is.
        pub deleted_at: Option<Timestamp>,
        /// Whether it is deleted, by what was decided of it or above it.
        pub is_deleted: bool,
        /// Since when it is known.
        pub created_at: Timestamp,
        /// When it was changed last.
        pub updated_at: Timestamp,
        /// What it stands below, where that is within reach.
        pub parent: Option<OrganisationId>,
        /// That one's name.
        pub parent_name: Option<Name>,
        /// That one's kind.
        pub parent_kind: Option<OrganisationKind>,
    }
}

/// By what a list of organisations can be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganisationOrder {
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
            Self::Name => "name",
            Self::Kind => "kind",
            Self::CreatedAt => "age",
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
    /// The ways that may lead over few organisations.
    fn ways(&self, phrase: Option<&Phrase>, reach: &Reach) -> Vec<(&'static Narrow, Vec<Value>)> {
        let search = phrase.map(|phrase| (&BY_SEARCH, phrase.range().map(Value::from).to_vec()));
        let deletion = self.is_deleted.then(|| (&BY_DELETION, Vec::new()));
        let suspension = (self.is_suspended == Some(true)).then(|| (&BY_SUSPENSION, Vec::new()));
        let parent = self.parent.map(|parent| (&BY_PARENT, values![parent].to_vec()));
        let reach = (!reach.is_everything()).then(|| (&BY_REACH, reach.person().to_vec()));
        let kind = self.kind.map(|kind| (&BY_KIND, values![kind].to_vec()));
        [search, deletion, suspension, parent, reach, kind].into_iter().flatten().collect()
    }

    /// How many are counted, where that is many: from where it leads past the fewest.
    fn count_of_many(&self, reach: &Reach) -> &'static Statement {
        match (self.parent, self.kind) {
            (Some(_), _) => &COUNT_BELOW,
            (None, _) if !reach.is_everything() => &COUNT_WITHIN,
            (None, Some(_)) => &COUNT_OF_KIND,
            (None, None) => &COUNT_ALL,
        }
    }

    fn page_of_many(&self, order: OrganisationOrder) -> [&'static Statement; 2] {
        match (order, self.parent, self.kind) {
            (OrganisationOrder::CreatedAt, ..) => [&BY_AGE_UP, &BY_AGE_DOWN],
            // Of one kind, the order by kind is that by name.
            (_, _, Some(_)) => [&OF_KIND_BY_NAME_UP, &OF_KIND_BY_NAME_DOWN],
            (OrganisationOrder::Kind, _, None) => [&BY_KIND_UP, &BY_KIND_DOWN],
            (OrganisationOrder::Name, Some(_), None) => [&BELOW_BY_NAME_UP, &BELOW_BY_NAME_DOWN],
            (OrganisationOrder::Name, None, None) => [&BY_NAME_UP, &BY_NAME_DOWN],
        }
    }
}

/// An organisation, where it is within reach and not deleted.
pub async fn find(link: &mut Link, reach: &Reach, id: OrganisationId) -> Result<Option<OrganisationDetails>> {
    link.optional(&FIND, &reach.and(values![id])).await
}

/// The same, deleted or not: for whoever may take a deletion back, or make it final.
pub async fn find_anyhow(link: &mut Link, reach: &Reach, id: OrganisationId) -> Result<Option<OrganisationDetails>> {
    link.optional(&FIND_DELETED_TOO, &reach.and(values![id])).await
}

/// Whether an organisation within reach, other than this one, has the number.
pub async fn vat_is_known(
    link: &mut Link,
    reach: &Reach,
    number: &VatNumber,
    except: Option<OrganisationId>,
) -> Result<bool> {
    link.one(&VAT_IS_KNOWN, &reach.and(values![number.as_str(), except])).await
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
    let [from, to] = phrase.as_ref().map(Phrase::range).map_or([None, None], |range| range.map(Some));
    let shared = reach.and(values![from, to, filter.kind, filter.parent, filter.is_suspended, filter.is_deleted]);
    let with = |more: &[Value]| [shared.as_slice(), more].concat();
    let bound = counted::bound(page);
    if let Some(way) = way::narrow(link, filter.ways(phrase.as_ref(), reach)).await? {
        let total: i64 = link.one(way.count, &shared).await?;
        let values = with(values![order.name(), page.limit(), page.offset()]);
        return Ok((link.all(direction.of(way.page), &values).await?, total.min(bound)));
    }
    let total = link.one(filter.count_of_many(reach), &with(values![bound])).await?;
    let values = with(values![page.limit(), page.offset()]);
    Ok((link.all(direction.of(filter.page_of_many(order)), &values).await?, total))
}
