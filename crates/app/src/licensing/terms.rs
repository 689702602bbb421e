//! What changes how long a licence lasts and who holds it: renewing, handing over, revoking.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Refusal;
use bailiwick_domain::id::{LicenceId, OrganisationId};
use bailiwick_domain::licence::change::ChangeKind;
use bailiwick_domain::licence::seats::MoveKind;
use bailiwick_domain::licence::term::DurationDays;
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::WriteTransaction;
use bailiwick_store::query::agreement;
use bailiwick_store::query::licence::{self, LicenceRecord, Renewal};
use bailiwick_store::query::{licence_place, licence_system, organisation, seat_pool};
use serde_json::json;

use super::issue::{check_end, holder};
use super::licence::provided;
use super::owner;
use super::seats::{Trace, note_move};
use crate::caller::Authority;
use crate::context::Context;

/// How a licence is to be renewed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Renewing {
    /// When it runs out then; without one, as long after its end as the agreement says.
    pub expires_at: Option<Timestamp>,
}

impl Context {
    /// Has a licence last longer, under the version of its agreement that is published now. Where that is another one
    /// than it was signed under, it has to be signed again, and costs what that one says.
    ///
    /// # Errors
    /// [`Code::LicenceNotFound`]; [`Code::InsufficientPermissions`]; [`Code::LicenceRevoked`];
    /// [`Code::LicenceEndless`]; [`Code::AgreementNotPublished`]; a validation fault on `ExpiresAt`.
    pub async fn renew_licence(
        &self,
        by: impl Into<Authority<'_>>,
        id: LicenceId,
        renewing: Renewing,
    ) -> Result<LicenceRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        let renewed = self.renew_in(&mut transaction, by, (id, renewing), now).await?;
        transaction.commit().await?;
        self.principals.forget_licences();
        Ok(renewed)
    }

    pub(super) async fn renew_in(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        (id, renewing): (LicenceId, Renewing),
        now: Timestamp,
    ) -> Result<LicenceRecord, Fault> {
        licence_place::share_tree(transaction).await?;
        let old = provided(transaction, by, id).await?;
        let end = old.expires_at.ok_or(Code::LicenceEndless)?;
        let current = agreement::published(transaction, old.family).await?;
        let current = current.ok_or(Code::AgreementNotPublished)?;
        // Who was without a licence for a while does not pay for that while.
        let has_lapsed = old.facts().grace_ends_at().is_some_and(|last| last <= now);
        let from = if has_lapsed { now } else { end };
        let expires_at =
            renewing.expires_at.or(current.duration.map(DurationDays::span).map(|lasting| from.plus(lasting)));
        if let Some(new_end) = expires_at
            && (new_end <= end || new_end <= now)
        {
            let refusal = Refusal::new("range", format!("later than {}", end.max(now).rfc3339()));
            return Err(Fault::field("ExpiresAt", refusal, Some(&new_end.rfc3339())));
        }
        check_end(old.starts_at, expires_at)?;
        let is_same = current.id == old.agreement;
        let renewal = Renewal {
            agreement: current.id,
            expires_at,
            amount_per_month: if is_same { old.amount_per_month } else { current.amount_per_month },
            // Systems that have it keep it.
            systems: old.systems.max(current.systems.number()),
            stays_signed: is_same,
        };
        licence_place::remove(transaction, id).await?;
        licence::renew(transaction, id, &renewal, now).await?;
        licence_place::add(transaction, id).await?;
        let details = json!({
            "ExpiresAt": expires_at.map(Timestamp::rfc3339),
            "Agreement": current.name,
            "Version": current.version,
            "AmountPerMonth": renewal.amount_per_month,
        });
        self.noted(transaction, by, id, (ChangeKind::Renewed, details), now).await
    }

    /// Hands a licence over to another organisation below whoever sells it. The systems that have it lose it, and it has
    /// to be signed again.
    ///
    /// # Errors
    /// [`Code::LicenceNotFound`]; [`Code::InsufficientPermissions`]; [`Code::LicenceRevoked`]; a validation fault on
    /// `Organisation`.
    pub async fn transfer_licence(
        &self,
        by: impl Into<Authority<'_>>,
        id: LicenceId,
        to: OrganisationId,
    ) -> Result<LicenceRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        licence_place::share_tree(&mut transaction).await?;
        let old = provided(&mut transaction, by, id).await?;
        let provider = old.provider.unwrap_or(owner(&mut transaction).await?);
        let provider =
            organisation::find_reachable(&mut transaction, &by.reach(Right::ManageLicences), provider).await?;
        let provider = provider.ok_or(Code::InsufficientPermissions)?;
        let new = holder(&mut transaction, by, &provider, to).await?;
        if new.id == old.holder {
            let refusal = Refusal::new("organisation", "another organisation than the one that holds it");
            return Err(Fault::field("Organisation", refusal, Some(&to.to_string())));
        }
        let released = licence_system::release_all(&mut transaction, id, now).await?;
        licence_place::remove(&mut transaction, id).await?;
        licence::transfer(&mut transaction, id, new.id, now).await?;
        licence_place::add(&mut transaction, id).await?;
        let details = json!({ "DevicesReleased": released });
        self.conclude_licence(transaction, by, id, (ChangeKind::Transferred, details), now).await
    }

    /// Revokes a licence for good; its seat is free again.
    ///
    /// # Errors
    /// [`Code::LicenceNotFound`]; [`Code::InsufficientPermissions`]; [`Code::LicenceRevoked`].
    pub async fn revoke_licence(&self, by: impl Into<Authority<'_>>, id: LicenceId) -> Result<LicenceRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        let old = provided(&mut transaction, by, id).await?;
        licence::revoke(&mut transaction, id, now).await?;
        if let Some(pool) = old.pool {
            seat_pool::release(&mut transaction, pool, 1, now).await?;
            let trace = Trace { licence: Some(id), by: by.user(), other: None };
            note_move(&mut transaction, pool, (MoveKind::Freed, 1), trace, now).await?;
        }
        self.conclude_licence(transaction, by, id, (ChangeKind::Revoked, json!({})), now).await
    }
}
