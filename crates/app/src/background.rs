//! What runs beside the requests.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::retention;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::context::Context;
use crate::mail::Mails;
use crate::outbox::Callbacks;
use crate::queue;

/// How often the server looks for what other nodes did: well under the second
/// in which a revocation must have arrived (contract, section 2).
const FOLLOW_EVERY: Duration = Duration::from_millis(250);
/// How often the database may give memory back.
const REST_EVERY: Duration = Duration::from_secs(10);
/// How often what may be forgotten is.
const RETENTION_EVERY: Duration = Duration::from_mins(10);
/// How often seats whose time has passed go back to where they came from.
const LICENCES_EVERY: Duration = Duration::from_mins(1);
/// In which parts of a day, in seconds, people are mailed what runs out: each gets at most one mail in each of them, as
/// long as it is not too much for one round.
const REMINDED_EVERY: i64 = 6 * 60 * 60;

impl Context {
    /// Starts the outbox, the sending of mails, the follower of other nodes, the forgetting of old
    /// rows and of what was read, the notes on sessions, the checkpoints of the audit log, the answers to those who
    /// forgot their password, and what comes of licences and seats whose time passes; all end after `stop` turns true.
    pub fn start_background(self: &Arc<Self>, stop: &watch::Receiver<bool>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        tasks.spawn(queue::run(Callbacks(Arc::clone(self)), stop.clone()));
        tasks.spawn(queue::run(Mails(Arc::clone(self)), stop.clone()));
        tasks.spawn(Arc::clone(self).follow(stop.clone()));
        tasks.spawn(Arc::clone(self).forget_old(stop.clone()));
        tasks.spawn(Arc::clone(self).rest(stop.clone()));
        tasks.spawn(Arc::clone(self).write_last_uses_down(stop.clone()));
        tasks.spawn(Arc::clone(self).write_checkpoints(stop.clone()));
        tasks.spawn(Arc::clone(self).run_reset_requests(stop.clone()));
        tasks.spawn(Arc::clone(self).tend_licences(stop.clone()));
        tasks
    }

    async fn follow(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut seen = None;
        while !*stop.borrow() {
            match self.catch_up(seen).await {
                Ok(newest) => seen = Some(newest),
                // Nothing remembered is believed until the database answers again.
                Err(fault) => tracing::warn!(fault = ?fault.source, "other nodes cannot be followed"),
            }
            tokio::select! {
                () = tokio::time::sleep(FOLLOW_EVERY) => {}
                _ = stop.changed() => {}
            }
        }
    }

    async fn rest(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            tokio::select! {
                () = tokio::time::sleep(REST_EVERY) => {}
                _ = stop.changed() => {}
            }
            if let Err(error) = self.database.rest().await {
                tracing::debug!(%error, "memory could not be given back");
            }
        }
    }

    async fn forget_old(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match retention::run(&self.database, self.now()).await {
                Ok(0) => {}
                Ok(rows) => tracing::debug!(rows, "forgot old rows"),
                Err(error) => tracing::warn!(%error, "old rows could not be forgotten"),
            }
            tokio::select! {
                () = tokio::time::sleep(RETENTION_EVERY) => {}
                _ = stop.changed() => {}
            }
        }
    }

    async fn tend_licences(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let part = |now: Timestamp| now.seconds().div_euclid(REMINDED_EVERY);
        let mut reminded = part(self.now());
        loop {
            tokio::select! {
                () = tokio::time::sleep(LICENCES_EVERY) => {}
                _ = stop.changed() => {}
            }
            if *stop.borrow() {
                return;
            }
            match self.settle_expired_seats().await {
                Ok(0) => {}
                Ok(pools) => tracing::debug!(pools, "seats whose time has passed went back"),
                Err(fault) => tracing::warn!(fault = ?fault.source, "seats whose time has passed could not go back"),
            }
            let current = part(self.now());
            if current == reminded {
                continue;
            }
            match self.remind_of_licences().await {
                Ok(mails) => {
                    reminded = current;
                    tracing::debug!(mails, "told of licences that run out");
                }
                Err(fault) => tracing::warn!(fault = ?fault.source, "licences that run out could not be told of"),
            }
        }
    }
}
