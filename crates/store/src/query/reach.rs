//! How far a person's right reaches, as a query sees it.

use std::borrow::Cow;

use bailiwick_domain::principal::Principal;
use bailiwick_domain::role::Right;
use uuid::Uuid;

use crate::value::Value;

/// The organisations in which a person holds a right: the first five parameters
/// of every query that shows or changes something of an organisation.
///
/// Authorisation happens twice: the endpoint asks whether the person holds the
/// right at all, and the query asks whether it reaches this very row.
#[derive(Clone, Debug)]
pub struct Reach {
    values: [Value; 5],
    bounded: [Value; 4],
}

impl Reach {
    /// How far this person's right reaches; where somebody acts as them, as far as both reach.
    #[must_use]
    pub fn of(principal: &Principal, right: Right) -> Self {
        let mut roles = right.roles();
        // A right that fewer than three roles grant leaves places that match no role.
        let mut role = || roles.next().map_or(Value::Text(Cow::Borrowed("")), Value::from);
        let roles = [role(), role(), role()];
        let bound = principal.bounded_by();
        let second = (!principal.is_super_admin).then(|| bound.unwrap_or(principal.user));
        let holder = principal.impersonator.as_ref().filter(|_| bound.is_some());
        let holder = holder.map_or(Value::from(principal.user), |bounding| bounding.impersonation.into());
        let [first_role, second_role, third_role] = roles.clone();
        let bounded = [holder, first_role, second_role, third_role];
        let [first_role, second_role, third_role] = roles;
        Self { values: [second.into(), principal.user.into(), first_role, second_role, third_role], bounded }
    }

    /// The reach that has no end: of whoever runs the machine.
    #[must_use]
    pub fn everything() -> Self {
        let no_role = || Value::Text(Cow::Borrowed(""));
        let nobody = || Value::from(Uuid::nil());
        Self {
            values: [Value::Null, nobody(), no_role(), no_role(), no_role()],
            bounded: [nobody(), no_role(), no_role(), no_role()],
        }
    }

    /// Whether it has no end: a super admin's.
    pub(crate) fn is_everything(&self) -> bool {
        matches!(self.values, [Value::Null, ..])
    }

    /// Whether it is bounded by another person's, who acts as this one.
    pub(crate) fn is_bounded(&self) -> bool {
        let [first, second, ..] = &self.values;
        *first != Value::Null && first != second
    }

    /// Whose memberships count, with whatever bounds them, and in which roles: for [`organisations_within_reach`].
    pub(crate) const fn bounded_membership(&self) -> &[Value] {
        &self.bounded
    }

    /// The person and the roles, for [`own_trees`].
    pub(crate) fn person(&self) -> &[Value] {
        let [_, person @ ..] = &self.values;
        person
    }

    /// These parameters followed by a query's own, from `$6` on.
    pub(crate) fn and(&self, more: &[Value]) -> Vec<Value> {
        self.values.iter().chain(more).cloned().collect()
    }
}

/// Whether the reach has no end: parameter `$1` is null then, and names somebody else's reach that has to hold too where
/// somebody acts as another person, or the person again.
///
/// PostgreSQL sees a subquery, and not a constant that it could simplify the rest of the statement by: then it would
/// find it worth while to plan the statement anew each time, which takes longer than to carry it out.
macro_rules! is_everything {
    () => {
        "(SELECT CAST($1 AS UUID) IS NULL)"
    };
}
pub(crate) use is_everything;

/// Whether the reach of this person goes from the owner down, to all organisations: parameters `$3` to `$5` are the
/// roles.
macro_rules! begins_at_the_owner {
    ($user:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM memberships wm JOIN organisations wo ON wo.id = wm.organisation_id \
             WHERE wm.user_id = ",
            $user,
            " AND wm.role IN ($3, $4, $5) AND wo.kind = 'owner' \
             AND wo.suspended_through IS NULL AND wo.deleted_through IS NULL)"
        )
    };
}
pub(crate) use begins_at_the_owner;

/// Whether all organisations are within reach, which is asked once for all rows: parameters `$1` to `$5`.
macro_rules! is_every_organisation {
    () => {
        concat!(
            "(SELECT CAST($1 AS UUID) IS NULL OR (",
            $crate::query::reach::begins_at_the_owner!("$2"),
            " AND ($1 = $2 OR ",
            $crate::query::reach::begins_at_the_owner!("$1"),
            ")))"
        )
    };
}
pub(crate) use is_every_organisation;

/// The condition that an organisation is within the reach of this person: parameters `$3` to `$5` are the roles.
///
/// With a limit, for which PostgreSQL asks of each row by itself: else it would rather read everything within reach
/// once, which may be thousands of organisations, to ask of one.
macro_rules! reached_by {
    ($user:literal, $($organisation:expr),+) => {
        concat!(
            "EXISTS (SELECT 1 FROM memberships rm \
             JOIN organisations ro ON ro.id = rm.organisation_id \
             JOIN organisation_paths rp ON rp.ancestor_id = rm.organisation_id \
             WHERE rm.user_id = ",
            $user,
            " AND rm.role IN ($3, $4, $5) \
             AND ro.suspended_through IS NULL AND ro.deleted_through IS NULL AND rp.descendant_id = ",
            $($organisation,)+
            " LIMIT 1 OFFSET 0)"
        )
    };
}
pub(crate) use reached_by;

