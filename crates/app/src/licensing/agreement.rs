//! Agreements: written as drafts, published, replaced by newer versions, withdrawn.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Patch;
use bailiwick_domain::id::{AgreementId, FamilyId};
use bailiwick_domain::licence::agreement::{AgreementKind, Terms};
use bailiwick_domain::licence::capability::{Capabilities, Catalogues};
use bailiwick_domain::licence::price::MinorUnits;
use bailiwick_domain::licence::term::{DurationDays, GraceDays, LeaseDays, SystemsPerLicence, TrialsPerOrganisation};
use bailiwick_domain::name::Name;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::{agreement, invalidation};
use bailiwick_store::{Error as StoreError, Link, WriteTransaction};
use serde_json::json;

use super::{Listed, Slice, owner, require_writer, writes_agreements};
use crate::audit::Act;
use crate::caller::Authority;
use crate::context::Context;

pub use bailiwick_store::query::agreement::{AgreementFilter, AgreementRecord};

/// How long a trial lasts unless its agreement says otherwise, in days (seed 001 shows one of exactly these).
const TRIAL_DAYS: i64 = 90;
/// How many systems of an organisation are given one, unless the agreement says otherwise.
const TRIALS: i64 = 1;

/// What is to be written or changed of a draft; what is absent stays, or is as in every agreement.
#[derive(Clone, Debug)]
pub struct AgreementChange {
    /// How it is called.
    pub name: Option<Name>,
    /// Its kind.
    pub kind: Option<AgreementKind>,
    /// What it allows.
    pub provides: Option<Capabilities>,
    /// The catalogues that it opens.
    pub catalogues: Option<Catalogues>,
    /// How long a licence lasts.
    pub duration: Patch<DurationDays>,
    /// The price of a month.
    pub amount_per_month: Option<MinorUnits>,
    /// How many systems of an organisation are given a licence to try.
    pub trials: Option<TrialsPerOrganisation>,
    /// How long what it allows may be used after a licence has run out.
    pub grace: Option<GraceDays>,
    /// How many systems a licence is for.
    pub systems: Option<SystemsPerLicence>,
    /// How long an appliance may go on without hearing from its server.
    pub lease: Option<LeaseDays>,
}

impl AgreementChange {
    /// The terms of something new.
    #[must_use]
    pub fn terms(self, name: Name, kind: AgreementKind) -> Terms {
        let (duration, trials) = if kind.is_trial() {
            (DurationDays::new(TRIAL_DAYS), TrialsPerOrganisation::new(TRIALS).unwrap_or_default())
        } else {
            (Some(DurationDays::default()), TrialsPerOrganisation::default())
        };
        let plain = Terms {
            name,
            kind,
            provides: Capabilities::default(),
            catalogues: Catalogues::default(),
            duration,
            amount_per_month: MinorUnits::default(),
            trials,
            grace: GraceDays::default(),
            systems: SystemsPerLicence::default(),
            lease: LeaseDays::default(),
        };
        self.applied_to(plain)
    }

    fn applied_to(self, old: Terms) -> Terms {
        let mut duration = old.duration;
        self.duration.apply(&mut duration);
        Terms {
            name: self.name.unwrap_or(old.name),
            kind: self.kind.unwrap_or(old.kind),
            provides: self.provides.unwrap_or(old.provides),
            catalogues: self.catalogues.unwrap_or(old.catalogues),
            duration,
            amount_per_month: self.amount_per_month.unwrap_or(old.amount_per_month),
            trials: self.trials.unwrap_or(old.trials),
            grace: self.grace.unwrap_or(old.grace),
            systems: self.systems.unwrap_or(old.systems),
            lease: self.lease.unwrap_or(old.lease),
        }
    }
}

impl Context {
    /// Some of the agreements, by name: what was published for everybody, drafts for those who write them.
    pub async fn list_agreements(
        &self,
        by: impl Into<Authority<'_>>,
        filter: &AgreementFilter,
        slice: Slice,
    ) -> Result<Listed<AgreementRecord>, Fault> {
        let mut link = self.database.read().await?;
        let with_drafts = writes_agreements(&mut link, by.into()).await?;
        let (items, total) = agreement::page(&mut link, filter, with_drafts, slice).await?;
        Ok(Listed { items, total })
    }

