//! Personal API keys: made, shown once, presented by programs, and taken back.
//!
//! What a key may do is what its owner may do at that moment, as far as the key
//! is good for it; where keys are taken at all stands beside each route.

use std::sync::Arc;

use bailiwick_domain::api_key::{ApiKey, KEYS_MAX, KeyAccess, KeyDays, PresentedKey};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::{ApiKeyId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::WriteTransaction;
use bailiwick_store::query::api_key::{self, NewApiKey};
use bailiwick_store::query::user::home_organisation;
use bailiwick_store::query::{account, invalidation, principal, session};
use serde_json::json;

use crate::audit::{Act, Actor};
use crate::caller::{Caller, Credential};
use crate::context::{Context, Identity};
use crate::principals::BearerDigest;

pub use bailiwick_store::query::api_key::ApiKeyRecord;

/// The most keys that are listed: those that have expired are kept for a while, too.
pub const KEYS_LISTED_MAX: usize = 500;

/// What a new key is made of.
#[derive(Clone, Debug)]
pub struct ApiKeyDraft {
    /// How its maker calls it.
    pub name: Name,
    /// What it is good for.
    pub access: KeyAccess,
    /// How long it lives.
    pub days: KeyDays,
}

/// A new key, in the clear this once.
#[derive(Clone, Debug)]
pub struct NewlyMadeKey {
    /// The key.
    pub key: ApiKey,
    /// What is known of it from now on.
    pub record: ApiKeyRecord,
}

impl Context {
    /// Who presents this access token or this API key; [`Code::InvalidToken`] when nobody does.
    pub async fn identify_bearer(&self, presented: &str) -> Result<Identity, Fault> {
        if PresentedKey::is_meant_by(presented) {
            self.identify_api_key(presented).await
        } else {
            self.identify_token(presented).await
        }
    }

    /// Who presents this API key.
    ///
    /// A key that was seen before costs no query. An unknown one costs a look-up and no slow hash: there is nothing
    /// to be guessed in 160 random bits, and nothing to keep a server busy with.
    async fn identify_api_key(&self, text: &str) -> Result<Identity, Fault> {
        let presented = PresentedKey::read(text).ok_or(Code::InvalidToken)?;
        let (digest, now) = (BearerDigest::of_api_key(text), self.now());
        if let Some(identity) = self.principals.recall(&digest, now) {
            return Ok(identity);
        }
        let learned = self.principals.epoch();
        let mut link = self.database.read().await?;
        let kept = api_key::by_public_part(&mut link, presented.public_part()).await?;
        let kept = kept.filter(|kept| presented.belongs_to(&kept.salt, &kept.digest)).ok_or(Code::InvalidToken)?;
        let found = principal::by_api_key(&mut link, kept.id, now).await?.ok_or(Code::InvalidToken)?;
        let identity = Identity { principal: Arc::new(found), credential: Credential::ApiKey(kept.id, kept.access) };
        self.principals.remember(digest, identity.clone(), kept.expires_at, learned);
        Ok(identity)
    }

    /// The caller's keys, the newest first, those included that have expired not long ago.
    pub async fn own_api_keys(&self, caller: &Caller) -> Result<Vec<ApiKeyRecord>, Fault> {
        self.api_keys_of(caller.principal.user).await
    }

    /// The keys of a person, the newest first.
    pub(crate) async fn api_keys_of(&self, user: UserId) -> Result<Vec<ApiKeyRecord>, Fault> {
        let most = KEYS_LISTED_MAX.try_into().unwrap_or(i64::MAX);
        let mut keys = api_key::of_user(&mut self.database.read().await?, user, most).await?;
        for key in &mut keys {
            if let Some(last) = self.last_uses.of(Credential::ApiKey(key.id, key.access)) {
                key.last_used_at = Some(last.at);
                key.last_address = Some(last.address.to_string());
            }
        }
        Ok(keys)
    }

    /// Makes a key for the caller; it acts for the organisation that they act for now.
    ///
    /// # Errors
    /// [`Code::TooManyApiKeys`].
    pub async fn create_api_key(&self, caller: &Caller, draft: ApiKeyDraft) -> Result<NewlyMadeKey, Fault> {
        let ApiKeyDraft { name, access, days } = draft;
        let (now, user) = (self.now(), caller.principal.user);
        let session = caller.session().ok_or(Code::ApiKeyNotAccepted)?;
        let key = ApiKey::new(&self.entropy());
        let mut transaction = self.database.write().await?;
        // Whoever makes another key at the same moment waits here, and then counts this one. What ended the sessions
        // meanwhile took the keys back too, and must not miss one.
        let holds = account::hold(&mut transaction, user).await?;
        if !holds || !session::lives(&mut transaction, session, now).await? {
            return Err(Code::InvalidToken.into());
        }
        if api_key::count_living(&mut transaction, user, now).await? >= KEYS_MAX {
            return Err(Code::TooManyApiKeys.into());
        }
        let new = NewApiKey {
            id: ApiKeyId::new(now, self.entropy()),
            user,
            organisation: caller.principal.current_organisation,
            name: &name,
            access,
            hash: key.hash(),
            expires_at: now.plus(days.span()),
        };
        api_key::insert(&mut transaction, &new, now).await?;
        let record = ApiKeyRecord {
            id: new.id,
            user,
            organisation: new.organisation,
            name: name.clone(),
            access,
            created_at: now,
            expires_at: new.expires_at,
            last_used_at: None,
            last_address: None,
        };
        let act = Act {
            action: "api_key.created",
            subject_kind: "api_key",
            subject: Some(record.id.uuid()),
            organisation: home_organisation(&mut transaction, user).await?,
            details: json!({ "name": record.name, "access": access, "expires_at": record.expires_at }),
        };
        self.audit(&mut transaction, Actor::Caller(caller), act, now).await?;
        transaction.commit().await?;
        Ok(NewlyMadeKey { key, record })
    }

    /// Takes back one of the caller's keys; it opens nothing from the next request on.
    ///
    /// # Errors
    /// [`Code::ApiKeyNotFound`], also when it is somebody else's.
    pub async fn revoke_own_api_key(&self, caller: &Caller, id: ApiKeyId) -> Result<(), Fault> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let revoked = api_key::revoke_own(&mut transaction, id, caller.principal.user).await?;
        let revoked = revoked.ok_or(Code::ApiKeyNotFound)?;
        let because = "revoked by its owner";
        self.note_revoked(&mut transaction, &revoked, Actor::Caller(caller), because, now).await?;
        transaction.commit().await?;
        self.principals.forget(id.uuid());
        Ok(())
    }

    /// Takes back all keys of a person; returns how many there were.
    ///
    /// Once the transaction has committed, [`Principals::forget`](crate::principals::Principals)
    /// has to be told of the person.
    pub(crate) async fn revoke_api_keys(
        &self,
        transaction: &mut WriteTransaction,
        user: UserId,
        actor: Actor<'_>,
        because: &'static str,
        now: Timestamp,
    ) -> Result<usize, Fault> {
        let revoked = api_key::revoke_all(transaction, user).await?;
        for key in &revoked {
            self.note_revoked(transaction, key, actor, because, now).await?;
        }
        Ok(revoked.len())
    }

    /// Tells every node and the audit log of a key that was just taken back.
    pub(crate) async fn note_revoked(
        &self,
        transaction: &mut WriteTransaction,
        key: &ApiKeyRecord,
        actor: Actor<'_>,
        because: &'static str,
        now: Timestamp,
    ) -> Result<(), Fault> {
        invalidation::insert(transaction, "api_key", Some(key.id.uuid()), now).await?;
        let act = Act {
            action: "api_key.revoked",
            subject_kind: "api_key",
            subject: Some(key.id.uuid()),
            organisation: home_organisation(transaction, key.user).await?,
            details: json!({ "because": because, "name": key.name, "user_id": key.user }),
        };
        self.audit(transaction, actor, act, now).await
    }
}
