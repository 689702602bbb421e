//! The lists of licences below the owner, each distributor and each reseller: what stands in them, and how much.
//!
//! They follow from the licences and the tree. Whoever changes a licence takes it out before and puts it back after;
//! whoever moves, deletes or restores organisations does so with all licences below them. So that neither misses what
//! the other does, those who change a licence [share](share_tree) the tree with one another, and with nobody who holds it.

use bailiwick_domain::id::{AgreementId, LicenceId, OrganisationId};
use bailiwick_domain::licence::agreement::AgreementKind;

use super::licence_plan::Range;
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

/// Puts licences `l` into the lists of all partners above whoever holds them, unless that is deleted.
macro_rules! add {
    ($licences:literal) => {
        concat!(
            "INSERT INTO licence_places (partner_id, licence_id, agreement_id, licence_key, starts_at, ends_at) \
             SELECT pa.id, l.id, l.agreement_id, l.licence_key, l.starts_at, l.ends_at FROM ",
            $licences,
            " AND h.id = l.holder_id AND h.deleted_through IS NULL AND p.descendant_id = l.holder_id \
             AND pa.id = p.ancestor_id AND pa.kind <> 'customer'"
        )
    };
}

/// Adds to what is counted so many times what these places are, or takes it away.
macro_rules! count {
    ($places:literal) => {
        concat!(
            "INSERT INTO licence_totals (partner_id, agreement_id, number, endless) \
             SELECT pl.partner_id, pl.agreement_id, CAST($2 AS BIGINT) * COUNT(*), CAST($2 AS BIGINT) * \
             CAST(SUM(CASE WHEN pl.ends_at = 9223372036854775807 THEN 1 ELSE 0 END) AS BIGINT) FROM ",
            $places,
            " GROUP BY pl.partner_id, pl.agreement_id ORDER BY pl.partner_id, pl.agreement_id \
             ON CONFLICT (partner_id, agreement_id) DO UPDATE SET number = licence_totals.number + excluded.number, \
             endless = licence_totals.endless + excluded.endless"
        )
    };
}

statements! {
    /// SQLite has one writer.
    Read SHARE_TREE = "SELECT number FROM revisions WHERE name = 'tree'", postgres: " FOR SHARE";
    Write ADD = add!("licences l, organisations h, organisation_paths p, organisations pa WHERE l.id = $1");
    Write COUNT = count!("licence_places pl WHERE pl.licence_id = $1");
    Write REMOVE = "DELETE FROM licence_places WHERE licence_id = $1";
    Write ADD_TREE = add!("organisation_paths s, licences l, organisations h, organisation_paths p, organisations pa \
        WHERE s.ancestor_id = $1 AND l.holder_id = s.descendant_id");
    Write COUNT_TREE = count!("organisation_paths s, licences l, licence_places pl \
        WHERE s.ancestor_id = $1 AND l.holder_id = s.descendant_id AND pl.licence_id = l.id");
    Write ADD_AT = add!("organisation_paths s, licences l, organisations h, organisation_paths p, organisations pa \
        WHERE s.ancestor_id = $1 AND l.holder_id = s.descendant_id AND pa.id = $2");
    Write COUNT_AT = count!("organisation_paths s, licences l, licence_places pl WHERE s.ancestor_id = $1 \
        AND l.holder_id = s.descendant_id AND pl.licence_id = l.id AND pl.partner_id = $3");
    Write REMOVE_AT = "DELETE FROM licence_places WHERE partner_id = $2 AND licence_id IN (SELECT l.id \
        FROM organisation_paths s JOIN licences l ON l.holder_id = s.descendant_id WHERE s.ancestor_id = $1)";
    Write REMOVE_TREE = "DELETE FROM licence_places WHERE licence_id IN (SELECT l.id FROM organisation_paths s \
        JOIN licences l ON l.holder_id = s.descendant_id WHERE s.ancestor_id = $1)";
    Read TOTALS = "SELECT t.agreement_id, a.folded_name, a.kind, t.number, t.endless FROM licence_totals t \
        JOIN agreements a ON a.id = t.agreement_id WHERE t.partner_id = $1 AND t.number > 0 \
        ORDER BY a.folded_name, a.id LIMIT 100000";
    Read TOTALS_WITHIN = "SELECT t.agreement_id, a.folded_name, a.kind, (SELECT COUNT(*) FROM licence_places pl \
        WHERE pl.agreement_id = t.agreement_id AND pl.partner_id = $1 AND pl.ends_at >= $2 AND pl.ends_at < $3), \
        CAST(0 AS BIGINT) FROM licence_totals t JOIN agreements a ON a.id = t.agreement_id \
        WHERE t.partner_id = $1 AND t.number > 0 ORDER BY a.folded_name, a.id LIMIT 100000";
}

