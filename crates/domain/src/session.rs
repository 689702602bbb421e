//! Sessions: how long a sign-in lives, and what a refresh token may still do.

use crate::time::{Span, Timestamp};

/// How long an access token lives (contract, section 2).
pub const ACCESS_LIFETIME: Span = Span::minutes(10);
/// How long after its rotation a used refresh token still yields the same successor (contract, section 2).
pub const ROTATION_GRACE: Span = Span::seconds(10);

/// How a person signed in; it decides how long the session lives and whether its tokens rotate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionKind {
    /// The form of today: refresh tokens rotate.
    Standard,
    /// The form of today with "keep me signed in".
    KeptSignedIn,
    /// The published client's form (`Email`): its refresh token cannot rotate,
    /// because that client goes on presenting the first one.
    FixedToken,
    /// A browser on our own pages: an opaque cookie, no tokens.
    Browser,
    /// A browser on our own pages with "keep me signed in".
    KeptBrowser,
}

impl SessionKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Standard, Self::KeptSignedIn, Self::FixedToken, Self::Browser, Self::KeptBrowser];

    /// The name in the store and the audit log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::KeptSignedIn => "kept",
            Self::FixedToken => "fixed",
            Self::Browser => "browser",
            Self::KeptBrowser => "kept-browser",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// How long the session lives: absolute, never extended by use (contract, section 2).
    #[must_use]
    pub const fn lifetime(self) -> Span {
        match self {
            Self::Standard | Self::Browser => Span::hours(12),
            Self::KeptSignedIn | Self::KeptBrowser => Span::days(30),
            Self::FixedToken => Span::hours(8),
        }
    }

    /// Whether a used refresh token is replaced by the next one.
    #[must_use]
    pub const fn rotates(self) -> bool {
        matches!(self, Self::Standard | Self::KeptSignedIn)
    }
}

/// What the store knows of a session's refresh tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshState {
    /// How the person signed in.
    pub kind: SessionKind,
    /// The number of the refresh token that is good now; the first is 0.
    pub generation: i64,
    /// When the token before it was exchanged for it.
    pub rotated_at: Option<Timestamp>,
}

/// What becomes of a presented refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshVerdict {
    /// It is the good one.
    Current,
    /// It was exchanged a moment ago: the caller gets the same successor again.
    JustRotated,
    /// It was used long ago: somebody has a copy, so the whole session ends.
    Reused,
}

impl RefreshState {
    /// Judges the refresh token with this number.
    ///
    /// Only the direct predecessor enjoys the grace, so that a chain of copies
    /// cannot live on it.
    #[must_use]
    pub fn judge(&self, presented: i64, now: Timestamp) -> RefreshVerdict {
        if presented == self.generation {
            return RefreshVerdict::Current;
        }
        let just_rotated = self.rotated_at.is_some_and(|at| now.since(at) <= ROTATION_GRACE);
        if just_rotated && presented.checked_add(1) == Some(self.generation) {
            RefreshVerdict::JustRotated
        } else {
            RefreshVerdict::Reused
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROTATED: RefreshState =
        RefreshState { kind: SessionKind::Standard, generation: 3, rotated_at: Some(Timestamp::from_seconds(100)) };

    #[test]
    fn the_predecessor_has_ten_seconds_of_grace() {
        assert_eq!(ROTATED.judge(2, Timestamp::from_seconds(110)), RefreshVerdict::JustRotated);
        let late = Timestamp::from_microseconds(110_000_001);
        assert_eq!(ROTATED.judge(2, late), RefreshVerdict::Reused);
    }

    #[test]
    fn an_older_token_has_no_grace() {
        assert_eq!(ROTATED.judge(1, Timestamp::from_seconds(100)), RefreshVerdict::Reused);
        assert_eq!(ROTATED.judge(4, Timestamp::from_seconds(100)), RefreshVerdict::Reused);
    }

    #[test]
    fn the_newest_token_is_good_however_late() {
        assert_eq!(ROTATED.judge(3, Timestamp::from_seconds(1_000_000)), RefreshVerdict::Current);
    }

    #[test]
    fn kinds_keep_their_names() {
        for kind in SessionKind::ALL {
            assert_eq!(SessionKind::from_name(kind.name()), Some(kind));
        }
    }
}
