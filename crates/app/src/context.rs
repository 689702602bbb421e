//! What every use case works with.

use std::sync::Arc;
use std::time::Instant;

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::time::Timestamp;
use bailiwick_outbound::post::{Post, PostError};
use bailiwick_outbound::{Guard, GuardError};
use bailiwick_store::Database;
use bailiwick_store::query::invalidation;
use bailiwick_store::query::principal::{self, SignedIn};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::Notify;

use crate::account::{Estimates, LastUses};
use crate::appliance::Leases;
use crate::attempts::Attempts;
use crate::audit::{ChainError, Checkpoints};
use crate::caller::Credential;
use crate::clock::Clock;
use crate::hasher::Hasher;
use crate::idempotency::Running;
use crate::keys::{KeyError, KeyRing};
use crate::licensing::SeenLicences;
use crate::mail::{self, CatalogueError, Catalogues};
use crate::principals::{BearerDigest, Epoch, Principals};
use crate::random::Random;
use crate::settings::Settings;
use crate::token::{self, TokenKind};
use crate::vault::{Vault, VaultError};

pub use crate::principals::Identity;

/// What every use case works with: handed down, never global.
#[derive(Debug)]
pub struct Context {
    /// The database.
    pub database: Database,
    /// The moment.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// The settings.
    pub settings: Settings,
    /// The master key.
    pub vault: Vault,
    /// The signing keys.
    pub keys: KeyRing,
    /// The hashing threads.
    pub hasher: Hasher,
    /// The one way out.
    pub outbound: Guard,
    pub(crate) post: Box<Post>,
    pub(crate) catalogues: Box<Catalogues>,
    pub(crate) principals: Principals,
    pub(crate) seen_licences: SeenLicences,
    pub(crate) attempts: Attempts,
    pub(crate) running: Running,
    pub(crate) last_uses: LastUses,
    pub(crate) estimates: Estimates,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) leases: Leases,
    /// Wakes the outbox when something is due earlier than it thinks.
    pub(crate) outbox_wake: Notify,
    /// Wakes what is done for those who forgot their password.
    pub(crate) reset_wake: Notify,
}

impl std::fmt::Debug for dyn Clock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Clock")
    }
}

