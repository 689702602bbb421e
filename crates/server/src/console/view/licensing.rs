//! The words of licences, agreements and pools of seats: how they stand, what they cost, what happened to them.

use bailiwick_domain::licence::agreement::AgreementStatus;
use bailiwick_domain::licence::capability::{Capabilities, Catalogues};
use bailiwick_domain::licence::change::ChangeKind;
use bailiwick_domain::licence::price::{BasisPoints, MinorUnits};
use bailiwick_domain::licence::seats::MoveKind;
use bailiwick_domain::licence::standing::{LicenceState, Standing};
use bailiwick_domain::time::Timestamp;
use serde_json::Value;

use super::list::quantity;

/// How a licence stands, in a word; the name of the state is the name of its shape.
pub(crate) const fn licence_word(state: LicenceState) -> &'static str {
    match state {
        LicenceState::None => "Not begun",
        other => system_word(other),
    }
}

/// How a system stands by its licences, in a word.
pub(crate) const fn system_word(state: LicenceState) -> &'static str {
    match state {
        LicenceState::None => "No licence",
        LicenceState::Revoked => "Revoked",
        LicenceState::Expired => "Expired",
        LicenceState::Suspended => "Suspended",
        LicenceState::Grace => "In grace",
        LicenceState::Trial => "Trial",
        LicenceState::Active => "Active",
    }
}

/// How far an agreement has come, in a word, and the name of its shape.
pub(crate) const fn agreement_word(status: AgreementStatus) -> (&'static str, &'static str) {
    match status {
        AgreementStatus::Draft => ("Draft", "none"),
        AgreementStatus::Published => ("Published", "active"),
        AgreementStatus::Withdrawn => ("Withdrawn", "suspended"),
    }
}

/// Why a licence stands as it does.
pub(crate) fn licence_why(standing: &Standing) -> String {
    let (since, until) = (standing.since.map(day), standing.until.map(day));
    let (since, until) = (since.as_deref(), until.as_deref());
    match (standing.state, since, until) {
        (LicenceState::None, _, begin) => format!("This licence begins on {}.", begin.unwrap_or("a later day")),
        (LicenceState::Trial, _, Some(end)) => format!("This licence is a trial until {end}."),
        (LicenceState::Trial, ..) => "This licence is a trial.".to_owned(),
        (LicenceState::Active, _, Some(end)) => format!("This licence is good until {end}."),
        (LicenceState::Active, ..) => "This licence is good and does not run out.".to_owned(),
        (LicenceState::Grace, Some(end), Some(last)) => {
            format!("This licence ran out on {end}. Everything goes on working until {last}.")
        }
        (LicenceState::Grace, ..) => "This licence ran out. Everything goes on working for a while.".to_owned(),
        (LicenceState::Expired, since, _) => {
            format!("This licence has run out; its time of grace ended{}.", on(since))
        }
        (LicenceState::Suspended, since, _) => {
            format!("This licence was suspended{}. Nothing may be used by it meanwhile.", on(since))
        }
        (LicenceState::Revoked, since, _) => format!("This licence was revoked{}, for good.", on(since)),
    }
}

fn on(day: Option<&str>) -> String {
    day.map(|day| format!(" on {day}")).unwrap_or_default()
}

/// What to do about it: by whoever decides of the licence, or by others.
pub(crate) const fn licence_next(standing: &Standing, is_signed: bool, may_decide: bool) -> &'static str {
    match standing.state {
        LicenceState::Active if !is_signed => "Its agreement is not accepted yet.",
        LicenceState::Grace | LicenceState::Expired if may_decide => "Renew it.",
        LicenceState::Trial if may_decide => "Issue a licence before the trial ends.",
        LicenceState::Suspended if may_decide => "Reactivate it once everything is settled.",
        LicenceState::Revoked if may_decide => "Issue another one instead.",
        LicenceState::None => "Wait until it begins.",
        _ => standing.next_action(),
    }
}

/// The day of a moment, in UTC.
pub(crate) fn day(moment: Timestamp) -> String {
    let text = moment.rfc3339();
    text.split_once('T').map_or_else(|| text.clone(), |(day, _)| day.to_owned())
}

/// An amount with the two digits of its smaller unit.
pub(crate) fn money(amount: MinorUnits) -> String {
    format!("{}.{:02}", amount.amount() / 100, amount.amount() % 100)
}

