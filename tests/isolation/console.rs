//! The pages about organisations and people: what they show, and what their forms do. Each form ends in the use case of
//! a route of the API, so the model says of it what it says of that one; how a page words a refusal is its own affair.

use serde_json::Value;

use crate::asking::{Body, Draw, Needs, Teller, Wish, teller};
use crate::model::Right;
use crate::steps;
use crate::tree_steps;

use Needs::{Holding, SignIn};

/// Pages that only show something.
pub(crate) fn views() -> Vec<Teller> {
    let (organisations, people) = (Holding(Right::ManageOrganisations), Holding(Right::ManageUsers));
    vec![
        teller("organizations", SignIn, 5, organisation_list),
        teller("organization", SignIn, 6, organisation),
        teller("organization-new-form", organisations, 2, new_organisation),
        teller("organization-edit-form", organisations, 2, about_organisation),
        teller("organization-suspend-form", organisations, 2, about_organisation),
        teller("organization-delete-form", organisations, 2, about_organisation),
        teller("organization-destroy-form", Holding(Right::DestroyOrganisations), 1, about_organisation),
        teller("organization-move-form", organisations, 3, move_organisation),
        teller("people", SignIn, 5, people_list),
        teller("person", SignIn, 6, person),
        teller("person-suspend-form", people, 2, about_person),
        teller("person-join-form", people, 3, join),
        teller("person-remove-form", people, 2, about_membership),
        teller("access", people, 4, access),
        teller("invitations", people, 4, invitation_list),
        teller("invitation-new-form", people, 2, invite),
        teller("invitation-revoke-form", people, 2, revoke),
    ]
}

/// Pages that do something.
pub(crate) fn forms() -> Vec<Teller> {
    let (organisations, people) = (Holding(Right::ManageOrganisations), Holding(Right::ManageUsers));
    vec![
        teller("organization-new-submit", organisations, 1, create_nowhere),
        teller("organization-edit-submit", organisations, 2, edit),
        teller("organization-suspend-submit", organisations, 2, |draw| submitted(tree_steps::suspend(draw))),
        teller("organization-reactivate-submit", organisations, 3, |draw| submitted(tree_steps::reactivate(draw))),
        teller("organization-delete-submit", organisations, 2, |draw| submitted(tree_steps::delete(draw))),
        teller("organization-restore-submit", organisations, 3, |draw| submitted(tree_steps::restore(draw))),
        teller("organization-destroy-submit", Holding(Right::DestroyOrganisations), 1, destroy),
        teller("organization-move-submit", organisations, 2, |draw| submitted(tree_steps::relocate(draw))),
        teller("person-suspend-submit", people, 2, |draw| submitted(steps::suspend(draw))),
        teller("person-reactivate-submit", people, 3, |draw| submitted(steps::reactivate(draw))),
        teller("person-reset-submit", people, 1, |draw| submitted(steps::send_reset(draw))),
        teller("person-membership-submit", people, 3, set_place),
        teller("person-remove-submit", people, 2, |draw| submitted(steps::remove_place(draw))),
    ]
}

/// What a route of the API is asked for, asked for by a form.
fn submitted(wish: Wish) -> Wish {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let form = match &wish.body {
        Body::Json(Value::Object(members)) => {
            let known = ["name", "vat_number", "parent_id", "role"];
            known.iter().filter_map(|name| members.get(*name).and_then(text).map(|value| (*name, value))).collect()
        }
        _ => Vec::new(),
    };
    let status = if wish.status < 300 { 303 } else { wish.status };
    Wish { status, body: Body::Form(form), check: None, is_worded_freely: true, ..wish }
}

fn with(mut wish: Wish, name: &'static str, value: String) -> Wish {
    if let Body::Form(form) = &mut wish.body {
        form.push((name, value));
    }
    wish
}

/// A page that says whatever it says, as long as it tells of nothing foreign.
fn anything() -> Wish {
    Wish { is_worded_freely: true, ..Wish::of(404) }
}

fn shown(is_shown: bool) -> Wish {
    Wish { is_worded_freely: true, ..Wish::of(if is_shown { 200 } else { 404 }) }
}

fn organisation_list(draw: &mut Draw<'_>) -> Wish {
    let (word, open) = (draw.word(), draw.organisation());
    let open = draw.id_of(open);
    let query = ["", "?is_suspended=true", "?deleted=true", "?view=tree"][draw.below(4)];
    let query = match draw.below(3) {
        0 => format!("?q={word}"),
        1 => format!("?view=tree&open={open}"),
        _ => query.to_owned(),
    };
    Wish::of(200).asking(&query)
}

fn organisation(draw: &mut Draw<'_>) -> Wish {
    let organisation = draw.organisation();
    let is_seen = draw.model.sees_organisation(draw.caller, Right::ReadOrganisations, organisation)
        || draw.model.sees_deleted(draw.caller, organisation);
    shown(is_seen).about(&draw.id_of(organisation))
}

fn about_organisation(draw: &mut Draw<'_>) -> Wish {
    let organisation = draw.organisation();
    anything().about(&draw.id_of(organisation))
}

