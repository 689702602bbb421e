//! Lists of licences: filtered, counted, ordered, sliced (contract, section 3).

use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::text;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use serde_json::{Value, json};

use crate::support::{Actor, LICENSES, Tree, member, refused, refused_field, subscription};

/// Every order of one thing or two, in both directions.
pub(crate) fn orders() -> Vec<Vec<&'static str>> {
    let one = [
        "AgreementName",
        "LicenseKey",
        "StartsAt",
        "ExpiresAt",
        "-AgreementName",
        "-LicenseKey",
        "-StartsAt",
        "-ExpiresAt",
    ];
    let single = one.iter().map(|order| vec![*order]);
    let is_other = |a: &str, b: &str| a.trim_start_matches('-') != b.trim_start_matches('-');
    let pairs = one.iter().flat_map(|a| one.iter().filter(move |b| is_other(a, b)).map(move |b| vec![*a, *b]));
    let all = vec![
        vec![],
        vec!["AgreementName", "StartsAt", "-ExpiresAt", "LicenseKey"],
        vec!["-ExpiresAt", "-AgreementName", "StartsAt"],
    ];
    single.chain(pairs).chain(all).collect()
}

/// What a licence is ordered by, as text that sorts as it should: what does not end comes last.
fn key(licence: &Value, order: &str) -> String {
    match order.trim_start_matches('-') {
        "AgreementName" => text(&licence["Agreement"], "Name").to_lowercase(),
        "LicenseKey" => text(licence, "LicenseKey").to_owned(),
        "StartsAt" => text(licence, "StartsAt").to_owned(),
        _ => licence["ExpiresAt"].as_str().unwrap_or("9999").to_owned(),
    }
}

/// The same list, ordered here.
pub(crate) fn sorted(licences: &[Value], orders: &[&str]) -> Vec<String> {
    let mut sorted: Vec<&Value> = licences.iter().collect();
    sorted.sort_by(|one, other| {
        let by = |order: &&str| {
            let ordering = key(one, order).cmp(&key(other, order));
            if order.starts_with('-') { ordering.reverse() } else { ordering }
        };
        let first = orders.iter().map(by).find(|ordering| ordering.is_ne());
        first.unwrap_or(std::cmp::Ordering::Equal).then(text(one, "UUID").cmp(text(other, "UUID")))
    });
    sorted.into_iter().map(|licence| text(licence, "UUID").to_owned()).collect()
}

pub(crate) async fn ids(bench: &Bench, actor: &Actor, query: &str) -> Vec<String> {
    let found = actor.get(bench, &format!("/auth/licenses?{query}")).await;
    assert_eq!(found.status, 200, "{found:?}");
    found.json.as_array().unwrap().iter().map(|licence| text(licence, "UUID").to_owned()).collect()
}

/// Three agreements, licences of two customers, some with systems.
async fn world(bench: &Bench) -> (Tree, Vec<Value>) {
    let tree = Tree::new(bench).await;
    let mut endless = subscription("Évolution");
    endless["DurationDays"] = Value::Null;
    let agreements = [
        tree.root.agreement(bench, &subscription("AI Manager License")).await,
        tree.root.agreement(bench, &endless).await,
        tree.root
            .agreement(bench, &json!({ "Name": "ai manager license", "Kind": "trial", "TrialsPerOrganisation": 0 }))
            .await,
    ];
    for (number, agreement) in agreements.iter().cycle().take(18).enumerate() {
        let holder = if number % 5 == 4 { tree.neighbour } else { tree.customer };
        let body = json!({
            "Agreement": agreement, "Organisation": holder,
            "StartsAt": format!("2026-0{}-01T00:00:00Z", 1 + number % 4),
        });
        let issued = tree.root.post(bench, LICENSES, &body).await;
        assert_eq!(issued.status, 201, "{issued:?}");
    }
    let all = tree.root.get(bench, "/auth/licenses?Limit=500").await;
    (tree, all.json.as_array().unwrap().clone())
}

