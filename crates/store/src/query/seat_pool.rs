//! Pools of seats: made, given down the tree, used, and taken back.
//!
//! Every statement that moves seats says in its condition what has to be free for it, and the table's check says it
//! again: whoever comes second to the last seat finds nothing to change. Whoever touches several pools takes those above
//! before those below, so that no two wait for each other.

use bailiwick_domain::id::{AgreementId, FamilyId, OrganisationId, SeatPoolId};
use bailiwick_domain::licence::seats::Balance;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::time::Timestamp;

use super::reach::{Reach, within_reach};
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::{Value, values};

/// The columns of a [`PoolRecord`] and where they come from: parameters `$1` to `$5` are the reach. An agreement is named
/// by its newest version that was published.
macro_rules! pool_columns {
    () => {
        concat!(
            "SELECT p.id, p.family_id, a.id, a.name, p.parent_id, p.depth, o.id, o.name, o.kind, g.id, g.name, p.seats, p.overdraft, \
             p.given, p.used, p.expires_at, p.created_at, p.updated_at FROM seat_pools p \
             JOIN organisations o ON o.id = p.holder_id \
             JOIN agreements a ON a.family_id = p.family_id AND a.version = (SELECT MAX(v.version) FROM agreements v \
             WHERE v.family_id = p.family_id AND v.published_at IS NOT NULL) \
             LEFT JOIN seat_pools u ON u.id = p.parent_id \
             LEFT JOIN organisations g ON g.id = u.holder_id AND g.deleted_through IS NULL AND ",
            within_reach!("g.id")
        )
    };
}

/// The condition of a list: `$1` to `$5` are the reach, `$6` and `$7` the filters.
macro_rules! listed {
    () => {
        concat!(
            " WHERE o.deleted_through IS NULL AND ",
            within_reach!("p.holder_id"),
            " AND (CAST($6 AS UUID) IS NULL OR p.holder_id = $6) AND (CAST($7 AS UUID) IS NULL OR p.family_id = $7)"
        )
    };
}

/// A pool and all below it, as a table in brackets.
macro_rules! below {
    () => {
        "(WITH RECURSIVE below (id) AS (SELECT c.id FROM seat_pools c WHERE c.parent_id = $1 UNION ALL \
         SELECT c.id FROM seat_pools c JOIN below b ON c.parent_id = b.id) SELECT id FROM below)"
    };
}

statements! {
    Write INSERT = "INSERT INTO seat_pools (id, family_id, parent_id, holder_id, depth, seats, overdraft, given, used, \
        expires_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0, $6, $7, $7)";
    Read FIND = concat!(pool_columns!(), " WHERE p.id = $6 AND o.deleted_through IS NULL AND ",
        within_reach!("p.holder_id"));
    Read ROOT = "SELECT id FROM seat_pools WHERE family_id = $1 AND parent_id IS NULL";
    Read EDGE = "SELECT id FROM seat_pools WHERE parent_id = $1 AND holder_id = $2";
    Read STATE = "SELECT id, family_id, parent_id, holder_id, depth, seats, overdraft, given, used, expires_at \
        FROM seat_pools WHERE id = $1";
    Read CHILDREN = "SELECT id, family_id, parent_id, holder_id, depth, seats, overdraft, given, used, expires_at FROM seat_pools \
        WHERE parent_id = $1 AND seats > 0 ORDER BY id LIMIT 100000";
    /// Of the pools of one holder from which licences can be issued, those first whose seats are lost first.
    Read USABLE = "SELECT id FROM seat_pools WHERE holder_id = $1 AND family_id = $2 \
        AND given + used + $3 <= seats + overdraft AND (expires_at IS NULL OR expires_at > $4) \
        ORDER BY expires_at IS NULL, expires_at, id LIMIT 100";
    Read FREE = "SELECT CAST(COALESCE(SUM(seats + overdraft - given - used), 0) AS BIGINT) FROM seat_pools \
        WHERE holder_id = $1 AND family_id = $2 AND (expires_at IS NULL OR expires_at > $3)";
    /// Writing the row to itself holds it until the transaction ends.
    Write HOLD = "UPDATE seat_pools SET updated_at = updated_at WHERE id = $1";
    Write ADD = "UPDATE seat_pools SET seats = seats + $2, updated_at = $3 WHERE id = $1 AND seats + $2 <= 1000000000";
    Write GIVE = "UPDATE seat_pools SET given = given + $2, updated_at = $3 WHERE id = $1 \
        AND given + used + $2 <= seats + overdraft AND (expires_at IS NULL OR expires_at > $3)";
    Write USE = "UPDATE seat_pools SET used = used + $2, updated_at = $3 WHERE id = $1 \
        AND given + used + $2 <= seats + overdraft AND (expires_at IS NULL OR expires_at > $3)";
    Write FREE_USED = "UPDATE seat_pools SET used = used - $2, updated_at = $3 WHERE id = $1 AND used >= $2";
    Write REMOVE = "UPDATE seat_pools SET seats = seats - $2, updated_at = $3 WHERE id = $1 AND seats - $2 >= given + used";
    Write RETURN = "UPDATE seat_pools SET given = given - $2, updated_at = $3 WHERE id = $1 AND given >= $2";
    Write SET_EDGE = "UPDATE seat_pools SET overdraft = $2, expires_at = $3, updated_at = $4 WHERE id = $1 \
        AND given + used <= seats + $2";
    /// What is below ends no later.
    Write SHORTEN_BELOW = concat!("UPDATE seat_pools SET expires_at = $2, updated_at = $3 \
        WHERE (expires_at IS NULL OR expires_at > $2) AND id IN ", below!());
    /// What nobody may give or use any more: its time has passed, or nobody holds it.
    Read LAPSED = "SELECT id FROM seat_pools WHERE parent_id IS NOT NULL AND id IN (\
        SELECT e.id FROM seat_pools e WHERE e.expires_at IS NOT NULL AND e.expires_at <= $1 AND e.seats > e.given + e.used \
        UNION ALL SELECT n.id FROM seat_pools n WHERE n.holder_id IS NULL AND n.seats > n.given + n.used) \
        ORDER BY depth DESC, id LIMIT 1000";
    Read COUNT = concat!("SELECT COUNT(*) FROM seat_pools p JOIN organisations o ON o.id = p.holder_id", listed!());
    Read LIST = concat!(pool_columns!(), listed!(), " ORDER BY a.folded_name, p.family_id, p.depth, o.search_text, p.id \
        LIMIT $8 OFFSET $9");
}

