//! Issuing licences: first to whom, then under what and for how long.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::licensing::agreement::{AgreementFilter, AgreementRecord};
use bailiwick_app::licensing::licence::LicenceDraft;
use bailiwick_app::overview::Place;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::id::AgreementId;
use bailiwick_domain::licence::agreement::AgreementStatus;
use bailiwick_domain::licence::term::Quantity;
use bailiwick_domain::role::Right;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::organisation::list::searched;
use super::super::view::choose::ChoosePage;
use super::super::view::form::{Entry, EntryKind, FormPage};
use super::super::view::layout::{Active, Choice};
use super::super::view::licence::LicenceNotice;
use super::super::view::licensing::{days, money};
use super::super::view::organisations::kind_label;
use super::super::view::picker::{Found, Picker};
use super::form::{self, Reading};
use super::{crumb, form_key, frame, mark, organisation, sent_key, show, to};

/// The page.
const PATH: &str = "/licences/issue";
/// How many agreements there are to choose from.
const CHOICES: i64 = 50;

pub(super) fn pages() -> Vec<Page> {
    let manage = Right::ManageLicences;
    vec![
        Page::get(PATH, "licence-issue-form").needs(manage).handle(ask),
        Page::post(PATH, "licence-issue-submit").needs(manage).resuming(&["organization_id"]).handle(submit),
    ]
}

async fn ask(visit: Visit<Caller>) -> Result<Response, Fault> {
    match holder(&visit, visit.query_member("organization_id")).await? {
        Some(holder) => {
            let agreements = published(&visit).await?;
            let key = form_key(&visit);
            fill_in(&visit, &holder, entries(&agreements, ""), key, None)
        }
        None => choose(&visit).await,
    }
}

/// Who is to hold them, where one may issue to them.
async fn holder(visit: &Visit<Caller>, id: Option<&str>) -> Result<Option<Place>, Fault> {
    match organisation(id) {
        Some(id) => visit.context.place(&visit.caller, Right::ManageLicences, id).await,
        None => Ok(None),
    }
}

/// The agreements under which licences are issued now.
pub(super) async fn published(visit: &Visit<Caller>) -> Result<Vec<AgreementRecord>, Fault> {
    let filter = AgreementFilter { status: Some(AgreementStatus::Published), ..AgreementFilter::default() };
    Ok(visit.context.list_agreements(&visit.caller, &filter, (0, CHOICES)).await?.items)
}

/// Agreements to choose from.
pub(super) fn agreement_choices(agreements: &[AgreementRecord], chosen: &str) -> Vec<Choice> {
    let choice = |agreement: &AgreementRecord| {
        let lasting = agreement.duration.map_or_else(|| "without end".to_owned(), |duration| days(duration.number()));
        let price = money(agreement.amount_per_month);
        let id = agreement.id.to_string();
        let label = format!("{} ({}, {lasting}, {price} a month)", agreement.name, agreement.kind);
        Choice { selected: id == chosen, value: id, label }
    };
    agreements.iter().map(choice).collect()
}

fn entries(agreements: &[AgreementRecord], chosen: &str) -> Vec<Entry> {
    let figure = |is_decimal| EntryKind::Figure { is_decimal };
    vec![
        Entry::new("agreement", "Agreement", EntryKind::Choice(agreement_choices(agreements, chosen)), chosen),
        Entry::new("quantity", "Quantity", figure(false), "1").helped("At most 100 at once. Each uses a seat."),
        Entry::new("amount_per_month", "Price of a month", figure(true), "")
            .helped("Left blank: as the agreement says.")
            .optional(),
        Entry::new("discount", "Discount in per cent", figure(true), "").optional(),
        Entry::new("starts_at", "Begins", EntryKind::Day, "").helped("Left blank: now.").optional(),
        Entry::new("expires_at", "Runs out", EntryKind::Day, "")
            .helped("At the beginning of that day (UTC). Left blank: as the agreement says.")
            .optional(),
        Entry::new("paid_until_at", "Paid until", EntryKind::Day, "").optional(),
    ]
}

