//! Links by which a new server is set up.

use bailiwick_domain::time::Timestamp;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::statement::statements;
use crate::value::values;

statements! {
    Write INSERT = "INSERT INTO setup_links (digest, created_at, expires_at) VALUES ($1, $2, $3)";
    Read EXPIRY = "SELECT expires_at FROM setup_links WHERE digest = $1";
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

/// Until when the link may be used; nothing for one that was never made, or was used.
pub async fn expiry(link: &mut Link, digest: &[u8]) -> Result<Option<Timestamp>> {
    link.optional(&EXPIRY, values![digest]).await
}

/// Uses a link up; false when it cannot be used any more.
pub async fn consume(transaction: &mut WriteTransaction, digest: &[u8], now: Timestamp) -> Result<bool> {
    Ok(transaction.change(&USE, values![digest, now]).await? == 1)
}

/// Forgets every link: the server is set up.
pub async fn clear(transaction: &mut WriteTransaction) -> Result<()> {
    transaction.change(&CLEAR, &[]).await.map(|_| ())
}
