//! Links by which a new server is set up.

use bailiwick_domain::time::Timestamp;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::statement::statements;
use crate::value::values;

statements! {
    Write INSERT = "INSERT INTO setup_links (digest, created_at, expires_at) VALUES ($1, $2, $3)";
    Read IS_GOOD = "SELECT EXISTS (SELECT 1 FROM setup_links WHERE digest = $1 AND expires_at > $2)";
    Write USE = "DELETE FROM setup_links WHERE digest = $1 AND expires_at > $2";
    Write CLEAR = "DELETE FROM setup_links";
}

/// Notes a link by the digest of its token.
pub async fn insert(
    transaction: &mut WriteTransaction,
    digest: &[u8],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    transaction.change(&INSERT, values![digest, now, expires_at]).await.map(|_| ())
}

/// Whether the link may still be used.
pub async fn is_good(link: &mut Link, digest: &[u8], now: Timestamp) -> Result<bool> {
    link.one(&IS_GOOD, values![digest, now]).await
}

/// Uses a link up; false when it cannot be used any more.
pub async fn consume(transaction: &mut WriteTransaction, digest: &[u8], now: Timestamp) -> Result<bool> {
    Ok(transaction.change(&USE, values![digest, now]).await? == 1)
}

/// Forgets every link: the server is set up.
pub async fn clear(transaction: &mut WriteTransaction) -> Result<()> {
    transaction.change(&CLEAR, &[]).await.map(|_| ())
}
