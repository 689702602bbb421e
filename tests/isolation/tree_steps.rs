//! What is decided of organisations, and what the model makes of it.

use serde_json::json;

use crate::asking::{Draw, Needs, Teller, Wish, teller};
use crate::model::{Kind, Model, Organisation, Owner, Right};

use Needs::{Holding, HoldingOrKey};

pub(crate) fn tree_steps() -> Vec<Teller> {
    let manage = Holding(Right::ManageOrganisations);
    vec![
        teller("create-organization", HoldingOrKey(Right::ManageOrganisations), 4, create),
        teller("change-organization", HoldingOrKey(Right::ManageOrganisations), 6, change),
        teller("suspend-organization", manage, 4, suspend),
        teller("reactivate-organization", manage, 5, reactivate),
        teller("delete-organization", manage, 4, delete),
        teller("restore-organization", manage, 5, restore),
        teller("destroy-organization", Holding(Right::DestroyOrganisations), 2, destroy),
        teller("move-organization", manage, 6, relocate),
    ]
}

/// The refusal of an act on an organisation that is not deleted, where the caller does not manage it.
fn refusal(draw: &Draw<'_>, organisation: usize) -> Option<u16> {
    let sees = |right| draw.model.sees_organisation(draw.caller, right, organisation);
    match (sees(Right::ManageOrganisations), sees(Right::ReadOrganisations)) {
        (true, _) => None,
        (false, true) => Some(403),
        (false, false) => Some(404),
    }
}

/// The same, where it has to be managed from above.
fn refusal_from_above(draw: &Draw<'_>, organisation: usize) -> Option<u16> {
    refusal(draw, organisation).or_else(|| (!is_managed_from_above(draw, organisation)).then_some(409))
}

fn is_managed_from_above(draw: &Draw<'_>, organisation: usize) -> bool {
    let parent = draw.model.organisations[organisation].parent;
    parent.is_some_and(|parent| draw.model.reaches(draw.caller, Right::ManageOrganisations, parent))
}

/// Whether the caller sees another one with this number.
fn number_is_known(draw: &Draw<'_>, number: &str, except: Option<usize>) -> bool {
    let (model, caller) = (draw.model, draw.caller);
    let others = (0..model.organisations.len()).filter(|each| Some(*each) != except);
    let seen = others.filter(|each| model.sees_organisation(caller, Right::ReadOrganisations, *each));
    model.has_number(seen, number)
}

/// A number of nobody, or of somebody who may be foreign.
fn number(draw: &mut Draw<'_>) -> String {
    let other = draw.organisation();
    let taken = draw.model.organisations[other].vat.clone().filter(|_| draw.happens(0.5));
    taken.unwrap_or_else(|| draw.new_word(Owner::Organisation(0)).to_uppercase())
}

fn kind(draw: &mut Draw<'_>) -> Kind {
    [Kind::Distributor, Kind::Reseller, Kind::Customer][draw.below(3)]
}

/// Beyond this many nothing is created any more, so that every list fits on a page.
const ORGANISATIONS_MAX: usize = 60;

fn create(draw: &mut Draw<'_>) -> Wish {
    let (parent, number) = (draw.organisation(), number(draw));
    let there = draw.model.organisations.iter().filter(|each| !each.is_gone).count();
    let kind = if there < ORGANISATIONS_MAX { kind(draw) } else { Kind::Owner };
    let word = draw.new_word(Owner::Organisation(0));
    let (model, caller) = (draw.model, draw.caller);
    let has_place = model.is_in(parent)
        && model.reaches(caller, Right::ManageOrganisations, parent)
        && kind > model.organisations[parent].kind;
    let is_fine = has_place && !number_is_known(draw, &number, None);
    let body = json!({
        "name": format!("{word} created"), "type": kind.name(), "parent_id": draw.id_of(parent), "vat_number": number,
        "custom_data": { "kept": word },
    });
    Wish::of(if is_fine { 201 } else { 400 }).sending(body).changing(move |model, answer| {
        let id = answer["data"]["id"].as_str().unwrap().to_owned();
        model.note(parent, &word);
        let owner = Owner::Organisation(model.organisations.len());
        for planted in [&word, &number.to_lowercase()] {
            model.words.entry(planted.clone()).or_default().push(owner);
        }
        model.organisations.push(Organisation {
            id,
            kind,
            parent: Some(parent),
            is_suspended: false,
            is_deleted: false,
            is_gone: false,
            name: format!("{word} created"),
            word,
            vat: Some(number),
        });
    })
}

pub(crate) fn change(draw: &mut Draw<'_>) -> Wish {
    let organisation = draw.organisation();
    let has_number = draw.happens(0.6);
    let number = Some(number(draw)).filter(|_| has_number);
    let old = &draw.model.organisations[organisation];
    let is_new = number.is_some() && number != old.vat;
    let is_known = number.as_ref().is_some_and(|number| is_new && number_is_known(draw, number, Some(organisation)));
    // A neighbour that one does not see must not be found out by its number.
    let is_ones_own = is_new && old.kind != Kind::Owner && !is_managed_from_above(draw, organisation);
    let status = refusal(draw, organisation).or(is_ones_own.then_some(409)).or(is_known.then_some(400));
    let name = format!("{} {}", old.word, draw.number);
    let mut body = json!({ "name": name });
    if let Some(number) = &number {
        body["vat_number"] = json!(number);
    }
    Wish::of(status.unwrap_or(200)).about(&draw.id_of(organisation)).sending(body).changing(move |model, _| {
        model.organisations[organisation].name = name;
        if let Some(number) = number {
            model.words.entry(number.to_lowercase()).or_default().push(Owner::Organisation(organisation));
            model.organisations[organisation].vat = Some(number);
        }
    })
}

