//! What becomes of licences and seats when organisations are deleted, restored, destroyed or moved.

use bailiwick_testkit::answer::text;
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::json;

use crate::support::{Actor, LICENSES, POOLS, Tree, refused, subscription};

on_both_engines! {
    async fn the_seats_of_who_is_destroyed_go_back_to_whoever_gave_them(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let root = bench.super_admin("super", tree.owner).await;
        let root = Actor(bench.sign_in(&root).await.access);
        let agreement = root.agreement(&bench, &subscription("AI Manager")).await;
        let top = root.seats(&bench, &agreement, 100).await;
        let sold = root.give(&bench, &top, tree.distributor, 50).await;
        let dealt = root.give(&bench, &sold, tree.reseller, 20).await;
        let bought = root.give(&bench, &dealt, tree.customer, 6).await;
        let licence = tree.dealer.issue(&bench, &agreement, tree.customer).await;
        let kept = tree.dealer.issue(&bench, &agreement, tree.reseller).await;
        let system = tree.buyer.system(&bench, "Box", tree.customer).await;
        let devices = format!("{LICENSES}/{}/devices", text(&licence, "UUID"));
        assert_eq!(tree.buyer.post(&bench, &devices, &json!({ "Device": system.id })).await.status, 200);
        let organisation = format!("/api/organizations/{}", tree.customer);
        let path = format!("{LICENSES}/{}", text(&licence, "UUID"));
        let decide = async |method: Method, path: String| {
            let answer = bench.ask(method, &path, &root.0, None).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        };
        // Deleted, they are out of sight, and come back as they were.
        decide(Method::DELETE, organisation.clone()).await;
        refused(&tree.dealer.get(&bench, &path).await, 404, "license not found");
        refused(&root.get(&bench, &format!("{POOLS}/{bought}")).await, 404, "pool not found");
        assert_eq!(root.get(&bench, "/auth/licenses").await.header("x-pagination-records"), Some("1"));
        decide(Method::PATCH, format!("{organisation}/restore")).await;
        assert_eq!(tree.dealer.get(&bench, &path).await.json["Bound"], 1);
        assert_eq!(root.balance(&bench, &dealt).await, [20, 6, 2, 12]);
        // Destroyed, they are gone, and their seats are free again.
        decide(Method::DELETE, organisation.clone()).await;
        decide(Method::DELETE, format!("{organisation}/destroy")).await;
        refused(&root.get(&bench, &path).await, 404, "license not found");
        assert_eq!(root.balance(&bench, &dealt).await, [20, 0, 1, 19]);
        let moves = root.get(&bench, &format!("{POOLS}/{dealt}/history?Limit=1")).await;
        assert_eq!((&moves.json[0]["Kind"], &moves.json[0]["Seats"]), (&json!("lapsed"), &json!(6)), "{moves:?}");
        assert_eq!(root.get(&bench, &format!("{LICENSES}/{}", text(&kept, "UUID"))).await.status, 200);
        let distributor = format!("/api/organizations/{}", tree.distributor);
        decide(Method::DELETE, distributor.clone()).await;
        decide(Method::DELETE, format!("{distributor}/destroy")).await;
        assert_eq!(root.balance(&bench, &top).await, [100, 0, 0, 100]);
        assert_eq!(root.get(&bench, POOLS).await.header("x-pagination-records"), Some("1"));
    }

    async fn who_was_moved_away_keeps_what_they_were_given_by_whoever_is_destroyed(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let root = bench.super_admin("super", tree.owner).await;
        let root = Actor(bench.sign_in(&root).await.access);
        let agreement = root.agreement(&bench, &subscription("AI Manager")).await;
        let top = root.seats(&bench, &agreement, 100).await;
        let sold = root.give(&bench, &top, tree.distributor, 50).await;
        let dealt = root.give(&bench, &sold, tree.reseller, 20).await;
        let body = json!({ "Agreement": agreement, "Organisation": tree.reseller, "Provider": tree.distributor });
        let licence = root.post(&bench, LICENSES, &body).await;
        let path = format!("{LICENSES}/{}", text(&licence.json[0], "UUID"));
        let parent = json!({ "parent_id": tree.owner });
        let moved = bench.ask(Method::PUT, &format!("/api/organizations/{}/parent", tree.reseller), &root.0, Some(&parent)).await;
        assert_eq!(moved.status, 200, "{moved:?}");
        let distributor = format!("/api/organizations/{}", tree.distributor);
        for (method, tail) in [(Method::DELETE, ""), (Method::DELETE, "/destroy")] {
            let answer = bench.ask(method, &format!("{distributor}{tail}"), &root.0, None).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        // Of fifty, twenty were given on and one is used; twenty-nine came back.
        assert_eq!(root.balance(&bench, &top).await, [100, 21, 0, 79]);
        assert_eq!(root.balance(&bench, &dealt).await, [20, 0, 0, 20]);
        let shown = tree.dealer.get(&bench, &path).await;
        assert_eq!((shown.status, &shown.json["ProviderOrganisation"]), (200, &json!(null)), "{shown:?}");
        tree.dealer.issue(&bench, &agreement, tree.customer).await;
        // What nobody sells any more is decided of by who runs the server.
        refused(&tree.dealer.act(&bench, &format!("{path}/revoke")).await, 403, "insufficient permissions");
        assert_eq!(root.act(&bench, &format!("{path}/revoke")).await.status, 200);
    }
}
