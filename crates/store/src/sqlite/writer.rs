//! The writer: transactions that queue up share one commit.
//!
//! A disk sync takes far longer than a small transaction, so one sync for each
//! would be the ceiling. Here each transaction is a savepoint inside a batch:
//!
//! 1. Callers queue at a fair lock. The first one in opens the batch with
//!    `BEGIN IMMEDIATE`; every one opens its own savepoint.
//! 2. A caller that commits releases its savepoint, leaves word where it waits
//!    for the outcome, and lets the next one in. The first of a batch also asks
//!    the committing thread, which takes its turn at the same lock, behind all
//!    who were queueing by then.
//! 3. When the thread's turn comes it commits, and answers everybody who waits.
//!    After that, not before, it moves a long write-ahead log into the file.
//!
//! So a batch grows with the queue and with nothing else: a lone transaction
//! commits at once. A caller that gives up in the middle rolls its own savepoint
//! back and touches nobody else's. No disk sync happens on an async worker, and
//! nobody is answered before the disk has their change.
//!
//! Who asks for less (`Durability::ThroughCrashes`) and finds no batch open
//! commits alone and at once, without a sync and so without the thread.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::hooks::Wal;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::readers::Readers;
use crate::deadline;
use crate::durability::Durability;
use crate::error::{Error, Result};
use crate::settled::{self, Outcome};

/// How long the writer waits for a lock that another process holds.
const LOCK_PATIENCE: Duration = Duration::from_secs(15);
/// How long it sleeps between two attempts to get that lock.
const LOCK_PAUSE: Duration = Duration::from_millis(2);

/// From how many pages on the write-ahead log is moved into the file: 4 MiB.
const LOG_PAGES: i32 = 1000;

/// What SQLite calls a durability. It can be changed only between transactions.
const fn setting(durability: Durability) -> &'static str {
    match durability {
        Durability::ThroughPowerFailures => "PRAGMA synchronous = FULL",
        Durability::ThroughCrashes => "PRAGMA synchronous = NORMAL",
    }
}

/// The one writing connection and its queue.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    state: Arc<Mutex<State>>,
    commit_requests: mpsc::Sender<()>,
}

#[derive(Debug)]
struct State {
    connection: Connection,
    /// The batch that is open, where one is.
    batch: Option<Batch>,
    /// What the connection's commits outlast.
    durability: Durability,
    readers: Readers,
    /// The length of the write-ahead log after the last commit, in pages.
    log_pages: Arc<AtomicI32>,
}

/// Transactions that will be committed together.
#[derive(Debug)]
struct Batch {
    durability: Durability,
    waiting: Vec<oneshot::Sender<Result<()>>>,
}

impl Writer {
    /// Takes the connection and starts the committing thread, which ends with the last handle.
    ///
    /// The readers hear of every commit before anybody else does.
    pub(super) fn new(mut connection: Connection, readers: Readers) -> Result<Self> {
        let log_pages = Arc::new(AtomicI32::new(0));
        let noted = Arc::clone(&log_pages);
        // In the place of the hook by which SQLite checkpoints inside of commits.
        connection.wal_hook(Some(move |_: &mut Wal, pages| {
            noted.store(pages, Ordering::SeqCst);
            Ok(())
        }))?;
        let state = Arc::new(Mutex::new(State {
            connection,
            batch: None,
            durability: Durability::ThroughPowerFailures,
            readers,
            log_pages,
        }));
        let (commit_requests, requests) = mpsc::channel();
        let shared = Arc::clone(&state);
        std::thread::Builder::new()
            .name("bailiwick-commit".to_owned())
            .spawn(move || {
                while requests.recv().is_ok() {
                    shared.blocking_lock().commit_batch();
                }
            })
            .map_err(|error| Error::Unusable(format!("the committing thread does not start: {error}")))?;
        Ok(Self { state, commit_requests })
    }

    /// Opens a savepoint when it is the caller's turn.
    pub(super) async fn begin(&self, durability: Durability) -> Result<Seat> {
        let mut state = Arc::clone(&self.state).lock_owned().await;
        if state.batch.is_none() {
            state.provide(durability)?;
            begin_immediate(&mut state).await?;
            // The transaction sees what other processes have committed; what is read after it must see no less.
            state.readers.note_commit();
            state.batch = Some(Batch { durability, waiting: Vec::new() });
        }
        let seat = Seat { state: Some(state), commit_requests: self.commit_requests.clone(), makes_way: false };
        seat.open_savepoint()
    }

    /// Limits the size of the database file.
    pub(super) async fn limit_pages(&self, pages: u32) -> Result<()> {
        let state = self.state.lock().await;
        state.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
        Ok(())
    }
}

/// Begins the batch's transaction; waits, without blocking the thread, while
/// another process (a command of the administrator) writes.
async fn begin_immediate(state: &mut OwnedMutexGuard<State>) -> Result<()> {
    let begun = Instant::now();
    loop {
        match try_begin(state) {
            Err(Error::Unavailable(_)) if begun.elapsed() < LOCK_PATIENCE => tokio::time::sleep(LOCK_PAUSE).await,
            outcome => return outcome,
        }
    }
}

fn try_begin(state: &State) -> Result<()> {
    Ok(state.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([]).map(|_| ())?)
}

impl State {
    /// Has the next commit outlast this.
    fn provide(&mut self, durability: Durability) -> Result<()> {
        if self.durability != durability {
            self.run(setting(durability))?;
            self.durability = durability;
        }
        Ok(())
    }

