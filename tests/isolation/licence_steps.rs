//! What is done with licences, and what the model makes of it.

use serde_json::{Value, json};

use crate::asking::{Draw, Needs, Teller, Wish, teller};
use crate::licensing::Licence;
use crate::model::{Model, Owner, Right, System};

use Needs::{Holding, HoldingOrKey};

pub(crate) fn steps() -> Vec<Teller> {
    let (licences, systems) = (HoldingOrKey(Right::ManageLicences), HoldingOrKey(Right::ManageSystems));
    vec![
        teller("issue-licenses", licences, 5, issue),
        teller("change-license", licences, 2, change),
        teller("sign-license", Holding(Right::ManageLicences), 4, sign),
        teller("renew-license", licences, 2, renew),
        teller("transfer-license", licences, 3, transfer),
        teller("suspend-license", licences, 2, |draw| set_suspended(draw, true)),
        teller("reactivate-license", licences, 2, |draw| set_suspended(draw, false)),
        teller("revoke-license", licences, 2, revoke),
        teller("bind-license", systems, 6, bind),
        teller("release-license", systems, 2, release),
    ]
}

/// Beyond this many nothing is issued any more, so that every list fits on a page.
const LICENCES_MAX: usize = 150;

/// The refusal of whom a licence is to belong to, as somebody below whoever sells it.
fn is_holder(draw: &Draw<'_>, provider: usize, holder: usize) -> bool {
    let (model, caller) = (draw.model, draw.caller);
    model.is_in(holder)
        && model.reaches(caller, Right::ManageLicences, holder)
        && model.line(holder).contains(&provider)
}

/// Whether the caller may give this system a licence of this organisation.
fn is_device(draw: &Draw<'_>, system: usize, holder: usize) -> bool {
    draw.model.sees_system(draw.caller, Right::ManageSystems, system)
        && draw.model.systems[system].organisation == holder
}

fn issue(draw: &mut Draw<'_>) -> Wish {
    let agreement = draw.agreement();
    let provider = draw.seller(agreement);
    let has_system = draw.happens(0.7);
    let holder = if has_system { draw.organisation_with_system(provider) } else { draw.organisation_below(provider) };
    let device = if draw.happens(0.4) { Some(draw.system_of(holder)) } else { None };
    let (model, caller) = (draw.model, draw.caller);
    let it = &model.licensing.agreements[agreement];
    let may_sell = model.is_in(provider) && model.reaches(caller, Right::ManageLicences, provider);
    let seat = model.licensing.seat(&it.family, provider);
    let are_many = model.licensing.licences.iter().filter(|each| !each.is_gone).count() >= LICENCES_MAX;
    let status = match () {
        () if are_many => 400,
        () if !model.sees_agreement(caller, agreement) => 404,
        () if !it.is_current() => 409,
        () if !may_sell || !is_holder(draw, provider, holder) => 400,
        () if seat.is_err() => 409,
        () if device.is_some_and(|device| !is_device(draw, device, holder)) => 400,
        () => 201,
    };
    let body = json!({
        "Agreement": it.id, "Provider": draw.id_of(provider), "Organisation": draw.id_of(holder),
        "Quantity": i32::from(!are_many),
        "Devices": device.map(|device| &model.systems[device].id).into_iter().collect::<Vec<_>>(),
    });
    let (places, is_endless) = (it.places, it.is_endless);
    let pool = seat.ok().flatten();
    Wish::of(status).sending(body).changing(move |model, answer| {
        let text = |member: &str| answer["list"][0][member].as_str().unwrap().to_owned();
        let (id, key) = (text("UUID"), text("LicenseKey"));
        let owner = Owner::Licence(model.licensing.licences.len());
        model.words.entry(key.clone()).or_default().push(owner);
        if let Some(pool) = pool {
            let pool = &mut model.licensing.pools[pool];
            (pool.used, pool.moves) = (pool.used + 1, pool.moves + 1);
        }
        let changes = std::iter::once(holder).chain(device.map(|_| holder)).collect();
        model.licensing.licences.push(Licence {
            id,
            key,
            agreement,
            holder,
            provider: Some(provider),
            pool,
            systems: device.into_iter().collect(),
            places,
            signer: None,
            is_endless,
            is_signed: false,
            is_suspended: false,
            is_revoked: false,
            is_gone: false,
            changes,
        });
    })
}

/// The refusal of a decision that is for whoever sells a licence.
fn refusal(draw: &Draw<'_>, licence: usize) -> Option<u16> {
    match () {
        () if !draw.model.sees_licence(draw.caller, Right::ReadLicences, licence) => Some(404),
        () if !draw.model.sells(draw.caller, licence) => Some(403),
        () if draw.model.licensing.licences[licence].is_revoked => Some(409),
        () => None,
    }
}

/// A decision about a licence, which changes this of it and is noted.
fn decision(
    draw: &Draw<'_>,
    licence: usize,
    refused: Option<u16>,
    changing: impl FnOnce(&mut Licence) + Send + 'static,
) -> Wish {
    let effect = move |model: &mut Model, _: &Value| {
        let it = &mut model.licensing.licences[licence];
        changing(it);
        it.note();
    };
    Wish::of(refused.unwrap_or(200)).about(&draw.model.licensing.licences[licence].id).changing(effect)
}

