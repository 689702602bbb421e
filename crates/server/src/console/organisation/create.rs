//! A new organisation: what it shall stand below, then what it is.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::idempotency::{Idempotency, IdempotencyKey};
use bailiwick_app::organisation::OrganisationDraft;
use bailiwick_app::overview::Place;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Right;
use data_encoding::BASE64URL_NOPAD;
use http::StatusCode;
use serde_json::json;

use super::super::fault::FormFault;
use super::super::frame::{Cookies, Frame, typed_field};
use super::super::view::layout::{Active, Choice};
use super::super::view::organisation::OrganisationNotice;
use super::super::view::organisation_form::{NewOrganisationPage, OrganisationForm};
use super::super::view::organisations::kind_label;
use super::super::view::picker::{Found, Picker};
use super::done;
use super::edit::{refuse_fields, vat_number};
use super::list::searched;

/// Random bytes in the key of a form.
const FORM_KEY_BYTES: usize = 16;

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/organizations/new", "organization-new-form")
            .needs(Right::ManageOrganisations)
            .while_impersonating()
            .handle(show),
        Page::post("/organizations/new", "organization-new-submit")
            .needs(Right::ManageOrganisations)
            .while_impersonating()
            .resuming(&["parent_id"])
            .handle(submit),
    ]
}

async fn show(visit: Visit<Caller>) -> Result<Response, Fault> {
    let named = visit.query_member("parent_id").and_then(|id| OrganisationId::parse_text(id).ok());
    let is_choosing = visit.query_member("choose").is_some() || visit.query_member("q").is_some();
    let current = visit.caller.principal.current_organisation.filter(|_| !is_choosing);
    let parent = match named.or(current) {
        Some(id) => place(&visit, id).await?,
        None => None,
    };
    let key = BASE64URL_NOPAD.encode(&visit.context.random.bytes::<FORM_KEY_BYTES>());
    let page = Filled { status: StatusCode::OK, parent, kind: None, form: OrganisationForm::default(), key };
    answer(&visit, page).await
}

/// The place, where something may be put below it.
async fn place(visit: &Visit<Caller>, id: OrganisationId) -> Result<Option<Place>, Fault> {
    let place = visit.context.place(&visit.caller, Right::ManageOrganisations, id).await?;
    Ok(place.filter(|place| place.kind != OrganisationKind::Customer))
}

async fn submit(visit: Visit<Caller>) -> Result<Response, Fault> {
    let typed = |name: &str| visit.field(name).unwrap_or_default();
    let parent = match OrganisationId::parse_text(typed("parent_id")) {
        Ok(id) => place(&visit, id).await?,
        Err(_) => None,
    };
    // Gone, or none of theirs: what they choose next is checked again.
    let Some(parent) = parent else { return Cookies::default().redirect("/organizations/new?choose=parent") };
    let name = Name::parse_text(typed("name"));
    let kind = OrganisationKind::parse_text(typed("type"));
    let vat_number = vat_number(typed("vat_number"));
    let key = IdempotencyKey::parse_text(typed("idempotency_key")).map_err(|_| Code::ValidationFailed)?;
    let form = OrganisationForm {
        name: typed_field(typed("name"), name.as_ref().err()),
        vat_number: typed_field(typed("vat_number"), vat_number.as_ref().err()),
        kind_error: kind.as_ref().err().map(|_| "Choose one of the types.".to_owned()),
        ..OrganisationForm::default()
    };
    let page = Filled {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        kind: kind.as_ref().ok().copied(),
        form,
        key: typed("idempotency_key").to_owned(),
        parent: Some(parent.clone()),
    };
    let (Ok(name), Ok(kind), Ok(vat_number)) = (name, kind, vat_number) else { return answer(&visit, page).await };
    let body = json!([parent.id, name, kind, vat_number]).to_string();
    let mark = Idempotency::new("organization-new-submit", &key, body.as_bytes());
    let draft = OrganisationDraft { name, kind, parent: Some(parent.id), vat_number, custom_data: None };
    match visit.context.create_organisation_once(&visit.caller, draft, &mark).await {
        Ok(id) => done(id, OrganisationNotice::Created),
        Err(fault) => refused(&visit, page, fault).await,
    }
}

async fn refused(visit: &Visit<Caller>, mut page: Filled, fault: Fault) -> Result<Response, Fault> {
    if fault.code == Code::ValidationFailed {
        refuse_fields(&mut page.form, &fault);
        return answer(visit, page).await;
    }
    if fault.code == Code::IdempotencyMismatch {
        // The form was sent before with other answers, and created what it asked for.
        page.form.alert = Some("This form was sent before, and created an organisation. Begin a new one.".to_owned());
        page.status = StatusCode::CONFLICT;
        return answer(visit, page).await;
    }
    let wrong = FormFault::of_act(fault, &visit.origin)?;
    page.form.alert = Some(wrong.alert.clone());
    page.status = wrong.status;
    Ok(wrong.mark(answer(visit, page).await?))
}

/// The page as far as it is filled in.
struct Filled {
    status: StatusCode,
    parent: Option<Place>,
    kind: Option<OrganisationKind>,
    form: OrganisationForm,
    key: String,
}

async fn answer(visit: &Visit<Caller>, filled: Filled) -> Result<Response, Fault> {
    let Filled { status, parent, kind, form, key } = filled;
    let search = searched(visit.query_member("q").unwrap_or_default());
    let mut picker = Picker {
        action: "/organizations/new".to_owned(),
        field: "q",
        label: "Name or VAT number of the organisation above",
        kept: Vec::new(),
        found: Vec::new(),
        nothing: "No organisation of this name, below which you may put another one.",
        search,
    };
    if parent.is_none() {
        // A customer is put below whatever something can be put below at all.
        let below = Some(OrganisationKind::Customer);
        let manage = Right::ManageOrganisations;
        let places = visit.context.places(&visit.caller, manage, below, &picker.search).await?;
        picker.found = places.iter().map(|place| Found::place("/organizations/new", "parent_id", &[], place)).collect();
    }
    let fitting =
        |above: OrganisationKind| OrganisationKind::ALL.into_iter().filter(move |kind| kind.may_stand_below(above));
    let choice = |each: OrganisationKind| Choice {
        value: each.name().to_owned(),
        label: kind_label(each).to_owned(),
        selected: kind == Some(each),
    };
    let kinds = parent.as_ref().map(|parent| fitting(parent.kind).map(choice).collect()).unwrap_or_default();
    let (mut layout, cookies) = Frame::new(visit, Some(&visit.caller), Some(Active::Organisations)).take();
    if status != StatusCode::OK {
        layout.path.clear();
    }
    let parent = parent.map(|place| (place.id.to_string(), place.name.to_string(), kind_label(place.kind)));
    cookies.page(status, &NewOrganisationPage { layout, parent, picker, form, kinds, idempotency_key: key })
}
