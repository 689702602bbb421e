//! Lists of systems: filtered, ordered, a page at a time.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::page::{Direction, Page};
use bailiwick_domain::system::{HeartbeatStatus, SystemStatus, SystemType};
use bailiwick_domain::time::Timestamp;

use super::pattern::contains;
use super::reach::{Reach, within_reach};
use super::system::{SystemRecord, creator, system_columns};
use crate::error::Result;
use crate::link::Link;
use crate::statement::{Statement, statements};
use crate::value::{Value, values};

/// The condition of every list: parameters `$1` to `$5` are the reach, `$6` to
/// `$11` the filters, each of which lets everything pass when it is null.
macro_rules! listed {
    () => {
        concat!(
            " WHERE s.deleted_at IS NULL AND o.deleted_through IS NULL AND ",
            within_reach!("s.organisation_id"),
            " AND (CAST($6 AS TEXT) IS NULL OR s.search_text LIKE $6 ESCAPE '!') \
             AND (CAST($7 AS TEXT) IS NULL OR s.type = $7) \
             AND (CAST($8 AS UUID) IS NULL OR s.organisation_id = $8) \
             AND (CAST($9 AS TEXT) IS NULL OR $9 = CASE WHEN s.in_maintenance THEN 'maintenance' \
                  WHEN h.seen_at > $11 THEN 'online' ELSE 'offline' END) \
             AND (CAST($10 AS TEXT) IS NULL OR $10 = CASE WHEN h.seen_at IS NULL THEN 'zombie' \
                  WHEN h.seen_at > $11 THEN 'alive' ELSE 'dead' END)"
        )
    };
}

/// One list for each order, because an order cannot be a parameter. What is shown of a system is looked up for those on
/// the page alone; `with` is what the order needs beside the system, its organisation and its heartbeat.
macro_rules! ordered {
    ($order:literal) => {
        ordered!($order, with "")
    };
    ($order:literal, with $with:expr) => {
        concat!(
            system_columns!(),
            " WHERE s.id IN (SELECT s.id FROM systems s JOIN organisations o ON o.id = s.organisation_id \
             LEFT JOIN heartbeats h ON h.system_id = s.id",
            $with,
            listed!(),
            " ORDER BY ",
            $order,
            " NULLS LAST, s.id LIMIT $12 OFFSET $13) ORDER BY ",
            $order,
            " NULLS LAST, s.id"
        )
    };
}

statements! {
    Read COUNT = concat!("SELECT COUNT(*) FROM systems s JOIN organisations o ON o.id = s.organisation_id \
        LEFT JOIN heartbeats h ON h.system_id = s.id", listed!());
    /// What a search looks through begins with the folded name: capitals and accents do not tear the alphabet apart.
    Read BY_NAME_UP = ordered!("s.search_text ASC");
    Read BY_NAME_DOWN = ordered!("s.search_text DESC");
    Read BY_TYPE_UP = ordered!("s.type ASC");
    Read BY_TYPE_DOWN = ordered!("s.type DESC");
    Read BY_STATUS_UP = ordered!("CASE WHEN s.in_maintenance THEN 'maintenance' \
        WHEN h.seen_at > $11 THEN 'online' ELSE 'offline' END ASC");
    Read BY_STATUS_DOWN = ordered!("CASE WHEN s.in_maintenance THEN 'maintenance' \
        WHEN h.seen_at > $11 THEN 'online' ELSE 'offline' END DESC");
    Read BY_FQDN_UP = ordered!("s.fqdn ASC");
    Read BY_FQDN_DOWN = ordered!("s.fqdn DESC");
    Read BY_VERSION_UP = ordered!("s.version ASC");
    Read BY_VERSION_DOWN = ordered!("s.version DESC");
    Read BY_CREATION_UP = ordered!("s.created_at ASC");
    Read BY_CREATION_DOWN = ordered!("s.created_at DESC");
    Read BY_CHANGE_UP = ordered!("s.updated_at ASC");
    Read BY_CHANGE_DOWN = ordered!("s.updated_at DESC");
    Read BY_HEARTBEAT_UP = ordered!("h.seen_at ASC");
    Read BY_HEARTBEAT_DOWN = ordered!("h.seen_at DESC");
    Read BY_ORGANISATION_UP = ordered!("LOWER(o.name) ASC");
    Read BY_ORGANISATION_DOWN = ordered!("LOWER(o.name) DESC");
    /// By what is shown: who is not to be seen is found out by no order either.
    Read BY_CREATOR_UP = ordered!("LOWER(u.name) ASC", with creator!());
    Read BY_CREATOR_DOWN = ordered!("LOWER(u.name) DESC", with creator!());
}

