//! Who belongs to something below each distributor and each reseller, in the orders of a list.
//!
//! A list of everybody is read in the order of an index, and so is one of a partner's people, who may be very many and
//! scattered among all the others. It follows from the memberships and the tree, so whoever changes either holds the
//! tree ([`tree::hold`](super::tree::hold)) and says here what that was.

use bailiwick_domain::id::{OrganisationId, UserId};

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::statement::statements;
use crate::value::values;

/// Adds the people of `$memberships`, the memberships `m` with the paths `p` to what is above them.
macro_rules! add {
    ($memberships:literal) => {
        concat!(
            "INSERT INTO partner_people (user_id, partner_id, search_text, email_folded) \
             SELECT DISTINCT u.id, a.id, u.search_text, u.email_folded FROM ",
            $memberships,
            " AND a.kind IN ('distributor', 'reseller') ON CONFLICT (user_id, partner_id) DO NOTHING"
        )
    };
}

/// The condition that somebody belongs to nothing below a partner any more. It is asked of each by itself, from their
/// few memberships on and not from the many organisations below the partner.
macro_rules! left {
    () => {
        "NOT EXISTS (SELECT 1 FROM memberships m CROSS JOIN organisation_paths p \
         WHERE m.user_id = partner_people.user_id AND p.descendant_id = m.organisation_id \
         AND p.ancestor_id = partner_people.partner_id LIMIT 1 OFFSET 0)"
    };
}

statements! {
    Write ADD_MEMBER = add!("memberships m JOIN users u ON u.id = m.user_id \
        JOIN organisation_paths p ON p.descendant_id = m.organisation_id \
        JOIN organisations a ON a.id = p.ancestor_id WHERE m.user_id = $1 AND m.organisation_id = $2");
    Write REMOVE_MEMBER = concat!("DELETE FROM partner_people WHERE user_id = $1 AND ", left!());
    /// To what is above the root of a tree; what is below it stays where it was.
    Write ADD_TREE = add!("organisation_paths d JOIN memberships m ON m.organisation_id = d.descendant_id \
        JOIN users u ON u.id = m.user_id JOIN organisation_paths p ON p.descendant_id = d.ancestor_id AND p.depth > 0 \
        JOIN organisations a ON a.id = p.ancestor_id WHERE d.ancestor_id = $1");
    Write REMOVE_TREE = concat!("DELETE FROM partner_people WHERE user_id IN (SELECT m.user_id \
        FROM organisation_paths d JOIN memberships m ON m.organisation_id = d.descendant_id \
        WHERE d.ancestor_id = $1) AND ", left!());
    Write RENAME = "UPDATE partner_people SET search_text = $2 WHERE user_id = $1";
    Write FILL = add!("memberships m JOIN users u ON u.id = m.user_id \
        JOIN organisation_paths p ON p.descendant_id = m.organisation_id \
        JOIN organisations a ON a.id = p.ancestor_id WHERE p.depth >= 0");
    Write FILL_PATHS = "UPDATE organisation_paths SET \
        kind = (SELECT o.kind FROM organisations o WHERE o.id = descendant_id), \
        search_text = (SELECT o.search_text FROM organisations o WHERE o.id = descendant_id)";
}

/// Follows somebody into an organisation.
pub(super) async fn add_member(
    transaction: &mut WriteTransaction,
    user: UserId,
    organisation: OrganisationId,
) -> Result<()> {
    transaction.change(&ADD_MEMBER, values![user, organisation]).await.map(|_| ())
}

/// Follows somebody out of an organisation.
pub(super) async fn remove_member(transaction: &mut WriteTransaction, user: UserId) -> Result<()> {
    transaction.change(&REMOVE_MEMBER, values![user]).await.map(|_| ())
}

/// Follows everybody of an organisation and of all below it to where these stand now.
pub(super) async fn move_tree(transaction: &mut WriteTransaction, root: OrganisationId) -> Result<()> {
    transaction.change(&REMOVE_TREE, values![root]).await?;
    transaction.change(&ADD_TREE, values![root]).await.map(|_| ())
}

/// Follows somebody to where another name stands in the lists.
pub(super) async fn rename(transaction: &mut WriteTransaction, user: UserId, search_text: &str) -> Result<()> {
    transaction.change(&RENAME, values![user, search_text]).await.map(|_| ())
}

/// Fills the lists of a database that had none.
pub(crate) async fn fill(transaction: &mut WriteTransaction) -> Result<()> {
    transaction.change(&FILL_PATHS, &[]).await?;
    transaction.change(&FILL, &[]).await.map(|_| ())
}
