//! Checking the audit log: every entry, every end, every checkpoint.
//!
//! The log is read lane by lane and a page at a time, also while the server
//! adds to it. Three things have to agree: each entry with its digest, the last
//! entry with the sealed end, and the whole with every checkpoint.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use bailiwick_domain::audit::{Digest, Head, LANES, link};
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::audit_chain::{self, HeadRecord, LinkRecord, TailRecord};
use bailiwick_store::{Database, Stored};
use ed25519_dalek::VerifyingKey;
use uuid::Uuid;

use super::checkpoint_file::CheckpointFile;
use super::finding::{Finding, FindingKind, Witness};
use crate::vault::Vault;

/// Findings that are told one by one; a log that was thrown away as a whole needs no more.
const FINDINGS_MAX: usize = 1000;

/// Why the log could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] bailiwick_store::Error),
    /// A file of checkpoints cannot be read.
    #[error("checkpoints {0}: {1}")]
    File(PathBuf, io::Error),
    /// The chain has not begun.
    #[error("the audit log of this database is not chained yet; start the server once")]
    NotBegun,
}

/// What the check found.
#[derive(Clone, Debug)]
pub struct Verification {
    /// Entries that were read.
    pub entries: u64,
    /// Where each lane ends, as the database says.
    pub heads: Vec<Head>,
    /// Checkpoints that were compared.
    pub checkpoints: usize,
    /// The moments of the first and the last of them.
    pub span: Option<(Timestamp, Timestamp)>,
    /// The public key of the checkpoints (Ed25519).
    pub public_key: [u8; 32],
    /// What is wrong, by lane; nothing when nothing is.
    pub findings: Vec<Finding>,
    /// How many findings more there are than are told.
    pub untold: u64,
}

/// Checks the audit log against itself, its seals and these files of checkpoints.
///
/// `progress` hears how many entries of how many were read.
pub async fn verify(
    database: &Database,
    vault: &Vault,
    files: &[PathBuf],
    mut progress: impl FnMut(u64, u64),
) -> Result<Verification, VerifyError> {
    let key = vault.checkpoint_key().verifying_key();
    // Before the log: what the checkpoints know must be in it by now.
    let mut check = Check::default();
    for path in files {
        check.testimony.take(path, &key, &mut check.found)?;
    }
    database.look_afresh();
    let records = audit_chain::heads(&mut database.read().await?).await?;
    if records.is_empty() && check.testimony.ends.is_empty() {
        return Err(VerifyError::NotBegun);
    }
    let total: u64 = records.iter().map(|record| record.head.number.max(0).unsigned_abs()).sum();
    for HeadRecord { head, .. } in
        records.iter().filter(|record| !vault.audit_seal_key().verifies(&record.head, &record.seal))
    {
        check.found.note(head.lane, None, FindingKind::EndForged);
    }
    for lane in 0..LANES {
        let end = records.iter().map(|record| record.head).find(|head| head.lane == lane);
        let (mut lane, mut after) = (Lane::new(lane, end), 0);
        loop {
            let page = audit_chain::entries(&mut database.read().await?, lane.last.lane, after).await?;
            let Some(last) = page.last() else { break };
            after = last.number;
            for entry in &page {
                lane.step(entry, &mut check);
            }
            progress(check.entries, total.max(check.entries));
        }
        lane.conclude(&mut check);
    }
    let mut link = database.read().await?;
    for tail in audit_chain::tails(&mut link).await? {
        check.tail(tail);
    }
    for stray in audit_chain::strays(&mut link).await? {
        let entry = if let Stored::Bytes(bytes) = &stray.id { Uuid::from_slice(bytes).ok() } else { None };
        let range = stray.number.map(|number| (number, number));
        check.found.add(stray.lane, range, FindingKind::Outside { entry });
    }
    let heads: Vec<Head> = records.into_iter().map(|record| record.head).collect();
    check.testimony.conclude(&mut check.found);
    Ok(check.into_verification(heads, key.to_bytes()))
}

/// What is gathered on the way.
#[derive(Debug, Default)]
struct Check {
    entries: u64,
    testimony: Testimony,
    found: Findings,
}

