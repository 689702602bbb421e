//! How far a person's right reaches, as a query sees it.

use std::borrow::Cow;

use bailiwick_domain::principal::Principal;
use bailiwick_domain::role::Right;

use crate::value::Value;

/// The organisations in which a person holds a right: the first five parameters
/// of every query that shows or changes something of an organisation.
///
/// Authorisation happens twice: the endpoint asks whether the person holds the
/// right at all, and the query asks whether it reaches this very row.
#[derive(Clone, Debug)]
pub struct Reach {
    values: [Value; 5],
}

impl Reach {
    /// How far this person's right reaches.
    #[must_use]
    pub fn of(principal: &Principal, right: Right) -> Self {
        let mut roles = right.roles();
        // A right that fewer than three roles grant leaves places that match no role.
        let mut role = || roles.next().map_or(Value::Text(Cow::Borrowed("")), Value::from);
        Self { values: [principal.is_super_admin.into(), principal.user.into(), role(), role(), role()] }
    }

    /// Whether it has no end: a super admin's.
    pub(crate) fn is_everything(&self) -> bool {
        matches!(self.values, [Value::Bool(true), ..])
    }

    /// The person and the roles, for [`organisations_within_reach`].
    pub(crate) fn membership(&self) -> &[Value] {
        let [_, membership @ ..] = &self.values;
        membership
    }

    /// These parameters followed by a query's own, from `$6` on.
    pub(crate) fn and(&self, more: &[Value]) -> Vec<Value> {
        self.values.iter().chain(more).cloned().collect()
    }
}

/// Whether the reach has no end: parameter `$1`.
///
/// PostgreSQL sees a subquery, and not a constant that it could simplify the rest of the statement by: then it would
/// find it worth while to plan the statement anew each time, which takes longer than to carry it out.
macro_rules! is_everything {
    () => {
        "(SELECT CAST($1 AS BOOLEAN))"
    };
}
pub(crate) use is_everything;

/// The condition that a row's organisation is within reach: parameters `$1` to `$5`.
macro_rules! within_reach {
    ($organisation:literal) => {
        concat!(
            "(",
            $crate::query::reach::is_everything!(),
            " OR EXISTS (SELECT 1 FROM memberships rm \
             JOIN organisations ro ON ro.id = rm.organisation_id \
             JOIN organisation_paths rp ON rp.ancestor_id = rm.organisation_id \
             WHERE rm.user_id = $2 AND rm.role IN ($3, $4, $5) \
             AND ro.suspended_through IS NULL AND ro.deleted_through IS NULL AND rp.descendant_id = ",
            $organisation,
            "))"
        )
    };
}
pub(crate) use within_reach;

/// The organisations within reach of somebody whose reach has an end, as a list in brackets: the
/// person and three roles are these parameters.
macro_rules! organisations_within_reach {
    ($user:literal, $first:literal, $second:literal, $third:literal) => {
        concat!(
            "(SELECT rp.descendant_id FROM memberships rm \
             JOIN organisations ro ON ro.id = rm.organisation_id \
             JOIN organisation_paths rp ON rp.ancestor_id = rm.organisation_id \
             WHERE rm.user_id = ",
            $user,
            " AND rm.role IN (",
            $first,
            ", ",
            $second,
            ", ",
            $third,
            ") AND ro.suspended_through IS NULL AND ro.deleted_through IS NULL)"
        )
    };
}
pub(crate) use organisations_within_reach;
