//! What runs beside the requests.

use std::sync::Arc;
use std::time::Duration;

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

impl Context {
    /// Starts the outbox, the sending of mails, the follower of other nodes, the forgetting of old
    /// rows and of what was read, the notes on sessions, the checkpoints of the audit log and the answers to those who
    /// forgot their password; all end after `stop` turns true.
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
}
