//! People as those see them who reach an organisation of theirs: one, or a page of them.

use bailiwick_domain::account::PhoneNumber;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::page::{Direction, Page};
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Timestamp;

use super::counted;
use super::pattern::contains;
use super::reach::{Reach, is_everything, organisations_within_reach, within_reach};
use super::user_list::{ListedMembership, ListedUser};
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::{Statement, statements};
use crate::value::{Value, values};

/// Everybody, for those whose reach has no end. Of each way there are the people that it leads to, and the places of
/// theirs, `f`, of which one is shown; `$2` is the role that they must have there, unless it is null.
macro_rules! all {
    (people) => {
        " AND (CAST($2 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM memberships em \
         JOIN organisations eo ON eo.id = em.organisation_id \
         WHERE em.user_id = u.id AND em.role = $2 AND eo.deleted_through IS NULL))"
    };
    (places) => {
        ""
    };
}

/// The people of one organisation, `$4`, for the same.
macro_rules! of_one {
    (people) => {
        people_of!("um.organisation_id = $4")
    };
    (places) => {
        " AND f.organisation_id = $4"
    };
}

/// The people of the organisations within reach: `$4` to `$7`. These are asked for as a list, so that its index leads
/// to the people of few organisations among many.
macro_rules! within {
    (people) => {
        people_of!("um.organisation_id IN ", organisations_within_reach!("$4", "$5", "$6", "$7"))
    };
    (places) => {
        concat!(" AND f.organisation_id IN ", organisations_within_reach!("$4", "$5", "$6", "$7"))
    };
}

/// The people of one organisation, `$8`, where it is within reach: `$4` to `$7`.
macro_rules! of_one_within {
    (people) => {
        people_of!("um.organisation_id = $8 AND $8 IN ", organisations_within_reach!("$4", "$5", "$6", "$7"))
    };
    (places) => {
        " AND f.organisation_id = $8"
    };
}

/// That somebody belongs to such an organisation, and it is not deleted.
macro_rules! people_of {
    ($($condition:expr),+) => {
        concat!(
            " AND u.id IN (SELECT um.user_id FROM memberships um JOIN organisations uo ON uo.id = um.organisation_id \
             WHERE uo.deleted_through IS NULL AND (CAST($2 AS TEXT) IS NULL OR um.role = $2) AND ",
            $($condition,)+
            ")"
        )
    };
}

/// The people of a way whom the filters let pass, of which each lets everything pass when it is null.
macro_rules! people {
    ($way:ident) => {
        concat!(
            " FROM users u WHERE (CAST($1 AS TEXT) IS NULL OR u.search_text LIKE $1 ESCAPE '!') \
             AND (CAST($3 AS BOOLEAN) IS NULL OR (u.suspended_at IS NOT NULL) = $3)",
            $way!(people)
        )
    };
}

/// How many there are, counted up to a bound.
macro_rules! count {
    ($way:ident, $bound:literal) => {
        concat!("SELECT COUNT(*) FROM (SELECT 1", people!($way), " LIMIT ", $bound, ") AS counted")
    };
}

/// One list for each order, because an order cannot be a parameter. Of each on the page the place that was joined first
/// is shown: which one that is, is asked of those alone.
macro_rules! page {
    ($way:ident, $order:literal, $limit:literal, $offset:literal) => {
        concat!(
            "SELECT u.id, u.email, u.name, u.is_super_admin, u.confirmed_at, u.suspended_at, u.created_at, \
             o.id, o.name, o.kind, m.role FROM (SELECT u.id",
            people!($way),
            " ORDER BY ",
            $order,
            " LIMIT ",
            $limit,
            " OFFSET ",
            $offset,
            ") AS listed JOIN users u ON u.id = listed.id \
             LEFT JOIN memberships m ON m.user_id = u.id AND m.organisation_id = (SELECT f.organisation_id \
                 FROM memberships f JOIN organisations fo ON fo.id = f.organisation_id \
                 WHERE f.user_id = u.id AND fo.deleted_through IS NULL AND (CAST($2 AS TEXT) IS NULL OR f.role = $2)",
            $way!(places),
            " ORDER BY f.created_at, f.organisation_id LIMIT 1) \
             LEFT JOIN organisations o ON o.id = m.organisation_id ORDER BY ",
            $order
        )
    };
}

