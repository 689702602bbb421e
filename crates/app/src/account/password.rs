//! Passwords of accounts: how strong one is, and changing it.

use std::num::NonZeroUsize;
use std::sync::Arc;

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Refusal;
use bailiwick_domain::id::UserId;
use bailiwick_domain::link::LinkPurpose;
use bailiwick_domain::password::{NewPassword, Password, Strength};
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_store::WriteTransaction;
use bailiwick_store::query::{account, known_device, mailed_link, user};
use tokio::sync::Semaphore;

use super::{act_on, known_about};
use crate::attempts::Booking;
use crate::audit::Actor;
use crate::caller::Caller;
use crate::context::Context;
use crate::hasher::Verdict;
use crate::mail::{Mail, MailKind};
use crate::provenance::Provenance;

/// A second click comes within this time of the first one. Later, what was typed in the place of the current password
/// is wrong, whatever the new one is.
const SECOND_CLICK_WITHIN: Span = Span::minutes(1);

/// How hard a password is to guess, and whether it would be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordStrength {
    /// The estimate.
    pub strength: Strength,
    /// Why it would be refused, where it would.
    pub refusal: Option<Refusal>,
}

impl Context {
    /// Estimates a password for somebody of whom these things are known.
    pub async fn password_strength(&self, password: Password, known: Vec<String>) -> Result<PasswordStrength, Fault> {
        let judged = self.estimates.run(move || {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let (strength, refusal) = NewPassword::judge(password, &known);
            PasswordStrength { strength, refusal }
        });
        judged.await
    }

    /// Accepts a new password for somebody of whom these things are known.
    ///
    /// # Errors
    /// A validation fault on `field`.
    pub(crate) async fn accept_password(
        &self,
        password: Password,
        known: Vec<String>,
        field: &'static str,
    ) -> Result<NewPassword, Fault> {
        let accepted = self.estimates.run(move || {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            NewPassword::accept(password, &known)
        });
        accepted.await?.map_err(|refusal| Fault::field(field, refusal, None))
    }

    /// Replaces the caller's password by another, and ends all their other sessions.
    ///
    /// # Errors
    /// A validation fault on `CurrentPassword` or `NewPassword`; [`Code::Throttled`] after too many wrong ones.
    pub async fn update_password(&self, caller: &Caller, current: Password, new: Password) -> Result<(), Fault> {
        let (new, booking) = self.book_update(caller, &current, new).await?;
        let is_done = self.replace_password(caller, &current, &new, &booking).await?;
        if is_done { Ok(()) } else { Err(not_current()) }
    }

    /// The same by a form, whose second click comes with the password of before: it finds the new one set already.
    ///
    /// # Errors
    /// As [`Context::update_password`]. What finds nothing set just now counts as a wrong password.
    pub async fn update_password_by_form(
        &self,
        caller: &Caller,
        current: Password,
        new: Password,
    ) -> Result<(), Fault> {
        let (new, booking) = self.book_update(caller, &current, new).await?;
        let is_done = self.replace_password(caller, &current, &new, &booking).await?
            || self.is_set_just_now(caller, &new, &booking).await?;
        if is_done { Ok(()) } else { Err(not_current()) }
    }

    /// Accepts a new password, and books the attempt of whoever has to know the old one.
    async fn book_update(
        &self,
        caller: &Caller,
        current: &Password,
        new: Password,
    ) -> Result<(NewPassword, Booking), Fault> {
        let principal = &caller.principal;
        if new.expose() == current.expose() {
            let refusal = Refusal::new("different", "another one than the password that you have now");
            return Err(Fault::field("NewPassword", refusal, None));
        }
        let organisations = principal.memberships.iter().map(|membership| &membership.organisation_name);
        let known = known_about(&principal.email, &principal.name, organisations);
        // Before an attempt is counted: a new one that will not do is no guess.
        let new = self.accept_password(new, known, "NewPassword").await?;
        let provenance = Provenance::of(principal.email.as_str(), &caller.origin);
        Ok((new, self.book_attempt(&provenance).await?))
    }

