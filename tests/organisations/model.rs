//! Chance grows a tree, and suspends, reactivates, deletes, restores, moves and destroys in it from a seed; a model
//! that knows nothing but each organisation's parent and what was decided of it says what the server must answer,
//! whom it lets in, and what each of them sees.

use std::collections::BTreeSet;

use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::support::{Actor, ORGANIZATIONS, touched};

const SEED: u64 = 20_261_124;
const ORGANISATIONS: usize = 14;
const ACTS: usize = 120;

/// An organisation as the model knows it: with one person and one system, so that an act touches as many of each.
struct Node {
    id: String,
    kind: OrganisationKind,
    parent: Option<usize>,
    is_suspended: bool,
    is_deleted: bool,
    is_destroyed: bool,
    reader: Actor,
}

impl Node {
    const fn new(id: String, kind: OrganisationKind, parent: Option<usize>, reader: Actor) -> Self {
        Self { id, kind, parent, is_suspended: false, is_deleted: false, is_destroyed: false, reader }
    }
}

/// What the model expects of an act.
enum Expected {
    /// It happens, and touches as many organisations.
    Touched(usize),
    /// It is refused: with this status, and this message.
    Refused(u16, &'static str),
}

use Expected::{Refused, Touched};

struct World {
    bench: Bench,
    root: Actor,
    nodes: Vec<Node>,
    chance: ChaCha8Rng,
}

impl World {
    async fn begin(bench: Bench) -> Self {
        let owner = bench.organisation("Owner", None).await;
        let root = Actor::of(&bench, &bench.super_admin("root", owner).await).await;
        let reader = Actor::of(&bench, &bench.person("reader0", owner, Role::Reader).await).await;
        let nodes = vec![Node::new(owner.to_string(), OrganisationKind::Owner, None, reader)];
        Self { bench, root, nodes, chance: ChaCha8Rng::seed_from_u64(SEED) }
    }

    /// The organisations from this one upwards, itself first.
    fn line(&self, number: usize) -> Vec<usize> {
        std::iter::successors(Some(number), |number| self.nodes[*number].parent).collect()
    }

    fn is_suspended(&self, number: usize) -> bool {
        self.line(number).into_iter().any(|above| self.nodes[above].is_suspended)
    }

    fn is_deleted(&self, number: usize) -> bool {
        self.line(number).into_iter().any(|above| self.nodes[above].is_deleted)
    }

    /// What there is of the tree below this one, itself included.
    fn tree(&self, number: usize) -> Vec<usize> {
        let there = (0..self.nodes.len()).filter(|each| !self.nodes[*each].is_destroyed);
        there.filter(|each| self.line(*each).contains(&number)).collect()
    }

    fn living(&self, number: usize) -> usize {
        self.tree(number).into_iter().filter(|each| !self.is_deleted(*each)).count()
    }

    fn active(&self, number: usize) -> usize {
        self.tree(number).into_iter().filter(|each| !self.is_deleted(*each) && !self.is_suspended(*each)).count()
    }

    fn some(&mut self, from: usize) -> usize {
        let there: Vec<usize> = (from..self.nodes.len()).filter(|each| !self.nodes[*each].is_destroyed).collect();
        there[self.chance.random_range(0..there.len())]
    }

    /// Adds an organisation, wherever one of its kind may stand and the server takes it.
    async fn grow(&mut self) {
        let kind = OrganisationKind::ALL[self.chance.random_range(1..4)];
        let places: Vec<usize> =
            self.tree(0).into_iter().filter(|place| kind.may_stand_below(self.nodes[*place].kind)).collect();
        let place = places[self.chance.random_range(0..places.len())];
        let number = self.nodes.len();
        let draft =
            json!({ "name": format!("Organisation {number}"), "type": kind, "parent_id": self.nodes[place].id });
        let created = self.root.create(&self.bench, &draft).await;
        if self.is_suspended(place) || self.is_deleted(place) {
            assert_eq!(created.fields(), [("parent_id", "organization")], "below {place}, seed {SEED}");
            return;
        }
        let id = text(created.data(201), "id").to_owned();
        self.root.system(&self.bench, "One", &id).await;
        let organisation = bailiwick_domain::field::Parse::parse_text(&id).unwrap();
        let reader = self.bench.person(&format!("reader{number}"), organisation, Role::Reader).await;
        let reader = Actor::of(&self.bench, &reader).await;
        self.nodes.push(Node::new(id, kind, Some(place), reader));
    }

    /// Does something to some organisation, and gives what was expected and what was answered.
    async fn act(&mut self) -> (String, Expected, Answer) {
        let (number, act) = (self.some(0), self.chance.random_range(0..6));
        let names = ["suspend", "reactivate", "delete", "restore", "destroy"];
        let Some(name) = names.get(act) else {
            let place = self.some(0);
            let expected = self.expect_move(number, place);
            let answer = self.root.put_below(&self.bench, &self.nodes[number].id, &self.nodes[place].id).await;
            return (format!("moving {number} below {place}"), expected, answer);
        };
        let expected = self.expect(number, name);
        (format!("{name} of {number}"), expected, self.root.act(&self.bench, &self.nodes[number].id, name).await)
    }