statements! {
    Read COUNT_ALL = count!(all, "$4");
    /// What a search looks through begins with the folded name.
    Read ALL_BY_NAME_UP = page!(all, "u.search_text, u.id", "$4", "$5");
    Read ALL_BY_NAME_DOWN = page!(all, "u.search_text DESC, u.id DESC", "$4", "$5");
    Read ALL_BY_EMAIL_UP = page!(all, "u.email_folded", "$4", "$5");
    Read ALL_BY_EMAIL_DOWN = page!(all, "u.email_folded DESC", "$4", "$5");
    Read ALL_BY_AGE_UP = page!(all, "u.created_at, u.id", "$4", "$5");
    Read ALL_BY_AGE_DOWN = page!(all, "u.created_at DESC, u.id DESC", "$4", "$5");
    Read COUNT_OF_ONE = count!(of_one, "$5");
    Read OF_ONE_BY_NAME_UP = page!(of_one, "u.search_text, u.id", "$5", "$6");
    Read OF_ONE_BY_NAME_DOWN = page!(of_one, "u.search_text DESC, u.id DESC", "$5", "$6");
    Read OF_ONE_BY_EMAIL_UP = page!(of_one, "u.email_folded", "$5", "$6");
    Read OF_ONE_BY_EMAIL_DOWN = page!(of_one, "u.email_folded DESC", "$5", "$6");
    Read OF_ONE_BY_AGE_UP = page!(of_one, "u.created_at, u.id", "$5", "$6");
    Read OF_ONE_BY_AGE_DOWN = page!(of_one, "u.created_at DESC, u.id DESC", "$5", "$6");
    Read COUNT_WITHIN = count!(within, "$8");
    Read WITHIN_BY_NAME_UP = page!(within, "u.search_text, u.id", "$8", "$9");
    Read WITHIN_BY_NAME_DOWN = page!(within, "u.search_text DESC, u.id DESC", "$8", "$9");
    Read WITHIN_BY_EMAIL_UP = page!(within, "u.email_folded", "$8", "$9");
    Read WITHIN_BY_EMAIL_DOWN = page!(within, "u.email_folded DESC", "$8", "$9");
    Read WITHIN_BY_AGE_UP = page!(within, "u.created_at, u.id", "$8", "$9");
    Read WITHIN_BY_AGE_DOWN = page!(within, "u.created_at DESC, u.id DESC", "$8", "$9");
    Read COUNT_OF_ONE_WITHIN = count!(of_one_within, "$9");
    Read OF_ONE_WITHIN_BY_NAME_UP = page!(of_one_within, "u.search_text, u.id", "$9", "$10");
    Read OF_ONE_WITHIN_BY_NAME_DOWN = page!(of_one_within, "u.search_text DESC, u.id DESC", "$9", "$10");
    Read OF_ONE_WITHIN_BY_EMAIL_UP = page!(of_one_within, "u.email_folded", "$9", "$10");
    Read OF_ONE_WITHIN_BY_EMAIL_DOWN = page!(of_one_within, "u.email_folded DESC", "$9", "$10");
    Read OF_ONE_WITHIN_BY_AGE_UP = page!(of_one_within, "u.created_at, u.id", "$9", "$10");
    Read OF_ONE_WITHIN_BY_AGE_DOWN = page!(of_one_within, "u.created_at DESC, u.id DESC", "$9", "$10");
    Read FIND = concat!(
        "SELECT u.id, u.email, u.name, u.is_super_admin, u.confirmed_at, u.phone_number, u.job_title, u.suspended_at, \
         u.created_at FROM users u WHERE u.id = $6 AND (", is_everything!(), " OR EXISTS (SELECT 1 FROM memberships vm \
         JOIN organisations vo ON vo.id = vm.organisation_id WHERE vm.user_id = u.id AND vo.deleted_through IS NULL \
         AND ", within_reach!("vm.organisation_id"), "))");
    Read MEMBERSHIPS = concat!(
        "SELECT o.id, o.name, o.kind, (SELECT a.suspended_at FROM organisations a WHERE a.id = o.suspended_through), \
         m.role, m.created_at FROM memberships m JOIN organisations o ON o.id = m.organisation_id \
         WHERE m.user_id = $6 AND o.deleted_through IS NULL AND ", within_reach!("o.id"),
        " ORDER BY m.created_at, o.id LIMIT 1000");
    /// Deleted organisations count: they may come back.
    Read BELONGS_ELSEWHERE = concat!(
        "SELECT EXISTS (SELECT 1 FROM memberships em WHERE em.user_id = $6 AND NOT ",
        within_reach!("em.organisation_id"), ")");
}

record! {
    /// A person as the administrators of their organisations see them.
    #[derive(Clone, Debug)]
    pub struct PersonRecord {
        /// The id.
        pub id: UserId,
        /// How they sign in.
        pub email: EmailAddress,
        /// How they are called.
        pub name: Name,
        /// Whether they hold every right everywhere.
        pub is_super_admin: bool,
        /// When their address was confirmed, where it was.
        pub confirmed_at: Option<Timestamp>,
        /// Where they can be called.
        pub phone_number: Option<PhoneNumber>,
        /// What they do.
        pub job_title: Option<Name>,
        /// When the account was suspended, where it is.
        pub suspended_at: Option<Timestamp>,
        /// Since when they are known.
        pub created_at: Timestamp,
    }
}

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

