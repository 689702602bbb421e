//! Asking for a link by which to set a new password.

use axum::response::Response;
use bailiwick_contract::page::{Guest, Page, Visit};
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::Parse;
use http::StatusCode;

use super::fault::FormFault;
use super::frame::{Cookies, Frame, language, typed_field};
use super::view::forgot_password::{ForgotPasswordPage, ForgotPasswordState};
use super::view::layout::Field;

/// Where one comes to after asking, whether there is such an account or not.
const SENT: &str = "/forgot-password?sent";

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/forgot-password", "forgot-password-form").visitor().handle(show),
        Page::post("/forgot-password", "forgot-password-submit").visitor().handle(submit),
    ]
}

async fn show(visit: Visit<Guest>) -> Result<Response, Fault> {
    let state = if visit.query_member("sent").is_some() {
        ForgotPasswordState::Sent
    } else {
        let email = visit.caller.caller().map(|caller| caller.principal.email.to_string());
        ForgotPasswordState::Form { email: Field::new(email.unwrap_or_default()), alert: None }
    };
    let (layout, cookies) = Frame::new(&visit, None, None).take();
    cookies.page(StatusCode::OK, &ForgotPasswordPage { layout, state })
}

async fn submit(visit: Visit<Guest>) -> Result<Response, Fault> {
    let typed = visit.field("email").unwrap_or_default();
    let email = match EmailAddress::parse_text(typed) {
        Ok(email) => email,
        Err(refusal) => {
            let email = typed_field(typed, Some(&refusal));
            return refuse(&visit, StatusCode::UNPROCESSABLE_ENTITY, email, None);
        }
    };
    match visit.context.forgot_password(email, language(&visit.headers), &visit.origin).await {
        Ok(()) => Cookies::default().redirect(SENT),
        Err(fault) => {
            let wrong = FormFault::of(fault, &visit.origin)?;
            let answer = refuse(&visit, wrong.status, Field::new(typed), Some(wrong.alert.clone()))?;
            Ok(wrong.mark(answer))
        }
    }
}

fn refuse(visit: &Visit<Guest>, status: StatusCode, email: Field, alert: Option<String>) -> Result<Response, Fault> {
    let (layout, cookies) = Frame::of_post(visit).take();
    cookies.page(status, &ForgotPasswordPage { layout, state: ForgotPasswordState::Form { email, alert } })
}
