//! Attempts to sign in, counted before they are checked.
//!
//! An attempt is booked as a failure before the hash and taken back when it
//! was none, so that parallel guesses cannot overshoot. Where the bookings of
//! attempts that are still being checked are all that stands in the way, a
//! newcomer waits for them instead of being refused: many good sign-ins from
//! one place at one moment are no attack.
//!
//! What comes from a device that the account knows counts on a ledger of that
//! device, so that a stranger who guesses does not keep the owner out.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bailiwick_domain::device::DeviceKey;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::throttle::LedgerKey;
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_store::WriteTransaction;
use bailiwick_store::query::throttle;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use crate::context::Context;
use crate::provenance::Provenance;

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

/// One ledger on which an attempt is booked.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: LedgerKey,
    /// The newest failure before this attempt.
    failed_before: Timestamp,
}

impl Attempts {
    /// The attempt counts from now until the booking is dropped.
    fn enter(&self, account: LedgerKey, entries: Vec<Entry>, booked_at: Timestamp) -> Booking {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in &entries {
            open.entry(entry.key).or_default().count += 1;
        }
        Booking { account, entries, booked_at, known: None, open: Arc::clone(&self.open) }
    }

    /// What completes when one of the attempts on this ledger has been checked; nothing when there are none.
    fn changed(&self, key: &LedgerKey) -> Option<Pin<Box<OwnedNotified>>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(key).map(|entry| {
            let mut changed = Box::pin(Arc::clone(&entry.changed).notified_owned());
            // It listens from now on, not from when it is first waited for.
            changed.as_mut().enable();
            changed
        })
    }
}

/// An attempt that is booked and being checked.
#[derive(Debug)]
pub(crate) struct Booking {
    /// Which of the ledgers is the account's, or the account's on a device.
    account: LedgerKey,
    /// In the order of their keys, so that two transactions never wait for each other.
    entries: Vec<Entry>,
    booked_at: Timestamp,
    /// The device that it comes from, where the account knows it.
    pub(crate) known: Option<DeviceKey>,
    open: Arc<Mutex<HashMap<LedgerKey, Open>>>,
}

impl Drop for Booking {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in &self.entries {
            let Some(found) = open.get_mut(&entry.key) else { continue };
            found.count = found.count.saturating_sub(1);
            found.changed.notify_waiters();
            if found.count == 0 {
                open.remove(&entry.key);
            }
        }
    }
}

impl Booking {
    /// Takes the attempt back: it was no failure, and the account's owner has proved who they are.
    ///
    /// On a known device that forgives what failed there, and not what strangers do elsewhere.
    pub(crate) async fn refund(&self, transaction: &mut WriteTransaction) -> Result<(), Fault> {
        for entry in &self.entries {
            if entry.key == self.account {
                throttle::forget(transaction, &entry.key).await?;
            } else {
                throttle::refund(transaction, &entry.key, self.booked_at, entry.failed_before).await?;
            }
        }
        Ok(())
    }

    /// Takes the attempt back as if it had never been made.
    async fn withdraw(&self, transaction: &mut WriteTransaction) -> Result<(), Fault> {
        for entry in &self.entries {
            throttle::refund(transaction, &entry.key, self.booked_at, entry.failed_before).await?;
        }
        Ok(())
    }
}

impl Context {
    /// Books an attempt on an account.
    ///
    /// # Errors
    /// [`Code::Throttled`] with the wait, when earlier failures forbid it.
    pub(crate) async fn book_attempt(&self, provenance: &Provenance) -> Result<Booking, Fault> {
        let known = self.known_device(provenance).await?;
        let ledgers = provenance.ledgers(known);
        let mut keys: Vec<_> = [Some(ledgers.account), ledgers.address].into_iter().flatten().collect();
        keys.sort_unstable();
        let mut looks = 0;
        loop {
            looks += 1;
            let begun = self.attempts.begun.load(Ordering::SeqCst);
            // Listening begins before the ledger is read, so that no change is missed.
            let mut changes: HashMap<_, _> = keys.iter().map(|key| (*key, self.attempts.changed(key))).collect();
            match self.try_book(ledgers.account, &keys).await? {
                Ok(mut booking) => {
                    booking.known = known;
                    return Ok(booking);
                }
                Err((blocked, wait)) => {
                    let was_overtaken = self.attempts.begun.load(Ordering::SeqCst) != begun;
                    match changes.remove(&blocked).flatten() {
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

    /// Counts an attempt on these ledgers, which are in order; tells which of them forbids it for how long.
    ///
    /// The count outlasts a crash before anybody learns what came of the attempt. That the power fails is nothing that
    /// whoever guesses can bring about again and again, so nobody waits for the disk.
    async fn try_book(
        &self,
        account: LedgerKey,
        keys: &[LedgerKey],
    ) -> Result<Result<Booking, (LedgerKey, Span)>, Fault> {
        let now = self.now();
        // Of hundreds that wait for each other most are forbidden: they need not queue up to write that.
        if let Some(blocked) = self.forbidden(keys, now).await? {
            return Ok(Err(blocked));
        }
        let mut transaction = self.database.write_without_sync().await?;
        let mut counted = Vec::with_capacity(keys.len());
        let mut entries = Vec::with_capacity(keys.len());
        for key in keys {
            let ledger = throttle::hold(&mut transaction, key).await?;
            entries.push(Entry { key: *key, failed_before: ledger.last_failure });
            match ledger.attempt(now) {
                Ok(ledger) => counted.push((key, ledger)),
                Err(wait) => return Ok(Err((*key, wait))),
            }
        }
        // Whoever reads the booked ledger must also find the booking.
        let booking = self.attempts.enter(account, entries, now);
        for (key, ledger) in counted {
            throttle::set(&mut transaction, key, ledger).await?;
        }
        transaction.commit().await?;
        Ok(Ok(booking))
    }

    /// Which of these ledgers forbids another attempt now, and for how long.
    async fn forbidden(&self, keys: &[LedgerKey], now: Timestamp) -> Result<Option<(LedgerKey, Span)>, Fault> {
        let mut link = self.database.read().await?;
        for key in keys {
            if let Err(wait) = throttle::find(&mut link, key).await?.attempt(now) {
                return Ok(Some((*key, wait)));
            }
        }
        Ok(None)
    }

    /// Waits for the check of a booked attempt. One that could not be checked, because too many others are waiting
    /// for theirs, was no failure.
    pub(crate) async fn check<T>(
        &self,
        booking: &Booking,
        check: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let outcome = check.await;
        if outcome.is_err()
            && let Err(fault) = self.take_back(booking).await
        {
            tracing::warn!(fault = fault.code.name(), "an attempt that was not checked stays counted");
        }
        outcome
    }

    async fn take_back(&self, booking: &Booking) -> Result<(), Fault> {
        let mut transaction = self.database.write().await?;
        booking.withdraw(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }
}