record! {
    /// How many licences of an agreement a list has.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub(super) struct Total {
        /// The agreement.
        pub(super) agreement: AgreementId,
        /// How it is called, as lists are ordered.
        pub(super) folded_name: String,
        /// Its kind.
        pub(super) kind: AgreementKind,
        /// How many licences.
        pub(super) number: i64,
        /// How many of them do not run out.
        pub(super) endless: i64,
    }
}

/// Has nobody move, delete or restore organisations until the transaction ends. It is the first thing that a
/// transaction holds.
pub async fn share_tree(transaction: &mut WriteTransaction) -> Result<()> {
    if !transaction.holds_tree {
        let _: i64 = transaction.one(&SHARE_TREE, &[]).await?;
    }
    Ok(())
}

/// Puts a licence into all lists that it belongs to; the last thing that a transaction does, as others wait for it.
pub async fn add(transaction: &mut WriteTransaction, licence: LicenceId) -> Result<()> {
    transaction.change(&ADD, values![licence]).await?;
    transaction.change(&COUNT, values![licence, 1]).await.map(|_| ())
}

/// Takes a licence out of all lists.
pub async fn remove(transaction: &mut WriteTransaction, licence: LicenceId) -> Result<()> {
    transaction.change(&COUNT, values![licence, -1]).await?;
    transaction.change(&REMOVE, values![licence]).await.map(|_| ())
}

/// Puts all licences of an organisation and of those below it into the lists that they belong to; the tree is held.
pub async fn add_tree(transaction: &mut WriteTransaction, root: OrganisationId) -> Result<()> {
    transaction.change(&ADD_TREE, values![root]).await?;
    transaction.change(&COUNT_TREE, values![root, 1]).await.map(|_| ())
}

/// Takes all licences of an organisation and of those below it out of all lists; the tree is held.
pub(super) async fn remove_tree(transaction: &mut WriteTransaction, root: OrganisationId) -> Result<()> {
    transaction.change(&COUNT_TREE, values![root, -1]).await?;
    transaction.change(&REMOVE_TREE, values![root]).await.map(|_| ())
}

/// Puts all licences of an organisation and of those below it into the list of this one above; the tree is held.
pub(super) async fn add_at(
    transaction: &mut WriteTransaction,
    root: OrganisationId,
    above: OrganisationId,
) -> Result<()> {
    transaction.change(&ADD_AT, values![root, above]).await?;
    transaction.change(&COUNT_AT, values![root, 1, above]).await.map(|_| ())
}

/// Takes all licences of an organisation and of those below it out of the list of this one above; the tree is held.
pub(super) async fn remove_at(
    transaction: &mut WriteTransaction,
    root: OrganisationId,
    above: OrganisationId,
) -> Result<()> {
    transaction.change(&COUNT_AT, values![root, -1, above]).await?;
    transaction.change(&REMOVE_AT, values![root, above]).await.map(|_| ())
}

/// What the list of a partner has in a range, by the names of the agreements.
pub(super) async fn totals(link: &mut Link, partner: OrganisationId, range: Range) -> Result<Vec<Total>> {
    match range {
        Range::Within(from, before) => link.all(&TOTALS_WITHIN, values![partner, from, before]).await,
        _ => link.all(&TOTALS, values![partner]).await,
    }
}
