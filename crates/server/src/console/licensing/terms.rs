//! What changes the terms of a licence: renewing it, what it costs, who holds it.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::licensing::licence::{LicenceChange, LicenceRecord, Renewing};
use bailiwick_app::overview::LicenceOverview;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Patch;
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::organisation::list::searched;
use super::super::view::choose::ChoosePage;
use super::super::view::decision::DecisionPage;
use super::super::view::form::{Entry, EntryKind, FormPage};
use super::super::view::layout::Active;
use super::super::view::licence::LicenceNotice;
use super::super::view::licensing::{day, money, share};
use super::super::view::picker::{Found, Picker};
use super::form::{self, Reading};
use super::show::{done, overview, refused, way};
use super::{form_key, frame, mark, organisation, sent_key, to};

pub(super) fn pages() -> Vec<Page> {
    let manage = Right::ManageLicences;
    vec![
        Page::get("/licences/{licence_id}/renew", "licence-renew-form").needs(manage).handle(ask_renewal),
        Page::post("/licences/{licence_id}/renew", "licence-renew-submit").needs(manage).handle(renew),
        Page::get("/licences/{licence_id}/change", "licence-change-form").needs(manage).handle(ask_change),
        Page::post("/licences/{licence_id}/change", "licence-change-submit").needs(manage).handle(change),
        Page::get("/licences/{licence_id}/transfer", "licence-transfer-form").needs(manage).handle(ask_transfer),
        Page::post("/licences/{licence_id}/transfer", "licence-transfer-submit").needs(manage).handle(transfer),
    ]
}

/// The licence, where one decides of it; where it is revoked, its page says so.
enum Decided {
    Of(Box<LicenceOverview>),
    Elsewhere(Response),
}

async fn decided(visit: &Visit<Caller>) -> Result<Decided, Fault> {
    let found = overview(visit).await?;
    if found.powers.may_decide {
        return Ok(Decided::Of(Box::new(found)));
    }
    if found.licence.revoked_at.is_some() {
        return to(&format!("/licences/{}", found.licence.id)).map(Decided::Elsewhere);
    }
    Err(Code::InsufficientPermissions.into())
}

async fn ask_renewal(visit: Visit<Caller>) -> Result<Response, Fault> {
    match decided(&visit).await? {
        Decided::Of(found) if found.licence.expires_at.is_none() => to(&format!("/licences/{}", found.licence.id)),
        Decided::Of(found) => renewal(&visit, &found, renewal_entries(), form_key(&visit), None),
        Decided::Elsewhere(response) => Ok(response),
    }
}

fn renewal_entries() -> Vec<Entry> {
    let help = "At the beginning of that day (UTC). Left blank: as long after its end as the agreement says.";
    vec![Entry::new("expires_at", "Runs out", EntryKind::Day, "").helped(help).optional()]
}

async fn renew(visit: Visit<Caller>) -> Result<Response, Fault> {
    let found = match decided(&visit).await? {
        Decided::Of(found) => found,
        Decided::Elsewhere(response) => return Ok(response),
    };
    let id = found.licence.id;
    let mut reading = Reading::of(&visit, renewal_entries());
    let Some(expires_at) = reading.take("expires_at", form::optional(form::day)) else {
        return renewal(&visit, &found, reading.into_entries(), sent_key(&visit), Some(&form::wrong()));
    };
    let mark = mark(&visit, "licence-renew-submit")?;
    match visit.context.renew_licence_once(&visit.caller, id, Renewing { expires_at }, &mark).await {
        Ok(_) => done(id, LicenceNotice::Renewed),
        Err(fault) => {
            let wrong = reading.refused(fault, &[("ExpiresAt", "expires_at")], &visit.origin)?;
            renewal(&visit, &found, reading.into_entries(), sent_key(&visit), Some(&wrong))
        }
    }
}

