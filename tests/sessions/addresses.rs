//! From where a request comes: what the connection says, unless a proxy that is trusted says more.

use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::PASSWORD;
use reqwest::redirect::Policy;
use serde_json::json;

use crate::support::{Aside, SIGN_IN};

/// Trusted networks; from which address the connection comes; the headers that it brings; whose request it is then.
type Row = (&'static [&'static str], &'static str, &'static [(&'static str, &'static str)], &'static str);

const NOBODY: &[&str] = &[];
const ONE: &[&str] = &["127.0.0.1/32"];
const ALL: &[&str] = &["127.0.0.0/8", "10.0.0.0/8", "2001:db8:ffff::/48"];

const MATRIX: [Row; 24] = [
    // Whoever trusts nobody believes no header.
    (NOBODY, "127.0.0.1", &[], "127.0.0.1"),
    (NOBODY, "127.0.0.1", &[("X-Forwarded-For", "203.0.113.1")], "127.0.0.1"),
    (NOBODY, "127.0.0.2", &[("X-Forwarded-For", "127.0.0.1")], "127.0.0.2"),
    (NOBODY, "127.0.0.1", &[("Forwarded", "for=203.0.113.1"), ("X-Real-IP", "203.0.113.1")], "127.0.0.1"),
    // A neighbour of the proxy is no proxy.
    (ONE, "127.0.0.1", &[("X-Forwarded-For", "203.0.113.1")], "203.0.113.1"),
    (ONE, "127.0.0.2", &[("X-Forwarded-For", "203.0.113.1")], "127.0.0.2"),
    (ONE, "127.0.0.1", &[], "127.0.0.1"),
    // What stands left of what the proxy saw was written by the client.
    (ONE, "127.0.0.1", &[("X-Forwarded-For", "198.51.100.9, 203.0.113.1")], "203.0.113.1"),
    (ONE, "127.0.0.1", &[("X-Forwarded-For", "127.0.0.1, 203.0.113.1")], "203.0.113.1"),
    (ONE, "127.0.0.1", &[("X-Forwarded-For", "198.51.100.9"), ("X-Forwarded-For", "203.0.113.1")], "203.0.113.1"),
    (ONE, "127.0.0.1", &[("X-Forwarded-For", "198.51.100.9, 10.0.0.1")], "10.0.0.1"),
    // Through a row of proxies.
    (ALL, "127.0.0.1", &[("X-Forwarded-For", "198.51.100.9, 203.0.113.1, 10.0.0.1, 127.0.0.9")], "203.0.113.1"),
    (ALL, "127.0.0.3", &[("X-Forwarded-For", "2001:db8:1::5, 2001:db8:ffff::2")], "2001:db8:1::5"),
    (ALL, "127.0.0.1", &[("X-Forwarded-For", "10.0.0.1, 10.0.0.2")], "10.0.0.1"),
    // What cannot be read ends the walk at the last that could.
    (ALL, "127.0.0.1", &[("X-Forwarded-For", "203.0.113.1, unknown, 10.0.0.1")], "10.0.0.1"),
    (ALL, "127.0.0.1", &[("X-Forwarded-For", "nonsense")], "127.0.0.1"),
    (ALL, "127.0.0.1", &[("X-Forwarded-For", "")], "127.0.0.1"),
    (ALL, "127.0.0.1", &[("X-Forwarded-For", "203.0.113.999")], "127.0.0.1"),
    // Spellings.
    (ALL, "127.0.0.1", &[("X-Forwarded-For", "203.0.113.1:4711")], "203.0.113.1"),
    (ALL, "127.0.0.1", &[("X-Forwarded-For", "[2001:db8:1::5]:4711")], "2001:db8:1::5"),
    (ALL, "127.0.0.1", &[("X-Forwarded-For", "::ffff:203.0.113.1")], "203.0.113.1"),
    (ALL, "127.0.0.1", &[("X-Forwarded-For", "::ffff:10.0.0.1, ::ffff:127.0.0.1")], "10.0.0.1"),
    // No other header counts, whoever brings it.
    (ALL, "127.0.0.1", &[("Forwarded", "for=203.0.113.1"), ("X-Real-IP", "203.0.113.1")], "127.0.0.1"),
    (ALL, "127.0.0.1", &[("True-Client-IP", "203.0.113.1"), ("CF-Connecting-IP", "203.0.113.1")], "127.0.0.1"),
];

on_both_engines! {
    async fn whose_address_it_is_only_trusted_proxies_say(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let aside = Aside::of(&bench).await;
        for (number, (trusted, peer, headers, expected)) in MATRIX.iter().enumerate() {
            let networks = trusted.iter().map(|network| network.parse().unwrap()).collect();
            let node = bench.another_node_with(|settings| settings.trusted_proxies = networks).await;
            let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy();
            let client = client.local_address(Some(peer.parse().unwrap())).build().unwrap();
            let name = format!("row {number}");
            let mut request = client.post(node.at(SIGN_IN)).header("User-Agent", &name);
            for (header, value) in *headers {
                request = request.header(*header, *value);
            }
            let answer = Answer::of(request.json(&json!({ "Username": ann.email, "Password": PASSWORD }))).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let sql = "SELECT COUNT(*) FROM sessions WHERE user_agent";
            let found = aside.number(&format!("{sql} = '{name}' AND address = '{expected}'")).await;
            assert_eq!(found, 1, "{trusted:?} are trusted, {peer} brings {headers:?}");
        }
    }
}
