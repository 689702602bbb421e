//! Facts about this installation.

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::statement::statements;
use crate::value::values;

statements! {
    Read GET = "SELECT value FROM properties WHERE name = $1";
    Write SET_ONCE = "INSERT INTO properties (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    Read ANSWERS = "SELECT CAST(1 AS BIGINT) FROM properties LIMIT 1";
}

/// A fact, where it is known.
pub async fn get(link: &mut Link, name: &str) -> Result<Option<Vec<u8>>> {
    link.optional(&GET, values![name]).await
}

/// Notes a fact unless it is known; false when it was.
pub async fn set_once(transaction: &mut WriteTransaction, name: &str, value: &[u8]) -> Result<bool> {
    Ok(transaction.change(&SET_ONCE, values![name, value]).await? == 1)
}

/// Asks the database for the least, to see whether it answers.
pub async fn ping(link: &mut Link) -> Result<()> {
    link.all::<i64>(&ANSWERS, &[]).await.map(|_| ())
}
