//! Invitations as those see them who send them: the list, one more, a whole file of them.

mod file;
mod list;
mod one;

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::Fault;
use http::StatusCode;

use super::frame::{Cookies, Frame};
use super::view::invitations::InvitationNotice;
use super::view::inviting::{InviteForm, InvitePage};
use super::view::layout::{Active, Field};

pub(super) fn pages() -> Vec<Page> {
    [list::pages(), one::pages(), file::pages()].into_iter().flatten().collect()
}

/// Leads to the list, which then says what was done.
fn done(notice: InvitationNotice) -> Result<Response, Fault> {
    Cookies::default().redirect(&notice.address())
}

/// The page of both forms: that of one invitation, and that of a file, with what was wrong with it.
fn answer(
    visit: &Visit<Caller>,
    status: StatusCode,
    form: InviteForm,
    file_error: Option<String>,
) -> Result<Response, Fault> {
    let (mut layout, cookies) = Frame::new(visit, Some(&visit.caller), Some(Active::Invitations)).take();
    // What is wrong is not for whoever comes back.
    layout.path = if status == StatusCode::OK { layout.path } else { String::new() };
    cookies.page(status, &InvitePage { layout, form, file_error })
}

/// The form of one invitation as it is at first: into the organisation that one acts for.
fn empty(visit: &Visit<Caller>) -> InviteForm {
    let current = visit.caller.principal.current_membership();
    let organisation = current.map(|membership| membership.organisation_name.to_string()).unwrap_or_default();
    InviteForm { organisation: Field::new(organisation), ..InviteForm::default() }
}
