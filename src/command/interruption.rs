//! Stopping a command in the middle, so that it leaves nothing behind.

use anyhow::{Result, bail};
use tokio::signal::unix::{SignalKind, signal};

/// Does this until it is done, or somebody sends SIGINT or SIGTERM: then it is dropped, with what it has begun.
pub(super) async fn unless_interrupted<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        outcome = work => outcome,
        _ = interrupt.recv() => bail!("interrupted; nothing was changed"),
        _ = terminate.recv() => bail!("interrupted; nothing was changed"),
    }
}
