//! Sending what is queued: leased, sent, and tried again until it was tried long enough.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_domain::callback::{Next, next_attempt};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::time::Span;
use bailiwick_outbound::post::Posted;
use bailiwick_store::query::mail::{self, MailRecord};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::content;
use crate::context::Context;

/// How long a mail is leased for an attempt: the budget of the post, with room to record it.
const LEASE: Span = Span::seconds(20);
/// The most mails that this node sends at once: mail servers count connections.
const UNDER_WAY_MAX: usize = 4;
/// The longest sleep between two looks at the queue: another node may have filled it.
const SLEEP_MAX: Duration = Duration::from_secs(1);

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

impl Context {
    /// Sends what is due until `stop` turns true; then finishes what it has begun.
    pub(crate) async fn run_mails(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut attempts = JoinSet::new();
        while !*stop.borrow() {
            let pause = match self.claim_mails(UNDER_WAY_MAX.saturating_sub(attempts.len())).await {
                Ok(records) if records.is_empty() => self.pause_of_mails().await,
                Ok(records) => {
                    for record in records {
                        attempts.spawn(Arc::clone(&self).send_and_log(record));
                    }
                    Duration::ZERO
                }
                Err(fault) => {
                    tracing::warn!(fault = ?fault.source, "the queue of mails could not be read");
                    SLEEP_MAX
                }
            };
            // The rest is not claimed, so that its lease does not run while it waits.
            while attempts.len() >= UNDER_WAY_MAX {
                attempts.join_next().await;
            }
            while attempts.try_join_next().is_some() {}
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
        while attempts.join_next().await.is_some() {}
    }

    async fn pause_of_mails(&self) -> Duration {
        let due = async { Ok::<_, Fault>(mail::next_due(&mut self.database.read().await?).await?) };
        let Ok(Some(due)) = due.await else { return SLEEP_MAX };
        let wait = due.since(self.now()).as_microseconds().max(1000);
        Duration::from_micros(wait.unsigned_abs()).min(SLEEP_MAX)
    }

    async fn claim_mails(&self, room: usize) -> Result<Vec<MailRecord>, Fault> {
        let now = self.now();
        let due = mail::next_due(&mut self.database.read().await?).await?;
        if due.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let limit = i64::try_from(room).unwrap_or(i64::MAX);
        let mut transaction = self.database.write().await?;
        let records = mail::claim(&mut transaction, now, now.plus(LEASE), limit).await?;
        transaction.commit().await?;
        Ok(records)
    }

    async fn send_and_log(self: Arc<Self>, record: MailRecord) {
        let id = record.id;
        let ending = self.send_mail(&record).await;
        if let Err(fault) = self.record_sending(&record, ending).await {
            tracing::warn!(fault = ?fault.source, mail = %id, "the sending of a mail could not be recorded");
        }
    }

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
                let made = u32::try_from(attempts.saturating_add(1)).unwrap_or(u32::MAX);
                let chance = u64::from_be_bytes(self.entropy());
                let next_attempt_at = match next_attempt(made, created_at, at, None, chance) {
                    Next::At(next) => Some(next),
                    Next::Dead => None,
                };
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
