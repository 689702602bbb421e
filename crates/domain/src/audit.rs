//! The chain of the audit log: how entries are digested, linked and sealed.
//!
//! Each entry's digest covers the digest before it in its lane and every column
//! as it is stored, so nothing can be changed, moved or taken out without all
//! digests after it changing too. The end of each lane is sealed under a key
//! that is not in the database: who can write to the database alone can compute
//! new digests, and cannot make the seal that goes with them.

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};

use crate::field::{Parse, Refusal};

/// How many chains run side by side: as many commits of one PostgreSQL node as can be under way at once.
pub const LANES: i64 = 16;

/// What every digest begins with, so that it is a digest of nothing else.
const LINK_PREFIX: &[u8] = b"bailiwick audit entry v1\0";
/// What every seal begins with.
const SEAL_PREFIX: &[u8] = b"bailiwick audit head v1\0";

/// SHA-256 over an entry and all before it in its lane, or over what stands in an export.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// What stands before the first entry of a lane.
    pub const BEGINNING: Self = Self([0; 32]);

    /// The digest of these stored bytes; none unless they are 32.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// What SHA-256 gave.
    pub(crate) const fn of_hash(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The bytes, for the store.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn hexadecimal(self) -> String {
        HEXLOWER.encode(&self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.hexadecimal())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Digest({self})")
    }
}

impl Parse for Digest {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok();
        let digest = bytes.and_then(|bytes| Self::from_bytes(&bytes));
        digest.ok_or_else(|| Refusal::new("digest", "64 hexadecimal digits in small letters"))
    }
}

crate::schema::wire_text!(Digest, |value| &value.hexadecimal(), { "type": "string", "pattern": "^[0-9a-f]{64}$" });

/// One column of an entry, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'field> {
    /// There is no value.
    Absent,
    /// Bytes, such as the 16 of a UUID.
    Bytes(&'field [u8]),
    /// The bytes of a text.
    Text(&'field [u8]),
    /// A whole number.
    Number(i64),
}

/// The digest of an entry: of the one before it, of its place, and of its columns in their order.
///
/// Every part stands with its kind and its length, so no two entries are the same bytes:
///
/// ```text
/// "bailiwick audit entry v1" 0x00
/// previous digest      32 bytes
/// lane, number         8 bytes each, big-endian
/// count of columns     8 bytes
/// each column          kind (0 absent, 1 bytes, 2 text, 3 number), length (8 bytes), value
/// ```
#[must_use]
pub fn link(previous: &Digest, lane: i64, number: i64, columns: &[Field<'_>]) -> Digest {
    let mut hash = Sha256::new();
    hash.update(LINK_PREFIX);
    hash.update(previous.0);
    hash.update(lane.to_be_bytes());
    hash.update(number.to_be_bytes());
    hash.update(length(columns.len()));
    for column in columns {
        let big_endian;
        let (kind, bytes): (u8, &[u8]) = match column {
            Field::Absent => (0, &[]),
            Field::Bytes(bytes) => (1, bytes),
            Field::Text(bytes) => (2, bytes),
            Field::Number(number) => {
                big_endian = number.to_be_bytes();
                (3, &big_endian)
            }
        };
        hash.update([kind]);
        hash.update(length(bytes.len()));
        hash.update(bytes);
    }
    Digest(hash.finalize().into())
}

fn length(length: usize) -> [u8; 8] {
    u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes()
}

/// The end of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Which lane, from 0 on.
    pub lane: i64,
    /// The number of its last entry; 0 while there is none.
    pub number: i64,
    /// The digest of its last entry.
    pub digest: Digest,
}

impl Head {
    /// The end of a lane that has no entry yet.
    #[must_use]
    pub const fn beginning(lane: i64) -> Self {
        Self { lane, number: 0, digest: Digest::BEGINNING }
    }

    /// The end of the lane once an entry with these columns is added.
    #[must_use]
    pub fn followed_by(&self, columns: &[Field<'_>]) -> Self {
        let number = self.number.saturating_add(1);
        Self { lane: self.lane, number, digest: link(&self.digest, self.lane, number, columns) }
    }
}

/// The key that seals the ends of lanes (HMAC-SHA-256, RFC 2104).
#[derive(Clone)]
pub struct SealKey(Hmac<Sha256>);

impl fmt::Debug for SealKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SealKey(…)")
    }
}

