//! Names, what they stand for, and what they stand for a moment later.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::bench::{BUDGET, Listener, Script, callback, get, guard};
use crate::{AllowList, Answer, FailureReason, Guard, Lookup, Refused};

const PUBLIC: &str = "93.184.216.34";

#[tokio::test]
async fn refuses_inner_addresses_in_every_spelling() {
    let hosts = [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "１２７.０.０.１",
        "169.254.169.254",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "localhost",
        "localhost.",
        "a.localhost",
    ];
    let guard = guard("");
    for host in hosts {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}/");
            assert!(guard.admit(&callback(&url)).await.is_err(), "{url}");
            assert_eq!(get(&guard, &url).await, Err(FailureReason::Refused), "{url}");
        }
    }
    assert_eq!(get(&guard, "nonsense").await, Err(FailureReason::Refused));
}

#[tokio::test]
async fn refuses_a_name_with_any_inner_address() {
    let answers = [
        "127.0.0.1",
        "10.0.0.7",
        "169.254.169.254",
        "::1",
        "::ffff:10.0.0.7",
        "64:ff9b::a00:7",
        "2002:a00:7::1",
        "fd00::1",
        "93.184.216.34 10.0.0.7",
        "10.0.0.7 93.184.216.34",
        "2606:2800:220:1::1 93.184.216.34 fe80::1",
    ];
    for answer in answers {
        let guard = Script::new(&[answer]).guard("");
        let admitted = guard.admit(&callback("https://app.example/")).await;
        assert!(matches!(admitted, Err(Refused::Address(_))), "{answer}");
        assert_eq!(get(&guard, "https://app.example:8443/").await, Err(FailureReason::Refused), "{answer}");
    }
}

#[tokio::test]
async fn a_name_that_moves_inside_after_the_check_is_refused() {
    let script = Script::new(&[PUBLIC, "127.0.0.1"]);
    let guard = script.guard("");
    assert_eq!(guard.admit(&callback("https://app.example/")).await, Ok(()));
    assert_eq!(get(&guard, "https://app.example/").await, Err(FailureReason::Refused));
    // One look-up for the check and one for the call, whose answer is the one that is used.
    assert_eq!(script.asked(), 2);
}

#[tokio::test]
async fn connects_to_the_address_of_the_one_look_up() {
    let listener = Listener::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let script = Script::new(&["127.0.0.1", "?"]);
    let guard = script.guard(&format!("app.example:{}", listener.port));
    let url = format!("http://app.example:{}/cb", listener.port);
    assert_eq!(get(&guard, &url).await, Ok(204));
    assert_eq!(script.asked(), 1);
    assert!(listener.heads().concat().contains(&format!("host: app.example:{}\r\n", listener.port)));
    // No connection is kept, so the next call looks the name up anew.
    assert_eq!(get(&guard, &url).await, Err(FailureReason::NotResolved));
}

#[tokio::test]
async fn an_allowance_reaches_no_other_port_and_no_other_name() {
    let listener = Listener::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let script = Script::new(&["127.0.0.1"]);
    let guard = script.guard(&format!("app.example:1,app.example:9000,other.example:{}", listener.port));
    for url in ["https://app.example/", "https://app.example:8443/", "https://www.app.example/"] {
        assert_eq!(get(&guard, url).await, Err(FailureReason::Refused), "{url}");
        assert!(guard.admit(&callback(url)).await.is_err(), "{url}");
    }
    let beside = format!("http://app.example:{}/", listener.port);
    assert_eq!(get(&guard, &beside).await, Err(FailureReason::Refused));
    assert!(guard.admit(&callback(&beside)).await.is_err());
    assert!(listener.heads().is_empty());
    assert_eq!(guard.admit(&callback("http://app.example:9000/")).await, Ok(()));
}

#[tokio::test]
async fn a_name_without_an_address_is_admitted_and_the_call_fails() {
    for answer in ["?", ""] {
        let guard = Script::new(&[answer]).guard("");
        assert_eq!(guard.admit(&callback("https://app.example/")).await, Ok(()), "{answer:?}");
        assert_eq!(get(&guard, "https://app.example/").await, Err(FailureReason::NotResolved), "{answer:?}");
    }
}

#[tokio::test]
async fn the_operating_system_is_asked_for_names() {
    let listener = Listener::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let guard = guard(&format!("localhost:{}", listener.port));
    assert_eq!(get(&guard, &format!("http://localhost:{}/", listener.port)).await, Ok(204));
    // RFC 6761, 6.4: this name never exists.
    assert_eq!(guard.admit(&callback("https://nowhere.invalid/")).await, Ok(()));
    assert_eq!(get(&guard, "https://nowhere.invalid/").await, Err(FailureReason::NotResolved));
}

/// A resolver whose servers never answer.
struct Silence;

impl Lookup for Silence {
    fn lookup(&self, _: &str) -> Answer {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_resolver_holds_nobody_up() {
    let guard = Guard::with_lookup(AllowList::default(), "bailiwick/test", Arc::new(Silence)).unwrap();
    let begun = Instant::now();
    assert_eq!(guard.admit(&callback("https://app.example/")).await, Ok(()));
    assert_eq!(begun.elapsed().as_secs(), 2);
    assert_eq!(get(&guard, "https://app.example/").await, Err(FailureReason::TimedOut));
    assert_eq!(begun.elapsed().as_secs(), 4);
    let attempt = guard.get("https://app.example/", &[], Duration::from_secs(1)).await;
    assert!(!attempt.is_delivered() && begun.elapsed() < BUDGET + Duration::from_secs(1));
}

#[tokio::test]
async fn nobody_listening_is_a_failure_to_connect() {
    let listener = Listener::answering("").await;
    let guard = guard("127.0.0.1:1");
    assert_eq!(get(&guard, "http://127.0.0.1:1/").await, Err(FailureReason::NotConnected));
    assert!(listener.heads().is_empty());
}
