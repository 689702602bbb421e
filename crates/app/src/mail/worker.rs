//! Sending what is queued: leased, sent, and tried again until it was tried long enough.

use std::sync::Arc;

use bailiwick_domain::fault::Fault;
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_outbound::post::Posted;
use bailiwick_store::query::mail::{self, MailRecord};

use super::content;
use crate::context::Context;
use crate::queue::Queue;

/// How long a mail is leased for an attempt: the budget of the post, with room to record it.
const LEASE: Span = Span::seconds(20);

/// A mail that was sealed under a key that is gone.
const UNREADABLE: &str = "unreadable";
/// A mail whose link is good no longer.
const EXPIRED: &str = "expired";

/// How an attempt ended.
enum Ending {
    Sent(Posted),
    /// It may go better another time.
    Failed(String),
    /// It never will.
    Dead(String),
}

/// The mails on their way.
pub(crate) struct Mails(pub(crate) Arc<Context>);

impl Queue for Mails {
    type Task = MailRecord;
    const NAME: &'static str = "mails";
    // Mail servers count connections.
    const UNDER_WAY_MAX: usize = 4;

    fn context(&self) -> &Context {
        &self.0
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, Fault> {
        Ok(mail::next_due(&mut self.0.database.read().await?).await?)
    }

    async fn claim(&self, now: Timestamp, limit: i64) -> Result<Vec<MailRecord>, Fault> {
        let mut transaction = self.0.database.write().await?;
        let records = mail::claim(&mut transaction, now, now.plus(LEASE), limit).await?;
        transaction.commit().await?;
        Ok(records)
    }

    async fn work(&self, record: MailRecord) {
        let ending = self.0.send_mail(&record).await;
        if let Err(fault) = self.0.record_sending(&record, ending).await {
            tracing::warn!(fault = ?fault.source, mail = %record.id, "the sending of a mail could not be recorded");
        }
    }
}

impl Context {
    async fn send_mail(&self, record: &MailRecord) -> Ending {
        // No later attempt will open it either.
        let Some(mail) = content::unseal(&self.vault, record) else { return Ending::Dead(UNREADABLE.to_owned()) };
        if mail.kind.expires_at().is_some_and(|expires_at| expires_at <= self.now()) {
            return Ending::Dead(EXPIRED.to_owned());
        }
        let letter = content::write(&self.catalogues, &self.settings, record.id, record.created_at, &mail);
        let Ok(letter) = letter else { return Ending::Dead(UNREADABLE.to_owned()) };
        match self.post.send(&letter).await {
            Ok(posted) => Ending::Sent(posted),
            Err(failure) if failure.is_final() => Ending::Dead(failure.to_string()),
            Err(failure) => Ending::Failed(failure.to_string()),
        }
    }

    async fn record_sending(&self, record: &MailRecord, ending: Ending) -> Result<(), Fault> {
        let &MailRecord { id, attempts, created_at, .. } = record;
        let (at, kind) = (self.now(), record.kind.as_str());
        let mut transaction = self.database.write().await?;
        let outcome = match ending {
            Ending::Sent(posted) => {
                mail::sent(&mut transaction, id, at).await?;
                match posted {
                    Posted::File(path) => tracing::info!(mail = %id, kind, "a mail was written to {}", path.display()),
                    Posted::Server => tracing::debug!(mail = %id, kind, "a mail was sent"),
                }
                "sent"
            }
            Ending::Failed(reason) => {
                let next_attempt_at = self.next_try(attempts, created_at, at, None);
                mail::failed(&mut transaction, id, at, &reason, next_attempt_at).await?;
                let outcome = if next_attempt_at.is_some() { "it is tried again" } else { "it is given up" };
                tracing::warn!(mail = %id, kind, reason, "a mail was not sent: {outcome}");
                "failed"
            }
            Ending::Dead(reason) => {
                mail::failed(&mut transaction, id, at, &reason, None).await?;
                tracing::warn!(mail = %id, kind, reason, "a mail was not sent: it is given up");
                "failed"
            }
        };
        transaction.commit().await?;
        metrics::counter!("mail_attempts_total", "outcome" => outcome).increment(1);
        Ok(())
    }
}
