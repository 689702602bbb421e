//! The outbox: callbacks are tried until they arrive or have been tried long enough.
//!
//! A callback is leased before it is tried, so that no two nodes try it at
//! once; a lease that its holder did not live to give back runs out. The
//! `webhook-id` is the same in each attempt, so a receiver can tell repetitions.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_domain::callback::signature::{ID_HEADER, KEY_ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use bailiwick_domain::callback::{Next, next_attempt};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::id::DeliveryId;
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_outbound::{Attempt, Outcome};
use bailiwick_store::query::delivery::{self, AttemptOutcome, DeliveryRecord};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::context::Context;

/// What one attempt may take in all (contract, section 4).
pub const ATTEMPT_BUDGET: Duration = Duration::from_secs(5);
/// How long a callback is leased for an attempt: its budget, with room to record it.
const LEASE: Span = Span::seconds(15);
/// The most callbacks that this node tries at once, beside the first attempts of new ones.
const UNDER_WAY_MAX: usize = 32;
/// The longest sleep between two looks at the outbox: another node may have filled it.
const SLEEP_MAX: Duration = Duration::from_secs(1);

/// The failure of a callback whose target was sealed under a key that is gone.
const UNREADABLE: &str = "unreadable";

/// A callback in the hands of whoever tries it.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    pub(crate) id: DeliveryId,
    pub(crate) target: String,
    pub(crate) attempts: i64,
    pub(crate) created_at: Timestamp,
}

/// What the target of a callback is sealed for.
pub(crate) fn place(id: DeliveryId) -> String {
    format!("deliveries/{id}")
}

impl Context {
    /// Delivers what is due until `stop` turns true; then finishes what it has begun.
    pub async fn run_outbox(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut attempts = JoinSet::new();
        while !*stop.borrow() {
            let pause = match self.claim_due(UNDER_WAY_MAX.saturating_sub(attempts.len())).await {
                Ok(parcels) if parcels.is_empty() => self.pause().await,
                Ok(parcels) => {
                    for parcel in parcels {
                        attempts.spawn(Arc::clone(&self).attempt_and_log(parcel));
                    }
                    Duration::ZERO
                }
                Err(fault) => {
                    tracing::warn!(fault = ?fault.source, "the outbox could not be read");
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
                () = self.outbox_wake.notified() => {}
                _ = stop.changed() => {}
            }
        }
        while attempts.join_next().await.is_some() {}
    }

    async fn pause(&self) -> Duration {
        let due = async { Ok::<_, Fault>(delivery::next_due(&mut self.database.read().await?).await?) };
        let Ok(Some(due)) = due.await else { return SLEEP_MAX };
        let wait = due.since(self.now()).as_microseconds().max(1000);
        Duration::from_micros(wait.unsigned_abs()).min(SLEEP_MAX)
    }

    async fn claim_due(&self, room: usize) -> Result<Vec<Parcel>, Fault> {
        let now = self.now();
        let due = delivery::next_due(&mut self.database.read().await?).await?;
        if due.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let limit = i64::try_from(room).unwrap_or(i64::MAX);
        let mut transaction = self.database.write().await?;
        let mut parcels = Vec::new();
        for record in delivery::claim(&mut transaction, now, now.plus(LEASE), limit).await? {
            if let Some(parcel) = self.unseal(&record) {
                parcels.push(parcel);
            } else {
                // No later attempt will open it either.
                tracing::error!(delivery = %record.id, "the target of a callback does not open: it is given up");
                let outcome =
                    AttemptOutcome { at: now, status: None, failure: Some(UNREADABLE), next_attempt_at: None };
                delivery::failed(&mut transaction, record.id, outcome).await?;
            }
        }
        transaction.commit().await?;
        Ok(parcels)
    }

    fn unseal(&self, record: &DeliveryRecord) -> Option<Parcel> {
        let opened = self.vault.open_sealed(&place(record.id), &record.sealed_target);
        let target = opened.ok().and_then(|plain| String::from_utf8(plain.to_vec()).ok());
        let &DeliveryRecord { id, attempts, created_at, .. } = record;
        target.map(|target| Parcel { id, target, attempts, created_at })
    }

    async fn attempt_and_log(self: Arc<Self>, parcel: Parcel) {
        let id = parcel.id;
        if let Err(fault) = self.attempt(parcel).await {
            tracing::warn!(fault = ?fault.source, delivery = %id, "an attempt could not be recorded");
        }
    }

    /// Tries to deliver once and records what came of it; true when it arrived.
    pub(crate) async fn attempt(&self, parcel: Parcel) -> Result<bool, Fault> {
        let Parcel { id, target, attempts, created_at } = parcel;
        let begun = self.now();
        let (kid, signature) = self.keys.current().sign_callback(&target, id, begun);
        let headers = [
            (ID_HEADER, id.to_string()),
            (TIMESTAMP_HEADER, begun.seconds().to_string()),
            (SIGNATURE_HEADER, signature.as_str().to_owned()),
            (KEY_ID_HEADER, kid),
        ];
        let attempt: Attempt = self.outbound.get(&target, &headers, ATTEMPT_BUDGET).await;
        let at = self.now();
        let mut transaction = self.database.write().await?;
        let is_delivered = match attempt.outcome {
            Outcome::Delivered { status } => {
                delivery::delivered(&mut transaction, id, at, i64::from(status)).await?;
                true
            }
            Outcome::Failed { reason, status, retry_after } => {
                let made = u32::try_from(attempts.saturating_add(1)).unwrap_or(u32::MAX);
                let chance = u64::from_be_bytes(self.entropy());
                let next_attempt_at = match next_attempt(made, created_at, at, retry_after, chance) {
                    Next::At(next) => Some(next),
                    Next::Dead => None,
                };
                let outcome =
                    AttemptOutcome { at, status: status.map(i64::from), failure: Some(reason.name()), next_attempt_at };
                delivery::failed(&mut transaction, id, outcome).await?;
                if next_attempt_at.is_none() {
                    tracing::warn!(delivery = %id, reason = reason.name(), "a callback is given up");
                }
                false
            }
        };
        transaction.commit().await?;
        let outcome = if is_delivered { "delivered" } else { "failed" };
        metrics::counter!("callback_attempts_total", "outcome" => outcome).increment(1);
        if !is_delivered {
            self.outbox_wake.notify_one();
        }
        Ok(is_delivered)
    }
}
