//! What is done to people, systems, invitations and keys, and what the model makes of it.

use serde_json::json;

use crate::asking::{Draw, Needs, Teller, Wish, teller};
use crate::model::{Invitation, Key, Model, Owner, Person, Right, Role, System};

use Needs::{Holding, HoldingOrKey, SignIn};

pub(crate) fn steps() -> Vec<Teller> {
    let (people, systems) = (Holding(Right::ManageUsers), HoldingOrKey(Right::ManageSystems));
    vec![
        teller("suspend-user", people, 5, suspend),
        teller("impersonate", Holding(Right::ImpersonateUsers), 3, impersonate),
        teller("stop-impersonating", SignIn, 1, |_| Wish::of(409)),
        teller("reactivate-user", people, 6, reactivate),
        teller("send-reset", people, 3, send_reset),
        teller("set-membership", people, 8, set_place),
        teller("remove-membership", people, 6, remove_place),
        teller("change-user", SignIn, 4, change_account),
        teller("change-me", SignIn, 2, change_me),
        teller("switch-organization", SignIn, 5, switch),
        teller("create-system", systems, 6, create_system),
        teller("create-system-by-callback", systems, 1, create_by_callback),
        teller("change-system", systems, 6, |draw| act_on_system(draw, Some(json!({ "maintenance": true })), false)),
        teller("regenerate-secret", systems, 3, |draw| act_on_system(draw, None, false)),
        teller("delete-system", systems, 2, |draw| act_on_system(draw, None, true)),
        teller("create-invitation", people, 3, invite),
        teller("accept-invitation", SignIn, 5, accept),
        teller("resend-invitation", people, 3, resend),
        teller("revoke-invitation", people, 3, revoke),
        teller("create-api-key", SignIn, 2, create_key),
        teller("revoke-api-key", SignIn, 2, revoke_key),
        teller("end-own-session", SignIn, 1, end_session),
    ]
}

/// What is done through forms.
pub(crate) fn forms() -> Vec<Teller> {
    vec![teller("switch-organization-submit", SignIn, 3, switch_by_form)]
}

/// The refusal of an act on a person whom the caller does not manage.
fn refusal(draw: &Draw<'_>, person: usize) -> Option<u16> {
    let reaches = |right| draw.model.reaches_person(draw.caller, right, person);
    let is_too_high = draw.model.people[person].is_super && !draw.model.people[draw.caller].is_super;
    match (reaches(Right::ManageUsers), reaches(Right::ReadUsers)) {
        (true, _) => is_too_high.then_some(403),
        (false, true) => Some(403),
        (false, false) => Some(404),
    }
}

/// The same, where the whole account has to be the caller's to act on: deleted organisations count too.
fn refusal_of_whole(draw: &Draw<'_>, person: usize) -> Option<u16> {
    let (model, caller) = (draw.model, draw.caller);
    let mut places = model.people[person].places.iter().map(|(place, _)| *place);
    let belongs_elsewhere = places.any(|place| !model.reaches(caller, Right::ManageUsers, place));
    refusal(draw, person).or(belongs_elsewhere.then_some(403))
}

pub(crate) fn suspend(draw: &mut Draw<'_>) -> Wish {
    let person = draw.person();
    let model = draw.model;
    let Person { is_suspended, is_super, ref places, .. } = model.people[person];
    let is_last_super = is_super
        && !model.people.iter().enumerate().any(|(index, it)| index != person && it.is_super && !it.is_suspended);
    let is_alone = |(place, role): &(usize, Role)| {
        *role == Role::Admin && model.lives(*place) && !model.has_other_administrator(*place, person)
    };
    let is_refused = is_suspended || is_last_super || places.iter().any(is_alone);
    let oneself = (person == draw.caller).then_some(403);
    let status = oneself.or(refusal_of_whole(draw, person)).or(is_refused.then_some(409)).unwrap_or(200);
    Wish::of(status).about(&model.people[person].id).changing(move |model, _| {
        let it = &mut model.people[person];
        (it.is_suspended, it.has_session, it.resets) = (true, false, 0);
    })
}

pub(crate) fn reactivate(draw: &mut Draw<'_>) -> Wish {
    let person = draw.person();
    let is_in = !draw.model.people[person].is_suspended;
    let status = refusal_of_whole(draw, person).or(is_in.then_some(409)).unwrap_or(200);
    let clear = move |model: &mut Model, _: &_| model.people[person].is_suspended = false;
    Wish::of(status).about(&draw.model.people[person].id).changing(clear)
}