/// The condition that a row's organisation is within reach: parameters `$1` to `$5`.
macro_rules! within_reach {
    ($($organisation:expr),+) => {
        concat!(
            "(",
            $crate::query::reach::is_every_organisation!(),
            " OR (",
            $crate::query::reach::reached_by!("$2", $($organisation),+),
            " AND ($1 = $2 OR ",
            $crate::query::reach::reached_by!("$1", $($organisation),+),
            ")))"
        )
    };
}
pub(crate) use within_reach;

/// The condition that an organisation within the reach of `$2` is within reach: where somebody else acts as that person,
/// it has to be within theirs too. Parameters `$1` to `$5`, of somebody whose reach has an end.
macro_rules! reached_by_both {
    ($organisation:literal) => {
        concat!("($1 = $2 OR ", $crate::query::reach::reached_by!("$1", $organisation), ")")
    };
}
pub(crate) use reached_by_both;

/// The organisations within reach of somebody whose reach has an end, as a list in brackets: a person, or what somebody
/// else does as that person and then both have to reach, and three roles are these parameters.
macro_rules! organisations_within_reach {
    ($holder:literal, $first:literal, $second:literal, $third:literal) => {
        concat!(
            "(SELECT rp.descendant_id FROM memberships rm \
             JOIN organisations ro ON ro.id = rm.organisation_id \
             JOIN organisation_paths rp ON rp.ancestor_id = rm.organisation_id \
             WHERE rm.user_id = COALESCE((SELECT xi.user_id FROM impersonations xi WHERE xi.id = ",
            $holder,
            "), ",
            $holder,
            ") AND rm.role IN (",
            $first,
            ", ",
            $second,
            ", ",
            $third,
            ") AND ro.suspended_through IS NULL AND ro.deleted_through IS NULL \
             AND (NOT EXISTS (SELECT 1 FROM impersonations xi WHERE xi.id = ",
            $holder,
            ") OR rp.descendant_id IN (SELECT ap.descendant_id FROM impersonations xi \
             JOIN memberships am ON am.user_id = xi.actor_id \
             JOIN organisations ao ON ao.id = am.organisation_id \
             JOIN organisation_paths ap ON ap.ancestor_id = am.organisation_id \
             WHERE xi.id = ",
            $holder,
            " AND am.role IN (",
            $first,
            ", ",
            $second,
            ", ",
            $third,
            ") AND ao.suspended_through IS NULL AND ao.deleted_through IS NULL)))"
        )
    };
}
pub(crate) use organisations_within_reach;

/// The organisations that a person's trees begin with, as a table in brackets with the column `id`: those where they
/// have one of three roles, and not above it too, so that no organisation is in two of the trees. Where somebody else
/// acts as them, not all of it is within reach.
macro_rules! own_trees {
    ($user:literal, $first:literal, $second:literal, $third:literal) => {
        concat!(
            "(SELECT tm.organisation_id AS id FROM memberships tm JOIN organisations t ON t.id = tm.organisation_id \
             WHERE tm.user_id = ",
            $user,
            " AND tm.role IN (",
            $first,
            ", ",
            $second,
            ", ",
            $third,
            ") AND t.suspended_through IS NULL AND t.deleted_through IS NULL AND NOT EXISTS (SELECT 1 FROM memberships am \
             JOIN organisations ao ON ao.id = am.organisation_id \
             JOIN organisation_paths ap ON ap.ancestor_id = am.organisation_id \
             WHERE am.user_id = ",
            $user,
            " AND am.role IN (",
            $first,
            ", ",
            $second,
            ", ",
            $third,
            ") AND ao.suspended_through IS NULL AND ao.deleted_through IS NULL \
             AND ap.descendant_id = tm.organisation_id AND ap.depth > 0 LIMIT 1 OFFSET 0))"
        )
    };
}
pub(crate) use own_trees;

/// A person of a row, joined as `$alias`, for those who may see them: oneself, and the people of organisations within
/// reach. Who acted from above, or has left since, is nobody's affair below. Parameters `$1` to `$5`.
macro_rules! person_within_reach {
    ($alias:literal, $column:literal) => {
        concat!(
            " LEFT JOIN users ",
            $alias,
            " ON ",
            $alias,
            ".id = ",
            $column,
            " AND (",
            $crate::query::reach::is_everything!(),
            " OR ",
            $alias,
            ".id = $2 OR EXISTS (SELECT 1 FROM memberships um \
             JOIN organisations uo ON uo.id = um.organisation_id AND uo.deleted_through IS NULL WHERE um.user_id = ",
            $alias,
            ".id AND ",
            $crate::query::reach::within_reach!("um.organisation_id"),
            "))"
        )
    };
}
pub(crate) use person_within_reach;
