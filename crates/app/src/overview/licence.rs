//! One licence with the systems that have it and what happened to it, and how one system stands by its licences.

use std::collections::BTreeMap;

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::{LicenceId, SystemId};
use bailiwick_domain::licence::entitlement::Entitlement;
use bailiwick_domain::licence::order::LicenceOrders;
use bailiwick_domain::licence::standing::Standing;
use bailiwick_domain::role::Right;
use bailiwick_store::Link;
use bailiwick_store::query::agreement::{self, AgreementRecord};
use bailiwick_store::query::licence::{self, LicenceRecord};
use bailiwick_store::query::licence_change::{self, ChangeRecord};
use bailiwick_store::query::licence_list::{self, LicenceFilter};
use bailiwick_store::query::licence_system::{self, BoundSystem};
use bailiwick_store::query::reach::Reach;
use bailiwick_store::query::system::SystemRecord;
use bailiwick_store::query::{appliance, system, system_standing};

use super::reaches;
use crate::appliance::entitlement;
use crate::caller::Caller;
use crate::context::Context;
use crate::licensing::licence::written;
use crate::licensing::{Listed, Slice};

/// How many systems and licences are shown of one thing; the rest is counted.
const ROWS: i64 = 20;

/// What the caller may do with a licence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LicencePowers {
    /// Decide of it for whoever sells it.
    pub may_decide: bool,
    /// Accept its agreement for whoever holds it.
    pub may_sign: bool,
    /// Give it to systems, and take it from them.
    pub may_bind: bool,
}

/// A licence with all that its page shows.
#[derive(Clone, Debug)]
pub struct LicenceOverview {
    /// The licence.
    pub licence: LicenceRecord,
    /// What the caller may do with it.
    pub powers: LicencePowers,
    /// The version of its agreement under which it would be renewed; nothing where none is published.
    pub current: Option<AgreementRecord>,
    /// The first systems that have it.
    pub systems: Listed<BoundSystem>,
    /// What happened to it, the newest first.
    pub history: Listed<ChangeRecord>,
}

/// A system with what it may use and its licences.
#[derive(Clone, Debug)]
pub struct SystemLicences {
    /// The system.
    pub system: SystemRecord,
    /// What it may use now.
    pub entitlement: Entitlement,
    /// The first of its licences, what runs out first before the rest.
    pub licences: Listed<LicenceRecord>,
    /// Whether its organisation is suspended, or one above it.
    pub is_suspended: bool,
    /// Whether the caller may have a licence file written for it.
    pub may_manage: bool,
}

impl Context {
    /// A licence, with this part of its history.
    ///
    /// # Errors
    /// [`Code::LicenceNotFound`], also when it exists elsewhere.
    pub async fn licence_overview(
        &self,
        caller: &Caller,
        id: LicenceId,
        history: Slice,
    ) -> Result<LicenceOverview, Fault> {
        let mut link = self.database.read().await?;
        let licence = written(&mut link, caller.into(), id).await?;
        let powers = powers(&mut link, caller, &licence).await?;
        let current = agreement::published(&mut link, licence.family).await?;
        let items = licence_system::of_licence(&mut link, id, (0, ROWS)).await?;
        let systems = Listed { items, total: licence.bound };
        let reach = Reach::of(&caller.principal, Right::ReadLicences);
        let (items, total) = licence_change::page(&mut link, &reach, id, history).await?;
        Ok(LicenceOverview { licence, powers, current, systems, history: Listed { items, total } })
    }

    /// How a system stands by its licences.
    ///
    /// # Errors
    /// [`Code::SystemNotFound`], also when it exists elsewhere.
    pub async fn system_licences(&self, caller: &Caller, id: SystemId) -> Result<SystemLicences, Fault> {
        let now = self.now();
        let reach = |right| Reach::of(&caller.principal, right);
        let mut link = self.database.read().await?;
        let system = system::find(&mut link, &reach(Right::ReadSystems), id).await?.ok_or(Code::SystemNotFound)?;
        let entitlement = entitlement(&mut link, id, now).await?;
        let filter = LicenceFilter { system: Some(id), ..LicenceFilter::default() };
        let read = reach(Right::ReadLicences);
        let (items, total) = licence_list::page(&mut link, &read, &filter, &LicenceOrders::by_end(), (0, ROWS)).await?;
        let is_suspended = appliance::by_id(&mut link, id).await?.is_some_and(|found| found.is_suspended);
        let may_manage = reaches(&mut link, caller, Right::ManageSystems, system.organisation).await?;
        Ok(SystemLicences { system, entitlement, licences: Listed { items, total }, is_suspended, may_manage })
    }

    /// How these systems, which the caller has just been shown, stand by the best of their licences.
    pub async fn standings(&self, systems: &[SystemId]) -> Result<BTreeMap<SystemId, Standing>, Fault> {
        let now = self.now();
        let found = system_standing::of_systems(&mut self.database.read().await?, systems).await?;
        let mut all: BTreeMap<SystemId, Vec<Standing>> = systems.iter().map(|id| (*id, Vec::new())).collect();
        for (id, facts) in found {
            all.entry(id).or_default().push(facts.standing(now));
        }
        Ok(all.into_iter().map(|(id, standings)| (id, Standing::best(standings))).collect())
    }
}

async fn powers(link: &mut Link, caller: &Caller, of: &LicenceRecord) -> Result<LicencePowers, Fault> {
    // What was revoked is not decided of any more.
    if of.revoked_at.is_some() {
        let may_bind = reaches(link, caller, Right::ManageSystems, of.holder).await?;
        return Ok(LicencePowers { may_bind, ..LicencePowers::default() });
    }
    let manage = Reach::of(&caller.principal, Right::ManageLicences);
    Ok(LicencePowers {
        may_decide: licence::is_provided(link, &manage, of.id).await?,
        may_sign: of.signed_at.is_none() && licence::find(link, &manage, of.id).await?.is_some(),
        may_bind: reaches(link, caller, Right::ManageSystems, of.holder).await?,
    })
}
