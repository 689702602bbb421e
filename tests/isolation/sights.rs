//! What is only looked at: lists, things by their ids, counts, explanations, exports, pages.

use serde_json::Value;

use crate::asking::{Draw, Needs, Teller, Wish, compare_ids, exactly, teller};
use crate::model::{Model, Right, Role, System};

use Needs::{Holding, HoldingOrKey, Nothing, SignIn};

/// What a page asks of a browser that carries no session of somebody who may come in: to sign in.
pub(crate) const TO_SIGN_IN: u16 = 303;

pub(crate) fn sights() -> Vec<Teller> {
    vec![
        teller("list-systems", HoldingOrKey(Right::ReadSystems), 10, systems),
        teller("get-system", HoldingOrKey(Right::ReadSystems), 10, system),
        teller("list-organizations", HoldingOrKey(Right::ReadOrganisations), 10, organisations),
        teller("get-organization", HoldingOrKey(Right::ReadOrganisations), 10, organisation),
        teller("get-organization-stats", HoldingOrKey(Right::ReadOrganisations), 6, stats),
        teller("list-users", HoldingOrKey(Right::ReadUsers), 10, people),
        teller("read-user", HoldingOrKey(Right::ReadUsers), 10, person),
        teller("get-user", SignIn, 5, account),
        teller("list-invitations", Holding(Right::ManageUsers), 5, invitations),
        teller("import-invitations", Holding(Right::ManageUsers), 4, dry_run),
        teller("get-consent", SignIn, 1, plain),
        teller("list-own-impersonations", SignIn, 1, plain),
        teller("list-impersonated-acts", SignIn, 1, nothing_there),
        teller("explain-access", Holding(Right::ManageUsers), 6, explanation),
        teller("list-audit", HoldingOrKey(Right::ReadAudit), 6, audit),
        teller("export-audit", Holding(Right::ReadAudit), 1, export),
        teller("get-me", SignIn, 4, me),
        teller("list-own-sessions", SignIn, 1, plain),
        teller("list-own-api-keys", SignIn, 2, keys),
        teller("configuration", SignIn, 1, plain),
        teller("status", Nothing, 1, plain),
        teller("health", Nothing, 1, plain),
        teller("readiness", Nothing, 1, plain),
        teller("jwks", Nothing, 1, plain),
    ]
}

/// The pages that show something to somebody who is signed in.
pub(crate) fn pages() -> Vec<Teller> {
    vec![
        teller("home", SignIn, 6, home),
        teller("account", SignIn, 3, page),
        teller("system-creation", SignIn, 4, system_creation),
        teller("docs", Nothing, 1, page),
        teller("account-impersonation", SignIn, 1, nothing_there),
    ]
}

fn plain(_: &mut Draw<'_>) -> Wish {
    Wish::of(200)
}

fn page(_: &mut Draw<'_>) -> Wish {
    Wish::of(200)
}

fn systems(draw: &mut Draw<'_>) -> Wish {
    let (model, caller) = (draw.model, draw.caller);
    let seen = |each: &usize| model.sees_system(caller, Right::ReadSystems, *each);
    let all = (0..model.systems.len()).filter(seen);
    let (query, listed): (String, Vec<usize>) = match draw.below(4) {
        0 => {
            let organisation = draw.organisation();
            let of = all.filter(|each| model.systems[*each].organisation == organisation).collect();
            (format!("&organization_id={}", draw.id_of(organisation)), of)
        }
        1 => {
            let word = draw.word();
            let of = all.filter(|each| model.systems[*each].word == word).collect();
            (format!("&search={word}"), of)
        }
        2 => ("&sort_by=creator_name".to_owned(), all.collect()),
        _ => (String::new(), all.collect()),
    };
    let expected = listed.into_iter().map(|each| model.systems[each].id.clone()).collect();
    let check = exactly("systems", expected);
    Wish { check: Some(check), ..Wish::of(200).asking(&format!("?page_size=100{query}")) }
}

fn system(draw: &mut Draw<'_>) -> Wish {
    let system = draw.system();
    let is_seen = draw.model.sees_system(draw.caller, Right::ReadSystems, system);
    Wish::of(if is_seen { 200 } else { 404 }).about(&draw.model.systems[system].id)
}