async fn choose(visit: &Visit<Caller>) -> Result<Response, Fault> {
    let search = searched(visit.query_member("q").unwrap_or_default());
    let places = visit.context.places(&visit.caller, Right::ManageLicences, None, &search).await?;
    let (layout, cookies) = frame(visit, Active::Licences, StatusCode::OK);
    let page = ChoosePage {
        layout,
        heading: "Issue licences".to_owned(),
        above: vec![crumb("/licences", "Licences")],
        question: "Who shall hold them?",
        help: "An organisation below yours, or yours itself.".to_owned(),
        picker: Picker {
            action: PATH.to_owned(),
            field: "q",
            label: "Name or VAT number of the organisation",
            kept: Vec::new(),
            found: places.iter().map(|place| Found::place(PATH, "organization_id", &[], place)).collect(),
            search,
            nothing: "No organisation of this name, to which you may issue licences.",
        },
        alert: None,
    };
    cookies.page(StatusCode::OK, &page)
}

async fn submit(visit: Visit<Caller>) -> Result<Response, Fault> {
    let Some(holder) = holder(&visit, visit.field("organization_id")).await? else {
        // Gone, or none of theirs: what they choose next is checked again.
        return to(PATH);
    };
    let agreements = published(&visit).await?;
    let chosen = visit.field("agreement").unwrap_or_default().to_owned();
    let mut reading = Reading::of(&visit, entries(&agreements, &chosen));
    let Some(draft) = read(&mut reading, &holder) else {
        return fill_in(&visit, &holder, reading.into_entries(), sent_key(&visit), Some(&form::wrong()));
    };
    let mark = mark(&visit, "licence-issue-submit")?;
    match visit.context.issue_licences_once(&visit.caller, &draft, &mark).await {
        Ok(issued) => match issued.as_slice() {
            [only] => show::done(*only, LicenceNotice::Issued),
            _ => to(&LicenceNotice::Issued.list_address(&holder.id.to_string())),
        },
        Err(fault) => {
            let names = [("ExpiresAt", "expires_at")];
            let wrong = reading.refused(fault, &names, &visit.origin)?;
            fill_in(&visit, &holder, reading.into_entries(), sent_key(&visit), Some(&wrong))
        }
    }
}

fn read(reading: &mut Reading, holder: &Place) -> Option<LicenceDraft> {
    let agreement = reading.take("agreement", |text| {
        AgreementId::parse_text(text).map_err(|_| Refusal::new("agreement", "one of the agreements that are published"))
    });
    let quantity = reading.take("quantity", Quantity::parse_text);
    let amount_per_month = reading.take("amount_per_month", form::optional(form::money));
    let discount = reading.take("discount", form::optional(form::share));
    let starts_at = reading.take("starts_at", form::optional(form::day));
    let expires_at = reading.take("expires_at", form::optional(form::day));
    let paid_until_at = reading.take("paid_until_at", form::optional(form::day));
    Some(LicenceDraft {
        agreement: agreement?,
        holder: holder.id,
        provider: None,
        quantity: quantity?,
        amount_per_month: amount_per_month?,
        discount: discount?.unwrap_or_default(),
        starts_at: starts_at?,
        expires_at: expires_at?,
        paid_until_at: paid_until_at?,
        systems: Vec::new(),
    })
}

fn fill_in(
    visit: &Visit<Caller>,
    holder: &Place,
    entries: Vec<Entry>,
    key: (&'static str, String),
    wrong: Option<&FormFault>,
) -> Result<Response, Fault> {
    let seller = visit.caller.principal.current_membership().map(|current| current.organisation_name.to_string());
    let name = format!("{} ({})", holder.name, kind_label(holder.kind));
    let mut facts = vec![("Held by", name)];
    facts.extend(seller.map(|name| ("Sold by", name)));
    let page = |layout| FormPage {
        layout,
        heading: "Issue licences".to_owned(),
        above: vec![crumb("/licences", "Licences")],
        says: Vec::new(),
        facts,
        again: Some((PATH.to_owned(), "Choose another organisation")),
        alert: None,
        entries,
        action: PATH.to_owned(),
        hidden: vec![("organization_id", holder.id.to_string()), key],
        act: "Issue licences",
        instead: "/licences".to_owned(),
    };
    form::answer(visit, Active::Licences, page, wrong)
}
