//! Organisations: the list and the tree, one of them, and what is decided of them.

mod acts;
mod create;
mod edit;
pub(super) mod list;
mod relocate;
mod show;

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::organisation::OrganisationDetails;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::OrganisationId;

use super::frame::Cookies;
use super::view::organisation::OrganisationNotice;
use super::view::organisations::State;

pub(super) fn pages() -> Vec<Page> {
    [list::pages(), create::pages(), show::pages(), edit::pages(), acts::pages(), relocate::pages()]
        .into_iter()
        .flatten()
        .collect()
}

/// The organisation that the path names.
fn named(visit: &Visit<Caller>) -> Result<OrganisationId, Fault> {
    let text = visit.parameter("organization_id").unwrap_or_default();
    Ok(OrganisationId::parse_text(text).map_err(|_| Code::OrganisationNotFound)?)
}

/// Leads to the page of an organisation, which then says what was done.
fn done(id: OrganisationId, notice: OrganisationNotice) -> Result<Response, Fault> {
    Cookies::default().redirect(&notice.address(&id.to_string()))
}

/// Whether an organisation is out.
const fn state(organisation: &OrganisationDetails) -> State {
    match (organisation.is_deleted, organisation.is_suspended) {
        (true, _) if organisation.deleted_at.is_some() => State::Deleted,
        (true, _) => State::DeletedAbove,
        (false, true) if organisation.suspended_at.is_some() => State::Suspended,
        (false, true) => State::SuspendedAbove,
        (false, false) => State::Active,
    }
}
