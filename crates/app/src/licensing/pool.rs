//! Pools of seats: made by whoever runs the server, and handed down the partner tree.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Patch, Refusal};
use bailiwick_domain::id::{AgreementId, OrganisationId, SeatPoolId};
use bailiwick_domain::licence::seats::MoveKind;
use bailiwick_domain::licence::term::{Overdraft, Seats};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::seat_pool::{self, NewPool, PoolState};
use bailiwick_store::query::{agreement, organisation, seat_move, tree};
use bailiwick_store::{Link, WriteTransaction};
use serde_json::{Value, json};

use super::agreement::published;
use super::seats::{Taker, Trace, note_move, refusal, state, too_few};
use super::{Listed, Slice, owner, require_writer, writes_agreements};
use crate::audit::Act;
use crate::caller::Authority;
use crate::context::Context;

pub use bailiwick_store::query::seat_move::MoveRecord;
pub use bailiwick_store::query::seat_pool::{PoolFilter, PoolRecord};

/// Seats that are handed down.
#[derive(Clone, Copy, Debug)]
pub struct Gift {
    /// To whom: an organisation below whoever holds the pool.
    pub receiver: OrganisationId,
    /// How many.
    pub seats: Seats,
    /// How many more the receiver may give and use; as it was, where it is absent.
    pub overdraft: Option<Overdraft>,
    /// Until when they are given and used; as it was, or as the pool's own, where it is absent.
    pub expires_at: Option<Timestamp>,
}

/// What is to be changed of the way a pool may be used.
#[derive(Clone, Copy, Debug)]
pub struct PoolChange {
    /// How many more than it has it may give and use.
    pub overdraft: Option<Overdraft>,
    /// Until when.
    pub expires_at: Patch<Timestamp>,
}

impl Context {
    /// Some of the pools of organisations within reach, from the top of each tree downwards.
    pub async fn list_pools(
        &self,
        by: impl Into<Authority<'_>>,
        filter: PoolFilter,
        slice: Slice,
    ) -> Result<Listed<PoolRecord>, Fault> {
        let reach = by.into().reach(Right::ReadLicences);
        let (items, total) = seat_pool::page(&mut self.database.read().await?, &reach, filter, slice).await?;
        Ok(Listed { items, total })
    }

    /// A pool.
    ///
    /// # Errors
    /// [`Code::PoolNotFound`], also when it exists elsewhere.
    pub async fn show_pool(&self, by: impl Into<Authority<'_>>, id: SeatPoolId) -> Result<PoolRecord, Fault> {
        let reach = by.into().reach(Right::ReadLicences);
        Ok(seat_pool::find(&mut self.database.read().await?, &reach, id).await?.ok_or(Code::PoolNotFound)?)
    }

    /// What happened to a pool, the newest first.
    ///
    /// # Errors
    /// [`Code::PoolNotFound`].
    pub async fn pool_history(
        &self,
        by: impl Into<Authority<'_>>,
        id: SeatPoolId,
        slice: Slice,
    ) -> Result<Listed<MoveRecord>, Fault> {
        let reach = by.into().reach(Right::ReadLicences);
        let mut link = self.database.read().await?;
        seat_pool::find(&mut link, &reach, id).await?.ok_or(Code::PoolNotFound)?;
        let (items, total) = seat_move::page(&mut link, &reach, id, slice).await?;
        Ok(Listed { items, total })
    }

