//! Working off a queue in the database: what is due is leased, tried, and looked for again.
//!
//! A task is leased before it is tried, so that no two nodes try it at once; a
//! lease that its holder did not live to give back runs out.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_domain::callback::{Next, next_attempt};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::time::{Span, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::context::Context;

/// The longest sleep between two looks at a queue: another node may have filled it.
const SLEEP_MAX: Duration = Duration::from_secs(1);

/// A queue of tasks that wait in the database.
pub(crate) trait Queue: Send + Sync + 'static {
    /// What one attempt works on.
    type Task: Send + 'static;
    /// What the log calls the queue.
    const NAME: &'static str;
    /// The most tasks that this node works on at once.
    const UNDER_WAY_MAX: usize;

    /// What it works with.
    fn context(&self) -> &Context;

    /// When the next task is due, where any waits.
    fn next_due(&self) -> impl Future<Output = Result<Option<Timestamp>, Fault>> + Send;

    /// Leases tasks that are due, at most `limit`.
    fn claim(&self, now: Timestamp, limit: i64) -> impl Future<Output = Result<Vec<Self::Task>, Fault>> + Send;

    /// Works on a task once, and writes down what came of it.
    fn work(&self, task: Self::Task) -> impl Future<Output = ()> + Send;

    /// Returns when something may be due earlier than was known.
    fn woken(&self) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }
}

/// Works off what is due until `stop` turns true; then finishes what it has begun.
pub(crate) async fn run<Q: Queue>(queue: Q, mut stop: watch::Receiver<bool>) {
    let queue = Arc::new(queue);
    let mut attempts = JoinSet::new();
    while !*stop.borrow() {
        let pause = match claim_due(&*queue, Q::UNDER_WAY_MAX.saturating_sub(attempts.len())).await {
            Ok(Claimed::Nothing { pause }) => pause,
            Ok(Claimed::Tasks(tasks)) => {
                for task in tasks {
                    let queue = Arc::clone(&queue);
                    attempts.spawn(async move { queue.work(task).await });
                }
                Duration::ZERO
            }
            Err(fault) => {
                tracing::warn!(fault = ?fault.source, "the queue of {} could not be read", Q::NAME);
                SLEEP_MAX
            }
        };
        // The rest is not claimed, so that its lease does not run while it waits.
        while attempts.len() >= Q::UNDER_WAY_MAX {
            attempts.join_next().await;
        }
        while attempts.try_join_next().is_some() {}
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = queue.woken() => {}
            _ = stop.changed() => {}
        }
    }
    while attempts.join_next().await.is_some() {}
}

enum Claimed<T> {
    Nothing { pause: Duration },
    Tasks(Vec<T>),
}

async fn claim_due<Q: Queue>(queue: &Q, room: usize) -> Result<Claimed<Q::Task>, Fault> {
    let now = queue.context().now();
    let due = queue.next_due().await?;
    if let Some(due) = due.filter(|due| *due <= now) {
        let tasks = queue.claim(now, i64::try_from(room).unwrap_or(i64::MAX)).await?;
        if !tasks.is_empty() {
            return Ok(Claimed::Tasks(tasks));
        }
        // Another node was quicker, or what was claimed could not be worked on.
        tracing::trace!(%due, "nothing of the queue of {} was left", Q::NAME);
    }
    let wait = due.map(|due| due.since(now).max(Span::microseconds(1000)));
    let wait = wait.map(|wait| Duration::from_micros(wait.as_microseconds().unsigned_abs()));
    Ok(Claimed::Nothing { pause: wait.map_or(SLEEP_MAX, |wait| wait.min(SLEEP_MAX)) })
}

impl Context {
    /// When to try again what failed at `at` after `attempts` earlier attempts; nothing when it is to be given up.
    pub(crate) fn next_try(
        &self,
        attempts: i64,
        created_at: Timestamp,
        at: Timestamp,
        retry_after: Option<Span>,
    ) -> Option<Timestamp> {
        let made = u32::try_from(attempts.saturating_add(1)).unwrap_or(u32::MAX);
        match next_attempt(made, created_at, at, retry_after, u64::from_be_bytes(self.entropy())) {
            Next::At(next) => Some(next),
            Next::Dead => None,
        }
    }
}
