//! Agreements with their versions, and pools of seats with what happened to them.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::{AgreementId, SeatPoolId};
use bailiwick_domain::licence::order::LicenceOrders;
use bailiwick_domain::role::Right;
use bailiwick_store::Link;
use bailiwick_store::query::agreement::{self, AgreementRecord};
use bailiwick_store::query::licence_list::{self, AgreementKey, LicenceFilter};
use bailiwick_store::query::reach::Reach;
use bailiwick_store::query::seat_pool::{self, PoolRecord};
use bailiwick_store::query::{seat_family, seat_move};

use crate::caller::Caller;
use crate::context::Context;
use crate::licensing::pool::MoveRecord;
use crate::licensing::{Listed, Slice, writes_agreements};

pub use bailiwick_store::query::seat_family::SeatFamily;

/// How many versions of an agreement its page shows.
const VERSIONS: i64 = 20;
/// How many agreements there are to choose from.
const FAMILIES: i64 = 50;

/// A version of an agreement with all that its page shows.
#[derive(Clone, Debug)]
pub struct AgreementOverview {
    /// The version.
    pub agreement: AgreementRecord,
    /// The newest versions, this one mostly among them.
    pub versions: Vec<AgreementRecord>,
    /// How many licences the caller sees that were issued or renewed under this version.
    pub licences: i64,
    /// Whether the caller writes agreements.
    pub may_write: bool,
}

/// What the caller may do with a pool of seats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolPowers {
    /// Hand its seats down.
    pub may_give: bool,
    /// Take its seats back, and change how it may be used.
    pub may_decide: bool,
}

/// A pool with all that its page shows.
#[derive(Clone, Debug)]
pub struct PoolOverview {
    /// The pool.
    pub pool: PoolRecord,
    /// What the caller may do with it.
    pub powers: PoolPowers,
    /// Whether licences are issued under the agreement now.
    pub is_published: bool,
    /// What happened to it, the newest first.
    pub history: Listed<MoveRecord>,
}

impl Context {
    /// Whether the caller writes agreements.
    pub async fn may_write_agreements(&self, caller: &Caller) -> Result<bool, Fault> {
        writes_agreements(&mut self.database.read().await?, caller.into()).await
    }

    /// A version of an agreement, with the others.
    ///
    /// # Errors
    /// [`Code::AgreementNotFound`], also for a draft that is not the caller's to see.
    pub async fn agreement_overview(&self, caller: &Caller, id: AgreementId) -> Result<AgreementOverview, Fault> {
        let mut link = self.database.read().await?;
        let may_write = writes_agreements(&mut link, caller.into()).await?;
        let agreement = agreement::find(&mut link, id, may_write).await?.ok_or(Code::AgreementNotFound)?;
        let versions = agreement::versions(&mut link, agreement.family, may_write, VERSIONS).await?;
        let filter = LicenceFilter { agreement: Some(AgreementKey::Id(id)), ..LicenceFilter::default() };
        let reach = Reach::of(&caller.principal, Right::ReadLicences);
        let (_, licences) = licence_list::page(&mut link, &reach, &filter, &LicenceOrders::default(), (0, 1)).await?;
        Ok(AgreementOverview { agreement, versions, licences, may_write })
    }

    /// The agreements of which the caller sees pools of seats.
    pub async fn seat_families(&self, caller: &Caller) -> Result<Vec<SeatFamily>, Fault> {
        let reach = Reach::of(&caller.principal, Right::ReadLicences);
        Ok(seat_family::families(&mut self.database.read().await?, &reach, FAMILIES).await?)
    }

    /// A pool, with this part of what happened to it.
    ///
    /// # Errors
    /// [`Code::PoolNotFound`], also when it exists elsewhere.
    pub async fn pool_overview(&self, caller: &Caller, id: SeatPoolId, history: Slice) -> Result<PoolOverview, Fault> {
        let mut link = self.database.read().await?;
        let reach = Reach::of(&caller.principal, Right::ReadLicences);
        let pool = seat_pool::find(&mut link, &reach, id).await?.ok_or(Code::PoolNotFound)?;
        let powers = powers(&mut link, caller, &pool).await?;
        let is_published = agreement::published(&mut link, pool.family).await?.is_some();
        let (items, total) = seat_move::page(&mut link, &reach, id, history).await?;
        Ok(PoolOverview { pool, powers, is_published, history: Listed { items, total } })
    }
}

async fn powers(link: &mut Link, caller: &Caller, pool: &PoolRecord) -> Result<PoolPowers, Fault> {
    let manage = Reach::of(&caller.principal, Right::ManageLicences);
    let may_give = seat_pool::find(link, &manage, pool.id).await?.is_some();
    let may_decide = match pool.parent {
        Some(parent) => seat_pool::find(link, &manage, parent).await?.is_some(),
        None => writes_agreements(link, caller.into()).await?,
    };
    Ok(PoolPowers { may_give, may_decide })
}
