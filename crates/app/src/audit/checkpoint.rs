//! Checkpoints: where the lanes of the audit log ended at a moment, signed, and kept outside the database.
//!
//! The seals inside the database show that nobody moved an end who does not
//! have our key. They cannot show that an old end was put back together with
//! its old seal; a checkpoint that has seen more can. Each is one line of
//! `<data dir>/audit-checkpoints.jsonl`, good for itself: copies of the file, or
//! of single lines, kept elsewhere prove the same.

use bailiwick_domain::audit::{Digest, Head};
use bailiwick_domain::time::Timestamp;
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

/// What every signature begins with, so that it is a signature of nothing else.
const PREFIX: &[u8] = b"bailiwick audit checkpoint v1\n";
/// Bytes of the public key that name it.
const KID_BYTES: usize = 6;

/// Where every lane ended at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The moment.
    pub at: Timestamp,
    /// The ends of all lanes that have an entry, by lane.
    #[serde(with = "ends")]
    pub heads: Vec<Head>,
    /// Whether the server saw, when it wrote this, that the log is not the one of the checkpoint before, or
    /// that somebody else moved the end of a lane. Such an end is not named here; the one before it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub contradicts: bool,
    /// The name of the key that signed it.
    kid: String,
    /// The signature (Ed25519, RFC 8032), base64url; over the line without this member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

/// Why a line is no checkpoint of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is not in the form of a checkpoint.
    #[error("it is not in the form of a checkpoint")]
    Malformed,
    /// It was signed by another key.
    #[error("it was signed by another key")]
    OtherKey,
    /// Its signature is not good: it was changed or made by somebody else.
    #[error("its signature is not good: it was changed, or made by somebody else")]
    Signature,
}

impl Checkpoint {
    /// Signs where all lanes end now.
    pub(crate) fn sign(at: Timestamp, heads: Vec<Head>, contradicts: bool, key: &SigningKey) -> Self {
        let unsigned = Self { at, heads, contradicts, kid: kid(&key.verifying_key()), signature: None };
        let signature = key.sign(&unsigned.signed_bytes());
        Self { signature: Some(BASE64URL_NOPAD.encode(&signature.to_bytes())), ..unsigned }
    }

    /// The line of the file, without its end.
    pub(crate) fn line(&self) -> String {
        // Numbers and texts under names that are texts always become JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a line and believes it only if this key signed it.
    pub fn read(line: &str, key: &VerifyingKey) -> Result<Self, CheckpointError> {
        let read: Self = serde_json::from_str(line).map_err(|_| CheckpointError::Malformed)?;
        // One checkpoint has one spelling: what is not signed has no place in the line.
        if read.line() != line {
            return Err(CheckpointError::Malformed);
        }
        if read.kid != kid(key) {
            return Err(CheckpointError::OtherKey);
        }
        let bytes = read.signature.as_ref().and_then(|text| BASE64URL_NOPAD.decode(text.as_bytes()).ok());
        let signature = bytes.and_then(|bytes| Signature::from_slice(&bytes).ok()).ok_or(CheckpointError::Signature)?;
        let unsigned = Self { signature: None, ..read.clone() };
        key.verify_strict(&unsigned.signed_bytes(), &signature).map_err(|_| CheckpointError::Signature)?;
        Ok(read)
    }

    fn signed_bytes(&self) -> Vec<u8> {
        [PREFIX, self.line().as_bytes()].concat()
    }
}

/// The name of a key: the beginning of its public part.
fn kid(key: &VerifyingKey) -> String {
    BASE64URL_NOPAD.encode(key.as_bytes().first_chunk::<KID_BYTES>().map_or(&[], <[u8; KID_BYTES]>::as_slice))
}

/// Ends of lanes as JSON.
mod ends {
    use serde::{Deserializer, Serializer};

    use super::{Deserialize, Digest, Head, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct End {
        lane: i64,
        number: i64,
        digest: Digest,
    }

    pub(super) fn serialize<S: Serializer>(heads: &[Head], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(heads.iter().map(|head| End {
            lane: head.lane,
            number: head.number,
            digest: head.digest,
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Head>, D::Error> {
        let ends = Vec::<End>::deserialize(deserializer)?;
        Ok(ends.into_iter().map(|end| Head { lane: end.lane, number: end.number, digest: end.digest }).collect())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use bailiwick_domain::audit::Field;

    use super::*;

    fn checkpoint(key: &SigningKey) -> Checkpoint {
        let head = Head::beginning(3).followed_by(&[Field::Number(1)]);
        Checkpoint::sign(Timestamp::from_microseconds(1_795_167_000_000_123), vec![head], false, key)
    }

    #[test]
    fn a_checkpoint_is_good_unchanged_and_under_its_key_only() {
        let (key, other) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let signed = checkpoint(&key);
        let line = signed.line();
        assert_eq!(Checkpoint::read(&line, &key.verifying_key()), Ok(signed));
        assert_eq!(Checkpoint::read(&line, &other.verifying_key()), Err(CheckpointError::OtherKey));
        // Somebody who gives their own key our key's name.
        let forged = Checkpoint { signature: None, ..checkpoint(&key) };
        let signature = BASE64URL_NOPAD.encode(&other.sign(&forged.signed_bytes()).to_bytes());
        let forged = Checkpoint { signature: Some(signature), ..forged };
        assert_eq!(Checkpoint::read(&forged.line(), &key.verifying_key()), Err(CheckpointError::Signature));
    }

    #[test]
    fn no_byte_of_a_checkpoint_can_be_changed() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let line = checkpoint(&key).line();
        for index in 0..line.len() {
            for other in [b' ', b'0', b'1', b'a', b'"'] {
                let mut bytes = line.clone().into_bytes();
                let byte = bytes.get_mut(index).unwrap();
                if *byte == other {
                    continue;
                }
                *byte = other;
                let text = String::from_utf8(bytes).unwrap();
                assert!(Checkpoint::read(&text, &key.verifying_key()).is_err(), "{text}");
            }
        }
        for spelling in
            [format!(" {line}"), line.replace("\"at\":", "\"at\": "), line.replace(",\"kid\"", ",\"x\":1,\"kid\"")]
        {
            assert!(Checkpoint::read(&spelling, &key.verifying_key()).is_err(), "{spelling}");
        }
    }
}