fn organisations(draw: &mut Draw<'_>) -> Wish {
    let (model, caller) = (draw.model, draw.caller);
    let seen = |each: &usize| model.sees_organisation(caller, Right::ReadOrganisations, *each);
    let all = (0..model.organisations.len()).filter(seen);
    let (query, listed): (String, Vec<usize>) = match draw.below(6) {
        0 => {
            let parent = draw.organisation();
            let of = all.filter(|each| model.organisations[*each].parent == Some(parent)).collect();
            (format!("&parent_id={}", draw.id_of(parent)), of)
        }
        1 => {
            let word = draw.word();
            let of = all.filter(|each| model.organisations[*each].word == word).collect();
            (format!("&search={word}"), of)
        }
        2 => {
            let number = draw.organisation();
            let Some(number) = model.organisations[number].vat.clone() else { return organisations(draw) };
            let of = all.filter(|each| model.organisations[*each].vat.as_ref() == Some(&number)).collect();
            (format!("&search={number}"), of)
        }
        3 => ("&is_suspended=true".to_owned(), all.filter(|each| model.is_suspended(*each)).collect()),
        4 => {
            let of = (0..model.organisations.len()).filter(|each| model.sees_deleted(caller, *each)).collect();
            ("&deleted=true".to_owned(), of)
        }
        _ => (String::new(), all.collect()),
    };
    let expected = listed.into_iter().map(|each| model.organisations[each].id.clone()).collect();
    let check = exactly("organizations", expected);
    Wish { check: Some(check), ..Wish::of(200).asking(&format!("?page_size=100{query}")) }
}

fn organisation(draw: &mut Draw<'_>) -> Wish {
    let organisation = draw.organisation();
    let (model, caller) = (draw.model, draw.caller);
    let is_seen = model.sees_organisation(caller, Right::ReadOrganisations, organisation);
    let parent = model.organisations[organisation].parent;
    let parent = parent.filter(|parent| model.reaches(caller, Right::ReadOrganisations, *parent));
    let parent = parent.map(|parent| model.organisations[parent].id.clone());
    Wish::of(if is_seen { 200 } else { 404 }).about(&draw.id_of(organisation)).checked(move |answer| {
        let shown = answer["data"]["parent"]["id"].as_str();
        (shown != parent.as_deref()).then(|| format!("the parent {shown:?} is shown, and not {parent:?}"))
    })
}

fn stats(draw: &mut Draw<'_>) -> Wish {
    let organisation = draw.organisation();
    let (model, caller) = (draw.model, draw.caller);
    let is_deleted = model.sees_deleted(caller, organisation);
    let is_seen = model.sees_organisation(caller, Right::ReadOrganisations, organisation) || is_deleted;
    let tree: Vec<usize> =
        model.tree(organisation).into_iter().filter(|each| is_deleted || model.lives(*each)).collect();
    let people = |among: &[usize]| {
        let belongs = |each: &usize| model.people[*each].places.iter().any(|(place, _)| among.contains(place));
        (0..model.people.len()).filter(|each| !model.people[*each].is_gone).filter(belongs).count()
    };
    let systems = |among: &[usize]| {
        model.systems.iter().filter(|each| !each.is_deleted && among.contains(&each.organisation)).count()
    };
    let expected = [
        ("users_count", people(&[organisation])),
        ("users_hierarchy_count", people(&tree)),
        ("systems_count", systems(&[organisation])),
        ("systems_hierarchy_count", systems(&tree)),
        ("organizations_hierarchy_count", tree.len().saturating_sub(1)),
    ];
    Wish::of(if is_seen { 200 } else { 404 }).about(&draw.id_of(organisation)).checked(move |answer| {
        let differs = |(name, count): &&(&str, usize)| answer["data"][*name].as_u64() != u64::try_from(*count).ok();
        let wrong = expected.iter().find(differs)?;
        Some(format!("{wrong:?} was expected of {}", answer["data"]))
    })
}

fn people(draw: &mut Draw<'_>) -> Wish {
    let (model, caller) = (draw.model, draw.caller);
    let seen = |each: &usize| model.reaches_person(caller, Right::ReadUsers, *each);
    let all = (0..model.people.len()).filter(seen);
    let reached = |place: usize| model.lives(place) && model.reaches(caller, Right::ReadUsers, place);
    let (query, listed): (String, Vec<usize>) = match draw.below(5) {
        0 => {
            let place = draw.organisation();
            let of = all.filter(|each| reached(place) && model.role_in(*each, place).is_some()).collect();
            (format!("&organization_id={}", draw.id_of(place)), of)
        }
        1 => {
            let role = draw.role();
            let is_one = |(place, held): &(usize, Role)| *held == role && reached(*place);
            let of = all.filter(|each| model.people[*each].places.iter().any(is_one)).collect();
            (format!("&role={}", role.name()), of)
        }
        2 => {
            let word = draw.word();
            let of = all.filter(|each| model.people[*each].word == word).collect();
            (format!("&search={word}"), of)
        }
        3 => ("&is_suspended=true".to_owned(), all.filter(|each| model.people[*each].is_suspended).collect()),
        _ => (String::new(), all.collect()),
    };
    let expected = listed.into_iter().map(|each| model.people[each].id.clone()).collect();
    Wish { check: Some(exactly("users", expected)), ..Wish::of(200).asking(&format!("?page_size=100{query}")) }
}

