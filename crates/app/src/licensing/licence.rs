//! Licences: listed, shown, signed, suspended, handed over, and bound to systems.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Patch, Refusal};
use bailiwick_domain::id::{LicenceId, OrganisationId, SystemId};
use bailiwick_domain::licence::change::ChangeKind;
use bailiwick_domain::licence::order::LicenceOrders;
use bailiwick_domain::licence::price::{BasisPoints, MinorUnits};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::licence_change;
use bailiwick_store::query::{licence, licence_list, licence_system, system};
use bailiwick_store::{Error as StoreError, Link, WriteTransaction};
use serde_json::{Value, json};

use super::{Listed, Slice};
use crate::caller::{Authority, Caller};
use crate::context::Context;

pub use super::issue::LicenceDraft;
pub use super::terms::Renewing;
pub use bailiwick_store::query::licence::LicenceRecord;
pub use bailiwick_store::query::licence_change::ChangeRecord;
pub use bailiwick_store::query::licence_list::{AgreementKey, LicenceFilter};
pub use bailiwick_store::query::licence_system::BoundSystem;

/// What is to be changed of a licence; what is absent stays.
#[derive(Clone, Copy, Debug)]
pub struct LicenceChange {
    /// The price of a month.
    pub amount_per_month: Option<MinorUnits>,
    /// What is taken off that.
    pub discount: Option<BasisPoints>,
    /// Until when it is paid.
    pub paid_until_at: Patch<Timestamp>,
}

impl Context {
    /// Some of the licences that organisations within reach hold.
    pub async fn list_licences(
        &self,
        by: impl Into<Authority<'_>>,
        filter: &LicenceFilter,
        orders: &LicenceOrders,
        slice: Slice,
    ) -> Result<Listed<LicenceRecord>, Fault> {
        let by = by.into();
        let mut link = self.database.read().await?;
        if let Some(id) = filter.system {
            // What others' systems have is nobody's business, not even that they have it.
            let reach = by.reach(Right::ReadSystems);
            if system::find(&mut link, &reach, id).await?.is_none() {
                return Ok(Listed { items: Vec::new(), total: 0 });
            }
        }
        let reach = by.reach(Right::ReadLicences);
        let (items, total) = licence_list::page(&mut link, &reach, filter, orders, slice).await?;
        Ok(Listed { items, total })
    }

    /// A licence.
    ///
    /// # Errors
    /// [`Code::LicenceNotFound`], also when it exists elsewhere.
    pub async fn show_licence(&self, by: impl Into<Authority<'_>>, id: LicenceId) -> Result<LicenceRecord, Fault> {
        written(&mut self.database.read().await?, by.into(), id).await
    }

    /// The same from memory where it was asked for before; only how many systems have it may have changed since.
    ///
    /// # Errors
    /// As [`Context::show_licence`].
    pub async fn recall_licence(&self, caller: &Caller, id: LicenceId) -> Result<LicenceRecord, Fault> {
        let principal = &caller.principal;
        if let Some(licence) = self.seen_licences.recall(&self.principals, principal, id) {
            return Ok(licence);
        }
        let learned = self.principals.epoch();
        let licence = written(&mut self.database.read().await?, caller.into(), id).await?;
        self.seen_licences.remember(principal, &licence, learned);
        Ok(licence)
    }

    /// The systems that have a licence, by name.
    ///
    /// # Errors
    /// [`Code::LicenceNotFound`].
    pub async fn systems_of_licence(
        &self,
        by: impl Into<Authority<'_>>,
        id: LicenceId,
        slice: Slice,
    ) -> Result<Listed<BoundSystem>, Fault> {
        let mut link = self.database.read().await?;
        let total = written(&mut link, by.into(), id).await?.bound;
        Ok(Listed { items: licence_system::of_licence(&mut link, id, slice).await?, total })
    }

    /// What happened to a licence, the newest first: as far as those held it then whom the caller may see.
    ///
    /// # Errors
    /// [`Code::LicenceNotFound`].
    pub async fn licence_history(
        &self,
        by: impl Into<Authority<'_>>,
        id: LicenceId,
        slice: Slice,
    ) -> Result<Listed<ChangeRecord>, Fault> {
        let by = by.into();
        let mut link = self.database.read().await?;
        written(&mut link, by, id).await?;
        let reach = by.reach(Right::ReadLicences);
        let (items, total) = licence_change::page(&mut link, &reach, id, slice).await?;
        Ok(Listed { items, total })
    }