impl Check {
    /// What stands after the end of a lane, and whether anything there was not met on the way.
    fn tail(&mut self, tail: TailRecord) {
        let TailRecord { lane, number, highest, count } = tail;
        let is_beyond = highest.filter(|highest| *highest > number);
        if let Some(highest) = is_beyond {
            self.found.note(lane, Some((number.saturating_add(1), highest)), FindingKind::BeyondEnd);
        }
        if count != number && is_beyond.is_none() && !self.found.has_lane(lane) {
            self.found.note(lane, None, FindingKind::Miscounted { there_are: count });
        }
    }

    fn into_verification(mut self, heads: Vec<Head>, public_key: [u8; 32]) -> Verification {
        self.found.all.sort_by_key(|finding| (finding.lane.is_none(), finding.lane, finding.first));
        Verification {
            entries: self.entries,
            heads,
            checkpoints: self.testimony.count,
            span: self.testimony.span,
            public_key,
            findings: self.found.all,
            untold: self.found.untold,
        }
    }
}

#[derive(Debug, Default)]
struct Findings {
    all: Vec<Finding>,
    untold: u64,
}

impl Findings {
    fn note(&mut self, lane: i64, range: Option<(i64, i64)>, kind: FindingKind) {
        self.add(Some(lane), range, kind);
    }

    fn add(&mut self, lane: Option<i64>, range: Option<(i64, i64)>, kind: FindingKind) {
        if self.all.len() >= FINDINGS_MAX {
            self.untold += 1;
            return;
        }
        let (first, last) = (range.map(|range| range.0), range.map(|range| range.1));
        self.all.push(Finding { lane, first, last, kind });
    }

    fn has_lane(&self, lane: i64) -> bool {
        self.all.iter().any(|finding| finding.lane == Some(lane))
    }
}

/// One lane while it is read.
#[derive(Debug)]
struct Lane {
    /// Where it ends; nothing when the end is gone.
    end: Option<Head>,
    /// The entry that was read last, as it is stored.
    last: Head,
    /// Whether the digest of the last one is known; not after a gap or without a digest.
    is_sure: bool,
}

impl Lane {
    const fn new(lane: i64, end: Option<Head>) -> Self {
        Self { end, last: Head::beginning(lane), is_sure: true }
    }

    fn step(&mut self, entry: &LinkRecord, check: &mut Check) {
        let (lane, expected) = (self.last.lane, self.last.number.saturating_add(1));
        let id = entry.columns.id();
        let stored = Head { lane, number: entry.number, digest: entry.digest.unwrap_or(Digest::BEGINNING) };
        if self.end.is_some_and(|end| entry.number > end.number) {
            // Added since the ends were read; where it was not, the tails will tell.
            check.testimony.hear(&stored);
            return;
        }
        check.entries += 1;
        if entry.number < expected {
            check.found.note(lane, Some((entry.number, entry.number)), FindingKind::Repeated { entry: id });
            return;
        }
        if entry.number > expected {
            check.found.note(lane, Some((expected, entry.number - 1)), FindingKind::Removed);
            self.is_sure = false;
        }
        let computed = link(&self.last.digest, lane, entry.number, &entry.columns.fields());
        let is_changed = self.is_sure && entry.digest != Some(computed);
        if is_changed || entry.digest.is_none() {
            check.found.note(lane, Some((entry.number, entry.number)), FindingKind::Changed { entry: id });
        } else {
            check.testimony.hear(&stored);
        }
        // What follows was chained to the digest as it is stored, so one change is found once.
        self.is_sure = entry.digest.is_some();
        self.last = stored;
    }

    fn conclude(&self, check: &mut Check) {
        let Self { end, last, .. } = self;
        let Some(end) = end else {
            check.testimony.known.insert(last.lane, last.number);
            return check.found.note(last.lane, None, FindingKind::EndGone);
        };
        check.testimony.known.insert(end.lane, end.number);
        if last.number < end.number {
            check.found.note(end.lane, Some((last.number + 1, end.number)), FindingKind::EndRemoved);
        } else if last.digest != end.digest {
            check.found.note(end.lane, None, FindingKind::Rewritten);
        }
    }
}