/// Nobody here has consented: what one may do with a consent is told elsewhere.
fn impersonate(draw: &mut Draw<'_>) -> Wish {
    let (person, caller) = (draw.person(), draw.caller);
    let model = draw.model;
    let is_above =
        |(place, _): &(usize, Role)| model.is_in(*place) && model.reaches(caller, Right::ImpersonateUsers, *place);
    let may = model.people[person].places.iter().any(is_above) && !model.people[person].is_super;
    let status = match () {
        () if person == caller => 403,
        () if !model.reaches_person(caller, Right::ReadUsers, person) => 404,
        () if (may || model.people[caller].is_super) && !model.may_come_in(person) => 409,
        () => 403,
    };
    Wish::of(status).about(&draw.model.people[person].id)
}

pub(crate) fn send_reset(draw: &mut Draw<'_>) -> Wish {
    let person = draw.person();
    let is_out = !draw.model.may_come_in(person);
    let are_many = draw.model.people[person].resets >= 3;
    let status = refusal(draw, person).or(is_out.then_some(409)).or(are_many.then_some(429)).unwrap_or(200);
    let count = move |model: &mut Model, _: &_| model.people[person].resets += 1;
    Wish::of(status).about(&draw.model.people[person].id).changing(count)
}

/// The refusal of an organisation as somebody's place.
fn refusal_of_place(draw: &Draw<'_>, place: usize) -> Option<u16> {
    let sees = |right| draw.model.sees_organisation(draw.caller, right, place);
    match (sees(Right::ManageUsers), sees(Right::ReadOrganisations)) {
        (true, _) => None,
        (false, true) => Some(403),
        (false, false) => Some(404),
    }
}

/// The refusal of a step that takes an administration away.
fn refusal_of_taking(draw: &Draw<'_>, person: usize, place: usize) -> Option<u16> {
    let (model, it) = (draw.model, &draw.model.people[person]);
    let keeps = |(other, role): &(usize, Role)| *other != place && *role == Role::Admin && model.is_in(*other);
    let locks_out = person == draw.caller && !it.is_super && !it.places.iter().any(keeps);
    if locks_out {
        return Some(403);
    }
    (!model.has_other_administrator(place, person)).then_some(409)
}

/// A place that the person has, or any.
fn place_of(draw: &mut Draw<'_>, person: usize) -> usize {
    let places = &draw.model.people[person].places;
    if places.is_empty() || draw.happens(0.5) {
        return draw.organisation();
    }
    let index = draw.below(places.len());
    draw.model.people[person].places[index].0
}

pub(crate) fn set_place(draw: &mut Draw<'_>) -> Wish {
    let (person, role) = (draw.person(), draw.role());
    let place = place_of(draw, person);
    let before = draw.model.role_in(person, place);
    let of_person = refusal(draw, person);
    let is_only_seen = of_person == Some(403) && !draw.model.reaches_person(draw.caller, Right::ManageUsers, person);
    // Of whom one only sees, the place is told of first; then, that they are to be invited.
    let status = match of_person {
        Some(status) if !is_only_seen => Some(status),
        _ => refusal_of_place(draw, place).or(is_only_seen.then_some(403)),
    };
    let takes = before == Some(Role::Admin) && role != Role::Admin;
    let status = status.or_else(|| if takes { refusal_of_taking(draw, person, place) } else { None });
    let wish = Wish::of(status.unwrap_or(200)).about(&draw.model.people[person].id).about(&draw.id_of(place));
    wish.sending(json!({ "role": role.name() })).changing(move |model, _| {
        let places = &mut model.people[person].places;
        match places.iter_mut().find(|(each, _)| *each == place) {
            Some((_, held)) => *held = role,
            None => places.push((place, role)),
        }
        if takes {
            model.take_back_invitations(person, place);
        }
    })
}

pub(crate) fn remove_place(draw: &mut Draw<'_>) -> Wish {
    let person = draw.person();
    let place = place_of(draw, person);
    let before = draw.model.role_in(person, place);
    let status = refusal(draw, person).or_else(|| refusal_of_place(draw, place)).or(match before {
        None => Some(404),
        Some(Role::Admin) => refusal_of_taking(draw, person, place),
        Some(_) => None,
    });
    let wish = Wish::of(status.unwrap_or(200)).about(&draw.model.people[person].id).about(&draw.id_of(place));
    wish.changing(move |model, _| {
        model.people[person].places.retain(|(each, _)| *each != place);
        if before == Some(Role::Admin) {
            model.take_back_invitations(person, place);
        }
    })
}

