//! Lists of licences follow whatever happens to licences and to the organisations that hold them.

use std::collections::BTreeSet;

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_testkit::answer::text;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::chance::seed;
use bailiwick_testkit::on_both_engines;
use rand::{RngExt as _, SeedableRng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::{Value, json};

use crate::lists::{ids, orders, sorted};
use crate::support::{AGREEMENTS, Actor, LICENSES, admin, subscription};

/// How often licences are issued before chance decides what happens.
const BEGUN: usize = 10;
/// How many acts there are, after each of which everybody looks.
const ACTS: usize = 50;

/// An organisation of the story.
struct Place {
    id: OrganisationId,
    parent: Option<usize>,
    is_deleted: bool,
}

struct Story {
    bench: Bench,
    root: Actor,
    /// Owner, two distributors, two resellers, five customers.
    places: Vec<Place>,
    /// Who looks, and from where: the owner, both distributors, a reseller.
    lookers: Vec<(Actor, usize)>,
    agreements: Vec<String>,
    /// Each licence as it was told last, and who holds it.
    licences: Vec<(Value, usize)>,
    chance: ChaCha8Rng,
}

impl Story {
    async fn begin(bench: Bench) -> Self {
        let kinds = [
            (OrganisationKind::Owner, None),
            (OrganisationKind::Distributor, Some(0)),
            (OrganisationKind::Distributor, Some(0)),
            (OrganisationKind::Reseller, Some(1)),
            (OrganisationKind::Reseller, Some(2)),
            (OrganisationKind::Customer, Some(3)),
            (OrganisationKind::Customer, Some(3)),
            (OrganisationKind::Customer, Some(4)),
            (OrganisationKind::Customer, Some(1)),
            (OrganisationKind::Customer, Some(0)),
        ];
        let mut places: Vec<Place> = Vec::new();
        for (number, (kind, parent)) in kinds.into_iter().enumerate() {
            let above = parent.map(|parent: usize| places[parent].id);
            let id = bench.organisation_of_kind(&format!("Place {number}"), kind, above).await;
            places.push(Place { id, parent, is_deleted: false });
        }
        let root = bench.super_admin("root", places[0].id).await;
        let root = Actor(bench.sign_in(&root).await.access);
        let mut lookers = Vec::new();
        for number in [0, 1, 2, 3] {
            lookers.push((admin(&bench, &format!("looker-{number}"), places[number].id).await, number));
        }
        let mut endless = subscription("Endless");
        endless["DurationDays"] = Value::Null;
        let trial = json!({ "Name": "Trial", "Kind": "trial", "DurationDays": 30 });
        let mut agreements = Vec::new();
        for terms in [&subscription("Manager"), &subscription("Manager"), &endless, &trial] {
            agreements.push(root.agreement(&bench, terms).await);
        }
        let chance = ChaCha8Rng::seed_from_u64(seed());
        Self { bench, root, places, lookers, agreements, licences: Vec::new(), chance }
    }

    fn is_below(&self, place: usize, other: usize) -> bool {
        place == other || self.places[place].parent.is_some_and(|parent| self.is_below(parent, other))
    }

    fn is_gone(&self, place: usize) -> bool {
        self.places[place].is_deleted || self.places[place].parent.is_some_and(|parent| self.is_gone(parent))
    }

    async fn act(&mut self) -> String {
        match self.chance.random_range(0..10) {
            0..4 => self.issue().await,
            4 => self.renew().await,
            5 => self.transfer().await,
            6..8 => self.delete_or_restore().await,
            8 => self.relocate().await,
            _ => self.revise().await,
        }
    }

    async fn issue(&mut self) -> String {
        let holder = self.chance.random_range(0..self.places.len());
        let agreement = self.agreements.choose(&mut self.chance).unwrap().clone();
        // Some begin at the same moment as others.
        let starts = Timestamp::from_seconds(1_790_000_000).plus(Span::days(self.chance.random_range(0..3)));
        let body = json!({
            "Agreement": agreement, "Organisation": self.places[holder].id, "Provider": self.places[0].id,
            "Quantity": self.chance.random_range(1..4), "StartsAt": starts,
        });
        let issued = self.root.post(&self.bench, LICENSES, &body).await;
        let may = !self.is_gone(holder);
        assert_eq!(issued.status, if may { 201 } else { 400 }, "{issued:?}");
        if may {
            self.licences.extend(issued.json.as_array().unwrap().iter().map(|licence| (licence.clone(), holder)));
        }
        format!("issued to {holder}")
    }

    fn any_living(&mut self) -> Option<usize> {
        let living: Vec<_> = (0..self.licences.len()).filter(|at| !self.is_gone(self.licences[*at].1)).collect();
        living.choose(&mut self.chance).copied()
    }

    async fn renew(&mut self) -> String {
        let Some(at) = self.any_living() else { return "nothing".to_owned() };
        let path = format!("{LICENSES}/{}/renew", text(&self.licences[at].0, "UUID"));
        let renewed = self.root.post(&self.bench, &path, &json!({})).await;
        let is_endless = self.licences[at].0["ExpiresAt"].is_null();
        assert_eq!(renewed.status, if is_endless { 409 } else { 200 }, "{renewed:?}");
        if !is_endless {
            self.licences[at].0 = renewed.json;
        }
        format!("renewed {at}")
    }

    async fn transfer(&mut self) -> String {
        let Some(at) = self.any_living() else { return "nothing".to_owned() };
        let to = self.chance.random_range(0..self.places.len());
        let path = format!("{LICENSES}/{}/transfer", text(&self.licences[at].0, "UUID"));
        let moved = self.root.post(&self.bench, &path, &json!({ "Organisation": self.places[to].id })).await;
        let may = !self.is_gone(to) && to != self.licences[at].1;
        assert_eq!(moved.status, if may { 200 } else { 400 }, "{moved:?}");
        if may {
            self.licences[at] = (moved.json, to);
        }
        format!("handed {at} to {to}")
    }

    async fn delete_or_restore(&mut self) -> String {
        let place = self.chance.random_range(1..self.places.len());
        let path = format!("/api/organizations/{}", self.places[place].id);
        let above_is_gone = self.places[place].parent.is_some_and(|parent| self.is_gone(parent));
        if above_is_gone || self.lookers.iter().any(|(_, looker)| self.is_below(*looker, place)) {
            return "nothing".to_owned();
        }
        let (method, path) = if self.places[place].is_deleted {
            (Method::PATCH, format!("{path}/restore"))
        } else {
            (Method::DELETE, path)
        };
        let decided = self.bench.ask(method, &path, &self.root.0, None).await;
        assert_eq!(decided.status, 200, "{decided:?}");
        self.places[place].is_deleted = !self.places[place].is_deleted;
        format!("deleted or restored {place}")
    }

    async fn relocate(&mut self) -> String {
        let (place, parent) = (self.chance.random_range(3..self.places.len()), self.chance.random_range(0..5));
        let fits = match place {
            3 | 4 => parent < 3,
            _ => true,
        };
        if !fits || self.is_gone(place) || self.is_gone(parent) || self.is_below(parent, place) {
            return "nothing".to_owned();
        }
        let body = json!({ "parent_id": self.places[parent].id });
        let path = format!("/api/organizations/{}/parent", self.places[place].id);
        let moved = self.bench.ask(Method::PUT, &path, &self.root.0, Some(&body)).await;
        assert_eq!(moved.status, 200, "{moved:?}");
        self.places[place].parent = Some(parent);
        format!("moved {place} below {parent}")
    }

    /// A new version of an agreement, under which licences are renewed from now on.
    async fn revise(&mut self) -> String {
        let at = self.chance.random_range(0..self.agreements.len());
        let draft = self.root.act(&self.bench, &format!("{AGREEMENTS}/{}/revise", self.agreements[at])).await;
        let id = text(&draft.json, "UUID").to_owned();
        let published = self.root.act(&self.bench, &format!("{AGREEMENTS}/{id}/publish")).await;
        assert_eq!(published.status, 200, "{published:?}");
        self.agreements[at] = id;
        format!("revised {at}")
    }

    /// Everybody looks at what they may see, in some of the orders.
    async fn look(&mut self, acts: &[String]) {
        for looker in 0..self.lookers.len() {
            let place = self.lookers[looker].1;
            let seen = |(_, holder): &&(Value, usize)| self.is_below(*holder, place) && !self.is_gone(*holder);
            let seen: Vec<Value> = self.licences.iter().filter(seen).map(|(licence, _)| licence.clone()).collect();
            let orders = orders().choose(&mut self.chance).unwrap().clone();
            let query = if orders.is_empty() { String::new() } else { format!("&OrderBy={}", orders.join(",")) };
            let kind = *["", "trial", "subscription"].choose(&mut self.chance).unwrap();
            let query = if kind.is_empty() { query } else { format!("{query}&Kind={kind}") };
            let is_of_kind = |licence: &&Value| kind.is_empty() || licence["Agreement"]["Kind"] == kind;
            let wanted: Vec<Value> = seen.iter().filter(is_of_kind).cloned().collect();
            let expected = sorted(&wanted, &orders);
            let actor = &self.lookers[looker].0;
            let found = ids(&self.bench, actor, &format!("Limit=500{query}")).await;
            assert_eq!(found, expected, "{place} sees {query} after {acts:#?}");
            let (offset, limit) = (self.chance.random_range(0..=expected.len()), self.chance.random_range(1..10));
            let slice = actor.get(&self.bench, &format!("/auth/licenses?Offset={offset}&Limit={limit}{query}")).await;
            let told: Vec<_> = slice.json.as_array().unwrap().iter().map(|one| text(one, "UUID")).collect();
            let end = expected.len().min(offset + limit);
            assert_eq!(told, expected[offset..end], "{place} sees {query} from {offset} after {acts:#?}");
            let total = expected.len().to_string();
            assert_eq!(slice.header("x-pagination-records"), Some(total.as_str()), "{place}, {query} after {acts:#?}");
            let distinct: BTreeSet<_> = found.iter().collect();
            assert_eq!(distinct.len(), found.len());
        }
    }
}

on_both_engines! {
    async fn whatever_happens_to_licences_lists_are_right_in_every_order(bench: Bench) {
        let mut story = Story::begin(bench).await;
        let mut acts = Vec::new();
        for _ in 0..BEGUN {
            acts.push(story.issue().await);
        }
        for _ in 0..ACTS {
            acts.push(story.act().await);
            story.look(&acts).await;
        }
        assert!(story.licences.len() >= BEGUN, "{acts:#?}");
    }
}
