//! What is done with seats and agreements, and what the model makes of it.

use serde_json::{Value, json};

use crate::asking::{Draw, Needs, Teller, Wish, teller};
use crate::licensing::Agreement;
use crate::model::{Kind, Model, Right};

use Needs::HoldingOrKey;

pub(crate) fn steps() -> Vec<Teller> {
    let (seats, agreements) = (HoldingOrKey(Right::ManageLicences), HoldingOrKey(Right::ManageAgreements));
    vec![
        teller("give-seats", seats, 5, give),
        teller("take-seats-back", seats, 3, take_back),
        teller("change-pool", seats, 2, change_pool),
        teller("make-seats", agreements, 1, make_seats),
        teller("create-agreement", agreements, 1, create),
        teller("change-agreement", agreements, 1, change),
        teller("delete-agreement", agreements, 1, delete),
        teller("publish-agreement", agreements, 3, publish),
        teller("withdraw-agreement", agreements, 1, withdraw),
        teller("revise-agreement", agreements, 2, revise),
    ]
}

fn give(draw: &mut Draw<'_>) -> Wish {
    // Customers have nobody below them.
    let pool = draw.pool_that(|model, it| {
        let kind = it.holder.map(|holder| model.organisations[holder].kind);
        it.free() > 0 && kind.is_some_and(|kind| kind < Kind::Customer)
    });
    let it = &draw.model.licensing.pools[pool];
    let receiver = draw.organisation_below(it.holder.unwrap_or(0));
    let seats = draw.chance_of_seats();
    let (model, caller) = (draw.model, draw.caller);
    let sees = |right| model.sees_pool(caller, right, pool);
    let is_below = it.holder.is_some_and(|holder| holder != receiver && model.line(receiver).contains(&holder));
    let is_receiver = is_below && model.is_in(receiver) && model.reaches(caller, Right::ManageLicences, receiver);
    let status = match () {
        () if !sees(Right::ReadLicences) => 404,
        () if !sees(Right::ManageLicences) => 403,
        () if !is_receiver => 400,
        () if model.licensing.current(&it.family).is_none() || it.free() < seats => 409,
        () => 200,
    };
    let (id, family) = (it.id.clone(), it.family.clone());
    let body = json!({ "Organisation": draw.id_of(receiver), "Seats": seats });
    Wish::of(status).about(&id).sending(body).changing(move |model, answer| {
        let licensing = &mut model.licensing;
        let id = answer["UUID"].as_str().unwrap();
        let edge = licensing.edge(pool, receiver);
        let edge = edge.unwrap_or_else(|| licensing.open(id, &family, Some(pool), receiver));
        licensing.pools[pool].given += seats;
        licensing.pools[edge].seats += seats;
        for side in [pool, edge] {
            licensing.pools[side].moves += 1;
        }
    })
}

/// The refusal of a decision about a pool that is for whoever gave it, and about the first of all for whoever makes
/// seats.
fn refusal_of_giver(draw: &Draw<'_>, pool: usize) -> Option<u16> {
    let (model, caller) = (draw.model, draw.caller);
    let decides = match model.licensing.pools[pool].parent {
        Some(parent) => model.sees_pool(caller, Right::ManageLicences, parent),
        None => model.writes_agreements(caller),
    };
    match () {
        () if !model.sees_pool(caller, Right::ReadLicences, pool) => Some(404),
        () => (!decides).then_some(403),
    }
}

fn take_back(draw: &mut Draw<'_>) -> Wish {
    let (pool, seats) = (draw.pool_that(|_, it| it.parent.is_some()), draw.chance_of_seats());
    let mut after = draw.model.licensing.clone();
    let are_there = after.take_back(pool, seats);
    let status = refusal_of_giver(draw, pool).or((!are_there).then_some(409)).unwrap_or(200);
    let wish = Wish::of(status).about(&draw.model.licensing.pools[pool].id).sending(json!({ "Seats": seats }));
    wish.changing(move |model, _| model.licensing = after)
}

fn change_pool(draw: &mut Draw<'_>) -> Wish {
    let pool = draw.pool();
    let it = &draw.model.licensing.pools[pool];
    let overdraft = [0, 1, 7][draw.below(3)];
    let is_owed = it.given + it.used > it.seats + overdraft;
    let status = refusal_of_giver(draw, pool).or(is_owed.then_some(400)).unwrap_or(200);
    let wish = Wish::of(status).about(&it.id).sending(json!({ "Overdraft": overdraft }));
    wish.changing(move |model, _| model.licensing.pools[pool].overdraft = overdraft)
}

