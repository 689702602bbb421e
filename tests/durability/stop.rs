//! SIGTERM: what is being answered is answered, the rest waits in the outbox.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::receiver::Answer;
use reqwest::Method;
use serde_json::json;

use crate::world::{Api, OWNER, World, read, state};

/// How long the server may take to end (contract, section 1).
const LIMIT: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_finishes_what_it_began_and_keeps_the_rest_on_sqlite() {
    under_load(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_finishes_what_it_began_and_keeps_the_rest_on_postgres() {
    under_load(Engine::Postgres).await;
}

async fn under_load(engine: Engine) {
    let mut world = World::new(engine).await;
    let mut running = world.program.start().await.unwrap();
    let api = Api::new(&world.program.origin(), "10.0.0.1");
    let access = api.sign_in(OWNER).await.access;

    // Four that fail, however often they are tried, so that the outbox has something to keep.
    let refused = [0, 1, 2, 3].map(|number| format!("refused-{number}"));
    for mark in &refused {
        world.receiver.answer_at(&format!("/{mark}"), Answer::Status(503));
        let (status, body) =
            read(api.callback(&access, mark, &state(mark), &world.receiver.at(&format!("/{mark}")))).await.unwrap();
        assert_eq!((status, &body["data"]["callback_executed"]), (201, &json!(false)), "{body}");
    }
    // One that is being answered when the word to stop comes.
    world.receiver.answer_at("/late", Answer::Late(Duration::from_secs(2)));
    let late = api.callback(&access, "late", &state("late"), &world.receiver.at("/late"));
    let late = tokio::spawn(read(late));
    world.receiver.wait_for_callback_at("/late", LIMIT).await.unwrap();
    // Others that go on asking, each on one connection of its own.
    let stopping = Arc::new(AtomicBool::new(false));
    let asking: Vec<_> = (0..8)
        .map(|_| tokio::spawn(ask_until_gone(Api::new(&api.origin, "10.0.0.2"), access.clone(), Arc::clone(&stopping))))
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;

    stopping.store(true, Ordering::SeqCst);
    let ended = running.terminate(LIMIT).await.unwrap();
    assert!(ended.status.success(), "{:?}: {}", ended.status, running.output());
    let (status, body) = late.await.unwrap().expect("a request in flight is answered");
    assert_eq!((status, &body["data"]["callback_executed"]), (201, &json!(true)), "{body}");
    let mut answered = 0;
    for one in asking {
        answered += one.await.unwrap();
    }
    assert!(answered > 20, "{answered} answers before the end: that was no load");
    assert!(!running.output().contains("panicked"), "{}", running.output());

    for mark in &refused {
        world.receiver.answer_at(&format!("/{mark}"), Answer::Status(204));
    }
    world.look.run("UPDATE deliveries SET next_attempt_at = 0 WHERE status = 'pending'").await;
    let running = world.program.start().await.unwrap();
    let waiting = "SELECT COUNT(*) FROM deliveries WHERE status <> 'delivered'";
    for _ in 0..300 {
        if world.look.count(waiting).await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(world.look.count(waiting).await, 0, "the outbox delivers after the start: {}", running.output());
}

/// Reads the list again and again; gives the number of answers. Whole answers only: no connection may break
/// in the middle of one, and none that was asked before the end may be left without.
async fn ask_until_gone(api: Api, access: String, stopping: Arc<AtomicBool>) -> usize {
    let mut answered = 0;
    loop {
        let was_stopping = stopping.load(Ordering::SeqCst);
        let request = api.call(Method::GET, "/api/systems").bearer_auth(&access);
        match request.send().await {
            Ok(answer) => {
                assert_eq!(answer.status(), 200);
                answer.bytes().await.expect("an answer that began is finished");
                answered += 1;
            }
            // Refused at the door, or a kept connection that was closed between two requests.
            Err(error) if was_stopping || stopping.load(Ordering::SeqCst) => {
                assert!(!error.is_timeout() && !error.is_body(), "{error:?}");
                return answered;
            }
            Err(error) => panic!("no answer, and nobody said stop: {error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_does_not_wait_for_an_application_that_never_answers() {
    let mut world = World::new(Engine::Sqlite).await;
    let mut running = world.program.start().await.unwrap();
    let api = Api::new(&world.program.origin(), "10.0.0.1");
    let access = api.sign_in(OWNER).await.access;
    world.receiver.answer_next([Answer::Hang]);
    let hanging = tokio::spawn(read(api.callback(&access, "hanging", &state("hanging"), &world.receiver.at("/hang"))));
    world.receiver.wait_for_callbacks(1, LIMIT).await.unwrap();
    let ended = running.terminate(LIMIT).await.unwrap();
    assert!(ended.status.success(), "{:?}", ended.status);
    let (status, body) = hanging.await.unwrap().expect("an answer");
    assert_eq!((status, &body["data"]["callback_executed"]), (201, &json!(false)), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_ends_an_idle_server_at_once() {
    let mut world = World::new(Engine::Sqlite).await;
    let mut running = world.program.start().await.unwrap();
    let ended = running.terminate(LIMIT).await.unwrap();
    assert!(ended.status.success() && ended.after < Duration::from_secs(3), "{ended:?}");
}