impl SealKey {
    /// A key of these bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        // HMAC fills a key that is shorter than a block with zeros.
        let mut block = [0; 64];
        block.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Self(Hmac::new(&block.into()))
    }

    /// The seal of a lane's end.
    #[must_use]
    pub fn seal(&self, head: &Head) -> [u8; 32] {
        self.mac(head).finalize().into_bytes().into()
    }

    /// Whether this is the seal of this end; takes the same time for every wrong one.
    #[must_use]
    pub fn verifies(&self, head: &Head, seal: &[u8]) -> bool {
        self.mac(head).verify_slice(seal).is_ok()
    }

    fn mac(&self, head: &Head) -> Hmac<Sha256> {
        let mac = self.0.clone().chain_update(SEAL_PREFIX);
        mac.chain_update(head.lane.to_be_bytes()).chain_update(head.number.to_be_bytes()).chain_update(head.digest.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A column that owns its value.
    #[derive(Clone, Debug, PartialEq)]
    enum Owned {
        Absent,
        Bytes(Vec<u8>),
        Text(Vec<u8>),
        Number(i64),
    }

    impl Owned {
        fn field(&self) -> Field<'_> {
            match self {
                Self::Absent => Field::Absent,
                Self::Bytes(bytes) => Field::Bytes(bytes),
                Self::Text(bytes) => Field::Text(bytes),
                Self::Number(number) => Field::Number(*number),
            }
        }
    }

    /// Few bytes and short values, so that what could be taken for each other is tried often.
    fn column() -> impl Strategy<Value = Owned> {
        let bytes = || prop::collection::vec(prop::sample::select(vec![0_u8, 1, 2, 3, 8, b'a']), 0..10);
        prop_oneof![
            Just(Owned::Absent),
            bytes().prop_map(Owned::Bytes),
            bytes().prop_map(Owned::Text),
            (-2_i64..300).prop_map(Owned::Number),
        ]
    }

    fn entry() -> impl Strategy<Value = (i64, i64, Vec<Owned>)> {
        (0..3_i64, 1..4_i64, prop::collection::vec(column(), 0..5))
    }

    fn digest(previous: &Digest, (lane, number, columns): &(i64, i64, Vec<Owned>)) -> Digest {
        let fields: Vec<_> = columns.iter().map(Owned::field).collect();
        link(previous, *lane, *number, &fields)
    }

    proptest! {
        #[test]
        fn entries_that_differ_have_digests_that_differ(one in entry(), other in entry()) {
            let same = digest(&Digest::BEGINNING, &one) == digest(&Digest::BEGINNING, &other);
            prop_assert_eq!(same, one == other);
        }

        #[test]
        fn a_value_moved_over_the_edge_of_its_column_is_another_entry(
            bytes in prop::collection::vec(any::<u8>(), 1..20), cut in any::<prop::sample::Index>(),
            other_cut in any::<prop::sample::Index>(),
        ) {
            let (cut, other_cut) = (cut.index(bytes.len()), other_cut.index(bytes.len()));
            let split = |at: usize| {
                let (left, right) = bytes.split_at(at);
                link(&Digest::BEGINNING, 0, 1, &[Field::Text(left), Field::Text(right)])
            };
            prop_assert_eq!(split(cut) == split(other_cut), cut == other_cut);
        }

        #[test]
        fn a_digest_depends_on_every_entry_before_it(
            entries in prop::collection::vec(prop::collection::vec(column(), 1..4), 2..6),
            at in any::<prop::sample::Index>(), other in prop::collection::vec(column(), 1..4),
        ) {
            let chain = |entries: &[Vec<Owned>]| {
                entries.iter().fold(Head::beginning(0), |head, columns| {
                    head.followed_by(&columns.iter().map(Owned::field).collect::<Vec<_>>())
                })
            };
            let mut changed = entries.clone();
            let at = at.index(changed.len());
            if let Some(place) = changed.get_mut(at) {
                place.clone_from(&other);
            }
            prop_assert_eq!(chain(&entries) == chain(&changed), entries == changed);
        }
    }

    #[test]
    fn the_form_of_an_entry_is_the_one_that_is_documented() {
        let mut bytes = b"bailiwick audit entry v1\0".to_vec();
        bytes.extend([7; 32]);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 9]);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 4]);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([1, 0, 0, 0, 0, 0, 0, 0, 2, 0xab, 0xcd]);
        bytes.extend([2, 0, 0, 0, 0, 0, 0, 0, 1, b'x']);
        bytes.extend([3, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 1, 0]);
        let columns = [Field::Absent, Field::Bytes(&[0xab, 0xcd]), Field::Text(b"x"), Field::Number(256)];
        assert_eq!(link(&Digest([7; 32]), 3, 9, &columns).bytes(), &<[u8; 32]>::from(Sha256::digest(bytes)));
    }

    #[test]
    fn a_seal_is_good_for_one_end_of_one_lane_under_one_key() {
        let (key, other_key) = (SealKey::new(&[1; 32]), SealKey::new(&[2; 32]));
        let head = Head { lane: 1, number: 2, digest: Digest([3; 32]) };
        let seal = key.seal(&head);
        assert!(key.verifies(&head, &seal));
        assert!(!other_key.verifies(&head, &seal));
        assert!(!key.verifies(&head, seal.get(..31).unwrap_or_default()));
        let others = [Head { lane: 2, ..head }, Head { number: 1, ..head }, Head { digest: Digest([4; 32]), ..head }];
        assert!(others.iter().all(|other| !key.verifies(other, &seal)));
    }
}
