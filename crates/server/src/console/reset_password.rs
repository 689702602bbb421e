//! Setting a new password by a mailed link.

use axum::response::Response;
use bailiwick_contract::page::{Guest, Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::link::LinkToken;
use bailiwick_domain::password::Password;
use http::StatusCode;

use super::fault::FormFault;
use super::frame::{Frame, dismiss, password_problem};
use super::view::layout::PasswordProblem;
use super::view::reset_password::{ResetPasswordPage, ResetPasswordState};

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/reset-password", "reset-password-form").visitor().handle(show),
        Page::post("/reset-password", "reset-password-submit").visitor().handle(submit),
    ]
}

async fn show(visit: Visit<Guest>) -> Result<Response, Fault> {
    let Ok(token) = LinkToken::parse_text(visit.query_member("token").unwrap_or_default()) else {
        return refuse_link(&visit);
    };
    match visit.context.peek_reset(&token).await {
        Ok(()) => form(&visit, StatusCode::OK, &token, PasswordProblem::default(), None),
        Err(fault) if fault.code == Code::ValidationFailed => refuse_link(&visit),
        Err(fault) => Err(fault),
    }
}

async fn submit(visit: Visit<Guest>) -> Result<Response, Fault> {
    let Ok(token) = LinkToken::parse_text(visit.field("token").unwrap_or_default()) else {
        return refuse_link(&visit);
    };
    let invalid = StatusCode::UNPROCESSABLE_ENTITY;
    let new = match Password::parse_text(visit.field("password").unwrap_or_default()) {
        Ok(new) => new,
        Err(refusal) => return form(&visit, invalid, &token, password_problem(Some(&refusal)), None),
    };
    let Err(fault) = visit.context.reset_password(&token, new, &visit.origin).await else {
        // Whoever the browser was signed in as: the password is there to sign in with.
        return dismiss(&visit).await.redirect("/login?notice=password-set");
    };
    if fault.code == Code::ValidationFailed {
        return match fault.fields.iter().find(|field| field.key == "NewPassword") {
            Some(field) => form(&visit, invalid, &token, password_problem(Some(&field.refusal)), None),
            None => refuse_link(&visit),
        };
    }
    let wrong = FormFault::of(fault, &visit.origin)?;
    let answer = form(&visit, wrong.status, &token, PasswordProblem::default(), Some(wrong.alert.clone()))?;
    Ok(wrong.mark(answer))
}

fn form(
    visit: &Visit<Guest>,
    status: StatusCode,
    token: &LinkToken,
    password: PasswordProblem,
    alert: Option<String>,
) -> Result<Response, Fault> {
    answer(visit, status, ResetPasswordState::Form { token: token.expose().to_owned(), password, alert })
}

fn refuse_link(visit: &Visit<Guest>) -> Result<Response, Fault> {
    answer(visit, StatusCode::NOT_FOUND, ResetPasswordState::LinkNotGood)
}

fn answer(visit: &Visit<Guest>, status: StatusCode, state: ResetPasswordState) -> Result<Response, Fault> {
    // The link is a secret until it is used, so it is not offered as a way back.
    let (layout, cookies) = Frame::of_post(visit).take();
    cookies.page(status, &ResetPasswordPage { layout, state })
}