impl std::fmt::Debug for dyn Random {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Random")
    }
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] bailiwick_store::Error),
    /// The master key cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The audit log cannot be gone on with.
    #[error(transparent)]
    Audit(#[from] ChainError),
    /// The signing keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The guarded client cannot be made.
    #[error(transparent)]
    Outbound(#[from] GuardError),
    /// The way of mails cannot be made.
    #[error(transparent)]
    Post(#[from] PostError),
    /// A catalogue of what mails say is not whole.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The hashing threads do not start.
    #[error("the hashing threads do not start: {0}")]
    Hasher(#[from] std::io::Error),
}

impl Context {
    /// Opens the vault and the keys, and starts the threads.
    pub async fn open(
        settings: Settings,
        database: Database,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, StartError> {
        let vault = Vault::open(&settings.data_directory, &database, random.as_ref()).await?;
        let checkpoints = Checkpoints::open(&settings.data_directory, &database, &vault).await?;
        let keys = KeyRing::open(&database, &vault, random.as_ref(), clock.now()).await?;
        let user_agent = concat!("bailiwick/", env!("CARGO_PKG_VERSION"));
        let outbound = Guard::new(settings.outbound_allow.clone(), user_agent)?;
        let (post, catalogues) = (Box::new(mail::post(&settings)?), Box::new(Catalogues::load()?));
        Ok(Self {
            database,
            clock,
            random,
            settings,
            vault,
            keys,
            hasher: Hasher::start()?,
            outbound,
            post,
            catalogues,
            principals: Principals::default(),
            seen_licences: SeenLicences::default(),
            attempts: Attempts::default(),
            running: Running::default(),
            last_uses: LastUses::default(),
            estimates: Estimates::default(),
            checkpoints,
            leases: Leases::default(),
            outbox_wake: Notify::new(),
            reset_wake: Notify::new(),
        })
    }

    /// The moment now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Fresh random bytes.
    pub(crate) fn entropy<const N: usize>(&self) -> [u8; N] {
        self.random.bytes()
    }

    /// Who presents this access token; [`Code::InvalidToken`] when nobody does.
    ///
    /// A token that was seen before costs no signature check and no query.
    pub async fn identify_token(&self, token: &str) -> Result<Identity, Fault> {
        let (digest, now) = (BearerDigest::of_token(token), self.now());
        if let Some(identity) = self.principals.recall(&digest, now) {
            return Ok(identity);
        }
        let issuer = self.settings.base_url.origin();
        let facts = token::verify(&self.keys.current(), &issuer, TokenKind::Access, token, now);
        let facts = facts.ok_or(Code::InvalidToken)?;
        let learned = self.principals.epoch();
        let found = principal::by_handle(&mut self.database.read().await?, facts.handle, now).await?;
        let found = found.filter(|found| found.principal.user == facts.user).ok_or(Code::InvalidToken)?;
        Ok(self.learn(digest, found, facts.expires_at, learned))
    }

    /// Who presents this session cookie; [`Code::InvalidToken`] when nobody does.
    pub async fn identify_cookie(&self, cookie: &str) -> Result<Identity, Fault> {
        let (digest, now) = (BearerDigest::of_cookie(cookie), self.now());
        if let Some(identity) = self.principals.recall(&digest, now) {
            return Ok(identity);
        }
        let learned = self.principals.epoch();
        let found = principal::by_cookie(&mut self.database.read().await?, digest.bytes(), now).await?;
        let found = found.ok_or(Code::InvalidToken)?;
        let expires_at = found.expires_at;
        Ok(self.learn(digest, found, expires_at, learned))
    }

    fn learn(&self, digest: BearerDigest, found: SignedIn, expires_at: Timestamp, learned: Epoch) -> Identity {
        let SignedIn { session, expires_at: session_expires_at, principal } = found;
        let identity = Identity { principal: Arc::new(principal), credential: Credential::Session(session) };
        self.principals.remember(digest, identity.clone(), expires_at.min(session_expires_at), learned);
        identity
    }

    /// Catches up with what other nodes, and commands of the administrator, did since `seen`.
    ///
    /// Returns the number of the newest that was seen.
    pub async fn catch_up(&self, seen: Option<i64>) -> Result<i64, Fault> {
        const BATCH: i64 = 1000;
        let asked_at = Instant::now();
        let mut link = self.database.read().await?;
        let newest = invalidation::newest(&mut link).await?;
        // What is learned after this must not come from before what we are about to hear of. Where
        // there is nothing to hear, no view that lies idle keeps what other processes write from
        // being tidied up.
        self.database.look_afresh();
        let Some(mut seen) = seen.filter(|seen| *seen <= newest) else {
            // The first look, or a database put back from a backup.
            drop(link);
            self.principals.forget_everything();
            self.reload_keys().await?;
            self.principals.confirm(asked_at);
            return Ok(newest);
        };
        while seen < newest {
            let missed = invalidation::since(&mut link, seen, BATCH).await?;
            let gap = missed.first().is_none_or(|first| first.number != seen + 1);
            for one in &missed {
                match (one.scope.as_str(), one.subject) {
                    ("keys", _) => self.reload_keys().await?,
                    ("licence", _) => self.principals.forget_licences(),
                    // An import begins with what the setting up left, and brings keys along.
                    ("everything", _) | (_, None) => {
                        self.principals.forget_everything();
                        self.reload_keys().await?;
                    }
                    (_, Some(subject)) => self.principals.forget(subject),
                }
            }
            if gap {
                // Away for so long that the list was cut: nothing remembered can be trusted.
                self.principals.forget_everything();
                self.reload_keys().await?;
            }
            seen = missed.last().map_or(newest, |last| last.number);
        }
        self.principals.confirm(asked_at);
        Ok(seen)
    }

    async fn reload_keys(&self) -> Result<(), Fault> {
        self.keys.reload(&self.database, &self.vault, self.now()).await.map_err(Fault::broken)
    }

    /// The token that a form of ours carries for a browser that sends no `Origin`.
    #[must_use]
    pub fn form_token(&self, cookie: &str) -> String {
        BASE64URL_NOPAD.encode(&self.form_mac(cookie).finalize().into_bytes())
    }

    /// Whether a form's token belongs to the form cookie that came with it.
    #[must_use]
    pub fn verify_form_token(&self, cookie: Option<&str>, token: &str) -> bool {
        let decoded = BASE64URL_NOPAD.decode(token.as_bytes());
        let (Some(cookie), Ok(decoded)) = (cookie, decoded) else { return false };
        self.form_mac(cookie).verify_slice(&decoded).is_ok()
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length (RFC 2104)")]
    fn form_mac(&self, cookie: &str) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(self.vault.form_key()).expect("HMAC takes every key");
        mac.chain_update(cookie.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use bailiwick_domain::field::Parse;
    use bailiwick_store::query::property;

    use super::*;
    use crate::clock::SystemClock;
    use crate::random::SystemRandom;
    use crate::settings::BaseUrl;

    /// One process of several on the same directory.
    async fn process(directory: &std::path::Path) -> Context {
        let settings = Settings::new(BaseUrl::parse_text("https://id.example.org").unwrap(), directory.to_owned());
        let database = Database::open(&format!("sqlite://{}", directory.join("test.db").display())).await.unwrap();
        Context::open(settings, database, Arc::new(SystemClock), Arc::new(SystemRandom)).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_has_heard_of_a_change_does_not_read_what_was_before_it() {
        let directory = tempfile::tempdir().unwrap();
        let (server, command) = (process(directory.path()).await, process(directory.path()).await);
        let mut seen = server.catch_up(None).await.unwrap();
        // Each round succeeds in setting the trap only where the disk is quick.
        for round in 0..50 {
            let mut old = server.database.read().await.unwrap();
            let fresh = server.database.read().await.unwrap();
            property::ping(&mut old).await.unwrap();
            let kids = command.rotate_keys().await.unwrap();
            // The next who reads gets the fresh one, and the one after it the old one.
            drop(old);
            drop(fresh);
            let heard = server.catch_up(Some(seen)).await.unwrap();
            if heard > seen {
                let published = server.keys.published();
                let knows = |kid: &String| published.iter().any(|key| key.kid == *kid);
                assert!(kids.iter().all(knows), "round {round}: a rotation was heard of and missed");
            }
            seen = heard;
        }
    }
}
