//! Lists of people: filtered, ordered, a page at a time.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::page::{Direction, Page};
use bailiwick_domain::role::Role;
use bailiwick_domain::search::Phrase;

use super::counted;
use super::reach::{Reach, is_everything, own_trees, reached_by_both, within_reach};
use super::user_list::ListedUser;
use super::way::{self, Narrow, gathered_max, probe};
use crate::error::Result;
use crate::link::Link;
use crate::statement::{Statement, statements};
use crate::value::{Value, values};

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

/// The condition that a person passes what is asked of people: the search between `$6` and `$7`, the suspension `$10`.
macro_rules! person_passes {
    () => {
        "(CAST($10 AS BOOLEAN) IS NULL OR (u.suspended_at IS NOT NULL) = $10) \
         AND (CAST($6 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM user_search_starts ps \
             WHERE ps.user_id = u.id AND ps.start >= $6 AND ps.start < CAST($7 AS TEXT) LIMIT 1 OFFSET 0))"
    };
}

/// The condition that a person passes all of it, at a place within reach (`$1` to `$5`). Super admins see those too who
/// have no place.
macro_rules! passes {
    () => {
        concat!(
            person_passes!(),
            " AND ((",
            is_everything!(),
            " AND CAST($8 AS UUID) IS NULL AND CAST($9 AS TEXT) IS NULL) \
                 OR EXISTS (SELECT 1 FROM memberships pm JOIN organisations po ON po.id = pm.organisation_id \
                 WHERE pm.user_id = u.id AND ",
            place_passes!("pm", "po"),
            " AND ",
            within_reach!("po.id"),
            " LIMIT 1 OFFSET 0))"
        )
    };
}

/// The places within reach that pass.
macro_rules! reached_places {
    () => {
        concat!(
            source!(reach, "$2", "$3", "$4", "$5"),
            " JOIN organisations so ON so.id = s.organisation_id AND ",
            place_passes!("s", "so"),
            " AND ",
            reached_by_both!("s.organisation_id")
        )
    };
}

/// What a few people are gathered from, and the column with their id.
macro_rules! source {
    (search, $from:literal, $to:literal) => {
        concat!("user_search_starts s WHERE s.start >= ", $from, " AND s.start < ", $to)
    };
    (organisation, $organisation:literal) => {
        concat!("memberships s WHERE s.organisation_id = ", $organisation)
    };
    (role, $role:literal) => {
        concat!("memberships s WHERE s.role = ", $role)
    };
    (suspended) => {
        "(SELECT id AS user_id FROM users WHERE suspended_at IS NOT NULL) s"
    };
    (reach, $user:literal, $first:literal, $second:literal, $third:literal) => {
        concat!(
            own_trees!($user, $first, $second, $third),
            " t JOIN organisation_paths d ON d.ancestor_id = t.id JOIN memberships s ON s.organisation_id = d.descendant_id"
        )
    };
}

/// Those of the few who pass.
macro_rules! few {
    (reach) => {
        concat!(
            " FROM (SELECT DISTINCT g.user_id AS id FROM (SELECT s.user_id FROM ",
            reached_places!(),
            " LIMIT ",
            gathered_max!(),
            ") g) AS found CROSS JOIN users u WHERE u.id = found.id AND ",
            person_passes!()
        )
    };
    ($($source:tt)+) => {
        concat!(
            " FROM (SELECT DISTINCT g.user_id AS id FROM (SELECT s.user_id FROM ",
            source!($($source)+),
            " LIMIT ",
            gathered_max!(),
            ") g) AS found CROSS JOIN users u WHERE u.id = found.id AND ",
            passes!()
        )
    };
}

macro_rules! count_of_few {
    ($($source:tt)+) => {
        concat!("SELECT COUNT(*)", few!($($source)+))
    };
}

/// The rows of a page for the people of `$listed`. Of each the place that was joined first, of those that pass, is
/// shown: which one that is, is asked of those on the page alone.
macro_rules! page {
    ($order:literal, $limit:literal, $offset:literal, $($listed:expr),+) => {
        concat!(
            "SELECT u.id, u.email, u.name, u.is_super_admin, u.confirmed_at, u.suspended_at, u.created_at, \
             o.id, o.name, o.kind, m.role FROM (SELECT u.id",
            $($listed,)+
            " ORDER BY ", $order, " LIMIT ", $limit, " OFFSET ", $offset,
            ") AS listed JOIN users u ON u.id = listed.id \
             LEFT JOIN memberships m ON m.user_id = u.id AND m.organisation_id = (SELECT f.organisation_id \
                 FROM memberships f JOIN organisations fo ON fo.id = f.organisation_id WHERE f.user_id = u.id AND ",
            place_passes!("f", "fo"),
            " AND ",
            within_reach!("fo.id"),
            " ORDER BY f.created_at, f.organisation_id LIMIT 1) \
             LEFT JOIN organisations o ON o.id = m.organisation_id ORDER BY ", $order
        )
    };
}