fn change_account(draw: &mut Draw<'_>) -> Wish {
    let person = draw.person();
    let reaches = |right| person == draw.caller || draw.model.reaches_person(draw.caller, right, person);
    let is_too_high =
        person != draw.caller && draw.model.people[person].is_super && !draw.model.people[draw.caller].is_super;
    let status = match (reaches(Right::ReadUsers), reaches(Right::ManageUsers) && !is_too_high) {
        (_, true) => 200,
        (true, false) => 403,
        (false, false) => 404,
    };
    let it = &draw.model.people[person];
    Wish::of(status).about(&it.id).sending(json!({ "Name": format!("{} {}", it.word, draw.number) }))
}

fn change_me(draw: &mut Draw<'_>) -> Wish {
    let word = &draw.model.people[draw.caller].word;
    Wish::of(200).sending(json!({ "job_title": format!("{word} {}", draw.number) }))
}

fn may_act_for(draw: &Draw<'_>, place: usize) -> bool {
    draw.model.is_in(place) && draw.model.role_in(draw.caller, place).is_some()
}

fn switch(draw: &mut Draw<'_>) -> Wish {
    let place = place_of(draw, draw.caller);
    let status = if may_act_for(draw, place) { 200 } else { 400 };
    Wish::of(status).sending(json!({ "organization_id": draw.id_of(place) }))
}

fn switch_by_form(draw: &mut Draw<'_>) -> Wish {
    let place = place_of(draw, draw.caller);
    let status = if may_act_for(draw, place) { 303 } else { 422 };
    Wish::of(status).submitting(vec![("organization_id", draw.id_of(place)), ("next", "/".to_owned())])
}

/// Beyond this many nothing is created any more, so that every list fits on a page.
const SYSTEMS_MAX: usize = 90;

/// What a new system is made of, and whether it comes to be.
fn draft(draw: &mut Draw<'_>) -> (usize, String, serde_json::Value, bool) {
    let place = draw.organisation();
    let word = draw.new_word(Owner::System(0));
    let there = draw.model.systems.iter().filter(|each| !each.is_deleted).count();
    let kind = if there < SYSTEMS_MAX { "ns8" } else { "of no kind" };
    let is_in_reach = draw.model.is_in(place) && draw.model.reaches(draw.caller, Right::ManageSystems, place);
    let body = json!({
        "name": format!("{word} system"), "type": kind, "organization_id": draw.id_of(place), "custom_data": { "kept": word },
    });
    (place, word, body, is_in_reach && there < SYSTEMS_MAX)
}

fn added(model: &mut Model, id: &str, organisation: usize, word: String) {
    model.note(organisation, &word);
    model.words.entry(word.clone()).or_default().push(Owner::System(model.systems.len()));
    model.systems.push(System { id: id.to_owned(), organisation, word, is_deleted: false });
}

fn create_system(draw: &mut Draw<'_>) -> Wish {
    let (place, word, body, is_fine) = draft(draw);
    let wish = Wish::of(if is_fine { 201 } else { 400 }).sending(body);
    wish.changing(move |model, answer| added(model, answer["data"]["id"].as_str().unwrap(), place, word))
}

fn create_by_callback(draw: &mut Draw<'_>) -> Wish {
    let (place, word, mut body, is_fine) = draft(draw);
    body["callback_url"] = json!(format!("{}/callback", draw.receiver));
    body["callback_state"] = json!(draw.state);
    let wish = Wish::of(if is_fine { 201 } else { 400 }).sending(body);
    wish.changing(move |model, answer| added(model, answer["data"]["system"]["id"].as_str().unwrap(), place, word))
}

fn act_on_system(draw: &mut Draw<'_>, body: Option<serde_json::Value>, deletes: bool) -> Wish {
    let system = draw.system();
    let sees = |right| draw.model.sees_system(draw.caller, right, system);
    let status = match (sees(Right::ManageSystems), sees(Right::ReadSystems)) {
        (true, _) => 200,
        (false, true) => 403,
        (false, false) => 404,
    };
    let wish = Wish::of(status).about(&draw.model.systems[system].id);
    let wish = match body {
        Some(body) => wish.sending(body),
        None => wish,
    };
    wish.changing(move |model, _| {
        if deletes {
            model.systems[system].is_deleted = true;
            model.licensing.release_system(system);
        }
    })
}

