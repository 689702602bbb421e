//! The partner tree: owner, distributor, reseller, customer.

use std::fmt;

use crate::field::{Parse, Refusal};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_only_grows_downwards() {
        for parent in OrganisationKind::ALL {
            assert!(!parent.may_stand_below(parent), "{parent}");
            assert!(!OrganisationKind::Owner.may_stand_below(parent), "{parent}");
        }
        assert!(OrganisationKind::Customer.may_stand_below(OrganisationKind::Distributor));
    }
}