/// A page of the few, who are sorted in any case: `$11` says by what.
macro_rules! page_of_few {
    (up, $($source:tt)+) => {
        page!("CASE CAST($11 AS TEXT) WHEN 'name' THEN u.search_text WHEN 'email' THEN u.email_folded END, \
               CASE CAST($11 AS TEXT) WHEN 'age' THEN u.created_at END, u.id", "$12", "$13", few!($($source)+))
    };
    (down, $($source:tt)+) => {
        page!("CASE CAST($11 AS TEXT) WHEN 'name' THEN u.search_text WHEN 'email' THEN u.email_folded END DESC, \
               CASE CAST($11 AS TEXT) WHEN 'age' THEN u.created_at END DESC, u.id DESC", "$12", "$13", few!($($source)+))
    };
}

/// A page of everybody who passes, in an order that an index has.
macro_rules! page_of_many {
    ($order:literal) => {
        page!($order, "$11", "$12", " FROM users u WHERE ", passes!())
    };
}

/// How many people a source with several rows for some of them leads to: so many rows are looked at (`$11`) that they
/// lead to as many people as are counted (`$12`).
macro_rules! counted_once {
    ($($rows:expr),+) => {
        concat!(
            "SELECT CASE WHEN COUNT(*) < $11 THEN COUNT(DISTINCT g.user_id) ELSE CAST($12 AS BIGINT) END \
             FROM (SELECT s.user_id FROM ",
            $($rows,)+
            " LIMIT $11) g"
        )
    };
}

statements! {
    Read PROBE_SEARCH = probe!(source!(search, "$1", "$2"));
    Read COUNT_SEARCH = count_of_few!(search, "$6", "$7");
    Read SEARCH_UP = page_of_few!(up, search, "$6", "$7");
    Read SEARCH_DOWN = page_of_few!(down, search, "$6", "$7");
    Read PROBE_ORGANISATION = probe!(source!(organisation, "$1"));
    Read COUNT_ORGANISATION = count_of_few!(organisation, "$8");
    Read ORGANISATION_UP = page_of_few!(up, organisation, "$8");
    Read ORGANISATION_DOWN = page_of_few!(down, organisation, "$8");
    Read PROBE_SUSPENDED = probe!(source!(suspended));
    Read COUNT_SUSPENDED = count_of_few!(suspended);
    Read SUSPENDED_UP = page_of_few!(up, suspended);
    Read SUSPENDED_DOWN = page_of_few!(down, suspended);
    Read PROBE_REACH = probe!(source!(reach, "$1", "$2", "$3", "$4"));
    Read COUNT_REACH = count_of_few!(reach);
    Read REACH_UP = page_of_few!(up, reach);
    Read REACH_DOWN = page_of_few!(down, reach);
    Read PROBE_ROLE = probe!(source!(role, "$1"));
    Read COUNT_ROLE = count_of_few!(role, "$9");
    Read ROLE_UP = page_of_few!(up, role, "$9");
    Read ROLE_DOWN = page_of_few!(down, role, "$9");
    Read COUNT_ALL = concat!("SELECT COUNT(*) FROM (SELECT 1 FROM users u WHERE ", passes!(), " LIMIT $11) AS counted");
    Read COUNT_FOUND = counted_once!("user_search_starts s JOIN users u ON u.id = s.user_id \
        WHERE s.start >= $6 AND s.start < CAST($7 AS TEXT) AND ", passes!());
    Read COUNT_WITHIN = counted_once!(reached_places!(), " JOIN users u ON u.id = s.user_id WHERE ", person_passes!());
    Read BY_NAME_UP = page_of_many!("u.search_text, u.id");
    Read BY_NAME_DOWN = page_of_many!("u.search_text DESC, u.id DESC");
    Read BY_EMAIL_UP = page_of_many!("u.email_folded");
    Read BY_EMAIL_DOWN = page_of_many!("u.email_folded DESC");
    Read BY_AGE_UP = page_of_many!("u.created_at, u.id");
    Read BY_AGE_DOWN = page_of_many!("u.created_at DESC, u.id DESC");
}

