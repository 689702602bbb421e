//! One invitation.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::invitation::Invitee;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::account::Language;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::organisation::OrganisationKey;
use bailiwick_domain::role::{Right, Role};
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::frame::{sentence, typed_field};
use super::super::view::invitations::InvitationNotice;
use super::super::view::inviting::InviteForm;
use super::{answer, done, empty};

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/invitations/new", "invitation-new-form").needs(Right::ManageUsers).handle(show),
        Page::post("/invitations/new", "invitation-new-submit").needs(Right::ManageUsers).handle(submit),
    ]
}

async fn show(visit: Visit<Caller>) -> Result<Response, Fault> {
    let mut form = empty(&visit);
    // Who comes from the page of an organisation means that one.
    if let Some(named) = visit.query_member("organization") {
        form.organisation.value = named.chars().take(255).collect();
    }
    answer(&visit, StatusCode::OK, form, None)
}

async fn submit(visit: Visit<Caller>) -> Result<Response, Fault> {
    let typed = |name: &str| visit.field(name).unwrap_or_default();
    let email = EmailAddress::parse_text(typed("email"));
    let key = OrganisationKey::parse_text(typed("organization"));
    let role = Role::parse_text(typed("role"));
    let language = Language::parse_text(typed("language")).ok();
    let mut form = InviteForm {
        email: typed_field(typed("email"), email.as_ref().err()),
        organisation: typed_field(typed("organization"), key.as_ref().err()),
        role: role.as_ref().ok().copied(),
        role_error: role.as_ref().err().map(|_| "Choose one of the roles.".to_owned()),
        language,
        alert: None,
    };
    let (Ok(email), Ok(key), Ok(role)) = (email, key, role) else {
        return answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, form, None);
    };
    let outcome = match visit.context.inviting_organisation(&visit.caller, Some(&key)).await {
        Ok(place) => {
            let invitee = Invitee { organisation: place.id, email, role, language };
            visit.context.invite(&visit.caller, &invitee).await
        }
        Err(fault) => Err(fault),
    };
    match outcome {
        Ok(_) => done(InvitationNotice::Sent),
        Err(fault) if fault.code == Code::ValidationFailed => {
            for field in &fault.fields {
                let error = Some(sentence(&field.refusal));
                if field.key == "role" { form.role_error = error } else { form.organisation.error = error }
            }
            answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, form, None)
        }
        Err(fault) => {
            let wrong = FormFault::of(fault, &visit.origin)?;
            form.alert = Some(wrong.alert.clone());
            Ok(wrong.mark(answer(&visit, wrong.status, form, None)?))
        }
    }
}
