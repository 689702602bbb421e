//! Issuing licences.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Refusal;
use bailiwick_domain::id::{AgreementId, LicenceId, OrganisationId, SeatPoolId, SystemId};
use bailiwick_domain::licence::change::ChangeKind;
use bailiwick_domain::licence::key::LicenceKey;
use bailiwick_domain::licence::price::{BasisPoints, MinorUnits};
use bailiwick_domain::licence::seats::MoveKind;
use bailiwick_domain::licence::term::{DurationDays, Quantity};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::agreement::AgreementRecord;
use bailiwick_store::query::licence::{self, LicenceRecord, NewLicence};
use bailiwick_store::query::organisation::OrganisationRecord;
use bailiwick_store::query::{licence_place, organisation, seat_pool, tree};
use bailiwick_store::{Link, WriteTransaction};
use serde_json::json;

use super::agreement::published;
use super::licence::written;
use super::owner;
use super::seats::{Trace, note_move};
use crate::caller::Authority;
use crate::context::Context;

/// What licences are issued with.
#[derive(Clone, Debug)]
pub struct LicenceDraft {
    /// Under which agreement.
    pub agreement: AgreementId,
    /// Who is to hold them.
    pub holder: OrganisationId,
    /// Who sells them; without one, the organisation that the caller acts for.
    pub provider: Option<OrganisationId>,
    /// How many.
    pub quantity: Quantity,
    /// The price of a month; as the agreement has it, without one.
    pub amount_per_month: Option<MinorUnits>,
    /// What is taken off that.
    pub discount: BasisPoints,
    /// When they begin; now, without one.
    pub starts_at: Option<Timestamp>,
    /// When they run out; as long after their begin as the agreement says, without one.
    pub expires_at: Option<Timestamp>,
    /// Until when they are paid.
    pub paid_until_at: Option<Timestamp>,
    /// The systems that they are for: as many of them for each licence as it may be for.
    pub systems: Vec<SystemId>,
}

/// Who sells to whom, under what.
struct Sale {
    agreement: AgreementRecord,
    provider: OrganisationRecord,
    holder: OrganisationRecord,
    owner: OrganisationId,
}

impl Context {
    /// Issues licences to an organisation below the one that sells them, or to that one itself. Each uses one of its
    /// seats; whoever runs the server needs seats only once they have made any of the agreement.
    ///
    /// # Errors
    /// [`Code::AgreementNotFound`]; [`Code::AgreementNotPublished`]; [`Code::TooFewSeats`]; [`Code::LicenceFull`]; a
    /// validation fault on `Provider`, `Organisation`, `ExpiresAt` and `Devices`.
    pub async fn issue_licences(
        &self,
        by: impl Into<Authority<'_>>,
        draft: LicenceDraft,
    ) -> Result<Vec<LicenceRecord>, Fault> {
        let by = by.into();
        self.settle_expired_seats().await?;
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let issued = self.issue_in(&mut transaction, by, &draft, now).await?;
        transaction.commit().await?;
        Ok(issued)
    }

    pub(super) async fn issue_in(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        draft: &LicenceDraft,
        now: Timestamp,
    ) -> Result<Vec<LicenceRecord>, Fault> {
        licence_place::share_tree(transaction).await?;
        let sale = sale(transaction, by, draft).await?;
        let places = sale.agreement.systems.number().saturating_mul(draft.quantity.number());
        if places < i64::try_from(draft.systems.len()).unwrap_or(i64::MAX) {
            return Err(Code::LicenceFull.into());
        }
        let seats = self.seats_for(transaction, &sale, draft.quantity.number(), now).await?;
        let mut devices = draft.systems.iter();
        let per_licence = usize::try_from(sale.agreement.systems.number()).unwrap_or(usize::MAX);
        let mut issued = Vec::new();
        for seat in seats {
            let id = self.issue_one(transaction, by, (&sale, draft), seat, now).await?;
            for device in devices.by_ref().take(per_licence) {
                self.bind(transaction, by, id, *device, now).await?;
            }
            issued.push(written(transaction, by, id).await?);
        }
        for licence in &issued {
            licence_place::add(transaction, licence.id).await?;
        }
        Ok(issued)
    }

