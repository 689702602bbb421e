//! What happened to licences, and by whom.

use bailiwick_domain::id::{LicenceId, UserId};
use bailiwick_domain::licence::change::ChangeKind;
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
    /// Whoever notes a change holds the licence, so that nobody takes the same number.
    Write INSERT = "INSERT INTO licence_changes (licence_id, number, at, kind, by_user, details, holder_id) \
        VALUES ($1, (SELECT COALESCE(MAX(n.number), 0) + 1 FROM licence_changes n WHERE n.licence_id = $1), \
        $2, $3, $4, $5, (SELECT l.holder_id FROM licences l WHERE l.id = $1))";
    Read COUNT = concat!("SELECT COUNT(*) FROM licence_changes c WHERE c.licence_id = $6 AND ",
        within_reach!("c.holder_id"));
    /// What happened while somebody else held it is for those alone who may see what they hold.
    Read LIST = concat!("SELECT c.number, c.at, c.kind, c.details, u.id, u.name FROM licence_changes c",
        person_within_reach!("u", "c.by_user"), " WHERE c.licence_id = $6 AND ", within_reach!("c.holder_id"),
        " ORDER BY c.number DESC LIMIT $7 OFFSET $8");
}

/// A change to be noted.
#[derive(Clone, Debug)]
pub struct NewChange {
    /// Of which licence.
    pub licence: LicenceId,
    /// What happened.
    pub kind: ChangeKind,
    /// Who did it; nobody where it came of itself.
    pub by: Option<UserId>,
    /// What else there is to know, by the names of the API; never anybody's name.
    pub details: serde_json::Value,
}

record! {
    /// A change of a licence.
    #[derive(Clone, Debug)]
    pub struct ChangeRecord {
        /// Which of its licence it is, from 1 on.
        pub number: i64,
        /// When.
        pub at: Timestamp,
        /// What happened.
        pub kind: ChangeKind,
        /// What else there is to know.
        pub details: serde_json::Value,
        /// Who did it, where they are to be seen.
        pub by: Option<UserId>,
        /// How they are called.
        pub by_name: Option<Name>,
    }
}

/// Notes a change of a licence that is held.
pub async fn insert(transaction: &mut WriteTransaction, new: NewChange, now: Timestamp) -> Result<()> {
    let values = values![new.licence, now, new.kind.name(), new.by, new.details];
    transaction.change(&INSERT, values).await.map(|_| ())
}

/// What happened to a licence, the newest first, and how much it was in all.
pub async fn page(
    link: &mut Link,
    reach: &Reach,
    licence: LicenceId,
    (offset, limit): (i64, i64),
) -> Result<(Vec<ChangeRecord>, i64)> {
    let total = link.one(&COUNT, &reach.and(values![licence])).await?;
    Ok((link.all(&LIST, &reach.and(values![licence, limit, offset])).await?, total))
}
