//! Setting a new server up, by the link that it printed.

use axum::response::Response;
use bailiwick_app::setup::{Beginning, SetupRefusal, SetupWarrant};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::name::Name;
use bailiwick_domain::password::Password;
use bailiwick_domain::secret::SecretText;
use http::StatusCode;

use super::fault::FormFault;
use super::frame::{Cookies, Frame, password_problem, typed_field};
use super::view::setup::{SetupForm, SetupPage, SetupRefusal as LinkRefusal, SetupState};

pub(super) fn pages() -> Vec<Page> {
    vec![Page::get("/setup", "setup").open().handle(show), Page::post("/setup", "setup-submit").open().handle(submit)]
}

async fn show(visit: Visit<()>) -> Result<Response, Fault> {
    let token = SecretText::new(visit.query_member("token").unwrap_or_default());
    if visit.context.is_set_up().await? {
        return refuse(&visit, StatusCode::GONE, LinkRefusal::AlreadySetUp);
    }
    if !visit.context.is_setup_link_good(&token).await? {
        return refuse(&visit, StatusCode::NOT_FOUND, LinkRefusal::Invalid);
    }
    let form = SetupForm { token: token.expose().to_owned(), ..SetupForm::default() };
    answer(&visit, StatusCode::OK, SetupState::Form(form))
}

async fn submit(visit: Visit<()>) -> Result<Response, Fault> {
    let typed = |name: &str| visit.field(name).unwrap_or_default();
    let token = SecretText::new(typed("token"));
    let organisation = Name::parse_text(typed("organisation"));
    let email = EmailAddress::parse_text(typed("email"));
    let name = Name::parse_text(typed("name"));
    let password = Password::parse_text(typed("password"));

    let form = SetupForm {
        token: token.expose().to_owned(),
        organisation: typed_field(typed("organisation"), organisation.as_ref().err()),
        name: typed_field(typed("name"), name.as_ref().err()),
        email: typed_field(typed("email"), email.as_ref().err()),
        password: password_problem(password.as_ref().err()),
        alert: None,
    };
    let (Ok(organisation), Ok(email), Ok(name), Ok(password)) = (organisation, email, name, password) else {
        return answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, SetupState::Form(form));
    };
    let beginning = Beginning { organisation, email, name, password };
    let warrant = SetupWarrant::Link(&token, &visit.origin);
    match visit.context.set_up(beginning, warrant).await {
        Ok(_) => Cookies::default().redirect("/login?notice=set-up"),
        Err(SetupRefusal::LinkNotGood) => refuse(&visit, StatusCode::NOT_FOUND, LinkRefusal::Invalid),
        Err(SetupRefusal::Fault(fault)) if fault.code == Code::AlreadySetUp => {
            refuse(&visit, StatusCode::CONFLICT, LinkRefusal::AlreadySetUp)
        }
        Err(SetupRefusal::Fault(fault)) => refused(&visit, fault, form),
    }
}

/// What the form says to a fault; faults that have nothing to do with setting up go on.
fn refused(visit: &Visit<()>, fault: Fault, mut form: SetupForm) -> Result<Response, Fault> {
    if let Some(field) = fault.fields.first() {
        form.password = password_problem(Some(&field.refusal));
        return answer(visit, StatusCode::UNPROCESSABLE_ENTITY, SetupState::Form(form));
    }
    let wrong = FormFault::of(fault, &visit.origin)?;
    form.alert = Some(wrong.alert.clone());
    Ok(wrong.mark(answer(visit, wrong.status, SetupState::Form(form))?))
}

fn refuse(visit: &Visit<()>, status: StatusCode, refusal: LinkRefusal) -> Result<Response, Fault> {
    answer(visit, status, SetupState::Refused(refusal))
}

fn answer(visit: &Visit<()>, status: StatusCode, state: SetupState) -> Result<Response, Fault> {
    // The link is a secret until it is used, so it is not offered as a way back.
    let (layout, cookies) = Frame::of_post(visit).take();
    cookies.page(status, &SetupPage { layout, state })
}
