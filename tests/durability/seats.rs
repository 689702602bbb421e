//! kill -9 while seats are made, given, taken back, used and freed: every sum is right, and nothing that was
//! acknowledged is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::chance::seed;
use bailiwick_testkit::patience::eventually;
use bailiwick_testkit::process::Program;
use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::{Value, json};

use crate::look::Look;
use crate::world::{Api, OWNER, World, read};

/// How often the server is killed.
const ROUNDS: usize = 8;
/// How much is moved in each round before that.
const MOVES: usize = 12;
/// Those who move seats at once.
const MOVERS: usize = 4;

/// What must be nowhere among sound seats.
const BROKEN: [(&str, &str); 9] = [
    (
        "pools that gave something else than those below them have",
        "SELECT COUNT(*) FROM seat_pools p WHERE p.given <> \
         (SELECT COALESCE(SUM(c.seats), 0) FROM seat_pools c WHERE c.parent_id = p.id)",
    ),
    (
        "pools that use something else than their living licences",
        "SELECT COUNT(*) FROM seat_pools p WHERE p.used <> \
         (SELECT COUNT(*) FROM licences l WHERE l.pool_id = p.id AND l.revoked_at IS NULL)",
    ),
    ("pools that spend more than they have", "SELECT COUNT(*) FROM seat_pools WHERE given + used > seats + overdraft"),
    (
        "pools whose seats are not those of their history",
        "SELECT COUNT(*) FROM seat_pools p WHERE p.seats <> (SELECT COALESCE(SUM(CASE \
         WHEN m.kind IN ('made', 'received') THEN m.seats WHEN m.kind IN ('unmade', 'returned', 'expired') THEN -m.seats \
         ELSE 0 END), 0) FROM seat_moves m WHERE m.pool_id = p.id)",
    ),
    (
        "pools that gave or use something else than their history says",
        "SELECT COUNT(*) FROM seat_pools p WHERE p.given + p.used <> (SELECT COALESCE(SUM(CASE \
         WHEN m.kind IN ('given', 'used') THEN m.seats WHEN m.kind IN ('taken_back', 'freed', 'lapsed') THEN -m.seats \
         ELSE 0 END), 0) FROM seat_moves m WHERE m.pool_id = p.id)",
    ),
    (
        "licences without a begin of their history, or without an audit entry",
        "SELECT COUNT(*) FROM licences l WHERE NOT EXISTS \
         (SELECT 1 FROM licence_changes c WHERE c.licence_id = l.id AND c.number = 1 AND c.kind = 'issued') \
         OR NOT EXISTS (SELECT 1 FROM audit a WHERE a.subject_id = l.id AND a.action = 'license.issued')",
    ),
    (
        "revoked licences that are not written down as such",
        "SELECT COUNT(*) FROM licences l WHERE (l.revoked_at IS NOT NULL) <> EXISTS \
         (SELECT 1 FROM licence_changes c WHERE c.licence_id = l.id AND c.kind = 'revoked')",
    ),
    (
        "licences that are missing in a list",
        "SELECT COUNT(*) FROM licences l WHERE (SELECT COUNT(*) FROM licence_places pl WHERE pl.licence_id = l.id) <> \
         (SELECT COUNT(*) FROM organisation_paths p JOIN organisations a ON a.id = p.ancestor_id \
          WHERE p.descendant_id = l.holder_id AND a.kind <> 'customer')",
    ),
    (
        "lists that are counted wrong",
        "SELECT COUNT(*) FROM licence_totals t WHERE t.number <> (SELECT COUNT(*) FROM licence_places pl \
         WHERE pl.partner_id = t.partner_id AND pl.agreement_id = t.agreement_id)",
    ),
];

/// Somebody who moves seats, and remembers what was acknowledged.
struct Mover {
    api: Api,
    /// Signed in before the first kill: attempts that a crash cuts off count as failures.
    access: String,
    random: ChaCha8Rng,
    agreement: String,
    /// The pools of the owner, the distributor and the reseller.
    pools: Vec<String>,
    /// The distributor, the reseller and the customer.
    organisations: Vec<String>,
    /// Licences that were issued and not revoked.
    licences: Vec<String>,
    issued: usize,
    /// How often anybody has moved something, in all.
    moved: Arc<AtomicUsize>,
}

impl Mover {
    /// Moves one after the other until the server is gone.
    async fn stay(&mut self) {
        while self.step().await.is_ok() {}
    }

    async fn step(&mut self) -> reqwest::Result<()> {
        let seats = self.random.random_range(1..8);
        let at = self.random.random_range(0..2);
        match self.random.random_range(0..10) {
            0 => {
                let body = json!({ "Agreement": self.agreement, "Seats": seats });
                self.ask("/auth/admin/pools", body).await?;
            }
            1..=3 => {
                let body = json!({ "Organisation": self.organisations[at], "Seats": seats });
                self.ask(&format!("/auth/admin/pools/{}/give", self.pools[at]), body).await?;
            }
            4..=5 => {
                let path = format!("/auth/admin/pools/{}/take-back", self.pools[at + 1]);
                self.ask(&path, json!({ "Seats": seats })).await?;
            }
            6..=8 => {
                let body = json!({
                    "Agreement": self.agreement, "Organisation": self.organisations[2],
                    "Provider": self.organisations[at], "Quantity": self.random.random_range(1..4),
                });
                if let Some(issued) = self.ask("/auth/admin/licenses", body).await? {
                    let issued = issued.as_array().unwrap().iter();
                    let ids: Vec<_> = issued.map(|licence| licence["UUID"].as_str().unwrap().to_owned()).collect();
                    self.issued += ids.len();
                    self.licences.extend(ids);
                }
            }
            _ => {
                let Some(licence) = self.licences.choose(&mut self.random).cloned() else { return Ok(()) };
                // Whether it comes to that or not, it is not asked for again.
                self.licences.retain(|other| *other != licence);
                self.ask(&format!("/auth/admin/licenses/{licence}/revoke"), json!({})).await?;
            }
        }
        Ok(())
    }