fn invite(draw: &mut Draw<'_>) -> Wish {
    let (place, role, caller) = (draw.organisation(), draw.role(), draw.caller);
    let word = draw.new_word(Owner::Invitation(0));
    let email = format!("{word}@example.net");
    let sent = draw.model.invitations.iter().filter(|each| each.organisation == place && each.sender.is_some()).count();
    let may = draw.model.is_in(place) && draw.model.reaches(caller, Right::ManageUsers, place);
    let status = match may {
        true if sent >= 100 => 429,
        true => 201,
        false => 400,
    };
    let body = json!({ "organization_id": draw.id_of(place), "email": email, "role": role.name() });
    Wish::of(status).sending(body).changing(move |model, answer| {
        model.note(place, &word);
        model.words.entry(word).or_default().push(Owner::Invitation(model.invitations.len()));
        model.invitations.push(Invitation {
            id: answer["data"]["id"].as_str().unwrap().to_owned(),
            token: String::new(),
            organisation: place,
            email,
            role,
            sender: Some(caller),
            mails: 1,
            is_over: false,
            is_gone: false,
        });
    })
}

fn accept(draw: &mut Draw<'_>) -> Wish {
    let known: Vec<usize> =
        (0..draw.model.invitations.len()).filter(|each| !draw.model.invitations[*each].token.is_empty()).collect();
    let invitation = known[draw.below(known.len())];
    let (model, caller) = (draw.model, draw.caller);
    let Invitation { ref email, ref token, organisation, role, .. } = model.invitations[invitation];
    let status = match () {
        () if !model.is_open(invitation) => 400,
        () if *email != model.people[caller].email => 403,
        () if model.role_in(caller, organisation).is_some() => 409,
        () => 200,
    };
    Wish::of(status).sending(json!({ "token": token })).changing(move |model, _| {
        model.invitations[invitation].is_over = true;
        model.people[caller].places.push((organisation, role));
    })
}

fn resend(draw: &mut Draw<'_>) -> Wish {
    let (invitation, caller) = (draw.invitation(), draw.caller);
    let is_seen = draw.model.sees_invitation(caller, invitation);
    let Invitation { ref id, ref token, organisation, is_over, mails, .. } = draw.model.invitations[invitation];
    // Whoever is there already got several invitations, and how many mails they may still get is told elsewhere.
    if is_seen && !token.is_empty() {
        return Wish::of(404).about("019a9f00-0000-7000-8000-00000000eeee");
    }
    let status = match () {
        () if !is_seen => 404,
        () if is_over || !draw.model.is_in(organisation) => 409,
        () if mails >= 3 => 429,
        () => 200,
    };
    Wish::of(status).about(id).changing(move |model, _| {
        let it = &mut model.invitations[invitation];
        (it.sender, it.mails) = (Some(caller), it.mails + 1);
    })
}

fn revoke(draw: &mut Draw<'_>) -> Wish {
    let invitation = draw.invitation();
    let is_seen = draw.model.sees_invitation(draw.caller, invitation);
    let Invitation { ref id, is_over, .. } = draw.model.invitations[invitation];
    let status = match (is_seen, is_over) {
        (false, _) => 404,
        (true, true) => 409,
        (true, false) => 200,
    };
    Wish::of(status).about(id).changing(move |model, _| model.invitations[invitation].is_over = true)
}

fn create_key(draw: &mut Draw<'_>) -> Wish {
    let (owner, writes) = (draw.caller, draw.happens(0.5));
    let living = draw.model.keys.iter().filter(|key| key.owner == owner && !key.is_revoked).count();
    let body = json!({ "name": "A program", "access": if writes { "write" } else { "read" } });
    Wish::of(if living < 5 { 201 } else { 409 }).sending(body).changing(move |model, answer| {
        let text = |pointer: &str| answer.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        let (id, secret) = (text("/data/api_key/id"), text("/data/key"));
        model.keys.push(Key { id, secret, owner, writes, is_revoked: false });
    })
}

fn revoke_key(draw: &mut Draw<'_>) -> Wish {
    let key = draw.below(draw.model.keys.len());
    let Key { ref id, owner, is_revoked, .. } = draw.model.keys[key];
    let is_ones_own = owner == draw.caller && !is_revoked;
    let wish = Wish::of(if is_ones_own { 200 } else { 404 }).about(id);
    wish.changing(move |model, _| model.keys[key].is_revoked = true)
}

/// A session of nobody: that one ends one's own, and no other, is told elsewhere.
fn end_session(_: &mut Draw<'_>) -> Wish {
    Wish::of(404).about("019a9f00-0000-7000-8000-00000000dddd")
}
