//! The sign-ins of a person: which there are, when they and API keys were used, and ending them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::SessionId;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::user::home_organisation;
use bailiwick_store::query::{api_key, invalidation, session};
use serde_json::json;
use tokio::sync::watch;

use crate::audit::{Act, Actor};
use crate::caller::{Caller, Credential};
use crate::context::{Context, Identity};

pub use bailiwick_store::query::session::OwnSession;

/// The most sessions that are listed.
pub const SESSIONS_LISTED_MAX: usize = 500;
/// How often last uses are written down.
const NOTE_EVERY: Duration = Duration::from_secs(30);
/// Notes that one transaction writes, so that nobody waits long for it.
const NOTES_AT_ONCE: usize = 200;

/// When sessions and API keys were used last, as far as it is not written down yet.
#[derive(Debug, Default)]
pub(crate) struct LastUses(Mutex<HashMap<Credential, LastUse>>);

/// When and from where something was used last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastUse {
    pub(crate) at: Timestamp,
    pub(crate) address: IpAddr,
}

impl LastUses {
    fn note(&self, credential: Credential, last: LastUse) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(credential, last);
    }

    pub(crate) fn of(&self, credential: Credential) -> Option<LastUse> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&credential).copied()
    }

    fn take(&self) -> Vec<(Credential, LastUse)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }
}

impl Context {
    /// Notes that a session or a key is being used; it is written down within half a minute.
    pub fn note_use(&self, identity: &Identity, address: IpAddr) {
        self.last_uses.note(identity.credential, LastUse { at: self.now(), address });
    }

    /// The caller's living sessions, the one used last first; of more than [`SESSIONS_LISTED_MAX`] those.
    pub async fn own_sessions(&self, caller: &Caller) -> Result<Vec<OwnSession>, Fault> {
        let now = self.now();
        let user = caller.principal.user;
        let most = SESSIONS_LISTED_MAX.try_into().unwrap_or(i64::MAX);
        let mut sessions = session::of_user(&mut self.database.read().await?, user, now, most).await?;
        for session in &mut sessions {
            if let Some(last) = self.last_uses.of(Credential::Session(session.id)) {
                session.last_seen_at = Some(last.at);
                session.last_address = Some(last.address.to_string());
            }
        }
        sessions.sort_by_key(|session| std::cmp::Reverse(session.last_seen_at.unwrap_or(session.created_at)));
        Ok(sessions)
    }

    /// Ends one of the caller's sessions; it may be the one that asks.
    ///
    /// # Errors
    /// [`Code::SessionNotFound`], also when it is somebody else's.
    pub async fn end_own_session(&self, caller: &Caller, id: SessionId) -> Result<(), Fault> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        if !session::end_own(&mut transaction, id, caller.principal.user, now, "ended by its owner").await? {
            return Err(Code::SessionNotFound.into());
        }
        invalidation::insert(&mut transaction, "session", Some(id.uuid()), now).await?;
        let act = Act {
            action: "session.ended",
            subject_kind: "session",
            subject: Some(id.uuid()),
            organisation: home_organisation(&mut transaction, caller.principal.user).await?,
            details: json!({ "because": "ended by its owner" }),
        };
        self.audit(&mut transaction, Actor::Caller(caller), act, now).await?;
        transaction.commit().await?;
        self.principals.forget(id.uuid());
        Ok(())
    }

    /// Ends all sessions of the caller but the one that asks; returns how many ended.
    pub async fn end_other_sessions(&self, caller: &Caller) -> Result<u64, Fault> {
        let (now, user) = (self.now(), caller.principal.user);
        let mut transaction = self.database.write().await?;
        let (actor, because) = (Actor::Caller(caller), "ended by its owner");
        let ended = self.end_sessions(&mut transaction, user, caller.session(), actor, because, now).await?;
        transaction.commit().await?;
        self.principals.forget(user.uuid());
        Ok(ended)
    }

    /// Writes last uses down now and then, and once more when `stop` turns true.
    pub(crate) async fn write_last_uses_down(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        loop {
            let is_over = *stop.borrow();
            if let Err(fault) = self.write_last_uses().await {
                tracing::warn!(fault = ?fault.source, "the last uses of sessions and keys could not be written down");
            }
            if is_over {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(NOTE_EVERY) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Writes the last uses of sessions and keys down now.
    pub async fn write_last_uses(&self) -> Result<(), Fault> {
        let mut uses = self.last_uses.take();
        // In one order everywhere, so that two transactions never wait for each other.
        uses.sort_unstable_by_key(|(credential, _)| *credential);
        for some in uses.chunks(NOTES_AT_ONCE) {
            let mut transaction = self.database.write().await?;
            for (credential, last) in some {
                match *credential {
                    Credential::Session(id) => session::seen(&mut transaction, id, last.at, last.address).await?,
                    Credential::ApiKey(id, _) => api_key::seen(&mut transaction, id, last.at, last.address).await?,
                }
            }
            transaction.commit().await?;
        }
        Ok(())
    }
}
