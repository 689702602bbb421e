//! Random histories of pools: each act is carried out by the program and by a model, and every balance is compared.

use std::collections::BTreeMap;

use bailiwick_app::caller::Authority;
use bailiwick_app::licensing::agreement::AgreementChange;
use bailiwick_app::licensing::licence::LicenceDraft;
use bailiwick_app::licensing::pool::{Gift, PoolChange, PoolFilter};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Parse, Patch};
use bailiwick_domain::id::{AgreementId, FamilyId, LicenceId, OrganisationId, SeatPoolId};
use bailiwick_domain::licence::agreement::AgreementKind;
use bailiwick_domain::licence::price::BasisPoints;
use bailiwick_domain::licence::seats::Balance;
use bailiwick_domain::licence::term::{Overdraft, Quantity, Seats};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::chance::seed;
use bailiwick_testkit::on_both_engines;
use futures_util::future::join_all;
use rand::{RngExt as _, SeedableRng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;

use crate::pool_model::{Pool, Pools};

/// How many histories each database lives through.
const HISTORIES: usize = 1000;
/// How many of them at the same time, as every history has an agreement of its own.
const AT_ONCE: usize = 20;
/// How many acts each has.
const ACTS: usize = 10;

/// Who stands below whom: the owner, two distributors, three resellers, four customers.
const PARENTS: [Option<usize>; 10] =
    [None, Some(0), Some(0), Some(1), Some(1), Some(2), Some(3), Some(3), Some(4), Some(0)];

fn is_below(organisation: usize, other: usize) -> bool {
    PARENTS[organisation].is_some_and(|parent| parent == other || is_below(parent, other))
}

/// One agreement with its seats, in the program and in the model.
struct History<'a> {
    bench: &'a Bench,
    organisations: &'a [OrganisationId],
    chance: ChaCha8Rng,
    agreement: AgreementId,
    family: FamilyId,
    model: Pools,
    /// Living licences, and the pool whose seat each uses.
    licences: Vec<(LicenceId, Option<SeatPoolId>)>,
    /// What was done so far.
    acts: Vec<String>,
    /// How often each kind of act was not refused.
    done: BTreeMap<&'static str, usize>,
}