/// A share as a figure, without digits that say nothing.
pub(crate) fn share(share: BasisPoints) -> String {
    let text = format!("{}.{:02}", share.number() / 100, share.number() % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What is allowed, one after the other.
pub(crate) fn provided(provides: &Capabilities) -> String {
    let names: Vec<String> = provides.as_slice().iter().map(ToString::to_string).collect();
    if names.is_empty() { "nothing by name".to_owned() } else { names.join(", ") }
}

/// Which catalogues are open.
pub(crate) fn opened(catalogues: &Catalogues) -> String {
    let ids: Vec<String> = catalogues.as_slice().iter().map(ToString::to_string).collect();
    match ids.as_slice() {
        [] => "none".to_owned(),
        _ if catalogues.are_all() => "all".to_owned(),
        ids => ids.join(", "),
    }
}

/// How long, in days.
pub(crate) fn days(number: i64) -> String {
    quantity(number, "day", "days")
}

/// What happened to a licence, so that the name of whoever did it can stand before it.
pub(crate) fn change_words(kind: ChangeKind, details: &Value) -> String {
    let text = |name: &str| details.get(name).and_then(Value::as_str);
    let date = |name: &str| text(name).map(|moment| moment.split('T').next().unwrap_or(moment));
    let amount = |name: &str| details.get(name).and_then(Value::as_i64).and_then(MinorUnits::new).map(money);
    match kind {
        ChangeKind::Issued => format!("issued it{}", until(date("ExpiresAt"))),
        ChangeKind::Signed => "accepted its agreement".to_owned(),
        ChangeKind::Changed => {
            let discount = details.get("DiscountBP").and_then(Value::as_i64).and_then(BasisPoints::new);
            let price = amount("AmountPerMonth").map(|price| format!(" to {price} a month")).unwrap_or_default();
            let less = discount.filter(|less| less.number() > 0).map(|less| format!(", less {} %", share(less)));
            let paid = date("PaidUntilAt").map(|day| format!(", paid until {day}"));
            format!("changed its price{price}{}{}", less.unwrap_or_default(), paid.unwrap_or_default())
        }
        ChangeKind::Renewed => format!("renewed it{}", until(date("ExpiresAt"))),
        ChangeKind::Transferred => "handed it over to the organisation that holds it now".to_owned(),
        ChangeKind::Suspended => "suspended it".to_owned(),
        ChangeKind::Reactivated => "ended its suspension".to_owned(),
        ChangeKind::Revoked => "revoked it".to_owned(),
        ChangeKind::Bound => format!("gave it to {}", text("Name").unwrap_or("a system")),
        ChangeKind::Released => format!("took it from {}", text("Name").unwrap_or("a system")),
    }
}

fn until(day: Option<&str>) -> String {
    day.map(|day| format!(" until {day}")).unwrap_or_default()
}

/// What happened to the seats of a pool: how many, and what; `other` is from whom or to whom.
pub(crate) fn move_words(kind: MoveKind, seats: i64, other: Option<&str>) -> String {
    let number = quantity(seats, "seat", "seats");
    let other = |before: &str| other.map(|other| format!(" {before} {other}")).unwrap_or_default();
    match kind {
        MoveKind::Made => format!("{number} made"),
        MoveKind::Unmade => format!("{number} taken out of the world"),
        MoveKind::Given => format!("{number} given{}", other("to")),
        MoveKind::Received => format!("{number} received{}", other("from")),
        MoveKind::TakenBack => format!("{number} taken back{}", other("from")),
        MoveKind::Returned => format!("{number} returned{}", other("to")),
        MoveKind::Expired => format!("{number} returned{}, as their time had passed", other("to")),
        MoveKind::Used => format!("{number} used by a licence"),
        MoveKind::Freed => format!("{number} freed by a licence"),
        MoveKind::Lapsed => format!("{number} free again, as whose they were is gone"),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use serde_json::json;

    use super::*;

    #[test]
    fn amounts_and_shares_are_written_as_people_write_them() {
        for (amount, text) in [(0, "0.00"), (5, "0.05"), (1990, "19.90"), (100_000, "1000.00")] {
            assert_eq!(money(MinorUnits::new(amount).unwrap()), text);
        }
        for (points, text) in [(0, "0"), (5, "0.05"), (1250, "12.5"), (10_000, "100")] {
            assert_eq!(share(BasisPoints::new(points).unwrap()), text);
        }
    }

    #[test]
    fn a_history_says_what_was_done() {
        for (kind, details, words) in [
            (ChangeKind::Issued, json!({ "ExpiresAt": "2027-01-02T00:00:00Z" }), "issued it until 2027-01-02"),
            (ChangeKind::Renewed, json!({ "ExpiresAt": null }), "renewed it"),
            (ChangeKind::Bound, json!({ "Name": "Till" }), "gave it to Till"),
            (
                ChangeKind::Changed,
                json!({ "AmountPerMonth": 1990, "DiscountBP": 1250, "PaidUntilAt": "2027-01-02T00:00:00Z" }),
                "changed its price to 19.90 a month, less 12.5 %, paid until 2027-01-02",
            ),
        ] {
            assert_eq!(change_words(kind, &details), words);
        }
        assert_eq!(move_words(MoveKind::Given, 3, Some("North")), "3 seats given to North");
        assert_eq!(move_words(MoveKind::Used, 1, None), "1 seat used by a licence");
    }
}