pub(crate) fn suspend(draw: &mut Draw<'_>) -> Wish {
    let organisation = draw.organisation();
    let is_suspended = draw.model.organisations[organisation].is_suspended;
    let status = refusal_from_above(draw, organisation).or(is_suspended.then_some(409)).unwrap_or(200);
    let set = move |model: &mut Model, _: &_| model.organisations[organisation].is_suspended = true;
    Wish::of(status).about(&draw.id_of(organisation)).changing(set)
}

pub(crate) fn reactivate(draw: &mut Draw<'_>) -> Wish {
    let organisation = draw.organisation();
    let is_suspended = draw.model.organisations[organisation].is_suspended;
    let status = refusal(draw, organisation).or((!is_suspended).then_some(409)).unwrap_or(200);
    let clear = move |model: &mut Model, _: &_| model.organisations[organisation].is_suspended = false;
    Wish::of(status).about(&draw.id_of(organisation)).changing(clear)
}

pub(crate) fn delete(draw: &mut Draw<'_>) -> Wish {
    let organisation = draw.organisation();
    let status = refusal_from_above(draw, organisation).unwrap_or(200);
    let set = move |model: &mut Model, _: &_| model.organisations[organisation].is_deleted = true;
    Wish::of(status).about(&draw.id_of(organisation)).changing(set)
}

/// Whether somebody of the tree has the number of somebody else below the parent, while neither is deleted.
fn shares_number(model: &Model, root: usize, parent: usize) -> bool {
    let tree = model.tree(root);
    let others: Vec<usize> =
        model.tree(parent).into_iter().filter(|each| model.lives(*each) && !tree.contains(each)).collect();
    let numbers =
        tree.iter().filter(|each| model.lives(**each)).filter_map(|each| model.organisations[*each].vat.as_ref());
    numbers.into_iter().any(|number| model.has_number(others.iter().copied(), number))
}

pub(crate) fn restore(draw: &mut Draw<'_>) -> Wish {
    let organisation = draw.organisation();
    let (model, caller) = (draw.model, draw.caller);
    let status = if model.sees_deleted(caller, organisation) {
        let parent = model.organisations[organisation].parent;
        // What it would be like: the model is asked of a copy in which it happened.
        let mut after = Model { organisations: model.organisations.clone(), ..Model::default() };
        after.organisations[organisation].is_deleted = false;
        let is_back = model.organisations[organisation].is_deleted && after.lives(organisation);
        if is_back && !parent.is_some_and(|parent| shares_number(&after, organisation, parent)) { 200 } else { 409 }
    } else {
        refusal(draw, organisation).unwrap_or(409)
    };
    let clear = move |model: &mut Model, _: &_| model.organisations[organisation].is_deleted = false;
    Wish::of(status).about(&draw.id_of(organisation)).changing(clear)
}

pub(crate) fn destroy(draw: &mut Draw<'_>) -> Wish {
    let organisation = draw.organisation();
    let (model, is_super) = (draw.model, draw.model.people[draw.caller].is_super);
    let status = match () {
        () if !is_super => 403,
        () if !model.is_there(organisation) => 404,
        () if model.lives(organisation) => 409,
        () => 200,
    };
    Wish::of(status).about(&draw.id_of(organisation)).changing(move |model, _| {
        if let Some(parent) = model.organisations[organisation].parent {
            let word = model.organisations[organisation].word.clone();
            model.note(parent, &word);
        }
        model.destroy(organisation);
    })
}

pub(crate) fn relocate(draw: &mut Draw<'_>) -> Wish {
    let (organisation, place) = (draw.organisation(), draw.organisation());
    let (model, caller) = (draw.model, draw.caller);
    let it = &model.organisations[organisation];
    let has_place = model.is_in(place) && model.reaches(caller, Right::ManageOrganisations, place);
    let is_possible = !model.line(place).contains(&organisation) && it.kind > model.organisations[place].kind;
    let stays = it.parent == Some(place);
    let status = match refusal_from_above(draw, organisation) {
        Some(status) => status,
        None if !has_place || !is_possible => 400,
        None if !stays && shares_number(model, organisation, place) => 409,
        None => 200,
    };
    let body = json!({ "parent_id": draw.id_of(place) });
    Wish::of(status).about(&draw.id_of(organisation)).sending(body).changing(move |model, _| {
        let old = model.organisations[organisation].parent;
        if old == Some(place) {
            return;
        }
        let word = model.organisations[organisation].word.clone();
        for side in old.into_iter().chain([place]) {
            model.note(side, &word);
        }
        model.organisations[organisation].parent = Some(place);
    })
}
