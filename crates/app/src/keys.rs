//! The keys that sign tokens and callbacks.
//!
//! Each purpose has a key of its own, so that a signature made for one is
//! worth nothing for another. Private parts are sealed in the store; a retired
//! key leaves only its public part, until the last token it signed is dead.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bailiwick_domain::callback::{SignatureHeader, canonical_string};
use bailiwick_domain::id::DeliveryId;
use bailiwick_domain::session::SessionKind;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::signing_key::{self, SigningKeyRecord};
use bailiwick_store::{Database, Error as StoreError, WriteTransaction};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use ed25519_dalek::{Signer, SigningKey};
use jsonwebtoken::{DecodingKey, EncodingKey};
use zeroize::Zeroizing;

use crate::random::Random;
use crate::vault::{SealError, Vault};

/// Random bytes in a key's name: short, because every token carries it.
const KID_BYTES: usize = 3;

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Callbacks to outside applications.
    Callback,
    /// Access and refresh tokens.
    Token,
    /// Licence files.
    Licence,
}

impl Purpose {
    /// Every purpose, in the order of the published key set.
    pub const ALL: [Self; 3] = [Self::Callback, Self::Token, Self::Licence];

    /// Whether its key can be replaced: that of licence files is in the firmware of appliances, which would believe
    /// nothing any more.
    const fn rotates(self) -> bool {
        match self {
            Self::Callback | Self::Token => true,
            Self::Licence => false,
        }
    }

    /// The name in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Callback => "callback",
            Self::Token => "token",
            Self::Licence => "licence",
        }
    }
}

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A private key does not open.
    #[error("signing key {0}: {1}")]
    Sealed(String, SealError),
    /// A stored key is no key.
    #[error("signing key {0} is damaged")]
    Damaged(String),
    /// There is no active key for a purpose.
    #[error("there is no active key for {0}")]
    NoActiveKey(&'static str),
}

/// A key that signs.
pub(crate) struct ActiveKey {
    pub(crate) kid: String,
    pub(crate) encoding: EncodingKey,
    signing: SigningKey,
}

/// A key whose signatures are believed.
struct PublicKey {
    kid: String,
    purpose: Purpose,
    bytes: [u8; 32],
}

/// A public key as everybody may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedKey {
    /// Its name in the headers of what it signed.
    pub kid: String,
    /// The 32 bytes of an Ed25519 key (RFC 8032).
    pub public_key: [u8; 32],
}

/// The keys as they are now.
pub(crate) struct KeySet {
    token: ActiveKey,
    callback: ActiveKey,
    licence: ActiveKey,
    token_verifiers: HashMap<String, DecodingKey>,
    public: Vec<PublicKey>,
}

/// The keys, replaced as a whole when they change.
pub struct KeyRing {
    current: RwLock<Arc<KeySet>>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("KeyRing(…)")
    }
}

