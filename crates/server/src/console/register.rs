//! Registering: an account and an organisation of one's own.

use axum::response::Response;
use bailiwick_app::account::{Affiliation, NewAccount};
use bailiwick_app::settings::{Registration, Unconfirmed};
use bailiwick_app::sign_in::{BrowserSession, Credentials};
use bailiwick_contract::page::{Guest, Page, Visit};
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::name::Name;
use http::StatusCode;

use super::fault::FormFault;
use super::frame::{Cookies, Frame, language, local_path, password_problem, sign_in_cookies, typed_field};
use super::newcomer::{self, Newcomer};
use super::view::account::AccountNotice;
use super::view::layout::Field;
use super::view::register::{RegisterForm, RegisterPage, RegisterRefusal, RegisterState, with_next};

/// Where one waits for the mail whose link confirms one's address.
const WAIT: &str = "/login?notice=registered";

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/register", "register-form").visitor().handle(show),
        Page::post("/register", "register-submit").visitor().handle(submit),
    ]
}

/// Why nobody may register here just like that.
async fn refusal(visit: &Visit<Guest>) -> Result<Option<RegisterRefusal>, Fault> {
    if !visit.context.is_set_up().await? {
        return Ok(Some(RegisterRefusal::NotSetUp));
    }
    Ok(match visit.context.settings.registration {
        Registration::Open => None,
        Registration::Invite => Some(RegisterRefusal::ByInvitation),
        Registration::Closed => Some(RegisterRefusal::Closed),
    })
}

async fn show(visit: Visit<Guest>) -> Result<Response, Fault> {
    let next = local_path(&visit.context, visit.query_member("next").unwrap_or("/"));
    if visit.caller.caller().is_some() {
        return Cookies::default().redirect(&next);
    }
    let (layout, cookies) = Frame::new(&visit, None, None).take();
    if let Some(refusal) = refusal(&visit).await? {
        return cookies.page(StatusCode::FORBIDDEN, &RegisterPage { layout, state: RegisterState::Refused(refusal) });
    }
    let form = RegisterForm { next, ..RegisterForm::default() };
    cookies.page(StatusCode::OK, &RegisterPage { layout, state: RegisterState::Form(form) })
}

async fn submit(visit: Visit<Guest>) -> Result<Response, Fault> {
    if let Some(refusal) = refusal(&visit).await? {
        return answer(&visit, StatusCode::FORBIDDEN, RegisterState::Refused(refusal));
    }
    let typed = |name: &str| visit.field(name).unwrap_or_default();
    let company = Name::parse_text(typed("company"));
    let email = EmailAddress::parse_text(typed("email"));
    let (form, newcomer) = newcomer::read(&visit);
    let mut form = RegisterForm {
        next: local_path(&visit.context, visit.field("next").unwrap_or("/")),
        company: typed_field(typed("company"), company.as_ref().err()),
        email: typed_field(typed("email"), email.as_ref().err()),
        newcomer: form,
    };
    let (Ok(company), Ok(email), Some(newcomer)) = (company, email, newcomer) else {
        let known = [typed("name"), typed("company"), typed("email")];
        newcomer::judge_password(&visit, &mut form.newcomer, &known).await?;
        return answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, RegisterState::Form(form));
    };
    let Newcomer { name, password, terms } = newcomer;
    let credentials = Credentials { email: email.to_string(), password: password.clone() };
    let new = NewAccount {
        email,
        password,
        name,
        affiliation: Affiliation::Own(company.clone()),
        phone_number: None,
        job_title: None,
        newsletter: form.newcomer.newsletter,
        language: language(&visit.headers),
        terms,
    };
    match visit.context.register_browser(new, &visit.origin, visit.user_agent()).await {
        Ok(session) => welcome(&visit, &session, &form.next).await,
        Err(fault) if fault.code == Code::EmailTaken => taken(&visit, credentials, &company, form).await,
        Err(fault) => refused(&visit, fault, form),
    }
}

/// Leads to where one wanted to go, signed in; where that takes a confirmed address, to the mail. The session is
/// good from the confirmation on then.
async fn welcome(visit: &Visit<Guest>, session: &BrowserSession, next: &str) -> Result<Response, Fault> {
    let has_to_wait = visit.context.settings.unconfirmed == Unconfirmed::Nothing;
    let to = if has_to_wait { with_next(WAIT, next) } else { goal(next, AccountNotice::Registered) };
    sign_in_cookies(visit, session).await.redirect(&to)
}

/// Where one wanted to go, or else to one's account, which says what was done and what there is to do now.
fn goal(next: &str, notice: AccountNotice) -> String {
    if next == "/" { notice.address() } else { next.to_owned() }
}

/// What to say to somebody who registered an account that there is: one with the organisation of the form is what
/// the form was for, whoever sent it first.
async fn known(visit: &Visit<Guest>, session: &BrowserSession, company: &Name) -> AccountNotice {
    // Whoever is signed in need not hear that this did not work.
    let identity = visit.context.identify_cookie(session.cookie.expose()).await.ok();
    let is_there = identity.is_none_or(|identity| {
        identity.principal.memberships.iter().any(|membership| membership.organisation_name == *company)
    });
    if is_there { AccountNotice::Registered } else { AccountNotice::Known }
}

/// There is an account with the address. To whoever knows its password it is a sign-in, so that a second click
/// leads where the first one did; it counts on the ledgers as any other.
async fn taken(
    visit: &Visit<Guest>,
    credentials: Credentials,
    company: &Name,
    mut form: RegisterForm,
) -> Result<Response, Fault> {
    match visit.context.sign_in_browser(credentials, false, &visit.origin, visit.user_agent()).await {
        Ok(session) => {
            let notice = known(visit, &session, company).await;
            sign_in_cookies(visit, &session).await.redirect(&goal(&form.next, notice))
        }
        Err(fault) if fault.code == Code::AddressUnconfirmed => {
            Cookies::default().redirect(&with_next(WAIT, &form.next))
        }
        Err(fault) if matches!(fault.code, Code::WrongCredentials | Code::Throttled) => {
            form.email = Field::refused(form.email.value, "There is an account with it already.");
            form.newcomer.is_taken = true;
            answer(visit, StatusCode::CONFLICT, RegisterState::Form(form))
        }
        Err(fault) => refused(visit, fault, form),
    }
}

/// What the form says to a fault; faults that have nothing to do with registering go on.
fn refused(visit: &Visit<Guest>, fault: Fault, mut form: RegisterForm) -> Result<Response, Fault> {
    if fault.code == Code::ValidationFailed {
        form.newcomer.password = password_problem(fault.fields.first().map(|field| &field.refusal));
        return answer(visit, StatusCode::UNPROCESSABLE_ENTITY, RegisterState::Form(form));
    }
    let wrong = FormFault::of(fault, &visit.origin)?;
    form.newcomer.alert = Some(wrong.alert.clone());
    Ok(wrong.mark(answer(visit, wrong.status, RegisterState::Form(form))?))
}

fn answer(visit: &Visit<Guest>, status: StatusCode, state: RegisterState) -> Result<Response, Fault> {
    let (layout, cookies) = Frame::of_post(visit).take();
    cookies.page(status, &RegisterPage { layout, state })
}
