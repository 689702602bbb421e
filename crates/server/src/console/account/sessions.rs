//! Where one is signed in, and ending it there.

use axum::response::Response;
use bailiwick_app::account::OwnSession;
use bailiwick_app::caller::Caller;
use bailiwick_contract::page::Visit;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::SessionId;

use super::super::frame::Cookies;
use super::super::view::account::{AccountNotice, SessionRow};
use super::super::view::device::device;
use super::super::view::layout::Moment;
use super::done;

/// Sessions that are listed: as many as keep the page under 30 KB.
const LISTED_MAX: usize = 20;

/// The sessions that were used last, and how many there are, as far as they are counted.
pub(super) async fn rows(visit: &Visit<Caller>) -> Result<(Vec<SessionRow>, usize), Fault> {
    let sessions = visit.context.own_sessions(&visit.caller).await?;
    let count = sessions.len();
    let is_current = |session: &OwnSession| Some(session.id) == visit.caller.session();
    // The one that looks may be used, by its last note, less recently than many others.
    let (current, others): (Vec<_>, Vec<_>) = sessions.into_iter().partition(is_current);
    let listed = current.into_iter().chain(others).take(LISTED_MAX);
    Ok((listed.map(|session| row(visit, session)).collect(), count))
}

fn row(visit: &Visit<Caller>, session: OwnSession) -> SessionRow {
    let now = visit.context.now();
    SessionRow {
        id: session.id.to_string(),
        is_current: Some(session.id) == visit.caller.session(),
        device: device(session.user_agent.as_deref()),
        user_agent: session.user_agent.unwrap_or_default(),
        address: session.last_address.unwrap_or(session.address),
        last_seen: Moment::new(now, session.last_seen_at.unwrap_or(session.created_at)),
        first_seen: Moment::new(now, session.created_at),
        expires: Moment::new(now, session.expires_at),
    }
}

pub(super) async fn end(visit: &Visit<Caller>) -> Result<Response, Fault> {
    let wanted = visit.field("session").unwrap_or_default();
    if wanted == "others" {
        visit.context.end_other_sessions(&visit.caller).await?;
        return done(AccountNotice::Others, Cookies::default());
    }
    let id = SessionId::parse_text(wanted).map_err(|_| Code::SessionNotFound)?;
    match visit.context.end_own_session(&visit.caller, id).await {
        // What a first click ended is as ended for the second one.
        Err(fault) if fault.code != Code::SessionNotFound => Err(fault),
        _ => done(AccountNotice::Session, Cookies::default()),
    }
}
