//! Organisations with all that is shown of them: one, or a page of them.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::page::{Direction, Page};
use bailiwick_domain::system::CustomData;
use bailiwick_domain::time::Timestamp;
use bailiwick_domain::vat_number::VatNumber;

use super::counted;
use super::pattern::contains;
use super::reach::{Reach, within_reach};
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
             FROM organisations o \
             LEFT JOIN organisations p ON p.id = o.parent_id AND ",
            within_reach!("p.id"),
            " WHERE ",
            within_reach!("o.id")
        )
    };
}

/// The filters of every list, each of which lets everything pass when it is null; but `$10` always says whether what
/// is deleted is listed, or what is not.
macro_rules! filtered {
    () => {
        " AND (CAST($6 AS TEXT) IS NULL OR o.search_text LIKE $6 ESCAPE '!') \
         AND (CAST($7 AS TEXT) IS NULL OR o.kind = $7) \
         AND (CAST($8 AS UUID) IS NULL OR o.parent_id = $8) \
         AND (CAST($9 AS BOOLEAN) IS NULL OR (o.suspended_through IS NOT NULL) = $9) \
         AND (o.deleted_through IS NOT NULL) = CAST($10 AS BOOLEAN)"
    };
}

/// One list for each order, because an order cannot be a parameter.
macro_rules! ordered {
    ($order:literal) => {
        concat!(details!(), filtered!(), " ORDER BY ", $order, ", o.id LIMIT $11 OFFSET $12")
    };
}

statements! {
    Read FIND = concat!(details!(), " AND o.deleted_through IS NULL AND o.id = $6");
    Read FIND_DELETED_TOO = concat!(details!(), " AND o.id = $6");
    Read COUNT = concat!("SELECT COUNT(*) FROM (SELECT 1 FROM organisations o WHERE ", within_reach!("o.id"), filtered!(),
        " LIMIT $11) AS counted");
    /// What a search looks through begins with the folded name.
    Read BY_NAME_UP = ordered!("o.search_text ASC");
    Read BY_NAME_DOWN = ordered!("o.search_text DESC");
    Read BY_TYPE_UP = ordered!("o.kind ASC");
    Read BY_TYPE_DOWN = ordered!("o.kind DESC");
    Read BY_CREATION_UP = ordered!("o.created_at ASC");
    Read BY_CREATION_DOWN = ordered!("o.created_at DESC");
    /// Whether an organisation within reach has this number already, other than this one.
    Read VAT_IS_KNOWN = concat!("SELECT EXISTS (SELECT 1 FROM organisations o WHERE o.vat_number = $6 \
        AND (CAST($7 AS UUID) IS NULL OR o.id <> $7) AND o.deleted_through IS NULL AND ", within_reach!("o.id"), ")");
}

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
    const fn statement(self, direction: Direction) -> &'static Statement {
        match (self, direction) {
            (Self::Name, Direction::Ascending) => &BY_NAME_UP,
            (Self::Name, Direction::Descending) => &BY_NAME_DOWN,
            (Self::Kind, Direction::Ascending) => &BY_TYPE_UP,
            (Self::Kind, Direction::Descending) => &BY_TYPE_DOWN,
            (Self::CreatedAt, Direction::Ascending) => &BY_CREATION_UP,
            (Self::CreatedAt, Direction::Descending) => &BY_CREATION_DOWN,
        }
    }
}

/// Which organisations are listed.
#[derive(Clone, Debug, Default)]
pub struct OrganisationFilter {
    /// Those whose folded text contains this folded text.
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
    order: (OrganisationOrder, Direction),
    page: Page,
) -> Result<(Vec<OrganisationDetails>, i64)> {
    let search = filter.search.as_deref().map(contains);
    let shared = reach.and(values![search, filter.kind, filter.parent, filter.is_suspended, filter.is_deleted]);
    let total = link.one(&COUNT, &followed_by(&shared, values![counted::bound(page)])).await?;
    let (by, direction) = order;
    let values = followed_by(&shared, values![page.limit(), page.offset()]);
    Ok((link.all(by.statement(direction), &values).await?, total))
}

fn followed_by(shared: &[Value], more: &[Value]) -> Vec<Value> {
    shared.iter().chain(more).cloned().collect()
}