impl History<'_> {
    fn now(&self) -> Timestamp {
        self.bench.context.now()
    }

    fn any_pool(&mut self) -> Option<SeatPoolId> {
        let ids: Vec<_> = self.model.0.keys().copied().collect();
        ids.choose(&mut self.chance).copied()
    }

    fn any_end(&mut self) -> Option<Timestamp> {
        let hours = self.chance.random_range(-2..60);
        self.chance.random_bool(0.4).then(|| self.now().plus(Span::hours(hours)))
    }

    /// Compares what an act came to.
    fn same<T>(
        &mut self,
        kind: &'static str,
        what: &str,
        outcome: Result<T, Fault>,
        expected: Result<(), Code>,
    ) -> Option<T> {
        let found = outcome.as_ref().map(|_| ()).map_err(|fault| fault.code);
        assert_eq!(found, expected, "{what} after {:#?}: {:?}", self.acts, outcome.as_ref().err());
        *self.done.entry(kind).or_default() += usize::from(outcome.is_ok());
        outcome.ok()
    }

    async fn act(&mut self) {
        let act = match self.chance.random_range(0..100) {
            0..15 => self.make().await,
            15..45 => self.give().await,
            45..55 => self.take_back().await,
            55..63 => self.change().await,
            63..88 => self.issue().await,
            _ => self.revoke().await,
        };
        self.acts.push(act);
    }

    async fn make(&mut self) -> String {
        let seats = self.chance.random_range(1..20);
        let what = format!("{seats} seats are made");
        let made = self.bench.context.make_seats(Authority::Operator, self.agreement, Seats::new(seats).unwrap()).await;
        let made = self.same("make", &what, made, Ok(())).unwrap();
        let pool = Pool { parent: None, holder: 0, seats: 0, overdraft: 0, used: 0, ends: None };
        self.model.0.entry(made.id).or_insert(pool).seats += seats;
        what
    }

    async fn give(&mut self) -> String {
        let Some(from) = self.any_pool() else { return "nothing".to_owned() };
        let to = self.chance.random_range(0..PARENTS.len());
        let (seats, now) = (self.chance.random_range(1..12), self.now());
        let overdraft = self.chance.random_bool(0.2).then(|| self.chance.random_range(0..5));
        let ends = self.any_end();
        let what = format!("{from} gives {seats} to {to}, {overdraft:?} more, until {ends:?}");
        let gift = Gift {
            receiver: self.organisations[to],
            seats: Seats::new(seats).unwrap(),
            overdraft: overdraft.and_then(Overdraft::new),
            expires_at: ends,
        };
        let outcome = self.bench.context.give_seats(Authority::Operator, from, gift).await;
        self.model.settle(now);
        let above = self.model.0[&from].clone();
        let edge = self.model.0.iter().find(|(_, pool)| pool.parent == Some(from) && pool.holder == to);
        let edge = edge.map(|(id, pool)| (*id, pool.clone()));
        let old_end = edge.as_ref().map_or(above.ends, |(_, pool)| pool.ends);
        let kept = if old_end.is_some_and(|end| end <= now) { above.ends } else { old_end };
        let end = ends.or(kept);
        let outlasts = above.ends.is_some_and(|last| end.is_none_or(|end| end > last));
        let mut after = edge.as_ref().map_or_else(
            || Pool { parent: Some(from), holder: to, seats: 0, overdraft: 0, used: 0, ends: end },
            |(_, pool)| pool.clone(),
        );
        after.seats += seats;
        after.overdraft = overdraft.unwrap_or(after.overdraft);
        after.ends = end;
        let owed =
            after.used + edge.as_ref().map_or(0, |(id, _)| self.model.given(*id)) > after.seats + after.overdraft;
        let expected = if !is_below(to, above.holder) {
            Err(Code::ValidationFailed)
        } else if let Err(code) = self.model.afford(from, seats, now) {
            Err(code)
        } else if outlasts || end.is_some_and(|end| end <= now) || owed {
            Err(Code::ValidationFailed)
        } else {
            Ok(())
        };
        if let Some(given) = self.same("give", &what, outcome, expected) {
            assert!(edge.is_none_or(|(id, _)| id == given.id), "one pool for each who gives and each who receives");
            self.model.0.insert(given.id, after);
            if let Some(end) = end {
                self.model.shorten_below(given.id, end);
            }
        }
        what
    }

    async fn take_back(&mut self) -> String {
        let Some(pool) = self.any_pool() else { return "nothing".to_owned() };
        let seats = self.chance.random_range(1..10);
        let what = format!("{seats} are taken from {pool}");
        let outcome = self.bench.context.take_seats_back(Authority::Operator, pool, Seats::new(seats).unwrap()).await;
        let mut after = self.model.clone();
        let expected = after.take(pool, seats);
        if self.same("take back", &what, outcome, expected).is_some() {
            self.model = after;
        }
        what
    }

    async fn change(&mut self) -> String {
        let Some(id) = self.any_pool() else { return "nothing".to_owned() };
        let (overdraft, ends, now) = (self.chance.random_range(0..5), self.any_end(), self.now());
        let clears = ends.is_none() && self.chance.random_bool(0.3);
        let what = format!("{id} gets {overdraft} more, until {ends:?}, {clears}");
        let expires_at = match (ends, clears) {
            (Some(end), _) => Patch::Set(end),
            (None, true) => Patch::Clear,
            (None, false) => Patch::Keep,
        };
        let change = PoolChange { overdraft: Overdraft::new(overdraft), expires_at };
        let outcome = self.bench.context.change_pool(Authority::Operator, id, change).await;
        let pool = self.model.0[&id].clone();
        let end = if clears { None } else { ends.or(pool.ends) };
        let last = pool.parent.and_then(|parent| self.model.0[&parent].ends);
        let outlasts = last.is_some_and(|last| end.is_none_or(|end| end > last));
        let is_refused = end != pool.ends && (outlasts || end.is_some_and(|end| end <= now));
        let owes = pool.used + self.model.given(id) > pool.seats + overdraft;
        let expected = if is_refused || owes { Err(Code::ValidationFailed) } else { Ok(()) };
        if self.same("change", &what, outcome, expected).is_some() {
            let pool = self.model.0.get_mut(&id).unwrap();
            (pool.overdraft, pool.ends) = (overdraft, end);
            if let Some(end) = end {
                self.model.shorten_below(id, end);
            }
        }
        what
    }

    async fn issue(&mut self) -> String {
        let provider = self.chance.random_range(0..PARENTS.len());
        let below: Vec<_> = (0..PARENTS.len()).filter(|one| *one == provider || is_below(*one, provider)).collect();
        let holder = *below.choose(&mut self.chance).unwrap();
        let (quantity, now) = (self.chance.random_range(1..4), self.now());
        let what = format!("{provider} issues {quantity} to {holder}");
        let draft = LicenceDraft {
            agreement: self.agreement,
            holder: self.organisations[holder],
            provider: Some(self.organisations[provider]),
            quantity: Quantity::new(quantity).unwrap(),
            amount_per_month: None,
            discount: BasisPoints::default(),
            starts_at: None,
            expires_at: None,
            paid_until_at: None,
            systems: Vec::new(),
        };
        let outcome = self.bench.context.issue_licences(Authority::Operator, draft).await;
        self.model.settle(now);
        let needs_none = provider == 0 && self.model.root().is_none();
        let used = if needs_none { Ok(Vec::new()) } else { self.model.uses(provider, quantity, now) };
        let issued = self.same("issue", &what, outcome, used.as_ref().map(|_| ()).map_err(|code| *code));
        for (pool, seats) in used.unwrap_or_default() {
            self.model.0.get_mut(&pool).unwrap().used += seats;
        }
        self.licences.extend(issued.into_iter().flatten().map(|licence| (licence.id, licence.pool)));
        what
    }

    async fn revoke(&mut self) -> String {
        if self.licences.is_empty() {
            return "nothing".to_owned();
        }
        let at = self.chance.random_range(0..self.licences.len());
        let (licence, pool) = self.licences.swap_remove(at);
        let what = format!("{licence} of {pool:?} is revoked");
        self.same("revoke", &what, self.bench.context.revoke_licence(Authority::Operator, licence).await, Ok(()));
        if let Some(pool) = pool {
            self.model.0.get_mut(&pool).unwrap().used -= 1;
        }
        what
    }

    /// Every balance, in the program and in the model.
    async fn compare(&self) {
        let acts = &self.acts;
        let filter = PoolFilter { holder: None, family: Some(self.family) };
        let found = self.bench.context.list_pools(Authority::Operator, filter, (0, 500)).await.unwrap();
        let mut found: Vec<_> = found.items.iter().map(|pool| (pool.id, pool.balance(), pool.expires_at)).collect();
        found.sort_by_key(|(id, ..)| *id);
        let expected: Vec<_> = self
            .model
            .0
            .iter()
            .map(|(id, pool)| {
                let given = self.model.given(*id);
                let balance = Balance { seats: pool.seats, overdraft: pool.overdraft, given, used: pool.used };
                assert!(balance.is_lawful(), "the model breaks the law: {acts:#?}");
                (*id, balance, pool.ends)
            })
            .collect();
        assert_eq!(found, expected, "after {acts:#?}");
    }
}

