//! Answering a repeated request with the first answer.
//!
//! The key is claimed by a unique insert in the transaction that carries the
//! request out, so a request that fails leaves it free. While the callback of a
//! carried-out request is still being tried its answer is not final, and a
//! repetition is told to come back.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::id::UserId;
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_store::WriteTransaction;
use bailiwick_store::query::idempotency;
use sha2::{Digest, Sha256};

use crate::context::Context;

/// The longest key, in characters (contract, section 4).
pub const KEY_LENGTH_MAX: usize = 255;
/// How long an answer is kept.
const KEPT_FOR: Span = Span::hours(24);
/// How long an answer may take to become final; past it the server must have
/// crashed in between, and what was answered last is repeated.
const SETTLED_WITHIN: Span = Span::seconds(8);

/// A key by which a client marks repetitions of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl Parse for IdempotencyKey {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let fits = !text.is_empty() && text.chars().count() <= KEY_LENGTH_MAX && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.to_owned())) } else { Err(Refusal::new("max", "1 to 255 printable characters")) }
    }
}

bailiwick_domain::inline_schema!(IdempotencyKey, { "type": "string", "minLength": 1, "maxLength": KEY_LENGTH_MAX });

/// A key with the request that it marks.
#[derive(Clone, Debug)]
pub struct Idempotency {
    key_digest: [u8; 32],
    request_digest: [u8; 32],
}

impl Idempotency {
    /// Marks this request: the route's name and the bytes of its body.
    #[must_use]
    pub fn new(route: &str, key: &IdempotencyKey, body: &[u8]) -> Self {
        let digest = |text: &[u8]| Sha256::new().chain_update(route).chain_update([0]).chain_update(text).finalize();
        Self { key_digest: digest(key.0.as_bytes()).into(), request_digest: digest(body).into() }
    }
}

/// The requests with a key that this node is working on.
#[derive(Debug, Default)]
pub(crate) struct Running(Arc<Mutex<HashSet<Entry>>>);

type Entry = (UserId, [u8; 32]);

/// A request with a key that is being worked on.
#[derive(Debug)]
pub(crate) struct RunningRequest {
    entry: Entry,
    running: Arc<Mutex<HashSet<Entry>>>,
}

impl Drop for RunningRequest {
    fn drop(&mut self) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.entry);
    }
}

/// Whose turn it is to carry out a request with a mark.
pub(crate) enum Turn {
    /// It was carried out before, with this answer.
    Before(serde_json::Value),
    /// It is carried out in this transaction, and by nobody else meanwhile.
    Now(Box<WriteTransaction>, RunningRequest),
}

impl Context {
    /// Begins to carry out what is done once for each mark, and whose answer is final with its transaction.
    ///
    /// # Errors
    /// [`Code::IdempotencyRunning`] and [`Code::IdempotencyMismatch`].
    pub(crate) async fn take_turn(&self, user: UserId, mark: &Idempotency, now: Timestamp) -> Result<Turn, Fault> {
        let running_request = self.begin_idempotent(user, mark)?;
        if let Some(answer) = self.earlier_answer(user, mark).await? {
            return Ok(Turn::Before(answer));
        }
        let mut transaction = self.database.write().await?;
        if !self.claim_key(&mut transaction, user, mark, now).await? {
            return Err(running());
        }
        Ok(Turn::Now(Box::new(transaction), running_request))
    }

    /// Writes the answer of such a request down, and commits both.
    pub(crate) async fn end_turn(
        &self,
        mut transaction: WriteTransaction,
        (user, mark): (UserId, &Idempotency),
        answer: &serde_json::Value,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.write_answer(&mut transaction, user, mark, answer, Some(now)).await?;
        Ok(transaction.commit().await?)
    }

    /// Notes that a request is being worked on.
    ///
    /// # Errors
    /// [`Code::IdempotencyRunning`] when the same is.
    pub(crate) fn begin_idempotent(&self, user: UserId, mark: &Idempotency) -> Result<RunningRequest, Fault> {
        let entry = (user, mark.key_digest);
        let is_first = self.running.0.lock().unwrap_or_else(PoisonError::into_inner).insert(entry);
        if is_first { Ok(RunningRequest { entry, running: Arc::clone(&self.running.0) }) } else { Err(running()) }
    }

    /// The answer that this request got before.
    ///
    /// # Errors
    /// [`Code::IdempotencyMismatch`] when the key belongs to another request,
    /// [`Code::IdempotencyRunning`] while its answer is not final.
    pub(crate) async fn earlier_answer(
        &self,
        user: UserId,
        mark: &Idempotency,
    ) -> Result<Option<serde_json::Value>, Fault> {
        let found = idempotency::find(&mut self.database.read().await?, user, &mark.key_digest).await?;
        let Some(found) = found else { return Ok(None) };
        if found.request_digest != mark.request_digest {
            return Err(Code::IdempotencyMismatch.into());
        }
        let is_final = found.settled_at.is_some() || self.now().since(found.created_at) > SETTLED_WITHIN;
        if !is_final {
            return Err(running());
        }
        let place = place(user, mark);
        let plain = self.vault.open_sealed(&place, &found.sealed_answer).map_err(Fault::broken)?;
        serde_json::from_slice(&plain).map(Some).map_err(Fault::broken)
    }

    /// Claims the key for this request; false when another got it first.
    pub(crate) async fn claim_key(
        &self,
        transaction: &mut WriteTransaction,
        user: UserId,
        mark: &Idempotency,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let nothing_yet = self.vault.seal(&place(user, mark), b"null", self.random.as_ref());
        let forget_after = now.plus(KEPT_FOR);
        let Idempotency { key_digest, request_digest } = mark;
        let claim = idempotency::claim(transaction, user, key_digest, request_digest, &nothing_yet, now, forget_after);
        Ok(claim.await?)
    }

    /// Writes the answer down; it is final when `settled_at` says when it became so.
    pub(crate) async fn write_answer(
        &self,
        transaction: &mut WriteTransaction,
        user: UserId,
        mark: &Idempotency,
        answer: &serde_json::Value,
        settled_at: Option<Timestamp>,
    ) -> Result<(), Fault> {
        let sealed = self.vault.seal(&place(user, mark), answer.to_string().as_bytes(), self.random.as_ref());
        Ok(idempotency::settle(transaction, user, &mark.key_digest, &sealed, settled_at).await?)
    }
}

/// The answer while the first request is being worked on.
pub(crate) fn running() -> Fault {
    Fault::new(Code::IdempotencyRunning).with_retry_after(Span::seconds(1))
}

fn place(user: UserId, mark: &Idempotency) -> String {
    format!("idempotency_keys/{user}/{}", data_encoding::HEXLOWER.encode(&mark.key_digest))
}
