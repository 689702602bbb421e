//! What is looked at of licences, pools and agreements.

use serde_json::{Value, json};

use crate::asking::{Draw, Needs, Teller, Wish, exactly_listed, teller};
use crate::licensing::{Licence, Pool};
use crate::model::{Model, Right};

use Needs::HoldingOrKey;

/// As many as a page holds at the most, which is more than there are.
const WHOLE: &str = "?Limit=500";
const ORDERS: [&str; 6] =
    ["LicenseKey", "-LicenseKey", "AgreementName,-StartsAt", "-ExpiresAt", "ExpiresAt,LicenseKey", "-AgreementName"];

pub(crate) fn sights() -> Vec<Teller> {
    let needs = HoldingOrKey(Right::ReadLicences);
    vec![
        teller("list-licenses", needs, 12, licences),
        teller("get-license", needs, 5, |draw| licence(draw, shown)),
        teller("get-license-details", needs, 6, |draw| licence(draw, detailed)),
        teller("license-history", needs, 5, history),
        teller("license-devices", needs, 5, devices),
        teller("list-pools", needs, 6, pools),
        teller("get-pool", needs, 5, pool),
        teller("pool-history", needs, 4, moves),
        teller("list-agreements", needs, 3, agreements),
        teller("get-agreement", needs, 3, agreement),
    ]
}

/// Whether a list has something on it.
type Listed<T> = Box<dyn Fn(&Model, &T) -> bool>;

/// What chance asks of a list of licences, and which of those that somebody sees are on it.
fn filter(draw: &mut Draw<'_>) -> (String, Listed<Licence>) {
    match draw.below(7) {
        0 => {
            // What an organisation or a person is called finds nothing: not who holds it, nor who sold or signed it.
            let word = draw.word();
            let of = word.clone();
            let finds =
                move |model: &Model, it: &Licence| it.systems.iter().any(|each| model.systems[*each].word == of);
            (format!("&q={word}"), Box::new(finds))
        }
        1 => {
            let licence = draw.licence();
            let key = draw.model.licensing.licences[licence].key.clone();
            (format!("&q={key}"), Box::new(move |_, it| it.key == key))
        }
        2 => {
            let licence = draw.licence();
            let holder = draw.model.licensing.licences[licence].holder;
            let (system, caller) = (draw.system_of(holder), draw.caller);
            let is_seen = draw.model.sees_system(caller, Right::ReadSystems, system);
            let id = draw.model.systems[system].id.clone();
            (format!("&Device={id}"), Box::new(move |_, it| is_seen && it.systems.contains(&system)))
        }
        3 => {
            let kind = ["subscription", "rental", "unheard-of"][draw.below(3)];
            let is_it = move |model: &Model, it: &Licence| model.licensing.agreements[it.agreement].kind == kind;
            (format!("&Kind={kind}"), Box::new(is_it))
        }
        4 => {
            let agreement = draw.agreement();
            let id = draw.model.licensing.agreements[agreement].id.clone();
            (format!("&Agreement={id}"), Box::new(move |_, it| it.agreement == agreement))
        }
        5 => {
            let agreement = draw.agreement();
            let name = draw.model.licensing.agreements[agreement].name.clone();
            let query = format!("&Agreement={}", name.replace(' ', "+"));
            (query, Box::new(move |model, it| model.licensing.agreements[it.agreement].name == name))
        }
        _ => (String::new(), Box::new(|_, _| true)),
    }
}

fn licences(draw: &mut Draw<'_>) -> Wish {
    let (query, is_listed) = filter(draw);
    let order = ORDERS[draw.below(ORDERS.len())];
    let order = if draw.happens(0.5) { format!("&OrderBy={order}") } else { String::new() };
    let (model, caller) = (draw.model, draw.caller);
    let seen =
        (0..model.licensing.licences.len()).filter(|each| model.sees_licence(caller, Right::ReadLicences, *each));
    let listed = seen.map(|each| &model.licensing.licences[each]).filter(|it| is_listed(model, it));
    let check = exactly_listed(listed.map(|it| it.id.clone()).collect());
    Wish { check: Some(check), ..Wish::of(200).asking(&format!("{WHOLE}{query}{order}")) }
}