async fn organisations(bench: &Bench) -> Vec<OrganisationId> {
    let mut all: Vec<OrganisationId> = Vec::new();
    for (number, parent) in PARENTS.iter().enumerate() {
        let kind = match number {
            0 => OrganisationKind::Owner,
            1 | 2 => OrganisationKind::Distributor,
            3..6 => OrganisationKind::Reseller,
            _ => OrganisationKind::Customer,
        };
        let parent = parent.map(|parent| all[parent]);
        all.push(bench.organisation_of_kind(&format!("Organisation {number}"), kind, parent).await);
    }
    all
}

/// An agreement without seats yet.
async fn begin<'a>(bench: &'a Bench, organisations: &'a [OrganisationId], seed: u64) -> History<'a> {
    let change = AgreementChange {
        name: None,
        kind: None,
        provides: None,
        catalogues: None,
        duration: Patch::Keep,
        amount_per_month: None,
        trials: None,
        grace: None,
        systems: None,
        lease: None,
    };
    let name = Name::parse_text(&format!("Agreement {seed}")).unwrap();
    let terms = change.terms(name, AgreementKind::parse_text("subscription").unwrap());
    let draft = bench.context.create_agreement(Authority::Operator, terms).await.unwrap();
    bench.context.publish_agreement(Authority::Operator, draft.id).await.unwrap();
    History {
        bench,
        organisations,
        chance: ChaCha8Rng::seed_from_u64(seed),
        agreement: draft.id,
        family: draft.family,
        model: Pools::default(),
        licences: Vec::new(),
        acts: Vec::new(),
        done: BTreeMap::new(),
    }
}

/// Gives back what has ended, in the program and in all models.
async fn settle(bench: &Bench, histories: &mut [History<'_>]) {
    bench.context.settle_expired_seats().await.unwrap();
    for history in histories {
        let now = history.now();
        history.model.settle(now);
        history.acts.push(format!("it is {now}"));
    }
}

on_both_engines! {
    async fn whatever_happens_to_seats_every_balance_is_that_of_a_plain_model(bench: Bench) {
        let organisations = organisations(&bench).await;
        let mut chance = ChaCha8Rng::seed_from_u64(seed());
        let mut done = BTreeMap::<&str, usize>::new();
        for _ in 0..HISTORIES / AT_ONCE {
            let seeds: Vec<u64> = (0..AT_ONCE).map(|_| chance.random()).collect();
            let mut histories = join_all(seeds.iter().map(|seed| begin(&bench, &organisations, *seed))).await;
            for _ in 0..ACTS {
                if chance.random_bool(0.15) {
                    bench.clock.advance(Span::hours(chance.random_range(1..30)));
                    settle(&bench, &mut histories).await;
                }
                join_all(histories.iter_mut().map(History::act)).await;
                // A licence that was revoked frees a seat of a pool whose time has passed.
                settle(&bench, &mut histories).await;
                join_all(histories.iter().map(History::compare)).await;
            }
            for (kind, times) in histories.iter().flat_map(|history| &history.done) {
                *done.entry(kind).or_default() += times;
            }
        }
        assert_eq!(done.len(), 6, "{done:?}");
        // What is done least, licences revoked, is done 123 times on average, with a standard deviation of 13.
        assert!(done.values().all(|times| *times > HISTORIES / 25), "hardly anything was allowed: {done:?}");
    }
}
