//! The callback flow: a system created for an outside application that sent
//! the person over (seed 000; contract, section 4).
//!
//! The state is used up, the system written and the callback put into the
//! outbox in one transaction. After it, one attempt to deliver is made at once.

use std::sync::Arc;

use bailiwick_domain::callback::{CallbackParameters, CallbackUrl};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::id::DeliveryId;
use bailiwick_domain::state_token::{RawState, StateToken};
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_outbound::destination_refusal;
use bailiwick_store::query::system::SystemRecord;
use bailiwick_store::query::{delivery, used_state};
use serde_json::Value;

use crate::caller::Caller;
use crate::context::Context;
use crate::idempotency::{Idempotency, running};
use crate::outbox::{Parcel, place};
use crate::system::{CreatedSystem, SystemDraft, SystemWish, written};

/// How long whoever created the system has to make the first attempt.
const FIRST_LEASE: Span = Span::seconds(15);

/// What an outside application asks for, through the person.
#[derive(Clone, Debug)]
pub struct CallbackRequest {
    /// The system to be created.
    pub draft: SystemDraft,
    /// Where the result goes.
    pub callback_url: CallbackUrl,
    /// The application's one-shot state.
    pub state: RawState,
    /// The client's mark for repetitions, where it sent one.
    pub idempotency: Option<Idempotency>,
}

/// A system that was created for an outside application.
#[derive(Clone, Debug)]
pub struct CallbackCreated {
    /// The system and its secret.
    pub created: CreatedSystem,
    /// Whether the first attempt to call back succeeded.
    pub callback_executed: bool,
    /// The address that is called, and that the browser returns to.
    pub target: String,
}

/// What became of the request.
#[derive(Clone, Debug)]
pub enum CallbackOutcome {
    /// It was carried out now; this is the answer.
    Created(Value),
    /// It was carried out before; this was the answer.
    Replayed(Value),
}

impl Context {
    /// Creates a system for an outside application and calls it back.
    ///
    /// `answer` turns the outcome into what the client gets, which is kept for repetitions.
    ///
    /// # Errors
    /// A validation fault on `type`, `callback_url` and `organization_id`; then
    /// the faults of the state; those of the idempotency key.
    pub async fn create_by_callback(
        self: &Arc<Self>,
        caller: &Caller,
        request: CallbackRequest,
        answer: fn(&Self, &CallbackCreated) -> Value,
    ) -> Result<CallbackOutcome, Fault> {
        let user = caller.principal.user;
        let mark = request.idempotency.clone();
        let running = mark.as_ref().map(|mark| self.begin_idempotent(user, mark)).transpose()?;
        if let Some(mark) = &mark
            && let Some(earlier) = self.earlier_answer(user, mark).await?
        {
            return Ok(CallbackOutcome::Replayed(earlier));
        }
        self.check_wish(caller, &SystemWish::of(&request.draft, Some(&request.callback_url))).await?;
        let state = StateToken::parse(&request.state)?;
        state.check(self.now())?;

        // Carried out apart from the request: a client that hangs up changes nothing.
        let (context, caller) = (Arc::clone(self), caller.clone());
        let work = tokio::spawn(async move {
            let outcome = context.database.settled(context.carry_out(&caller, &request, &state, answer)).await;
            drop(running);
            outcome?
        });
        work.await.map_err(Fault::broken)?
    }

    /// Judges a state without using it up, so that a page can say early that it is no good.
    ///
    /// # Errors
    /// The faults of the state.
    pub async fn check_state(&self, state: &RawState) -> Result<(), Fault> {
        let state = StateToken::parse(state)?;
        state.check(self.now())?;
        if used_state::is_used(&mut self.database.read().await?, &state.identity()).await? {
            return Err(used());
        }
        Ok(())
    }

    /// Refuses a destination that must not be called; see [`bailiwick_outbound::Guard::admit`].
    ///
    /// # Errors
    /// A validation fault on `callback_url`, with one wording for all reasons.
    pub async fn check_destination(&self, url: &CallbackUrl) -> Result<(), Fault> {
        let outcome = self.admit_destination(url).await;
        outcome.map_err(|refusal| Fault::field("callback_url", refusal, CallbackUrl::echo(url.as_str())))
    }

