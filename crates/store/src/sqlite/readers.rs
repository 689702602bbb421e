//! The pool of reading connections.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::open;
use crate::error::{Error, Result};

/// The fewest readers, whatever the machine.
const READERS_MIN: usize = 4;

/// Reading connections, lent out one at a time.
#[derive(Clone, Debug)]
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    seats: Arc<Semaphore>,
}

impl Readers {
    /// Opens as many as serve the machine's cores.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let count = READERS_MIN.max(cores * 2);
        let connections: Result<Vec<_>> = (0..count).map(|_| open::reader(path)).collect();
        Ok(Self { idle: Arc::new(Mutex::new(connections?)), seats: Arc::new(Semaphore::new(count)) })
    }

    /// One of them, as soon as one is free.
    pub(super) async fn take(&self) -> Result<Reader> {
        let seat = Arc::clone(&self.seats).acquire_owned().await;
        let seat = seat.map_err(|error| Error::Unavailable(error.to_string()))?;
        let connection = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok(Reader { connection, idle: Arc::clone(&self.idle), _seat: seat })
    }
}

/// A reading connection in somebody's hands; it goes back when dropped.
#[derive(Debug)]
pub(crate) struct Reader {
    connection: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
    // Given back after the connection: fields drop in order, after `drop`.
    _seat: OwnedSemaphorePermit,
}

impl Reader {
    pub(super) fn connection(&self) -> Result<&Connection> {
        self.connection.as_ref().ok_or_else(|| Error::Unavailable("no reading connection is free".to_owned()))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