    /// Accepts the agreement of a licence for the organisation that holds it.
    ///
    /// # Errors
    /// [`Code::LicenceNotFound`]; [`Code::InsufficientPermissions`]; [`Code::LicenceRevoked`]; [`Code::LicenceSigned`].
    pub async fn sign_licence(&self, caller: &Caller, id: LicenceId) -> Result<LicenceRecord, Fault> {
        let (by, now) = (Authority::Caller(caller), self.now());
        let mut transaction = self.database.write().await?;
        licence::hold(&mut transaction, id).await?;
        let old = written(&mut transaction, by, id).await?;
        if licence::find(&mut transaction, &by.reach(Right::ManageLicences), id).await?.is_none() {
            return Err(Code::InsufficientPermissions.into());
        }
        if old.revoked_at.is_some() {
            return Err(Code::LicenceRevoked.into());
        }
        if !licence::sign(&mut transaction, id, caller.principal.user, now).await? {
            return Err(Code::LicenceSigned.into());
        }
        let details = json!({ "Agreement": old.agreement_name, "Version": old.agreement_version });
        self.conclude_licence(transaction, by, id, (ChangeKind::Signed, details), now).await
    }

    /// Changes what a licence costs and until when it is paid.
    ///
    /// # Errors
    /// [`Code::LicenceNotFound`]; [`Code::InsufficientPermissions`]; [`Code::LicenceRevoked`].
    pub async fn change_licence(
        &self,
        by: impl Into<Authority<'_>>,
        id: LicenceId,
        change: LicenceChange,
    ) -> Result<LicenceRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        let old = provided(&mut transaction, by, id).await?;
        let (amount, discount) =
            (change.amount_per_month.unwrap_or(old.amount_per_month), change.discount.unwrap_or(old.discount));
        let mut paid_until_at = old.paid_until_at;
        let is_paid = change.paid_until_at.apply(&mut paid_until_at);
        if !is_paid && (amount, discount) == (old.amount_per_month, old.discount) {
            return Ok(old);
        }
        licence::update(&mut transaction, id, amount, discount, paid_until_at, now).await?;
        let details = json!({
            "AmountPerMonth": amount, "DiscountBP": discount, "PaidUntilAt": paid_until_at.map(Timestamp::rfc3339),
        });
        self.conclude_licence(transaction, by, id, (ChangeKind::Changed, details), now).await
    }

    /// Suspends a licence: it allows nothing until it is reactivated.
    ///
    /// # Errors
    /// [`Code::LicenceNotFound`]; [`Code::InsufficientPermissions`]; [`Code::LicenceRevoked`];
    /// [`Code::LicenceSuspended`].
    pub async fn suspend_licence(&self, by: impl Into<Authority<'_>>, id: LicenceId) -> Result<LicenceRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        provided(&mut transaction, by, id).await?;
        if !licence::suspend(&mut transaction, id, now).await? {
            return Err(Code::LicenceSuspended.into());
        }
        self.conclude_licence(transaction, by, id, (ChangeKind::Suspended, json!({})), now).await
    }

    /// Ends the suspension of a licence.
    ///
    /// # Errors
    /// [`Code::LicenceNotFound`]; [`Code::InsufficientPermissions`]; [`Code::LicenceRevoked`];
    /// [`Code::LicenceNotSuspended`].
    pub async fn reactivate_licence(
        &self,
        by: impl Into<Authority<'_>>,
        id: LicenceId,
    ) -> Result<LicenceRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        provided(&mut transaction, by, id).await?;
        if !licence::reactivate(&mut transaction, id, now).await? {
            return Err(Code::LicenceNotSuspended.into());
        }
        self.conclude_licence(transaction, by, id, (ChangeKind::Reactivated, json!({})), now).await
    }

    /// Gives a system a licence.
    ///
    /// # Errors
    /// [`Code::LicenceNotFound`]; [`Code::LicenceRevoked`]; [`Code::LicenceFull`]; [`Code::DeviceBound`]; a validation
    /// fault on `Device`.
    pub async fn bind_licence(
        &self,
        by: impl Into<Authority<'_>>,
        id: LicenceId,
        device: SystemId,
    ) -> Result<LicenceRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        self.bind(&mut transaction, by, id, device, now).await?;
        let licence = written(&mut transaction, by, id).await?;
        transaction.commit().await?;
        Ok(licence)
    }

    pub(super) async fn bind(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        id: LicenceId,
        device: SystemId,
        now: Timestamp,
    ) -> Result<(), Fault> {
        // Whoever deletes the system meanwhile releases this too, or comes first.
        system::hold(transaction, device).await?;
        licence::hold(transaction, id).await?;
        let licence = written(transaction, by, id).await?;
        let found = system::find(transaction, &by.reach(Right::ManageSystems), device).await?;
        let found = found.filter(|found| found.organisation == licence.holder).ok_or_else(|| {
            let refusal =
                Refusal::new("device", "a system that you may manage, of the organisation that holds the licence");
            Fault::field("Device", refusal, Some(&device.to_string()))
        })?;
        if licence.revoked_at.is_some() {
            return Err(Code::LicenceRevoked.into());
        }
        match licence_system::bind(transaction, id, device, now).await {
            Err(StoreError::Conflict(_)) => return Err(Code::DeviceBound.into()),
            Ok(false) => return Err(Code::LicenceFull.into()),
            outcome => outcome?,
        };
        let details = json!({ "Device": device, "Name": found.name });
        self.note_licence(transaction, by, (id, licence.holder), (ChangeKind::Bound, details), now).await
    }

    /// Takes a licence from a system.
    ///
    /// # Errors
    /// [`Code::LicenceNotFound`]; [`Code::DeviceNotBound`]; [`Code::InsufficientPermissions`].
    pub async fn release_licence(
        &self,
        by: impl Into<Authority<'_>>,
        id: LicenceId,
        device: SystemId,
    ) -> Result<LicenceRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        system::hold(&mut transaction, device).await?;
        licence::hold(&mut transaction, id).await?;
        written(&mut transaction, by, id).await?;
        let found = system::find(&mut transaction, &by.reach(Right::ReadSystems), device).await?;
        let found = found.ok_or(Code::DeviceNotBound)?;
        if system::find(&mut transaction, &by.reach(Right::ManageSystems), device).await?.is_none() {
            return Err(Code::InsufficientPermissions.into());
        }
        if !licence_system::release(&mut transaction, id, device, now).await? {
            return Err(Code::DeviceNotBound.into());
        }
        let details = json!({ "Device": device, "Name": found.name });
        self.conclude_licence(transaction, by, id, (ChangeKind::Released, details), now).await
    }

    /// Takes all its licences from a system that is being deleted; it is held.
    pub(crate) async fn release_system(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        (device, holder): (SystemId, OrganisationId),
        now: Timestamp,
    ) -> Result<(), Fault> {
        for id in licence_system::licences_of(transaction, device).await? {
            licence::hold(transaction, id).await?;
            if licence_system::release(transaction, id, device, now).await? {
                let change = (ChangeKind::Released, json!({ "Device": device }));
                self.note_licence(transaction, by, (id, holder), change, now).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn conclude_licence(
        &self,
        mut transaction: WriteTransaction,
        by: Authority<'_>,
        id: LicenceId,
        change: (ChangeKind, Value),
        now: Timestamp,
    ) -> Result<LicenceRecord, Fault> {
        let licence = self.noted(&mut transaction, by, id, change, now).await?;
        transaction.commit().await?;
        self.principals.forget_licences();
        Ok(licence)
    }

    /// A licence as it is now, with what was just done to it in its history.
    pub(super) async fn noted(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        id: LicenceId,
        change: (ChangeKind, Value),
        now: Timestamp,
    ) -> Result<LicenceRecord, Fault> {
        let licence = written(transaction, by, id).await?;
        self.note_licence(transaction, by, (id, licence.holder), change, now).await?;
        Ok(licence)
    }
}

/// A licence as whoever asks sees it.
pub(crate) async fn written(link: &mut Link, by: Authority<'_>, id: LicenceId) -> Result<LicenceRecord, Fault> {
    Ok(licence::find(link, &by.reach(Right::ReadLicences), id).await?.ok_or(Code::LicenceNotFound)?)
}

/// A licence that the caller decides of, as somebody for whoever sells it; held until the transaction ends. What was
/// revoked is not decided of any more.
pub(super) async fn provided(
    transaction: &mut WriteTransaction,
    by: Authority<'_>,
    id: LicenceId,
) -> Result<LicenceRecord, Fault> {
    licence::hold(transaction, id).await?;
    let found = written(transaction, by, id).await?;
    if !licence::is_provided(transaction, &by.reach(Right::ManageLicences), id).await? {
        return Err(Code::InsufficientPermissions.into());
    }
    if found.revoked_at.is_some() { Err(Code::LicenceRevoked.into()) } else { Ok(found) }
}