    /// Makes seats of an agreement; they are the server's owner's.
    ///
    /// # Errors
    /// [`Code::OwnersAgreements`]; [`Code::AgreementNotFound`]; [`Code::AgreementNotPublished`];
    /// [`Code::TooManySeats`].
    pub async fn make_seats(
        &self,
        by: impl Into<Authority<'_>>,
        id: AgreementId,
        seats: Seats,
    ) -> Result<PoolRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        let made = self.make_in(&mut transaction, by, (id, seats), now).await?;
        transaction.commit().await?;
        Ok(made)
    }

    pub(super) async fn make_in(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        (id, seats): (AgreementId, Seats),
        now: Timestamp,
    ) -> Result<PoolRecord, Fault> {
        require_writer(transaction, by).await?;
        // Two who make the first seats at the same moment make one pool.
        agreement::hold(transaction, id).await?;
        let family = published(transaction, by, id).await?.family;
        let holder = owner(transaction).await?;
        let pool = if let Some(pool) = seat_pool::root(transaction, family).await? {
            pool
        } else {
            let id = SeatPoolId::new(now, self.entropy());
            let new = NewPool { id, family, parent: None, holder, depth: 0, expires_at: None };
            seat_pool::insert(transaction, &new, now).await?;
            id
        };
        add(transaction, pool, seats, now).await?;
        let trace = Trace { by: by.user(), ..Trace::default() };
        note_move(transaction, pool, (MoveKind::Made, seats.number()), trace, now).await?;
        self.noted_pool(transaction, by, ("pool.seats_made", pool, json!({ "seats": seats })), now).await
    }

    /// Hands seats down to an organisation below whoever holds the pool.
    ///
    /// # Errors
    /// [`Code::PoolNotFound`]; [`Code::InsufficientPermissions`]; a validation fault on `Organisation` and `ExpiresAt`;
    /// [`Code::AgreementNotPublished`]; [`Code::TooFewSeats`]; [`Code::SeatsExpired`]; [`Code::TooManySeats`].
    pub async fn give_seats(
        &self,
        by: impl Into<Authority<'_>>,
        id: SeatPoolId,
        gift: Gift,
    ) -> Result<PoolRecord, Fault> {
        let by = by.into();
        self.settle_expired_seats().await?;
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let given = self.give_in(&mut transaction, by, (id, gift), now).await?;
        transaction.commit().await?;
        Ok(given)
    }

    pub(super) async fn give_in(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        (id, gift): (SeatPoolId, Gift),
        now: Timestamp,
    ) -> Result<PoolRecord, Fault> {
        let pool = manageable(transaction, by, id).await?;
        check_receiver(transaction, by, &pool, gift.receiver).await?;
        if agreement::published(transaction, pool.family).await?.is_none() {
            return Err(Code::AgreementNotPublished.into());
        }
        let seats = gift.seats.number();
        if !seat_pool::give(transaction, id, seats, now).await? {
            return Err(refusal(transaction, id, now).await?);
        }
        let above = state(transaction, id).await?;
        let below = self.edge(transaction, &above, gift.receiver, now).await?;
        add(transaction, below, gift.seats, now).await?;
        let edge = state(transaction, below).await?;
        // What has ended begins anew, for as long as there is anything above.
        let is_over = edge.expires_at.is_some_and(|end| end <= now);
        let expires_at = gift.expires_at.or(if is_over { above.expires_at } else { edge.expires_at });
        check_end(expires_at, above.expires_at, now)?;
        set(transaction, &edge, (gift.overdraft, expires_at), now).await?;
        let by_user = Trace { by: by.user(), ..Trace::default() };
        let given = Trace { other: Some(below), ..by_user };
        note_move(transaction, id, (MoveKind::Given, seats), given, now).await?;
        let received = Trace { other: Some(id), ..by_user };
        note_move(transaction, below, (MoveKind::Received, seats), received, now).await?;
        self.noted_pool(transaction, by, ("pool.seats_given", below, json!({ "seats": seats })), now).await
    }

    /// Takes seats back that were given out of a pool above: those that are free in this one, and then in the pools
    /// below it. From the pool that all others came from they are taken for good.
    ///
    /// # Errors
    /// [`Code::PoolNotFound`]; [`Code::InsufficientPermissions`]; [`Code::TooFewSeats`], which says how many can be
    /// taken.
    pub async fn take_seats_back(
        &self,
        by: impl Into<Authority<'_>>,
        id: SeatPoolId,
        seats: Seats,
    ) -> Result<PoolRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        let left = self.take_back_in(&mut transaction, by, (id, seats), now).await?;
        transaction.commit().await?;
        Ok(left)
    }

    pub(super) async fn take_back_in(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        (id, seats): (SeatPoolId, Seats),
        now: Timestamp,
    ) -> Result<PoolRecord, Fault> {
        let number = seats.number();
        let taker = Taker::Person(by.user());
        if let Some(parent) = giver(transaction, by, id).await? {
            seat_pool::hold(transaction, parent).await?;
            seat_pool::hold(transaction, id).await?;
            self.take_seats(transaction, (parent, id), number, taker, now).await?;
        } else {
            seat_pool::hold(transaction, id).await?;
            let found = self.gather(transaction, id, number, taker, now).await?;
            if found < number || !seat_pool::remove(transaction, id, number, now).await? {
                return Err(too_few(found));
            }
            let trace = Trace { by: by.user(), ..Trace::default() };
            note_move(transaction, id, (MoveKind::Unmade, number), trace, now).await?;
        }
        self.noted_pool(transaction, by, ("pool.seats_taken_back", id, json!({ "seats": seats })), now).await
    }

    /// Changes how a pool may be used; what ends earlier ends earlier in all pools below it, too.
    ///
    /// # Errors
    /// [`Code::PoolNotFound`]; [`Code::InsufficientPermissions`]; a validation fault on `Overdraft` and `ExpiresAt`.
    pub async fn change_pool(
        &self,
        by: impl Into<Authority<'_>>,
        id: SeatPoolId,
        change: PoolChange,
    ) -> Result<PoolRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        let above = match giver(&mut transaction, by, id).await? {
            Some(parent) => {
                seat_pool::hold(&mut transaction, parent).await?;
                state(&mut transaction, parent).await?.expires_at
            }
            None => None,
        };
        seat_pool::hold(&mut transaction, id).await?;
        let old = state(&mut transaction, id).await?;
        let mut expires_at = old.expires_at;
        if change.expires_at.apply(&mut expires_at) {
            check_end(expires_at, above, now)?;
        }
        set(&mut transaction, &old, (change.overdraft, expires_at), now).await?;
        let details = json!({ "overdraft": change.overdraft, "expires_at": expires_at.map(Timestamp::rfc3339) });
        let changed = self.noted_pool(&mut transaction, by, ("pool.changed", id, details), now).await?;
        transaction.commit().await?;
        Ok(changed)
    }

    /// The pool that an organisation has out of this one, opened where it has none.
    async fn edge(
        &self,
        transaction: &mut WriteTransaction,
        above: &PoolState,
        receiver: OrganisationId,
        now: Timestamp,
    ) -> Result<SeatPoolId, Fault> {
        if let Some(edge) = seat_pool::edge(transaction, above.id, receiver).await? {
            // Nobody gives or changes it meanwhile: they all hold the one above first.
            seat_pool::hold(transaction, edge).await?;
            return Ok(edge);
        }
        let new = NewPool {
            id: SeatPoolId::new(now, self.entropy()),
            family: above.family,
            parent: Some(above.id),
            holder: receiver,
            depth: above.depth + 1,
            expires_at: above.expires_at,
        };
        seat_pool::insert(transaction, &new, now).await?;
        Ok(new.id)
    }

    async fn noted_pool(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        (action, id, details): (&'static str, SeatPoolId, Value),
        now: Timestamp,
    ) -> Result<PoolRecord, Fault> {
        let reach = by.reach(Right::ReadLicences);
        let pool = seat_pool::find(transaction, &reach, id).await?.ok_or(Code::PoolNotFound)?;
        let act =
            Act { action, subject_kind: "pool", subject: Some(id.uuid()), organisation: Some(pool.holder), details };
        self.audit(transaction, by.actor(), act, now).await?;
        Ok(pool)
    }
}