/// Which people are listed.
#[derive(Clone, Debug, Default)]
pub struct PeopleFilter {
    /// Those whose folded name or address contains this folded text.
    pub search: Option<String>,
    /// Those of this very organisation.
    pub organisation: Option<OrganisationId>,
    /// Those who are this somewhere within reach.
    pub role: Option<Role>,
    /// Those whose account is suspended, or those whose account is not.
    pub is_suspended: Option<bool>,
}

/// The statements of one way to the people: the count, and both directions of each order.
struct Way {
    count: &'static Statement,
    by_name: [&'static Statement; 2],
    by_email: [&'static Statement; 2],
    by_age: [&'static Statement; 2],
}

static ALL: Way = Way {
    count: &COUNT_ALL,
    by_name: [&ALL_BY_NAME_UP, &ALL_BY_NAME_DOWN],
    by_email: [&ALL_BY_EMAIL_UP, &ALL_BY_EMAIL_DOWN],
    by_age: [&ALL_BY_AGE_UP, &ALL_BY_AGE_DOWN],
};
static OF_ONE: Way = Way {
    count: &COUNT_OF_ONE,
    by_name: [&OF_ONE_BY_NAME_UP, &OF_ONE_BY_NAME_DOWN],
    by_email: [&OF_ONE_BY_EMAIL_UP, &OF_ONE_BY_EMAIL_DOWN],
    by_age: [&OF_ONE_BY_AGE_UP, &OF_ONE_BY_AGE_DOWN],
};
static WITHIN: Way = Way {
    count: &COUNT_WITHIN,
    by_name: [&WITHIN_BY_NAME_UP, &WITHIN_BY_NAME_DOWN],
    by_email: [&WITHIN_BY_EMAIL_UP, &WITHIN_BY_EMAIL_DOWN],
    by_age: [&WITHIN_BY_AGE_UP, &WITHIN_BY_AGE_DOWN],
};
static OF_ONE_WITHIN: Way = Way {
    count: &COUNT_OF_ONE_WITHIN,
    by_name: [&OF_ONE_WITHIN_BY_NAME_UP, &OF_ONE_WITHIN_BY_NAME_DOWN],
    by_email: [&OF_ONE_WITHIN_BY_EMAIL_UP, &OF_ONE_WITHIN_BY_EMAIL_DOWN],
    by_age: [&OF_ONE_WITHIN_BY_AGE_UP, &OF_ONE_WITHIN_BY_AGE_DOWN],
};

impl Way {
    /// The one that leads past the fewest people.
    fn of(reach: &Reach, filter: &PeopleFilter) -> &'static Self {
        match (reach.is_everything(), filter.organisation) {
            (true, None) => &ALL,
            (true, Some(_)) => &OF_ONE,
            (false, None) => &WITHIN,
            (false, Some(_)) => &OF_ONE_WITHIN,
        }
    }

    fn page(&self, order: PeopleOrder, direction: Direction) -> &'static Statement {
        let [up, down] = match order {
            PeopleOrder::Name => self.by_name,
            PeopleOrder::Email => self.by_email,
            PeopleOrder::CreatedAt => self.by_age,
        };
        match direction {
            Direction::Ascending => up,
            Direction::Descending => down,
        }
    }
}

/// A page of the people within reach, each with the first of their organisations that the filter lets pass, and how
/// many there are in all, of many only so far ([`counted::bound`]).
pub async fn page(
    link: &mut Link,
    reach: &Reach,
    filter: &PeopleFilter,
    order: (PeopleOrder, Direction),
    page: Page,
) -> Result<(Vec<ListedUser>, i64)> {
    let way = Way::of(reach, filter);
    let membership = if reach.is_everything() { &[] } else { reach.membership() };
    let filters = values![filter.search.as_deref().map(contains), filter.role, filter.is_suspended];
    let organisation: Vec<Value> = filter.organisation.into_iter().map(Value::from).collect();
    let shared = [filters.as_slice(), membership, &organisation].concat();
    let total = link.one(way.count, &[shared.as_slice(), values![counted::bound(page)]].concat()).await?;
    let values = [shared.as_slice(), values![page.limit(), page.offset()]].concat();
    Ok((link.all(way.page(order.0, order.1), &values).await?, total))
}

/// A person, where an organisation of theirs is within reach.
pub async fn find(link: &mut Link, reach: &Reach, id: UserId) -> Result<Option<PersonRecord>> {
    link.optional(&FIND, &reach.and(values![id])).await
}

/// What a person is in the organisations within reach, the first joined first.
pub async fn memberships(link: &mut Link, reach: &Reach, id: UserId) -> Result<Vec<ListedMembership>> {
    link.all(&MEMBERSHIPS, &reach.and(values![id])).await
}

/// Whether a person belongs to an organisation that is out of reach.
pub async fn belongs_elsewhere(link: &mut Link, reach: &Reach, id: UserId) -> Result<bool> {
    link.one(&BELONGS_ELSEWHERE, &reach.and(values![id])).await
}
