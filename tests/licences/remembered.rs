//! A licence that was asked for before is answered from memory, and never as it is not any more: not on the node where it
//! changed, and on another one for a second at the most.

use bailiwick_testkit::answer::text;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::patience::within_a_second;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{AGREEMENTS, Actor, LICENSES, Tree, subscription};

/// What is done, by whom, and who sees something else afterwards.
type Step<'a> = (&'a str, &'a Actor, Method, String, Value, [bool; 4]);

/// Two nodes, and who looks at one licence on both.
struct Sight<'a> {
    here: &'a Bench,
    there: &'a Bench,
    lookers: [&'a Actor; 4],
    licence: String,
}

impl Sight<'_> {
    /// What somebody is told, which may be remembered; nothing where it is not theirs to see, or nobody may ask.
    async fn told(&self, node: &Bench, looker: &Actor) -> Value {
        let answer = looker.get(node, &format!("/auth/license/{}", self.licence)).await;
        if answer.status == 200 { answer.json } else { Value::Null }
    }

    /// What a list tells them, which is never remembered.
    async fn listed(&self, looker: &Actor) -> Value {
        let list = looker.get(self.there, "/auth/licenses?Limit=500").await;
        let found = list.json.as_array().into_iter().flatten().find(|licence| licence["UUID"] == self.licence.as_str());
        found.cloned().unwrap_or_default()
    }

    /// Everybody asks both nodes, so that both remember.
    async fn remember(&self) {
        for looker in self.lookers {
            for node in [self.here, self.there] {
                self.told(node, looker).await;
            }
        }
    }

    /// After a change on one node: says who sees something else than before.
    async fn compare(&self, what: &str, before: &[Value]) -> Vec<bool> {
        let mut changed = Vec::new();
        for (looker, before) in self.lookers.into_iter().zip(before) {
            let truth = self.listed(looker).await;
            assert_eq!(self.told(self.there, looker).await, truth, "{what}, where it happened");
            within_a_second(truth.clone(), async || self.told(self.here, looker).await).await;
            changed.push(truth != *before);
        }
        changed
    }

    /// What everybody sees now.
    async fn now(&self) -> Vec<Value> {
        let mut seen = Vec::new();
        for looker in self.lookers {
            seen.push(self.listed(looker).await);
        }
        seen
    }
}

on_both_engines! {
    async fn a_licence_that_was_asked_for_before_is_told_as_it_is_now_on_every_node(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let there = bench.another_node().await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let licence = tree.root.issue(&bench, &agreement, tree.customer).await;
        let licence = text(&licence, "UUID").to_owned();
        let path = format!("{LICENSES}/{licence}");
        let lookers = [&tree.root, &tree.dealer, &tree.buyer, &tree.other];
        let sight = Sight { here: &bench, there: &there, lookers, licence };
        let ask = async |by: &Actor, method: Method, path: &str, body: Value| {
            let answer = there.ask(method, path, &by.0, Some(&body).filter(|body| !body.is_null())).await;
            assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
            answer.json
        };
        let buyer = bench.ask(Method::GET, "/api/me", &tree.buyer.0, None).await;
        let buyer = format!("/auth/user/{}", text(&buyer.json["data"], "id"));
        let [owner, customer, neighbour] = [tree.owner, tree.customer, tree.neighbour].map(|id| format!("/api/organizations/{id}"));
        let seen = [true, true, true, false];
        let steps: [Step; 10] = [
            ("a discount", &tree.root, Method::PATCH, path.clone(), json!({ "DiscountBP": 500 }), seen),
            ("accepted", &tree.buyer, Method::POST, format!("{path}/sign"), Value::Null, seen),
            ("another name of who accepted it", &tree.buyer, Method::PATCH, buyer, json!({ "Name": "Bea" }), seen),
            ("another name of who sells it", &tree.root, Method::PUT, owner, json!({ "name": "Vendor" }), seen),
            ("renewed", &tree.root, Method::POST, format!("{path}/renew"), json!({}), seen),
            ("withdrawn", &tree.root, Method::POST, format!("{AGREEMENTS}/{agreement}/withdraw"), Value::Null, seen),
            ("moved", &tree.root, Method::PUT, format!("{customer}/parent"), json!({ "parent_id": tree.distributor }),
                [false, true, false, false]),
            ("handed over", &tree.root, Method::POST, format!("{path}/transfer"), json!({ "Organisation": tree.neighbour }),
                [true; 4]),
            ("deleted", &tree.root, Method::DELETE, neighbour.clone(), Value::Null, [true, true, false, true]),
            ("restored", &tree.root, Method::PATCH, format!("{neighbour}/restore"), Value::Null, [true, true, false, true]),
        ];
        for (what, by, method, path, body, expected) in steps {
            sight.remember().await;
            let before = sight.now().await;
            ask(by, method, &path, body).await;
            assert_eq!(sight.compare(what, &before).await, expected, "{what}");
        }
    }
}
