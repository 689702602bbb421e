//! What may be done with a licence.

use core::fmt;

/// What may be done with what a system has of licences, at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Everything that is provided, to try it.
    Trial,
    /// Everything that is provided.
    Active,
    /// Everything that is provided, for a while longer, although the licence has run out.
    Grace,
    /// Nothing: it has run out.
    Expired,
    /// Nothing, until somebody lifts what they have decided.
    Suspended,
    /// Nothing, for good.
    Revoked,
    /// Nothing: there is no licence.
    None,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 7] =
        [Self::Trial, Self::Active, Self::Grace, Self::Expired, Self::Suspended, Self::Revoked, Self::None];

    /// The name in files and in the interfaces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trial => "trial",
            Self::Active => "active",
            Self::Grace => "grace",
            Self::Expired => "expired",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::None => "none",
        }
    }

    /// Whether what is provided may be used.
    #[must_use]
    pub const fn allows(self) -> bool {
        matches!(self, Self::Trial | Self::Active | Self::Grace)
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