    /// The same as a refusal of that one field.
    pub(crate) async fn admit_destination(&self, url: &CallbackUrl) -> Result<(), Refusal> {
        self.outbound.admit(url).await.map_err(|reason| {
            tracing::info!(host = url.host_display(), %reason, "a callback destination was refused");
            destination_refusal()
        })
    }

    async fn carry_out(
        self: &Arc<Self>,
        caller: &Caller,
        request: &CallbackRequest,
        state: &StateToken,
        answer: fn(&Self, &CallbackCreated) -> Value,
    ) -> Result<CallbackOutcome, Fault> {
        let user = caller.principal.user;
        let now = self.now();
        let mut transaction = self.database.write().await?;
        if let Some(mark) = &request.idempotency
            && !self.claim_key(&mut transaction, user, mark, now).await?
        {
            // Another node was quicker with the same key.
            drop(transaction);
            let earlier = self.earlier_answer(user, mark).await?;
            return earlier.map(CallbackOutcome::Replayed).ok_or_else(running);
        }
        let created = self.insert_system(&mut transaction, caller, &request.draft, now).await?;
        let system = &created.system;
        let forget_after = state.forget_after(now);
        if !used_state::consume(&mut transaction, &state.identity(), system.id, now, forget_after).await? {
            return Err(used());
        }
        let id = DeliveryId::new(now, self.entropy());
        let target = request.callback_url.with_created(&parameters(request, system));
        let sealed = self.vault.seal(&place(id), target.as_bytes(), self.random.as_ref());
        delivery::insert(&mut transaction, id, system.id, &sealed, now, now.plus(FIRST_LEASE)).await?;
        // Once more, now with its callback.
        let system = written(&mut transaction, caller, system.id).await?;
        let mut outcome = CallbackCreated {
            created: CreatedSystem { system, ..created },
            callback_executed: false,
            target: target.clone(),
        };
        if let Some(mark) = &request.idempotency {
            self.write_answer(&mut transaction, user, mark, &answer(self, &outcome), None).await?;
        }
        transaction.commit().await?;
        metrics::counter!("systems_created_total").increment(1);

        let parcel = Parcel { id, target, attempts: 0, created_at: now };
        outcome.callback_executed = self.first_attempt(parcel, caller, &mut outcome.created.system).await;
        let answer = answer(self, &outcome);
        if let Some(mark) = &request.idempotency {
            self.settle_answer(caller, mark, &answer).await;
        }
        Ok(CallbackOutcome::Created(answer))
    }

    /// Tries to deliver once. From here on the system exists: whatever happens
    /// to the attempt or to its record, the client gets its 201, and the outbox
    /// goes on.
    async fn first_attempt(self: &Arc<Self>, parcel: Parcel, caller: &Caller, system: &mut SystemRecord) -> bool {
        match self.attempt(parcel).await {
            Ok(is_delivered) => {
                let fresh = async { written(&mut self.database.read().await?, caller, system.id).await };
                if let Ok(fresh) = fresh.await {
                    *system = fresh;
                }
                is_delivered
            }
            Err(fault) => {
                tracing::error!(fault = ?fault.source, system = %system.id, "an attempt could not be recorded");
                false
            }
        }
    }

    /// Makes the kept answer final. When that fails, a repetition gets the
    /// answer as it was before the attempt.
    async fn settle_answer(&self, caller: &Caller, mark: &Idempotency, answer: &Value) {
        let settled = async {
            let mut transaction = self.database.write().await?;
            let user = caller.principal.user;
            self.write_answer(&mut transaction, user, mark, answer, Some(self.now())).await?;
            Ok::<_, Fault>(transaction.commit().await?)
        };
        if let Err(fault) = settled.await {
            tracing::error!(fault = ?fault.source, "an answer could not be made final");
        }
    }
}

fn used() -> Fault {
    Fault::new(Code::StateUsed).with_detail(Code::StateUsed.wire())
}

fn parameters(request: &CallbackRequest, system: &SystemRecord) -> CallbackParameters {
    CallbackParameters {
        state: request.state.as_str().to_owned(),
        system_id: system.id,
        system_name: system.name.to_string(),
        system_type: system.kind.to_string(),
        timestamp: whole_seconds(system.created_at),
    }
}

/// The moment without its fraction: what receivers of the seed's time expect.
const fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_seconds(at.seconds())
}
