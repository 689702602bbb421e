//! What a system presents to prove who it is.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::secret::PREFIX;
use crate::field::Parse;
use crate::id::SystemId;
use crate::secret::SecretText;

/// By what a system calls itself: its id, or its key, which is its secret up to the dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SystemLogin {
    /// Its id.
    Id(SystemId),
    /// The part of its secret that may be known.
    Key(String),
}

/// A name and a secret that were presented; whether they belong together is not known yet.
#[derive(Debug)]
pub struct PresentedSecret {
    login: SystemLogin,
    public_part: String,
    secret_part: SecretText,
}

impl PresentedSecret {
    /// What was presented; nothing where no system can have such a name or such a secret.
    #[must_use]
    pub fn read(name: &str, secret: &str) -> Option<Self> {
        let (public_part, secret_part) = secret.strip_prefix(PREFIX)?.split_once('.')?;
        let login = match name.strip_prefix(PREFIX) {
            Some(key) => SystemLogin::Key(key.to_owned()),
            None => SystemLogin::Id(SystemId::parse_text(name).ok()?),
        };
        let secret_part = SecretText::new(secret_part.to_owned());
        Some(Self { login, public_part: public_part.to_owned(), secret_part })
    }

    /// By what the system is to be looked up.
    #[must_use]
    pub const fn login(&self) -> &SystemLogin {
        &self.login
    }

    /// Whether it is the secret of which this is kept; it takes as long whether it is or not.
    #[must_use]
    pub fn belongs_to(&self, public_part: &str, salt: &[u8], kept: &[u8]) -> bool {
        let digest = Sha256::new().chain_update(salt).chain_update(self.secret_part.expose().as_bytes()).finalize();
        let is_same = digest.as_slice().ct_eq(kept) & self.public_part.as_bytes().ct_eq(public_part.as_bytes());
        is_same.into()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use proptest::prelude::*;

    use super::super::SystemSecret;
    use super::*;

    const ID: &str = "0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7a";

    fn belongs(read: &PresentedSecret, secret: &SystemSecret) -> bool {
        let hash = secret.hash();
        read.belongs_to(&hash.public_part, &hash.salt, &hash.digest)
    }

    #[test]
    fn a_system_calls_itself_by_its_id_or_by_its_key() {
        let secret = SystemSecret::new(&[7; 46]);
        let key = secret.expose().split_once('.').unwrap().0;
        for name in [ID, key] {
            assert!(belongs(&PresentedSecret::read(name, secret.expose()).unwrap(), &secret), "{name}");
        }
        assert_eq!(PresentedSecret::read(key, secret.expose()).unwrap().login(), &SystemLogin::Key("07".repeat(10)));
        for (name, text) in [(ID, ""), (ID, key), ("me", secret.expose()), ("", secret.expose()), (ID, "bwk_1.2")] {
            assert!(PresentedSecret::read(name, text).is_none(), "{name} {text}");
        }
    }

    proptest! {
        #[test]
        fn every_secret_belongs_to_itself_alone(one in any::<[u8; 23]>(), two in any::<[u8; 23]>()) {
            let secret = |half: [u8; 23]| SystemSecret::new(&[half, half.map(|byte| !byte)].concat().try_into().unwrap());
            let (mine, other) = (secret(one), secret(two));
            let read = PresentedSecret::read(ID, mine.expose()).unwrap();
            prop_assert!(belongs(&read, &mine));
            prop_assert_eq!(belongs(&read, &other), one == two);
        }
    }
}
