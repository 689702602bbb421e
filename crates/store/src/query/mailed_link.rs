//! Links that were mailed: each is good once, for one purpose, for a while.

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::UserId;
use bailiwick_domain::link::{LinkDigest, LinkPurpose};
use bailiwick_domain::time::Timestamp;

use super::suspension::may_come_in;
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

/// That the person has the address that the link was sent to, and is not suspended.
macro_rules! owner_unchanged {
    () => {
        concat!(
            "EXISTS (SELECT 1 FROM users u WHERE u.id = links.user_id AND u.email_folded = links.email_folded AND ",
            may_come_in!("u"),
            ")"
        )
    };
}

statements! {
    Write INSERT = "INSERT INTO links (digest, purpose, user_id, email_folded, created_at, expires_at) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    Read FIND = concat!(
        "SELECT user_id FROM links WHERE digest = $1 AND purpose = $2 AND expires_at > $3 AND ", owner_unchanged!());
    Write USE = concat!(
        "DELETE FROM links WHERE digest = $1 AND purpose = $2 AND expires_at > $3 AND ", owner_unchanged!());
    Write END_ALL = "DELETE FROM links WHERE user_id = $1 AND purpose = $2";
    Read LIVING = "SELECT COUNT(*), MIN(expires_at), MAX(created_at) FROM links WHERE user_id = $1 AND purpose = $2 AND expires_at > $3";
}

/// A link to be noted.
#[derive(Clone, Copy, Debug)]
pub struct NewLink<'link> {
    /// What is kept of its token.
    pub digest: LinkDigest,
    /// What it is good for.
    pub purpose: LinkPurpose,
    /// Whose account it is about.
    pub user: UserId,
    /// The address that it is sent to.
    pub email: &'link EmailAddress,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

record! {
    /// The links of one purpose that a person could use now.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct LivingLinks {
        /// How many there are.
        pub count: i64,
        /// When the first of them expires, where there are any.
        pub first_expiry: Option<Timestamp>,
        /// When the last of them was made, where there are any.
        pub newest: Option<Timestamp>,
    }
}

/// Notes a link.
pub async fn insert(transaction: &mut WriteTransaction, link: &NewLink<'_>, now: Timestamp) -> Result<()> {
    let NewLink { digest, purpose, user, email, expires_at } = *link;
    let values = values![digest.bytes().as_slice(), purpose.name(), user, email.folded(), now, expires_at];
    transaction.change(&INSERT, values).await.map(|_| ())
}

/// Whose account the link is about; nothing where it is good for nothing any more.
pub async fn find(
    link: &mut Link,
    digest: &LinkDigest,
    purpose: LinkPurpose,
    now: Timestamp,
) -> Result<Option<UserId>> {
    link.optional(&FIND, values![digest.bytes().as_slice(), purpose.name(), now]).await
}

/// Uses a link up; false when it cannot be used any more.
///
/// The account is to be held before (see [`super::account::hold`]): then its address and its suspension stay as they
/// are, and two who use links of one account never wait for each other crosswise.
pub async fn consume(
    transaction: &mut WriteTransaction,
    digest: &LinkDigest,
    purpose: LinkPurpose,
    now: Timestamp,
) -> Result<bool> {
    Ok(transaction.change(&USE, values![digest.bytes().as_slice(), purpose.name(), now]).await? == 1)
}

/// Makes every link of this purpose to a person's account useless.
pub async fn end_all(transaction: &mut WriteTransaction, user: UserId, purpose: LinkPurpose) -> Result<()> {
    transaction.change(&END_ALL, values![user, purpose.name()]).await.map(|_| ())
}

/// The links of this purpose that a person could use now.
pub async fn living(link: &mut Link, user: UserId, purpose: LinkPurpose, now: Timestamp) -> Result<LivingLinks> {
    link.one(&LIVING, values![user, purpose.name(), now]).await
}