    /// One version of an agreement.
    ///
    /// # Errors
    /// [`Code::AgreementNotFound`], also for a draft that is not the caller's to see.
    pub async fn show_agreement(
        &self,
        by: impl Into<Authority<'_>>,
        id: AgreementId,
    ) -> Result<AgreementRecord, Fault> {
        let mut link = self.database.read().await?;
        let with_drafts = writes_agreements(&mut link, by.into()).await?;
        Ok(agreement::find(&mut link, id, with_drafts).await?.ok_or(Code::AgreementNotFound)?)
    }

    /// Writes the first draft of an agreement.
    ///
    /// # Errors
    /// [`Code::OwnersAgreements`]; a validation fault where the terms contradict each other.
    pub async fn create_agreement(&self, by: impl Into<Authority<'_>>, terms: Terms) -> Result<AgreementRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        let written = self.create_agreement_in(&mut transaction, by, &terms, now).await?;
        transaction.commit().await?;
        Ok(written)
    }

    pub(super) async fn create_agreement_in(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        terms: &Terms,
        now: Timestamp,
    ) -> Result<AgreementRecord, Fault> {
        require_writer(transaction, by).await?;
        check(terms)?;
        let (id, family) = (AgreementId::new(now, self.entropy()), FamilyId::new(now, self.entropy()));
        agreement::insert(transaction, id, family, 1, terms, now).await?;
        self.noted_agreement(transaction, by, ("agreement.created", id), now).await
    }

