//! The keys that files are signed with.

use core::fmt;

use ct_codecs::{Base64, Decoder, Encoder, Hex};
use ed25519_compact::Signature;
use hmac_sha256::Hash;

/// Bytes of a public key (RFC 8032).
const KEY_BYTES: usize = 32;
/// Bytes of a signature (RFC 8032).
pub(crate) const SIGNATURE_BYTES: usize = 64;
/// Hexadecimal digits of a key's id.
const ID_DIGITS: usize = 16;

/// The public half of a key that licence files are signed with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; KEY_BYTES]);

impl PublicKey {
    /// The key with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// The key from Base64, as a server prints it.
    ///
    /// # Errors
    /// None, when the text is not the Base64 of 32 bytes.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        let mut bytes = [0; KEY_BYTES];
        let read = Base64::decode(&mut bytes, text, None).ok()?.len();
        (read == KEY_BYTES).then_some(Self(bytes))
    }

    /// The bytes of the key.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; KEY_BYTES] {
        self.0
    }

    /// By what files name this key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let digest = Hash::hash(&self.0);
        let mut digits = [0; 2 * 32];
        // The buffer is as long as the digits of a digest are, so nothing can be missing.
        let _ = Hex::encode(&mut digits, digest);
        let mut id = [0; ID_DIGITS];
        for (to, from) in id.iter_mut().zip(digits) {
            *to = from;
        }
        KeyId(id)
    }

    /// Whether this key made this signature of these bytes.
    pub(crate) fn signed(&self, bytes: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        ed25519_compact::PublicKey::new(self.0).verify(bytes, &Signature::new(*signature)).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({})", self.id())
    }
}

/// By what files name a key: the first digits of its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyId([u8; ID_DIGITS]);

impl KeyId {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.0 == text.as_bytes()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(core::str::from_utf8(&self.0).unwrap_or_default())
    }
}
