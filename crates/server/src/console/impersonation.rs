//! Acting as somebody else in a browser, and coming back.
//!
//! The session of the person acted as takes the place of one's own, which waits in a cookie of its own. It comes back
//! where one stops, and by itself where what took its place is over; and only to the browser that gave it up.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::context::Context;
use bailiwick_contract::page::{Guest, Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::UserId;
use bailiwick_domain::role::Right;
use bailiwick_domain::session::SessionKind;

use super::frame::{Cookies, set_cookie};

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::post("/users/{user_id}/impersonate", "impersonate-submit").needs(Right::ImpersonateUsers).handle(begin),
        Page::post("/impersonation/stop", "stop-impersonating-submit").visitor().while_impersonating().handle(stop),
    ]
}

async fn begin(visit: Visit<Caller>) -> Result<Response, Fault> {
    let user = visit.parameter("user_id").and_then(|id| UserId::parse_text(id).ok()).ok_or(Code::UserNotFound)?;
    let own = visit.cookie(visit.cookies.session).ok_or(Code::InvalidToken)?;
    let lifetime = lifetime(&visit.context, &visit.caller).await?;
    let begun = visit.context.impersonate_in_browser(&visit.caller, user, visit.user_agent()).await?;
    let context = &visit.context;
    // As long as its own: where the browser closes, this one is kept like the other one.
    let until = lifetime.map(|_| begun.expires_at.since(context.now()).as_seconds());
    Cookies::default()
        .and(set_cookie(context, visit.cookies.own, own, lifetime))
        .and(set_cookie(context, visit.cookies.session, begun.cookie.expose(), until))
        .redirect("/")
}

async fn stop(visit: Visit<Guest>) -> Result<Response, Fault> {
    match visit.caller.holder() {
        Some(caller) if caller.principal.impersonator.is_some() => visit.context.stop_impersonating(caller).await?,
        // Somebody who acts as themselves has nothing to come back from.
        Some(_) => return forget_own(&visit, Cookies::default()).redirect("/"),
        None => {}
    }
    if let Some(cookies) = own_session(&visit).await? {
        return cookies.redirect("/");
    }
    let over = set_cookie(&visit.context, visit.cookies.session, "", Some(0));
    forget_own(&visit, Cookies::default()).and(over).redirect("/login")
}

/// The cookies by which a browser has its own session back, where it gave one up for the one that it brings along and
/// its own is good still.
pub(super) async fn own_session(visit: &Visit<Guest>) -> Result<Option<Cookies>, Fault> {
    let (Some(acting), Some(own)) = (visit.cookie(visit.cookies.session), visit.cookie(visit.cookies.own)) else {
        return Ok(None);
    };
    let Some(caller) = holder_of_own(visit).await? else { return Ok(None) };
    if !visit.context.gave_way(&caller, acting).await? {
        return Ok(None);
    }
    let lifetime = lifetime(&visit.context, &caller).await?;
    let back = set_cookie(&visit.context, visit.cookies.session, own, lifetime);
    Ok(Some(forget_own(visit, Cookies::default()).and(back)))
}

/// Ends the session that a browser gave up for another, where there is one: it would come back to whoever uses the
/// browser next.
pub(super) async fn end_own_session(visit: &Visit<Guest>) -> Result<(), Fault> {
    match holder_of_own(visit).await? {
        Some(caller) => visit.context.sign_out(&caller).await,
        None => Ok(()),
    }
}

/// Has the browser forget its own session, where it keeps one aside.
pub(super) fn forget_own<C>(visit: &Visit<C>, cookies: Cookies) -> Cookies {
    match visit.cookie(visit.cookies.own) {
        Some(_) => cookies.and(set_cookie(&visit.context, visit.cookies.own, "", Some(0))),
        None => cookies,
    }
}

/// Whose session the browser keeps aside, while it is good.
async fn holder_of_own(visit: &Visit<Guest>) -> Result<Option<Caller>, Fault> {
    let Some(own) = visit.cookie(visit.cookies.own) else { return Ok(None) };
    match visit.context.identify_cookie(own).await {
        Ok(identity) if identity.principal.impersonator.is_none() => {
            let (principal, credential) = (identity.principal, identity.credential);
            Ok(Some(Caller { principal, credential, origin: visit.origin, right: None }))
        }
        Ok(_) => Ok(None),
        Err(fault) if fault.code == Code::InvalidToken => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// For how many seconds the browser keeps the caller's session, where it does not forget it when it closes.
async fn lifetime(context: &Context, caller: &Caller) -> Result<Option<i64>, Fault> {
    let sessions = context.own_sessions(caller).await?;
    let own = sessions.into_iter().find(|session| Some(session.id) == caller.session());
    let kept = own.filter(|session| session.kind == SessionKind::KeptBrowser);
    Ok(kept.map(|session| session.expires_at.since(context.now()).as_seconds()))
}