    /// Whether another click has just set this password.
    async fn is_set_just_now(&self, caller: &Caller, new: &NewPassword, booking: &Booking) -> Result<bool, Fault> {
        let since = self.now().minus(SECOND_CLICK_WITHIN);
        let mut link = self.database.read().await?;
        let Some(hash) = user::hash_set_since(&mut link, caller.principal.user, since).await? else { return Ok(false) };
        drop(link);
        let verdict = self.hasher.verify(new.password(), Some(hash), self.random.as_ref());
        if self.check(booking, verdict).await? == Verdict::Wrong {
            return Ok(false);
        }
        let mut transaction = self.database.write().await?;
        booking.refund(&mut transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Puts the new password in the place of the current one; false when that is another, or is so meanwhile.
    async fn replace_password(
        &self,
        caller: &Caller,
        current: &Password,
        new: &NewPassword,
        booking: &Booking,
    ) -> Result<bool, Fault> {
        let principal = &caller.principal;
        let provenance = Provenance::of(principal.email.as_str(), &caller.origin);
        let stored = user::for_sign_in(&mut self.database.read().await?, &principal.email).await?;
        let stored = stored.filter(|stored| stored.id == principal.user).ok_or(Code::InvalidToken)?;
        let verdict = self.hasher.verify(current, Some(stored.hash.clone()), self.random.as_ref());
        let verdict = self.check(booking, verdict).await?;
        if verdict == Verdict::Wrong {
            return Ok(false);
        }
        let hash = self.check(booking, self.hasher.hash(new.password(), self.random.as_ref())).await?;

        let now = self.now();
        let mut transaction = self.database.write().await?;
        // Between the hash and here another change may have been quicker.
        if !user::change_hash(&mut transaction, principal.user, &stored.hash, &hash, now).await? {
            return Ok(false);
        }
        // Whoever has a link for setting another one must not undo this.
        mailed_link::end_all(&mut transaction, principal.user, LinkPurpose::Reset).await?;
        booking.refund(&mut transaction).await?;
        // Whoever signed in elsewhere with the old one may be who it was changed for.
        known_device::forget_others(&mut transaction, principal.user, provenance.devices()).await?;
        let actor = Actor::Caller(caller);
        self.end_sessions(&mut transaction, principal.user, caller.session(), actor, "password changed", now).await?;
        let act = act_on("password.changed", principal.user, principal.current_organisation);
        self.audit(&mut transaction, actor, act, now).await?;
        self.tell_of_new_password(&mut transaction, principal.user, now).await?;
        transaction.commit().await?;
        self.principals.forget(principal.user.uuid());
        Ok(true)
    }

    /// Queues the mail that tells a person of a change of their password, which may not have been their own.
    pub(crate) async fn tell_of_new_password(
        &self,
        transaction: &mut WriteTransaction,
        user: UserId,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let account = account::find(transaction, user).await?.ok_or(Code::UserNotFound)?;
        let mail = Mail {
            user: Some(user),
            to: account.email,
            language: account.language.unwrap_or_default(),
            kind: MailKind::PasswordChanged { at: now },
        };
        Ok(self.queue_mail(transaction, &mail, now).await?)
    }
}

fn not_current() -> Fault {
    Fault::field("CurrentPassword", Refusal::new("match", "the password that you have now"), None)
}

/// Estimates take milliseconds of a processor, so they do not run where answers are made, and no more of them
/// at once than there are processors: anybody may ask for one, without an account.
#[derive(Debug)]
pub(crate) struct Estimates {
    seats: Arc<Semaphore>,
}

impl Default for Estimates {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self { seats: Arc::new(Semaphore::new(processors)) }
    }
}

impl Estimates {
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
        let seat = Arc::clone(&self.seats).acquire_owned().await.map_err(Fault::broken)?;
        let running = tokio::task::spawn_blocking(move || {
            // Whoever asked may have gone; the work goes on until it is done, and keeps its seat.
            let _seat = seat;
            work()
        });
        running.await.map_err(Fault::broken)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn no_more_estimates_run_at_once_than_there_are_processors() {
        let (estimates, running, most) = (Arc::new(Estimates::default()), AtomicUsize::new(0), AtomicUsize::new(0));
        let counts = Arc::new((running, most));
        let asking = (0..64).map(|number| {
            let (estimates, counts) = (Arc::clone(&estimates), Arc::clone(&counts));
            tokio::spawn(async move {
                let work = move || {
                    let (running, most) = &*counts;
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(5));
                    running.fetch_sub(1, Ordering::SeqCst);
                };
                // Some do not wait for what they asked for.
                let patience = Duration::from_millis(if number % 4 == 0 { 1 } else { 10_000 });
                tokio::time::timeout(patience, estimates.run(work)).await.is_ok_and(|outcome| outcome.is_ok())
            })
        });
        let mut done = 0;
        for asked in asking.collect::<Vec<_>>() {
            done += usize::from(asked.await.unwrap());
        }
        let processors = std::thread::available_parallelism().unwrap().get();
        assert!(counts.1.load(Ordering::SeqCst) <= processors, "{counts:?} on {processors} processors");
        assert!(done >= 48, "whoever waits is answered: {done}");
    }
}
