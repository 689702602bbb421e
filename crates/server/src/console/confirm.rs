//! Confirming an address by a mailed link.

use axum::response::Response;
use bailiwick_contract::page::{Guest, Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::UserId;
use bailiwick_domain::link::LinkToken;
use http::StatusCode;

use super::fault::FormFault;
use super::frame::{Cookies, Frame};
use super::view::account::AccountNotice;
use super::view::confirm::{ConfirmPage, ConfirmState};

/// Where one comes to after confirming the address of another account than the one that one is signed in to.
const CONFIRMED: &str = "/confirm?confirmed";

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/confirm", "confirm-address-form").visitor().handle(show),
        Page::post("/confirm", "confirm-address-submit").visitor().handle(submit),
    ]
}

async fn show(visit: Visit<Guest>) -> Result<Response, Fault> {
    if visit.query_member("confirmed").is_some() {
        return answer(&visit, StatusCode::OK, ConfirmState::Confirmed);
    }
    let Ok(token) = LinkToken::parse_text(visit.query_member("token").unwrap_or_default()) else {
        return refuse_link(&visit);
    };
    match visit.context.peek_confirmation(&token).await {
        Ok(()) => ask(&visit, StatusCode::OK, &token, None),
        Err(fault) if fault.code == Code::ValidationFailed => refuse_link(&visit),
        Err(fault) => Err(fault),
    }
}

async fn submit(visit: Visit<Guest>) -> Result<Response, Fault> {
    let Ok(token) = LinkToken::parse_text(visit.field("token").unwrap_or_default()) else {
        return refuse_link(&visit);
    };
    match visit.context.confirm_address(&token, &visit.origin).await {
        Ok(account) => confirmed(&visit, account),
        Err(fault) if fault.code == Code::ValidationFailed => refuse_link(&visit),
        Err(fault) => {
            let wrong = FormFault::of(fault, &visit.origin)?;
            let answer = ask(&visit, wrong.status, &token, Some(wrong.alert.clone()))?;
            Ok(wrong.mark(answer))
        }
    }
}

/// Leads to one's own account, which says so there; whoever is signed in to another one stays away from it.
fn confirmed(visit: &Visit<Guest>, account: UserId) -> Result<Response, Fault> {
    let to = match (&visit.caller, visit.caller.holder()) {
        // A session that waited for this is good from now on.
        (_, Some(holder)) if holder.principal.user == account => AccountNotice::Confirmed.address(),
        (Guest::SignedIn(_), _) => CONFIRMED.to_owned(),
        (Guest::Stranger | Guest::Waiting(_), _) => "/login?notice=confirmed".to_owned(),
    };
    Cookies::default().redirect(&to)
}

fn ask(visit: &Visit<Guest>, status: StatusCode, token: &LinkToken, alert: Option<String>) -> Result<Response, Fault> {
    answer(visit, status, ConfirmState::Ask { token: token.expose().to_owned(), alert })
}

fn refuse_link(visit: &Visit<Guest>) -> Result<Response, Fault> {
    answer(visit, StatusCode::NOT_FOUND, ConfirmState::LinkNotGood)
}

fn answer(visit: &Visit<Guest>, status: StatusCode, state: ConfirmState) -> Result<Response, Fault> {
    // The link is a secret until it is used, so it is not offered as a way back.
    let (layout, cookies) = Frame::of_post(visit).take();
    cookies.page(status, &ConfirmPage { layout, state })
}
