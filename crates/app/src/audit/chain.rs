//! Going on with the chain of the audit log, and vouching for it outside the database.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bailiwick_domain::audit::Head;
use bailiwick_domain::fault::Fault;
use bailiwick_store::query::audit_chain;
use bailiwick_store::{Database, Ends, Link};
use tokio::sync::{Mutex, watch};

use super::checkpoint::Checkpoint;
use super::checkpoint_file::{self, FILE_NAME};
use crate::context::Context;
use crate::vault::Vault;

/// How often the server looks whether the log has moved.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);
/// After so many lines the file is thinned out.
const THIN_OUT_EVERY: u32 = 3600;

/// Why the audit log cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] bailiwick_store::Error),
    /// The checkpoints cannot be read.
    #[error("checkpoints of the audit log, {0}: {1}")]
    File(PathBuf, io::Error),
    /// The database has no chain, and the checkpoints know of one.
    #[error(
        "the database has no audit log to go on with, and {0} knows of one: put the right database back, or, if this \
         one is meant to be new, move that file away and keep it"
    )]
    Gone(PathBuf),
}

/// Where the checkpoints are, and what the last one said.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The ends that the last checkpoint named.
    last: Vec<Head>,
    lines: u32,
    /// The lanes with an end that is forged or gone, as far as a checkpoint says so already.
    complained: BTreeSet<i64>,
}

impl Checkpoints {
    /// Goes on with the chain of the database, or begins it where there never was one.
    pub(crate) async fn open(directory: &Path, database: &Database, vault: &Vault) -> Result<Self, ChainError> {
        let path = directory.join(FILE_NAME);
        let newest = checkpoint_file::newest(&path, &vault.checkpoint_key().verifying_key());
        let newest = newest.map_err(|error| ChainError::File(path.clone(), error))?;
        let last = newest.map(|newest| newest.heads).unwrap_or_default();
        if !last.is_empty() && audit_chain::heads(&mut database.read().await?).await?.is_empty() {
            return Err(ChainError::Gone(path));
        }
        if let Some(adopted) = database.open_audit_chain(vault.audit_seal_key().clone()).await? {
            tracing::info!(adopted, "the chain of the audit log begins");
        }
        Ok(Self { path, state: Mutex::new(State { last, ..State::default() }) })
    }
}

impl Context {
    /// Writes a checkpoint of the audit log if it has moved since the last one.
    ///
    /// It also looks whether every end is ours and the log still goes on from the last checkpoint. Where
    /// that is not so it says so loudly, once for each state, and in a checkpoint, so that putting
    /// everything back does not hide it.
    pub async fn checkpoint_audit_log(&self) -> Result<(), Fault> {
        let mut state = self.checkpoints.state.lock().await;
        // What a link of a moment ago shows may be older than what the last checkpoint said.
        self.database.look_afresh();
        let mut link = self.database.read().await?;
        let ends = self.database.audit_ends(&mut link).await?;
        let amiss: BTreeSet<i64> = ends.forged.union(&ends.gone).copied().collect();
        // Also when a commit met it, and somebody put it right before we could look.
        let is_news =
            if amiss.is_empty() { ends.was_amiss && state.complained.is_empty() } else { amiss != state.complained };
        let heads = vouched(&ends, &state.last);
        let does_go_on = goes_on(&mut link, &state.last, &heads).await?;
        drop(link);
        if is_news || heads != state.last {
            complain(&ends, is_news, does_go_on);
            let contradicts = is_news || !does_go_on;
            let checkpoint = Checkpoint::sign(self.now(), heads, contradicts, self.vault.checkpoint_key());
            state.lines = state.lines.wrapping_add(1);
            let thin_out = state.lines % THIN_OUT_EVERY == 1;
            self.write_checkpoint(checkpoint.clone(), thin_out).await.map_err(Fault::broken)?;
            state.last = checkpoint.heads;
        }
        if amiss.is_empty() {
            self.database.trust_audit_chain();
        }
        state.complained = amiss;
        Ok(())
    }

    /// Writes beside the requests: the disk may take its time.
    async fn write_checkpoint(&self, checkpoint: Checkpoint, thin_out: bool) -> io::Result<()> {
        let (path, now) = (self.checkpoints.path.clone(), self.now());
        let key = self.vault.checkpoint_key().verifying_key();
        let writing = tokio::task::spawn_blocking(move || {
            checkpoint_file::append(&path, &checkpoint)?;
            if thin_out { checkpoint_file::thin_out(&path, &key, now) } else { Ok(()) }
        });
        writing.await.map_err(io::Error::other)?
    }

    /// Writes a checkpoint whenever the log has moved, until `stop` turns true.
    pub(crate) async fn write_checkpoints(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(fault) = self.checkpoint_audit_log().await {
                tracing::warn!(fault = ?fault.source, "no checkpoint of the audit log could be written");
            }
            tokio::select! {
                () = tokio::time::sleep(CHECKPOINT_EVERY) => {}
                _ = stop.changed() => {}
            }
        }
    }
}

/// The ends that a checkpoint names. Where an end is forged that is the one that the last checkpoint
/// named: what was vouched for once stays so, and nothing that is not ours is vouched for.
fn vouched(ends: &Ends, last: &[Head]) -> Vec<Head> {
    let kept = last.iter().filter(|old| ends.forged.contains(&old.lane));
    let mut heads: Vec<Head> = ends.good.iter().filter(|head| head.number > 0).chain(kept).copied().collect();
    heads.sort_by_key(|head| head.lane);
    heads
}

fn complain(ends: &Ends, is_news: bool, does_go_on: bool) {
    if is_news {
        let Ends { forged, gone, .. } = ends;
        tracing::error!(
            ?forged,
            ?gone,
            "somebody else moved ends of the audit log; no change is made until the database is put \
             right; run: bailiwick audit verify"
        );
    }
    if !does_go_on {
        tracing::error!("the audit log does not go on from its last checkpoint; run: bailiwick audit verify");
    }
    if is_news || !does_go_on {
        metrics::counter!("audit_contradictions_total").increment(1);
    }
}

/// Whether every lane still has the entry at which it once ended.
async fn goes_on(link: &mut Link, from: &[Head], to: &[Head]) -> Result<bool, Fault> {
    for old in from {
        let new = to.iter().find(|new| new.lane == old.lane);
        let is_there = match new {
            Some(new) if new == old => true,
            Some(new) if new.number > old.number => {
                audit_chain::digest_at(link, old.lane, old.number).await? == Some(old.digest)
            }
            _ => false,
        };
        if !is_there {
            return Ok(false);
        }
    }
    Ok(true)
}
