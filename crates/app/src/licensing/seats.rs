//! How seats move: used and freed, taken back from wherever they are free, given back when their time has passed.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::{FamilyId, LicenceId, OrganisationId, SeatPoolId, UserId};
use bailiwick_domain::licence::seats::MoveKind;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::seat_move::{self, NewMove};
use bailiwick_store::query::seat_pool::{self, PoolState};
use bailiwick_store::{Link, WriteTransaction};

use crate::context::Context;

/// Seats on their way from one pool to another, or to a licence.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trace {
    /// The other pool.
    pub(super) other: Option<SeatPoolId>,
    /// The licence.
    pub(super) licence: Option<LicenceId>,
    /// Who moves them; nobody where time does.
    pub(super) by: Option<UserId>,
}

/// Who takes seats back: somebody, or time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Taker {
    Person(Option<UserId>),
    Time,
}

impl Taker {
    const fn user(self) -> Option<UserId> {
        match self {
            Self::Person(user) => user,
            Self::Time => None,
        }
    }

    const fn kind_below(self) -> MoveKind {
        match self {
            Self::Person(_) => MoveKind::Returned,
            Self::Time => MoveKind::Expired,
        }
    }
}

/// A pool that is there, as it must be where another row names it.
pub(super) async fn state(link: &mut Link, pool: SeatPoolId) -> Result<PoolState, Fault> {
    Ok(seat_pool::state(link, pool).await?.ok_or(Code::PoolNotFound)?)
}

/// Why so many seats of a pool could not be given or used.
pub(super) async fn refusal(link: &mut Link, pool: SeatPoolId, now: Timestamp) -> Result<Fault, Fault> {
    let state = state(link, pool).await?;
    if state.expires_at.is_some_and(|end| end <= now) {
        return Ok(Code::SeatsExpired.into());
    }
    Ok(too_few(state.balance().free()))
}

/// That fewer seats are free than were asked for.
pub(super) fn too_few(free: i64) -> Fault {
    let detail = match free {
        0 => "No seat is free.".to_owned(),
        1 => "Only 1 seat is free.".to_owned(),
        free => format!("Only {free} seats are free."),
    };
    Fault::new(Code::TooFewSeats).with_detail(detail)
}

/// Notes what happened to the seats of a pool that is held.
pub(super) async fn note_move(
    transaction: &mut WriteTransaction,
    pool: SeatPoolId,
    (kind, seats): (MoveKind, i64),
    trace: Trace,
    now: Timestamp,
) -> Result<(), Fault> {
    let Trace { other, licence, by } = trace;
    Ok(seat_move::insert(transaction, &NewMove { pool, kind, seats, other, licence, by }, now).await?)
}

impl Context {
    /// Uses so many seats of this organisation, from the pool first whose seats are lost first; a seat each for the
    /// licences that are issued then.
    ///
    /// # Errors
    /// [`Code::TooFewSeats`].
    pub(super) async fn use_seats(
        &self,
        transaction: &mut WriteTransaction,
        (holder, family): (OrganisationId, FamilyId),
        wanted: i64,
        now: Timestamp,
    ) -> Result<Vec<SeatPoolId>, Fault> {
        // Mostly one pool has enough, and this is all.
        if let Some(pool) = seat_pool::usable(transaction, holder, family, wanted, now).await?.first()
            && seat_pool::take(transaction, *pool, wanted, now).await?
        {
            return Ok((0..wanted).map(|_| *pool).collect());
        }
        let mut used = Vec::new();
        for pool in seat_pool::usable(transaction, holder, family, 1, now).await? {
            seat_pool::hold(transaction, pool).await?;
            let missing = wanted - i64::try_from(used.len()).unwrap_or(i64::MAX);
            let some = state(transaction, pool).await?.balance().free().min(missing);
            if some > 0 && seat_pool::take(transaction, pool, some, now).await? {
                used.extend((0..some).map(|_| pool));
            }
        }
        let found = i64::try_from(used.len()).unwrap_or(i64::MAX);
        if found == wanted { Ok(used) } else { Err(too_few(found)) }
    }