on_both_engines! {
    async fn every_order_is_total_and_every_slice_is_of_it(bench: Bench) {
        let (tree, all) = world(&bench).await;
        assert_eq!(all.len(), 18);
        for orders in orders() {
            let query = format!("OrderBy={}", orders.join(","));
            let query = if orders.is_empty() { String::new() } else { query };
            let expected = sorted(&all, &orders);
            assert_eq!(ids(&bench, &tree.root, &query).await, expected, "{query}");
            let slice = ids(&bench, &tree.root, &format!("{query}&Offset=3&Limit=7")).await;
            assert_eq!(slice, expected[3..10], "{query}");
        }
    }

    async fn filters_come_before_the_count_and_the_slice_after_it(bench: Bench) {
        let (tree, all) = world(&bench).await;
        let first = &all[0];
        let kind = |kind: &str| all.iter().filter(|one| one["Agreement"]["Kind"] == kind).count();
        let agreement = text(&first["Agreement"], "UUID");
        let own = all.iter().filter(|one| one["Agreement"]["UUID"] == agreement).count();
        for (query, expected) in [
            (String::new(), 18),
            ("Kind=trial".to_owned(), kind("trial")),
            ("Kind=subscription".to_owned(), kind("subscription")),
            ("Kind=nothing-like-it".to_owned(), 0),
            (format!("Agreement={agreement}"), own),
            // Two agreements are called so, without regard to case.
            ("Agreement=AI%20MANAGER%20LICENSE".to_owned(), 12),
            ("Agreement=evolution".to_owned(), 6),
            ("Agreement=evol".to_owned(), 0),
            ("q=evolu".to_owned(), 6),
            ("q=MANAGER".to_owned(), 12),
            (format!("q={}", &text(first, "LicenseKey")[..13]), 1),
            (format!("q={}", text(first, "LicenseKey").to_uppercase()), 1),
            ("q=%25".to_owned(), 0),
            ("q=manager&Kind=trial".to_owned(), 6),
            ("q=".to_owned(), 18),
        ] {
            let found = tree.root.get(&bench, &format!("/auth/licenses?{query}&Limit=2")).await;
            assert_eq!(found.status, 200, "{found:?}");
            assert_eq!(found.header("x-pagination-records"), Some(expected.to_string().as_str()), "{query}");
            assert_eq!(found.json.as_array().map(Vec::len), Some(expected.min(2)), "{query}");
        }
        let past = tree.root.get(&bench, "/auth/licenses?Offset=100").await;
        assert_eq!((past.json, past.headers["x-pagination-records"].to_str().unwrap()), (json!([]), "18"));
    }

    async fn licences_are_found_by_their_systems(bench: Bench) {
        let (tree, all) = world(&bench).await;
        let theirs = all.iter().find(|one| one["Agreement"]["Name"] == "Évolution").unwrap();
        let found = tree.root.get(&bench, &format!("{LICENSES}/{}", text(theirs, "UUID"))).await;
        let (holder, actor) = match text(&found.json["Organisation"], "Name") {
            "Customer" => (tree.customer, &tree.buyer),
            _ => (tree.neighbour, &tree.other),
        };
        let system = actor.system(&bench, "Zürich Nord", holder).await;
        let devices = format!("{LICENSES}/{}/devices", text(theirs, "UUID"));
        assert_eq!(actor.post(&bench, &devices, &json!({ "Device": system.id })).await.status, 200);
        for query in [format!("Device={}", system.id), "q=zurich".to_owned(), "q=NORD".to_owned(), "q=Z%C3%BCrich%20no".to_owned()] {
            assert_eq!(ids(&bench, &tree.root, &query).await, [text(theirs, "UUID")], "{query}");
        }
        // The type of a system, and its id, are not its name.
        for query in ["q=ns8".to_owned(), format!("q={}", system.id)] {
            assert_eq!(ids(&bench, &tree.root, &query).await, Vec::<String>::new(), "{query}");
        }
        let nobody = if holder == tree.customer { &tree.other } else { &tree.buyer };
        for query in [format!("Device={}", system.id), "q=zurich".to_owned()] {
            assert_eq!(ids(&bench, nobody, &query).await, Vec::<String>::new(), "{query}");
        }
    }

    async fn everybody_sees_what_they_hold_and_what_those_below_hold(bench: Bench) {
        let (tree, all) = world(&bench).await;
        let reader = member(&bench, "reader", tree.neighbour, Role::Reader).await;
        let of = |actor| ids(&bench, actor, "Limit=500");
        assert_eq!(of(&tree.root).await.len(), 18);
        assert_eq!(of(&tree.seller).await.len(), 18);
        assert_eq!(of(&tree.dealer).await.len(), 18);
        let (customers, neighbours) = (of(&tree.buyer).await, of(&tree.other).await);
        assert_eq!((customers.len(), neighbours.len()), (15, 3));
        assert_eq!(of(&reader).await, neighbours);
        for licence in &all {
            let id = text(licence, "UUID").to_owned();
            let found = tree.other.get(&bench, &format!("/auth/license/{id}")).await;
            if neighbours.contains(&id) {
                assert_eq!(&found.json, licence, "{found:?}");
            } else {
                refused(&found, 404, "license not found");
            }
        }
        refused(&tree.other.get(&bench, "/auth/license/nonsense").await, 404, "license not found");
        assert_eq!(bench.call(reqwest::Method::GET, "/auth/licenses").send().await.unwrap().status(), 401);
    }

    async fn what_cannot_be_read_is_refused_by_name(bench: Bench) {
        let tree = Tree::new(&bench).await;
        for (name, value) in [
            ("Offset", "-1"),
            ("Offset", "x"),
            ("Limit", "0"),
            ("Limit", "501"),
            ("OrderBy", "Name"),
            ("OrderBy", "StartsAt,StartsAt"),
            ("OrderBy", ""),
            ("Device", "box"),
            ("Kind", "No%20Kind"),
            ("Agreement", ""),
        ] {
            refused_field(&tree.root.get(&bench, &format!("/auth/licenses?{name}={value}")).await, name);
        }
    }
}