    /// The pools whose seats the licences use, one for each of them.
    async fn seats_for(
        &self,
        transaction: &mut WriteTransaction,
        sale: &Sale,
        quantity: i64,
        now: Timestamp,
    ) -> Result<Vec<Option<SeatPoolId>>, Fault> {
        let family = sale.agreement.family;
        let is_owner = sale.provider.id == sale.owner;
        if is_owner && seat_pool::root(transaction, family).await?.is_none() {
            return Ok((0..quantity).map(|_| None).collect());
        }
        let used = self.use_seats(transaction, (sale.provider.id, family), quantity, now).await?;
        Ok(used.into_iter().map(Some).collect())
    }

    async fn issue_one(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        (sale, draft): (&Sale, &LicenceDraft),
        pool: Option<SeatPoolId>,
        now: Timestamp,
    ) -> Result<LicenceId, Fault> {
        let Sale { agreement, provider, holder, .. } = sale;
        let starts_at = draft.starts_at.unwrap_or(now);
        let lasting = agreement.duration.map(DurationDays::span);
        let new = NewLicence {
            id: LicenceId::new(now, self.entropy()),
            key: LicenceKey::new(self.entropy()),
            agreement: agreement.id,
            holder: holder.id,
            provider: provider.id,
            pool,
            amount_per_month: draft.amount_per_month.unwrap_or(agreement.amount_per_month),
            discount: draft.discount,
            systems: agreement.systems.number(),
            starts_at,
            expires_at: draft.expires_at.or(lasting.map(|span| starts_at.plus(span))),
            paid_until_at: draft.paid_until_at,
        };
        check_end(starts_at, new.expires_at)?;
        licence::insert(transaction, &new, now).await?;
        if let Some(pool) = pool {
            let trace = Trace { licence: Some(new.id), by: by.user(), other: None };
            note_move(transaction, pool, (MoveKind::Used, 1), trace, now).await?;
        }
        let details = json!({
            "Agreement": agreement.name,
            "Kind": agreement.kind,
            "StartsAt": new.starts_at.rfc3339(),
            "ExpiresAt": new.expires_at.map(Timestamp::rfc3339),
            "AmountPerMonth": new.amount_per_month,
            "DiscountBP": new.discount,
        });
        self.note_licence(transaction, by, (new.id, holder.id), (ChangeKind::Issued, details), now).await?;
        Ok(new.id)
    }
}

/// Looks up who sells to whom, and whether they may.
async fn sale(link: &mut Link, by: Authority<'_>, draft: &LicenceDraft) -> Result<Sale, Fault> {
    let agreement = published(link, by, draft.agreement).await?;
    let owner = owner(link).await?;
    let wanted = match by {
        Authority::Caller(_) => draft.provider.or(by.current_organisation()),
        Authority::Operator => draft.provider.or(Some(owner)),
    };
    let reach = by.reach(Right::ManageLicences);
    let provider = match wanted {
        Some(id) => organisation::find_reachable(link, &reach, id).await?,
        None => None,
    };
    let provider = provider.ok_or_else(|| {
        let refusal = Refusal::new("organisation", "an organisation for which you may sell licences");
        Fault::field("Provider", refusal, wanted.map(|id| id.to_string()).as_deref())
    })?;
    let holder = holder(link, by, &provider, draft.holder).await?;
    Ok(Sale { agreement, provider, holder, owner })
}

/// An organisation that can hold what this one sells: itself, or one below it.
pub(super) async fn holder(
    link: &mut Link,
    by: Authority<'_>,
    provider: &OrganisationRecord,
    wanted: OrganisationId,
) -> Result<OrganisationRecord, Fault> {
    let reach = by.reach(Right::ManageLicences);
    let found = organisation::find_reachable(link, &reach, wanted).await?;
    let is_below = found.is_some() && tree::is_within(link, wanted, provider.id).await?;
    found.filter(|_| is_below).ok_or_else(|| {
        let refusal = Refusal::new("organisation", format!("{} or an organisation below it", provider.name));
        Fault::field("Organisation", refusal, Some(&wanted.to_string()))
    })
}

/// A licence ends after it began.
pub(super) fn check_end(starts_at: Timestamp, expires_at: Option<Timestamp>) -> Result<(), Fault> {
    match expires_at {
        Some(end) if end <= starts_at => {
            let refusal = Refusal::new("range", format!("later than {}, when the licence begins", starts_at.rfc3339()));
            Err(Fault::field("ExpiresAt", refusal, Some(&end.rfc3339())))
        }
        _ => Ok(()),
    }
}
