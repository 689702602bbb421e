//! The same for the forms about agreements, licences and seats: what they bring along is text.

use std::collections::BTreeSet;

use bailiwick_domain::id::OrganisationId;
use bailiwick_testkit::answer::text;
use bailiwick_testkit::bench::Bench;
use reqwest::Method;
use serde_json::{Value, json};

use crate::forms::Browser;
use crate::planted::{Form, send_at};

const SENT: u16 = 303;
/// The fields of an agreement.
const TERMS: [&str; 10] =
    ["name", "kind", "amount_per_month", "duration", "grace", "systems", "lease", "trials", "provides", "catalogues"];
/// What is filled in besides to issue licences.
const FIGURES: [&str; 6] = ["quantity", "amount_per_month", "discount", "starts_at", "expires_at", "paid_until_at"];

/// Sends every form about licences, as somebody who may send all of them, in an order in which none is in the way of the
/// next.
pub(crate) async fn send_about_licences(bench: &Bench, owner: OrganisationId, seen: &mut BTreeSet<&'static str>) {
    let root = bench.super_admin("planted-licensor", owner).await;
    let browser = Browser::of(bench, &root).await;
    let access = bench.sign_in(&root).await.access;
    let post = async |path: &str, body: Value| {
        let answer = bench.ask(Method::POST, path, &access, Some(&body)).await;
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        answer.json
    };
    let id = |value: &Value| text(value, "UUID").to_owned();
    let (agreements, licences) = ("/auth/admin/agreements", "/auth/admin/licenses");
    let terms = |name: &str| json!({ "Name": name, "Kind": "subscription" });
    let (draft, other) = (id(&post(agreements, terms("Draft")).await), id(&post(agreements, terms("Other")).await));
    let sold = id(&post(agreements, terms("Sold")).await);
    post(&format!("{agreements}/{sold}/publish"), json!({})).await;
    let pool = id(&post("/auth/admin/pools", json!({ "Agreement": sold, "Seats": 9 })).await);
    let below = bench.organisation("Below", Some(owner)).await;
    let given = json!({ "Organisation": below, "Seats": 3 });
    let given = id(&post(&format!("/auth/admin/pools/{pool}/give"), given).await);
    let issued = post(licences, json!({ "Agreement": sold, "Organisation": below })).await;
    let licence = id(&issued[0]);
    let system = post("/api/systems", json!({ "name": "planted", "type": "ns8", "organization_id": below })).await;
    let system = text(&system["data"], "id");
    let holder = below.to_string();

    for form in about_agreements() {
        let agreement = if form.path.ends_with("/delete") { &other } else { &draft };
        send_at(&browser, &form.path.replace("{agreement_id}", agreement), form, seen).await;
    }
    let chosen = [("organization_id", holder.as_str())];
    for form in about_licences(&chosen) {
        send_at(&browser, &form.path.replace("{licence_id}", &licence), form, seen).await;
    }
    for form in about_seats(&chosen) {
        let pool = if form.path.ends_with("/give") { &pool } else { &given };
        send_at(&browser, &form.path.replace("{pool_id}", pool), form, seen).await;
    }
    for form in about_files() {
        send_at(&browser, &form.path.replace("{id}", system), form, seen).await;
    }
}

const fn form<'form>(
    path: &'static str,
    hostile: &'form [&'form str],
    status: u16,
    landmark: &'form str,
) -> Form<'form> {
    Form { path, good: &[], hostile, shown: &[], status, landmark }
}

/// A form that is shown once more, with all that was filled in.
const fn shown_again<'form>(path: &'static str, fields: &'form [&'form str], landmark: &'form str) -> Form<'form> {
    Form { path, good: &[], hostile: fields, shown: fields, status: 422, landmark }
}

fn about_agreements() -> Vec<Form<'static>> {
    vec![
        shown_again("/agreements/new", &TERMS, "kind-error"),
        shown_again("/agreements/{agreement_id}/edit", &TERMS, "kind-error"),
        form("/agreements/{agreement_id}/delete", &["name"], SENT, "notice=deleted"),
        form("/agreements/{agreement_id}/publish", &["name"], SENT, "notice=published"),
        form("/agreements/{agreement_id}/revise", &["name"], SENT, "notice=revised"),
        form("/agreements/{agreement_id}/withdraw", &["name"], SENT, "notice=withdrawn"),
    ]
}

fn about_licences<'form>(chosen: &'form [(&'form str, &'form str)]) -> Vec<Form<'form>> {
    vec![
        form("/licences/issue", &["organization_id"], SENT, "/licences/issue"),
        Form { good: chosen, ..shown_again("/licences/issue", &FIGURES, "quantity-error") },
        Form {
            good: chosen,
            shown: &["idempotency_key"],
            ..form("/licences/issue", &["agreement", "idempotency_key"], 422, "agreement-error")
        },
        shown_again(
            "/licences/{licence_id}/change",
            &["amount_per_month", "discount", "paid_until_at"],
            "discount-error",
        ),
        shown_again("/licences/{licence_id}/renew", &["expires_at"], "expires_at-error"),
        form("/licences/{licence_id}/bind", &["device"], SENT, "/bind"),
        form("/licences/{licence_id}/release", &["device"], 404, "There is no page at this address"),
        form("/licences/{licence_id}/transfer", &["organization_id"], SENT, "/transfer"),
        form("/licences/{licence_id}/sign", &["typed_name"], SENT, "notice=signed"),
        form("/licences/{licence_id}/suspend", &["typed_name"], SENT, "notice=suspended"),
        form("/licences/{licence_id}/reactivate", &["typed_name"], SENT, "notice=reactivated"),
        shown_again("/licences/{licence_id}/revoke", &["typed_name"], "typed_name-error"),
    ]
}

fn about_seats<'form>(chosen: &'form [(&'form str, &'form str)]) -> Vec<Form<'form>> {
    vec![
        shown_again("/pools/make", &["seats"], "seats-error"),
        form("/pools/{pool_id}/give", &["organization_id"], SENT, "/give"),
        Form {
            good: chosen,
            ..shown_again("/pools/{pool_id}/give", &["seats", "overdraft", "expires_at"], "overdraft-error")
        },
        shown_again("/pools/{pool_id}/take-back", &["seats"], "seats-error"),
        shown_again("/pools/{pool_id}/change", &["overdraft", "expires_at"], "overdraft-error"),
    ]
}

fn about_files() -> Vec<Form<'static>> {
    vec![
        form("/systems/{id}/licence/request", &["request"], 422, "Choose the request file."),
        form("/systems/{id}/licence/file", &["name"], 200, "bailiwick"),
    ]
}