    /// What came of it; nothing where it was refused.
    async fn ask(&mut self, path: &str, body: Value) -> reqwest::Result<Option<Value>> {
        let request = self.api.call(Method::POST, path).bearer_auth(&self.access).json(&body);
        let (status, answer) = read(request).await?;
        match status {
            200 | 201 => {
                self.moved.fetch_add(1, Ordering::Relaxed);
                Ok(Some(answer))
            }
            // Too few seats, or another one holds them.
            409 | 503 => Ok(None),
            _ => panic!("{path} {body}: {status} {answer}"),
        }
    }
}

/// Sets up what is moved, while the server runs; gives the agreement, the pools and the organisations.
async fn set_up(api: &Api, access: &str) -> (String, Vec<String>, Vec<String>) {
    let ask = async |path: &str, body: Value| {
        let (status, answer) = read(api.call(Method::POST, path).bearer_auth(access).json(&body)).await.unwrap();
        assert!(matches!(status, 200 | 201), "{path}: {status} {answer}");
        answer
    };
    let mut organisations: Vec<String> = Vec::new();
    for kind in ["distributor", "reseller", "customer"] {
        let mut body = json!({ "name": kind, "type": kind });
        if let Some(parent) = organisations.last() {
            body["parent_id"] = json!(parent);
        }
        let created = ask("/api/organizations", body).await;
        organisations.push(created["data"]["id"].as_str().unwrap().to_owned());
    }
    let id = |answer: &Value| answer["UUID"].as_str().unwrap().to_owned();
    let agreement = id(&ask("/auth/admin/agreements", json!({ "Name": "Manager", "Kind": "subscription" })).await);
    ask(&format!("/auth/admin/agreements/{agreement}/publish"), json!({})).await;
    let mut pools = vec![id(&ask("/auth/admin/pools", json!({ "Agreement": agreement, "Seats": 40 })).await)];
    for (number, receiver) in organisations.iter().take(2).enumerate() {
        let body = json!({ "Organisation": receiver, "Seats": 20 - 10 * number });
        pools.push(id(&ask(&format!("/auth/admin/pools/{}/give", pools[number]), body).await));
    }
    (agreement, pools, organisations)
}

async fn story(engine: Engine) {
    let seed = seed();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let world = World::new(engine).await;
    let mut program = world.program.clone();
    let running = program.start().await.unwrap();
    let api = Api::new(&world.program.origin(), "10.0.8.1");
    let access = api.sign_in(OWNER).await.access;
    let (agreement, pools, organisations) = set_up(&api, &access).await;
    drop(running);
    let count = Arc::new(AtomicUsize::new(0));
    let begun = |number: usize| Mover {
        api: Api::new(&world.program.origin(), &format!("10.0.{number}.1")),
        access: access.clone(),
        random: ChaCha8Rng::seed_from_u64(seed + u64::try_from(number).unwrap() + 1),
        agreement: agreement.clone(),
        pools: pools.clone(),
        organisations: organisations.clone(),
        licences: Vec::new(),
        issued: 0,
        moved: Arc::clone(&count),
    };
    let mut movers: Vec<Mover> = (0..MOVERS).map(begun).collect();
    for number in 0..ROUNDS {
        let enough = (number + 1) * MOVES;
        let after = Duration::from_millis(random.random_range(0..400));
        movers = round(&mut program, movers, (&count, enough), after).await;
        hold_to_it(&world.look, &movers).await;
    }
    let verified = world.program.run(&["audit", "verify"], "").unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

/// Everybody moves seats, until enough was moved and the server is killed in the middle of the next moves.
async fn round(
    program: &mut Program,
    movers: Vec<Mover>,
    (moved, enough): (&AtomicUsize, usize),
    after: Duration,
) -> Vec<Mover> {
    let mut running = program.start().await.unwrap();
    let moving = movers.into_iter().map(|mut mover| {
        tokio::spawn(async move {
            mover.stay().await;
            mover
        })
    });
    let moving: Vec<_> = moving.collect();
    eventually("seats are moved", async || moved.load(Ordering::Relaxed) >= enough).await;
    tokio::time::sleep(after).await;
    running.kill_9().unwrap();
    let mut movers = Vec::new();
    for task in moving {
        movers.push(task.await.unwrap());
    }
    movers
}

async fn hold_to_it(look: &Look, movers: &[Mover]) {
    for (what, sql) in BROKEN {
        assert_eq!(look.count(sql).await, 0, "{what}");
    }
    look.assert_file_is_sound();
    let acknowledged: usize = movers.iter().map(|mover| mover.issued).sum();
    let there = look.count("SELECT COUNT(*) FROM licences").await;
    assert!(there >= i64::try_from(acknowledged).unwrap(), "{acknowledged} were acknowledged, and {there} are there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_sum_of_seats_is_right_through_kill_9_on_sqlite() {
    story(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_sum_of_seats_is_right_through_kill_9_on_postgres() {
    story(Engine::Postgres).await;
}
