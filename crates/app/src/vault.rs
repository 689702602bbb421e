//! The master key, and what is sealed under it.
//!
//! The key lives in a file beside the database, never in it: whoever has the
//! database alone can open nothing and sign nothing (contract, section 1).

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use bailiwick_domain::audit::SealKey;
use bailiwick_store::Database;
use bailiwick_store::query::property;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::random::Random;

/// Bytes of the master key.
const KEY_LENGTH: usize = 32;
/// Bytes of a nonce of `XChaCha20`.
const NONCE_LENGTH: usize = 24;
/// The first byte of everything sealed, so that the form can change one day.
const SEAL_VERSION: u8 = 1;
/// The property by which a database recognises its key.
pub(crate) const PROOF: &str = "vault_proof";
/// What the proof says once it is opened.
const PROOF_TEXT: &[u8] = b"this database belongs to this key";

/// Why the vault does not open.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key file cannot be read or written.
    #[error("key file {0}: {1}")]
    File(PathBuf, std::io::Error),
    /// The key file is not a key.
    #[error("key file {0}: it must hold exactly 32 bytes")]
    Length(PathBuf),
    /// The key file is not for its owner alone.
    #[error("key file {0}: others may read it; its mode must be 0600")]
    Mode(PathBuf),
    /// The database was made with a key that is not here.
    #[error("key file {0} is missing, and the database was made with one: put the file back where it was")]
    Missing(PathBuf),
    /// There is no key, and none is made.
    #[error("key file {0} is not there")]
    Absent(PathBuf),
    /// The database knows of no key yet.
    #[error("the database was never used with a key: start the server once")]
    NoProof,
    /// The key is another database's.
    #[error("key file {0} does not belong to this database: put the right file in its place")]
    Foreign(PathBuf),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] bailiwick_store::Error),
}

/// Something sealed does not open: damaged, moved, or sealed under another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sealed data does not open: damaged, moved or sealed under another key")]
pub struct SealError;

/// Seals and opens under the master key.
pub struct Vault {
    cipher: XChaCha20Poly1305,
    form_key: Zeroizing<[u8; KEY_LENGTH]>,
    audit_seal_key: SealKey,
    checkpoint_key: SigningKey,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Vault(…)")
    }
}

impl Vault {
    /// Opens the vault of a data directory and its database; a new database gets a new key.
    pub async fn open(data_directory: &Path, database: &Database, random: &dyn Random) -> Result<Self, VaultError> {
        let path = key_path(data_directory);
        let proof = property::get(&mut database.read().await?, PROOF).await?;
        let key = match (read_key(&path)?, &proof) {
            (Some(key), _) => key,
            (None, Some(_)) => return Err(VaultError::Missing(path)),
            (None, None) => create_key(&path, random)?,
        };
        let vault = Self::from_key(&key);
        let proof = match proof {
            Some(proof) => proof,
            None => vault.leave_proof(database, random).await?,
        };
        vault.proven(&proof, path)
    }

    /// Opens the vault of a data directory and its database that were used before; makes nothing.
    pub async fn open_existing(data_directory: &Path, database: &Database) -> Result<Self, VaultError> {
        let path = key_path(data_directory);
        read_key(&path)?.ok_or(VaultError::Absent(path))?;
        let proof = property::get(&mut database.read().await?, PROOF).await?.ok_or(VaultError::NoProof)?;
        Self::open_for(data_directory, &proof)
    }

    /// Opens the vault of a data directory for a database that is not here yet; `proof` is what that one has under
    /// [`PROOF`]. Makes nothing.
    pub(crate) fn open_for(data_directory: &Path, proof: &[u8]) -> Result<Self, VaultError> {
        let path = key_path(data_directory);
        let key = read_key(&path)?.ok_or_else(|| VaultError::Absent(path.clone()))?;
        Self::from_key(&key).proven(proof, path)
    }

    /// This vault, if the database was made with its key.
    fn proven(self, proof: &[u8], path: PathBuf) -> Result<Self, VaultError> {
        match self.open_sealed(PROOF, proof) {
            Ok(text) if text.as_slice() == PROOF_TEXT => Ok(self),
            _ => Err(VaultError::Foreign(path)),
        }
    }

    /// A vault over a key that somebody else keeps.
    #[must_use]
    pub fn from_key(key: &[u8; KEY_LENGTH]) -> Self {
        let derive = |purpose: &[u8]| {
            let mut derived = Zeroizing::new([0; KEY_LENGTH]);
            // HKDF refuses only outputs of more than 255 hashes.
            let expanded = Hkdf::<Sha256>::new(None, key).expand(purpose, derived.as_mut_slice());
            debug_assert!(expanded.is_ok(), "32 bytes are within HKDF's limit");
            derived
        };
        let cipher = XChaCha20Poly1305::new(&(*derive(b"bailiwick seal v1")).into());
        Self {
            cipher,
            form_key: derive(b"bailiwick form token v1"),
            audit_seal_key: SealKey::new(&derive(b"bailiwick audit seal v1")),
            checkpoint_key: SigningKey::from_bytes(&derive(b"bailiwick audit checkpoint v1")),
        }
    }

    /// The key of the tokens in forms.
    pub(crate) fn form_key(&self) -> &[u8; KEY_LENGTH] {
        &self.form_key
    }

    /// The key that seals the ends of the audit log.
    #[must_use]
    pub fn audit_seal_key(&self) -> &SealKey {
        &self.audit_seal_key
    }