/// What must be shown of a licence, by where it stands in the answer.
type Shown = fn(&Model, usize, &Licence) -> Value;

fn shown(model: &Model, caller: usize, it: &Licence) -> Value {
    let provider = it.provider.map(|provider| model.organisations[provider].id.clone());
    let signer = it.signer.filter(|signer| {
        *signer == caller || model.people[caller].is_super || model.reaches_person(caller, Right::ReadLicences, *signer)
    });
    let signer = signer.filter(|signer| !model.people[*signer].is_gone);
    json!({
        "/LicenseKey": it.key,
        "/Agreement/UUID": model.licensing.agreements[it.agreement].id,
        "/ProviderOrganisation/UUID": provider,
        "/SignedUser/UUID": signer.map(|signer| model.people[signer].id.clone()),
    })
}

fn detailed(model: &Model, caller: usize, it: &Licence) -> Value {
    let mut expected = shown(model, caller, it);
    let pool = it.pool.filter(|pool| !model.licensing.pools[*pool].is_gone);
    let more = [
        ("/Organisation/UUID", json!(model.organisations[it.holder].id)),
        ("/PoolUUID", json!(pool.map(|pool| model.licensing.pools[pool].id.clone()))),
        ("/Bound", json!(it.systems.len())),
        ("/Devices", json!(it.places)),
    ];
    for (pointer, value) in more {
        expected[pointer] = value;
    }
    expected
}

/// The check that an answer says all of this, each in its place.
fn says(expected: Value) -> impl Fn(&Value) -> Option<String> + Send + 'static {
    move |answer| {
        let found = |pointer: &str| answer.pointer(pointer).cloned().unwrap_or_default();
        let members = expected.as_object()?.iter();
        let wrong =
            members.map(|(pointer, value)| (pointer, value, found(pointer))).find(|(_, value, found)| *value != found);
        wrong.map(|(pointer, value, found)| format!("{pointer} is {found}, and must be {value}"))
    }
}

fn licence(draw: &mut Draw<'_>, shown: Shown) -> Wish {
    let licence = draw.licence();
    let (model, caller) = (draw.model, draw.caller);
    let it = &model.licensing.licences[licence];
    let is_seen = model.sees_licence(caller, Right::ReadLicences, licence);
    Wish::of(if is_seen { 200 } else { 404 }).about(&it.id).checked(says(shown(model, caller, it)))
}

/// The check that a bare list is counted as so many, and shown as far as a page goes.
fn counts(expected: usize) -> impl Fn(&Value) -> Option<String> + Send + 'static {
    move |answer| {
        let (total, listed) = (answer["total"].as_u64(), answer["list"].as_array().map_or(0, Vec::len));
        let is_right = total == u64::try_from(expected).ok() && listed == expected.min(500);
        (!is_right).then(|| format!("{total:?} are counted and {listed} are there, of {expected}"))
    }
}

fn history(draw: &mut Draw<'_>) -> Wish {
    let licence = draw.licence();
    let (model, caller) = (draw.model, draw.caller);
    let is_seen = model.sees_licence(caller, Right::ReadLicences, licence);
    let wish = Wish::of(if is_seen { 200 } else { 404 }).about(&model.licensing.licences[licence].id).asking(WHOLE);
    wish.checked(counts(model.changes_seen(caller, licence)))
}

fn devices(draw: &mut Draw<'_>) -> Wish {
    let licence = draw.licence();
    let (model, caller) = (draw.model, draw.caller);
    let it = &model.licensing.licences[licence];
    let is_seen = model.sees_licence(caller, Right::ReadLicences, licence);
    let systems = it.systems.iter().map(|each| model.systems[*each].id.clone()).collect();
    let wish = Wish::of(if is_seen { 200 } else { 404 }).about(&it.id).asking(WHOLE);
    Wish { check: Some(exactly_listed(systems)), ..wish }
}

