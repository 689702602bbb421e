//! kill -9 while whole parts of the tree are suspended, deleted, restored, destroyed and moved: each decision has
//! happened for all below it, or for nobody.

use std::time::Duration;

use bailiwick_app::clock::{Clock, SystemClock};
use bailiwick_app::random::{Random, SystemRandom};
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_store::query::organisation::{self, OrganisationRecord};
use bailiwick_store::query::user::{self, NewUser};
use bailiwick_store::{Database, WriteTransaction};
use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::chance::seed;
use bailiwick_testkit::process::Program;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::{Value, json};

use crate::look::Look;
use crate::world::{Api, OWNER, World, read};

/// How often the server is killed.
const ROUNDS: usize = 10;
/// Those who decide at once, each of a distributor of their own and of the resellers that began below it.
const DECIDERS: usize = 3;
const RESELLERS: usize = 10;
const CUSTOMERS: usize = 12;

/// What must be nowhere in a sound tree.
const BROKEN: [(&str, &str); 10] = [
    (
        "organisations without a path to themselves",
        "SELECT COUNT(*) FROM organisations o WHERE NOT EXISTS (SELECT 1 FROM organisation_paths p \
         WHERE p.descendant_id = o.id AND p.ancestor_id = o.id AND p.depth = 0)",
    ),
    (
        "paths of no length to somebody else, or of some length to oneself",
        "SELECT COUNT(*) FROM organisation_paths WHERE (depth = 0) <> (descendant_id = ancestor_id)",
    ),
    (
        "paths that do not lead over the parent",
        "SELECT COUNT(*) FROM organisation_paths p JOIN organisations o ON o.id = p.descendant_id WHERE p.depth > 0 \
         AND NOT EXISTS (SELECT 1 FROM organisation_paths u WHERE u.descendant_id = o.parent_id \
             AND u.ancestor_id = p.ancestor_id AND u.depth = p.depth - 1)",
    ),
    (
        "paths of the parent that are missing below it",
        "SELECT COUNT(*) FROM organisations o JOIN organisation_paths u ON u.descendant_id = o.parent_id \
         WHERE NOT EXISTS (SELECT 1 FROM organisation_paths p WHERE p.descendant_id = o.id \
             AND p.ancestor_id = u.ancestor_id AND p.depth = u.depth + 1)",
    ),
    (
        "suspensions that do not follow from the tree",
        "SELECT COUNT(*) FROM organisations o WHERE o.suspended_through IS DISTINCT FROM (SELECT p.ancestor_id \
         FROM organisation_paths p JOIN organisations a ON a.id = p.ancestor_id \
         WHERE p.descendant_id = o.id AND a.suspended_at IS NOT NULL ORDER BY p.depth DESC LIMIT 1)",
    ),
    (
        "deletions that do not follow from the tree",
        "SELECT COUNT(*) FROM organisations o WHERE o.deleted_through IS DISTINCT FROM (SELECT p.ancestor_id \
         FROM organisation_paths p JOIN organisations a ON a.id = p.ancestor_id \
         WHERE p.descendant_id = o.id AND a.deleted_at IS NOT NULL ORDER BY p.depth DESC LIMIT 1)",
    ),
    (
        "suspensions that are not written down",
        "SELECT COUNT(*) FROM organisations o WHERE (o.suspended_at IS NOT NULL) <> \
         ((SELECT COUNT(*) FROM audit a WHERE a.subject_id = o.id AND a.action = 'organization.suspended') > \
          (SELECT COUNT(*) FROM audit a WHERE a.subject_id = o.id AND a.action = 'organization.reactivated'))",
    ),
    (
        "deletions that are not written down",
        "SELECT COUNT(*) FROM organisations o WHERE (o.deleted_at IS NOT NULL) <> \
         ((SELECT COUNT(*) FROM audit a WHERE a.subject_id = o.id AND a.action = 'organization.deleted') > \
          (SELECT COUNT(*) FROM audit a WHERE a.subject_id = o.id AND a.action = 'organization.restored'))",
    ),
    (
        "moves that are not written down at both ends",
        "SELECT (SELECT COUNT(*) FROM audit WHERE action = 'organization.moved') * 2 - \
         (SELECT COUNT(*) FROM audit WHERE action IN ('organization.moved_away', 'organization.moved_here'))",
    ),
    (
        "people who belong to nothing any more",
        "SELECT COUNT(*) FROM users u WHERE NOT u.is_super_admin \
         AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = u.id)",
    ),
];

/// What was decided of an organisation itself.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    parent: OrganisationId,
    is_suspended: bool,
    is_deleted: bool,
    is_gone: bool,
}

#[derive(Clone, Debug)]
struct Node {
    id: OrganisationId,
    state: State,
}

