//! Licences: agreements are published, seats are handed down the partner tree, licences are issued, and systems have
//! them.

pub mod agreement;
mod issue;
pub mod licence;
mod once;
pub mod pool;
mod reminder;
mod seats;
mod seen;
mod terms;
mod trial;

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::{LicenceId, OrganisationId};
use bailiwick_domain::licence::change::ChangeKind;
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::licence_change::{self, NewChange};
use bailiwick_store::query::{invalidation, organisation};
use bailiwick_store::{Link, WriteTransaction};
use serde_json::Value;

use crate::audit::Act;
use crate::caller::Authority;
use crate::context::Context;

pub(crate) use seen::SeenLicences;

/// A slice of a list: how many are passed over, and how many are wanted.
pub type Slice = (i64, i64);

/// Some of a list, and how many there are in all.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// What is on this page.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: i64,
}

/// Whether somebody writes agreements: they hold that right in the organisation that runs the server.
pub(crate) async fn writes_agreements(link: &mut Link, by: Authority<'_>) -> Result<bool, Fault> {
    let Some(owner) = organisation::owner(link).await? else { return Ok(false) };
    let reach = by.reach(Right::ManageAgreements);
    Ok(organisation::find_reachable(link, &reach, owner).await?.is_some())
}

/// Refuses whoever does not write agreements. What they allow is signed by the server and believed by every appliance,
/// so that nobody but who runs the server decides of it.
async fn require_writer(link: &mut Link, by: Authority<'_>) -> Result<(), Fault> {
    if writes_agreements(link, by).await? { Ok(()) } else { Err(Code::OwnersAgreements.into()) }
}

/// The organisation that runs the server.
async fn owner(link: &mut Link) -> Result<OrganisationId, Fault> {
    Ok(organisation::owner(link).await?.ok_or(Code::NotSetUp)?)
}

impl Context {
    /// Notes what happened to a licence, in its history and in the audit log, and tells every node. Once the transaction
    /// has committed, [`Principals::forget_licences`](crate::principals::Principals) has to be told.
    async fn note_licence(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        (licence, holder): (LicenceId, OrganisationId),
        (kind, details): (ChangeKind, Value),
        now: Timestamp,
    ) -> Result<(), Fault> {
        let change = NewChange { licence, kind, by: by.user(), details: details.clone() };
        licence_change::insert(transaction, change, now).await?;
        let act = Act {
            action: audited_as(kind),
            subject_kind: "license",
            subject: Some(licence.uuid()),
            organisation: Some(holder),
            details,
        };
        self.audit(transaction, by.actor(), act, now).await?;
        match kind {
            // Nobody has seen what is new, and which systems have it is nothing that is remembered.
            ChangeKind::Issued | ChangeKind::Bound | ChangeKind::Released => Ok(()),
            // This takes its turn in a row that stays taken until the commit: last of all, as everywhere.
            _ => Ok(invalidation::insert(transaction, "licence", Some(licence.uuid()), now).await?),
        }
    }
}

/// What the audit log calls it.
const fn audited_as(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Issued => "license.issued",
        ChangeKind::Signed => "license.signed",
        ChangeKind::Changed => "license.changed",
        ChangeKind::Renewed => "license.renewed",
        ChangeKind::Transferred => "license.transferred",
        ChangeKind::Suspended => "license.suspended",
        ChangeKind::Reactivated => "license.reactivated",
        ChangeKind::Revoked => "license.revoked",
        ChangeKind::Bound => "license.bound",
        ChangeKind::Released => "license.released",
    }
}
