//! Who stands behind which token, remembered.
//!
//! A token that was verified once costs a hash and a look-up from then on: no
//! signature check, no query. What ends or changes somebody's rights leaves a
//! mark here before the answer goes out, so that it counts from the next
//! request; what another node did arrives through
//! [`Context::catch_up`](crate::context::Context::catch_up), and when that falls
//! silent for a second nothing remembered is believed any more.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use bailiwick_domain::principal::Principal;
use bailiwick_domain::time::Timestamp;
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::caller::Credential;

/// Tokens, cookies and keys that are remembered at the most.
const REMEMBERED_MAX: u64 = 20_000;
/// How long one is remembered: as long as an access token can live.
const REMEMBERED_FOR: Duration = Duration::from_mins(10);
/// How long what is remembered may be believed without word from the database (contract, section 2).
const BELIEVED_FOR: Duration = Duration::from_millis(900);

/// What a valid token, cookie or API key stands for.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Who it is and what they may do.
    pub principal: Arc<Principal>,
    /// The sign-in it belongs to, or the key that it is.
    pub credential: Credential,
}

/// The digest by which a token, cookie or key is remembered; it cannot be turned back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BearerDigest([u8; 32]);

impl BearerDigest {
    pub(crate) fn of_token(token: &str) -> Self {
        Self(Sha256::new().chain_update(b"token\0").chain_update(token).finalize().into())
    }

    pub(crate) fn of_cookie(cookie: &str) -> Self {
        Self(Sha256::new().chain_update(b"cookie\0").chain_update(cookie).finalize().into())
    }

    pub(crate) fn of_api_key(key: &str) -> Self {
        Self(Sha256::new().chain_update(b"api key\0").chain_update(key).finalize().into())
    }

    pub(crate) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[derive(Debug)]
struct Known {
    identity: Identity,
    expires_at: Timestamp,
    learned: Epoch,
}

/// A place in the order of what this node has learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Epoch(u64);

/// The memory of who is who.
#[derive(Debug)]
pub struct Principals {
    known: Cache<BearerDigest, Arc<Known>>,
    epoch: AtomicU64,
    /// What was learned up to here is not believed.
    all_stale_up_to: AtomicU64,
    /// Sessions, keys and users that changed, and when: what is older than anything remembered is dropped.
    stale: RwLock<HashMap<Uuid, (Epoch, Instant)>>,
    /// When the database last confirmed that nothing was missed.
    confirmed: Mutex<Instant>,
}

impl Default for Principals {
    fn default() -> Self {
        let known = Cache::builder().max_capacity(REMEMBERED_MAX).time_to_live(REMEMBERED_FOR).build();
        Self {
            known,
            epoch: AtomicU64::new(1),
            all_stale_up_to: AtomicU64::new(0),
            stale: RwLock::default(),
            confirmed: Mutex::new(Instant::now()),
        }
    }
}

impl Principals {
    /// The present, to be taken before the database is asked.
    pub(crate) fn epoch(&self) -> Epoch {
        Epoch(self.epoch.load(Ordering::SeqCst))
    }

    /// Who this is, if it is remembered and may be believed.
    pub(crate) fn recall(&self, digest: &BearerDigest, now: Timestamp) -> Option<Identity> {
        let known = self.known.get(digest)?;
        let believable = self.is_confirmed() && now < known.expires_at && !self.is_stale(&known);
        if believable {
            return Some(known.identity.clone());
        }
        self.known.invalidate(digest);
        None
    }

    /// Remembers who this is; `learned` is the epoch from before the database was asked.
    pub(crate) fn remember(&self, digest: BearerDigest, identity: Identity, expires_at: Timestamp, learned: Epoch) {
        self.known.insert(digest, Arc::new(Known { identity, expires_at, learned }));
    }

    /// Stops believing what was learned about a session, a key or a user.
    pub(crate) fn forget(&self, subject: Uuid) {
        let mut stale = self.stale.write().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        // Twice as long as anything is remembered: what was asked before the mark may be noted after it.
        stale.retain(|_, (_, since)| now.duration_since(*since) <= 2 * REMEMBERED_FOR);
        stale.insert(subject, (Epoch(self.epoch.fetch_add(1, Ordering::SeqCst)), now));
    }

    /// Stops believing everything.
    pub(crate) fn forget_everything(&self) {
        let epoch = self.epoch.fetch_add(1, Ordering::SeqCst);
        self.all_stale_up_to.fetch_max(epoch, Ordering::SeqCst);
    }

