//! Invitations into an organisation: mailed, each good once, for one address and one role.

use crate::field::{Parse, Refusal};
use crate::time::{Span, Timestamp};

/// How long an invitation is good (the words of the mail say so too).
pub const LIFETIME: Span = Span::days(7);
/// The page that the link opens.
pub const PAGE: &str = "/invitation";
/// How far back invitations count for the limits below.
pub const COUNTED_FOR: Span = Span::hours(24);
/// Invitations of one organisation to one address within that time: enough for whoever deleted a mail.
pub const PER_ADDRESS_MAX: i64 = 3;
/// Invitations of all organisations to one address within that time. Where everybody may register, everybody has as
/// many organisations as they like, and nobody may have a stranger's letter box filled.
pub const PER_ADDRESS_OF_ALL_MAX: i64 = 10;
/// Invitations of one organisation within that time: a whole file of them. Where everybody may register, everybody runs
/// an organisation, and none may become a way of sending mails to the world.
pub const PER_ORGANISATION_MAX: i64 = 1000;

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
    /// Nobody can accept it while its organisation or whoever sent it is suspended, or the latter manages no people
    /// there.
    Suspended,
}

impl InvitationStatus {
    /// Every status, what can be accepted first.
    pub const ALL: [Self; 5] = [Self::Open, Self::Suspended, Self::Expired, Self::Accepted, Self::Revoked];

    /// What became of it by `now`; `is_suspended` where its organisation is, or whoever sent it could not send it now.
    #[must_use]
    pub fn at(
        now: Timestamp,
        expires_at: Timestamp,
        accepted_at: Option<Timestamp>,
        revoked_at: Option<Timestamp>,
        is_suspended: bool,
    ) -> Self {
        match (accepted_at, revoked_at) {
            (Some(_), _) => Self::Accepted,
            (None, Some(_)) => Self::Revoked,
            (None, None) if expires_at <= now => Self::Expired,
            (None, None) if is_suspended => Self::Suspended,
            (None, None) => Self::Open,
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
            Self::Suspended => "suspended",
        }
    }
}

impl Parse for InvitationStatus {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let found = Self::ALL.into_iter().find(|status| status.name() == text);
        found.ok_or_else(|| Refusal::new("oneof", "one of open, accepted, revoked, expired, suspended"))
    }
}

crate::schema::wire_text!(InvitationStatus, |value| value.name(), {
    "type": "string", "enum": ["open", "accepted", "revoked", "expired", "suspended"]
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_open_until_something_becomes_of_it() {
        let at = Timestamp::from_seconds;
        let status = |now, accepted: Option<i64>, revoked: Option<i64>, is_suspended| {
            InvitationStatus::at(at(now), at(100), accepted.map(at), revoked.map(at), is_suspended)
        };
        assert_eq!(status(99, None, None, false), InvitationStatus::Open);
        assert_eq!(status(99, None, None, true), InvitationStatus::Suspended);
        // A suspension may end; these do not.
        for is_suspended in [false, true] {
            assert_eq!(status(100, None, None, is_suspended), InvitationStatus::Expired);
            assert_eq!(status(100, Some(5), None, is_suspended), InvitationStatus::Accepted);
            assert_eq!(status(6, None, Some(5), is_suspended), InvitationStatus::Revoked);
        }
    }
}
