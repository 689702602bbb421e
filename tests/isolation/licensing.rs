//! Agreements, pools of seats and licences as the documents describe them, in plain vectors, and who may do what with
//! them.

use crate::model::{Model, Right};

/// A version of an agreement.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug)]
pub(crate) struct Agreement {
    pub(crate) id: String,
    /// What all its versions have in common.
    pub(crate) family: String,
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    /// How many systems a licence is for.
    pub(crate) places: usize,
    pub(crate) is_endless: bool,
    pub(crate) is_published: bool,
    pub(crate) is_withdrawn: bool,
    pub(crate) is_gone: bool,
}

impl Agreement {
    /// Whether licences are issued under it.
    pub(crate) const fn is_current(&self) -> bool {
        self.is_published && !self.is_withdrawn
    }

    pub(crate) const fn status(&self) -> &'static str {
        match (self.is_published, self.is_withdrawn) {
            (false, _) => "draft",
            (true, false) => "published",
            (true, true) => "withdrawn",
        }
    }
}

/// A pool of seats; without a holder where they were destroyed.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    pub(crate) id: String,
    pub(crate) family: String,
    pub(crate) parent: Option<usize>,
    pub(crate) holder: Option<usize>,
    pub(crate) seats: i64,
    pub(crate) overdraft: i64,
    pub(crate) given: i64,
    pub(crate) used: i64,
    /// How much has happened to it.
    pub(crate) moves: usize,
    pub(crate) is_gone: bool,
}

impl Pool {
    pub(crate) const fn free(&self) -> i64 {
        self.seats + self.overdraft - self.given - self.used
    }

    /// What it has, and has neither given nor used; less than nothing where it owes.
    const fn spare(&self) -> i64 {
        self.seats - self.given - self.used
    }
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug)]
pub(crate) struct Licence {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) agreement: usize,
    pub(crate) holder: usize,
    pub(crate) provider: Option<usize>,
    pub(crate) pool: Option<usize>,
    /// Those that have it, and how many may.
    pub(crate) systems: Vec<usize>,
    pub(crate) places: usize,
    pub(crate) signer: Option<usize>,
    pub(crate) is_endless: bool,
    pub(crate) is_signed: bool,
    pub(crate) is_suspended: bool,
    pub(crate) is_revoked: bool,
    pub(crate) is_gone: bool,
    /// Who held it after each of its changes.
    pub(crate) changes: Vec<usize>,
}