fn change(draw: &mut Draw<'_>) -> Wish {
    let licence = draw.licence();
    let body = json!({ "AmountPerMonth": draw.number });
    decision(draw, licence, refusal(draw, licence), |_| ()).sending(body)
}

fn sign(draw: &mut Draw<'_>) -> Wish {
    let (licence, caller) = (draw.licence_that(|_, it| !it.is_signed && !it.is_revoked), draw.caller);
    let it = &draw.model.licensing.licences[licence];
    let refused = match () {
        () if !draw.model.sees_licence(caller, Right::ReadLicences, licence) => Some(404),
        () if !draw.model.sees_licence(caller, Right::ManageLicences, licence) => Some(403),
        () => (it.is_revoked || it.is_signed).then_some(409),
    };
    decision(draw, licence, refused, move |it| (it.signer, it.is_signed) = (Some(caller), true))
}

fn renew(draw: &mut Draw<'_>) -> Wish {
    let licence = draw.licence();
    let licensing = &draw.model.licensing;
    let it = &licensing.licences[licence];
    let current = licensing.current(&licensing.agreements[it.agreement].family);
    let refused = refusal(draw, licence).or((it.is_endless || current.is_none()).then_some(409));
    let new = current.unwrap_or(it.agreement);
    let (places, is_endless) = (licensing.agreements[new].places, licensing.agreements[new].is_endless);
    let renewed = decision(draw, licence, refused, move |it| {
        if it.agreement != new {
            (it.signer, it.is_signed) = (None, false);
        }
        (it.agreement, it.is_endless, it.places) = (new, is_endless, it.places.max(places));
    });
    renewed.sending(json!({}))
}

fn transfer(draw: &mut Draw<'_>) -> Wish {
    let licence = draw.licence();
    let it = &draw.model.licensing.licences[licence];
    // What nobody sells any more is handed over as whoever runs the server does it.
    let provider = it.provider.unwrap_or(0);
    let holder = draw.organisation_below(provider);
    let (model, caller) = (draw.model, draw.caller);
    let may_sell = model.is_in(provider) && model.reaches(caller, Right::ManageLicences, provider);
    let is_possible = is_holder(draw, provider, holder) && holder != it.holder;
    let refused = refusal(draw, licence).or((!may_sell).then_some(403)).or((!is_possible).then_some(400));
    let body = json!({ "Organisation": draw.id_of(holder) });
    let handed = decision(draw, licence, refused, move |it| {
        (it.holder, it.signer, it.is_signed) = (holder, None, false);
        it.systems.clear();
    });
    handed.sending(body)
}

fn set_suspended(draw: &mut Draw<'_>, is_suspended: bool) -> Wish {
    let licence = draw.licence_that(|_, it| it.is_suspended != is_suspended && !it.is_revoked);
    let is_so = draw.model.licensing.licences[licence].is_suspended == is_suspended;
    let refused = refusal(draw, licence).or(is_so.then_some(409));
    decision(draw, licence, refused, move |it| it.is_suspended = is_suspended)
}

fn revoke(draw: &mut Draw<'_>) -> Wish {
    let licence = draw.licence();
    let pool = draw.model.licensing.licences[licence].pool;
    let wish = decision(draw, licence, refusal(draw, licence), |_| ());
    wish.changing(move |model, _| {
        if let Some(pool) = pool {
            let pool = &mut model.licensing.pools[pool];
            (pool.used, pool.moves) = (pool.used - 1, pool.moves + 1);
        }
        let it = &mut model.licensing.licences[licence];
        it.is_revoked = true;
        it.note();
    })
}

fn bind(draw: &mut Draw<'_>) -> Wish {
    let licence = draw.licence_that(|model, it| {
        let is_free = |(index, system): (usize, &System)| {
            system.organisation == it.holder && !system.is_deleted && !it.systems.contains(&index)
        };
        !it.is_revoked && it.systems.len() < it.places && model.systems.iter().enumerate().any(is_free)
    });
    let it = &draw.model.licensing.licences[licence];
    let system = draw.system_of(it.holder);
    let is_taken = it.is_revoked || it.systems.len() >= it.places || it.systems.contains(&system);
    let refused = match () {
        () if !draw.model.sees_licence(draw.caller, Right::ReadLicences, licence) => Some(404),
        () if !is_device(draw, system, it.holder) => Some(400),
        () => is_taken.then_some(409),
    };
    let body = json!({ "Device": draw.model.systems[system].id });
    decision(draw, licence, refused, move |it| it.systems.push(system)).sending(body)
}

fn release(draw: &mut Draw<'_>) -> Wish {
    let licence = draw.licence_that(|_, it| !it.systems.is_empty());
    let it = &draw.model.licensing.licences[licence];
    let system = if draw.happens(0.7) && !it.systems.is_empty() {
        it.systems[draw.below(it.systems.len())]
    } else {
        draw.system()
    };
    let sees = |right| draw.model.sees_system(draw.caller, right, system);
    let refused = match () {
        () if !draw.model.sees_licence(draw.caller, Right::ReadLicences, licence) => Some(404),
        () if !sees(Right::ReadSystems) => Some(404),
        () if !sees(Right::ManageSystems) => Some(403),
        () => (!it.systems.contains(&system)).then_some(404),
    };
    let wish = decision(draw, licence, refused, move |it| it.systems.retain(|each| *each != system));
    wish.about(&draw.model.systems[system].id)
}
