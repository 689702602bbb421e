//! Mails on their way: queued with the change that they tell of, sent afterwards.

use bailiwick_domain::id::{MailId, UserId};
use bailiwick_domain::time::Timestamp;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

statements! {
    Write INSERT = "INSERT INTO mails \
        (id, user_id, kind, sealed_content, status, attempts, created_at, next_attempt_at, leased_until) \
        VALUES ($1, $2, $3, $4, 'pending', 0, $5, $5, 0)";
    /// Always in the same order, so that two nodes which claim at once wait for each other and do not
    /// lock each other out. Mails are few: rows that another node is just claiming are not stepped over.
    Read DUE = "SELECT id, user_id, kind, sealed_content, attempts, created_at FROM mails \
        WHERE status = 'pending' AND next_attempt_at <= $1 AND leased_until <= $1 \
        ORDER BY next_attempt_at, id LIMIT $2";
    Write LEASE = "UPDATE mails SET leased_until = $3 WHERE id = $1 AND leased_until <= $2 AND status = 'pending'";
    /// What a mail said goes once it is sent or dead: only what became of it is remembered.
    Write SENT = "UPDATE mails SET status = 'sent', attempts = attempts + 1, next_attempt_at = NULL, \
        last_attempt_at = $2, last_failure = NULL, sealed_content = $3 WHERE id = $1 AND status = 'pending'";
    Write FAILED = "UPDATE mails SET status = CASE WHEN CAST($4 AS BIGINT) IS NULL THEN 'dead' ELSE 'pending' END, \
        attempts = attempts + 1, last_attempt_at = $2, last_failure = $3, next_attempt_at = $4, leased_until = 0, \
        sealed_content = CASE WHEN CAST($4 AS BIGINT) IS NULL THEN $5 ELSE sealed_content END \
        WHERE id = $1 AND status = 'pending'";
    Read NEXT_DUE = "SELECT MIN(CASE WHEN leased_until > next_attempt_at THEN leased_until ELSE next_attempt_at END) \
        FROM mails WHERE status = 'pending'";
}

record! {
    /// A mail to be sent.
    #[derive(Clone, Debug)]
    pub struct MailRecord {
        /// Its id, the same in every attempt.
        pub id: MailId,
        /// Whom it concerns.
        pub user: Option<UserId>,
        /// The name of its kind.
        pub kind: String,
        /// To whom, in which language and with what, sealed.
        pub sealed_content: Vec<u8>,
        /// How often it was tried.
        pub attempts: i64,
        /// Since when it waits.
        pub created_at: Timestamp,
    }
}

/// A mail that is about to be queued.
#[derive(Clone, Copy, Debug)]
pub struct NewMail<'mail> {
    /// Its id.
    pub id: MailId,
    /// Whom it concerns; nobody where the recipient has no account.
    pub user: Option<UserId>,
    /// The name of its kind.
    pub kind: &'static str,
    /// To whom, in which language and with what, sealed.
    pub sealed_content: &'mail [u8],
}

/// Queues a mail, due at once.
pub async fn insert(transaction: &mut WriteTransaction, mail: NewMail<'_>, now: Timestamp) -> Result<()> {
    let NewMail { id, user, kind, sealed_content } = mail;
    transaction.change(&INSERT, values![id, user, kind, sealed_content, now]).await.map(|_| ())
}

/// Leases mails that are due, at most `limit`: nobody else sends them until then.
pub async fn claim(
    transaction: &mut WriteTransaction,
    now: Timestamp,
    leased_until: Timestamp,
    limit: i64,
) -> Result<Vec<MailRecord>> {
    let due: Vec<MailRecord> = transaction.all(&DUE, values![now, limit]).await?;
    let mut claimed = Vec::with_capacity(due.len());
    for mail in due {
        if transaction.change(&LEASE, values![mail.id, now, leased_until]).await? == 1 {
            claimed.push(mail);
        }
    }
    Ok(claimed)
}

/// What is left of what a mail said.
const NOTHING: &[u8] = &[];

/// Notes that a mail was sent, and forgets what it said.
pub async fn sent(transaction: &mut WriteTransaction, id: MailId, at: Timestamp) -> Result<()> {
    transaction.change(&SENT, values![id, at, NOTHING]).await.map(|_| ())
}

/// Notes that an attempt failed; without a next one the mail is dead, and what it said is forgotten.
pub async fn failed(
    transaction: &mut WriteTransaction,
    id: MailId,
    at: Timestamp,
    failure: &str,
    next_attempt_at: Option<Timestamp>,
) -> Result<()> {
    transaction.change(&FAILED, values![id, at, failure, next_attempt_at, NOTHING]).await.map(|_| ())
}

/// When the next mail is due, where any waits.
pub async fn next_due(link: &mut Link) -> Result<Option<Timestamp>> {
    link.one::<Option<Timestamp>>(&NEXT_DUE, &[]).await
}
