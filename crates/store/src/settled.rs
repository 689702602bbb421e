//! Waiting for what was seen of a batch before the disk had it.
//!
//! On SQLite a transaction sees what others have released into the batch that it shares with them ([`crate::sqlite`]),
//! and what commits behind them lasts no longer than they do. One that gives up commits nothing, so it would wait for
//! nobody: its caller would read the time before, and answer for what a crash could still take back. Such a caller waits
//! here, before it reads or writes anything else, and at the latest before it answers.

use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt as _;
use tokio::sync::oneshot;

use crate::database::Database;
use crate::error::{Error, Result};

tokio::task_local! {
    static UNSETTLED: Mutex<Vec<Outcome>>;
}

/// What will become of a batch.
pub(crate) type Outcome = oneshot::Receiver<Result<()>>;

impl Database {
    /// Does this work, and returns when all that it was told has lasted, even by transactions that it gave up.
    ///
    /// # Errors
    /// Why something of that did not last after all, so that it must not be told.
    pub fn settled<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = Result<T>> {
        // Put together by hand: an async block has room for what it waits for twice, and this holds whole requests.
        UNSETTLED.scope(Mutex::default(), work.then(async |done| settle().await.map(|()| done)))
    }
}

/// Notes that the caller saw something of a batch, and gave up.
///
/// Nobody is told of what is done outside of [`Database::settled`].
pub(crate) fn note(outcome: Outcome) {
    let _ = UNSETTLED.try_with(|unsettled| unsettled.lock().unwrap_or_else(PoisonError::into_inner).push(outcome));
}

/// Waits for what the caller saw.
pub(crate) async fn settle() -> Result<()> {
    let take = |unsettled: &Mutex<Vec<Outcome>>| {
        std::mem::take(&mut *unsettled.lock().unwrap_or_else(PoisonError::into_inner))
    };
    for outcome in UNSETTLED.try_with(take).unwrap_or_default() {
        outcome.await.map_err(|error| Error::Unavailable(error.to_string()))??;
    }
    Ok(())
}
