//! What the endpoints of agreements, licences and pools do while the database stalls.

use bailiwick_domain::id::OrganisationId;
use bailiwick_testkit::answer::text;
use bailiwick_testkit::bench::Bench;
use reqwest::Method;
use serde_json::{Value, json};

use crate::deadlines::Case;
use crate::deadlines::Needs::{Reading, Writing};

/// As whoever may do all of it, in an order in which all of it happens when nothing stalls any more.
pub(crate) async fn licence_cases(bench: &Bench, owner: OrganisationId, below: OrganisationId) -> Vec<Case> {
    let root = bench.super_admin("licensor", owner).await;
    let by = bench.sign_in(&root).await.access;
    let post = async |path: &str, body: Value| {
        let answer = bench.ask(Method::POST, path, &by, Some(&body)).await;
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        answer.json
    };
    let terms = json!({ "Name": "Subscription", "Kind": "subscription" });
    let written = post("/auth/admin/agreements", terms.clone()).await;
    let draft = post("/auth/admin/agreements", terms.clone()).await;
    let superfluous = post("/auth/admin/agreements", terms.clone()).await;
    let (agreement, draft, superfluous) = (text(&written, "UUID"), text(&draft, "UUID"), text(&superfluous, "UUID"));
    post(&format!("/auth/admin/agreements/{agreement}/publish"), json!({})).await;
    let made = json!({ "Agreement": agreement, "Seats": 9 });
    let pool = post("/auth/admin/pools", made.clone()).await;
    let pool = text(&pool, "UUID");
    let given = json!({ "Organisation": below, "Seats": 3 });
    let edge = post(&format!("/auth/admin/pools/{pool}/give"), given.clone()).await;
    let edge = text(&edge, "UUID");
    let wanted = json!({ "Agreement": agreement, "Organisation": below });
    let issued = post("/auth/admin/licenses", wanted.clone()).await;
    let licence = text(&issued[0], "UUID");
    let system = post("/api/systems", json!({ "name": "one", "type": "ns8", "organization_id": below })).await;
    let device = json!({ "Device": text(&system["data"], "id") });
    let cases = vec![
        Case::of("list-agreements", 5, Reading, 200),
        Case::of("create-agreement", 5, Writing, 201).with(terms),
        Case::of("get-agreement", 5, Reading, 200).about(agreement),
        Case::of("change-agreement", 5, Writing, 200).about(draft).with(json!({ "Name": "Another" })),
        Case::of("publish-agreement", 5, Writing, 200).about(draft),
        Case::of("withdraw-agreement", 5, Writing, 200).about(draft),
        Case::of("delete-agreement", 5, Writing, 200).about(superfluous),
        Case::of("revise-agreement", 5, Writing, 201).about(agreement),
        Case::of("get-license", 1, Reading, 200).about(licence),
        Case::of("list-licenses", 5, Reading, 200),
        Case::of("get-license-details", 5, Reading, 200).about(licence),
        Case::of("license-history", 5, Reading, 200).about(licence),
        Case::of("license-devices", 5, Reading, 200).about(licence),
        Case::of("issue-licenses", 5, Writing, 201).with(wanted),
        Case::of("change-license", 5, Writing, 200).about(licence).with(json!({ "DiscountBP": 500 })),
        Case::of("sign-license", 5, Writing, 200).about(licence),
        Case::of("renew-license", 5, Writing, 200).about(licence).with(json!({})),
        Case::of("suspend-license", 5, Writing, 200).about(licence),
        Case::of("reactivate-license", 5, Writing, 200).about(licence),
        Case::of("bind-license", 5, Writing, 200).about(licence).with(device),
        // There is no such device.
        Case::of("release-license", 5, Writing, 404).about(licence),
        Case::of("transfer-license", 5, Writing, 200).about(licence).with(json!({ "Organisation": owner })),
        Case::of("revoke-license", 5, Writing, 200).about(licence),
        Case::of("list-pools", 5, Reading, 200),
        Case::of("get-pool", 5, Reading, 200).about(edge),
        Case::of("pool-history", 5, Reading, 200).about(edge),
        Case::of("make-seats", 5, Writing, 201).with(made),
        Case::of("change-pool", 5, Writing, 200).about(edge).with(json!({ "Overdraft": 2 })),
        Case::of("give-seats", 5, Writing, 200).about(pool).with(given),
        Case::of("take-seats-back", 5, Writing, 200).about(edge).with(json!({ "Seats": 1 })),
    ];
    cases.into_iter().map(|case| case.by(&by)).collect()
}