record! {
    /// A pool of seats with all that is shown of it.
    #[derive(Clone, Debug)]
    pub struct PoolRecord {
        /// Its id.
        pub id: SeatPoolId,
        /// Of which agreement its licences are, whatever the version.
        pub family: FamilyId,
        /// The newest version of that.
        pub agreement: AgreementId,
        /// How that is called.
        pub agreement_name: Name,
        /// The pool that it was given out of.
        pub parent: Option<SeatPoolId>,
        /// How many pools stand above it.
        pub depth: i64,
        /// Who holds it.
        pub holder: OrganisationId,
        /// How they are called.
        pub holder_name: Name,
        /// What they are in the partner tree.
        pub holder_kind: OrganisationKind,
        /// Who gave it, where they are to be seen.
        pub giver: Option<OrganisationId>,
        /// How they are called.
        pub giver_name: Option<Name>,
        /// The seats that it has.
        pub seats: i64,
        /// How many more it may give and use.
        pub overdraft: i64,
        /// What was given out of it.
        pub given: i64,
        /// What is used by licences.
        pub used: i64,
        /// Until when anything is given or used.
        pub expires_at: Option<Timestamp>,
        /// Since when it exists.
        pub created_at: Timestamp,
        /// When it was changed last.
        pub updated_at: Timestamp,
    }
}

impl PoolRecord {
    /// What it has and what became of it.
    #[must_use]
    pub const fn balance(&self) -> Balance {
        Balance { seats: self.seats, overdraft: self.overdraft, given: self.given, used: self.used }
    }
}

record! {
    /// A pool as those see it who move seats.
    #[derive(Clone, Copy, Debug)]
    pub struct PoolState {
        /// Its id.
        pub id: SeatPoolId,
        /// Of which agreement its licences are.
        pub family: FamilyId,
        /// The pool that it was given out of.
        pub parent: Option<SeatPoolId>,
        /// Who holds it; nobody, where they are gone for good.
        pub holder: Option<OrganisationId>,
        /// How many pools stand above it.
        pub depth: i64,
        seats: i64,
        overdraft: i64,
        given: i64,
        used: i64,
        /// Until when anything is given or used.
        pub expires_at: Option<Timestamp>,
    }
}

impl PoolState {
    /// Whether nobody may give or use its seats any more.
    #[must_use]
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        self.holder.is_none() || self.expires_at.is_some_and(|end| end <= now)
    }

    /// What it has and what became of it.
    #[must_use]
    pub const fn balance(&self) -> Balance {
        Balance { seats: self.seats, overdraft: self.overdraft, given: self.given, used: self.used }
    }
}

/// A pool to be opened; it has no seats yet.
#[derive(Clone, Copy, Debug)]
pub struct NewPool {
    /// Its id.
    pub id: SeatPoolId,
    /// Of which agreement its licences are.
    pub family: FamilyId,
    /// The pool that it is given out of.
    pub parent: Option<SeatPoolId>,
    /// Who holds it.
    pub holder: OrganisationId,
    /// How many pools stand above it.
    pub depth: i64,
    /// Until when anything is given or used.
    pub expires_at: Option<Timestamp>,
}

