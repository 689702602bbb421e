//! Beside another process on the same database: a second server, or a command of the administrator.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::people::PASSWORD;
use bailiwick_testkit::process::{Program, Running};
use reqwest::Method;
use serde_json::json;

use crate::world::{Api, OWNER, World, read};

/// What an operator would call stuck.
const COMMAND_LIMIT: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_that_start_at_once_on_an_empty_database_are_one_on_postgres() {
    two_servers(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_that_start_at_once_on_an_empty_database_are_one_on_sqlite() {
    two_servers(Engine::Sqlite).await;
}

async fn two_servers(engine: Engine) {
    let world = World::empty(engine, Program::built().unwrap()).await;
    // One address for both, as behind one name: what one signs, the other takes.
    let first = world.program.clone().with("BAILIWICK_BASE_URL", "http://bailiwick.example");
    let second = first.second_node().unwrap();
    let (mut one, mut other) = (first.spawn().unwrap(), second.spawn().unwrap());
    one.wait_until_ready().await.unwrap();
    other.wait_until_ready().await.unwrap();

    // Each prints a link, and the one that was printed last works, at the other server too.
    let token = async |running| link_in(running).await.split_once("token=").expect("a token").1.to_owned();
    let tokens = [token(&one).await, token(&other).await];
    let api = [Api::new(&first.origin(), "10.0.0.1"), Api::new(&second.origin(), "10.0.0.2")];
    let answers = [set_up(&api[1], &tokens[0]).await, set_up(&api[0], &tokens[1]).await];
    assert_eq!(answers.iter().filter(|answer| **answer < 400).count(), 1, "one link sets up: {answers:?}");
    for token in &tokens {
        assert!(set_up(&api[0], token).await >= 400, "no link works any more");
    }
    assert_eq!(world.look.count("SELECT COUNT(*) FROM organisations WHERE kind = 'owner'").await, 1);
    assert_eq!(world.look.count("SELECT COUNT(*) FROM signing_keys WHERE retired_at IS NULL").await, 3);

    // Both are one: what one signs the other takes, what one writes the other reads.
    let tokens = api[1].sign_in(OWNER).await;
    let new = json!({ "name": "shared", "type": "ns8" });
    let request = api[0].call(Method::POST, "/api/systems").bearer_auth(&tokens.access).json(&new);
    let (status, body) = read(request).await.unwrap();
    assert_eq!(status, 201, "{body}");
    let path = format!("/api/systems/{}", body["data"]["id"].as_str().expect("an id"));
    assert_eq!(read(api[1].call(Method::GET, &path).bearer_auth(&tokens.access)).await.unwrap().0, 200);
    let out = api[1].call(Method::POST, "/auth/authenticate/signout").bearer_auth(&tokens.access);
    assert_eq!(read(out).await.unwrap().0, 200);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(read(api[0].call(Method::GET, &path).bearer_auth(&tokens.access)).await.unwrap().0, 401);
    for running in [&one, &other] {
        assert!(!running.output().contains("panicked"), "{}", running.output());
    }
}

async fn link_in(running: &Running) -> String {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let output = running.output();
        if let Some(link) = output.split_whitespace().find(|word| word.contains("/setup?token=")) {
            return link.to_owned();
        }
        assert!(Instant::now() < deadline, "no link in {output}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Sends the form of the setup page, as a browser on the page does; gives the status.
async fn set_up(api: &Api, token: &str) -> u16 {
    let form = format!(
        "token={token}&organisation=Owner&email={}&name=Owner&password={}",
        OWNER.replace('@', "%40"),
        PASSWORD.replace(' ', "+"),
    );
    let request = api
        .call(Method::POST, "/setup")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Sec-Fetch-Site", "same-origin")
        .header("Origin", "http://bailiwick.example")
        .body(form);
    read(request).await.unwrap().0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_of_the_administrator_and_a_busy_server_share_the_sqlite_file() {
    let mut world = World::new(Engine::Sqlite).await;
    let running = world.program.start().await.unwrap();
    let api = Api::new(&world.program.origin(), "10.0.0.1");
    let access = api.sign_in(OWNER).await.access;
    let stop = Arc::new(AtomicBool::new(false));
    let writing: Vec<_> = (0..8)
        .map(|number| {
            tokio::spawn(write_until(
                Api::new(&api.origin, &format!("10.0.1.{number}")),
                access.clone(),
                Arc::clone(&stop),
            ))
        })
        .collect();

    for _ in 0..6 {
        let (program, begun) = (world.program.clone(), Instant::now());
        let rotated =
            tokio::task::spawn_blocking(move || program.run(&["admin", "rotate-keys"], "")).await.unwrap().unwrap();
        assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
        assert!(begun.elapsed() < COMMAND_LIMIT, "a command waited {:?} for the server", begun.elapsed());
    }
    stop.store(true, Ordering::SeqCst);
    let mut written = 0;
    for one in writing {
        let (count, longest) = one.await.unwrap();
        assert!(longest < COMMAND_LIMIT, "a client waited {longest:?} for a command");
        written += count;
    }
    assert!(written > 100, "{written} writes: that was no load");
    let output = running.output();
    assert!(!output.contains("locked") && !output.contains("panicked"), "{output}");
    assert_eq!(world.look.count("SELECT COUNT(*) FROM audit WHERE action = 'keys.rotated'").await, 6);
}

/// Creates systems; gives how many, and the longest wait for one.
async fn write_until(api: Api, access: String, stop: Arc<AtomicBool>) -> (usize, Duration) {
    let (mut written, mut longest) = (0, Duration::ZERO);
    while !stop.load(Ordering::SeqCst) {
        let begun = Instant::now();
        let new = json!({ "name": format!("system-{written}"), "type": "ns8" });
        let (status, body) =
            read(api.call(Method::POST, "/api/systems").bearer_auth(&access).json(&new)).await.unwrap();
        assert_eq!(status, 201, "{body}");
        longest = longest.max(begun.elapsed());
        written += 1;
    }
    (written, longest)
}
