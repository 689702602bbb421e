//! The tree of organisations as a whole: what a suspension or a deletion reaches, and moves in it.
//!
//! What was decided of an organisation itself is `suspended_at` and `deleted_at`.
//! What follows for everything below stands beside it: the topmost organisation
//! through which one is out, itself included. It always follows from the tree and
//! the decisions, so taking one decision back undoes what that one did and no more.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::time::Timestamp;
use bailiwick_domain::vat_number::VatNumber;

use super::{licence_place, partner_people};
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
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
    Read IS_WITHIN = "SELECT EXISTS (SELECT 1 FROM organisation_paths WHERE descendant_id = $1 AND ancestor_id = $2)";
    /// A number that one of the first tree and another one of the second both have, while neither is deleted. From
    /// the few that have a number, to whoever has the same: in the order as written, which SQLite keeps.
    Read SHARED_VAT_NUMBER = "SELECT m.vat_number FROM organisation_paths mp \
        CROSS JOIN organisations m CROSS JOIN organisations o CROSS JOIN organisation_paths op \
        WHERE mp.ancestor_id = $1 AND m.id = mp.descendant_id AND m.vat_number IS NOT NULL \
        AND o.vat_number = m.vat_number AND op.descendant_id = o.id AND op.ancestor_id = $2 AND m.deleted_through IS NULL AND o.deleted_through IS NULL \
        AND NOT EXISTS (SELECT 1 FROM organisation_paths ip WHERE ip.descendant_id = o.id AND ip.ancestor_id = $1) \
        ORDER BY m.vat_number LIMIT 1";
    /// Nothing that stood above the root stands above any of its tree any more.
    Write DELETE_PATHS_ABOVE = "DELETE FROM organisation_paths \
        WHERE descendant_id IN (SELECT d.descendant_id FROM organisation_paths d WHERE d.ancestor_id = $1) \
        AND ancestor_id IN (SELECT a.ancestor_id FROM organisation_paths a WHERE a.descendant_id = $1 AND a.depth > 0)";
    /// Everything above the new parent, itself included, stands above all of the tree.
    Write INSERT_PATHS_ABOVE = "INSERT INTO organisation_paths (descendant_id, ancestor_id, depth, kind, \
        search_text) SELECT d.descendant_id, a.ancestor_id, d.depth + a.depth + 1, d.kind, d.search_text FROM organisation_paths d \
        JOIN organisation_paths a ON a.descendant_id = $2 WHERE d.ancestor_id = $1";
    Read ABOVE = "SELECT ancestor_id FROM organisation_paths WHERE descendant_id = $1 ORDER BY depth LIMIT 1000";
    Write SET_PARENT = "UPDATE organisations SET parent_id = $2, updated_at = $3 WHERE id = $1";
}

/// Has everybody else who decides of organisations, moves or adds one wait until the transaction ends.
///
/// Whoever [settles](settle) without it may miss what another decides at the same moment. It is the first thing
/// that a transaction holds.
pub async fn hold(transaction: &mut WriteTransaction) -> Result<()> {
    if !transaction.holds_tree {
        transaction.change(&HOLD, &[]).await?;
        transaction.note_tree();
    }
    Ok(())
}

/// Draws the consequences of what was decided of this organisation, for it and all below it.
pub async fn settle(transaction: &mut WriteTransaction, root: OrganisationId) -> Result<()> {
    transaction.change(&SETTLE, values![root]).await.map(|_| ())
}

/// Whether an organisation stands below another one, or is that one.
pub async fn is_within(link: &mut Link, organisation: OrganisationId, other: OrganisationId) -> Result<bool> {
    link.one(&IS_WITHIN, values![organisation, other]).await
}

/// A VAT number that somebody below `parent`, itself included, shares with somebody of the tree of `root`, who is
/// looked for outside of that tree; those that are deleted do not count.
pub async fn shared_vat_number(
    link: &mut Link,
    root: OrganisationId,
    parent: OrganisationId,
) -> Result<Option<VatNumber>> {
    link.optional(&SHARED_VAT_NUMBER, values![root, parent]).await
}

/// Puts an organisation with all below it under another parent, which must not be one of them, and draws the
/// consequences.
///
/// # Errors
/// [`crate::Error::Conflict`] when one below that parent has its VAT number.
pub async fn put_below(
    transaction: &mut WriteTransaction,
    root: OrganisationId,
    parent: OrganisationId,
    now: Timestamp,
) -> Result<()> {
    let [old, new]: [Vec<OrganisationId>; 2] =
        [transaction.all(&ABOVE, values![root]).await?, transaction.all(&ABOVE, values![parent]).await?];
    for above in old.iter().filter(|above| **above != root && !new.contains(above)) {
        licence_place::remove_at(transaction, root, *above).await?;
    }
    transaction.change(&DELETE_PATHS_ABOVE, values![root]).await?;
    transaction.change(&INSERT_PATHS_ABOVE, values![root, parent]).await?;
    transaction.change(&SET_PARENT, values![root, parent, now]).await?;
    settle(transaction, root).await?;
    partner_people::move_tree(transaction, root).await?;
    // The lists of those above both places, and of those who move, stay as they are.
    for above in new.iter().filter(|above| !old.contains(above)) {
        licence_place::add_at(transaction, root, *above).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use std::sync::mpsc;
    use std::time::Duration;

    use crate::database::Database;
    use crate::link::Engine;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn whoever_holds_the_tree_makes_way_for_others() {
        let directory = tempfile::tempdir().unwrap();
        let database =
            Database::open(&format!("sqlite://{}", directory.path().join("test.db").display())).await.unwrap();
        let long = async move {
            let mut transaction = database.write().await.unwrap();
            super::hold(&mut transaction).await.unwrap();
            let (sender, other) = mpsc::channel();
            // Nobody but this very thread would run it.
            tokio::spawn(async move { sender.send(()) });
            let Engine::Sqlite(link) = &mut transaction.engine else { return None };
            link.with(|_| Ok(other.recv_timeout(Duration::from_secs(10)).ok())).unwrap()
        };
        assert_eq!(tokio::spawn(long).await.unwrap(), Some(()));
    }
}
