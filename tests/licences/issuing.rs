//! Licences: issued, signed, renewed, handed over, suspended, revoked, bound to systems.

use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::text;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, LICENSES, Tree, member, refused, refused_field, subscription};

/// What happened to a licence, the oldest first.
async fn history(bench: &Bench, actor: &Actor, licence: &str) -> Vec<String> {
    let found = actor.get(bench, &format!("{licence}/history")).await;
    assert_eq!(found.status, 200, "{found:?}");
    let mut kinds: Vec<_> = found.json.as_array().unwrap().iter().map(|one| text(one, "Kind").to_owned()).collect();
    kinds.reverse();
    kinds
}

on_both_engines! {
    async fn a_licence_is_issued_signed_renewed_and_revoked_and_all_of_it_is_kept(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let body = json!({ "Agreement": agreement, "Organisation": tree.customer, "DiscountBP": 1250 });
        let issued = tree.root.post(&bench, LICENSES, &body).await;
        assert_eq!(issued.status, 201, "{issued:?}");
        let licence = &issued.json[0];
        // 1999 × 8750 / 10000 = 1749.125
        assert_eq!((&licence["AmountPerMonth"], &licence["NetPerMonth"]), (&json!(1999), &json!(1749)));
        assert_eq!((&licence["State"], &licence["ExpiresAt"]), (&json!("active"), &json!("2027-11-20T09:30:00Z")));
        assert_eq!(licence["ProviderOrganisation"]["Name"], "Owner");
        let path = format!("{LICENSES}/{}", text(licence, "UUID"));
        // Signed by somebody of those who hold it.
        let reader = member(&bench, "reader", tree.customer, Role::Reader).await;
        refused(&reader.act(&bench, &format!("{path}/sign")).await, 403, "insufficient permissions");
        let signed = tree.buyer.act(&bench, &format!("{path}/sign")).await;
        assert_eq!(signed.json["SignedUser"]["Email"], "buyer@example.org", "{signed:?}");
        assert_eq!(signed.json["SignedUserAt"], "2026-11-20T09:30:00Z");
        refused(&tree.root.act(&bench, &format!("{path}/sign")).await, 409, "license is signed already");
        // Decided of by those who sell it.
        let paid = json!({ "PaidUntilAt": "2027-01-01T00:00:00Z", "DiscountBP": 0 });
        refused(&tree.buyer.patch(&bench, &path, &paid).await, 403, "insufficient permissions");
        let changed = tree.root.patch(&bench, &path, &paid).await;
        assert_eq!((&changed.json["PaidUntilAt"], &changed.json["NetPerMonth"]), (&json!("2027-01-01T00:00:00Z"), &json!(1999)));
        let renewed = tree.root.post(&bench, &format!("{path}/renew"), &json!({})).await;
        assert_eq!(renewed.json["ExpiresAt"], "2028-11-19T09:30:00Z", "a year after its end: {renewed:?}");
        assert_eq!(renewed.json["SignedUserAt"], signed.json["SignedUserAt"], "the same terms stay signed");
        refused_field(&tree.root.post(&bench, &format!("{path}/renew"), &json!({ "ExpiresAt": "2027-11-20T09:30:00Z" })).await, "ExpiresAt");
        for (act, expected) in [("suspend", "suspended"), ("reactivate", "active"), ("revoke", "revoked")] {
            refused(&tree.buyer.act(&bench, &format!("{path}/{act}")).await, 403, "insufficient permissions");
            let done = tree.root.act(&bench, &format!("{path}/{act}")).await;
            assert_eq!(done.json["State"], expected, "{done:?}");
            let again = tree.root.act(&bench, &format!("{path}/{act}")).await;
            assert_eq!(again.status, 409, "{again:?}");
        }
        refused(&tree.root.post(&bench, &format!("{path}/renew"), &json!({})).await, 409, "license is revoked");
        assert_eq!(
            history(&bench, &tree.buyer, &path).await,
            ["issued", "signed", "changed", "renewed", "suspended", "reactivated", "revoked"]
        );
        // Who is above and not to be seen is not named.
        let last = tree.buyer.get(&bench, &format!("{path}/history?Limit=1")).await;
        assert_eq!(last.json[0]["By"], Value::Null, "{last:?}");
        let last = tree.root.get(&bench, &format!("{path}/history?Limit=1")).await;
        assert_eq!((&last.json[0]["By"]["Name"], last.header("x-pagination-records")), (&json!("root"), Some("7")));
    }

    async fn a_licence_that_has_lapsed_is_renewed_from_now_on(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let licence = tree.root.issue(&bench, &agreement, tree.customer).await;
        let path = format!("{LICENSES}/{}", text(&licence, "UUID"));
        bench.clock.advance(Span::days(370));
        // A token lives ten minutes.
        let root = Actor(bench.sign_in(&bench.super_admin("later", tree.owner).await).await.access);
        assert_eq!(root.get(&bench, &path).await.json["State"], "grace");
        bench.clock.advance(Span::days(30));
        let root = Actor(bench.sign_in(&bench.super_admin("latest", tree.owner).await).await.access);
        assert_eq!(root.get(&bench, &path).await.json["State"], "expired");
        let renewed = root.post(&bench, &format!("{path}/renew"), &json!({})).await;
        assert_eq!((&renewed.json["State"], &renewed.json["ExpiresAt"]), (&json!("active"), &json!("2028-12-24T09:30:00Z")));
    }

    async fn licences_are_issued_downwards_alone(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let pool = tree.root.seats(&bench, &agreement, 10).await;
        let pool = tree.root.give(&bench, &pool, tree.distributor, 5).await;
        tree.seller.give(&bench, &pool, tree.reseller, 3).await;
        let to = |organisation| json!({ "Agreement": agreement, "Organisation": organisation });
        for above in [tree.owner, tree.distributor] {
            refused_field(&tree.dealer.post(&bench, LICENSES, &to(above)).await, "Organisation");
        }
        assert_eq!(tree.dealer.post(&bench, LICENSES, &to(tree.reseller)).await.status, 201, "to oneself");
        assert_eq!(tree.dealer.post(&bench, LICENSES, &to(tree.customer)).await.status, 201);
        // In the name of somebody else.
        let mut body = to(tree.customer);
        body["Provider"] = json!(tree.distributor);
        refused_field(&tree.dealer.post(&bench, LICENSES, &body).await, "Provider");
        body["Provider"] = json!(tree.reseller);
        let issued = tree.seller.post(&bench, LICENSES, &body).await;
        assert_eq!(issued.json[0]["ProviderOrganisation"]["Name"], "Reseller", "{issued:?}");
        refused(&tree.dealer.post(&bench, LICENSES, &to(tree.customer)).await, 409, "too few free seats");
        // Whoever has no seats issues nothing.
        refused(&tree.buyer.post(&bench, LICENSES, &to(tree.customer)).await, 409, "too few free seats");
        // Dates and figures that cannot be.
        for (member, value) in [("ExpiresAt", json!("2020-01-01T00:00:00Z")), ("Quantity", json!(0)), ("DiscountBP", json!(10_001)), ("StartsAt", json!("soon"))] {
            let mut body = to(tree.customer);
            body[member] = value;
            refused_field(&tree.seller.post(&bench, LICENSES, &body).await, member);
        }
    }

    async fn a_licence_is_for_as_many_systems_as_its_agreement_says(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let mut terms = subscription("Pair");
        terms["DevicesPerLicense"] = json!(2);
        let agreement = tree.root.agreement(&bench, &terms).await;
        let licence = tree.root.issue(&bench, &agreement, tree.customer).await;
        let path = format!("{LICENSES}/{}", text(&licence, "UUID"));
        let devices = format!("{path}/devices");
        let mut systems = Vec::new();
        for name in ["One", "Two", "Three"] {
            systems.push(tree.buyer.system(&bench, name, tree.customer).await);
        }
        let bind = |at: usize| json!({ "Device": systems[at].id });
        for (at, bound) in [(0, 1), (1, 2)] {
            let answer = tree.buyer.post(&bench, &devices, &bind(at)).await;
            assert_eq!((answer.status, &answer.json["Bound"]), (200, &json!(bound)), "{answer:?}");
        }
        refused(&tree.buyer.post(&bench, &devices, &bind(2)).await, 409, "license is for no more devices");
        let listed = tree.buyer.get(&bench, &devices).await;
        let names: Vec<_> = listed.json.as_array().unwrap().iter().map(|one| text(one, "Name")).collect();
        assert_eq!(names, ["One", "Two"]);
        let released = tree.buyer.delete(&bench, &format!("{devices}/{}", systems[0].id)).await;
        assert_eq!((released.status, &released.json["Bound"]), (200, &json!(1)));
        refused(&tree.buyer.delete(&bench, &format!("{devices}/{}", systems[0].id)).await, 404, "device does not have this license");
        refused(&tree.buyer.post(&bench, &devices, &bind(1)).await, 409, "device has this license already");
        assert_eq!(tree.buyer.post(&bench, &devices, &bind(2)).await.status, 200);
        // What is deleted frees its place.
        assert_eq!(bench.ask(Method::DELETE, &format!("/api/systems/{}", systems[1].id), &tree.buyer.0, None).await.status, 200);
        let shown = tree.buyer.get(&bench, &path).await;
        assert_eq!(shown.json["Bound"], 1, "{shown:?}");
        // Systems of others.
        let foreign = tree.other.system(&bench, "Foreign", tree.neighbour).await;
        refused_field(&tree.root.post(&bench, &devices, &json!({ "Device": foreign.id })).await, "Device");
        refused_field(&tree.buyer.post(&bench, &devices, &json!({ "Device": foreign.id })).await, "Device");
        refused(&tree.other.post(&bench, &devices, &json!({ "Device": foreign.id })).await, 404, "license not found");
    }

    async fn whoever_is_handed_a_licence_learns_nothing_of_who_had_it(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let licence = tree.root.issue(&bench, &agreement, tree.customer).await;
        let path = format!("{LICENSES}/{}", text(&licence, "UUID"));
        let system = tree.buyer.system(&bench, "Secret Laboratory", tree.customer).await;
        tree.buyer.post(&bench, &format!("{path}/devices"), &json!({ "Device": system.id })).await;
        tree.buyer.act(&bench, &format!("{path}/sign")).await;
        let handed = tree.root.post(&bench, &format!("{path}/transfer"), &json!({ "Organisation": tree.neighbour })).await;
        assert_eq!((&handed.json["Organisation"]["Name"], &handed.json["Bound"]), (&json!("Neighbour"), &json!(0)));
        assert_eq!(handed.json["SignedUser"], Value::Null);
        refused(&tree.buyer.get(&bench, &path).await, 404, "license not found");
        assert_eq!(history(&bench, &tree.other, &path).await, ["transferred"]);
        assert_eq!(history(&bench, &tree.root, &path).await, ["issued", "bound", "signed", "transferred"]);
        assert_eq!(system.ask(&bench, "/api/systems/licence").await.data(200)["state"], "none");
        refused_field(&tree.root.post(&bench, &format!("{path}/transfer"), &json!({ "Organisation": tree.neighbour })).await, "Organisation");
    }
}