/// A pool out of which the caller may give.
async fn manageable(link: &mut Link, by: Authority<'_>, id: SeatPoolId) -> Result<PoolRecord, Fault> {
    if let Some(found) = seat_pool::find(link, &by.reach(Right::ManageLicences), id).await? {
        return Ok(found);
    }
    // Who may see it learns that the right is missing; who may not learns nothing.
    let seen = seat_pool::find(link, &by.reach(Right::ReadLicences), id).await?;
    Err(if seen.is_some() { Code::InsufficientPermissions } else { Code::PoolNotFound }.into())
}

/// The pool above one whose seats the caller gave, or may give; nothing above the first of all, which is the business of
/// those who make seats.
async fn giver(link: &mut Link, by: Authority<'_>, id: SeatPoolId) -> Result<Option<SeatPoolId>, Fault> {
    let reach = by.reach(Right::ReadLicences);
    let pool = seat_pool::find(link, &reach, id).await?.ok_or(Code::PoolNotFound)?;
    let Some(parent) = pool.parent else {
        require_writer(link, by).await?;
        return Ok(None);
    };
    if seat_pool::find(link, &by.reach(Right::ManageLicences), parent).await?.is_some() {
        return Ok(Some(parent));
    }
    // For whoever gave it and is gone for good those decide who make seats.
    if state(link, parent).await?.holder.is_none() && writes_agreements(link, by).await? {
        return Ok(Some(parent));
    }
    Err(Code::InsufficientPermissions.into())
}

