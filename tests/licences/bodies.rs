//! The bodies of answers, member by member, as the contract has them.

use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{AGREEMENTS, LICENSES, POOLS, Tree, subscription};

/// Holds an answer to the snapshot of this name, without what is new in every run.
#[track_caller]
fn assert_snapshot(name: &str, value: &Value) {
    let mut hidden = value.clone();
    hide_chance(&mut hidden);
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    // The engines keep the members of details in orders of their own.
    settings.set_sort_maps(true);
    settings.bind(|| insta::assert_json_snapshot!(name, hidden));
}

fn hide_chance(value: &mut Value) {
    match value {
        Value::String(text) if uuid::Uuid::try_parse(text).is_ok() => "[id]".clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(hide_chance),
        Value::Object(members) => members.values_mut().for_each(hide_chance),
        _ => {}
    }
}

on_both_engines! {
    async fn a_licence_is_shown_as_the_contract_has_it(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let system = tree.buyer.system(&bench, "Box", tree.customer).await;
        let body = json!({
            "Agreement": agreement, "Organisation": tree.customer, "DiscountBP": 1250, "Devices": [system.id],
            "PaidUntilAt": "2027-01-01T00:00:00Z",
        });
        let issued = tree.root.post(&bench, LICENSES, &body).await;
        let id = text(&issued.json[0], "UUID");
        let path = format!("{LICENSES}/{id}");
        assert_eq!(tree.buyer.act(&bench, &format!("{path}/sign")).await.status, 200);
        assert_snapshot("license", &tree.buyer.get(&bench, &format!("/auth/license/{id}")).await.json);
        let listed = tree.buyer.get(&bench, "/auth/licenses").await;
        assert_eq!(listed.header("x-pagination-records"), Some("1"));
        assert_snapshot("licenses", &listed.json);
        assert_snapshot("license_details", &tree.buyer.get(&bench, &path).await.json);
        assert_snapshot("license_devices", &tree.buyer.get(&bench, &format!("{path}/devices")).await.json);
        assert_snapshot("license_history", &tree.buyer.get(&bench, &format!("{path}/history")).await.json);
        assert_snapshot("license_404", &tree.other.get(&bench, &format!("/auth/license/{id}")).await.json);
        assert_snapshot("system_licence", &system.ask(&bench, "/api/systems/licence").await.json);
        let unknown = bench.call(Method::GET, "/api/systems/licence");
        assert_snapshot("system_licence_401", &Answer::in_json(unknown).await.json);
    }

    async fn agreements_and_pools_are_shown_as_the_contract_has_them(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let agreement = tree.root.agreement(&bench, &subscription("AI Manager")).await;
        let top = tree.root.seats(&bench, &agreement, 10).await;
        let sold = tree.root.give(&bench, &top, tree.distributor, 4).await;
        let path = format!("{AGREEMENTS}/{agreement}");
        assert_snapshot("agreement", &tree.buyer.get(&bench, &path).await.json);
        let path = format!("{POOLS}/{sold}");
        assert_snapshot("pool", &tree.root.get(&bench, &path).await.json);
        assert_snapshot("pool_below", &tree.seller.get(&bench, &path).await.json);
        assert_snapshot("pool_history", &tree.root.get(&bench, &format!("{path}/history")).await.json);
    }
}
