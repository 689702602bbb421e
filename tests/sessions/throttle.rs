//! Guessing: failures are counted before the hash, once for the account and once for the address.

use std::net::IpAddr;

use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::http::with_form;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::PASSWORD;
use reqwest::Method;
use serde_json::json;

use crate::support::{SIGN_IN, Strict, WRONG, sign_in};

/// Failures that cost no waiting.
pub(crate) const FREE: usize = 5;

/// A node behind a proxy, so that a story can come from many addresses.
pub(crate) async fn behind_a_proxy(bench: &Bench) -> Bench {
    bench.another_node_with(|settings| settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await
}

/// An attempt from an address, as the proxy reports it.
pub(crate) async fn attempt_from(node: &Bench, address: &str, name: &str, password: &str) -> Answer {
    let body = json!({ "Username": name, "Password": password });
    Answer::of(node.call(Method::POST, SIGN_IN).header("X-Forwarded-For", address).json(&body)).await
}

/// The number-th of many addresses that have nothing to do with each other.
pub(crate) fn address(number: u32) -> String {
    IpAddr::from((0xcb00_7100 + number).to_be_bytes()).to_string()
}

/// Holds that the answer is a 429 with this wait.
pub(crate) fn must_wait(answer: &Answer, seconds: i64) {
    answer.message(429);
    assert_eq!(answer.header("retry-after"), Some(seconds.to_string().as_str()), "{answer:?}");
}

/// Attempts all at once, in turns on each node and each from an address of its own where the node believes that;
/// returns how many got which of the statuses.
async fn at_once(nodes: &[&Bench], count: u32, name: &str, password: &str) -> [usize; 3] {
    let body = json!({ "Username": name, "Password": password });
    let attempts: Vec<_> = (0..count)
        .zip(nodes.iter().cycle())
        .map(|(number, node)| {
            let request = node.call(Method::POST, SIGN_IN).header("X-Forwarded-For", address(number));
            tokio::spawn(Answer::of(request.json(&body)))
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in attempts {
        statuses.push(attempt.await.unwrap().status);
    }
    [200, 401, 429].map(|wanted| statuses.iter().filter(|status| **status == wanted).count())
}

on_both_engines! {
    async fn waits_begin_with_the_sixth_attempt_and_double_up_to_a_quarter_of_an_hour(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let node = behind_a_proxy(&bench).await;
        let mut number = 0;
        let mut attempt = async |name: &str, password: &str| {
            number += 1;
            attempt_from(&node, &address(number), name, password).await
        };
        for name in [ann.email.as_str(), "nobody@example.org"] {
            for _ in 0..FREE {
                attempt(name, WRONG).await.message(401);
            }
            for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
                must_wait(&attempt(name, WRONG).await, wait);
                must_wait(&attempt(name, PASSWORD).await, wait);
                bench.clock.advance(Span::milliseconds(wait * 1000 - 1));
                must_wait(&attempt(name, PASSWORD).await, 1);
                bench.clock.advance(Span::milliseconds(1));
                attempt(name, WRONG).await.message(401);
            }
        }
        bench.clock.advance(Span::minutes(15));
        assert_eq!(attempt(&ann.email, PASSWORD).await.status, 200);
        for _ in 0..FREE {
            attempt(&ann.email, WRONG).await.message(401);
        }
        must_wait(&attempt(&ann.email, WRONG).await, 1);
    }

    async fn a_success_forgets_the_failures_of_the_account(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let node = behind_a_proxy(&bench).await;
        for round in 0..3 {
            for number in 0..4 {
                attempt_from(&node, &address(round * 10 + number), &ann.email, WRONG).await.message(401);
            }
            assert_eq!(attempt_from(&node, &address(round * 10 + 9), &ann.email, PASSWORD).await.status, 200);
        }
    }

    async fn an_address_is_counted_over_all_accounts_and_its_successes_hold_nobody_up(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let (ann, bob) = (bench.person("ann", owner, Role::Reader).await, bench.person("bob", owner, Role::Reader).await);
        let node = behind_a_proxy(&bench).await;
        for number in 0..FREE {
            sign_in(&bench, &format!("guess{number}@example.org"), WRONG).await.message(401);
        }
        must_wait(&sign_in(&bench, &ann.email, PASSWORD).await, 1);
        must_wait(&sign_in(&bench, "another@example.org", WRONG).await, 1);
        assert_eq!(attempt_from(&node, &address(1), &ann.email, PASSWORD).await.status, 200, "from elsewhere");
        bench.clock.advance(Span::seconds(1));
        // One address may be a whole office: a good sign-in is no failure, so the next need not wait for it.
        for person in [&ann, &bob, &ann] {
            let answer = sign_in(&bench, &person.email, PASSWORD).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        sign_in(&bench, "sixth@example.org", WRONG).await.message(401);
        must_wait(&sign_in(&bench, &ann.email, PASSWORD).await, 2);
    }

    async fn an_hour_of_quiet_forgets_even_where_people_sign_in_meanwhile(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        for number in 0..FREE {
            sign_in(&bench, &format!("guess{number}@example.org"), WRONG).await.message(401);
        }
        for _ in 0..4 {
            bench.clock.advance(Span::minutes(15));
            assert_eq!(sign_in(&bench, &ann.email, PASSWORD).await.status, 200);
        }
        for number in 0..FREE {
            sign_in(&bench, &format!("again{number}@example.org"), WRONG).await.message(401);
        }
    }

    async fn five_hundred_guesses_at_once_get_five_tries(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        for name in [ann.email.as_str(), "nobody@example.org"] {
            assert_eq!(at_once(&[&bench], 500, name, WRONG).await, [0, FREE, 500 - FREE]);
            must_wait(&sign_in(&bench, name, PASSWORD).await, 1);
            // For the address, which is the same.
            bench.clock.advance(Span::hours(1));
        }
    }

    async fn five_hundred_guesses_at_once_from_everywhere_on_two_nodes_get_five_tries(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let (one, other) = (behind_a_proxy(&bench).await, behind_a_proxy(&bench).await);
        assert_eq!(at_once(&[&one, &other], 500, &ann.email, WRONG).await, [0, FREE, 500 - FREE]);
        for node in [&one, &other] {
            must_wait(&attempt_from(node, &address(999), &ann.email, PASSWORD).await, 1);
        }
    }

    async fn thirty_two_good_sign_ins_at_once_are_no_attack(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        assert_eq!(at_once(&[&bench], 32, &ann.email, PASSWORD).await, [32, 0, 0]);
        for _ in 0..FREE {
            sign_in(&bench, "nobody@example.org", WRONG).await.message(401);
        }
    }

    async fn nodes_share_the_ledgers_and_a_restart_keeps_them(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let other = bench.another_node().await;
        for node in [&bench, &other, &bench, &other, &bench] {
            sign_in(node, &ann.email, WRONG).await.message(401);
        }
        for node in [&bench, &other, &bench.another_node().await] {
            must_wait(&sign_in(node, &ann.email, PASSWORD).await, 1);
        }
    }

    async fn the_page_and_the_api_count_on_one_ledger(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let submit = async |password: &str| {
            let request = bench.call(Method::POST, "/login").header("Origin", &bench.origin);
            Answer::of(with_form(request, [("email", ann.email.as_str()), ("password", password)])).await
        };
        for _ in 0..2 {
            assert_eq!(submit(WRONG).await.status, 401);
            sign_in(&bench, &ann.email, WRONG).await.message(401);
        }
        assert_eq!(submit(WRONG).await.status, 401);
        must_wait(&sign_in(&bench, &ann.email, PASSWORD).await, 1);
        let page = submit(PASSWORD).await;
        assert_eq!((page.status, page.header("retry-after")), (429, Some("1")));
    }

    async fn an_ipv6_network_is_one_address_and_a_forged_header_counts_for_nothing(bench: Bench) {
        let node = behind_a_proxy(&bench).await;
        let nobody = |number: usize| format!("nobody{number}@example.org");
        for number in 0..FREE {
            attempt_from(&node, &format!("2001:db8::{number:x}:1"), &nobody(number), WRONG).await.message(401);
        }
        must_wait(&attempt_from(&node, "2001:db8::ffff:ffff:ffff:ffff", &nobody(6), WRONG).await, 1);
        attempt_from(&node, "2001:db8:0:1::1", &nobody(7), WRONG).await.message(401);
        // Whatever stands left of what the proxy itself saw was written by the client.
        for number in 0..FREE {
            let forged = format!("198.51.100.{number}, 203.0.113.77");
            attempt_from(&node, &forged, &nobody(10 + number), WRONG).await.message(401);
        }
        must_wait(&attempt_from(&node, "198.51.100.99, 203.0.113.77", &nobody(20), WRONG).await, 1);
        // And where no proxy is trusted, the whole header was.
        for number in 0..FREE {
            attempt_from(&bench, &format!("198.51.100.{number}"), &nobody(30 + number), WRONG).await.message(401);
        }
        must_wait(&attempt_from(&bench, "198.51.100.99", &nobody(40), WRONG).await, 1);
    }
}
