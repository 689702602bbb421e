//! Pools: seats handed down the tree, used, taken back, and the law that none is there twice.

use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::text;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Actor, LICENSES, POOLS, Tree, refused, refused_field, subscription};

/// What happened to a pool, the oldest first, with how many seats.
async fn history(bench: &Bench, actor: &Actor, pool: &str) -> Vec<(String, i64)> {
    let found = actor.get(bench, &format!("{POOLS}/{pool}/history")).await;
    assert_eq!(found.status, 200, "{found:?}");
    let all = found.json.as_array().unwrap().iter();
    all.map(|one| (text(one, "Kind").to_owned(), one["Seats"].as_i64().unwrap())).rev().collect()
}

fn path(pool: &str, act: &str) -> String {
    format!("{POOLS}/{pool}/{act}")
}

on_both_engines! {
    async fn seats_flow_down_the_tree_and_are_counted(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let top = tree.root.seats(&bench, &agreement, 2000).await;
        assert_eq!(tree.root.seats(&bench, &agreement, 500).await, top, "one pool for all");
        let sold = tree.root.give(&bench, &top, tree.distributor, 1000).await;
        let dealt = tree.seller.give(&bench, &sold, tree.reseller, 200).await;
        assert_eq!(tree.seller.balance(&bench, &sold).await, [1000, 200, 0, 800]);
        let body = json!({ "Agreement": agreement, "Organisation": tree.customer, "Quantity": 5 });
        let issued = tree.dealer.post(&bench, LICENSES, &body).await;
        assert_eq!(issued.json.as_array().map(Vec::len), Some(5), "{issued:?}");
        assert_eq!(tree.dealer.balance(&bench, &dealt).await, [200, 0, 5, 195]);
        let licence = text(&issued.json[0], "UUID");
        assert_eq!(tree.dealer.act(&bench, &format!("{LICENSES}/{licence}/revoke")).await.status, 200);
        assert_eq!(tree.dealer.balance(&bench, &dealt).await, [200, 0, 4, 196], "what is revoked frees its seat");
        let expected: Vec<_> = [("received", 200), ("used", 1), ("used", 1), ("used", 1), ("used", 1), ("used", 1), ("freed", 1)].into();
        let expected: Vec<_> = expected.into_iter().map(|(kind, seats): (&str, i64)| (kind.to_owned(), seats)).collect();
        assert_eq!(history(&bench, &tree.dealer, &dealt).await, expected);
        // Who may see what: those who hold, and those above. Who is above is not named to those below.
        let seen = tree.dealer.get(&bench, &format!("{POOLS}/{dealt}")).await;
        assert_eq!((&seen.json["GivenBy"], &seen.json["ParentUUID"]), (&Value::Null, &Value::Null));
        let seen = tree.seller.get(&bench, &format!("{POOLS}/{dealt}")).await;
        assert_eq!((&seen.json["GivenBy"]["Name"], &seen.json["ParentUUID"]), (&json!("Distributor"), &json!(sold)));
        refused(&tree.dealer.get(&bench, &format!("{POOLS}/{sold}")).await, 404, "pool not found");
        refused(&tree.buyer.get(&bench, &format!("{POOLS}/{dealt}")).await, 404, "pool not found");
        let listed = tree.seller.get(&bench, POOLS).await;
        assert_eq!(listed.header("x-pagination-records"), Some("2"), "{listed:?}");
        let names: Vec<_> = listed.json.as_array().unwrap().iter().map(|pool| text(&pool["Organisation"], "Name")).collect();
        assert_eq!(names, ["Distributor", "Reseller"]);
    }

    async fn more_than_is_free_is_neither_given_nor_used_nor_taken_back(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let top = tree.root.seats(&bench, &agreement, 10).await;
        let sold = tree.root.give(&bench, &top, tree.distributor, 6).await;
        let give = json!({ "Organisation": tree.reseller, "Seats": 7 });
        let answer = tree.seller.post(&bench, &path(&sold, "give"), &give).await;
        refused(&answer, 409, "too few free seats");
        assert_eq!(answer.json["Message"], "Only 6 seats are free.");
        let dealt = tree.seller.give(&bench, &sold, tree.reseller, 4).await;
        tree.dealer.issue(&bench, &agreement, tree.customer).await;
        // Three are free below, and two in the pool itself.
        let answer = tree.root.post(&bench, &path(&sold, "take-back"), &json!({ "Seats": 6 })).await;
        refused(&answer, 409, "too few free seats");
        assert_eq!(answer.json["Message"], "Only 5 seats are free.");
        assert_eq!(tree.seller.balance(&bench, &sold).await, [6, 4, 0, 2], "nothing was taken");
        let taken = tree.root.post(&bench, &path(&sold, "take-back"), &json!({ "Seats": 4 })).await;
        assert_eq!(taken.status, 200, "{taken:?}");
        assert_eq!(tree.root.balance(&bench, &top).await, [10, 2, 0, 8]);
        assert_eq!(tree.root.balance(&bench, &sold).await, [2, 2, 0, 0]);
        assert_eq!(tree.root.balance(&bench, &dealt).await, [2, 0, 1, 1]);
        // Only those who gave take back, and only downwards is given.
        refused(&tree.seller.post(&bench, &path(&sold, "take-back"), &json!({ "Seats": 1 })).await, 403, "insufficient permissions");
        refused(&tree.other.post(&bench, &path(&sold, "take-back"), &json!({ "Seats": 1 })).await, 404, "pool not found");
        for receiver in [tree.owner, tree.distributor] {
            let give = json!({ "Organisation": receiver, "Seats": 1 });
            refused_field(&tree.root.post(&bench, &path(&sold, "give"), &give).await, "Organisation");
        }
        let give = json!({ "Organisation": tree.customer, "Seats": 0 });
        refused_field(&tree.root.post(&bench, &path(&top, "give"), &give).await, "Seats");
        // Whoever makes seats takes them out of the world again.
        refused(&tree.seller.post(&bench, POOLS, &json!({ "Agreement": agreement, "Seats": 1 })).await, 403, "only the owner organization has agreements");
        let gone = tree.root.post(&bench, &path(&top, "take-back"), &json!({ "Seats": 9 })).await;
        assert_eq!(gone.status, 200, "{gone:?}");
        assert_eq!(tree.root.balance(&bench, &top).await, [1, 1, 0, 0]);
    }

    async fn an_overdraft_is_spent_and_owed(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let top = tree.root.seats(&bench, &agreement, 10).await;
        let give = json!({ "Organisation": tree.reseller, "Seats": 2, "Overdraft": 3 });
        let dealt = tree.root.post(&bench, &path(&top, "give"), &give).await;
        let dealt = text(&dealt.json, "UUID").to_owned();
        for _ in 0..5 {
            tree.dealer.issue(&bench, &agreement, tree.customer).await;
        }
        assert_eq!(tree.dealer.balance(&bench, &dealt).await, [2, 0, 5, 0]);
        let body = json!({ "Agreement": agreement, "Organisation": tree.customer });
        refused(&tree.dealer.post(&bench, LICENSES, &body).await, 409, "too few free seats");
        refused_field(&tree.root.patch(&bench, &format!("{POOLS}/{dealt}"), &json!({ "Overdraft": 2 })).await, "Overdraft");
        refused(&tree.dealer.patch(&bench, &format!("{POOLS}/{dealt}"), &json!({ "Overdraft": 9 })).await, 403, "insufficient permissions");
        refused(&tree.root.post(&bench, &path(&dealt, "take-back"), &json!({ "Seats": 1 })).await, 409, "too few free seats");
        // What is given then pays what is owed.
        tree.root.give(&bench, &top, tree.reseller, 4).await;
        assert_eq!(tree.root.patch(&bench, &format!("{POOLS}/{dealt}"), &json!({ "Overdraft": 0 })).await.json["Free"], 1);
    }

    async fn what_ends_ends_for_all_below_and_flows_back(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let top = tree.root.seats(&bench, &agreement, 100).await;
        let give = json!({ "Organisation": tree.distributor, "Seats": 50, "ExpiresAt": "2026-12-20T00:00:00Z" });
        let sold = tree.root.post(&bench, &path(&top, "give"), &give).await;
        let sold = text(&sold.json, "UUID").to_owned();
        let late = json!({ "Organisation": tree.reseller, "Seats": 1, "ExpiresAt": "2026-12-21T00:00:00Z" });
        refused_field(&tree.seller.post(&bench, &path(&sold, "give"), &late).await, "ExpiresAt");
        let past = json!({ "Organisation": tree.reseller, "Seats": 1, "ExpiresAt": "2026-11-20T00:00:00Z" });
        refused_field(&tree.seller.post(&bench, &path(&sold, "give"), &past).await, "ExpiresAt");
        assert_eq!(tree.seller.balance(&bench, &sold).await, [50, 0, 0, 50], "nothing was left behind");
        let dealt = tree.seller.give(&bench, &sold, tree.reseller, 20).await;
        assert_eq!(tree.dealer.get(&bench, &format!("{POOLS}/{dealt}")).await.json["ExpiresAt"], "2026-12-20T00:00:00Z");
        tree.dealer.issue(&bench, &agreement, tree.customer).await;
        // Shortened above, shortened below.
        let sooner = json!({ "ExpiresAt": "2026-11-20T10:00:00Z" });
        assert_eq!(tree.root.patch(&bench, &format!("{POOLS}/{sold}"), &sooner).await.status, 200);
        assert_eq!(tree.dealer.get(&bench, &format!("{POOLS}/{dealt}")).await.json["ExpiresAt"], "2026-11-20T10:00:00Z");
        bench.clock.advance(Span::minutes(31));
        let root = Actor(bench.sign_in(&bench.super_admin("later", tree.owner).await).await.access);
        let dealer = crate::support::admin(&bench, "later-dealer", tree.reseller).await;
        let body = json!({ "Agreement": agreement, "Organisation": tree.customer });
        refused(&dealer.post(&bench, LICENSES, &body).await, 409, "too few free seats");
        let give = json!({ "Organisation": tree.customer, "Seats": 1 });
        refused(&root.post(&bench, &path(&sold, "give"), &give).await, 409, "seats have expired");
        // All but the seat that is used came back.
        assert_eq!(root.balance(&bench, &top).await, [100, 1, 0, 99]);
        assert_eq!(root.balance(&bench, &sold).await, [1, 1, 0, 0]);
        assert_eq!(root.balance(&bench, &dealt).await, [1, 0, 1, 0]);
        assert_eq!(history(&bench, &dealer, &dealt).await.last(), Some(&("expired".to_owned(), 19)));
        // Given anew, it begins anew.
        let again = root.post(&bench, &path(&top, "give"), &json!({ "Organisation": tree.distributor, "Seats": 2 })).await;
        assert_eq!((&again.json["ExpiresAt"], &again.json["Free"]), (&Value::Null, &json!(2)), "{again:?}");
    }

    async fn of_sixty_four_who_claim_the_last_seat_one_gets_it(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let top = tree.root.seats(&bench, &agreement, 1).await;
        let dealt = tree.root.give(&bench, &top, tree.reseller, 1).await;
        let body = json!({ "Agreement": agreement, "Organisation": tree.customer });
        let answers = join_all((0..64).map(|_| tree.dealer.post(&bench, LICENSES, &body))).await;
        let issued = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(issued, 1, "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            refused(answer, 409, "too few free seats");
        }
        assert_eq!(tree.dealer.balance(&bench, &dealt).await, [1, 0, 1, 0]);
        let listed = tree.buyer.get(&bench, "/auth/licenses").await;
        assert_eq!(listed.header("x-pagination-records"), Some("1"));
    }

    async fn of_sixty_four_systems_that_claim_the_last_place_one_gets_it(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let licence = tree.root.issue(&bench, &agreement, tree.customer).await;
        let devices = format!("{LICENSES}/{}/devices", text(&licence, "UUID"));
        let mut systems = Vec::new();
        for number in 0..64 {
            systems.push(tree.buyer.system(&bench, &format!("Box {number}"), tree.customer).await);
        }
        let bodies: Vec<_> = systems.iter().map(|system| json!({ "Device": system.id })).collect();
        let answers = join_all(bodies.iter().map(|body| tree.buyer.post(&bench, &devices, body))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            refused(answer, 409, "license is for no more devices");
        }
        assert_eq!(tree.buyer.get(&bench, &devices).await.json.as_array().map(Vec::len), Some(1));
    }
}