    /// Commits what waits, and keeps the log short.
    fn commit_batch(&mut self) {
        self.commit();
        if self.has_long_log() {
            self.checkpoint();
        }
    }

    fn has_long_log(&self) -> bool {
        self.log_pages.load(Ordering::SeqCst) >= LOG_PAGES
    }

    /// Commits what waits, and tells everybody who waits for it.
    fn commit(&mut self) {
        let Some(batch) = self.batch.take() else { return };
        self.readers.let_go();
        let outcome = self.run("COMMIT");
        if outcome.is_err() && !self.connection.is_autocommit() {
            self.abandon();
        }
        // Whatever came of it: even a commit that reports an error may have reached the log.
        self.readers.note_commit();
        batch.answer(&outcome);
    }

    /// Moves the write-ahead log into the file, as far as no reader still needs
    /// the file as it is; the log starts over once nobody reads from it.
    fn checkpoint(&self) {
        let checkpoint = self.connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)");
        let moved = checkpoint.and_then(|mut statement| statement.query_row([], |_| Ok(())));
        if let Err(error) = moved {
            tracing::warn!(%error, "the write-ahead log could not be moved into the database file");
        }
    }

    /// Rolls the open transaction back, whatever state it is in.
    fn abandon(&self) {
        if let Err(error) = self.run("ROLLBACK") {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }

    fn run(&self, sql: &'static str) -> Result<()> {
        Ok(self.connection.prepare_cached(sql)?.execute([]).map(|_| ())?)
    }
}

impl Batch {
    /// What will become of it.
    fn outcome(&mut self) -> Outcome {
        let (sender, outcome) = oneshot::channel();
        self.waiting.push(sender);
        outcome
    }

    fn answer(self, outcome: &Result<()>) {
        for waiting in self.waiting {
            // Who is gone does not want to know any more.
            let _ = waiting.send(outcome.clone());
        }
    }
}

/// A caller's turn at the writer: its savepoint is open.
#[derive(Debug)]
pub(crate) struct Seat {
    /// Taken when the turn ends.
    state: Option<OwnedMutexGuard<State>>,
    commit_requests: mpsc::Sender<()>,
    /// Whether its statements may take long.
    makes_way: bool,
}

impl Seat {
    /// Has all that waits for the thread of a statement go on elsewhere from now on: some may take seconds. That
    /// costs more than a short one takes.
    pub(super) const fn make_way(&mut self) {
        self.makes_way = true;
    }

    fn open_savepoint(self) -> Result<Self> {
        if let Some(state) = self.state.as_ref() {
            state.run("SAVEPOINT one")?;
        }
        Ok(self)
    }

    /// Runs something inside the savepoint. What has begun is not interrupted: that would undo what others have released
    /// into the batch.
    pub(super) fn with<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        deadline::check()?;
        let state = self.state.as_mut().ok_or_else(over)?;
        if state.batch.is_none() {
            return Err(rolled_back());
        }
        let outcome = if self.makes_way { elsewhere(|| work(&state.connection)) } else { work(&state.connection) };
        // A full disk or a failing one makes SQLite roll the whole batch back,
        // with what others have released into it: they must hear of it.
        if let (Err(error), true) = (&outcome, state.connection.is_autocommit())
            && let Some(batch) = state.batch.take()
        {
            batch.answer(&Err(error.clone()));
        }
        outcome
    }

    /// Releases the savepoint into the batch, lets the next caller in, and waits for the commit.
    pub(super) async fn commit(mut self) -> Result<()> {
        let outcome = {
            let state = self.state.as_mut().ok_or_else(over)?;
            if state.batch.is_none() {
                return Err(rolled_back());
            }
            state.run("RELEASE one")?;
            let batch = state.batch.as_mut().ok_or_else(rolled_back)?;
            let outcome = batch.outcome();
            let is_first = batch.waiting.len() == 1;
            let is_synced = batch.durability == Durability::ThroughPowerFailures;
            if !is_synced {
                state.commit();
            }
            let needs_the_thread = if is_synced { is_first } else { state.has_long_log() };
            if needs_the_thread {
                self.commit_requests.send(()).map_err(|error| Error::Unavailable(error.to_string()))?;
            }
            outcome
        };
        self.state = None;
        outcome.await.map_err(|error| Error::Unavailable(error.to_string()))?
    }
}

impl Drop for Seat {
    /// Rolls back what was not committed; the rest of the batch stays.
    fn drop(&mut self) {
        let Some(mut state) = self.state.take() else { return };
        let undone = state.run("ROLLBACK TO one").and_then(|()| state.run("RELEASE one"));
        let others = state.batch.take().filter(|batch| !batch.waiting.is_empty());
        if state.connection.is_autocommit() {
            return;
        }
        let Some(mut batch) = others else { return state.abandon() };
        settled::note(batch.outcome());
        match undone {
            Ok(()) => state.batch = Some(batch),
            Err(error) => {
                // The savepoint is still there: committing would make it last.
                state.abandon();
                batch.answer(&Err(error));
            }
        }
    }
}

/// Does this while everything else that the thread had to do goes on elsewhere, where the executor has more threads.
fn elsewhere<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

fn over() -> Error {
    Error::Unusable("the transaction is over".to_owned())
}

fn rolled_back() -> Error {
    Error::Unavailable("the transaction was rolled back by the database".to_owned())
}

#[cfg(test)]
mod tests;