/// Somebody who decides of a part of the tree, and remembers what was acknowledged.
struct Decider {
    api: Api,
    /// Signed in before the first kill: attempts that a crash cuts off count as failures.
    access: String,
    random: ChaCha8Rng,
    /// A distributor, and the resellers that began below it.
    nodes: Vec<Node>,
    distributors: Vec<OrganisationId>,
    /// What was asked for and not answered: it has happened whole, or not at all.
    doubt: Option<(usize, State)>,
    acknowledged: usize,
}

impl Decider {
    /// Decides one thing after the other until the server is gone.
    async fn stay(&mut self) {
        while self.decide().await.is_ok() {}
    }

    async fn decide(&mut self) -> reqwest::Result<()> {
        let number = if self.random.random_bool(0.4) { 0 } else { self.random.random_range(0..self.nodes.len()) };
        let Node { id, state } = self.nodes[number].clone();
        let place = self.distributors[self.random.random_range(0..self.distributors.len())];
        let path = format!("/api/organizations/{id}");
        let (method, path, body, after) = match self.random.random_range(0..10) {
            0..=2 => (Method::PATCH, format!("{path}/suspend"), None, State { is_suspended: true, ..state.clone() }),
            3..=4 => {
                (Method::PATCH, format!("{path}/reactivate"), None, State { is_suspended: false, ..state.clone() })
            }
            5 => (Method::DELETE, path, None, State { is_deleted: true, ..state.clone() }),
            6..=7 => (Method::PATCH, format!("{path}/restore"), None, State { is_deleted: false, ..state.clone() }),
            8 if number > 0 && state.is_deleted => {
                (Method::DELETE, format!("{path}/destroy"), None, State { is_gone: true, ..state.clone() })
            }
            _ => {
                let body = json!({ "parent_id": place });
                (Method::PUT, format!("{path}/parent"), Some(body), State { parent: place, ..state.clone() })
            }
        };
        self.doubt = Some((number, after.clone()));
        let mut request = self.api.call(method, &path).bearer_auth(&self.access);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let (status, answer) = read(request).await?;
        self.doubt = None;
        match status {
            200 => {
                self.acknowledged += 1;
                self.nodes[number].state = after;
            }
            // What is out, deleted or gone already is refused, and so is what another one holds.
            400 | 404 | 409 | 503 => {}
            _ => panic!("{path}: {status} {answer}"),
        }
        Ok(())
    }

    /// Holds the database to what was acknowledged; what is in doubt has happened or not.
    async fn hold_to_it(&mut self, look: &Look) {
        for number in 0..self.nodes.len() {
            let Node { id, state } = self.nodes[number].clone();
            if is_so(look, id, &state).await {
                continue;
            }
            let doubtful = self.doubt.clone().filter(|(doubtful, _)| *doubtful == number);
            let Some((_, after)) = doubtful else { panic!("{id} was acknowledged as {state:?}, and is not") };
            assert!(is_so(look, id, &after).await, "{id} is neither {state:?} nor {after:?}");
            self.nodes[number].state = after;
        }
        self.doubt = None;
    }
}

/// Whether an organisation is like that in the database.
async fn is_so(look: &Look, id: OrganisationId, state: &State) -> bool {
    let it = format!("FROM organisations WHERE id = {}", look.id(id.uuid()));
    if state.is_gone {
        let tree = format!("FROM organisation_paths WHERE ancestor_id = {}", look.id(id.uuid()));
        return look.count(&format!("SELECT COUNT(*) {it}")).await
            + look.count(&format!("SELECT COUNT(*) {tree}")).await
            == 0;
    }
    let word = |is_so: bool| if is_so { "IS NOT NULL" } else { "IS NULL" };
    let (suspended, deleted) = (word(state.is_suspended), word(state.is_deleted));
    let parent = look.id(state.parent.uuid());
    let sql =
        format!("SELECT COUNT(*) {it} AND suspended_at {suspended} AND deleted_at {deleted} AND parent_id = {parent}");
    look.count(&sql).await == 1
}

/// Grows the tree straight in the store; gives the part of each decider.
async fn grow(world: &World) -> Vec<Vec<Node>> {
    let database = Database::open(&world.program.database_url()).await.unwrap();
    let mut transaction = database.write().await.unwrap();
    let owner = organisation::owner(&mut transaction).await.unwrap().unwrap();
    let mut parts = Vec::new();
    for number in 0..DECIDERS {
        let distributor =
            add(&mut transaction, &format!("Distributor {number}"), OrganisationKind::Distributor, owner).await;
        let mut part = vec![node(distributor, owner)];
        for reseller in 0..RESELLERS {
            let name = format!("Reseller {number} {reseller}");
            let id = add(&mut transaction, &name, OrganisationKind::Reseller, distributor).await;
            part.push(node(id, distributor));
            for customer in 0..CUSTOMERS {
                let name = format!("Customer {number} {reseller} {customer}");
                add(&mut transaction, &name, OrganisationKind::Customer, id).await;
            }
        }
        parts.push(part);
    }
    transaction.commit().await.unwrap();
    parts
}

