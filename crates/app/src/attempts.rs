//! Attempts to sign in, counted before they are checked.
//!
//! An attempt is booked as a failure before the hash and taken back when it
//! was none, so that parallel guesses cannot overshoot. Where the bookings of
//! attempts that are still being checked are all that stands in the way, a
//! newcomer waits for them instead of being refused: many good sign-ins from
//! one place at one moment are no attack.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::throttle::LedgerKey;
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_store::WriteTransaction;
use bailiwick_store::query::throttle;
use tokio::sync::Notify;

use crate::context::Context;

/// How often a look at the ledger is repeated because attempts came and went during it.
const LOOKS_MAX: usize = 8;

/// The attempts that are being checked right now, by ledger.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    open: Arc<Mutex<HashMap<LedgerKey, Open>>>,
    /// Counts the attempts that have begun, so that a look can tell whether it was overtaken.
    begun: AtomicU64,
}

#[derive(Debug, Default)]
struct Open {
    count: usize,
    changed: Arc<Notify>,
}

impl Attempts {
    fn enter(&self, keys: [LedgerKey; 2], booked_at: Timestamp, address_failed_at: Timestamp) -> Booking {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            open.entry(key).or_default().count += 1;
        }
        Booking { keys, booked_at, address_failed_at, open: Arc::clone(&self.open) }
    }

    /// What wakes up when one of the attempts on this ledger has been checked; nothing when there are none.
    fn changed(&self, key: &LedgerKey) -> Option<Arc<Notify>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(key).map(|entry| Arc::clone(&entry.changed))
    }
}

/// An attempt that is booked and being checked.
#[derive(Debug)]
pub(crate) struct Booking {
    keys: [LedgerKey; 2],
    booked_at: Timestamp,
    /// The newest failure from the address before this attempt.
    address_failed_at: Timestamp,
    open: Arc<Mutex<HashMap<LedgerKey, Open>>>,
}

impl Drop for Booking {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for key in self.keys {
            let Some(entry) = open.get_mut(&key) else { continue };
            entry.count = entry.count.saturating_sub(1);
            entry.changed.notify_waiters();
            if entry.count == 0 {
                open.remove(&key);
            }
        }
    }
}

impl Booking {
    /// Takes the attempt back: it was no failure, and the account's owner has proved who they are.
    pub(crate) async fn refund(&self, transaction: &mut WriteTransaction) -> Result<(), Fault> {
        let [account, address] = &self.keys;
        // In one order everywhere, so that two transactions never wait for each other.
        if account < address {
            throttle::forget(transaction, account).await?;
        }
        throttle::refund(transaction, address, self.booked_at, self.address_failed_at).await?;
        if account >= address {
            throttle::forget(transaction, account).await?;
        }
        Ok(())
    }
}

impl Context {
    /// Books an attempt on an account and an address.
    ///
    /// # Errors
    /// [`Code::Throttled`] with the wait, when earlier failures forbid it.
    pub(crate) async fn book_attempt(&self, account: LedgerKey, address: LedgerKey) -> Result<Booking, Fault> {
        let mut looks = 0;
        loop {
            looks += 1;
            let begun = self.attempts.begun.load(Ordering::SeqCst);
            // Listening begins before the ledger is read, so that no change is missed.
            let changes = [account, address].map(|key| self.attempts.changed(&key));
            let [account_change, address_change] = changes.each_ref().map(|change| {
                change.as_ref().map(|notify| {
                    let mut waiting = Box::pin(notify.notified());
                    waiting.as_mut().enable();
                    waiting
                })
            });
            match self.try_book(account, address).await? {
                Ok(booking) => return Ok(booking),
                Err((blocked, wait)) => {
                    let change = if blocked == account { account_change } else { address_change };
                    let was_overtaken = self.attempts.begun.load(Ordering::SeqCst) != begun;
                    match change {
                        Some(change) => change.await,
                        // What stands in the way began after we looked who is there.
                        None if was_overtaken && looks < LOOKS_MAX => {}
                        None => {
                            metrics::counter!("sign_in_throttled_total").increment(1);
                            return Err(Fault::new(Code::Throttled).with_retry_after(wait));
                        }
                    }
                }
            }
        }
    }

    async fn try_book(
        &self,
        account: LedgerKey,
        address: LedgerKey,
    ) -> Result<Result<Booking, (LedgerKey, Span)>, Fault> {
        let now = self.now();
        let mut keys = [account, address];
        keys.sort_unstable();
        let mut transaction = self.database.write().await?;
        let mut counted = Vec::with_capacity(keys.len());
        let mut address_failed_at = Timestamp::default();
        for key in keys {
            let ledger = throttle::hold(&mut transaction, &key).await?;
            if key == address {
                address_failed_at = ledger.last_failure;
            }
            match ledger.attempt(now) {
                Ok(ledger) => counted.push((key, ledger)),
                Err(wait) => return Ok(Err((key, wait))),
            }
        }
        // Whoever reads the booked ledger must also find the booking.
        let booking = self.attempts.enter([account, address], now, address_failed_at);
        for (key, ledger) in counted {
            throttle::set(&mut transaction, &key, ledger).await?;
        }
        transaction.commit().await?;
        Ok(Ok(booking))
    }
}