async fn check_receiver(
    link: &mut Link,
    by: Authority<'_>,
    pool: &PoolRecord,
    receiver: OrganisationId,
) -> Result<(), Fault> {
    let known = organisation::find_reachable(link, &by.reach(Right::ManageLicences), receiver).await?;
    let is_below = known.is_some() && receiver != pool.holder && tree::is_within(link, receiver, pool.holder).await?;
    if is_below {
        return Ok(());
    }
    let refusal = Refusal::new("organisation", "an organisation below the one that holds these seats");
    Err(Fault::field("Organisation", refusal, Some(&receiver.to_string())))
}

/// No pool outlasts the one that it was given out of.
fn check_end(end: Option<Timestamp>, above: Option<Timestamp>, now: Timestamp) -> Result<(), Fault> {
    let refuse = |expected: String| {
        let echo = end.map(Timestamp::rfc3339);
        Err(Fault::field("ExpiresAt", Refusal::new("range", expected), echo.as_deref()))
    };
    if end.is_some_and(|end| end <= now) {
        return refuse("a moment that has not passed".to_owned());
    }
    match above {
        Some(above) if end.is_none_or(|end| end > above) => {
            refuse(format!("at the latest {}, when the seats end that these were given out of", above.rfc3339()))
        }
        _ => Ok(()),
    }
}

async fn set(
    transaction: &mut WriteTransaction,
    pool: &PoolState,
    (overdraft, expires_at): (Option<Overdraft>, Option<Timestamp>),
    now: Timestamp,
) -> Result<(), Fault> {
    let balance = pool.balance();
    let number = overdraft.map_or(balance.overdraft, Overdraft::number);
    if seat_pool::set_edge(transaction, pool.id, number, expires_at, now).await? {
        return Ok(());
    }
    let owed = balance.given + balance.used - balance.seats;
    let refusal =
        Refusal::new("range", format!("at least {owed}: so many more than it has were given or used already"));
    Err(Fault::field("Overdraft", refusal, Some(&number.to_string())))
}

async fn add(transaction: &mut WriteTransaction, pool: SeatPoolId, seats: Seats, now: Timestamp) -> Result<(), Fault> {
    let is_added = seat_pool::add(transaction, pool, seats.number(), now).await?;
    if is_added { Ok(()) } else { Err(Code::TooManySeats.into()) }
}