fn make_seats(draw: &mut Draw<'_>) -> Wish {
    let agreement = draw.agreement();
    let it = &draw.model.licensing.agreements[agreement];
    let status = match () {
        () if !draw.model.writes_agreements(draw.caller) => 403,
        () if it.is_gone => 404,
        () if !it.is_current() => 409,
        () => 201,
    };
    let (id, family) = (it.id.clone(), it.family.clone());
    Wish::of(status).sending(json!({ "Agreement": id, "Seats": 30 })).changing(move |model, answer| {
        let licensing = &mut model.licensing;
        let root = licensing.root(&family);
        let root = root.unwrap_or_else(|| licensing.open(answer["UUID"].as_str().unwrap(), &family, None, 0));
        let root = &mut licensing.pools[root];
        (root.seats, root.moves) = (root.seats + 30, root.moves + 1);
    })
}

/// Beyond this many nothing is written any more.
const AGREEMENTS_MAX: usize = 60;

fn create(draw: &mut Draw<'_>) -> Wish {
    let there = draw.model.licensing.agreements.len();
    let kind = if there < AGREEMENTS_MAX { ["subscription", "rental"][draw.below(2)] } else { "Of No Kind" };
    let (name, places, is_endless) = (format!("Agreement {}", draw.number), 1 + draw.below(3), draw.happens(0.3));
    let duration = if is_endless { Value::Null } else { json!(365) };
    let body = json!({ "Name": name, "Kind": kind, "DevicesPerLicense": places, "DurationDays": duration });
    let status = match () {
        () if there >= AGREEMENTS_MAX => 400,
        () if !draw.model.writes_agreements(draw.caller) => 403,
        () => 201,
    };
    Wish::of(status).sending(body).changing(move |model, answer| {
        let text = |member: &str| answer[member].as_str().unwrap().to_owned();
        model.licensing.agreements.push(Agreement {
            id: text("UUID"),
            family: text("FamilyUUID"),
            name,
            kind,
            places,
            is_endless,
            is_published: false,
            is_withdrawn: false,
            is_gone: false,
        });
    })
}

/// A decision about an agreement of those who write them.
fn decision(draw: &mut Draw<'_>, is_possible: fn(&Model, &Agreement) -> bool) -> (usize, Wish) {
    let agreement = draw.agreement_that(is_possible);
    let it = &draw.model.licensing.agreements[agreement];
    let status = match () {
        () if !draw.model.sees_agreement(draw.caller, agreement) => 404,
        () if !draw.model.writes_agreements(draw.caller) => 403,
        () if !is_possible(draw.model, it) => 409,
        () => 200,
    };
    (agreement, Wish::of(status).about(&it.id))
}

fn change(draw: &mut Draw<'_>) -> Wish {
    let (agreement, wish) = decision(draw, |_, it| !it.is_published);
    let name = format!("Agreement {} again", draw.number);
    wish.sending(json!({ "Name": name })).changing(move |model, _| model.licensing.agreements[agreement].name = name)
}

fn delete(draw: &mut Draw<'_>) -> Wish {
    let (agreement, wish) = decision(draw, |_, it| !it.is_published);
    wish.changing(move |model, _| model.licensing.agreements[agreement].is_gone = true)
}

fn publish(draw: &mut Draw<'_>) -> Wish {
    let (agreement, wish) = decision(draw, |_, it| !it.is_published);
    wish.changing(move |model, _| {
        let family = model.licensing.agreements[agreement].family.clone();
        if let Some(before) = model.licensing.current(&family) {
            model.licensing.agreements[before].is_withdrawn = true;
        }
        model.licensing.agreements[agreement].is_published = true;
    })
}

fn withdraw(draw: &mut Draw<'_>) -> Wish {
    let (agreement, wish) = decision(draw, |_, it| it.is_current());
    wish.changing(move |model, _| model.licensing.agreements[agreement].is_withdrawn = true)
}

/// Whether there is a draft of the family already.
fn has_draft(model: &Model, family: &str) -> bool {
    model.licensing.agreements.iter().any(|each| each.family == family && !each.is_gone && !each.is_published)
}

fn revise(draw: &mut Draw<'_>) -> Wish {
    let (agreement, wish) = decision(draw, |model, it| !has_draft(model, &it.family));
    let status = if wish.status == 200 { 201 } else { wish.status };
    let revised = wish.changing(move |model, answer| {
        let mut draft = model.licensing.agreements[agreement].clone();
        answer["UUID"].as_str().unwrap().clone_into(&mut draft.id);
        (draft.is_published, draft.is_withdrawn) = (false, false);
        model.licensing.agreements.push(draft);
    });
    Wish { status, ..revised }
}