static BY_SEARCH: Narrow = Narrow { probe: &PROBE_SEARCH, count: &COUNT_SEARCH, page: [&SEARCH_UP, &SEARCH_DOWN] };
static BY_ORGANISATION: Narrow =
    Narrow { probe: &PROBE_ORGANISATION, count: &COUNT_ORGANISATION, page: [&ORGANISATION_UP, &ORGANISATION_DOWN] };
static BY_SUSPENSION: Narrow =
    Narrow { probe: &PROBE_SUSPENDED, count: &COUNT_SUSPENDED, page: [&SUSPENDED_UP, &SUSPENDED_DOWN] };
static BY_REACH: Narrow = Narrow { probe: &PROBE_REACH, count: &COUNT_REACH, page: [&REACH_UP, &REACH_DOWN] };
static BY_ROLE: Narrow = Narrow { probe: &PROBE_ROLE, count: &COUNT_ROLE, page: [&ROLE_UP, &ROLE_DOWN] };

/// How many places, or words that a search finds, a person has on an average at the most.
const ROWS_OF_EACH: i64 = 2;

/// By what a list of people can be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeopleOrder {
    /// By name.
    Name,
    /// By address.
    Email,
    /// By age.
    CreatedAt,
}

impl PeopleOrder {
    const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::CreatedAt => "age",
        }
    }

    const fn page_of_many(self) -> [&'static Statement; 2] {
        match self {
            Self::Name => [&BY_NAME_UP, &BY_NAME_DOWN],
            Self::Email => [&BY_EMAIL_UP, &BY_EMAIL_DOWN],
            Self::CreatedAt => [&BY_AGE_UP, &BY_AGE_DOWN],
        }
    }
}

/// Which people are listed.
#[derive(Clone, Debug, Default)]
pub struct PeopleFilter {
    /// Those of whose name, address or domain a word begins like this.
    pub search: Option<String>,
    /// Those of this very organisation.
    pub organisation: Option<OrganisationId>,
    /// Those who are this somewhere within reach.
    pub role: Option<Role>,
    /// Those whose account is suspended, or those whose account is not.
    pub is_suspended: Option<bool>,
}

impl PeopleFilter {
    /// The ways that may lead over few people.
    fn ways(&self, phrase: Option<&Phrase>, reach: &Reach) -> Vec<(&'static Narrow, Vec<Value>)> {
        let search = phrase.map(|phrase| (&BY_SEARCH, phrase.range().map(Value::from).to_vec()));
        let organisation = self.organisation.map(|organisation| (&BY_ORGANISATION, values![organisation].to_vec()));
        let suspension = (self.is_suspended == Some(true)).then(|| (&BY_SUSPENSION, Vec::new()));
        let reach = (!reach.is_everything()).then(|| (&BY_REACH, reach.person().to_vec()));
        let role = self.role.map(|role| (&BY_ROLE, values![role].to_vec()));
        [search, organisation, suspension, reach, role].into_iter().flatten().collect()
    }
}

/// A page of the people within reach, each with the first of their organisations that the filter lets pass, and how
/// many there are in all, of many only so far ([`counted::bound`]).
pub async fn page(
    link: &mut Link,
    reach: &Reach,
    filter: &PeopleFilter,
    (order, direction): (PeopleOrder, Direction),
    page: Page,
) -> Result<(Vec<ListedUser>, i64)> {
    let phrase = filter.search.as_deref().map(Phrase::new);
    if phrase.as_ref().is_some_and(Phrase::is_empty) {
        return Ok((Vec::new(), 0));
    }
    let [from, to] = phrase.as_ref().map(Phrase::range).map_or([None, None], |range| range.map(Some));
    let shared = reach.and(values![from, to, filter.organisation, filter.role, filter.is_suspended]);
    let with = |more: &[Value]| [shared.as_slice(), more].concat();
    let bound = counted::bound(page);
    if let Some(way) = way::narrow(link, filter.ways(phrase.as_ref(), reach)).await? {
        let total: i64 = link.one(way.count, &shared).await?;
        let values = with(values![order.name(), page.limit(), page.offset()]);
        return Ok((link.all(direction.of(way.page), &values).await?, total.min(bound)));
    }
    let total = match (reach.is_everything(), &phrase) {
        (true, None) => link.one(&COUNT_ALL, &with(values![bound])).await?,
        (true, Some(_)) => link.one(&COUNT_FOUND, &with(values![ROWS_OF_EACH * bound, bound])).await?,
        (false, _) => link.one(&COUNT_WITHIN, &with(values![ROWS_OF_EACH * bound, bound])).await?,
    };
    let values = with(values![page.limit(), page.offset()]);
    Ok((link.all(direction.of(order.page_of_many()), &values).await?, total))
}