fn new_organisation(draw: &mut Draw<'_>) -> Wish {
    let (parent, word) = (draw.organisation(), draw.word());
    let query = if draw.happens(0.5) { format!("?parent_id={}", draw.id_of(parent)) } else { format!("?q={word}") };
    anything().asking(&query)
}

fn move_organisation(draw: &mut Draw<'_>) -> Wish {
    let (organisation, parent, word) = (draw.organisation(), draw.organisation(), draw.word());
    let query = if draw.happens(0.5) { format!("?parent_id={}", draw.id_of(parent)) } else { format!("?q={word}") };
    anything().about(&draw.id_of(organisation)).asking(&query)
}

fn people_list(draw: &mut Draw<'_>) -> Wish {
    let (word, place) = (draw.word(), draw.organisation());
    let query = match draw.below(3) {
        0 => format!("?q={word}"),
        1 => format!("?organization_id={}", draw.id_of(place)),
        _ => String::new(),
    };
    Wish::of(200).asking(&query)
}

fn person(draw: &mut Draw<'_>) -> Wish {
    let person = draw.person();
    let is_seen = draw.model.reaches_person(draw.caller, Right::ReadUsers, person);
    shown(is_seen).about(&draw.model.people[person].id)
}

fn about_person(draw: &mut Draw<'_>) -> Wish {
    let person = draw.person();
    anything().about(&draw.model.people[person].id)
}

fn about_membership(draw: &mut Draw<'_>) -> Wish {
    let (person, place) = (draw.person(), draw.organisation());
    anything().about(&draw.model.people[person].id).about(&draw.id_of(place))
}

fn join(draw: &mut Draw<'_>) -> Wish {
    let (place, word) = (draw.organisation(), draw.word());
    let query =
        if draw.happens(0.5) { format!("?organization_id={}", draw.id_of(place)) } else { format!("?q={word}") };
    about_person(draw).asking(&query)
}

fn access(draw: &mut Draw<'_>) -> Wish {
    let (subject, right, word) = (draw.person(), Right::ALL[draw.below(Right::ALL.len())], draw.word());
    let resource = match draw.below(3) {
        0 => format!("system:{}", draw.model.systems[draw.system()].id),
        1 => format!("organization:{}", draw.model.organisations[draw.organisation()].id),
        _ => format!("user:{}", draw.model.people[draw.person()].id),
    };
    let subject = &draw.model.people[subject].id;
    let query = match draw.below(3) {
        0 => format!("?q={word}"),
        1 => format!("?subject={subject}&q={word}"),
        _ => format!("?subject={subject}&resource={resource}&right={}", right.name()),
    };
    anything().asking(&query)
}

fn invitation_list(draw: &mut Draw<'_>) -> Wish {
    let (word, place) = (draw.word(), draw.organisation());
    let query = match draw.below(3) {
        0 => format!("?q={word}"),
        1 => format!("?organization_id={}", draw.id_of(place)),
        _ => String::new(),
    };
    Wish::of(200).asking(&query)
}

fn invite(draw: &mut Draw<'_>) -> Wish {
    let (place, word) = (draw.organisation(), draw.word());
    let query = if draw.happens(0.5) { format!("?organization={}", draw.id_of(place)) } else { format!("?q={word}") };
    anything().asking(&query)
}

fn revoke(draw: &mut Draw<'_>) -> Wish {
    let invitation = draw.invitation();
    anything().asking(&format!("?id={}", draw.model.invitations[invitation].id))
}

/// Where the caller manages nothing, nothing is made: what is made is made by the API, which says what.
fn create_nowhere(draw: &mut Draw<'_>) -> Wish {
    let (model, caller) = (draw.model, draw.caller);
    let foreign = |each: &usize| !model.reaches(caller, Right::ManageOrganisations, *each);
    let foreign: Vec<usize> = (0..model.organisations.len()).filter(foreign).collect();
    let parent = foreign[draw.below(foreign.len())];
    let parent = draw.id_of(parent);
    let form = vec![
        ("parent_id", parent),
        ("name", "Smuggled in".to_owned()),
        ("type", "customer".to_owned()),
        ("idempotency_key", format!("key-{}", draw.number)),
    ];
    anything().submitting(form)
}

fn edit(draw: &mut Draw<'_>) -> Wish {
    let wish = submitted(tree_steps::change(draw));
    let has_number = matches!(&wish.body, Body::Form(form) if form.iter().any(|(name, _)| *name == "vat_number"));
    if has_number {
        return wish;
    }
    // A field that is left blank takes the number away.
    let organisation = draw.model.organisations.iter().find(|each| wish.path.contains(&each.id));
    with(wish, "vat_number", organisation.and_then(|each| each.vat.clone()).unwrap_or_default())
}

fn destroy(draw: &mut Draw<'_>) -> Wish {
    let wish = submitted(tree_steps::destroy(draw));
    let organisation = draw.model.organisations.iter().find(|each| wish.path.contains(&each.id));
    with(wish, "typed_name", organisation.map(|each| each.name.clone()).unwrap_or_default())
}

fn set_place(draw: &mut Draw<'_>) -> Wish {
    let mut wish = submitted(steps::set_place(draw));
    let place = wish.path.pop().unwrap_or_default();
    with(wish, "organization_id", place)
}
