//! Changing what is known of an organisation.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::organisation::{OrganisationChange, OrganisationDetails};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Parse, Patch, Refusal};
use bailiwick_domain::name::Name;
use bailiwick_domain::role::Right;
use bailiwick_domain::system::CustomData;
use bailiwick_domain::vat_number::VatNumber;
use http::StatusCode;
use serde_json::Value;

use super::super::fault::FormFault;
use super::super::frame::{Frame, sentence, typed_field};
use super::super::view::layout::{Active, Field};
use super::super::view::organisation::OrganisationNotice;
use super::super::view::organisation_form::{EditOrganisationPage, OrganisationForm};
use super::acts::way;
use super::{done, named};

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/organizations/{organization_id}/edit", "organization-edit-form")
            .needs(Right::ManageOrganisations)
            .while_impersonating()
            .handle(show),
        Page::post("/organizations/{organization_id}/edit", "organization-edit-submit")
            .needs(Right::ManageOrganisations)
            .while_impersonating()
            .handle(submit),
    ]
}

async fn show(visit: Visit<Caller>) -> Result<Response, Fault> {
    let organisation = manageable(&visit).await?;
    let custom_data = organisation.custom_data.as_ref().map(pretty).unwrap_or_default();
    let form = OrganisationForm {
        name: Field::new(organisation.name.as_str()),
        vat_number: Field::new(organisation.vat_number.as_ref().map(VatNumber::as_str).unwrap_or_default()),
        custom_data: Field::new(custom_data),
        ..OrganisationForm::default()
    };
    answer(&visit, &organisation, StatusCode::OK, form)
}

async fn submit(visit: Visit<Caller>) -> Result<Response, Fault> {
    let organisation = manageable(&visit).await?;
    let typed = |name: &str| visit.field(name).unwrap_or_default();
    let name = Name::parse_text(typed("name"));
    let vat_number = vat_number(typed("vat_number"));
    let custom_data = custom_data(typed("custom_data"));
    let mut form = OrganisationForm {
        name: typed_field(typed("name"), name.as_ref().err()),
        vat_number: typed_field(typed("vat_number"), vat_number.as_ref().err()),
        custom_data: typed_field(typed("custom_data"), custom_data.as_ref().err()),
        ..OrganisationForm::default()
    };
    let (Ok(name), Ok(vat_number), Ok(custom_data)) = (name, vat_number, custom_data) else {
        return answer(&visit, &organisation, StatusCode::UNPROCESSABLE_ENTITY, form);
    };
    let change = OrganisationChange {
        name: Some(name),
        vat_number: vat_number.map_or(Patch::Clear, Patch::Set),
        // What is as it was is not written down as a change.
        custom_data: Some(custom_data).filter(|data| *data != organisation.custom_data.clone().unwrap_or_default()),
    };
    match visit.context.change_organisation(&visit.caller, organisation.id, change).await {
        Ok(_) => done(organisation.id, OrganisationNotice::Changed),
        Err(fault) if fault.code == Code::ValidationFailed => {
            refuse_fields(&mut form, &fault);
            answer(&visit, &organisation, StatusCode::UNPROCESSABLE_ENTITY, form)
        }
        Err(fault) if fault.code == Code::OwnOrganisation => {
            form.vat_number.error = Some(Code::OwnOrganisation.sentence().to_owned());
            answer(&visit, &organisation, StatusCode::CONFLICT, form)
        }
        Err(fault) => {
            let wrong = FormFault::of_act(fault, &visit.origin)?;
            form.alert = Some(wrong.alert.clone());
            Ok(wrong.mark(answer(&visit, &organisation, wrong.status, form)?))
        }
    }
}

/// The organisation that the path names, where the caller may change it.
async fn manageable(visit: &Visit<Caller>) -> Result<OrganisationDetails, Fault> {
    let id = named(visit)?;
    let organisation = visit.context.show_organisation(&visit.caller, id).await?;
    let managed = visit.context.place(&visit.caller, Right::ManageOrganisations, id).await?;
    managed.map(|_| organisation).ok_or_else(|| Code::InsufficientPermissions.into())
}

/// A number that may be left blank.
pub(super) fn vat_number(typed: &str) -> Result<Option<VatNumber>, Refusal> {
    if typed.trim().is_empty() { Ok(None) } else { VatNumber::parse_text(typed).map(Some) }
}

/// What the use case says is wrong with the fields.
pub(super) fn refuse_fields(form: &mut OrganisationForm, fault: &Fault) {
    for field in &fault.fields {
        let error = Some(sentence(&field.refusal));
        match field.key.as_ref() {
            "name" => form.name.error = error,
            "vat_number" => form.vat_number.error = error,
            "custom_data" => form.custom_data.error = error,
            "type" => form.kind_error = error,
            _ => form.alert = error,
        }
    }
}

/// An object of texts, which may be left blank.
fn custom_data(typed: &str) -> Result<CustomData, Refusal> {
    if typed.trim().is_empty() {
        return Ok(CustomData::default());
    }
    let value: Value = serde_json::from_str(typed)
        .map_err(|_| Refusal::new("json", "a JSON object of texts, such as {\"site\": \"Pesaro\"}"))?;
    CustomData::parse_json(&value)
}

/// As people write it: one member on a line.
fn pretty(data: &CustomData) -> String {
    serde_json::to_string_pretty(&data.to_json()).unwrap_or_default()
}

fn answer(
    visit: &Visit<Caller>,
    organisation: &OrganisationDetails,
    status: StatusCode,
    form: OrganisationForm,
) -> Result<Response, Fault> {
    let (mut layout, cookies) = Frame::new(visit, Some(&visit.caller), Some(Active::Organisations)).take();
    if status != StatusCode::OK {
        layout.path.clear();
    }
    let address = format!("/organizations/{}", organisation.id);
    let above = way(organisation.id, organisation.name.as_str());
    cookies.page(status, &EditOrganisationPage { layout, above, address, form })
}
