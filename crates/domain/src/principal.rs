//! Who is asking: a person as the authorisation rules see them.

use crate::email::EmailAddress;
use crate::id::{OrganisationId, SessionId, UserId};
use crate::name::Name;
use crate::organisation::OrganisationKind;
use crate::role::{Right, Role};

/// A person's place in one organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Its name.
    pub organisation_name: Name,
    /// Its place in the partner tree.
    pub organisation_kind: OrganisationKind,
    /// What the person is there.
    pub role: Role,
}

/// Whoever acts as another person, by that person's consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impersonator {
    /// Who it is.
    pub user: UserId,
    /// How they are called.
    pub name: Name,
    /// Whether they hold every right everywhere.
    pub is_super_admin: bool,
    /// Their own sign-in, with which this one ends.
    pub session: SessionId,
    /// This sign-in, by which the person acted as is told of everything.
    pub impersonation: SessionId,
}

/// A signed-in person with all that decides what they may do.
///
/// Where somebody acts as them, all of it is what both may do: neither gains anything by it.
/// Only memberships of living, unsuspended organisations are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The person.
    pub user: UserId,
    /// How they sign in.
    pub email: EmailAddress,
    /// How they are called.
    pub name: Name,
    /// Whether they hold every right everywhere.
    pub is_super_admin: bool,
    /// Whether their e-mail address was confirmed.
    pub is_confirmed: bool,
    /// The organisation that they act for unless they name another.
    pub current_organisation: Option<OrganisationId>,
    /// Their places, the oldest first.
    pub memberships: Vec<Membership>,
    /// Who acts as this person, where it is not they themselves.
    pub impersonator: Option<Impersonator>,
}

impl Principal {
    /// Whether the person holds the right in at least one organisation.
    ///
    /// This is what an endpoint checks before it looks at any object; whether
    /// the right reaches the object itself is decided with the object loaded.
    #[must_use]
    pub fn holds(&self, right: Right) -> bool {
        self.is_super_admin || self.memberships.iter().any(|membership| membership.role.grants(right))
    }

    /// Whoever else has to hold a right where this person uses it: nobody, where the person acts themselves or where
    /// whoever acts as them holds every right.
    #[must_use]
    pub fn bounded_by(&self) -> Option<UserId> {
        let impersonator = self.impersonator.as_ref()?;
        (!impersonator.is_super_admin).then_some(impersonator.user)
    }

    /// The membership that the person acts in unless they name another organisation.
    #[must_use]
    pub fn current_membership(&self) -> Option<&Membership> {
        let current = self.current_organisation?;
        self.memberships.iter().find(|membership| membership.organisation == current)
    }
}
