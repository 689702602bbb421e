//! The agreements of which somebody sees pools of seats.

use bailiwick_domain::id::{AgreementId, FamilyId};
use bailiwick_domain::name::Name;

use super::reach::{Reach, within_reach};
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

statements! {
    /// An agreement is named by its newest version that was published.
    Read FAMILIES = concat!("SELECT p.family_id, a.id, a.name, COUNT(*) FROM seat_pools p \
        JOIN organisations o ON o.id = p.holder_id \
        JOIN agreements a ON a.family_id = p.family_id AND a.version = (SELECT MAX(v.version) FROM agreements v \
        WHERE v.family_id = p.family_id AND v.published_at IS NOT NULL) WHERE o.deleted_through IS NULL AND ",
        within_reach!("p.holder_id"), " GROUP BY p.family_id, a.id, a.name, a.folded_name \
        ORDER BY a.folded_name, p.family_id LIMIT $6");
}

record! {
    /// An agreement of which there are pools.
    #[derive(Clone, Debug)]
    pub struct SeatFamily {
        /// All its versions.
        pub family: FamilyId,
        /// The newest version that was published.
        pub agreement: AgreementId,
        /// How that is called.
        pub name: Name,
        /// How many pools of it are within reach.
        pub pools: i64,
    }
}

/// The first agreements of which pools are within reach, by name.
pub async fn families(link: &mut Link, reach: &Reach, limit: i64) -> Result<Vec<SeatFamily>> {
    link.all(&FAMILIES, &reach.and(values![limit])).await
}
