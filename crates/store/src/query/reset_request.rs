//! Who asked for a new password, until it is known whether there is an account.

use bailiwick_domain::account::Language;
use bailiwick_domain::time::Timestamp;
use uuid::Uuid;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

statements! {
    Write INSERT = "INSERT INTO reset_requests (id, sealed_email, language, address, request_id, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    Read WAITING = "SELECT id FROM reset_requests ORDER BY id LIMIT $1";
    Write TAKE = "DELETE FROM reset_requests WHERE id = $1 \
        RETURNING id, sealed_email, language, address, request_id, created_at";
}

record! {
    /// Somebody asked.
    #[derive(Clone, Debug)]
    pub struct ResetRequest {
        /// Its id; ids sort by age.
        pub id: Uuid,
        /// For which address, sealed.
        pub sealed_email: Vec<u8>,
        /// The language that their browser asked for, where it is one of ours.
        pub language: Option<Language>,
        /// From where.
        pub address: String,
        /// In which request.
        pub request_id: Uuid,
        /// When.
        pub created_at: Timestamp,
    }
}

/// Notes that somebody asked.
pub async fn insert(transaction: &mut WriteTransaction, request: &ResetRequest) -> Result<()> {
    let ResetRequest { id, sealed_email, language, address, request_id, created_at } = request;
    let values = values![*id, sealed_email.as_slice(), *language, address.as_str(), *request_id, *created_at];
    transaction.change(&INSERT, values).await.map(|_| ())
}

/// Those that wait, the oldest first; at most `limit`.
pub async fn waiting(link: &mut Link, limit: i64) -> Result<Vec<Uuid>> {
    link.all(&WAITING, values![limit]).await
}

/// Takes one; nothing when somebody else took it.
pub async fn take(transaction: &mut WriteTransaction, id: Uuid) -> Result<Option<ResetRequest>> {
    Ok(transaction.change_returning(&TAKE, values![id]).await?.into_iter().next())
}
