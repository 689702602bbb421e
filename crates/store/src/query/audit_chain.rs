//! The chain of the audit log: its lanes, their ends, and its entries as they are stored.

use bailiwick_domain::audit::{Digest, Field, Head, LANES};
use uuid::Uuid;

use super::audit::{COLUMNS, audit_columns};
use crate::database::WriteTransaction;
use crate::error::{Error, Result};
use crate::link::Link;
use crate::row::{Record, Row, Stored, record};
use crate::statement::statements;
use crate::value::{Value, values};

/// Entries that are read at once.
const PAGE: i64 = 1000;
/// Entries outside of the chain that are named one by one.
const STRAYS_MAX: i64 = 100;
/// What stands for a number that is none; no seal was ever made for it.
const NO_NUMBER: i64 = -1;

statements! {
    Write INSERT = concat!("INSERT INTO audit (", audit_columns!(), ", lane, number, digest) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)");
    Write ADOPT = "UPDATE audit SET lane = $2, number = $3, digest = $4 WHERE id = $1";
    Read UNCHAINED = concat!("SELECT id, ", audit_columns!(), " FROM audit WHERE number IS NULL \
        AND (CAST($1 AS UUID) IS NULL OR id > $1) ORDER BY id LIMIT $2");
    Write ADD_HEAD = "INSERT INTO audit_heads (lane, number, digest, seal) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (lane) DO NOTHING";
    Write MOVE_HEAD = "UPDATE audit_heads SET number = $2, digest = $3, seal = $4 WHERE lane = $1";
    /// The first lane from `$1` on that nobody holds. SQLite has one writer, so there nobody does.
    Read FREE_HEAD = "SELECT lane, number, digest, seal FROM audit_heads WHERE lane BETWEEN $1 AND $2 \
        ORDER BY lane LIMIT 1", postgres: " FOR UPDATE SKIP LOCKED";
    Read HEAD = "SELECT lane, number, digest, seal FROM audit_heads WHERE lane = $1", postgres: " FOR UPDATE";
    Read HEADS = "SELECT lane, number, digest, seal FROM audit_heads ORDER BY lane LIMIT 1000";
    Read DIGEST = "SELECT digest FROM audit WHERE lane = $1 AND number = $2";
    Read ENTRIES = concat!("SELECT number, digest, ", audit_columns!(), " FROM audit \
        WHERE lane = $1 AND number > $2 ORDER BY number, id LIMIT $3");
    Read TAILS = "SELECT h.lane, h.number, (SELECT MAX(a.number) FROM audit a WHERE a.lane = h.lane), \
        (SELECT COUNT(*) FROM audit a WHERE a.lane = h.lane AND a.number > 0) FROM audit_heads h ORDER BY h.lane LIMIT 1000";
    Read STRAYS = "SELECT a.id, a.lane, a.number FROM audit a WHERE a.lane IS NULL OR a.number IS NULL \
        OR a.number < 1 OR a.lane NOT BETWEEN 0 AND $1 ORDER BY a.id LIMIT $2";
}

/// The end of a lane with its seal, as it is stored.
#[derive(Clone, Debug)]
pub struct HeadRecord {
    /// The end; what is of no use as a number or a digest counts as one that no entry has.
    pub head: Head,
    /// What vouches for it.
    pub seal: Vec<u8>,
}

impl Record for HeadRecord {
    fn read(row: &mut Row<'_>) -> Result<Self> {
        let mut column = || row.column::<Stored>();
        // Whoever changed a column's type or emptied it must not keep the others from being read.
        let number = |stored| if let Stored::Number(number) = stored { number } else { NO_NUMBER };
        let bytes = |stored| if let Stored::Bytes(bytes) = stored { bytes } else { Vec::new() };
        let (lane, last, digest) = (number(column()?), number(column()?), bytes(column()?));
        let digest = Digest::from_bytes(&digest).unwrap_or(Digest::BEGINNING);
        Ok(Self { head: Head { lane, number: last, digest }, seal: bytes(column()?) })
    }
}

/// The columns that a digest covers, as they are stored: whatever somebody put there.
#[derive(Clone, Debug)]
pub struct StoredColumns([Stored; COLUMNS]);

impl StoredColumns {
    /// The columns as the digest sees them.
    #[must_use]
    pub fn fields(&self) -> Vec<Field<'_>> {
        self.0.iter().map(Stored::field).collect()
    }

    /// The entry's id, where it is one.
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        match self.0.first() {
            Some(Stored::Bytes(bytes)) => Uuid::from_slice(bytes).ok(),
            _ => None,
        }
    }
}

impl Record for StoredColumns {
    fn read(row: &mut Row<'_>) -> Result<Self> {
        let mut columns = [const { Stored::Absent }; COLUMNS];
        for column in &mut columns {
            *column = row.column()?;
        }
        Ok(Self(columns))
    }
}

