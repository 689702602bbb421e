//! The list of invitations, and what can be done with each.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::invitation::{InvitationFilter, InvitationRecord};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::InvitationId;
use bailiwick_domain::invitation::{InvitationStatus, LIFETIME};
use bailiwick_domain::page::PageNumber;
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::frame::Frame;
use super::super::organisation::list::{searched, slice};
use super::super::view::decision::DecisionPage;
use super::super::view::invitations::{InvitationNotice, InvitationRow, InvitationsAsk, InvitationsPage, ROWS};
use super::super::view::layout::{Active, Moment};
use super::super::view::list::Paging;
use super::super::view::organisation::Crumb;
use super::done;

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/invitations", "invitations").needs(Right::ManageUsers).handle(show),
        Page::post("/invitations", "invitations-submit").needs(Right::ManageUsers).handle(submit),
        Page::get("/invitations/revoke", "invitation-revoke-form").needs(Right::ManageUsers).handle(ask_to_revoke),
    ]
}

async fn show(visit: Visit<Caller>) -> Result<Response, Fault> {
    let notice = visit.query_member("notice").and_then(|key| {
        InvitationNotice::from_key(key, visit.query_member("count").and_then(|count| count.parse().ok()))
    });
    answer(&visit, StatusCode::OK, notice, None).await
}

async fn submit(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = InvitationId::parse_text(visit.field("id").unwrap_or_default()).map_err(|_| Code::InvitationNotFound)?;
    let outcome = match visit.field("act").unwrap_or_default() {
        "resend" => visit.context.resend_invitation(&visit.caller, id).await.map(|_| InvitationNotice::Resent),
        "revoke" => match visit.context.revoke_invitation(&visit.caller, id).await {
            // What a first click took back is as taken back for the second one.
            Err(fault) if fault.code == Code::InvitationOver && is_revoked(&visit, id).await? => {
                Ok(InvitationNotice::Revoked)
            }
            outcome => outcome.map(|_| InvitationNotice::Revoked),
        },
        _ => return Err(Code::ValidationFailed.into()),
    };
    match outcome {
        Ok(notice) => done(notice),
        Err(fault) => {
            let wrong = FormFault::of(fault, &visit.origin)?;
            Ok(wrong.mark(answer(&visit, wrong.status, None, Some(wrong.alert.clone())).await?))
        }
    }
}

async fn is_revoked(visit: &Visit<Caller>, id: InvitationId) -> Result<bool, Fault> {
    Ok(visit.context.show_invitation(&visit.caller, id).await?.revoked_at.is_some())
}

/// Asks before the link that somebody may be about to use dies.
async fn ask_to_revoke(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = visit.query_member("id").unwrap_or_default();
    let id = InvitationId::parse_text(id).map_err(|_| Code::InvitationNotFound)?;
    let found = visit.context.show_invitation(&visit.caller, id).await?;
    let (layout, cookies) = Frame::new(&visit, Some(&visit.caller), Some(Active::Invitations)).take();
    let page = DecisionPage {
        layout,
        question: format!("Take back the invitation of {}?", found.email),
        above: vec![Crumb { address: "/invitations".to_owned(), name: "Invitations".to_owned() }],
        alert: None,
        says: vec![
            format!("Its link into {} opens nothing from then on.", found.organisation_name),
            "This cannot be undone, but you can invite them again.".to_owned(),
        ],
        touched: Vec::new(),
        touched_title: "",
        to_type: None,
        action: "/invitations".to_owned(),
        hidden: vec![("act", "revoke".to_owned()), ("id", id.to_string())],
        act: "Take invitation back".to_owned(),
        is_harm: true,
        instead: "/invitations".to_owned(),
    };
    cookies.page(StatusCode::OK, &page)
}

async fn answer(
    visit: &Visit<Caller>,
    status: StatusCode,
    notice: Option<InvitationNotice>,
    alert: Option<String>,
) -> Result<Response, Fault> {
    let ask = ask(|name| visit.query_member(name).unwrap_or_default());
    let search = Some(ask.search.clone()).filter(|search| !search.is_empty());
    let filter = InvitationFilter { status: ask.status, search, organisation: None };
    let found = visit.context.list_invitations(&visit.caller, &filter, slice(ask.page, ROWS)).await?;
    let now = visit.context.now();
    let rows: Vec<_> = found.invitations.into_iter().map(|invitation| row(now, invitation)).collect();
    let (mut layout, cookies) = Frame::new(visit, Some(&visit.caller), Some(Active::Invitations)).take();
    // What was just done, or is wrong, is not for whoever comes back.
    layout.path = if status == StatusCode::OK { ask.address() } else { String::new() };
    let paging = Paging::new(ask.page, ROWS, rows.len(), found.total, |page| ask.at_page(page));
    cookies.page(status, &InvitationsPage { layout, ask, rows, paging, notice, alert })
}

/// What the address asks for; what it gets wrong counts as not asked for.
fn ask<'a>(member: impl Fn(&str) -> &'a str) -> InvitationsAsk {
    InvitationsAsk {
        search: searched(member("q")),
        status: InvitationStatus::parse_text(member("status")).ok(),
        page: PageNumber::parse_text(member("page")).unwrap_or_default().get(),
    }
}

fn row(now: Timestamp, invitation: InvitationRecord) -> InvitationRow {
    let InvitationRecord { accepted_at, revoked_at, expires_at, is_suspended, .. } = invitation;
    InvitationRow {
        id: invitation.id.to_string(),
        email: invitation.email.to_string(),
        organisation: invitation.organisation_name.to_string(),
        role: invitation.role,
        inviter: invitation.invited_by_name.map(|name| name.to_string()),
        status: InvitationStatus::at(now, expires_at, accepted_at, revoked_at, is_suspended),
        sent: Moment::new(now, expires_at.minus(LIFETIME)),
        expires: Moment::new(now, expires_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_address_gets_wrong_counts_as_not_asked_for() {
        let wrong = ask(|name| if name == "q" { " \0" } else { "neither" });
        assert_eq!(wrong, InvitationsAsk { page: 1, ..InvitationsAsk::default() });
        let right = ask(|name| if name == "status" { "expired" } else { "" });
        assert_eq!(right.status, Some(InvitationStatus::Expired));
    }
}
