//! Keys that sign, public and sealed.

use bailiwick_domain::time::Timestamp;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

statements! {
    Write INSERT = "INSERT INTO signing_keys (kid, purpose, public_key, sealed_private_key, created_at) \
        VALUES ($1, $2, $3, $4, $5)";
    /// The private part goes at once: what cannot sign cannot be stolen.
    Write RETIRE = "UPDATE signing_keys SET retired_at = $2, forget_after = $3, sealed_private_key = NULL \
        WHERE purpose = $1 AND retired_at IS NULL";
    Read LIVING = "SELECT kid, purpose, public_key, sealed_private_key, created_at FROM signing_keys \
        WHERE forget_after IS NULL OR forget_after > $1 ORDER BY created_at DESC, kid LIMIT 1000";
}

record! {
    /// A key that signs, or whose signatures are still believed.
    #[derive(Clone, Debug)]
    pub struct SigningKeyRecord {
        /// Its name in the headers of what it signed.
        pub kid: String,
        /// What it signs.
        pub purpose: String,
        /// The public part: 32 bytes of Ed25519 (RFC 8032).
        pub public_key: Vec<u8>,
        /// The private part, sealed; none once the key is retired.
        pub sealed_private_key: Option<Vec<u8>>,
        /// Since when.
        pub created_at: Timestamp,
    }
}

/// Adds a key.
///
/// # Errors
/// [`crate::Error::Conflict`] when another key of the purpose is active.
pub async fn insert(transaction: &mut WriteTransaction, key: &SigningKeyRecord) -> Result<()> {
    let values = values![
        key.kid.as_str(),
        key.purpose.as_str(),
        key.public_key.as_slice(),
        key.sealed_private_key.clone(),
        key.created_at,
    ];
    transaction.change(&INSERT, values).await.map(|_| ())
}

/// Retires the active key of a purpose; its signatures are believed until `forget_after`.
pub async fn retire(
    transaction: &mut WriteTransaction,
    purpose: &str,
    now: Timestamp,
    forget_after: Timestamp,
) -> Result<()> {
    transaction.change(&RETIRE, values![purpose, now, forget_after]).await.map(|_| ())
}

/// Every key whose signatures are believed, the newest first.
pub async fn living(link: &mut Link, now: Timestamp) -> Result<Vec<SigningKeyRecord>> {
    link.all(&LIVING, values![now]).await
}
