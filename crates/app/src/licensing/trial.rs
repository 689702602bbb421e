//! Licences to try: a new system is given one while its organisation has any left.

use bailiwick_domain::fault::Fault;
use bailiwick_domain::id::{LicenceId, OrganisationId, SystemId};
use bailiwick_domain::licence::change::ChangeKind;
use bailiwick_domain::licence::key::LicenceKey;
use bailiwick_domain::licence::price::BasisPoints;
use bailiwick_domain::licence::term::DurationDays;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::WriteTransaction;
use bailiwick_store::query::agreement::{self, AgreementRecord};
use bailiwick_store::query::licence::{self, NewLicence};
use bailiwick_store::query::{licence_place, licence_system, trial};
use serde_json::json;

use super::owner;
use crate::caller::Authority;
use crate::context::Context;

impl Context {
    /// What new systems are given to try: looked up before anything else is done for one.
    pub(crate) async fn trial_offers(&self, transaction: &mut WriteTransaction) -> Result<Vec<AgreementRecord>, Fault> {
        let offers = agreement::trials(transaction).await?;
        if !offers.is_empty() {
            licence_place::share_tree(transaction).await?;
        }
        Ok(offers)
    }

    /// Gives a system that is just being created a licence to try, in the same transaction: under the newest of the
    /// agreements that give any and of which its organisation has some left.
    pub(crate) async fn give_trial(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        (system, organisation): (SystemId, OrganisationId),
        offers: &[AgreementRecord],
        now: Timestamp,
    ) -> Result<(), Fault> {
        for offer in offers {
            if !trial::claim(transaction, organisation, offer.family, offer.trials.number()).await? {
                continue;
            }
            let new = NewLicence {
                id: LicenceId::new(now, self.entropy()),
                key: LicenceKey::new(self.entropy()),
                agreement: offer.id,
                holder: organisation,
                provider: owner(transaction).await?,
                pool: None,
                amount_per_month: offer.amount_per_month,
                discount: BasisPoints::default(),
                systems: offer.systems.number(),
                starts_at: now,
                expires_at: offer.duration.map(DurationDays::span).map(|lasting| now.plus(lasting)),
                paid_until_at: None,
            };
            licence::insert(transaction, &new, now).await?;
            let issued = json!({ "Agreement": offer.name, "Kind": offer.kind, "Device": system });
            self.note_licence(transaction, by, (new.id, organisation), (ChangeKind::Issued, issued), now).await?;
            licence_system::bind(transaction, new.id, system, now).await?;
            let bound = json!({ "Device": system });
            self.note_licence(transaction, by, (new.id, organisation), (ChangeKind::Bound, bound), now).await?;
            return Ok(licence_place::add(transaction, new.id).await?);
        }
        Ok(())
    }
}
