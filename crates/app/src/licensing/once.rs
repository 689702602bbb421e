//! What is done once for each mark of a form: whoever sends it again is given what the first click did.

use bailiwick_domain::fault::Fault;
use bailiwick_domain::id::{AgreementId, LicenceId, SeatPoolId};
use bailiwick_domain::licence::agreement::Terms;
use bailiwick_domain::licence::term::Seats;
use serde_json::json;

use super::licence::{LicenceDraft, Renewing};
use super::pool::Gift;
use crate::caller::Caller;
use crate::context::Context;
use crate::idempotency::{Idempotency, Turn};

/// Does something in the caller's turn and answers with what identifies it, or with what it answered before.
macro_rules! once {
    ($context:expr, $caller:expr, $mark:expr, |$transaction:ident, $now:ident| $act:expr, |$done:ident| $answer:expr) => {{
        let ($now, user) = ($context.now(), $caller.principal.user);
        let (mut transaction, _running) = match $context.take_turn(user, $mark, $now).await? {
            Turn::Before(answer) => return serde_json::from_value(answer).map_err(Fault::broken),
            Turn::Now(transaction, running) => (*transaction, running),
        };
        let $transaction = &mut transaction;
        let $done = $act.await?;
        let answer = $answer;
        $context.end_turn(transaction, (user, $mark), &json!(answer), $now).await?;
        $context.principals.forget_licences();
        Ok(answer)
    }};
}

impl Context {
    /// [`Context::issue_licences`], once for each mark.
    ///
    /// # Errors
    /// As there; [`bailiwick_domain::fault::Code::IdempotencyRunning`] and
    /// [`bailiwick_domain::fault::Code::IdempotencyMismatch`], here and in what follows.
    pub async fn issue_licences_once(
        &self,
        caller: &Caller,
        draft: &LicenceDraft,
        mark: &Idempotency,
    ) -> Result<Vec<LicenceId>, Fault> {
        self.settle_expired_seats().await?;
        once!(self, caller, mark, |transaction, now| self.issue_in(transaction, caller.into(), draft, now), |issued| {
            issued.iter().map(|licence| licence.id).collect::<Vec<_>>()
        })
    }

    /// [`Context::renew_licence`], once for each mark.
    ///
    /// # Errors
    /// As there.
    pub async fn renew_licence_once(
        &self,
        caller: &Caller,
        id: LicenceId,
        renewing: Renewing,
        mark: &Idempotency,
    ) -> Result<LicenceId, Fault> {
        once!(
            self,
            caller,
            mark,
            |transaction, now| self.renew_in(transaction, caller.into(), (id, renewing), now),
            |renewed| renewed.id
        )
    }

    /// [`Context::create_agreement`], once for each mark.
    ///
    /// # Errors
    /// As there.
    pub async fn create_agreement_once(
        &self,
        caller: &Caller,
        terms: &Terms,
        mark: &Idempotency,
    ) -> Result<AgreementId, Fault> {
        once!(
            self,
            caller,
            mark,
            |transaction, now| self.create_agreement_in(transaction, caller.into(), terms, now),
            |written| written.id
        )
    }

    /// [`Context::make_seats`], once for each mark.
    ///
    /// # Errors
    /// As there.
    pub async fn make_seats_once(
        &self,
        caller: &Caller,
        id: AgreementId,
        seats: Seats,
        mark: &Idempotency,
    ) -> Result<SeatPoolId, Fault> {
        once!(
            self,
            caller,
            mark,
            |transaction, now| self.make_in(transaction, caller.into(), (id, seats), now),
            |pool| pool.id
        )
    }

    /// [`Context::give_seats`], once for each mark.
    ///
    /// # Errors
    /// As there.
    pub async fn give_seats_once(
        &self,
        caller: &Caller,
        id: SeatPoolId,
        gift: Gift,
        mark: &Idempotency,
    ) -> Result<SeatPoolId, Fault> {
        self.settle_expired_seats().await?;
        once!(
            self,
            caller,
            mark,
            |transaction, now| self.give_in(transaction, caller.into(), (id, gift), now),
            |pool| pool.id
        )
    }

    /// [`Context::take_seats_back`], once for each mark.
    ///
    /// # Errors
    /// As there.
    pub async fn take_seats_back_once(
        &self,
        caller: &Caller,
        id: SeatPoolId,
        seats: Seats,
        mark: &Idempotency,
    ) -> Result<SeatPoolId, Fault> {
        once!(
            self,
            caller,
            mark,
            |transaction, now| self.take_back_in(transaction, caller.into(), (id, seats), now),
            |pool| pool.id
        )
    }
}