    /// Changes a draft.
    ///
    /// # Errors
    /// [`Code::AgreementNotFound`]; [`Code::OwnersAgreements`]; [`Code::AgreementSettled`] once it is published; a
    /// validation fault where the terms contradict each other.
    pub async fn change_agreement(
        &self,
        by: impl Into<Authority<'_>>,
        id: AgreementId,
        change: AgreementChange,
    ) -> Result<AgreementRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        let old = held(&mut transaction, by, id).await?;
        if old.published_at.is_some() {
            return Err(Code::AgreementSettled.into());
        }
        let terms = change.applied_to(old.terms());
        check(&terms)?;
        agreement::update(&mut transaction, id, &terms, now).await?;
        self.conclude_agreement(transaction, by, ("agreement.changed", id), now).await
    }

    /// Removes a draft.
    ///
    /// # Errors
    /// As [`Context::change_agreement`].
    pub async fn delete_agreement(
        &self,
        by: impl Into<Authority<'_>>,
        id: AgreementId,
    ) -> Result<AgreementRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        let old = held(&mut transaction, by, id).await?;
        if !agreement::delete(&mut transaction, id).await? {
            return Err(Code::AgreementSettled.into());
        }
        self.note_agreement(&mut transaction, by, ("agreement.deleted", &old), now).await?;
        transaction.commit().await?;
        Ok(old)
    }

    /// Publishes a draft: from now on it does not change, and licences are issued under it instead of the version that
    /// was published before.
    ///
    /// # Errors
    /// [`Code::AgreementNotFound`]; [`Code::OwnersAgreements`]; [`Code::AgreementSettled`].
    pub async fn publish_agreement(
        &self,
        by: impl Into<Authority<'_>>,
        id: AgreementId,
    ) -> Result<AgreementRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        let old = held(&mut transaction, by, id).await?;
        if old.published_at.is_some() {
            return Err(Code::AgreementSettled.into());
        }
        if let Some(before) = agreement::published(&mut transaction, old.family).await? {
            agreement::withdraw(&mut transaction, before.id, now).await?;
        }
        agreement::publish(&mut transaction, id, now).await?;
        self.conclude_agreement(transaction, by, ("agreement.published", id), now).await
    }

    /// Withdraws what is published: no licence is issued or renewed under it any more.
    ///
    /// # Errors
    /// [`Code::AgreementNotFound`]; [`Code::OwnersAgreements`]; [`Code::AgreementNotPublished`].
    pub async fn withdraw_agreement(
        &self,
        by: impl Into<Authority<'_>>,
        id: AgreementId,
    ) -> Result<AgreementRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        held(&mut transaction, by, id).await?;
        if !agreement::withdraw(&mut transaction, id, now).await? {
            return Err(Code::AgreementNotPublished.into());
        }
        self.conclude_agreement(transaction, by, ("agreement.withdrawn", id), now).await
    }

    /// Begins a new version of an agreement, as a draft with the same terms.
    ///
    /// # Errors
    /// [`Code::AgreementNotFound`]; [`Code::OwnersAgreements`]; [`Code::DraftExists`].
    pub async fn revise_agreement(
        &self,
        by: impl Into<Authority<'_>>,
        id: AgreementId,
    ) -> Result<AgreementRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        let old = held(&mut transaction, by, id).await?;
        let version = agreement::last_version(&mut transaction, old.family).await? + 1;
        let new = AgreementId::new(now, self.entropy());
        match agreement::insert(&mut transaction, new, old.family, version, &old.terms(), now).await {
            Err(StoreError::Conflict(_)) => return Err(Code::DraftExists.into()),
            outcome => outcome?,
        }
        self.conclude_agreement(transaction, by, ("agreement.revised", new), now).await
    }

    async fn conclude_agreement(
        &self,
        mut transaction: WriteTransaction,
        by: Authority<'_>,
        (action, id): (&'static str, AgreementId),
        now: Timestamp,
    ) -> Result<AgreementRecord, Fault> {
        let found = self.noted_agreement(&mut transaction, by, (action, id), now).await?;
        // Licences are shown with when it was published and withdrawn.
        invalidation::insert(&mut transaction, "licence", Some(id.uuid()), now).await?;
        transaction.commit().await?;
        self.principals.forget_licences();
        Ok(found)
    }

    async fn noted_agreement(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        (action, id): (&'static str, AgreementId),
        now: Timestamp,
    ) -> Result<AgreementRecord, Fault> {
        let found = agreement::find(transaction, id, true).await?.ok_or(Code::AgreementNotFound)?;
        self.note_agreement(transaction, by, (action, &found), now).await?;
        Ok(found)
    }

    async fn note_agreement(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        (action, agreement): (&'static str, &AgreementRecord),
        now: Timestamp,
    ) -> Result<(), Fault> {
        let act = Act {
            action,
            subject_kind: "agreement",
            subject: Some(agreement.id.uuid()),
            organisation: Some(owner(transaction).await?),
            details: json!({ "name": agreement.name, "kind": agreement.kind, "version": agreement.version }),
        };
        self.audit(transaction, by.actor(), act, now).await
    }
}

/// An agreement that the caller writes, held with all its versions until the transaction ends.
async fn held(
    transaction: &mut WriteTransaction,
    by: Authority<'_>,
    id: AgreementId,
) -> Result<AgreementRecord, Fault> {
    let writes = writes_agreements(transaction, by).await?;
    agreement::hold(transaction, id).await?;
    let found = agreement::find(transaction, id, writes).await?.ok_or(Code::AgreementNotFound)?;
    if writes { Ok(found) } else { Err(Code::OwnersAgreements.into()) }
}

/// An agreement under which licences are issued now.
pub(super) async fn published(link: &mut Link, by: Authority<'_>, id: AgreementId) -> Result<AgreementRecord, Fault> {
    let with_drafts = writes_agreements(link, by).await?;
    let found = agreement::find(link, id, with_drafts).await?.ok_or(Code::AgreementNotFound)?;
    let is_published = found.published_at.is_some() && found.withdrawn_at.is_none();
    if is_published { Ok(found) } else { Err(Code::AgreementNotPublished.into()) }
}

fn check(terms: &Terms) -> Result<(), Fault> {
    terms.check().map_err(|(member, refusal)| Fault::field(member, refusal, None))
}
