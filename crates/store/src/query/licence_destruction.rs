//! What becomes of licences and seats when a part of the tree is removed for good: its licences go, and its free seats
//! go back to whoever gave them. A pool stays, without a name, while something elsewhere was given out of it.

use bailiwick_domain::id::{OrganisationId, SeatPoolId};
use bailiwick_domain::time::Timestamp;

use super::seat_pool;
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::statement::statements;
use crate::value::values;

/// The organisations that go: `$1` and all below it.
macro_rules! organisations {
    () => {
        "(SELECT descendant_id FROM organisation_paths WHERE ancestor_id = $1)"
    };
}

/// Of a pool `c`: it is one of theirs at the depth `$2`, and has free seats.
macro_rules! has_free_seats {
    () => {
        concat!(
            "c.depth = $2 AND c.parent_id IS NOT NULL AND c.seats > c.given + c.used AND c.holder_id IN ",
            organisations!()
        )
    };
}

statements! {
    /// Those above before those below, as everybody holds pools.
    Read POOLS = concat!("SELECT p.id FROM seat_pools p WHERE p.holder_id IN ", organisations!(),
        " OR p.id IN (SELECT c.parent_id FROM seat_pools c WHERE c.holder_id IN ", organisations!(),
        ") OR p.id IN (SELECT l.pool_id FROM licences l WHERE l.holder_id IN ", organisations!(),
        ") ORDER BY p.depth, p.id LIMIT 1000000");
    Write FREE_SEATS = concat!("UPDATE seat_pools SET used = used - (SELECT COUNT(*) FROM licences l \
        WHERE l.pool_id = seat_pools.id AND l.revoked_at IS NULL AND l.holder_id IN ", organisations!(), ") \
        WHERE id IN (SELECT l.pool_id FROM licences l WHERE l.revoked_at IS NULL AND l.holder_id IN ", organisations!(), ")");
    Write LICENCES = concat!("DELETE FROM licences WHERE holder_id IN ", organisations!());
    Read DEEPEST = concat!("SELECT COALESCE(MAX(depth), 0) FROM seat_pools WHERE holder_id IN ", organisations!());
    Write NOTE_LAPSED = concat!("INSERT INTO seat_moves (pool_id, number, at, kind, seats) SELECT c.parent_id, \
        (SELECT COALESCE(MAX(n.number), 0) + 1 FROM seat_moves n WHERE n.pool_id = c.parent_id), $3, 'lapsed', \
        CAST(SUM(c.seats - c.given - c.used) AS BIGINT) FROM seat_pools c WHERE ", has_free_seats!(), " GROUP BY c.parent_id");
    Write GIVE_BACK = concat!("UPDATE seat_pools SET given = given - (SELECT CAST(SUM(c.seats - c.given - c.used) AS BIGINT) \
        FROM seat_pools c WHERE c.parent_id = seat_pools.id AND ", has_free_seats!(), "), updated_at = $3 \
        WHERE id IN (SELECT c.parent_id FROM seat_pools c WHERE ", has_free_seats!(), ")");
    Write GIVEN_BACK = concat!("UPDATE seat_pools SET seats = given + used WHERE depth = $2 AND parent_id IS NOT NULL \
        AND seats > given + used AND holder_id IN ", organisations!());
    Write POOLS_WITHOUT_ANYTHING = concat!("DELETE FROM seat_pools WHERE depth = $2 AND given = 0 AND used = 0 \
        AND holder_id IN ", organisations!(), " AND NOT EXISTS (SELECT 1 FROM seat_pools b WHERE b.parent_id = seat_pools.id)");
    Write NAMELESS_POOLS = concat!("UPDATE seat_pools SET holder_id = NULL WHERE holder_id IN ", organisations!());
}

/// Removes the licences of an organisation and of all below it, and gives their seats back; the tree is held.
pub(super) async fn run(transaction: &mut WriteTransaction, root: OrganisationId, now: Timestamp) -> Result<()> {
    let pools: Vec<SeatPoolId> = transaction.all(&POOLS, values![root]).await?;
    for pool in pools {
        seat_pool::hold(transaction, pool).await?;
    }
    transaction.change(&FREE_SEATS, values![root]).await?;
    transaction.change(&LICENCES, values![root]).await?;
    let deepest: i64 = transaction.one(&DEEPEST, values![root]).await?;
    for depth in (1..=deepest).rev() {
        transaction.change(&NOTE_LAPSED, values![root, depth, now]).await?;
        transaction.change(&GIVE_BACK, values![root, depth, now]).await?;
        transaction.change(&GIVEN_BACK, values![root, depth]).await?;
        transaction.change(&POOLS_WITHOUT_ANYTHING, values![root, depth]).await?;
    }
    transaction.change(&NAMELESS_POOLS, values![root]).await.map(|_| ())
}
