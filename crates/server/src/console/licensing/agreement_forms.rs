//! Writing an agreement: the first draft, and changes of a draft.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::licensing::agreement::{AgreementChange, AgreementRecord};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Parse, Patch, Refusal};
use bailiwick_domain::licence::agreement::{AgreementKind, AgreementStatus};
use bailiwick_domain::licence::capability::Distinct;
use bailiwick_domain::licence::term::{DurationDays, GraceDays, LeaseDays, SystemsPerLicence, TrialsPerOrganisation};
use bailiwick_domain::name::Name;
use bailiwick_domain::role::Right;
use serde_json::json;

use super::super::fault::FormFault;
use super::super::view::agreements::AgreementNotice;
use super::super::view::form::{Entry, EntryKind, FormPage};
use super::super::view::layout::Active;
use super::super::view::licensing::money;
use super::super::view::organisation::Crumb;
use super::agreements::{done, refused, way};
use super::form::{self, Reading};
use super::{crumb, form_key, mark, named_agreement, sent_key, to};

/// The members of the API, and the fields that they are filled in by.
const NAMES: [(&str, &str); 2] = [("TrialsPerOrganisation", "trials"), ("DurationDays", "duration")];

pub(super) fn pages() -> Vec<Page> {
    let write = Right::ManageAgreements;
    vec![
        Page::get("/agreements/new", "agreement-new-form").needs(write).handle(ask_new),
        Page::post("/agreements/new", "agreement-new-submit").needs(write).handle(create),
        Page::get("/agreements/{agreement_id}/edit", "agreement-edit-form").needs(write).handle(ask_edit),
        Page::post("/agreements/{agreement_id}/edit", "agreement-edit-submit").needs(write).handle(edit),
    ]
}

/// The fields, with what a draft says now.
fn entries(draft: Option<&AgreementRecord>) -> Vec<Entry> {
    let figure = || EntryKind::Figure { is_decimal: false };
    let text = |get: fn(&AgreementRecord) -> String, else_: String| draft.map_or(else_, get);
    let lines = |items: Vec<String>| items.join("\n");
    let provides = draft.map(|draft| lines(draft.provides.as_slice().iter().map(ToString::to_string).collect()));
    let catalogues = draft.map(|draft| lines(draft.catalogues.as_slice().iter().map(ToString::to_string).collect()));
    let duration = match draft {
        Some(draft) => draft.duration.map(|days| days.to_string()).unwrap_or_default(),
        None => DurationDays::default().to_string(),
    };
    vec![
        Entry::new("name", "Name", EntryKind::Text, text(|draft| draft.name.to_string(), String::new())),
        Entry::new("kind", "Kind", EntryKind::Text, text(|draft| draft.kind.to_string(), "subscription".to_owned()))
            .helped("A word such as subscription; trial for what is given to try."),
        Entry::new(
            "amount_per_month",
            "Price of a month",
            EntryKind::Figure { is_decimal: true },
            text(|draft| money(draft.amount_per_month), "0".to_owned()),
        ),
        Entry::new("duration", "Days that a licence lasts", figure(), duration)
            .helped("Left blank: it does not run out.")
            .optional(),
        Entry::new(
            "grace",
            "Days of grace after that",
            figure(),
            text(|draft| draft.grace.to_string(), GraceDays::default().to_string()),
        ),
        Entry::new(
            "systems",
            "Systems of a licence",
            figure(),
            text(|draft| draft.systems.to_string(), SystemsPerLicence::default().to_string()),
        ),
        Entry::new(
            "lease",
            "Days that a system goes on without this server",
            figure(),
            text(|draft| draft.lease.to_string(), LeaseDays::default().to_string()),
        ),
        Entry::new(
            "trials",
            "Systems of an organisation that are given a trial",
            figure(),
            text(|draft| draft.trials.to_string(), String::new()),
        )
        .helped("Only where the kind is trial. Left blank: one then.")
        .optional(),
        Entry::new("provides", "Allows", EntryKind::Lines, provides.unwrap_or_default())
            .helped("Names that systems ask for, such as nx.streams, each on a line.")
            .optional(),
        Entry::new("catalogues", "Catalogues", EntryKind::Lines, catalogues.unwrap_or_default())
            .helped("Their UUIDs, each on a line; the one of zeros for all.")
            .optional(),
    ]
}

