//! Rights, and which role holds which: one table.
//!
//! A role is held in an organisation and reaches that organisation and all
//! below it, never sideways and never up.

use std::fmt;

use crate::field::{Parse, Refusal};

/// What a person is in an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Runs the organisation: its people, its systems, the organisations below.
    Admin,
    /// Looks after systems, and helps people.
    Support,
    /// Sees, and changes nothing.
    Reader,
}

impl Role {
    /// Every role, the mightiest first.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Support, Self::Reader];

    /// The name in the APIs and in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Support => "support",
            Self::Reader => "reader",
        }
    }

    /// What two roles have in common: the lesser of them, as a mightier one lacks nothing that a lesser one has.
    #[must_use]
    pub const fn shared_with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Admin, role) | (role, Self::Admin) => role,
            (Self::Support, Self::Support) => Self::Support,
            (Self::Reader, _) | (_, Self::Reader) => Self::Reader,
        }
    }

    /// Whether the role grants the right in its organisation and below.
    #[must_use]
    pub const fn grants(self, right: Right) -> bool {
        match right {
            Right::ReadSystems | Right::ReadUsers | Right::ReadOrganisations | Right::ReadLicences => true,
            // Those who help others; what they do in somebody's name is bounded by what both may do.
            Right::ManageSystems | Right::ImpersonateUsers => matches!(self, Self::Admin | Self::Support),
            Right::ManageUsers
            | Right::ManageOrganisations
            | Right::ReadAudit
            | Right::ManageLicences
            | Right::ManageAgreements => matches!(self, Self::Admin),
            // What cannot be undone is for super admins alone.
            Right::DestroySystems | Right::DestroyUsers | Right::DestroyOrganisations => false,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Parse for Role {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let found = Self::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| Refusal::new("oneof", "one of admin, support, reader"))
    }
}

crate::schema::wire_text!(Role, |value| value.name(), { "type": "string", "enum": ["admin", "support", "reader"] });

/// Something that one may be allowed to do; an endpoint names the right it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// See systems.
    ReadSystems,
    /// Create, change and soft-delete systems, and renew their secrets.
    ManageSystems,
    /// Delete systems for good.
    DestroySystems,
    /// See people.
    ReadUsers,
    /// Create, change and suspend people.
    ManageUsers,
    /// Delete people for good.
    DestroyUsers,
    /// Act as people who consent to it.
    ImpersonateUsers,
    /// See organisations.
    ReadOrganisations,
    /// Create, change and suspend organisations.
    ManageOrganisations,
    /// Delete organisations for good.
    DestroyOrganisations,
    /// Read the audit log.
    ReadAudit,
    /// See licences, pools of seats and what was published.
    ReadLicences,
    /// Issue licences, sign them, change what they say, and hand seats down.
    ManageLicences,
    /// Write, publish and withdraw agreements, and make seats of them.
    ManageAgreements,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 14] = [
        Self::ReadSystems,
        Self::ManageSystems,
        Self::DestroySystems,
        Self::ReadUsers,
        Self::ManageUsers,
        Self::DestroyUsers,
        Self::ImpersonateUsers,
        Self::ReadOrganisations,
        Self::ManageOrganisations,
        Self::DestroyOrganisations,
        Self::ReadAudit,
        Self::ReadLicences,
        Self::ManageLicences,
        Self::ManageAgreements,
    ];

    /// The name in the APIs, the documents and the audit log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadSystems => "read:systems",
            Self::ManageSystems => "manage:systems",
            Self::DestroySystems => "destroy:systems",
            Self::ReadUsers => "read:users",
            Self::ManageUsers => "manage:users",
            Self::DestroyUsers => "destroy:users",
            Self::ImpersonateUsers => "impersonate:users",
            Self::ReadOrganisations => "read:organizations",
            Self::ManageOrganisations => "manage:organizations",
            Self::DestroyOrganisations => "destroy:organizations",
            Self::ReadAudit => "read:audit",
            Self::ReadLicences => "read:licenses",
            Self::ManageLicences => "manage:licenses",
            Self::ManageAgreements => "manage:agreements",
        }
    }

    /// Whether whoever has this right and no other can change nothing.
    #[must_use]
    pub const fn only_reads(self) -> bool {
        match self {
            Self::ReadSystems | Self::ReadUsers | Self::ReadOrganisations | Self::ReadAudit | Self::ReadLicences => {
                true
            }
            Self::ManageSystems
            | Self::DestroySystems
            | Self::ManageUsers
            | Self::DestroyUsers
            | Self::ImpersonateUsers
            | Self::ManageOrganisations
            | Self::DestroyOrganisations
            | Self::ManageLicences
            | Self::ManageAgreements => false,
        }
    }

    /// The roles that grant this right, for a query's `WHERE`.
    pub fn roles(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| role.grants(self))
    }
}

impl Parse for Right {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let found = Self::ALL.into_iter().find(|right| right.name() == text);
        found.ok_or_else(|| Refusal::new("oneof", format!("one of {}", Self::ALL.map(Self::name).join(", "))))
    }
}

crate::schema::wire_text!(Right, |value| value.name(), { "type": "string", "enum": Right::ALL.map(Right::name) });

impl fmt::Display for Right {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mightier_role_lacks_nothing_that_a_lesser_one_has() {
        for right in Right::ALL {
            for pair in Role::ALL.windows(2) {
                let [mightier, lesser] = pair else { continue };
                assert!(mightier.grants(right) || !lesser.grants(right), "{mightier} lacks {right} of {lesser}");
            }
        }
    }

    #[test]
    fn what_two_roles_share_is_what_both_grant() {
        for (one, other) in Role::ALL.into_iter().flat_map(|one| Role::ALL.map(|other| (one, other))) {
            for right in Right::ALL {
                let both = one.grants(right) && other.grants(right);
                assert_eq!(one.shared_with(other).grants(right), both, "{one} and {other}: {right}");
            }
        }
    }

    #[test]
    fn those_who_impersonate_are_the_ones_that_the_store_looks_for() {
        // `may_impersonate!` in the store names them as text.
        assert_eq!(Right::ImpersonateUsers.roles().collect::<Vec<_>>(), [Role::Admin, Role::Support]);
    }

    #[test]
    fn only_super_admins_destroy() {
        for right in [Right::DestroySystems, Right::DestroyUsers, Right::DestroyOrganisations] {
            assert_eq!(right.roles().count(), 0, "{right}");
        }
    }
}
