//! The secret by which a system proves who it is.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::secret::SecretText;

/// Bytes of the part that may be known, by which the system is looked up.
const PUBLIC_BYTES: usize = 10;
/// Bytes of the part that must not: 160 random bits, far over the 112 that allow a fast hash.
const SECRET_BYTES: usize = 20;
/// Bytes of salt.
const SALT_BYTES: usize = 16;
/// What a secret begins with, so that a leaked one is recognised as ours.
pub(super) const PREFIX: &str = "bws_";
/// How many of its last characters a secret may be told apart by (seed 000, `secret_hint`).
const HINT_LENGTH: usize = 4;

/// The random bytes that a new secret is made of.
pub type SecretEntropy = [u8; PUBLIC_BYTES + SECRET_BYTES + SALT_BYTES];

/// A system's secret in the clear: `bws_<20 hex digits>.<40 hex digits>`.
///
/// It is shown once, to the person who made it, and kept only as a hash.
#[derive(Clone, Debug)]
pub struct SystemSecret {
    text: SecretText,
    hash: SystemSecretHash,
}

/// What is kept of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemSecretHash {
    /// The part that may be known; unique.
    pub public_part: String,
    /// The salt.
    pub salt: Vec<u8>,
    /// SHA-256 of the salt and the secret part.
    pub digest: Vec<u8>,
    /// The last four characters (seed 000, `secret_hint`).
    pub hint: String,
}

impl SystemSecret {
    /// A new secret from random bytes.
    #[must_use]
    pub fn new(entropy: &SecretEntropy) -> Self {
        let (public_bytes, rest) = entropy.split_at(PUBLIC_BYTES);
        let (secret_bytes, salt) = rest.split_at(SECRET_BYTES);
        let public_part = HEXLOWER.encode(public_bytes);
        let secret_part = HEXLOWER.encode(secret_bytes);
        let digest = Sha256::new().chain_update(salt).chain_update(secret_part.as_bytes()).finalize().to_vec();
        let hint = secret_part.chars().skip(secret_part.len() - HINT_LENGTH).collect();
        let text = SecretText::new(format!("{PREFIX}{public_part}.{secret_part}"));
        Self { text, hash: SystemSecretHash { public_part, salt: salt.to_vec(), digest, hint } }
    }

    /// The secret in the clear, for the one answer that shows it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// What is kept of it.
    #[must_use]
    pub const fn hash(&self) -> &SystemSecretHash {
        &self.hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_tells_nothing_but_the_public_part_and_the_hint() {
        let secret = SystemSecret::new(&[7; PUBLIC_BYTES + SECRET_BYTES + SALT_BYTES]);
        assert_eq!(secret.expose(), format!("bws_{}.{}", "07".repeat(10), "07".repeat(20)));
        assert_eq!(secret.hash().hint, "0707");
        assert!(!format!("{:?}", secret.hash().digest).contains("0707070707"));
        assert!(!format!("{secret:?}").contains(secret.expose()));
    }
}
