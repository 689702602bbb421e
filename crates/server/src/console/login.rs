//! Signing in and out.

use axum::response::Response;
use bailiwick_app::caller::{Caller, Origin};
use bailiwick_app::context::Context;
use bailiwick_app::sign_in::Credentials;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::callback::CallbackUrl;
use bailiwick_domain::fault::{Class, Code, Fault};
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::password::Password;
use bailiwick_domain::time::Span;
use http::StatusCode;
use http::header::{RETRY_AFTER, USER_AGENT};

use super::fault::log_answered_by_form;
use super::frame::{Cookies, Frame, local_path, sentence, set_cookie};
use super::view::layout::Field;
use super::view::login::{LoginNotice, LoginPage, LoginRefusal};

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/login", "login").visitor().handle(show),
        Page::post("/login", "login-submit").visitor().handle(submit),
        Page::post("/logout", "logout").visitor().handle(sign_out),
    ]
}

async fn show(visit: Visit<Option<Caller>>) -> Result<Response, Fault> {
    let next = local_path(&visit.context, visit.query_member("next").unwrap_or("/"));
    let frame = Frame::new(&visit, None, None);
    if visit.caller.is_some() {
        return Cookies::default().redirect(&next);
    }
    let notice = match visit.query_member("notice") {
        Some("signed-out") => Some(LoginNotice::SignedOut),
        Some("set-up") => Some(LoginNotice::SetUp),
        // A cookie that nobody stands behind any more: the session ended by itself.
        _ if visit.cookie(visit.cookies.session).is_some() => Some(LoginNotice::SessionEnded),
        _ => None,
    };
    let (layout, cookies) = frame.take();
    let page = LoginPage {
        layout,
        for_host: asking_host(&visit.context, &next),
        next,
        email: Field::new(""),
        password_error: None,
        keep: false,
        refusal: None,
        notice,
    };
    cookies.page(StatusCode::OK, &page)
}

async fn submit(visit: Visit<Option<Caller>>) -> Result<Response, Fault> {
    let next = local_path(&visit.context, visit.field("next").unwrap_or("/"));
    let email = visit.field("email").unwrap_or_default().trim().to_owned();
    let keep = visit.field("keep").is_some();
    let password = Password::parse_text(visit.field("password").unwrap_or_default());
    let user_agent = visit.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());

    let outcome = match &password {
        Ok(password) if !email.is_empty() => {
            let credentials = Credentials { email: email.clone(), password: password.clone() };
            Some(visit.context.sign_in_browser(credentials, keep, &visit.origin, user_agent).await)
        }
        _ => None,
    };
    let (status, refusal) = match outcome {
        Some(Ok(session)) => {
            let lifetime = session.expires_at.since(visit.context.now()).as_seconds();
            let cookie =
                set_cookie(&visit.context, visit.cookies.session, session.cookie.expose(), keep.then_some(lifetime));
            return Cookies::default().and(cookie).redirect(&next);
        }
        Some(Err(fault)) => refused(fault, &visit.origin)?,
        None => (StatusCode::UNPROCESSABLE_ENTITY, None),
    };
    let email = if email.is_empty() { Field::refused("", "Enter your e-mail address.") } else { Field::new(email) };
    let password_error = password.err().map(|refusal| password_sentence(&refusal));
    let retry_after = refusal.as_ref().and_then(retry_after);
    let (layout, cookies) = Frame::of_post(&visit).take();
    let page = LoginPage {
        layout,
        for_host: asking_host(&visit.context, &next),
        next,
        email,
        password_error,
        keep,
        refusal,
        notice: None,
    };
    let mut response = cookies.page(status, &page)?;
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// For programs: the seconds after which another attempt counts.
const fn retry_after(refusal: &LoginRefusal) -> Option<i64> {
    match refusal {
        LoginRefusal::Throttled { seconds } => Some(*seconds),
        LoginRefusal::Unavailable | LoginRefusal::WrongCredentials => None,
    }
}

/// What the form says to a fault; faults that have nothing to do with signing in go on.
fn refused(fault: Fault, origin: &Origin) -> Result<(StatusCode, Option<LoginRefusal>), Fault> {
    let seconds = fault.retry_after.map_or(1, Span::as_seconds_rounded_up);
    match (fault.code, fault.code.class()) {
        (Code::WrongCredentials, _) => Ok((StatusCode::UNAUTHORIZED, Some(LoginRefusal::WrongCredentials))),
        (_, Class::TooMany) => Ok((StatusCode::TOO_MANY_REQUESTS, Some(LoginRefusal::Throttled { seconds }))),
        (_, Class::Unavailable) => {
            log_answered_by_form(&fault, origin);
            Ok((StatusCode::SERVICE_UNAVAILABLE, Some(LoginRefusal::Unavailable)))
        }
        _ => Err(fault),
    }
}

fn password_sentence(refusal: &Refusal) -> String {
    if refusal.rule == "required" { "Enter your password.".to_owned() } else { sentence(refusal) }
}

/// The host on whose behalf a system is to be created, where that is where one goes next.
fn asking_host(context: &Context, next: &str) -> Option<String> {
    let url = context.settings.base_url.url().join(next).ok().filter(|url| url.path() == "/system-creation")?;
    let callback = url.query_pairs().find(|(name, _)| name == "callback_url")?.1;
    CallbackUrl::parse_text(&callback).ok().map(|callback| callback.host_display())
}

async fn sign_out(visit: Visit<Option<Caller>>) -> Result<Response, Fault> {
    if let Some(caller) = &visit.caller {
        visit.context.sign_out(caller).await?;
    }
    let expired = set_cookie(&visit.context, visit.cookies.session, "", Some(0));
    let mut to = "/login?notice=signed-out".to_owned();
    if let Some(next) = visit.field("next") {
        let next = local_path(&visit.context, next);
        to.push_str("&next=");
        to.extend(url::form_urlencoded::byte_serialize(next.as_bytes()));
    }
    Cookies::default().and(expired).redirect(&to)
}