/// What was filled in.
fn read(reading: &mut Reading) -> Option<AgreementChange> {
    let name = reading.take("name", Name::parse_text);
    let kind = reading.take("kind", AgreementKind::parse_text);
    let amount_per_month = reading.take("amount_per_month", form::money);
    let duration = reading.take("duration", form::optional(DurationDays::parse_text));
    let grace = reading.take("grace", GraceDays::parse_text);
    let systems = reading.take("systems", SystemsPerLicence::parse_text);
    let lease = reading.take("lease", LeaseDays::parse_text);
    let trials = reading.take("trials", form::optional(TrialsPerOrganisation::parse_text));
    let provides = reading.take("provides", lines);
    let catalogues = reading.take("catalogues", lines);
    Some(AgreementChange {
        name: Some(name?),
        kind: Some(kind?),
        provides: Some(provides?),
        catalogues: Some(catalogues?),
        duration: duration?.map_or(Patch::Clear, Patch::Set),
        amount_per_month: Some(amount_per_month?),
        trials: trials?,
        grace: Some(grace?),
        systems: Some(systems?),
        lease: Some(lease?),
    })
}

/// A list, each item on a line.
fn lines<T: Parse + Clone + Ord>(text: &str) -> Result<Distinct<T>, Refusal> {
    let items: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Distinct::parse_json(&json!(items))
}

/// Only they are asked for anything.
pub(super) async fn require_writer(visit: &Visit<Caller>) -> Result<(), Fault> {
    if visit.context.may_write_agreements(&visit.caller).await? { Ok(()) } else { Err(Code::OwnersAgreements.into()) }
}

async fn ask_new(visit: Visit<Caller>) -> Result<Response, Fault> {
    require_writer(&visit).await?;
    let key = form_key(&visit);
    fill_in(&visit, About::New, entries(None), Some(key), None)
}

async fn create(visit: Visit<Caller>) -> Result<Response, Fault> {
    require_writer(&visit).await?;
    let mut reading = Reading::of(&visit, entries(None));
    let read = read(&mut reading).and_then(|change| {
        let (name, kind) = (change.name.clone()?, change.kind.clone()?);
        Some(change.terms(name, kind))
    });
    let Some(terms) = read else {
        return fill_in(&visit, About::New, reading.into_entries(), Some(sent_key(&visit)), Some(&form::wrong()));
    };
    let mark = mark(&visit, "agreement-new-submit")?;
    match visit.context.create_agreement_once(&visit.caller, &terms, &mark).await {
        Ok(id) => done(id, AgreementNotice::Written),
        Err(fault) => {
            let wrong = reading.refused(fault, &NAMES, &visit.origin)?;
            fill_in(&visit, About::New, reading.into_entries(), Some(sent_key(&visit)), Some(&wrong))
        }
    }
}

async fn ask_edit(visit: Visit<Caller>) -> Result<Response, Fault> {
    let found = visit.context.agreement_overview(&visit.caller, named_agreement(&visit)?).await?;
    if !found.may_write {
        return Err(Code::OwnersAgreements.into());
    }
    if found.agreement.status() != AgreementStatus::Draft {
        return to(&format!("/agreements/{}", found.agreement.id));
    }
    fill_in(&visit, About::Draft(&found.agreement), entries(Some(&found.agreement)), None, None)
}

async fn edit(visit: Visit<Caller>) -> Result<Response, Fault> {
    let draft = visit.context.show_agreement(&visit.caller, named_agreement(&visit)?).await?;
    require_writer(&visit).await?;
    let mut reading = Reading::of(&visit, entries(Some(&draft)));
    let Some(change) = read(&mut reading) else {
        return fill_in(&visit, About::Draft(&draft), reading.into_entries(), None, Some(&form::wrong()));
    };
    match visit.context.change_agreement(&visit.caller, draft.id, change).await {
        Ok(_) => done(draft.id, AgreementNotice::Changed),
        Err(fault) if fault.code == Code::AgreementSettled => refused(&visit, fault).await,
        Err(fault) => {
            let wrong = reading.refused(fault, &NAMES, &visit.origin)?;
            fill_in(&visit, About::Draft(&draft), reading.into_entries(), None, Some(&wrong))
        }
    }
}

/// What is written.
#[derive(Clone, Copy)]
enum About<'a> {
    New,
    Draft(&'a AgreementRecord),
}

fn fill_in(
    visit: &Visit<Caller>,
    about: About<'_>,
    entries: Vec<Entry>,
    key: Option<(&'static str, String)>,
    wrong: Option<&FormFault>,
) -> Result<Response, Fault> {
    let (heading, above, action, act, instead): (_, Vec<Crumb>, _, _, _) = match about {
        About::New => (
            "New agreement".to_owned(),
            vec![crumb("/agreements", "Agreements")],
            "/agreements/new".to_owned(),
            "Write draft",
            "/agreements".to_owned(),
        ),
        About::Draft(draft) => {
            let path = format!("/agreements/{}", draft.id);
            (format!("Edit {}", draft.name), way(draft), format!("{path}/edit"), "Save changes", path)
        }
    };
    let page = |layout| FormPage {
        layout,
        heading,
        above,
        says: Vec::new(),
        facts: Vec::new(),
        again: None,
        alert: None,
        entries,
        action,
        hidden: key.into_iter().collect(),
        act,
        instead,
    };
    form::answer(visit, Active::Agreements, page, wrong)
}