/// Opens a pool.
///
/// # Errors
/// [`crate::Error::Conflict`] when somebody opened it at the same moment.
pub async fn insert(transaction: &mut WriteTransaction, pool: &NewPool, now: Timestamp) -> Result<()> {
    let NewPool { id, family, parent, holder, depth, expires_at } = *pool;
    let values = values![id, family, parent, holder, depth, expires_at, now];
    transaction.change(&INSERT, values).await.map(|_| ())
}

/// A pool within reach.
pub async fn find(link: &mut Link, reach: &Reach, id: SeatPoolId) -> Result<Option<PoolRecord>> {
    link.optional(&FIND, &reach.and(values![id])).await
}

/// The pool that all others of an agreement were given out of.
pub async fn root(link: &mut Link, family: FamilyId) -> Result<Option<SeatPoolId>> {
    link.optional(&ROOT, values![family]).await
}

/// The pool that this organisation has out of another one.
pub async fn edge(link: &mut Link, parent: SeatPoolId, holder: OrganisationId) -> Result<Option<SeatPoolId>> {
    link.optional(&EDGE, values![parent, holder]).await
}

/// A pool, whoever holds it.
pub async fn state(link: &mut Link, id: SeatPoolId) -> Result<Option<PoolState>> {
    link.optional(&STATE, values![id]).await
}

/// The pools with seats that were given out of this one, in the order of their ids.
pub async fn children(link: &mut Link, id: SeatPoolId) -> Result<Vec<PoolState>> {
    link.all(&CHILDREN, values![id]).await
}

/// The pools of this holder that have so many free seats, the one first whose seats are lost first.
pub async fn usable(
    link: &mut Link,
    holder: OrganisationId,
    family: FamilyId,
    seats: i64,
    now: Timestamp,
) -> Result<Vec<SeatPoolId>> {
    link.all(&USABLE, values![holder, family, seats, now]).await
}

/// How many seats this holder can give or use in all.
pub async fn free(link: &mut Link, holder: OrganisationId, family: FamilyId, now: Timestamp) -> Result<i64> {
    link.one(&FREE, values![holder, family, now]).await
}

/// Holds a pool until the transaction ends.
pub async fn hold(transaction: &mut WriteTransaction, id: SeatPoolId) -> Result<()> {
    transaction.change(&HOLD, values![id]).await.map(|_| ())
}

macro_rules! moves {
    ($($(#[$doc:meta])* $name:ident = $statement:ident;)*) => { $(
        $(#[$doc])*
        pub async fn $name(transaction: &mut WriteTransaction, id: SeatPoolId, seats: i64, now: Timestamp) -> Result<bool> {
            Ok(transaction.change(&$statement, values![id, seats, now]).await? == 1)
        }
    )* };
}

moves! {
    /// Adds seats to a pool; false where it would have more than there can be.
    add = ADD;
    /// Gives seats out of a pool; false where fewer are free, or it has expired.
    give = GIVE;
    /// Uses seats of a pool; false where fewer are free, or it has expired.
    take = USE;
    /// Frees seats that were used.
    release = FREE_USED;
    /// Removes seats from a pool that it has neither given nor used; false where it has fewer.
    remove = REMOVE;
    /// Gives a pool back what was given out of it.
    give_back = RETURN;
}

/// Sets how a pool may be used; false where more than that is owed already.
pub async fn set_edge(
    transaction: &mut WriteTransaction,
    id: SeatPoolId,
    overdraft: i64,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool> {
    let is_set = transaction.change(&SET_EDGE, values![id, overdraft, expires_at, now]).await? == 1;
    if is_set && expires_at.is_some() {
        transaction.change(&SHORTEN_BELOW, values![id, expires_at, now]).await?;
    }
    Ok(is_set)
}

/// Pools with free seats that nobody may give or use any more, the lowest first.
pub async fn lapsed(link: &mut Link, now: Timestamp) -> Result<Vec<SeatPoolId>> {
    link.all(&LAPSED, values![now]).await
}

/// Which pools are listed.
#[derive(Clone, Copy, Debug, Default)]
pub struct PoolFilter {
    /// Those of this organisation.
    pub holder: Option<OrganisationId>,
    /// Those of this agreement.
    pub family: Option<FamilyId>,
}

/// Some of the pools within reach, from the top of each tree downwards, and how many there are in all.
pub async fn page(
    link: &mut Link,
    reach: &Reach,
    filter: PoolFilter,
    (offset, limit): (i64, i64),
) -> Result<(Vec<PoolRecord>, i64)> {
    let shared = reach.and(values![filter.holder, filter.family]);
    let total = link.one(&COUNT, &shared).await?;
    let values: Vec<Value> = shared.iter().chain(values![limit, offset]).cloned().collect();
    Ok((link.all(&LIST, &values).await?, total))
}