/// An entry that has no place in the chain yet.
#[derive(Clone, Debug)]
pub(crate) struct UnchainedRecord {
    pub(crate) id: Uuid,
    pub(crate) columns: StoredColumns,
}

impl Record for UnchainedRecord {
    fn read(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self { id: row.column()?, columns: StoredColumns::read(row)? })
    }
}

/// An entry in its lane.
#[derive(Clone, Debug)]
pub struct LinkRecord {
    /// Its number in the lane.
    pub number: i64,
    /// Its digest, where there is one of the right length.
    pub digest: Option<Digest>,
    /// What the digest covers.
    pub columns: StoredColumns,
}

impl Record for LinkRecord {
    fn read(row: &mut Row<'_>) -> Result<Self> {
        let (number, digest) = (row.column()?, row.column::<Stored>()?);
        let digest = if let Stored::Bytes(bytes) = digest { Digest::from_bytes(&bytes) } else { None };
        Ok(Self { number, digest, columns: StoredColumns::read(row)? })
    }
}

record! {
    /// What a lane's end says of it, and what is there.
    #[derive(Clone, Copy, Debug)]
    pub struct TailRecord {
        /// The lane.
        pub lane: i64,
        /// The number of the last entry, as the end says.
        pub number: i64,
        /// The highest number that there is.
        pub highest: Option<i64>,
        /// How many entries there are.
        pub count: i64,
    }
}

record! {
    /// An entry that is in no lane.
    #[derive(Clone, Debug)]
    pub struct StrayRecord {
        /// Its id.
        pub id: Stored,
        /// The lane that it claims.
        pub lane: Option<i64>,
        /// The number that it claims.
        pub number: Option<i64>,
    }
}

pub(crate) async fn insert(transaction: &mut WriteTransaction, columns: [Value; COLUMNS], head: &Head) -> Result<()> {
    let place = [head.lane.into(), head.number.into(), head.digest.bytes().as_slice().into()];
    let values: Vec<_> = columns.into_iter().chain(place).collect();
    transaction.change(&INSERT, &values).await.map(|_| ())
}

pub(crate) async fn unchained(link: &mut Link, after: Option<Uuid>) -> Result<Vec<UnchainedRecord>> {
    link.all(&UNCHAINED, values![after, PAGE]).await
}

pub(crate) async fn adopt(transaction: &mut WriteTransaction, id: Uuid, place: &Head) -> Result<()> {
    let values = values![id, place.lane, place.number, place.digest.bytes().as_slice()];
    transaction.change(&ADOPT, values).await.map(|_| ())
}

pub(crate) async fn add_head(transaction: &mut WriteTransaction, head: &Head, seal: &[u8]) -> Result<bool> {
    let values = values![head.lane, head.number, head.digest.bytes().as_slice(), seal];
    Ok(transaction.change(&ADD_HEAD, values).await? == 1)
}

pub(crate) async fn move_head(transaction: &mut WriteTransaction, head: &Head, seal: &[u8]) -> Result<()> {
    let values = values![head.lane, head.number, head.digest.bytes().as_slice(), seal];
    match transaction.change(&MOVE_HEAD, values).await? {
        1 => Ok(()),
        _ => Err(Error::Tampered(format!("the end of lane {} of the audit log is gone", head.lane))),
    }
}

pub(crate) async fn free_head(link: &mut Link, first: i64) -> Result<Option<HeadRecord>> {
    link.optional(&FREE_HEAD, values![first, LANES - 1]).await
}

pub(crate) async fn wait_for_head(link: &mut Link, lane: i64) -> Result<Option<HeadRecord>> {
    link.optional(&HEAD, values![lane]).await
}

/// The ends of all lanes, by lane.
pub async fn heads(link: &mut Link) -> Result<Vec<HeadRecord>> {
    link.all(&HEADS, &[]).await
}

/// The digest of the entry at a place, where there is an entry with one.
pub async fn digest_at(link: &mut Link, lane: i64, number: i64) -> Result<Option<Digest>> {
    let stored: Option<Stored> = link.optional(&DIGEST, values![lane, number]).await?;
    Ok(match stored {
        Some(Stored::Bytes(bytes)) => Digest::from_bytes(&bytes),
        _ => None,
    })
}

/// The next entries of a lane, from the one after `after` on; none when there are no more.
pub async fn entries(link: &mut Link, lane: i64, after: i64) -> Result<Vec<LinkRecord>> {
    link.all(&ENTRIES, values![lane, after, PAGE]).await
}

/// What all ends say, and what is there, at one moment.
pub async fn tails(link: &mut Link) -> Result<Vec<TailRecord>> {
    link.all(&TAILS, &[]).await
}

/// The first entries that are in no lane.
pub async fn strays(link: &mut Link) -> Result<Vec<StrayRecord>> {
    link.all(&STRAYS, values![LANES - 1, STRAYS_MAX]).await
}