impl KeyRing {
    /// Loads the keys, making those that a new database lacks.
    pub async fn open(
        database: &Database,
        vault: &Vault,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<Self, KeyError> {
        for purpose in Purpose::ALL {
            ensure_active(database, vault, random, purpose, now).await?;
        }
        Ok(Self { current: RwLock::new(Arc::new(load(database, vault, now).await?)) })
    }

    /// Loads the keys of a database that was used before; makes nothing.
    pub async fn open_existing(database: &Database, vault: &Vault, now: Timestamp) -> Result<Self, KeyError> {
        Ok(Self { current: RwLock::new(Arc::new(load(database, vault, now).await?)) })
    }

    /// Loads the keys again: somebody rotated them.
    pub async fn reload(&self, database: &Database, vault: &Vault, now: Timestamp) -> Result<(), KeyError> {
        let fresh = Arc::new(load(database, vault, now).await?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// The keys as they are now.
    pub(crate) fn current(&self) -> Arc<KeySet> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The public key that licence files are signed with: what belongs into the firmware of appliances.
    #[must_use]
    pub fn licence_key(&self) -> bailiwick_licence::PublicKey {
        self.current().licence_key()
    }

    /// The public keys whose signatures are believed, those of callbacks first.
    #[must_use]
    pub fn published(&self) -> Vec<PublishedKey> {
        let keys = self.current();
        let of = |purpose| keys.public.iter().filter(move |key| key.purpose == purpose);
        let publish = |key: &PublicKey| PublishedKey { kid: key.kid.clone(), public_key: key.bytes };
        Purpose::ALL.into_iter().flat_map(of).map(publish).collect()
    }
}

impl KeySet {
    /// The key that signs tokens now.
    pub(crate) const fn token(&self) -> &ActiveKey {
        &self.token
    }

    /// The key that verifies tokens of this `kid`.
    pub(crate) fn token_verifier(&self, kid: &str) -> Option<&DecodingKey> {
        self.token_verifiers.get(kid)
    }

    /// The key id and the signature header of a callback.
    pub(crate) fn sign_callback(&self, target: &str, id: DeliveryId, at: Timestamp) -> (String, SignatureHeader) {
        let signature = self.callback.signing.sign(&canonical_string(target, id, at));
        (self.callback.kid.clone(), SignatureHeader::new(&signature.to_bytes()))
    }

    /// The public key of licence files, as appliances know it.
    pub(crate) fn licence_key(&self) -> bailiwick_licence::PublicKey {
        bailiwick_licence::PublicKey::from_bytes(self.licence.signing.verifying_key().to_bytes())
    }

    /// The signature of a licence file.
    pub(crate) fn sign_licence_file(&self, bytes: &[u8]) -> [u8; 64] {
        self.licence.signing.sign(bytes).to_bytes()
    }
}

/// Replaces the active key of every purpose but that of licence files; what the old ones signed stays good until it expires.
pub async fn rotate(
    transaction: &mut WriteTransaction,
    vault: &Vault,
    random: &dyn Random,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    // The longest that anything signed may live, with room for clocks that differ.
    let forget_after = now.plus(SessionKind::KeptSignedIn.lifetime()).plus(bailiwick_domain::time::Span::hours(1));
    let mut kids = Vec::new();
    for purpose in Purpose::ALL.into_iter().filter(|purpose| purpose.rotates()) {
        signing_key::retire(transaction, purpose.name(), now, forget_after).await?;
        let record = generate(vault, random, purpose, now);
        signing_key::insert(transaction, &record).await?;
        kids.push(record.kid);
    }
    Ok(kids)
}

fn generate(vault: &Vault, random: &dyn Random, purpose: Purpose, now: Timestamp) -> SigningKeyRecord {
    let secret: Zeroizing<[u8; 32]> = Zeroizing::new(random.bytes());
    let kid = BASE64URL_NOPAD.encode(&random.bytes::<KID_BYTES>());
    let public_key = SigningKey::from_bytes(&secret).verifying_key().to_bytes().to_vec();
    let sealed = vault.seal(&place(&kid), secret.as_slice(), random);
    let purpose = purpose.name().to_owned();
    SigningKeyRecord { kid, purpose, public_key, sealed_private_key: Some(sealed), created_at: now }
}

fn place(kid: &str) -> String {
    format!("signing_keys/{kid}")
}

async fn ensure_active(
    database: &Database,
    vault: &Vault,
    random: &dyn Random,
    purpose: Purpose,
    now: Timestamp,
) -> Result<(), KeyError> {
    let living = signing_key::living(&mut database.read().await?, now).await?;
    let has_active = living.iter().any(|key| key.purpose == purpose.name() && key.sealed_private_key.is_some());
    if has_active {
        return Ok(());
    }
    let mut transaction = database.write().await?;
    match signing_key::insert(&mut transaction, &generate(vault, random, purpose, now)).await {
        Ok(()) => Ok(transaction.commit().await?),
        // Another node that starts at this moment was quicker.
        Err(StoreError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn load(database: &Database, vault: &Vault, now: Timestamp) -> Result<KeySet, KeyError> {
    let records = signing_key::living(&mut database.read().await?, now).await?;
    let mut active = HashMap::new();
    let mut token_verifiers = HashMap::new();
    let mut public = Vec::new();
    for record in records {
        let Some(purpose) = Purpose::ALL.into_iter().find(|purpose| purpose.name() == record.purpose) else {
            continue;
        };
        let damaged = || KeyError::Damaged(record.kid.clone());
        let bytes: [u8; 32] = record.public_key.as_slice().try_into().map_err(|_| damaged())?;
        if purpose == Purpose::Token {
            token_verifiers.insert(record.kid.clone(), DecodingKey::from_ed_der(&bytes));
        }
        if let Some(sealed) = &record.sealed_private_key {
            let opened = vault.open_sealed(&place(&record.kid), sealed);
            let secret = opened.map_err(|error| KeyError::Sealed(record.kid.clone(), error))?;
            let secret: Zeroizing<[u8; 32]> = Zeroizing::new(secret.as_slice().try_into().map_err(|_| damaged())?);
            let signing = SigningKey::from_bytes(&secret);
            let document = signing.to_pkcs8_der().map_err(|_| damaged())?;
            let encoding = EncodingKey::from_ed_der(document.as_bytes());
            active.entry(purpose).or_insert(ActiveKey { kid: record.kid.clone(), encoding, signing });
        }
        public.push(PublicKey { kid: record.kid, purpose, bytes });
    }
    let mut take = |purpose: Purpose| active.remove(&purpose).ok_or(KeyError::NoActiveKey(purpose.name()));
    Ok(KeySet {
        token: take(Purpose::Token)?,
        callback: take(Purpose::Callback)?,
        licence: take(Purpose::Licence)?,
        token_verifiers,
        public,
    })
}
