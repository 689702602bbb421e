//! In which order licences are listed.

use crate::field::{Parse, Refusal};
use crate::page::Direction;

/// What licences can be ordered by (seed 001, `OrderBy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LicenceOrder {
    /// By the name of the agreement.
    AgreementName,
    /// By key.
    LicenseKey,
    /// By when they begin.
    StartsAt,
    /// By when they run out; what never does comes last.
    ExpiresAt,
}

impl LicenceOrder {
    /// Everything that there is.
    pub const ALL: [Self; 4] = [Self::AgreementName, Self::LicenseKey, Self::StartsAt, Self::ExpiresAt];

    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AgreementName => "AgreementName",
            Self::LicenseKey => "LicenseKey",
            Self::StartsAt => "StartsAt",
            Self::ExpiresAt => "ExpiresAt",
        }
    }
}

/// One after the other, each with its direction; where all of them are equal, by id (contract, section 3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LicenceOrders(Vec<(LicenceOrder, Direction)>);

impl LicenceOrders {
    /// By one thing alone.
    #[must_use]
    pub fn by(order: LicenceOrder, direction: Direction) -> Self {
        Self(vec![(order, direction)])
    }

    /// What runs out first before the rest.
    #[must_use]
    pub fn by_end() -> Self {
        Self::by(LicenceOrder::ExpiresAt, Direction::Ascending)
    }

    /// What is ordered by, first things first.
    #[must_use]
    pub fn as_slice(&self) -> &[(LicenceOrder, Direction)] {
        &self.0
    }
}

impl Parse for LicenceOrders {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let refusal = || {
            let expected = "a list, separated by commas, of AgreementName, LicenseKey, StartsAt and ExpiresAt, each at \
                 most once and each with or without a - in front of it";
            Refusal::new("oneof", expected)
        };
        let mut orders: Vec<(LicenceOrder, Direction)> = Vec::new();
        for part in text.split(',').map(str::trim) {
            let (name, direction) = match part.strip_prefix('-') {
                Some(name) => (name, Direction::Descending),
                None => (part, Direction::Ascending),
            };
            let order = LicenceOrder::ALL.into_iter().find(|order| order.name() == name).ok_or_else(refusal)?;
            if orders.iter().any(|(earlier, _)| *earlier == order) {
                return Err(refusal());
            }
            orders.push((order, direction));
        }
        Ok(Self(orders))
    }
}

crate::inline_schema!(LicenceOrders, {
    "type": "string",
    "pattern": "^ *-?(AgreementName|LicenseKey|StartsAt|ExpiresAt) *(, *-?(AgreementName|LicenseKey|StartsAt|ExpiresAt) *){0,3}$",
    "examples": ["-StartsAt,LicenseKey"],
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_lists_of_names_with_and_without_a_dash() {
        let read = |text| LicenceOrders::parse_text(text).map(|orders| orders.0);
        assert_eq!(
            read("-StartsAt,LicenseKey"),
            Ok(vec![(LicenceOrder::StartsAt, Direction::Descending), (LicenceOrder::LicenseKey, Direction::Ascending)])
        );
        for bad in ["", "Name", "startsat", "--StartsAt", "StartsAt,", "StartsAt,-StartsAt", "- StartsAt"] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }
}
