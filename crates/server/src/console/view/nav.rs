//! The side of the console: its parts, and which organisation one acts for.

use bailiwick_domain::role::Right;

use super::layout::Choice;

/// The part of the console that a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Active {
    /// The list of systems.
    Systems,
    /// Licences: the list, one of them, those of one system.
    Licences,
    /// Agreements: the list, one of them.
    Agreements,
    /// Pools of seats: the picture, one of them.
    Pools,
    /// Organisations: the list, the tree, one of them.
    Organisations,
    /// People, and why they may do what they may.
    People,
    /// Invitations: the list, one more, a file of them.
    Invitations,
    /// The API pages.
    Docs,
    /// One's own account.
    Account,
}

impl Active {
    /// The parts that the navigation leads to, in its order, each with the right that it takes; the API pages, which
    /// are for strangers too, come after these.
    pub const PARTS: [(Self, Option<Right>); 8] = [
        (Self::Systems, None),
        (Self::Licences, Some(Right::ReadLicences)),
        (Self::Agreements, Some(Right::ReadLicences)),
        (Self::Pools, Some(Right::ReadLicences)),
        (Self::Organisations, Some(Right::ReadOrganisations)),
        (Self::People, Some(Right::ReadUsers)),
        (Self::Invitations, Some(Right::ManageUsers)),
        (Self::Account, None),
    ];

    /// Where it begins.
    pub(crate) const fn address(self) -> &'static str {
        match self {
            Self::Systems => "/",
            Self::Licences => "/licences",
            Self::Agreements => "/agreements",
            Self::Pools => "/pools",
            Self::Organisations => "/organizations",
            Self::People => "/users",
            Self::Invitations => "/invitations",
            Self::Docs => "/docs",
            Self::Account => "/account",
        }
    }

    /// What it is called.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Systems => "Systems",
            Self::Licences => "Licences",
            Self::Agreements => "Agreements",
            Self::Pools => "Seat pools",
            Self::Organisations => "Organisations",
            Self::People => "People",
            Self::Invitations => "Invitations",
            Self::Docs => "API",
            Self::Account => "Account",
        }
    }

    /// The name of its icon.
    pub(crate) const fn icon(self) -> &'static str {
        match self {
            Self::Systems => "systems",
            Self::Licences => "licences",
            Self::Agreements => "agreements",
            Self::Pools => "pools",
            Self::Organisations => "organisations",
            Self::People => "people",
            Self::Invitations => "invitations",
            Self::Docs => "docs",
            Self::Account => "account",
        }
    }
}

/// The side navigation of somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Nav {
    /// The person's name.
    pub user_name: String,
    /// The person's e-mail address.
    pub user_email: String,
    /// The organisation that the person acts for; blank for none.
    pub organisation_name: String,
    /// The organisations that the person can act for; empty where there are no two to choose from.
    pub organisations: Vec<Choice>,
    /// The parts of the console that the person may see.
    pub parts: Vec<Active>,
    /// Where in the console this page is.
    pub active: Active,
}

impl Nav {
    /// Whether one of the organisations to choose from is chosen.
    pub(crate) fn has_chosen(&self) -> bool {
        self.organisations.iter().any(|choice| choice.selected)
    }
}
