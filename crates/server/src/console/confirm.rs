//! Confirming an address by a mailed link.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::link::LinkToken;
use http::StatusCode;

use super::fault::FormFault;
use super::frame::{Cookies, Frame};
use super::view::account::AccountNotice;
use super::view::confirm::{ConfirmPage, ConfirmState};

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/confirm", "confirm-address-form").visitor().handle(show),
        Page::post("/confirm", "confirm-address-submit").visitor().handle(submit),
    ]
}

async fn show(visit: Visit<Option<Caller>>) -> Result<Response, Fault> {
    let Ok(token) = LinkToken::parse_text(visit.query_member("token").unwrap_or_default()) else {
        return refuse_link(&visit);
    };
    match visit.context.peek_confirmation(&token).await {
        Ok(()) => ask(&visit, StatusCode::OK, &token, None),
        Err(fault) if fault.code == Code::ValidationFailed => refuse_link(&visit),
        Err(fault) => Err(fault),
    }
}

async fn submit(visit: Visit<Option<Caller>>) -> Result<Response, Fault> {
    let Ok(token) = LinkToken::parse_text(visit.field("token").unwrap_or_default()) else {
        return refuse_link(&visit);
    };
    match visit.context.confirm_address(&token, &visit.origin).await {
        Ok(()) if visit.caller.is_some() => Cookies::default().redirect(&AccountNotice::Confirmed.address()),
        Ok(()) => Cookies::default().redirect("/login?notice=confirmed"),
        Err(fault) if fault.code == Code::ValidationFailed => refuse_link(&visit),
        Err(fault) => {
            let wrong = FormFault::of(fault, &visit.origin)?;
            let answer = ask(&visit, wrong.status, &token, Some(wrong.alert.clone()))?;
            Ok(wrong.mark(answer))
        }
    }
}

fn ask(
    visit: &Visit<Option<Caller>>,
    status: StatusCode,
    token: &LinkToken,
    alert: Option<String>,
) -> Result<Response, Fault> {
    answer(visit, status, ConfirmState::Ask { token: token.expose().to_owned(), alert })
}

fn refuse_link(visit: &Visit<Option<Caller>>) -> Result<Response, Fault> {
    answer(visit, StatusCode::NOT_FOUND, ConfirmState::LinkNotGood)
}

fn answer(visit: &Visit<Option<Caller>>, status: StatusCode, state: ConfirmState) -> Result<Response, Fault> {
    // The link is a secret until it is used, so it is not offered as a way back.
    let (layout, cookies) = Frame::of_post(visit).take();
    cookies.page(status, &ConfirmPage { layout, state })
}