fn pools(draw: &mut Draw<'_>) -> Wish {
    let (holder, agreement) = (draw.organisation(), draw.agreement());
    let family = draw.model.licensing.agreements[agreement].family.clone();
    let (query, is_listed): (String, Listed<Pool>) = match draw.below(3) {
        0 => (format!("&Organisation={}", draw.id_of(holder)), Box::new(move |_, it| it.holder == Some(holder))),
        1 => (format!("&Family={family}"), Box::new(move |_, it| it.family == family)),
        _ => (String::new(), Box::new(|_, _| true)),
    };
    let (model, caller) = (draw.model, draw.caller);
    let seen = (0..model.licensing.pools.len()).filter(|each| model.sees_pool(caller, Right::ReadLicences, *each));
    let listed = seen.map(|each| &model.licensing.pools[each]).filter(|it| is_listed(model, it));
    let check = exactly_listed(listed.map(|it| it.id.clone()).collect());
    Wish { check: Some(check), ..Wish::of(200).asking(&format!("{WHOLE}{query}")) }
}

fn pool(draw: &mut Draw<'_>) -> Wish {
    let pool = draw.pool();
    let (model, caller) = (draw.model, draw.caller);
    let it = &model.licensing.pools[pool];
    let giver = it.parent.and_then(|parent| model.licensing.pools[parent].holder);
    let giver = giver.filter(|giver| model.sees_organisation(caller, Right::ReadLicences, *giver));
    let parent = it.parent.filter(|_| giver.is_some());
    let expected = json!({
        "/Organisation/UUID": it.holder.map(|holder| draw.id_of(holder)),
        "/GivenBy/UUID": giver.map(|giver| draw.id_of(giver)),
        "/ParentUUID": parent.map(|parent| model.licensing.pools[parent].id.clone()),
        "/FamilyUUID": it.family,
        "/Seats": it.seats,
        "/Overdraft": it.overdraft,
        "/Given": it.given,
        "/Used": it.used,
        "/Free": it.free(),
    });
    let is_seen = model.sees_pool(caller, Right::ReadLicences, pool);
    Wish::of(if is_seen { 200 } else { 404 }).about(&it.id).checked(says(expected))
}

fn moves(draw: &mut Draw<'_>) -> Wish {
    let pool = draw.pool();
    let it = &draw.model.licensing.pools[pool];
    let is_seen = draw.model.sees_pool(draw.caller, Right::ReadLicences, pool);
    Wish::of(if is_seen { 200 } else { 404 }).about(&it.id).asking(WHOLE).checked(counts(it.moves))
}

fn agreements(draw: &mut Draw<'_>) -> Wish {
    let status = ["draft", "published", "withdrawn", ""][draw.below(4)];
    let (model, caller) = (draw.model, draw.caller);
    let seen = (0..model.licensing.agreements.len()).filter(|each| model.sees_agreement(caller, *each));
    let listed = seen.map(|each| &model.licensing.agreements[each]);
    let listed = listed.filter(|it| status.is_empty() || it.status() == status);
    let check = exactly_listed(listed.map(|it| it.id.clone()).collect());
    let query = if status.is_empty() { WHOLE.to_owned() } else { format!("{WHOLE}&Status={status}") };
    Wish { check: Some(check), ..Wish::of(200).asking(&query) }
}

fn agreement(draw: &mut Draw<'_>) -> Wish {
    let agreement = draw.below(draw.model.licensing.agreements.len());
    let it = &draw.model.licensing.agreements[agreement];
    let is_seen = draw.model.sees_agreement(draw.caller, agreement);
    let expected = json!({ "/Name": it.name, "/Status": it.status(), "/FamilyUUID": it.family });
    Wish::of(if is_seen { 200 } else { 404 }).about(&it.id).checked(says(expected))
}