    fn expect(&mut self, number: usize, act: &str) -> Expected {
        let (is_owner, is_gone) = (number == 0, self.is_deleted(number));
        let is_below_deleted = self.nodes[number].parent.is_some_and(|parent| self.is_deleted(parent));
        match act {
            "suspend" | "reactivate" | "delete" if is_gone => Refused(404, "organization not found"),
            "suspend" | "delete" | "destroy" if is_owner => Refused(409, "owner organization"),
            "suspend" if self.nodes[number].is_suspended => Refused(409, "organization is already suspended"),
            "suspend" => {
                let touched = self.active(number);
                self.nodes[number].is_suspended = true;
                Touched(touched)
            }
            "reactivate" if !self.nodes[number].is_suspended => Refused(409, "organization is not suspended"),
            "reactivate" => {
                self.nodes[number].is_suspended = false;
                Touched(self.active(number))
            }
            "delete" => {
                let touched = self.living(number);
                self.nodes[number].is_deleted = true;
                Touched(touched)
            }
            "restore" if is_below_deleted => Refused(409, "organization above is deleted"),
            "restore" | "destroy" if !is_gone => Refused(409, "organization is not deleted"),
            "restore" => {
                self.nodes[number].is_deleted = false;
                Touched(self.living(number))
            }
            _ => {
                let tree = self.tree(number);
                for gone in &tree {
                    self.nodes[*gone].is_destroyed = true;
                }
                Touched(tree.len())
            }
        }
    }

    fn expect_move(&mut self, number: usize, place: usize) -> Expected {
        if self.is_deleted(number) {
            return Refused(404, "organization not found");
        }
        if number == 0 {
            return Refused(409, "owner organization");
        }
        let is_out = self.is_deleted(place) || self.is_suspended(place);
        let (kind, above) = (self.nodes[number].kind, self.nodes[place].kind);
        if is_out || self.line(place).contains(&number) || !kind.may_stand_below(above) {
            return Refused(400, "validation failed");
        }
        if self.nodes[number].parent == Some(place) {
            return Touched(0);
        }
        self.nodes[number].parent = Some(place);
        Touched(self.living(number))
    }

    /// The ids in a list, with whether each is out.
    async fn list(&self, actor: &Actor, query: &str) -> Option<BTreeSet<(String, bool)>> {
        let listed = actor.get(&self.bench, &format!("{ORGANIZATIONS}?page_size=100&{query}")).await;
        if listed.status == 401 {
            return None;
        }
        let listed = listed.data(200)["organizations"].as_array().unwrap();
        Some(listed.iter().map(|one| (text(one, "id").to_owned(), one["is_suspended"] == Value::Bool(true))).collect())
    }

    /// What the model expects in the list of whoever belongs to an organisation.
    fn seen(&self, number: usize, deleted: bool) -> BTreeSet<(String, bool)> {
        let tree = self.tree(number).into_iter().filter(|each| self.is_deleted(*each) == deleted);
        tree.map(|each| (self.nodes[each].id.clone(), self.is_suspended(each))).collect()
    }

    async fn compare(&self, after: &str) {
        for deleted in [false, true] {
            let listed = self.list(&self.root, &format!("deleted={deleted}")).await;
            assert_eq!(listed, Some(self.seen(0, deleted)), "after {after}, deleted {deleted}, seed {SEED}");
        }
        for (number, node) in self.nodes.iter().enumerate() {
            let is_in = !node.is_destroyed && !self.is_deleted(number) && !self.is_suspended(number);
            let expected = is_in.then(|| self.seen(number, false));
            let listed = self.list(&node.reader, "").await;
            assert_eq!(listed, expected, "after {after}, what {number} sees, seed {SEED}");
        }
    }
}

on_both_engines! {
    async fn whatever_is_decided_and_moved_reaches_what_is_below_and_is_undone_for_what_it_touched_alone(bench: Bench) {
        let mut world = World::begin(bench).await;
        for number in 1..ACTS {
            let there = world.tree(0).len();
            if there < 4 || there < ORGANISATIONS && world.chance.random_bool(0.2) {
                world.grow().await;
                world.compare(&format!("{number}, growing")).await;
                continue;
            }
            let (what, expected, answer) = world.act().await;
            let after = format!("{number}, {what}");
            match expected {
                Touched(count) => {
                    let data = answer.data(200);
                    let counts = data.get("touched").or(data.get("removed")).unwrap();
                    assert_eq!(counts, &touched(count, count, count), "after {after}, seed {SEED}");
                }
                Refused(status, message) => {
                    let answered = (answer.status, text(&answer.json, "message"));
                    assert_eq!(answered, (status, message), "after {after}, seed {SEED}: {}", answer.json);
                }
            }
            world.compare(&after).await;
        }
    }
}
