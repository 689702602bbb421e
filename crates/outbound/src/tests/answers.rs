//! What the other side may do to us, and what we make of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bailiwick_domain::time::Span;
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

use super::bench::{BUDGET, Listener, get};
use crate::{Attempt, FailureReason, Outcome};

#[tokio::test]
async fn sends_what_it_was_given_and_no_more() {
    let listener = Listener::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let headers = [("webhook-id", "7".to_owned()), ("webhook-signature", "v1a,abc=".to_owned())];
    let attempt = listener.guard().get(&listener.url("/cb?b=2&a=%201&state=s%3D"), &headers, BUDGET).await;
    assert_eq!(attempt, Attempt { outcome: Outcome::Delivered { status: 200 } });
    let head = listener.heads().concat();
    let mut lines: Vec<&str> = head.trim_end().lines().collect();
    assert_eq!(lines.remove(0), "GET /cb?b=2&a=%201&state=s%3D HTTP/1.1");
    lines.sort_unstable();
    let host = format!("host: 127.0.0.1:{}", listener.port);
    let sent = ["accept: */*", &host, "user-agent: bailiwick/test", "webhook-id: 7", "webhook-signature: v1a,abc="];
    assert_eq!(lines, sent);
}

#[tokio::test]
async fn only_200_to_299_is_success() {
    for (answer, expected) in [
        ("HTTP/1.1 204 No Content\r\n\r\n", Ok(204)),
        ("HTTP/1.1 299 Fine\r\nContent-Length: 0\r\n\r\n", Ok(299)),
        ("HTTP/1.1 300 Many\r\nContent-Length: 0\r\n\r\n", Err(FailureReason::Status)),
        ("HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n", Err(FailureReason::Status)),
        ("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n", Err(FailureReason::Status)),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", Err(FailureReason::Status)),
        ("220 mail.example ESMTP\r\n", Err(FailureReason::Broken)),
        ("", Err(FailureReason::Broken)),
    ] {
        let listener = Listener::answering(answer).await;
        assert_eq!(get(&listener.guard(), &listener.url("/")).await, expected, "{answer:?}");
    }
}

#[tokio::test]
async fn reports_how_long_it_is_asked_to_wait() {
    let listener = Listener::answering("HTTP/1.1 503 Busy\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n").await;
    let attempt = listener.guard().get(&listener.url("/"), &[], BUDGET).await;
    let outcome =
        Outcome::Failed { reason: FailureReason::Status, status: Some(503), retry_after: Some(Span::seconds(90)) };
    assert_eq!(attempt, Attempt { outcome });
}

#[tokio::test]
async fn follows_no_redirect() {
    let inner = Listener::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let location = inner.url("/inside");
    let outer = Listener::start(move |mut stream| {
        let answer = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        async move {
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    })
    .await;
    let guard = super::bench::guard("127.0.0.1:*");
    assert_eq!(get(&guard, &outer.url("/")).await, Err(FailureReason::Status));
    assert_eq!((outer.heads().len(), inner.heads().len()), (1, 0));
}

/// Calls a listener that sends `start` and then a byte now and then, for ever.
async fn drip(start: &'static str) -> (Attempt, Duration) {
    let listener = Listener::start(move |mut stream| async move {
        let _ = stream.write_all(start.as_bytes()).await;
        while stream.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let begun = Instant::now();
    let attempt = listener.guard().get(&listener.url("/"), &[], Duration::from_millis(300)).await;
    (attempt, begun.elapsed())
}

#[tokio::test]
async fn the_budget_ends_every_call() {
    let failed = |reason, status| Outcome::Failed { reason, status, retry_after: None };
    for (start, outcome) in [
        ("HTTP/1.1 200 ", failed(FailureReason::TimedOut, None)),
        ("HTTP/1.1 200 OK\r\nX-Long: ", failed(FailureReason::TimedOut, None)),
        // Whoever said 200 got the callback, and whoever said 500 did not, whatever follows.
        ("HTTP/1.1 200 OK\r\n\r\n", Outcome::Delivered { status: 200 }),
        ("HTTP/1.1 500 Broken\r\n\r\n", failed(FailureReason::Status, Some(500))),
    ] {
        let (attempt, took) = drip(start).await;
        assert_eq!(attempt.outcome, outcome, "{start:?}");
        let budget = Duration::from_millis(300)..Duration::from_millis(1500);
        assert!(budget.contains(&took), "{start:?} took {took:?}");
    }
}

#[tokio::test]
async fn stops_reading_after_64_kib() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let listener = Listener::start(move |mut stream| {
        let counter = Arc::clone(&counter);
        async move {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while stream.write_all(&[b'x'; 1024]).await.is_ok() {
                counter.fetch_add(1024, Ordering::SeqCst);
                // Slow enough that the buffers of the operating system stay empty.
                sleep(Duration::from_millis(1)).await;
            }
        }
    })
    .await;
    assert_eq!(get(&listener.guard(), &listener.url("/")).await, Ok(200));
    let sent = sent.load(Ordering::SeqCst);
    assert!((60 * 1024..80 * 1024).contains(&sent), "{sent} bytes were sent");
}

#[tokio::test]
async fn calls_one_host_eight_times_at_once_and_the_wait_counts() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counters = (Arc::clone(&now), Arc::clone(&most));
    let listener = Listener::start(move |mut stream| {
        let (now, most) = (Arc::clone(&counters.0), Arc::clone(&counters.1));
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            sleep(Duration::from_millis(1500)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        }
    })
    .await;
    let guard = listener.guard();
    // The first eight are answered, the second eight begin late. No third: it would begin as the second
    // are given up, which the listener may see in either order.
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let (guard, url) = (guard.clone(), listener.url("/"));
            tokio::spawn(async move { guard.get(&url, &[], Duration::from_millis(2500)).await.is_delivered() })
        })
        .collect();
    let mut delivered = 0;
    for call in calls {
        delivered += usize::from(call.await.unwrap());
    }
    assert_eq!((delivered, most.load(Ordering::SeqCst)), (8, 8));
}

#[tokio::test]
async fn logs_neither_path_nor_query() {
    let log = Arc::new(std::sync::Mutex::new(Vec::new()));
    let writer = super::bench::Writer(Arc::clone(&log));
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    // For all threads: a place that another test reaches first while nobody listens there would stay silent for this one.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let listener =
        Listener::answering("HTTP/1.1 302 Found\r\nLocation: /canary\r\nContent-Length: 6\r\n\r\ncanary").await;
    let guard = listener.guard();
    assert_eq!(get(&guard, &listener.url("/canary?token=canary")).await, Err(FailureReason::Status));
    assert_eq!(get(&guard, "http://127.0.0.1:9/canary?token=canary").await, Err(FailureReason::Refused));
    assert!(guard.admit(&super::bench::callback("https://10.0.0.1/canary?canary")).await.is_err());
    let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    assert!(log.contains("refused to call 10.0.0.1") && log.contains("called 127.0.0.1"), "{log}");
    assert!(!log.contains("canary"), "{log}");
}
