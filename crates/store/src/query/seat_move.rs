//! What happened to pools of seats.

use bailiwick_domain::id::{LicenceId, OrganisationId, SeatPoolId, UserId};
use bailiwick_domain::licence::seats::MoveKind;
use bailiwick_domain::name::Name;
use bailiwick_domain::time::Timestamp;

use super::reach::{Reach, person_within_reach, within_reach};
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

statements! {
    /// Whoever notes a move holds the pool, so that nobody takes the same number.
    Write INSERT = "INSERT INTO seat_moves (pool_id, number, at, kind, seats, other_pool_id, licence_id, by_user) \
        VALUES ($1, (SELECT COALESCE(MAX(n.number), 0) + 1 FROM seat_moves n WHERE n.pool_id = $1), \
        $2, $3, $4, $5, $6, $7)";
    Read COUNT = "SELECT COUNT(*) FROM seat_moves WHERE pool_id = $1";
    /// From whom seats came and to whom they went is said where they are to be seen, and which licence used them.
    Read LIST = concat!("SELECT m.number, m.at, m.kind, m.seats, o.id, o.name, \
        (SELECT l.id FROM licences l JOIN organisations h ON h.id = l.holder_id WHERE l.id = m.licence_id \
         AND h.deleted_through IS NULL AND ", within_reach!("l.holder_id"), "), u.id, u.name FROM seat_moves m \
        LEFT JOIN seat_pools p ON p.id = m.other_pool_id \
        LEFT JOIN organisations o ON o.id = p.holder_id AND o.deleted_through IS NULL AND ", within_reach!("o.id"),
        person_within_reach!("u", "m.by_user"), " WHERE m.pool_id = $6 ORDER BY m.number DESC LIMIT $7 OFFSET $8");
}

/// A move to be noted.
#[derive(Clone, Copy, Debug)]
pub struct NewMove {
    /// The pool whose seats they are.
    pub pool: SeatPoolId,
    /// What happened.
    pub kind: MoveKind,
    /// With how many seats.
    pub seats: i64,
    /// From or to which other pool.
    pub other: Option<SeatPoolId>,
    /// For which licence.
    pub licence: Option<LicenceId>,
    /// Who did it; nobody where time did.
    pub by: Option<UserId>,
}

record! {
    /// A move of seats.
    #[derive(Clone, Debug)]
    pub struct MoveRecord {
        /// Which of its pool it is, from 1 on.
        pub number: i64,
        /// When.
        pub at: Timestamp,
        /// What happened.
        pub kind: MoveKind,
        /// With how many seats.
        pub seats: i64,
        /// From or to whom, where they are to be seen.
        pub other: Option<OrganisationId>,
        /// How they are called.
        pub other_name: Option<Name>,
        /// For which licence, where it is to be seen.
        pub licence: Option<LicenceId>,
        /// Who did it, where they are to be seen.
        pub by: Option<UserId>,
        /// How they are called.
        pub by_name: Option<Name>,
    }
}

/// Notes a move of a pool that is held.
pub async fn insert(transaction: &mut WriteTransaction, new: &NewMove, now: Timestamp) -> Result<()> {
    let values = values![new.pool, now, new.kind.name(), new.seats, new.other, new.licence, new.by];
    transaction.change(&INSERT, values).await.map(|_| ())
}

/// What happened to a pool, the newest first, and how much it was in all.
pub async fn page(
    link: &mut Link,
    reach: &Reach,
    pool: SeatPoolId,
    (offset, limit): (i64, i64),
) -> Result<(Vec<MoveRecord>, i64)> {
    let total = link.one(&COUNT, values![pool]).await?;
    Ok((link.all(&LIST, &reach.and(values![pool, limit, offset])).await?, total))
}