impl Licence {
    pub(crate) fn note(&mut self) {
        self.changes.push(self.holder);
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Licensing {
    pub(crate) agreements: Vec<Agreement>,
    pub(crate) pools: Vec<Pool>,
    pub(crate) licences: Vec<Licence>,
}

impl Licensing {
    /// An agreement, a pool and a licence that there never were, and nothing else.
    pub(crate) fn of_nothing() -> Self {
        let nothing = "019a9f00-0000-7000-8000-00000000cccc".to_owned();
        let agreement = Agreement {
            id: nothing.clone(),
            family: nothing.clone(),
            name: "Agreement of nothing".to_owned(),
            kind: "nothing",
            places: 0,
            is_endless: false,
            is_published: false,
            is_withdrawn: false,
            is_gone: true,
        };
        let licence = Licence {
            id: nothing.clone(),
            key: "7b1c9d52-5a0e-4f5b-9c1d-2f6f0c8a3e11".to_owned(),
            agreement: 0,
            holder: 0,
            provider: Some(0),
            pool: None,
            systems: Vec::new(),
            places: 0,
            signer: None,
            is_endless: false,
            is_signed: false,
            is_suspended: false,
            is_revoked: false,
            is_gone: true,
            changes: Vec::new(),
        };
        let mut licensing = Self { agreements: vec![agreement], licences: vec![licence], pools: Vec::new() };
        let pool = licensing.open(&nothing, &nothing, None, 0);
        licensing.pools[pool].is_gone = true;
        licensing
    }

    /// The version under which licences of a family are issued.
    pub(crate) fn current(&self, family: &str) -> Option<usize> {
        self.agreements.iter().position(|each| each.family == family && each.is_current())
    }

    /// The pool that all others of a family come from.
    pub(crate) fn root(&self, family: &str) -> Option<usize> {
        self.pools.iter().position(|each| each.family == family && each.parent.is_none())
    }

    /// The pool that an organisation has out of another one.
    pub(crate) fn edge(&self, parent: usize, holder: usize) -> Option<usize> {
        let is_it = |each: &Pool| !each.is_gone && each.parent == Some(parent) && each.holder == Some(holder);
        self.pools.iter().position(is_it)
    }

    /// Adds a pool without seats.
    pub(crate) fn open(&mut self, id: &str, family: &str, parent: Option<usize>, holder: usize) -> usize {
        self.pools.push(Pool {
            id: id.to_owned(),
            family: family.to_owned(),
            parent,
            holder: Some(holder),
            seats: 0,
            overdraft: 0,
            given: 0,
            used: 0,
            moves: 0,
            is_gone: false,
        });
        self.pools.len() - 1
    }

    /// The pool whose seat a licence uses that an organisation sells: none at all where the one that runs the server has
    /// made none, and an error where all are taken.
    pub(crate) fn seat(&self, family: &str, provider: usize) -> Result<Option<usize>, ()> {
        if provider == 0 && self.root(family).is_none() {
            return Ok(None);
        }
        let is_usable =
            |each: &Pool| !each.is_gone && each.family == family && each.holder == Some(provider) && each.free() > 0;
        let usable = (0..self.pools.len()).filter(|index| is_usable(&self.pools[*index]));
        usable.min_by_key(|index| self.pools[*index].id.clone()).map(Some).ok_or(())
    }

    fn children(&self, pool: usize) -> Vec<usize> {
        let is_child = |index: &usize| !self.pools[*index].is_gone && self.pools[*index].parent == Some(pool);
        let mut children: Vec<usize> = (0..self.pools.len()).filter(is_child).collect();
        children.sort_by_key(|index| self.pools[*index].id.clone());
        children
    }

    fn depth(&self, pool: usize) -> usize {
        std::iter::successors(Some(pool), |each| self.pools[*each].parent).count() - 1
    }

    /// Gives seats of a pool back to the one above.
    fn give_back(&mut self, pool: usize, parent: usize, seats: i64) {
        self.pools[pool].seats -= seats;
        self.pools[parent].given -= seats;
        self.pools[pool].moves += 1;
        self.pools[parent].moves += 1;
    }

    /// Has so many seats lie free in a pool, as far as there are as many there and below it.
    fn gather(&mut self, pool: usize, wanted: i64) -> i64 {
        for child in self.children(pool) {
            let missing = wanted - self.pools[pool].spare();
            if missing <= 0 {
                break;
            }
            let found = self.gather(child, missing);
            if found > 0 {
                self.give_back(child, pool, found);
            }
        }
        self.pools[pool].spare().clamp(0, wanted)
    }

    /// Takes seats out of a pool, and tells whether there were as many.
    pub(crate) fn take_back(&mut self, pool: usize, seats: i64) -> bool {
        let found = self.gather(pool, seats);
        if found < seats {
            return false;
        }
        if let Some(parent) = self.pools[pool].parent {
            self.give_back(pool, parent, seats);
        } else {
            self.pools[pool].seats -= seats;
            self.pools[pool].moves += 1;
        }
        true
    }

    /// Takes its licences from a system that is deleted.
    pub(crate) fn release_system(&mut self, system: usize) {
        for licence in &mut self.licences {
            if licence.systems.contains(&system) {
                licence.systems.retain(|each| *each != system);
                licence.note();
            }
        }
    }

    /// Removes what organisations had that are destroyed: their licences, and their pools as far as nobody elsewhere has
    /// seats out of them, while what lies free in these goes back to whoever gave it.
    pub(crate) fn destroy(&mut self, tree: &[usize]) {
        for index in 0..self.licences.len() {
            let licence = &mut self.licences[index];
            licence.provider = licence.provider.filter(|provider| !tree.contains(provider));
            if licence.is_gone || !tree.contains(&licence.holder) {
                continue;
            }
            licence.is_gone = true;
            if let Some(pool) = licence.pool.filter(|_| !licence.is_revoked) {
                self.pools[pool].used -= 1;
            }
        }
        let is_theirs = |pool: &Pool| !pool.is_gone && pool.holder.is_some_and(|holder| tree.contains(&holder));
        let mut theirs: Vec<usize> = (0..self.pools.len()).filter(|index| is_theirs(&self.pools[*index])).collect();
        theirs.sort_by_key(|index| std::cmp::Reverse(self.depth(*index)));
        let deepest = theirs.first().map_or(0, |index| self.depth(*index));
        for depth in (1..=deepest).rev() {
            let mut givers = Vec::new();
            for index in theirs.iter().copied().filter(|index| self.depth(*index) == depth).collect::<Vec<_>>() {
                let (parent, lapsed) = (self.pools[index].parent, self.pools[index].spare());
                if let Some(parent) = parent.filter(|_| lapsed > 0) {
                    self.pools[index].seats -= lapsed;
                    self.pools[parent].given -= lapsed;
                    givers.push(parent);
                }
                let is_empty = self.pools[index].given == 0 && self.pools[index].used == 0;
                self.pools[index].is_gone = is_empty && self.children(index).is_empty();
            }
            givers.sort_unstable();
            givers.dedup();
            for giver in givers {
                self.pools[giver].moves += 1;
            }
        }
        for index in theirs {
            self.pools[index].holder = None;
        }
    }
}

impl Model {
    /// Whether a right of somebody goes from the owner down, to all that there is and ever was.
    pub(crate) fn reaches_everything(&self, caller: usize, right: Right) -> bool {
        self.holds_as_owner(caller, right) || self.people[caller].is_super
    }

    /// Whether somebody writes agreements.
    pub(crate) fn writes_agreements(&self, caller: usize) -> bool {
        self.reaches(caller, Right::ManageAgreements, 0)
    }

    pub(crate) fn sees_agreement(&self, caller: usize, agreement: usize) -> bool {
        let it = &self.licensing.agreements[agreement];
        !it.is_gone && (it.is_published || self.writes_agreements(caller))
    }

    pub(crate) fn sees_licence(&self, caller: usize, right: Right, licence: usize) -> bool {
        let it = &self.licensing.licences[licence];
        !it.is_gone && self.sees_organisation(caller, right, it.holder)
    }

    /// Whether somebody decides of a licence as whoever sells it; of what nobody sells any more, as whoever runs the
    /// server.
    pub(crate) fn sells(&self, caller: usize, licence: usize) -> bool {
        match self.licensing.licences[licence].provider {
            Some(provider) => self.reaches(caller, Right::ManageLicences, provider),
            None => self.reaches_everything(caller, Right::ManageLicences),
        }
    }

    pub(crate) fn sees_pool(&self, caller: usize, right: Right, pool: usize) -> bool {
        let it = &self.licensing.pools[pool];
        !it.is_gone && it.holder.is_some_and(|holder| self.sees_organisation(caller, right, holder))
    }

    /// Whether what happened to a licence while an organisation held it is for somebody's eyes; what happened while one
    /// held it that was destroyed since is for those who see everything.
    fn sees_changes_of(&self, caller: usize, holder: usize) -> bool {
        self.reaches(caller, Right::ReadLicences, holder)
            || (!self.is_there(holder) && self.reaches_everything(caller, Right::ReadLicences))
    }

    /// How much of what happened to a licence is for somebody's eyes.
    pub(crate) fn changes_seen(&self, caller: usize, licence: usize) -> usize {
        let changes = self.licensing.licences[licence].changes.iter();
        changes.filter(|holder| self.sees_changes_of(caller, **holder)).count()
    }

    /// Whether somebody may read a word in what happened to licences, which keeps what was true when it was written.
    pub(crate) fn may_remember(&self, caller: usize, word: &str) -> bool {
        let is_seen = |holder: &usize| self.sees_changes_of(caller, *holder);
        self.noted.iter().any(|(organisation, words)| words.contains(word) && is_seen(organisation))
    }

    /// Whether a word is the name of somebody who sells a licence that somebody sees: that is for all who see it.
    pub(crate) fn is_seller(&self, caller: usize, word: &str) -> bool {
        (0..self.licensing.licences.len()).any(|index| {
            let provider = self.licensing.licences[index].provider;
            provider.is_some_and(|provider| self.organisations[provider].word == word)
                && self.sees_licence(caller, Right::ReadLicences, index)
        })
    }
}