fn person(draw: &mut Draw<'_>) -> Wish {
    let person = draw.person();
    let (model, caller) = (draw.model, draw.caller);
    let is_seen = model.reaches_person(caller, Right::ReadUsers, person);
    let places = model.people[person].places.iter().map(|(place, _)| *place);
    let shown = places.filter(|place| model.sees_organisation(caller, Right::ReadUsers, *place));
    let shown: Vec<String> = shown.map(|place| model.organisations[place].id.clone()).collect();
    Wish::of(if is_seen { 200 } else { 404 })
        .about(&model.people[person].id)
        .checked(move |answer| compare_ids(places_in(answer), shown.clone()))
}

/// The organisations in the memberships of an answer.
fn places_in(answer: &Value) -> Vec<String> {
    let listed = answer["data"]["memberships"].as_array().cloned().unwrap_or_default();
    listed.iter().filter_map(|each| each["organization_id"].as_str().map(str::to_owned)).collect()
}

fn account(draw: &mut Draw<'_>) -> Wish {
    let person = draw.person();
    let is_seen = person == draw.caller || draw.model.reaches_person(draw.caller, Right::ReadUsers, person);
    Wish::of(if is_seen { 200 } else { 404 }).about(&draw.model.people[person].id)
}

fn invitations(draw: &mut Draw<'_>) -> Wish {
    let (model, caller) = (draw.model, draw.caller);
    let listed = (0..model.invitations.len()).filter(|each| model.sees_invitation(caller, *each));
    let expected = listed.map(|each| model.invitations[each].id.clone()).collect();
    Wish { check: Some(exactly("invitations", expected)), ..Wish::of(200).asking("?page_size=100") }
}

fn nothing_there(_: &mut Draw<'_>) -> Wish {
    Wish::of(404).about("019a9f00-0000-7000-8000-00000000dddd")
}

/// A file that invites somebody new somewhere, and what would come of it.
fn dry_run(draw: &mut Draw<'_>) -> Wish {
    let (place, role, number) = (draw.organisation(), draw.role().name(), draw.number);
    let may = draw.model.is_in(place) && draw.model.reaches(draw.caller, Right::ManageUsers, place);
    let it = &draw.model.organisations[place];
    let named = if draw.happens(0.5) && !it.name.is_empty() { &it.name } else { &it.id };
    let file = format!("email,organization,role\nnew-{number}@example.net,{named},{role}\n");
    Wish::of(200).asking("?dry_run=true").bringing(file).checked(move |answer| {
        let told = answer["data"]["can_be_carried_out"].as_bool();
        (told != Some(may)).then(|| format!("{told:?} is told, and it is {may}"))
    })
}

/// Whether the model lets somebody have a right over something in these organisations.
fn is_allowed(model: &Model, subject: usize, right: Right, organisations: &[usize], person: Option<usize>) -> bool {
    let it = &model.people[subject];
    if it.is_suspended || it.is_super {
        return !it.is_suspended;
    }
    if right == Right::ReadUsers && person == Some(subject) {
        return true;
    }
    let is_super = person.is_some_and(|person| model.people[person].is_super);
    let reached = organisations.iter().any(|each| model.reaches(subject, right, *each));
    reached && (right.only_reads() || !is_super)
}

