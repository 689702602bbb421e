//! Invitations into an organisation: mailed, each good once, for one address and one role.

use crate::time::{Span, Timestamp};

/// How long an invitation is good (the words of the mail say so too).
pub const LIFETIME: Span = Span::days(7);
/// The page that the link opens.
pub const PAGE: &str = "/invitation";
/// How far back invitations count for the limits below.
pub const COUNTED_FOR: Span = Span::hours(24);
/// Invitations of one organisation to one address within that time: enough for whoever deleted a mail, and few
/// enough that nobody can have a stranger's letter box filled.
pub const PER_ADDRESS_MAX: i64 = 3;
/// Invitations of one organisation within that time. Where everybody may register, everybody runs an organisation,
/// and none may become a way of sending mails to the world.
pub const PER_ORGANISATION_MAX: i64 = 100;

/// What became of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationStatus {
    /// It can be accepted.
    Open,
    /// It was accepted.
    Accepted,
    /// It was taken back.
    Revoked,
    /// Nobody accepted it in time.
    Expired,
}

impl InvitationStatus {
    /// What became of it by `now`.
    #[must_use]
    pub fn at(
        now: Timestamp,
        expires_at: Timestamp,
        accepted_at: Option<Timestamp>,
        revoked_at: Option<Timestamp>,
    ) -> Self {
        match (accepted_at, revoked_at) {
            (Some(_), _) => Self::Accepted,
            (None, Some(_)) => Self::Revoked,
            (None, None) if expires_at > now => Self::Open,
            (None, None) => Self::Expired,
        }
    }

    /// The name in the APIs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

impl serde::Serialize for InvitationStatus {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

crate::inline_schema!(InvitationStatus, { "type": "string", "enum": ["open", "accepted", "revoked", "expired"] });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_open_until_something_becomes_of_it() {
        let at = Timestamp::from_seconds;
        let status = |now, accepted: Option<i64>, revoked: Option<i64>| {
            InvitationStatus::at(at(now), at(100), accepted.map(at), revoked.map(at))
        };
        assert_eq!(status(99, None, None), InvitationStatus::Open);
        assert_eq!(status(100, None, None), InvitationStatus::Expired);
        assert_eq!(status(100, Some(5), None), InvitationStatus::Accepted);
        assert_eq!(status(6, None, Some(5)), InvitationStatus::Revoked);
    }
}
