//! kill -9 at random moments under load, again and again.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::chance::seed;
use bailiwick_testkit::process::Program;
use bailiwick_testkit::receiver::Receiver;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::visitor::{Gone, Visitor};
use crate::world::World;

/// How often the server is killed.
const ROUNDS: usize = 12;
/// Clients at once.
const VISITORS: usize = 10;
/// A kept lease of 15 s, a first attempt of 5 s, and room for a busy machine.
const DELIVERY_LIMIT: Duration = Duration::from_mins(1);

/// When the outside application answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Application {
    AlwaysUp,
    /// Not in every third round.
    SometimesDown,
}

impl Application {
    fn is_down(self, round: usize) -> bool {
        self == Self::SometimesDown && round % 3 == 1
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_by_kill_9_on_sqlite() {
    story(Engine::Sqlite, Application::AlwaysUp, ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_by_kill_9_on_postgres() {
    story(Engine::Postgres, Application::AlwaysUp, ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callbacks_wait_for_an_application_that_is_down_through_kill_9_on_sqlite() {
    story(Engine::Sqlite, Application::SometimesDown, ROUNDS / 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callbacks_wait_for_an_application_that_is_down_through_kill_9_on_postgres() {
    story(Engine::Postgres, Application::SometimesDown, ROUNDS / 2).await;
}

/// Entries, seals and checkpoints agree, wherever the crash was.
fn assert_the_audit_log_is_whole(program: &Program) {
    let verified = program.run(&["audit", "verify"], "").unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

async fn story(engine: Engine, application: Application, rounds: usize) {
    let seed = seed();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut world = World::new(engine).await;
    let people = world.add_people(VISITORS).await;
    let (origin, receiver) = (world.program.origin(), world.receiver.origin());
    let visitor = |(number, email): (usize, &String)| Visitor::new(seed, number, email, &origin, &receiver);
    let mut visitors: Vec<Visitor> = people.iter().enumerate().map(visitor).collect();
    let mut callbacks = Callbacks::default();

    for round in 0..rounds {
        let address = world.receiver.address();
        if application.is_down(round) {
            callbacks.note(&world.receiver);
            let elsewhere = Receiver::start().await.unwrap();
            drop(std::mem::replace(&mut world.receiver, elsewhere));
        }
        let mut running = world.program.start().await.unwrap();
        let staying: Vec<_> = visitors
            .into_iter()
            .map(|mut visitor| {
                tokio::spawn(async move {
                    visitor.stay(round).await;
                    visitor
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(random.random_range(300..1200))).await;
        running.kill_9().unwrap();
        visitors = settle(staying).await;
        if application.is_down(round) {
            world.receiver = Receiver::start_at(address).await.unwrap();
        }

        world.look.assert_nothing_is_half_done().await;
        assert_the_audit_log_is_whole(&world.program);
        let running = world.program.start().await.unwrap();
        let checking: Vec<_> = visitors
            .into_iter()
            .map(|mut visitor| {
                tokio::spawn(async move {
                    visitor.hold_to_it(round).await.unwrap_or_else(|Gone| panic!("the server is gone without a kill"));
                    visitor
                })
            })
            .collect();
        visitors = settle(checking).await;
        assert!(!running.stderr().contains("panicked"), "{}", running.stderr());
        drop(running);
    }

    let running = world.program.start().await.unwrap();
    callbacks.arrive(&world).await;
    drop(running);
    callbacks.note(&world.receiver);
    let acknowledged: usize = visitors.iter().map(|visitor| callbacks.hold_to(visitor)).sum();
    assert!(acknowledged > rounds * 5, "only {acknowledged} systems in {rounds} rounds: that was no load");
    world.look.assert_nothing_is_half_done().await;
}

async fn settle(tasks: Vec<tokio::task::JoinHandle<Visitor>>) -> Vec<Visitor> {
    let mut visitors = Vec::with_capacity(tasks.len());
    for task in tasks {
        visitors.push(task.await.unwrap());
    }
    visitors
}

/// What the outside application got: by system, under which ids and at which paths.
#[derive(Debug, Default)]
struct Callbacks(HashMap<String, HashSet<(String, String)>>);

impl Callbacks {
    fn note(&mut self, receiver: &Receiver) {
        for callback in receiver.callbacks() {
            let system = callback.member("system_id").expect("a system");
            let id = callback.header("webhook-id").expect("an id").to_owned();
            self.0.entry(system).or_default().insert((id, callback.path().to_owned()));
        }
    }

    /// Waits until the outbox is empty.
    async fn arrive(&self, world: &World) {
        // What failed while the application was down would be tried again minutes later: bring it forward.
        let bring_forward = "UPDATE deliveries SET next_attempt_at = 0, leased_until = 0 \
             WHERE status = 'pending' AND attempts > 0";
        world.look.run(bring_forward).await;
        let begun = Instant::now();
        loop {
            let waiting = world.look.count("SELECT COUNT(*) FROM deliveries WHERE status <> 'delivered'").await;
            if waiting == 0 {
                return;
            }
            assert!(begun.elapsed() < DELIVERY_LIMIT, "{waiting} callbacks have not been delivered");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Every acknowledged system was called back about, at its own path, always under one id.
    fn hold_to(&self, visitor: &Visitor) -> usize {
        let mut count = 0;
        for (system, mark) in visitor.acknowledged() {
            let arrived = self.0.get(system).unwrap_or_else(|| panic!("no callback about {mark} arrived"));
            let paths: HashSet<&str> = arrived.iter().map(|(_, path)| path.as_str()).collect();
            assert_eq!(arrived.len(), 1, "callbacks about {mark}: {arrived:?}");
            assert!(paths.contains(format!("/{mark}").as_str()), "callbacks about {mark}: {arrived:?}");
            count += 1;
        }
        count
    }
}
