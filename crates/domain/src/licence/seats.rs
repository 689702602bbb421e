//! How many seats: as many licences may be issued from a pool as it has seats.

/// What a pool has and what became of it.
///
/// The law of conservation: what is given and what is used is never more than what there is and the overdraft. Both
/// databases keep it as a constraint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// The seats that it has.
    pub seats: i64,
    /// How many more it may give and use.
    pub overdraft: i64,
    /// What was given out of it to organisations below.
    pub given: i64,
    /// What is used by licences that were issued from it.
    pub used: i64,
}

impl Balance {
    /// What can still be given or used.
    #[must_use]
    pub const fn free(self) -> i64 {
        self.seats + self.overdraft - self.given - self.used
    }

    /// What can be taken back from it: what it has, and has neither given nor used. What is owed cannot be taken.
    #[must_use]
    pub fn returnable(self) -> i64 {
        (self.seats - self.given - self.used).max(0)
    }

    /// Whether the law holds.
    #[must_use]
    pub const fn is_lawful(self) -> bool {
        self.seats >= 0 && self.overdraft >= 0 && self.given >= 0 && self.used >= 0 && self.free() >= 0
    }
}

crate::schema::named! {
    /// What happens to the seats of a pool.
    pub enum MoveKind {
        /// They were made.
        Made = "made",
        /// They were taken out of the world.
        Unmade = "unmade",
        /// They went to a pool below.
        Given = "given",
        /// They came from the pool above.
        Received = "received",
        /// They came back from a pool below.
        TakenBack = "taken_back",
        /// They went back to the pool above, because somebody took them.
        Returned = "returned",
        /// They went back to the pool above, because their time had passed.
        Expired = "expired",
        /// A licence was issued.
        Used = "used",
        /// A licence was revoked.
        Freed = "freed",
        /// Whose licences or pools they were is gone.
        Lapsed = "lapsed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_is_free_to_nobody_else() {
        let balance = Balance { seats: 10, overdraft: 5, given: 8, used: 4 };
        assert!(balance.is_lawful());
        assert_eq!((balance.free(), balance.returnable()), (3, 0));
        assert!(!Balance { used: 8, ..balance }.is_lawful());
    }
}