const fn node(id: OrganisationId, parent: OrganisationId) -> Node {
    Node { id, state: State { parent, is_suspended: false, is_deleted: false, is_gone: false } }
}

/// Adds an organisation with somebody in it.
async fn add(
    transaction: &mut WriteTransaction,
    name: &str,
    kind: OrganisationKind,
    parent: OrganisationId,
) -> OrganisationId {
    let (now, random): (_, &dyn Random) = (SystemClock.now(), &SystemRandom);
    let record = OrganisationRecord {
        id: OrganisationId::new(now, random.bytes()),
        kind,
        name: Name::parse_text(name).unwrap(),
    };
    organisation::insert(transaction, &record, Some(parent), now).await.unwrap();
    let user = UserId::new(now, random.bytes());
    let email = EmailAddress::parse_text(&format!("{}@example.org", name.replace(' ', "-"))).unwrap();
    let new = NewUser { id: user, email: &email, name: &record.name, is_super_admin: false };
    user::insert(transaction, &new, now).await.unwrap();
    user::insert_membership(transaction, user, record.id, Role::Reader, now).await.unwrap();
    record.id
}

async fn story(engine: Engine) {
    let seed = seed();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let world = World::new(engine).await;
    let parts = grow(&world).await;
    let distributors: Vec<OrganisationId> = parts.iter().map(|part| part[0].id).collect();
    let mut program = world.program.clone();
    let running = program.start().await.unwrap();
    let access = Api::new(&program.origin(), "10.0.8.1").sign_in(OWNER).await.access;
    drop(running);
    let decider = |(number, nodes): (usize, Vec<Node>)| Decider {
        api: Api::new(&world.program.origin(), &format!("10.0.{number}.1")),
        access: access.clone(),
        random: ChaCha8Rng::seed_from_u64(seed + u64::try_from(number).unwrap() + 1),
        nodes,
        distributors: distributors.clone(),
        doubt: None,
        acknowledged: 0,
    };
    let mut deciders: Vec<Decider> = parts.into_iter().enumerate().map(decider).collect();
    for _ in 0..ROUNDS {
        deciders = round(&mut program, deciders, Duration::from_millis(random.random_range(200..900))).await;
        for (what, sql) in BROKEN {
            assert_eq!(world.look.count(sql).await, 0, "{what}");
        }
        world.look.assert_file_is_sound();
        for decider in &mut deciders {
            decider.hold_to_it(&world.look).await;
        }
    }
    let acknowledged: usize = deciders.iter().map(|decider| decider.acknowledged).sum();
    assert!(acknowledged > ROUNDS * 3, "only {acknowledged} decisions in {ROUNDS} rounds");
    let verified = world.program.run(&["audit", "verify"], "").unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    still_answers(&mut program).await;
}

/// Everybody decides, until the server is killed.
async fn round(program: &mut Program, deciders: Vec<Decider>, after: Duration) -> Vec<Decider> {
    let mut running = program.start().await.unwrap();
    let deciding = deciders.into_iter().map(|mut decider| {
        tokio::spawn(async move {
            decider.stay().await;
            decider
        })
    });
    let deciding: Vec<_> = deciding.collect();
    tokio::time::sleep(after).await;
    running.kill_9().unwrap();
    let mut deciders = Vec::new();
    for task in deciding {
        deciders.push(task.await.unwrap());
    }
    deciders
}

/// After all of it the server lists what is there.
async fn still_answers(program: &mut Program) {
    let running = program.start().await.unwrap();
    let api = Api::new(&program.origin(), "10.0.9.1");
    let access = api.sign_in(OWNER).await.access;
    let (status, listed) = read(api.call(Method::GET, "/api/organizations").bearer_auth(access)).await.unwrap();
    assert_eq!((status, &listed["data"]["organizations"][0]["name"].is_string()), (200, &true), "{listed}");
    assert_ne!(listed["data"]["pagination"]["total_count"], Value::from(0));
    assert!(!running.stderr().contains("panicked"), "{}", running.stderr());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_of_a_whole_tree_happens_whole_or_not_at_all_through_kill_9_on_sqlite() {
    story(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_of_a_whole_tree_happens_whole_or_not_at_all_through_kill_9_on_postgres() {
    story(Engine::Postgres).await;
}