/// By what a list of systems can be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemOrder {
    /// By name.
    Name,
    /// By type.
    Type,
    /// By what it is shown as.
    Status,
    /// By host name.
    Fqdn,
    /// By version.
    Version,
    /// By age.
    CreatedAt,
    /// By the last change.
    UpdatedAt,
    /// By the last sign of life.
    LastHeartbeat,
    /// By the organisation's name.
    OrganisationName,
    /// By the creator's name.
    CreatorName,
}

impl SystemOrder {
    const fn statement(self, direction: Direction) -> &'static Statement {
        match (self, direction) {
            (Self::Name, Direction::Ascending) => &BY_NAME_UP,
            (Self::Name, Direction::Descending) => &BY_NAME_DOWN,
            (Self::Type, Direction::Ascending) => &BY_TYPE_UP,
            (Self::Type, Direction::Descending) => &BY_TYPE_DOWN,
            (Self::Status, Direction::Ascending) => &BY_STATUS_UP,
            (Self::Status, Direction::Descending) => &BY_STATUS_DOWN,
            (Self::Fqdn, Direction::Ascending) => &BY_FQDN_UP,
            (Self::Fqdn, Direction::Descending) => &BY_FQDN_DOWN,
            (Self::Version, Direction::Ascending) => &BY_VERSION_UP,
            (Self::Version, Direction::Descending) => &BY_VERSION_DOWN,
            (Self::CreatedAt, Direction::Ascending) => &BY_CREATION_UP,
            (Self::CreatedAt, Direction::Descending) => &BY_CREATION_DOWN,
            (Self::UpdatedAt, Direction::Ascending) => &BY_CHANGE_UP,
            (Self::UpdatedAt, Direction::Descending) => &BY_CHANGE_DOWN,
            (Self::LastHeartbeat, Direction::Ascending) => &BY_HEARTBEAT_UP,
            (Self::LastHeartbeat, Direction::Descending) => &BY_HEARTBEAT_DOWN,
            (Self::OrganisationName, Direction::Ascending) => &BY_ORGANISATION_UP,
            (Self::OrganisationName, Direction::Descending) => &BY_ORGANISATION_DOWN,
            (Self::CreatorName, Direction::Ascending) => &BY_CREATOR_UP,
            (Self::CreatorName, Direction::Descending) => &BY_CREATOR_DOWN,
        }
    }
}

/// Which systems are listed.
#[derive(Clone, Debug, Default)]
pub struct SystemFilter {
    /// Those whose folded text contains this folded text.
    pub search: Option<String>,
    /// Those of this type.
    pub kind: Option<SystemType>,
    /// Those of this organisation itself.
    pub organisation: Option<OrganisationId>,
    /// Those that are shown with this status.
    pub status: Option<SystemStatus>,
    /// Those whose heart beats like this.
    pub heartbeat: Option<HeartbeatStatus>,
}

impl SystemFilter {
    fn values(&self, alive_after: Timestamp) -> [Value; 6] {
        [
            self.search.as_deref().map(contains).into(),
            self.kind.as_ref().map(|kind| kind.as_str().to_owned()).into(),
            self.organisation.into(),
            self.status.map(SystemStatus::name).into(),
            self.heartbeat.map(HeartbeatStatus::name).into(),
            alive_after.into(),
        ]
    }
}

/// A page of the systems within reach, and how many there are in all.
///
/// A system whose last heartbeat is after `alive_after` is alive.
pub async fn page(
    link: &mut Link,
    reach: &Reach,
    filter: &SystemFilter,
    order: (SystemOrder, Direction),
    page: Page,
    alive_after: Timestamp,
) -> Result<(Vec<SystemRecord>, i64)> {
    let shared = reach.and(&filter.values(alive_after));
    let total = link.one(&COUNT, &shared).await?;
    let (by, direction) = order;
    let values: Vec<Value> = shared.iter().chain(values![page.limit(), page.offset()]).cloned().collect();
    Ok((link.all(by.statement(direction), &values).await?, total))
}
