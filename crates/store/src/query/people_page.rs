//! Lists of people: filtered, ordered, a page at a time.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::page::{Direction, Page};
use bailiwick_domain::role::Role;
use bailiwick_domain::search::Phrase;

use super::counted;
use super::people_matches;
use super::people_passing::{
    has_place, has_place_below, is_found_by_first, is_found_by_later, passes, passes_below, person_passes,
    place_passes, suspension_passes,
};
use super::people_rows::{found_by, page, people_of};
use super::reach::{Reach, own_trees, reached_by_both};
use super::user_list::ListedUser;
use super::way::{self, Narrow, Sight, Stretch, gathered_max, probe};
use crate::error::Result;
use crate::link::Link;
use crate::statement::{Statement, statements};
use crate::value::{Value, values};

/// What a few people are gathered from, and the column with their id.
macro_rules! source {
    (search, $from:literal, $to:literal) => {
        concat!(
            "(SELECT id AS user_id FROM users WHERE search_text >= ", $from, " AND search_text < ", $to,
            " UNION ALL SELECT user_id FROM user_search_starts WHERE start >= ", $from, " AND start < ", $to, ") s"
        )
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
    (search, $from:literal, $to:literal) => {
        few!(suspension_passes!(), search, $from, $to)
    };
    (organisation, $organisation:literal) => {
        few!(person_passes!(), organisation, $organisation)
    };
    (role, $role:literal) => {
        few!(person_passes!(), role, $role)
    };
    (suspended) => {
        few!(person_passes!(), suspended)
    };
    ($passes:expr, $($source:tt)+) => {
        concat!(
            " FROM (SELECT DISTINCT g.user_id AS id FROM (SELECT s.user_id FROM ",
            source!($($source)+),
            " LIMIT ",
            gathered_max!(),
            ") g) AS found CROSS JOIN users u WHERE u.id = found.id AND ",
            $passes,
            " AND ",
            has_place!()
        )
    };
}

macro_rules! count_of_few {
    ($($source:tt)+) => {
        concat!("SELECT COUNT(*) FROM (SELECT 1", few!($($source)+), " LIMIT $11) AS counted")
    };
}

/// A page of the few, who are sorted in any case: `$11` says by what.
macro_rules! page_of_few {
    (up, $($source:tt)+) => {
        page!(concat!("CASE CAST($11 AS TEXT) WHEN 'name' THEN u.search_text WHEN 'email' THEN u.email_folded \
               WHEN 'match' THEN ", found_by!(), " END, \
               CASE CAST($11 AS TEXT) WHEN 'age' THEN u.created_at END, u.id"), "$12", "$13", few!($($source)+))
    };
    (down, $($source:tt)+) => {
        page!(concat!("CASE CAST($11 AS TEXT) WHEN 'name' THEN u.search_text WHEN 'email' THEN u.email_folded \
               WHEN 'match' THEN ", found_by!(), " END DESC, \
               CASE CAST($11 AS TEXT) WHEN 'age' THEN u.created_at END DESC, u.id DESC"),
              "$12", "$13", few!($($source)+))
    };
}

/// A page of everybody who passes, in an order that an index has; by name from `$13` to `$14`.
macro_rules! page_of_many {
    (name, $order:literal) => {
        page!($order, "$11", "$12", " FROM users u WHERE u.search_text >= $13 AND u.search_text < $14 AND ", passes!())
    };
    ($order:literal) => {
        page!($order, "$11", "$12", " FROM users u WHERE ", passes!())
    };
}

/// The same for the people of a partner, in an order that its list has; by name from `$13` to `$14`, and then the
/// partner is `$15`, else `$13`.
macro_rules! page_of_partner {
    (name, $order:literal => $shown:literal) => {
        page!($order => $shown, "$11", "$12", people_of!("$15"), " AND b.search_text >= $13 AND b.search_text < $14 AND ",
            passes_below!("$15"))
    };
    ($order:literal => $shown:literal) => {
        page!($order => $shown, "$11", "$12", people_of!("$13"), " AND ", passes_below!("$13"))
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
    Read HAS_LATER = "SELECT EXISTS (SELECT 1 FROM user_search_starts WHERE start >= $1 AND start < $2)";
    Read PROBE_SEARCH = probe!(source!(search, "$1", "$2"));
    List COUNT_SEARCH = count_of_few!(search, "$6", "$7");
    List SEARCH_UP = page_of_few!(up, search, "$6", "$7");
    List SEARCH_DOWN = page_of_few!(down, search, "$6", "$7");
    Read PROBE_ORGANISATION = probe!(source!(organisation, "$1"));
    List COUNT_ORGANISATION = count_of_few!(organisation, "$8");
    List ORGANISATION_UP = page_of_few!(up, organisation, "$8");
    List ORGANISATION_DOWN = page_of_few!(down, organisation, "$8");
    Read PROBE_SUSPENDED = probe!(source!(suspended));
    List COUNT_SUSPENDED = count_of_few!(suspended);
    List SUSPENDED_UP = page_of_few!(up, suspended);
    List SUSPENDED_DOWN = page_of_few!(down, suspended);
    Read PROBE_REACH = probe!(source!(reach, "$1", "$2", "$3", "$4"));
    List COUNT_REACH = count_of_few!(reach);
    List REACH_UP = page_of_few!(up, reach);
    List REACH_DOWN = page_of_few!(down, reach);
    Read PROBE_ROLE = probe!(source!(role, "$1"));
    List COUNT_ROLE = count_of_few!(role, "$9");
    List ROLE_UP = page_of_few!(up, role, "$9");
    List ROLE_DOWN = page_of_few!(down, role, "$9");
    List COUNT_ALL = concat!("SELECT COUNT(*) FROM (SELECT 1 FROM users u WHERE ", passes!(), " LIMIT $11) AS counted");
    List COUNT_BETWEEN = concat!("SELECT COUNT(*) FROM (SELECT 1 FROM users u WHERE u.search_text >= $12 \
        AND u.search_text < $13 AND ", passes!(), " LIMIT $11) AS counted");
    List COUNT_OF_PARTNER = concat!("SELECT COUNT(*) FROM (SELECT 1", people_of!("$14"), " AND b.search_text >= $12 \
        AND b.search_text < $13 AND ", passes_below!("$14"), " LIMIT $11) AS counted");
    /// Those whom the search finds by their first word stand together. The others are looked for in the order of their
    /// creation: by name, all who are called by a later word would stand together too, behind many others.
    List COUNT_FOUND_OF_PARTNER = concat!("SELECT COUNT(*) FROM (SELECT f.id FROM (SELECT u.id", people_of!("$12"),
        " AND ", is_found_by_first!("b"), " AND ", has_place_below!("$12"), " LIMIT $11) AS f \
        UNION ALL SELECT l.id FROM (SELECT u.id", people_of!("$12"), " AND ", is_found_by_later!("b.user_id"),
        " AND NOT ", is_found_by_first!("u"), " AND ", has_place_below!("$12"), " ORDER BY b.user_id LIMIT $11) AS l \
        LIMIT $11) AS counted");
    List COUNT_FOUND = counted_once!(source!(search, "$6", "CAST($7 AS TEXT)"),
        " CROSS JOIN users u WHERE u.id = s.user_id AND ", suspension_passes!(), " AND ", has_place!());
    List COUNT_WITHIN = counted_once!(reached_places!(), " JOIN users u ON u.id = s.user_id WHERE ", person_passes!());
    List BY_NAME_UP = page_of_many!(name, "u.search_text, u.id");
    List BY_NAME_DOWN = page_of_many!(name, "u.search_text DESC, u.id DESC");
    List BY_EMAIL_UP = page_of_many!("u.email_folded");
    List BY_EMAIL_DOWN = page_of_many!("u.email_folded DESC");
    List BY_AGE_UP = page_of_many!("u.created_at, u.id");
    List BY_AGE_DOWN = page_of_many!("u.created_at DESC, u.id DESC");
    List OF_PARTNER_BY_NAME_UP = page_of_partner!(name, "b.search_text, b.user_id" => "u.search_text, u.id");
    List OF_PARTNER_BY_NAME_DOWN =
        page_of_partner!(name, "b.search_text DESC, b.user_id DESC" => "u.search_text DESC, u.id DESC");
    List OF_PARTNER_BY_EMAIL_UP = page_of_partner!("b.email_folded, b.user_id" => "u.email_folded");
    List OF_PARTNER_BY_EMAIL_DOWN = page_of_partner!("b.email_folded DESC, b.user_id DESC" => "u.email_folded DESC");
    /// Ids are in the order of their creation.
    List OF_PARTNER_BY_AGE_UP = page_of_partner!("b.user_id" => "u.id");
    List OF_PARTNER_BY_AGE_DOWN = page_of_partner!("b.user_id DESC" => "u.id DESC");
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
    /// By the first of their words that the search finds; where nothing is searched, by name.
    Match,
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
            Self::Match => "match",
            Self::Name => "name",
            Self::Email => "email",
            Self::CreatedAt => "age",
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
    /// The ways that may lead over few people, beside that of the search.
    fn ways(&self, search: Option<&Phrase>, reach: Option<&Reach>) -> Vec<(&'static Narrow, Vec<Value>)> {
        let search = search.map(|phrase| (&BY_SEARCH, phrase.range().map(Value::from).to_vec()));
        let organisation = self.organisation.map(|organisation| (&BY_ORGANISATION, values![organisation].to_vec()));
        let suspension = (self.is_suspended == Some(true)).then(|| (&BY_SUSPENSION, Vec::new()));
        let reach = reach.map(|reach| (&BY_REACH, reach.person().to_vec()));
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
    let order = if phrase.is_none() && order == PeopleOrder::Match { PeopleOrder::Name } else { order };
    let [from, to] = phrase.as_ref().map(Phrase::range).map_or([None, None], |range| range.map(Some));
    let shared = reach.and(values![from, to, filter.organisation, filter.role, filter.is_suspended]);
    let with = |more: &[Value]| [shared.as_slice(), more].concat();
    let bound = counted::bound(page);
    let (sight, stretch) = (way::sight(link, reach).await?, Stretch::of(link, &HAS_LATER, phrase.as_ref()).await?);
    // What is found by the first words alone stands in the order of the names.
    let order = if stretch.is_part() && order == PeopleOrder::Match { PeopleOrder::Name } else { order };
    let search = phrase.as_ref().filter(|_| !(stretch.is_part() && order == PeopleOrder::Name));
    let ways = filter.ways(search, Some(reach).filter(|_| sight.is_narrow(order == PeopleOrder::Match)));
    if let Some(way) = way::narrow(link, ways).await? {
        let total = link.one(way.count, &with(values![bound])).await?;
        if order == PeopleOrder::Match && std::ptr::eq(way, &raw const BY_SEARCH) {
            return Ok((people_matches::page(link, sight, &shared, direction, page).await?, total));
        }
        let values = with(values![order.name(), page.limit(), page.offset()]);
        return Ok((link.all(direction.of(way.page), &values).await?, total));
    }
    let [from, to] = stretch.ends();
    let total = match (sight, &phrase) {
        (Sight::Partner(partner), Some(_)) if !stretch.is_part() => {
            link.one(&COUNT_FOUND_OF_PARTNER, &with(values![bound, partner])).await?
        }
        (Sight::Partner(partner), _) => {
            link.one(&COUNT_OF_PARTNER, &with(values![bound, from.as_str(), to.as_str(), partner])).await?
        }
        (Sight::Scattered, _) => link.one(&COUNT_WITHIN, &with(values![ROWS_OF_EACH * bound, bound])).await?,
        (Sight::Everything, None) => link.one(&COUNT_ALL, &with(values![bound])).await?,
        (Sight::Everything, Some(_)) if stretch.is_part() => {
            link.one(&COUNT_BETWEEN, &with(values![bound, from.as_str(), to.as_str()])).await?
        }
        (Sight::Everything, Some(_)) => link.one(&COUNT_FOUND, &with(values![ROWS_OF_EACH * bound, bound])).await?,
    };
    let mut values = with(values![page.limit(), page.offset()]);
    let [of_all, of_partner]: [[&'static Statement; 2]; 2] = match order {
        PeopleOrder::Match => {
            return Ok((people_matches::page(link, sight, &shared, direction, page).await?, total));
        }
        PeopleOrder::Name => {
            values.extend([from.into(), to.into()]);
            [[&BY_NAME_UP, &BY_NAME_DOWN], [&OF_PARTNER_BY_NAME_UP, &OF_PARTNER_BY_NAME_DOWN]]
        }
        PeopleOrder::Email => [[&BY_EMAIL_UP, &BY_EMAIL_DOWN], [&OF_PARTNER_BY_EMAIL_UP, &OF_PARTNER_BY_EMAIL_DOWN]],
        PeopleOrder::CreatedAt => [[&BY_AGE_UP, &BY_AGE_DOWN], [&OF_PARTNER_BY_AGE_UP, &OF_PARTNER_BY_AGE_DOWN]],
    };
    let statements = if let Sight::Partner(partner) = sight {
        values.push(partner.into());
        of_partner
    } else {
        of_all
    };
    Ok((link.all(direction.of(statements), &values).await?, total))
}