fn renewal(
    visit: &Visit<Caller>,
    found: &LicenceOverview,
    entries: Vec<Entry>,
    key: (&'static str, String),
    wrong: Option<&FormFault>,
) -> Result<Response, Fault> {
    let LicenceOverview { licence, current, .. } = found;
    let path = format!("/licences/{}", licence.id);
    let ends = licence.expires_at.map_or_else(|| "never".to_owned(), day);
    let under = match current {
        Some(current) if current.id == licence.agreement => "It goes on under the same version of its agreement, and \
             stays accepted."
            .to_owned(),
        Some(current) => format!(
            "It goes on under version {} of its agreement, costs {} a month then, and has to be accepted again.",
            current.version,
            money(current.amount_per_month)
        ),
        None => Code::AgreementNotPublished.sentence().to_owned(),
    };
    let page = |layout| FormPage {
        layout,
        heading: format!("Renew {} of {}", licence.agreement_name, licence.holder_name),
        above: way(licence),
        says: vec![under],
        facts: vec![("Runs out now", ends)],
        again: None,
        alert: None,
        entries,
        action: format!("{path}/renew"),
        hidden: vec![key],
        act: "Renew",
        instead: path.clone(),
    };
    form::answer(visit, Active::Licences, page, wrong)
}

async fn ask_change(visit: Visit<Caller>) -> Result<Response, Fault> {
    match decided(&visit).await? {
        Decided::Of(found) => changed(&visit, &found.licence, change_entries(&found.licence), None),
        Decided::Elsewhere(response) => Ok(response),
    }
}

fn change_entries(licence: &LicenceRecord) -> Vec<Entry> {
    let figure = || EntryKind::Figure { is_decimal: true };
    let paid = licence.paid_until_at.map(day).unwrap_or_default();
    vec![
        Entry::new("amount_per_month", "Price of a month", figure(), money(licence.amount_per_month)),
        Entry::new("discount", "Discount in per cent", figure(), share(licence.discount)),
        Entry::new("paid_until_at", "Paid until", EntryKind::Day, paid)
            .helped("Left blank: nothing is paid.")
            .optional(),
    ]
}

async fn change(visit: Visit<Caller>) -> Result<Response, Fault> {
    let licence = match decided(&visit).await? {
        Decided::Of(found) => found.licence,
        Decided::Elsewhere(response) => return Ok(response),
    };
    let mut reading = Reading::of(&visit, change_entries(&licence));
    let amount_per_month = reading.take("amount_per_month", form::money);
    let discount = reading.take("discount", form::share);
    let paid = reading.take("paid_until_at", form::optional(form::day));
    let (Some(_), Some(_), Some(paid)) = (amount_per_month, discount, paid) else {
        return changed(&visit, &licence, reading.into_entries(), Some(&form::wrong()));
    };
    let change = LicenceChange { amount_per_month, discount, paid_until_at: same_day(licence.paid_until_at, paid) };
    match visit.context.change_licence(&visit.caller, licence.id, change).await {
        Ok(_) => done(licence.id, LicenceNotice::Changed),
        Err(fault) => {
            let wrong = reading.refused(fault, &[], &visit.origin)?;
            changed(&visit, &licence, reading.into_entries(), Some(&wrong))
        }
    }
}

/// A form shows the day of a moment: whoever leaves that alone leaves the moment as it was.
pub(super) fn same_day(old: Option<Timestamp>, typed: Option<Timestamp>) -> Patch<Timestamp> {
    match typed {
        _ if old.map(day) == typed.map(day) => Patch::Keep,
        Some(moment) => Patch::Set(moment),
        None => Patch::Clear,
    }
}

fn changed(
    visit: &Visit<Caller>,
    licence: &LicenceRecord,
    entries: Vec<Entry>,
    wrong: Option<&FormFault>,
) -> Result<Response, Fault> {
    let path = format!("/licences/{}", licence.id);
    let page = |layout| FormPage {
        layout,
        heading: format!("What {} of {} costs", licence.agreement_name, licence.holder_name),
        above: way(licence),
        says: Vec::new(),
        facts: Vec::new(),
        again: None,
        alert: None,
        entries,
        action: format!("{path}/change"),
        hidden: Vec::new(),
        act: "Save changes",
        instead: path.clone(),
    };
    form::answer(visit, Active::Licences, page, wrong)
}

async fn ask_transfer(visit: Visit<Caller>) -> Result<Response, Fault> {
    let found = match decided(&visit).await? {
        Decided::Of(found) => found,
        Decided::Elsewhere(response) => return Ok(response),
    };
    let licence = &found.licence;
    let receiver = match organisation(visit.query_member("organization_id")) {
        Some(id) => visit.context.place(&visit.caller, Right::ManageLicences, id).await?,
        None => None,
    };
    let Some(receiver) = receiver.filter(|receiver| receiver.id != licence.holder) else {
        return choose_receiver(&visit, licence, None).await;
    };
    let (layout, cookies) = frame(&visit, Active::Licences, StatusCode::OK);
    let path = format!("/licences/{}", licence.id);
    let page = DecisionPage {
        layout,
        question: format!("Hand {} over to {}?", licence.agreement_name, receiver.name),
        above: way(licence),
        alert: None,
        says: vec![
            format!("{} does not hold it any more, and {} does.", licence.holder_name, receiver.name),
            "Its agreement has to be accepted there. Who sells it stays the same.".to_owned(),
        ],
        touched: vec![(licence.bound.to_string(), "Systems that lose it".to_owned())],
        touched_title: "What it touches now",
        to_type: None,
        action: format!("{path}/transfer"),
        hidden: vec![("organization_id", receiver.id.to_string())],
        act: "Hand over".to_owned(),
        is_harm: true,
        instead: path,
    };
    cookies.page(StatusCode::OK, &page)
}

async fn choose_receiver(
    visit: &Visit<Caller>,
    licence: &LicenceRecord,
    wrong: Option<&FormFault>,
) -> Result<Response, Fault> {
    let action = format!("/licences/{}/transfer", licence.id);
    let search = searched(visit.query_member("q").unwrap_or_default());
    let places = visit.context.places(&visit.caller, Right::ManageLicences, None, &search).await?;
    let places = places.iter().filter(|place| place.id != licence.holder);
    let status = wrong.map_or(StatusCode::OK, |wrong| wrong.status);
    let (layout, cookies) = frame(visit, Active::Licences, status);
    let page = ChoosePage {
        layout,
        heading: format!("Hand {} over", licence.agreement_name),
        above: way(licence),
        question: "Who shall hold it?",
        help: format!(
            "{} holds it now. It stays below whoever sells it. Nothing is done before you have seen what it touches.",
            licence.holder_name
        ),
        picker: Picker {
            found: places.map(|place| Found::place(&action, "organization_id", &[], place)).collect(),
            action,
            field: "q",
            label: "Name or VAT number of the organisation",
            kept: Vec::new(),
            search,
            nothing: "No organisation of this name, which could hold it.",
        },
        alert: wrong.map(|wrong| wrong.alert.clone()),
    };
    cookies.page(status, &page)
}

async fn transfer(visit: Visit<Caller>) -> Result<Response, Fault> {
    let licence = match decided(&visit).await? {
        Decided::Of(found) => found.licence,
        Decided::Elsewhere(response) => return Ok(response),
    };
    let Some(receiver) = organisation(visit.field("organization_id")) else {
        return to(&format!("/licences/{}/transfer", licence.id));
    };
    match visit.context.transfer_licence(&visit.caller, licence.id, receiver).await {
        Ok(_) => done(licence.id, LicenceNotice::Transferred),
        // What a first click handed over is there for the second one.
        Err(fault) if fault.code == Code::ValidationFailed && receiver == licence.holder => {
            done(licence.id, LicenceNotice::Transferred)
        }
        Err(fault) if fault.code == Code::ValidationFailed => {
            let wrong = FormFault::of_act(fault, &visit.origin)?;
            choose_receiver(&visit, &licence, Some(&wrong)).await
        }
        Err(fault) => refused(&visit, fault).await,
    }
}
