//! Acting as a person who consents to it: for how long, and with which rights.

use serde_json::Value;

use crate::field::{Parse, Refusal, whole_number};
use crate::principal::Membership;
use crate::role::Role;
use crate::time::Span;

/// How many hours a consent holds at the most.
pub const HOURS_MAX: i64 = 168;

/// How long a consent holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentHours(i64);

impl ConsentHours {
    /// The same as a span.
    #[must_use]
    pub const fn span(self) -> Span {
        Span::hours(self.0)
    }

    fn of(hours: Option<i64>) -> Result<Self, Refusal> {
        let hours = hours.filter(|hours| (1..=HOURS_MAX).contains(hours));
        hours.map(Self).ok_or_else(|| Refusal::new("range", "a whole number from 1 to 168"))
    }
}

impl Parse for ConsentHours {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        Self::of(text.parse().ok())
    }

    fn parse_json(value: &Value) -> Result<Self, Refusal> {
        Self::of(whole_number(value))
    }
}

crate::inline_schema!(ConsentHours, { "type": "integer", "minimum": 1, "maximum": HOURS_MAX });

/// A place where two people both hold something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedPlace {
    /// The lower of the two organisations that they hold it in, with the role that the person acted as holds.
    pub membership: Membership,
    /// The role that whoever acts as them holds.
    pub other: Role,
}

/// What two people hold together: in each place the lesser of their roles.
///
/// A role reaches down a tree, so of two memberships one above the other both reach what the lower one reaches, and
/// nothing else; those of which neither is above the other have nothing in common. Of several pairs that end in one
/// place the mightiest counts.
#[must_use]
pub fn intersection(places: Vec<SharedPlace>) -> Vec<Membership> {
    let mut shared: Vec<Membership> = Vec::new();
    for SharedPlace { membership, other } in places {
        let role = membership.role.shared_with(other);
        match shared.iter_mut().find(|found| found.organisation == membership.organisation) {
            // The lesser of the two is what was found before: the new one is mightier, or the same.
            Some(found) if found.role.shared_with(role) == found.role => found.role = role,
            Some(_) => {}
            None => shared.push(Membership { role, ..membership }),
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::id::OrganisationId;
    use crate::name::Name;
    use crate::organisation::OrganisationKind;

    fn place(number: u128, role: Role, other: Role) -> SharedPlace {
        let membership = Membership {
            organisation: OrganisationId::from_uuid(Uuid::from_u128(number)),
            organisation_name: Name::parse_text("Acme").unwrap(),
            organisation_kind: OrganisationKind::Customer,
            role,
        };
        SharedPlace { membership, other }
    }

    #[test]
    fn a_consent_holds_from_an_hour_to_a_week() {
        for (hours, expected) in
            [(1, Some(Span::hours(1))), (168, Some(Span::days(7))), (0, None), (169, None), (-1, None)]
        {
            assert_eq!(ConsentHours::parse_json(&json!(hours)).ok().map(ConsentHours::span), expected, "{hours}");
            assert_eq!(ConsentHours::parse_text(&hours.to_string()).ok().map(ConsentHours::span), expected, "{hours}");
        }
        for other in [json!(1.5), json!("1"), json!(null)] {
            assert!(ConsentHours::parse_json(&other).is_err(), "{other}");
        }
    }

    #[test]
    fn of_each_place_the_mightiest_pair_counts_and_of_each_pair_the_lesser_role() {
        use Role::{Admin, Reader, Support};
        let roles = |places: Vec<SharedPlace>| -> Vec<Role> {
            intersection(places).into_iter().map(|membership| membership.role).collect()
        };
        assert_eq!(roles(vec![place(1, Admin, Support), place(2, Reader, Admin)]), [Support, Reader]);
        assert_eq!(roles(vec![place(1, Admin, Reader), place(1, Admin, Support)]), [Support]);
        assert_eq!(roles(vec![place(1, Admin, Admin), place(1, Reader, Admin)]), [Admin]);
        assert!(roles(Vec::new()).is_empty());
    }
}
