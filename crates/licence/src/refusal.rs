//! Why a file is not believed.

use core::fmt;

/// Why a file is not believed. Each has one cause, so that whoever reads it knows what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Longer than any file of this kind.
    TooLong,
    /// It does not begin as such a file does.
    NotOurs,
    /// Of a version that this program does not know.
    UnknownVersion,
    /// Its end is missing.
    Truncated,
    /// Something in it was changed by accident: it does not have its own digest.
    Damaged,
    /// Signed with a key that is not trusted here.
    OtherKey,
    /// It names a trusted key, and that key did not sign it.
    BadSignature,
    /// The line with this name is not as this version has it.
    Malformed(&'static str),
    /// For another system.
    WrongSystem,
    /// Older than a file that this system has seen already.
    Replayed,
    /// The clock of the system shows less than it has shown before, or less than the server's did for an earlier file.
    ClockTurnedBack,
    /// Signed at a time that is still to come: by this clock, which may be slow.
    FromTheFuture,
    /// It may not be relied on any longer: the system has not heard of its server for too long.
    LeaseEnded,
}

impl Refusal {
    /// A short name that does not change, for logs and for C.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::NotOurs => "not_ours",
            Self::UnknownVersion => "unknown_version",
            Self::Truncated => "truncated",
            Self::Damaged => "damaged",
            Self::OtherKey => "other_key",
            Self::BadSignature => "bad_signature",
            Self::Malformed(_) => "malformed",
            Self::WrongSystem => "wrong_system",
            Self::Replayed => "replayed",
            Self::ClockTurnedBack => "clock_turned_back",
            Self::FromTheFuture => "from_the_future",
            Self::LeaseEnded => "lease_ended",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::TooLong => "the file is longer than a licence file can be",
            Self::NotOurs => "this is not a licence file: it does not begin with 'bailiwick-licence'",
            Self::UnknownVersion => {
                "the file has a version that this program does not know: the program is too old for it"
            }
            Self::Truncated => "the end of the file is missing: fetch it again",
            Self::Damaged => "the file is damaged: fetch it again",
            Self::OtherKey => "the file is signed with a key that is not trusted here",
            Self::BadSignature => "the signature is not that of the key that the file names: the file is forged",
            Self::Malformed(line) => {
                return write!(formatter, "the line '{line}' is not as this version of the format has it");
            }
            Self::WrongSystem => "the file is for another system",
            Self::Replayed => "the file is older than one that this system has had already",
            Self::ClockTurnedBack => "the clock of this system was turned back: set it right",
            Self::FromTheFuture => "the file was signed later than the clock of this system shows: set the clock right",
            Self::LeaseEnded => {
                "the file is too old to be relied on: the system has to reach its server, or needs a new file"
            }
        };
        formatter.write_str(text)
    }
}

impl core::error::Error for Refusal {}