/// What the checkpoints say of each lane, and what came of it.
#[derive(Debug, Default)]
struct Testimony {
    count: usize,
    span: Option<(Timestamp, Timestamp)>,
    /// By lane and number: each end that a checkpoint names.
    ends: BTreeMap<(i64, i64), Vec<Claim>>,
    sources: Vec<Witness>,
    /// By lane: up to where the log itself says that it goes. What is amiss before that was found there.
    known: BTreeMap<i64, i64>,
}

/// One end that a checkpoint names.
#[derive(Debug)]
struct Claim {
    digest: Digest,
    /// The checkpoint, among the sources.
    source: usize,
    /// What the log has at this place; nothing until it was read.
    is_confirmed: Option<bool>,
}

impl Testimony {
    fn take(&mut self, path: &Path, key: &VerifyingKey, found: &mut Findings) -> Result<(), VerifyError> {
        let file = CheckpointFile::read(path, key).map_err(|error| VerifyError::File(path.to_owned(), error))?;
        for line in file.lines {
            let checkpoint = match line.checkpoint {
                Ok(checkpoint) => checkpoint,
                Err(reason) => {
                    let forged = FindingKind::CheckpointForged { file: path.to_owned(), line: line.number, reason };
                    found.add(None, None, forged);
                    continue;
                }
            };
            let witness = Witness { file: path.to_owned(), line: line.number, at: checkpoint.at };
            if checkpoint.contradicts {
                found.add(None, None, FindingKind::Noticed { witness: witness.clone() });
            }
            self.count += 1;
            let (first, last) = self.span.unwrap_or((checkpoint.at, checkpoint.at));
            self.span = Some((first.min(checkpoint.at), last.max(checkpoint.at)));
            for head in checkpoint.heads {
                let claims = self.ends.entry((head.lane, head.number)).or_default();
                // Most ends stand in many checkpoints: the first that says so is enough.
                if claims.iter().all(|claim| claim.digest != head.digest) {
                    let claim = Claim { digest: head.digest, source: self.sources.len(), is_confirmed: None };
                    claims.push(claim);
                }
            }
            self.sources.push(witness);
        }
        Ok(())
    }

    /// Takes note of what the log has at a place.
    fn hear(&mut self, entry: &Head) {
        let Some(claims) = self.ends.get_mut(&(entry.lane, entry.number)) else { return };
        for claim in claims {
            claim.is_confirmed = Some(claim.is_confirmed == Some(true) || claim.digest == entry.digest);
        }
    }

    /// Tells of each lane whose checkpoints the log does not bear out.
    fn conclude(&self, found: &mut Findings) {
        let lanes: std::collections::BTreeSet<i64> = self.ends.keys().map(|(lane, _)| *lane).collect();
        for lane in lanes {
            let claims = || {
                let ends = self.ends.range((lane, i64::MIN)..=(lane, i64::MAX));
                ends.flat_map(|((_, number), claims)| claims.iter().map(move |claim| (*number, claim)))
            };
            let known = self.known.get(&lane).copied().unwrap_or_default();
            let against = |(number, claim): &(i64, &Claim)| match claim.is_confirmed {
                None => *number > known,
                Some(is_confirmed) => !is_confirmed,
            };
            let Some((first, claim)) = claims().find(against) else { continue };
            let last = claims().filter(against).map(|(number, _)| number).max().unwrap_or(first);
            let agreed = claims().rfind(|(number, claim)| *number < first && claim.is_confirmed == Some(true));
            let whole = if claim.is_confirmed.is_none() { known } else { 0 };
            let from = agreed.map_or(0, |(number, _)| number).max(whole).saturating_add(1);
            let agreed = agreed.and_then(|(_, claim)| self.sources.get(claim.source)).map(|witness| witness.at);
            let Some(witness) = self.sources.get(claim.source).cloned() else { continue };
            let kind = match claim.is_confirmed {
                None => FindingKind::PutBack { witness, agreed },
                Some(_) => FindingKind::Replaced { witness, agreed },
            };
            found.note(lane, Some((from, last)), kind);
        }
    }
}