    /// Takes seats out of a pool that is held, and gives them to the one above, which is held too: what is free there,
    /// and then what is free in the pools below it.
    ///
    /// # Errors
    /// [`Code::TooFewSeats`] where fewer can be taken.
    pub(super) async fn take_seats(
        &self,
        transaction: &mut WriteTransaction,
        (parent, pool): (SeatPoolId, SeatPoolId),
        seats: i64,
        taker: Taker,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let found = self.gather(transaction, pool, seats, taker, now).await?;
        if found < seats {
            return Err(too_few(found));
        }
        self.return_seats(transaction, (parent, pool), seats, taker, now).await
    }

    async fn return_seats(
        &self,
        transaction: &mut WriteTransaction,
        (parent, pool): (SeatPoolId, SeatPoolId),
        seats: i64,
        taker: Taker,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let removed = seat_pool::remove(transaction, pool, seats, now).await?;
        if !removed || !seat_pool::give_back(transaction, parent, seats, now).await? {
            return Err(refusal(transaction, pool, now).await?);
        }
        let below = Trace { other: Some(parent), by: taker.user(), ..Trace::default() };
        note_move(transaction, pool, (taker.kind_below(), seats), below, now).await?;
        let above = Trace { other: Some(pool), ..below };
        note_move(transaction, parent, (MoveKind::TakenBack, seats), above, now).await
    }

    /// Has so many seats lie free in a pool that is held, taking them from the pools below it where it has too few;
    /// returns how many there are, at most as many as were wanted.
    pub(super) async fn gather(
        &self,
        transaction: &mut WriteTransaction,
        pool: SeatPoolId,
        wanted: i64,
        taker: Taker,
        now: Timestamp,
    ) -> Result<i64, Fault> {
        let mut balance = state(transaction, pool).await?.balance();
        if balance.returnable() >= wanted {
            return Ok(wanted);
        }
        for child in seat_pool::children(transaction, pool).await? {
            // What the pool owes by its overdraft is paid first.
            let missing = wanted - (balance.seats - balance.given - balance.used);
            if missing <= 0 {
                break;
            }
            seat_pool::hold(transaction, child.id).await?;
            let found = Box::pin(self.gather(transaction, child.id, missing, taker, now)).await?;
            if found > 0 {
                self.return_seats(transaction, (pool, child.id), found, taker, now).await?;
                balance = state(transaction, pool).await?.balance();
            }
        }
        Ok(balance.returnable().min(wanted))
    }

    /// Gives back what is free in pools whose time has passed, each to the one above, from the lowest up.
    ///
    /// Whoever needs seats does this first, so that nobody is refused what has come free; and it is done now and then.
    ///
    /// Returns how many pools that were.
    pub async fn settle_expired_seats(&self) -> Result<usize, Fault> {
        let mut settled = 0;
        loop {
            let expired = seat_pool::expired(&mut self.database.read().await?, self.now()).await?;
            if expired.is_empty() {
                return Ok(settled);
            }
            for pool in expired {
                self.settle_expired_pool(pool).await?;
                settled += 1;
            }
        }
    }

    async fn settle_expired_pool(&self, pool: SeatPoolId) -> Result<(), Fault> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let Some(PoolState { parent: Some(parent), .. }) = seat_pool::state(&mut transaction, pool).await? else {
            return Ok(());
        };
        seat_pool::hold(&mut transaction, parent).await?;
        seat_pool::hold(&mut transaction, pool).await?;
        let found = state(&mut transaction, pool).await?;
        let free = found.balance().returnable();
        if free > 0 && found.expires_at.is_some_and(|end| end <= now) {
            self.return_seats(&mut transaction, (parent, pool), free, Taker::Time, now).await?;
        }
        Ok(transaction.commit().await?)
    }
}
