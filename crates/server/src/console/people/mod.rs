//! People: the list, one of them with what they are and where, and why somebody may do something.

mod access;
mod acts;
mod list;
mod memberships;
mod show;

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::{OrganisationId, UserId};

use super::frame::Cookies;
use super::view::organisation::Crumb;
use super::view::person::PersonNotice;

pub(super) fn pages() -> Vec<Page> {
    [list::pages(), show::pages(), acts::pages(), memberships::pages(), access::pages()].into_iter().flatten().collect()
}

/// The person whom the path names.
fn named(visit: &Visit<Caller>) -> Result<UserId, Fault> {
    let text = visit.parameter("user_id").unwrap_or_default();
    Ok(UserId::parse_text(text).map_err(|_| Code::UserNotFound)?)
}

/// The organisation that the path names.
fn named_organisation(visit: &Visit<Caller>) -> Result<OrganisationId, Fault> {
    let text = visit.parameter("organization_id").unwrap_or_default();
    Ok(OrganisationId::parse_text(text).map_err(|_| Code::OrganisationNotFound)?)
}

/// Leads to the page of a person, which then says what was done.
fn done(id: UserId, notice: PersonNotice) -> Result<Response, Fault> {
    Cookies::default().redirect(&notice.address(&id.to_string()))
}

/// The way to the page of a person.
fn way(id: UserId, name: &str) -> Vec<Crumb> {
    let list = Crumb { address: "/users".to_owned(), name: "People".to_owned() };
    vec![list, Crumb { address: format!("/users/{id}"), name: name.to_owned() }]
}
