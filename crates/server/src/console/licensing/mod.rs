//! Licences: the list, one of them, those of one system; agreements; pools of seats.

mod acts;
mod agreement_acts;
mod agreement_forms;
mod agreements;
mod bind;
mod form;
mod issue;
mod list;
mod pool_forms;
mod pools;
mod show;
mod system;
mod terms;

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::idempotency::{Idempotency, IdempotencyKey};
use bailiwick_contract::page::{FORM_TOKEN_FIELD, Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::{AgreementId, LicenceId, OrganisationId, SeatPoolId, SystemId};
use bailiwick_domain::page::PageNumber;
use data_encoding::BASE64URL_NOPAD;
use http::StatusCode;
use serde_json::json;

use super::frame::{Cookies, Frame};
use super::view::layout::{Active, Layout};
use super::view::organisation::Crumb;

/// Random bytes in the key of a form.
const FORM_KEY_BYTES: usize = 16;
/// The field that carries it.
const FORM_KEY_FIELD: &str = "idempotency_key";
/// How much of a history a page shows.
const HISTORY_ROWS: u32 = 10;

pub(super) fn pages() -> Vec<Page> {
    [
        agreements::pages(),
        agreement_forms::pages(),
        agreement_acts::pages(),
        list::pages(),
        issue::pages(),
        show::pages(),
        acts::pages(),
        terms::pages(),
        bind::pages(),
        pools::pages(),
        pool_forms::pages(),
        system::pages(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The licence that the path names.
fn named_licence(visit: &Visit<Caller>) -> Result<LicenceId, Fault> {
    let text = visit.parameter("licence_id").unwrap_or_default();
    Ok(LicenceId::parse_text(text).map_err(|_| Code::LicenceNotFound)?)
}

/// The agreement that the path names.
fn named_agreement(visit: &Visit<Caller>) -> Result<AgreementId, Fault> {
    let text = visit.parameter("agreement_id").unwrap_or_default();
    Ok(AgreementId::parse_text(text).map_err(|_| Code::AgreementNotFound)?)
}

/// The pool that the path names.
fn named_pool(visit: &Visit<Caller>) -> Result<SeatPoolId, Fault> {
    let text = visit.parameter("pool_id").unwrap_or_default();
    Ok(SeatPoolId::parse_text(text).map_err(|_| Code::PoolNotFound)?)
}

/// The system that the path names.
fn named_system(visit: &Visit<Caller>) -> Result<SystemId, Fault> {
    let text = visit.parameter("id").unwrap_or_default();
    Ok(SystemId::parse_text(text).map_err(|_| Code::SystemNotFound)?)
}

/// The organisation that a member of the address or a field names.
fn organisation(text: Option<&str>) -> Option<OrganisationId> {
    text.and_then(|id| OrganisationId::parse_text(id).ok())
}

/// Which page of a list the address asks for.
fn page_number(visit: &Visit<Caller>) -> u32 {
    PageNumber::parse_text(visit.query_member("page").unwrap_or_default()).unwrap_or_default().get()
}

/// How many rows are passed over, and how many are wanted.
fn slice(page: u32, rows: u32) -> (i64, i64) {
    (i64::from(page.saturating_sub(1)) * i64::from(rows), i64::from(rows))
}

/// The frame of a page; where something is wrong, a second GET would not show it.
fn frame(visit: &Visit<Caller>, active: Active, status: StatusCode) -> (Layout, Cookies) {
    let (mut layout, cookies) = Frame::new(visit, Some(&visit.caller), Some(active)).take();
    if status != StatusCode::OK {
        layout.path.clear();
    }
    (layout, cookies)
}

/// Leads elsewhere.
fn to(address: &str) -> Result<Response, Fault> {
    Cookies::default().redirect(address)
}

/// A new key of a form, by which a second click is known.
fn form_key(visit: &Visit<Caller>) -> (&'static str, String) {
    (FORM_KEY_FIELD, BASE64URL_NOPAD.encode(&visit.context.random.bytes::<FORM_KEY_BYTES>()))
}

/// The key that the form came with, for the form once more.
fn sent_key(visit: &Visit<Caller>) -> (&'static str, String) {
    (FORM_KEY_FIELD, visit.field(FORM_KEY_FIELD).unwrap_or_default().to_owned())
}

/// By what a second click on this form is known: its key, and everything that was filled in.
fn mark(visit: &Visit<Caller>, route: &str) -> Result<Idempotency, Fault> {
    let text = visit.field(FORM_KEY_FIELD).unwrap_or_default();
    let key = IdempotencyKey::parse_text(text).map_err(|_| Code::ValidationFailed)?;
    let filled: Vec<_> = visit.form.fields.iter().filter(|(name, _)| name != FORM_TOKEN_FIELD).collect();
    let body = json!([visit.uri.path(), filled]).to_string();
    Ok(Idempotency::new(route, &key, body.as_bytes()))
}

/// A step of the way to a page.
fn crumb(address: impl Into<String>, name: impl Into<String>) -> Crumb {
    Crumb { address: address.into(), name: name.into() }
}

/// The name of whoever did something; nobody's where it came of itself, or where one may not see them.
fn somebody(name: Option<&bailiwick_domain::name::Name>) -> String {
    name.map_or_else(|| "Somebody".to_owned(), ToString::to_string)
}
