//! The tree of organisations as a whole: what a suspension or a deletion reaches.
//!
//! What was decided of an organisation itself is `suspended_at` and `deleted_at`.
//! What follows for everything below stands beside it: the topmost organisation
//! through which one is out, itself included. It always follows from the tree and
//! the decisions, so taking one decision back undoes what that one did and no more.

use bailiwick_domain::id::OrganisationId;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::statement::statements;
use crate::value::values;

/// The topmost organisation above `$organisations`, itself included, of which `$decision` was made.
macro_rules! topmost {
    ($decision:literal) => {
        concat!(
            "(SELECT p.ancestor_id FROM organisation_paths p JOIN organisations a ON a.id = p.ancestor_id \
             WHERE p.descendant_id = organisations.id AND a.",
            $decision,
            " IS NOT NULL ORDER BY p.depth DESC LIMIT 1)"
        )
    };
}

statements! {
    /// Writing the row to itself holds it until the transaction ends.
    Write HOLD = "UPDATE revisions SET number = number WHERE name = 'tree'";
    Write SETTLE = concat!(
        "UPDATE organisations SET suspended_through = ", topmost!("suspended_at"),
        ", deleted_through = ", topmost!("deleted_at"),
        " WHERE id IN (SELECT descendant_id FROM organisation_paths WHERE ancestor_id = $1)");
}

/// Has everybody else who decides of organisations, moves or adds one wait until the transaction ends.
///
/// Whoever [settles](settle) without it may miss what another decides at the same moment. It is the first thing
/// that a transaction holds.
pub async fn hold(transaction: &mut WriteTransaction) -> Result<()> {
    transaction.change(&HOLD, &[]).await.map(|_| ())
}

/// Draws the consequences of what was decided of this organisation, for it and all below it.
pub async fn settle(transaction: &mut WriteTransaction, root: OrganisationId) -> Result<()> {
    transaction.change(&SETTLE, values![root]).await.map(|_| ())
}
