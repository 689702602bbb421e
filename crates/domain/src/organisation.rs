//! The partner tree: owner, distributor, reseller, customer.

use std::fmt;

use crate::field::{Parse, Refusal};
use crate::id::OrganisationId;
use crate::name::Name;

/// What an organisation is in the partner tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrganisationKind {
    /// Runs this server; there is exactly one.
    Owner,
    /// Sells through resellers.
    Distributor,
    /// Sells to customers.
    Reseller,
    /// Uses systems.
    Customer,
}

impl OrganisationKind {
    /// Every kind, from the top of the tree downwards.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Distributor, Self::Reseller, Self::Customer];

    /// The name in the APIs and in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Distributor => "distributor",
            Self::Reseller => "reseller",
            Self::Customer => "customer",
        }
    }

    /// Whether an organisation of this kind may stand directly below one of `parent`'s.
    ///
    /// A level may be skipped, never repeated or turned round.
    #[must_use]
    pub fn may_stand_below(self, parent: Self) -> bool {
        self > parent
    }
}

impl fmt::Display for OrganisationKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Parse for OrganisationKind {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| Refusal::new("oneof", "one of owner, distributor, reseller, customer"))
    }
}

crate::schema::wire_text!(OrganisationKind, |value| value.name(), {
    "type": "string", "enum": ["owner", "distributor", "reseller", "customer"], "examples": ["customer"],
});

/// How people name an organisation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrganisationKey {
    /// By its very name, where only one has it.
    Name(Name),
    /// By id.
    Id(OrganisationId),
}

impl Parse for OrganisationKey {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let id = OrganisationId::parse_text(text).map(Self::Id);
        let name = || Name::parse_text(text).map(Self::Name);
        id.or_else(|_| name()).map_err(|refusal| {
            Refusal::new(refusal.rule, "the name of an organisation such as Northwind, or its UUID".to_owned())
        })
    }
}

impl fmt::Display for OrganisationKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(formatter, "the name {name}"),
            Self::Id(id) => write!(formatter, "the id {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_no_name() {
        let text = "0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7a";
        assert!(matches!(OrganisationKey::parse_text(text), Ok(OrganisationKey::Id(_))));
        assert!(matches!(OrganisationKey::parse_text(" Acme "), Ok(OrganisationKey::Name(_))));
        assert!(OrganisationKey::parse_text(" ").is_err());
    }

    #[test]
    fn the_tree_only_grows_downwards() {
        for parent in OrganisationKind::ALL {
            assert!(!parent.may_stand_below(parent), "{parent}");
            assert!(!OrganisationKind::Owner.may_stand_below(parent), "{parent}");
        }
        assert!(OrganisationKind::Customer.may_stand_below(OrganisationKind::Distributor));
    }
}
