//! Acting for another of one's organisations.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::OrganisationId;
use http::StatusCode;

use super::frame::{Cookies, Frame, local_path};
use super::view::error::{ErrorKind, ErrorPage};

pub(super) fn pages() -> Vec<Page> {
    vec![Page::post("/switch-organization", "switch-organization-submit").member().while_impersonating().handle(switch)]
}

/// Leads back to where it was used. What one sees does not depend on it: one sees what any of one's organisations
/// lets one see.
async fn switch(visit: Visit<Caller>) -> Result<Response, Fault> {
    let next = local_path(&visit.context, visit.field("next").unwrap_or("/"));
    let Ok(wanted) = OrganisationId::parse_text(visit.field("organization_id").unwrap_or_default()) else {
        return refuse(&visit);
    };
    match visit.context.switch_organisation(&visit.caller, wanted).await {
        Ok(()) => Cookies::default().redirect(&next),
        Err(fault) if fault.code == Code::ValidationFailed => refuse(&visit),
        Err(fault) => Err(fault),
    }
}

fn refuse(visit: &Visit<Caller>) -> Result<Response, Fault> {
    let (layout, cookies) = Frame::of_post(visit).take();
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let request_id = Some(visit.origin.request_id.to_string());
    cookies.page(status, &ErrorPage { layout, kind: ErrorKind::NotYours, status: status.as_u16(), request_id })
}
