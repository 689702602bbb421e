//! Clients that misbehave harm nobody but themselves.

use std::time::{Duration, Instant};

use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::process::Running;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{Api, OWNER, World, read, state};

/// How long an ordinary request may take beside those who misbehave.
const ORDINARY: Duration = Duration::from_secs(3);

async fn connect(running: &Running) -> TcpStream {
    let address = running.origin().trim_start_matches("http://").to_owned();
    TcpStream::connect(address).await.unwrap()
}

/// Ordinary requests are answered, and soon.
async fn others_are_served(api: &Api, access: &str) {
    for _ in 0..20 {
        let begun = Instant::now();
        let (status, body) = read(api.call(Method::GET, "/api/systems").bearer_auth(access)).await.unwrap();
        assert_eq!(status, 200, "{body}");
        assert!(begun.elapsed() < ORDINARY, "an ordinary request took {:?}", begun.elapsed());
    }
}

/// What the server says before it closes; nothing when it only closes.
async fn last_words(stream: &mut TcpStream, limit: Duration) -> String {
    let mut words = Vec::new();
    let mut buffer = [0; 4096];
    let reading = async {
        // A connection that is reset has been closed, too.
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            words.extend_from_slice(&buffer[..read]);
        }
    };
    tokio::time::timeout(limit, reading).await.expect("the server closes the connection");
    String::from_utf8_lossy(&words).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_idle_and_slow_connections_stop_nobody() {
    let mut world = World::new(Engine::Sqlite).await;
    let running = world.program.start().await.unwrap();
    let api = Api::new(running.origin(), "10.0.0.1");
    let access = api.sign_in(OWNER).await.access;
    let mut idle = Vec::new();
    for number in 0..500 {
        let mut stream = connect(&running).await;
        if number % 2 == 0 {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
        }
        idle.push(stream);
    }
    let fresh = Api::new(running.origin(), "10.0.0.2");
    for _ in 0..3 {
        // One byte at a time keeps nobody's patience alive.
        for stream in idle.iter_mut().step_by(2) {
            stream.write_all(b"y").await.unwrap();
        }
        others_are_served(&fresh, &access).await;
    }
    // Whoever never finishes a head is shown the door.
    for stream in idle.iter_mut().step_by(2).take(20) {
        let words = last_words(stream, Duration::from_secs(20)).await;
        assert!(words.is_empty() || words.starts_with("HTTP/1.1 408"), "{words}");
    }
    drop(idle);
    others_are_served(&fresh, &access).await;
    assert!(!running.stderr().contains("panicked"), "{}", running.stderr());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn huge_heads_half_bodies_and_broken_connections_harm_nobody() {
    let mut world = World::new(Engine::Sqlite).await;
    let running = world.program.start().await.unwrap();
    let api = Api::new(running.origin(), "10.0.0.1");
    let access = api.sign_in(OWNER).await.access;

    // A head of 1 MiB: refused, or cut off while it is sent.
    let mut huge = connect(&running).await;
    let head = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Huge: {}\r\n\r\n", "a".repeat(1 << 20));
    let _ = huge.write_all(head.as_bytes()).await;
    let words = last_words(&mut huge, ORDINARY).await;
    assert!(words.is_empty() || words.starts_with("HTTP/1.1 431"), "{words}");

    // Bodies that are announced and never come to an end.
    let mut halves = Vec::new();
    for _ in 0..64 {
        let mut half = connect(&running).await;
        let head = format!(
            "POST /api/systems HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {access}\r\nContent-Type: application/json\r\n\
             Content-Length: 1000\r\n\r\n{{\"name\": \"half"
        );
        half.write_all(head.as_bytes()).await.unwrap();
        halves.push(half);
    }
    others_are_served(&api, &access).await;
    for half in halves {
        // Gone without a word, and without the usual farewell of TCP.
        half.set_zero_linger().unwrap();
    }

    // Noise, and the beginning of HTTP/2 with noise behind it.
    for noise in
        [&b"\0\xff\xfe\r\n\r\n"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\xff\xff\xff\xff\xff", b"GET\r\n\r\n"]
    {
        let mut stream = connect(&running).await;
        stream.write_all(noise).await.unwrap();
        stream.shutdown().await.unwrap();
        last_words(&mut stream, Duration::from_secs(20)).await;
    }
    others_are_served(&api, &access).await;
    let nothing = world.look.count("SELECT COUNT(*) FROM systems").await;
    assert_eq!(nothing, 0, "half a body creates nothing");
    assert!(!running.stderr().contains("panicked"), "{}", running.stderr());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_hangs_up_in_the_middle_of_a_callback_leaves_nothing_half_done() {
    let mut world = World::new(Engine::Sqlite).await;
    let running = world.program.start().await.unwrap();
    let api = Api::new(running.origin(), "10.0.0.1");
    let access = api.sign_in(OWNER).await.access;
    let mut posts = Vec::new();
    for number in 0..40_u64 {
        let mark = format!("hung-up-{number}");
        let state = state(&mark);
        let body = json!({ "name": mark, "type": "ns8", "callback_url": world.receiver.at(&format!("/{mark}")), "callback_state": state });
        let body = body.to_string();
        let mut stream = connect(&running).await;
        let request = format!(
            "POST /api/systems/callback HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {access}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len(),
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_micros(number * 250)).await;
        stream.set_zero_linger().unwrap();
        drop(stream);
        posts.push((mark, state));
    }
    // What has begun comes to its end without its client.
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.look.assert_nothing_is_half_done().await;
    for (mark, state) in posts {
        let exists = world.look.count(&format!("SELECT COUNT(*) FROM systems WHERE name = '{mark}'")).await;
        let (status, body) =
            read(api.callback(&access, &mark, &state, &world.receiver.at(&format!("/{mark}")))).await.unwrap();
        assert!(matches!((exists, status), (0, 201) | (1, 400)), "{mark}: {exists} systems, then {status} {body}");
    }
    assert!(!running.stderr().contains("panicked"), "{}", running.stderr());
}