fn explanation(draw: &mut Draw<'_>) -> Wish {
    let (subject, right) = (draw.person(), Right::ALL[draw.below(Right::ALL.len())]);
    let (model, caller) = (draw.model, draw.caller);
    let is_of = |rights: &[Right]| rights.contains(&right);
    let (resource, is_managed, is_matter, organisations, person) = match draw.below(3) {
        0 => {
            let system = draw.system();
            let managed = model.sees_system(caller, Right::ManageSystems, system);
            let matter = is_of(&[Right::ReadSystems, Right::ManageSystems]);
            let System { id, organisation, .. } = &model.systems[system];
            (format!("system:{id}"), managed, matter, vec![*organisation], None)
        }
        1 => {
            let organisation = draw.organisation();
            let managed = model.is_in(organisation) && model.reaches(caller, Right::ManageOrganisations, organisation);
            (format!("organization:{}", draw.id_of(organisation)), managed, true, vec![organisation], None)
        }
        _ => {
            let person = draw.person();
            let managed = model.reaches_person(caller, Right::ManageUsers, person);
            let matter = is_of(&[Right::ReadUsers, Right::ManageUsers]);
            let places = model.people[person].places.iter().map(|(place, _)| *place);
            let places = places.filter(|place| model.lives(*place)).collect();
            (format!("user:{}", model.people[person].id), managed, matter, places, Some(person))
        }
    };
    let is_fine = is_managed && is_matter && model.reaches_person(caller, Right::ManageUsers, subject);
    let allowed = is_allowed(model, subject, right, &organisations, person);
    let id = &model.people[subject].id;
    let query = format!("?subject={id}&resource={resource}&right={}", right.name());
    Wish::of(if is_fine { 200 } else { 400 }).asking(&query).checked(move |answer| {
        let told = answer["data"]["allowed"].as_bool();
        (told != Some(allowed)).then(|| format!("{told:?} is told, and it is {allowed}: {}", answer["data"]))
    })
}

/// The check that each entry is of an organisation whose log the caller may read.
fn is_within(draw: &Draw<'_>) -> impl Fn(&Value) -> Option<String> + Send + 'static {
    let (model, caller) = (draw.model, draw.caller);
    let is_super = model.people[caller].is_super;
    let within = (0..model.organisations.len()).filter(|each| model.reaches(caller, Right::ReadAudit, *each));
    let within: Vec<String> = within.map(|each| model.organisations[each].id.clone()).collect();
    move |entry: &Value| {
        let is_fine = entry["organization_id"].as_str().is_some_and(|id| within.iter().any(|each| each == id));
        (!is_fine && !is_super).then(|| format!("an entry of another organisation: {entry}"))
    }
}

fn audit(draw: &mut Draw<'_>) -> Wish {
    let filter = match draw.below(5) {
        0 => format!("&organization_id={}", draw.model.organisations[draw.organisation()].id),
        3 => format!("&subject_id={}", draw.model.licensing.licences[draw.licence()].id),
        1 => format!("&actor_id={}", draw.model.people[draw.person()].id),
        2 => format!("&subject_id={}", draw.model.organisations[draw.organisation()].id),
        _ => String::new(),
    };
    let is_within = is_within(draw);
    Wish::of(200).asking(&format!("?page_size=100{filter}")).checked(move |answer| {
        let entries = answer["data"]["entries"].as_array().cloned().unwrap_or_default();
        entries.iter().find_map(&is_within)
    })
}

fn export(draw: &mut Draw<'_>) -> Wish {
    let is_within = is_within(draw);
    // What is no JSON as a whole is handed over as the lines that it is made of.
    Wish::of(200).checked(move |answer| {
        let lines = answer.as_str().unwrap_or_default().lines();
        lines.map(|line| serde_json::from_str::<Value>(line).unwrap_or_default()).find_map(|entry| is_within(&entry))
    })
}

fn me(draw: &mut Draw<'_>) -> Wish {
    let (model, caller) = (draw.model, draw.caller);
    let places = model.people[caller].places.iter().map(|(place, _)| *place).filter(|place| model.lives(*place));
    let expected: Vec<String> = places.map(|place| model.organisations[place].id.clone()).collect();
    Wish::of(200).checked(move |answer| compare_ids(places_in(answer), expected.clone()))
}

fn keys(draw: &mut Draw<'_>) -> Wish {
    let own = draw.model.keys.iter().filter(|key| key.owner == draw.caller && !key.is_revoked);
    let expected: Vec<String> = own.map(|key| key.id.clone()).collect();
    Wish::of(200).checked(move |answer| compare_ids(crate::asking::ids(answer, "api_keys"), expected.clone()))
}

fn home(draw: &mut Draw<'_>) -> Wish {
    let query = if draw.happens(0.5) { format!("?q={}", draw.word()) } else { String::new() };
    Wish::of(200).asking(&query)
}

fn system_creation(draw: &mut Draw<'_>) -> Wish {
    let mut query = url::form_urlencoded::Serializer::for_suffix("?".to_owned(), 1);
    let callback = format!("{}/callback", draw.receiver);
    let members = [("callback_url", callback.as_str()), ("state", draw.state), ("type", "ns8"), ("name", "New")];
    query.extend_pairs(members);
    let may = draw.model.holds(draw.caller, Right::ManageSystems);
    Wish::of(if may { 200 } else { 403 }).asking(&query.finish())
}
