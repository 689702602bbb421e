//! How many calls may be under way to one host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most calls under way to one host: whoever names one URL a thousand times
/// shall not turn the server against it.
pub(crate) const CALLS_AT_ONCE_PER_HOST: usize = 8;

/// Counts the calls under way to each host; a host with none takes no memory.
#[derive(Clone, Default)]
pub(crate) struct Turns(Arc<Mutex<HashMap<String, Arc<Semaphore>>>>);

/// A place in a host's queue, and then its turn; given back when dropped.
pub(crate) struct Turn {
    turns: Turns,
    host: String,
    calls: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// Waits until a call to this host may begin.
    pub(crate) async fn wait(&self, host: &str) -> Turn {
        // Made before the wait, so that one who gives up waiting tidies up too.
        let mut turn = self.queue_up(host);
        turn.permit = Arc::clone(&turn.calls).acquire_owned().await.ok();
        turn
    }

    fn queue_up(&self, host: &str) -> Turn {
        let mut hosts = self.lock();
        let calls = hosts.entry(host.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(CALLS_AT_ONCE_PER_HOST)));
        Turn { turns: self.clone(), host: host.to_owned(), calls: Arc::clone(calls), permit: None }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Semaphore>>> {
        // No code between lock and unlock can leave the map half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn hosts(&self) -> usize {
        self.lock().len()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // The permit holds the count up as well; it goes first.
        self.permit = None;
        let mut hosts = self.turns.lock();
        // One in the map and one here: nobody else is calling or waiting, and
        // nobody can begin to while the map is locked.
        if Arc::strong_count(&self.calls) == 2 {
            hosts.remove(&self.host);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn the_ninth_call_waits_and_idle_hosts_are_forgotten() {
        let turns = Turns::default();
        let mut under_way = Vec::new();
        for _ in 0..CALLS_AT_ONCE_PER_HOST {
            under_way.push(turns.wait("a").await);
        }
        assert!(timeout(Duration::from_millis(20), turns.wait("a")).await.is_err());
        assert!(timeout(Duration::from_millis(20), turns.wait("b")).await.is_ok());
        assert_eq!(turns.hosts(), 1);
        under_way.pop();
        assert!(timeout(Duration::from_millis(20), turns.wait("a")).await.is_ok());
        drop(under_way);
        assert_eq!(turns.hosts(), 0);
    }
}
