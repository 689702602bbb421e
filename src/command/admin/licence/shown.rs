//! What people and scripts are shown of licences.

use bailiwick_app::licensing::licence::{BoundSystem, ChangeRecord, LicenceRecord};
use bailiwick_domain::time::Timestamp;
use serde_json::{Value, json};

use super::super::licensing::{moment_or, or_dash};
use super::super::moment;
use super::super::table::table;

pub(super) fn row(one: &LicenceRecord, now: Timestamp) -> [String; 7] {
    [
        one.agreement_name.to_string(),
        one.holder_name.to_string(),
        one.facts().standing(now).state.to_string(),
        moment_or(one.expires_at, "no end"),
        format!("{} of {}", one.bound, one.systems),
        one.key.to_string(),
        one.id.to_string(),
    ]
}

/// All of a licence, for people.
pub(super) fn all(one: &LicenceRecord, systems: &[BoundSystem], now: Timestamp) -> String {
    let standing = one.facts().standing(now);
    let signed = || Some(format!("{} by {}", moment(one.signed_at?), or_dash(one.signer_email.as_ref())));
    let signed = signed().unwrap_or_else(|| "no".to_owned());
    let provider = match (&one.provider_name, one.provider) {
        (Some(name), Some(id)) => format!("{name} ({id})"),
        _ => "-".to_owned(),
    };
    let price = format!(
        "{} a month, {} less {} basis points",
        one.amount_per_month.after(one.discount),
        one.amount_per_month,
        one.discount.number()
    );
    let facts = [
        ["Id", &one.id.to_string()],
        ["Agreement", &format!("{} ({}, version {})", one.agreement_name, one.agreement_kind, one.agreement_version)],
        ["Organisation", &format!("{} ({})", one.holder_name, one.holder)],
        ["Sold by", &provider],
        ["State", standing.state.name()],
        ["Why", &standing.why()],
        ["Begins", &moment(one.starts_at)],
        ["Runs out", &moment_or(one.expires_at, "no")],
        ["Paid until", &moment_or(one.paid_until_at, "-")],
        ["Price", &price],
        ["Signed", &signed],
        ["Suspended", &moment_or(one.suspended_at, "no")],
        ["Revoked", &moment_or(one.revoked_at, "no")],
        ["Seat of", &or_dash(one.pool.as_ref())],
        ["Systems", &format!("{} of {}", one.bound, one.systems)],
    ];
    let mut facts: Vec<_> = facts.map(|fact| fact.map(str::to_owned)).into();
    facts.extend(systems.iter().map(|system| ["System".to_owned(), format!("{} ({})", system.name, system.id)]));
    table(["Key", &one.key.to_string()], &facts)
}

pub(super) fn to_json(one: &LicenceRecord, now: Timestamp) -> Value {
    let standing = one.facts().standing(now);
    json!({
        "id": one.id,
        "license_key": one.key,
        "state": standing.state,
        "since": standing.since,
        "until": standing.until,
        "why": standing.why(),
        "next_action": standing.next_action(),
        "agreement": {
            "id": one.agreement,
            "family_id": one.family,
            "name": one.agreement_name,
            "kind": one.agreement_kind,
            "version": one.agreement_version,
        },
        "provides": one.provides,
        "catalogue_ids": one.catalogues,
        "organization": { "id": one.holder, "name": one.holder_name },
        "provider": one.provider.map(|id| json!({ "id": id, "name": one.provider_name })),
        "pool_id": one.pool,
        "amount_per_month": one.amount_per_month,
        "discount_bp": one.discount,
        "net_per_month": one.amount_per_month.after(one.discount),
        "systems_max": one.systems,
        "systems_bound": one.bound,
        "signed_by": one.signer.map(|id| json!({ "id": id, "name": one.signer_name, "email": one.signer_email })),
        "signed_at": one.signed_at,
        "starts_at": one.starts_at,
        "expires_at": one.expires_at,
        "paid_until_at": one.paid_until_at,
        "suspended_at": one.suspended_at,
        "revoked_at": one.revoked_at,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    })
}

pub(super) fn change_row(one: &ChangeRecord) -> [String; 5] {
    [
        one.number.to_string(),
        moment(one.at),
        one.kind.to_string(),
        or_dash(one.by_name.as_ref()),
        one.details.to_string(),
    ]
}

pub(super) fn change_to_json(one: &ChangeRecord) -> Value {
    json!({
        "number": one.number,
        "at": one.at,
        "kind": one.kind,
        "by": one.by.map(|id| json!({ "id": id, "name": one.by_name })),
        "details": one.details,
    })
}