    /// The key that signs checkpoints of the audit log.
    ///
    /// It comes from the master key, not from the table of signing keys: what vouches for the
    /// database must not be taken from the database.
    pub(crate) fn checkpoint_key(&self) -> &SigningKey {
        &self.checkpoint_key
    }

    /// Seals bytes for one place: they open nowhere else.
    #[must_use]
    pub fn seal(&self, place: &str, plain: &[u8], random: &dyn Random) -> Vec<u8> {
        let nonce: [u8; NONCE_LENGTH] = random.bytes();
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        // The cipher refuses only messages of more than 256 GiB.
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        [[SEAL_VERSION].as_slice(), nonce.as_slice(), &sealed].concat()
    }

    /// Opens what was sealed for this place.
    pub fn open_sealed(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (&version, rest) = sealed.split_first().ok_or(SealError)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or(SealError)?;
        if version != SEAL_VERSION {
            return Err(SealError);
        }
        let payload = Payload { msg: body, aad: place.as_bytes() };
        self.cipher.decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| SealError)
    }

    /// Leaves a proof in a new database; returns the one that is there, which may be another node's.
    async fn leave_proof(&self, database: &Database, random: &dyn Random) -> Result<Vec<u8>, VaultError> {
        let mut transaction = database.write().await?;
        property::set_once(&mut transaction, PROOF, &self.seal(PROOF, PROOF_TEXT, random)).await?;
        let proof = property::get(&mut transaction, PROOF).await?;
        transaction.commit().await?;
        Ok(proof.unwrap_or_default())
    }
}

type Key = Zeroizing<[u8; KEY_LENGTH]>;

fn key_path(data_directory: &Path) -> PathBuf {
    data_directory.join("keys").join("master.key")
}

fn read_key(path: &Path) -> Result<Option<Key>, VaultError> {
    let failed = |error| VaultError::File(path.to_owned(), error);
    let mut file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
        return Err(VaultError::Mode(path.to_owned()));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_LENGTH));
    file.read_to_end(&mut bytes).map_err(failed)?;
    let key: [u8; KEY_LENGTH] = bytes.as_slice().try_into().map_err(|_| VaultError::Length(path.to_owned()))?;
    Ok(Some(Zeroizing::new(key)))
}

/// Makes the key file in one step: nobody ever finds half a key, not even after a crash in between.
fn create_key(path: &Path, random: &dyn Random) -> Result<Key, VaultError> {
    let failed = |error| VaultError::File(path.to_owned(), error);
    let directory = path.parent().unwrap_or(path);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
    let key: Key = Zeroizing::new(random.bytes());
    let draft = directory.join(format!("{}.new", HEXLOWER.encode(&random.bytes::<8>())));
    let placed = write_draft(&draft, &key).and_then(|()| fs::hard_link(&draft, path));
    // What is left of a draft that failed is of no use to anybody.
    let _ = fs::remove_file(&draft);
    match placed {
        Ok(()) => {
            // The database must never outlive its key: file and names go to the disk now.
            let above = directory.parent().filter(|parent| !parent.as_os_str().is_empty());
            let directories = [Some(directory), above];
            directories.into_iter().flatten().try_for_each(sync_directory).map_err(failed)?;
            Ok(key)
        }
        // Another process that starts at this moment was quicker.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            read_key(path)?.ok_or_else(|| VaultError::Missing(path.to_owned()))
        }
        Err(error) => Err(failed(error)),
    }
}

fn write_draft(path: &Path, key: &Key) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key.as_slice())?;
    file.sync_all()
}

fn sync_directory(path: &Path) -> std::io::Result<()> {
    fs::File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what it did not expect")]

    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn what_is_sealed_opens_only_in_its_place_and_undamaged() {
        let vault = Vault::from_key(&[1; KEY_LENGTH]);
        let mut sealed = vault.seal("here", b"secret", &SystemRandom);
        assert_eq!(vault.open_sealed("here", &sealed).as_deref().map(Vec::as_slice), Ok(b"secret".as_slice()));
        assert_eq!(vault.open_sealed("there", &sealed), Err(SealError));
        assert_eq!(Vault::from_key(&[2; KEY_LENGTH]).open_sealed("here", &sealed), Err(SealError));
        for index in 0..sealed.len() {
            if let Some(byte) = sealed.get_mut(index) {
                *byte ^= 1;
            }
            assert_eq!(vault.open_sealed("here", &sealed), Err(SealError), "byte {index}");
            if let Some(byte) = sealed.get_mut(index) {
                *byte ^= 1;
            }
        }
        assert_eq!(vault.open_sealed("here", &[]), Err(SealError));
    }

    #[test]
    fn processes_that_start_at_once_agree_on_one_whole_key() {
        const PROCESSES: usize = 8;
        for _ in 0..50 {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("keys").join("master.key");
            let start = std::sync::Barrier::new(PROCESSES);
            let open = || {
                start.wait();
                match read_key(&path)? {
                    Some(key) => Ok(key),
                    None => create_key(&path, &SystemRandom),
                }
            };
            let keys: Vec<Key> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..PROCESSES).map(|_| scope.spawn(open)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect()
            });
            assert!(keys.iter().all(|key| **key == *keys[0]));
            assert_eq!(fs::read_dir(directory.path().join("keys")).unwrap().count(), 1, "nothing else is left there");
        }
    }
}