    /// Stops believing what was learned of licences.
    pub(crate) fn forget_licences(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether nothing at all was forgotten since then, and the database has just said so.
    pub(crate) fn is_current(&self, learned: Epoch) -> bool {
        self.is_confirmed() && self.epoch() == learned
    }

    /// Notes that at this moment nothing that other nodes did had been missed.
    pub(crate) fn confirm(&self, at: Instant) {
        *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    fn is_confirmed(&self) -> bool {
        self.confirmed.lock().unwrap_or_else(PoisonError::into_inner).elapsed() <= BELIEVED_FOR
    }

    fn is_stale(&self, known: &Known) -> bool {
        if known.learned.0 <= self.all_stale_up_to.load(Ordering::SeqCst) {
            return true;
        }
        let stale = self.stale.read().unwrap_or_else(PoisonError::into_inner);
        let changed = |subject: Uuid| stale.get(&subject).is_some_and(|(epoch, _)| known.learned <= *epoch);
        let Identity { principal, credential } = &known.identity;
        // Where somebody acts as a person it hangs on them, and on their own sign-in, as much as on the person.
        let actor_changed = || {
            let actor = principal.impersonator.as_ref();
            actor.is_some_and(|actor| changed(actor.user.uuid()) || changed(actor.session.uuid()))
        };
        !stale.is_empty() && (changed(credential.uuid()) || changed(principal.user.uuid()) || actor_changed())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
    use super::*;
    use bailiwick_domain::email::EmailAddress;
    use bailiwick_domain::field::Parse;
    use bailiwick_domain::id::{SessionId, UserId};
    use bailiwick_domain::name::Name;
    use bailiwick_domain::principal::Impersonator;

    const NOW: Timestamp = Timestamp::from_seconds(1000);
    const LATER: Timestamp = Timestamp::from_seconds(2000);

    fn identity(number: u128) -> Identity {
        let principal = Principal {
            user: UserId::from_uuid(Uuid::from_u128(number)),
            email: EmailAddress::parse_text("ann@example.org").unwrap(),
            name: Name::parse_text("Ann").unwrap(),
            is_super_admin: false,
            is_confirmed: true,
            current_organisation: None,
            memberships: Vec::new(),
            impersonator: None,
        };
        let session = SessionId::from_uuid(Uuid::from_u128(number + 1000));
        Identity { principal: Arc::new(principal), credential: Credential::Session(session) }
    }

    fn remembered(principals: &Principals, number: u128) -> BearerDigest {
        let digest = BearerDigest::of_token(&number.to_string());
        principals.remember(digest, identity(number), LATER, principals.epoch());
        digest
    }

    #[test]
    fn a_change_counts_from_the_next_request_and_only_for_whom_it_concerns() {
        let principals = Principals::default();
        let (one, other) = (remembered(&principals, 1), remembered(&principals, 2));
        principals.forget(Uuid::from_u128(1));
        assert!(principals.recall(&one, NOW).is_none());
        assert!(principals.recall(&other, NOW).is_some());
        principals.forget(Uuid::from_u128(1002));
        assert!(principals.recall(&other, NOW).is_none());
    }

    #[test]
    fn whoever_acts_as_a_person_is_forgotten_with_themselves_and_with_their_own_sign_in() {
        let principals = Principals::default();
        let digest = BearerDigest::of_token("acting");
        for (subject, is_forgotten) in [(1, true), (1001, true), (2, true), (1002, true), (3, false), (1003, false)] {
            let mut acting = identity(1);
            let impersonator = Impersonator {
                user: UserId::from_uuid(Uuid::from_u128(2)),
                name: Name::parse_text("Sue").unwrap(),
                is_super_admin: false,
                session: SessionId::from_uuid(Uuid::from_u128(1002)),
                impersonation: SessionId::from_uuid(Uuid::from_u128(1001)),
            };
            Arc::make_mut(&mut acting.principal).impersonator = Some(impersonator);
            principals.remember(digest, acting, LATER, principals.epoch());
            principals.forget(Uuid::from_u128(subject));
            assert_eq!(principals.recall(&digest, NOW).is_none(), is_forgotten, "{subject}");
        }
    }

    #[test]
    fn what_was_asked_before_a_change_is_not_believed_after_it() {
        let principals = Principals::default();
        let before = principals.epoch();
        principals.forget(Uuid::from_u128(1));
        let digest = BearerDigest::of_token("slow");
        principals.remember(digest, identity(1), LATER, before);
        assert!(principals.recall(&digest, NOW).is_none());
        let digest = remembered(&principals, 1);
        assert!(principals.recall(&digest, NOW).is_some());
        principals.forget_everything();
        assert!(principals.recall(&digest, NOW).is_none());
    }

    #[test]
    fn nothing_is_believed_past_its_expiry_or_without_word_from_the_database() {
        let principals = Principals::default();
        let digest = remembered(&principals, 1);
        assert!(principals.recall(&digest, LATER).is_none());
        let digest = remembered(&principals, 1);
        principals.confirm(Instant::now().checked_sub(Duration::from_secs(1)).unwrap());
        assert!(principals.recall(&digest, NOW).is_none());
    }
}
