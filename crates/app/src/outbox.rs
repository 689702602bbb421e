//! The outbox: callbacks are tried until they arrive or have been tried long enough.
//!
//! The `webhook-id` is the same in each attempt, so a receiver can tell repetitions.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_domain::callback::signature::{ID_HEADER, KEY_ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::id::DeliveryId;
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_outbound::{Attempt, Outcome};
use bailiwick_store::query::delivery::{self, AttemptOutcome, DeliveryRecord};

use crate::context::Context;
use crate::queue::Queue;

/// What one attempt may take in all (contract, section 4).
pub const ATTEMPT_BUDGET: Duration = Duration::from_secs(5);
/// How long a callback is leased for an attempt: its budget, with room to record it.
const LEASE: Span = Span::seconds(15);

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

/// The callbacks on their way.
pub(crate) struct Callbacks(pub(crate) Arc<Context>);

impl Queue for Callbacks {
    type Task = Parcel;
    const NAME: &'static str = "callbacks";
    // Beside the first attempts of new ones.
    const UNDER_WAY_MAX: usize = 32;

    fn context(&self) -> &Context {
        &self.0
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, Fault> {
        Ok(delivery::next_due(&mut self.0.database.read().await?).await?)
    }

    async fn claim(&self, now: Timestamp, limit: i64) -> Result<Vec<Parcel>, Fault> {
        let mut transaction = self.0.database.write().await?;
        let mut parcels = Vec::new();
        for record in delivery::claim(&mut transaction, now, now.plus(LEASE), limit).await? {
            if let Some(parcel) = self.0.unseal(&record) {
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

    async fn work(&self, parcel: Parcel) {
        let id = parcel.id;
        if let Err(fault) = self.0.attempt(parcel).await {
            tracing::warn!(fault = ?fault.source, delivery = %id, "an attempt could not be recorded");
        }
    }

    async fn woken(&self) {
        self.0.outbox_wake.notified().await;
    }
}

impl Context {
    fn unseal(&self, record: &DeliveryRecord) -> Option<Parcel> {
        let opened = self.vault.open_sealed(&place(record.id), &record.sealed_target);
        let target = opened.ok().and_then(|plain| String::from_utf8(plain.to_vec()).ok());
        let &DeliveryRecord { id, attempts, created_at, .. } = record;
        target.map(|target| Parcel { id, target, attempts, created_at })
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
                let next_attempt_at = self.next_try(attempts, created_at, at, retry_after);
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
