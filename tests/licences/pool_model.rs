//! Pools as a plain model in memory: what has to be true of seats, without a database.

use std::collections::BTreeMap;

use bailiwick_domain::fault::Code;
use bailiwick_domain::id::SeatPoolId;
use bailiwick_domain::time::Timestamp;

/// A pool.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    pub(crate) parent: Option<SeatPoolId>,
    /// The number of its holder.
    pub(crate) holder: usize,
    pub(crate) seats: i64,
    pub(crate) overdraft: i64,
    pub(crate) used: i64,
    pub(crate) ends: Option<Timestamp>,
}

/// All pools of one agreement, in the order of their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pools(pub(crate) BTreeMap<SeatPoolId, Pool>);

impl Pools {
    pub(crate) fn root(&self) -> Option<SeatPoolId> {
        self.0.iter().find(|(_, pool)| pool.parent.is_none()).map(|(id, _)| *id)
    }

    fn children(&self, id: SeatPoolId) -> Vec<SeatPoolId> {
        self.0.iter().filter(|(_, pool)| pool.parent == Some(id)).map(|(id, _)| *id).collect()
    }

    /// What was given out of a pool: what its children have. It is kept nowhere, so it cannot be wrong.
    pub(crate) fn given(&self, id: SeatPoolId) -> i64 {
        self.children(id).iter().map(|child| self.0[child].seats).sum()
    }

    pub(crate) fn free(&self, id: SeatPoolId) -> i64 {
        let pool = &self.0[&id];
        pool.seats + pool.overdraft - pool.used - self.given(id)
    }

    fn is_over(&self, id: SeatPoolId, now: Timestamp) -> bool {
        self.0[&id].ends.is_some_and(|end| end <= now)
    }

    /// What can be given and used of a pool, or why nothing can.
    pub(crate) fn afford(&self, id: SeatPoolId, seats: i64, now: Timestamp) -> Result<(), Code> {
        if self.is_over(id, now) {
            return Err(Code::SeatsExpired);
        }
        if seats <= self.free(id) { Ok(()) } else { Err(Code::TooFewSeats) }
    }

    /// What can be taken out of a pool in all: what lies free in it once everything that lies free below came back.
    fn available(&self, id: SeatPoolId) -> i64 {
        let below: i64 = self.children(id).into_iter().map(|child| self.available(child)).sum();
        let pool = &self.0[&id];
        (pool.seats - pool.used - self.given(id) + below).max(0)
    }

    /// Takes seats out of a pool: its own first, then those of the pools below, the oldest first.
    pub(crate) fn take(&mut self, id: SeatPoolId, seats: i64) -> Result<(), Code> {
        if self.available(id) < seats {
            return Err(Code::TooFewSeats);
        }
        for child in self.children(id) {
            let missing = seats - (self.0[&id].seats - self.0[&id].used - self.given(id));
            let some = missing.min(self.available(child));
            if some > 0 {
                self.take(child, some)?;
            }
        }
        self.0.get_mut(&id).ok_or(Code::PoolNotFound)?.seats -= seats;
        Ok(())
    }

    /// Gives back what lies free in pools whose time has passed, the lowest first.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        let is_settled = |(id, pool): &(&SeatPoolId, &Pool)| pool.parent.is_some() && self.is_over(**id, now);
        let over: Vec<_> = self.0.iter().filter(is_settled).map(|(id, _)| *id).collect();
        // A pool is lower than all that it was given out of; three rounds reach from the customers to the owner.
        for _ in 0..3 {
            for id in &over {
                let free = (self.0[id].seats - self.0[id].used - self.given(*id)).max(0);
                if let Some(pool) = self.0.get_mut(id) {
                    pool.seats -= free;
                }
            }
        }
    }

    /// Which pools of a holder are used for so many licences, by the soonest end.
    pub(crate) fn uses(&self, holder: usize, seats: i64, now: Timestamp) -> Result<Vec<(SeatPoolId, i64)>, Code> {
        let mut usable: Vec<_> =
            self.0.iter().filter(|(id, pool)| pool.holder == holder && !self.is_over(**id, now)).collect();
        usable.sort_by_key(|(id, pool)| (pool.ends.is_none(), pool.ends, **id));
        if let Some((id, _)) = usable.iter().find(|(id, _)| self.free(**id) >= seats) {
            return Ok(vec![(**id, seats)]);
        }
        let mut missing = seats;
        let mut used = Vec::new();
        for (id, _) in usable {
            let some = self.free(*id).min(missing);
            if some > 0 {
                used.push((*id, some));
                missing -= some;
            }
        }
        if missing == 0 { Ok(used) } else { Err(Code::TooFewSeats) }
    }

    /// What ends earlier ends earlier for all below.
    pub(crate) fn shorten_below(&mut self, id: SeatPoolId, end: Timestamp) {
        for child in self.children(id) {
            if let Some(pool) = self.0.get_mut(&child) {
                pool.ends = Some(pool.ends.map_or(end, |own| own.min(end)));
            }
            self.shorten_below(child, end);
        }
    }
}
