//! What the check of the audit log can find, in words.

use std::fmt;
use std::path::PathBuf;

use bailiwick_domain::time::Timestamp;
use uuid::Uuid;

use super::checkpoint::CheckpointError;

/// Something that nobody but a forger, or a damaged disk, can have left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The lane, where it is about one.
    pub lane: Option<i64>,
    /// The first number in the lane that it is about.
    pub first: Option<i64>,
    /// The last number in the lane that it is about.
    pub last: Option<i64>,
    /// What it is.
    pub kind: FindingKind,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// An entry is not what was written.
    Changed {
        /// The entry's id, where it still has one.
        entry: Option<Uuid>,
    },
    /// Entries in the middle of a lane are gone.
    Removed,
    /// Entries at the end of a lane are gone.
    EndRemoved,
    /// Two entries claim one place.
    Repeated {
        /// The id of the one that was met second, where it has one.
        entry: Option<Uuid>,
    },
    /// The last entry is not the one at which the lane's sealed end stands.
    Rewritten,
    /// There are entries after the end of the lane.
    BeyondEnd,
    /// The end of a lane was not sealed by this server.
    EndForged,
    /// The end of a lane is gone.
    EndGone,
    /// How many entries there are is not what the end says.
    Miscounted {
        /// How many there are.
        there_are: i64,
    },
    /// An entry is in no lane, so this server did not write it.
    Outside {
        /// The entry's id, where it has one.
        entry: Option<Uuid>,
    },
    /// Entries that a checkpoint knows are gone, though seals and digests agree: an old state was put back.
    PutBack {
        /// The first checkpoint that knows them.
        witness: Witness,
        /// The moment of the last checkpoint that agrees with the log.
        agreed: Option<Timestamp>,
    },
    /// Entries that a checkpoint knows are others now, though seals and digests agree.
    Replaced {
        /// The first checkpoint that knows the old ones.
        witness: Witness,
        /// The moment of the last checkpoint that agrees with the log.
        agreed: Option<Timestamp>,
    },
    /// The server saw, when it wrote this checkpoint, that the log had been put back or rewritten, or an end
    /// forged or taken away.
    Noticed {
        /// The checkpoint.
        witness: Witness,
    },
    /// A line among the checkpoints is none of this server's.
    CheckpointForged {
        /// The file.
        file: PathBuf,
        /// The line, from 1 on.
        line: usize,
        /// Why it is not believed.
        reason: CheckpointError,
    },
}

/// A checkpoint that speaks against the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1 on.
    pub line: usize,
    /// The moment that it vouches for.
    pub at: Timestamp,
}

impl FindingKind {
    /// The name for scripts.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "entry_changed",
            Self::Removed => "entries_removed",
            Self::EndRemoved => "last_entries_removed",
            Self::Repeated { .. } => "entry_repeated",
            Self::Rewritten => "entries_rewritten",
            Self::BeyondEnd => "entries_beyond_end",
            Self::EndForged => "end_forged",
            Self::EndGone => "end_gone",
            Self::Miscounted { .. } => "entries_miscounted",
            Self::Outside { .. } => "entry_outside_of_chain",
            Self::PutBack { .. } => "log_put_back",
            Self::Replaced { .. } => "entries_replaced",
            Self::Noticed { .. } => "noticed_by_server",
            Self::CheckpointForged { .. } => "checkpoint_forged",
        }
    }

    /// The id of the entry that it is about, where it is about one that has an id.
    #[must_use]
    pub const fn entry(&self) -> Option<Uuid> {
        match self {
            Self::Changed { entry } | Self::Repeated { entry } | Self::Outside { entry } => *entry,
            _ => None,
        }
    }
}

/// What happened, for an operator who does not know how the chain works.
impl fmt::Display for FindingKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |entry: &Option<Uuid>| entry.map_or_else(String::new, |entry| format!(" ({entry})"));
        match self {
            Self::Changed { entry } => {
                write!(formatter, "changed: this is not what was written, or not where it was written{}", named(entry))
            }
            Self::Removed => formatter.write_str("removed from the middle of the log"),
            Self::EndRemoved => formatter.write_str("removed from the end of the log"),
            Self::Repeated { entry } => {
                write!(formatter, "added: two entries claim this place, one of them the server's{}", named(entry))
            }
            Self::Rewritten => {
                formatter.write_str("rewritten: the entries fit together, and do not lead to the end that was sealed")
            }
            Self::BeyondEnd => {
                formatter.write_str("beyond the sealed end of the lane: added by somebody, or the end was put back")
            }
            Self::EndForged => {
                formatter.write_str("the end of the lane was moved by somebody without the server's key")
            }
            Self::EndGone => formatter.write_str("the end of the lane is gone"),
            Self::Miscounted { there_are } => {
                write!(formatter, "the lane has {there_are} entries, which is not what its end says")
            }
            Self::Outside { entry } => write!(formatter, "added: an entry in no lane of the log{}", named(entry)),
            Self::PutBack { witness, agreed } => {
                write!(formatter, "gone: an older state of the log was put back; {}", testimony(witness, *agreed))
            }
            Self::Replaced { witness, agreed } => {
                write!(formatter, "replaced by others after the log was put back; {}", testimony(witness, *agreed))
            }
            Self::Noticed { witness } => write!(
                formatter,
                "the server itself saw at {} that an end of the log was not its own, or that the log did not go on \
                 from the checkpoint before (line {} of {})",
                witness.at,
                witness.line,
                witness.file.display()
            ),
            Self::CheckpointForged { file, line, reason } => {
                write!(formatter, "line {line} of {} is no checkpoint of this server: {reason}", file.display())
            }
        }
    }
}

fn testimony(witness: &Witness, agreed: Option<Timestamp>) -> String {
    let Witness { file, line, at } = witness;
    let known = format!("the checkpoint of {at} knows them (line {line} of {})", file.display());
    match agreed {
        Some(agreed) => format!("{known}, the one of {agreed} still agrees"),
        None => known,
    }
}
