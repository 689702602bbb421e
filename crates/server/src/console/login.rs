//! Signing in and out.

use axum::response::Response;
use bailiwick_app::caller::{Caller, Origin};
use bailiwick_app::context::{Context, Identity};
use bailiwick_app::settings::Registration;
use bailiwick_app::sign_in::{BrowserSession, Credentials};
use bailiwick_contract::page::{Guest, Page, Visit};
use bailiwick_domain::callback::CallbackUrl;
use bailiwick_domain::fault::{Class, Code, Fault};
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::password::Password;
use bailiwick_domain::time::Span;
use http::StatusCode;
use http::header::RETRY_AFTER;

use super::fault::log_answered_by_form;
use super::frame::{Cookies, Frame, local_path, sentence, set_cookie, sign_in_cookies};
use super::impersonation::{end_own_session, forget_own, own_session};
use super::theme::theme_cookie;
use super::view::layout::{Field, THEME_COOKIE};
use super::view::login::{LoginNotice, LoginPage, LoginRefusal};
use super::view::register::with_next;

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/login", "login").visitor().while_impersonating().handle(show),
        Page::post("/login", "login-submit").visitor().handle(submit),
        Page::post("/logout", "logout").visitor().while_impersonating().handle(sign_out),
    ]
}

async fn show(visit: Visit<Guest>) -> Result<Response, Fault> {
    let next = local_path(&visit.context, visit.query_member("next").unwrap_or("/"));
    let frame = Frame::new(&visit, None, None);
    if visit.caller.caller().is_some() {
        return Cookies::default().redirect(&next);
    }
    // Whoever acted as somebody else acts as themselves again once that is over.
    if let Some(cookies) = own_session(&visit).await? {
        return cookies.redirect(&next);
    }
    let notice = match visit.query_member("notice") {
        _ if !visit.context.is_set_up().await? => Some(LoginNotice::NotSetUp),
        Some("signed-out") => Some(LoginNotice::SignedOut),
        Some("set-up") => Some(LoginNotice::SetUp),
        Some("password-set") => Some(LoginNotice::PasswordSet),
        Some("registered") => Some(LoginNotice::Registered),
        Some("confirmed") => Some(LoginNotice::Confirmed),
        // One registered, and came back before one confirmed one's address.
        _ if matches!(visit.caller, Guest::Waiting(_)) => Some(LoginNotice::Registered),
        // A cookie that nobody stands behind any more: the session ended by itself.
        _ if visit.cookie(visit.cookies.session).is_some() => Some(LoginNotice::SessionEnded),
        _ => None,
    };
    let (layout, cookies) = frame.take();
    let page = LoginPage {
        layout,
        for_host: asking_host(&visit.context, &next),
        register_address: register_address(&visit.context, &next),
        next,
        email: Field::new(""),
        password_error: None,
        keep: false,
        refusal: None,
        notice,
    };
    cookies.page(StatusCode::OK, &page)
}

async fn submit(visit: Visit<Guest>) -> Result<Response, Fault> {
    let next = local_path(&visit.context, visit.field("next").unwrap_or("/"));
    let email = visit.field("email").unwrap_or_default().trim().to_owned();
    let keep = visit.field("keep").is_some();
    let password = Password::parse_text(visit.field("password").unwrap_or_default());

    let outcome = match &password {
        Ok(password) if !email.is_empty() => {
            let credentials = Credentials { email: email.clone(), password: password.clone() };
            Some(visit.context.sign_in_browser(credentials, keep, &visit.origin, visit.user_agent()).await)
        }
        _ => None,
    };
    let (status, refusal) = match outcome {
        Some(Ok(session)) => {
            let cookies = sign_in_cookies(&visit, &session).await;
            return own_theme(&visit, &session).await.into_iter().fold(cookies, Cookies::and).redirect(&next);
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
        register_address: register_address(&visit.context, &next),
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

/// The cookie by which a browser where nobody chose a theme takes over that of the account.
async fn own_theme(visit: &Visit<Guest>, session: &BrowserSession) -> Option<String> {
    if visit.cookie(THEME_COOKIE).is_some() {
        return None;
    }
    // Whoever is signed in need not hear that this did not work.
    let Identity { principal, credential } = visit.context.identify_cookie(session.cookie.expose()).await.ok()?;
    let caller = Caller { principal, credential, origin: visit.origin, right: None };
    let account = visit.context.show_account(&caller, caller.principal.user).await.ok()?;
    account.theme.map(|theme| theme_cookie(&visit.context, theme))
}

/// For programs: the seconds after which another attempt counts.
const fn retry_after(refusal: &LoginRefusal) -> Option<i64> {
    match refusal {
        LoginRefusal::Throttled { seconds } => Some(*seconds),
        LoginRefusal::Unavailable | LoginRefusal::Unconfirmed | LoginRefusal::WrongCredentials => None,
    }
}

/// What the form says to a fault; faults that have nothing to do with signing in go on.
fn refused(fault: Fault, origin: &Origin) -> Result<(StatusCode, Option<LoginRefusal>), Fault> {
    let seconds = fault.retry_after.map_or(1, Span::as_seconds_rounded_up);
    match (fault.code, fault.code.class()) {
        (Code::WrongCredentials, _) => Ok((StatusCode::UNAUTHORIZED, Some(LoginRefusal::WrongCredentials))),
        (Code::AddressUnconfirmed, _) => Ok((StatusCode::FORBIDDEN, Some(LoginRefusal::Unconfirmed))),
        (_, Class::TooMany) => Ok((StatusCode::TOO_MANY_REQUESTS, Some(LoginRefusal::Throttled { seconds }))),
        (_, Class::Unavailable) => {
            log_answered_by_form(&fault, origin);
            Ok((StatusCode::SERVICE_UNAVAILABLE, Some(LoginRefusal::Unavailable)))
        }
        _ => Err(fault),
    }
}

/// What a form says of a password that one has.
pub(super) fn password_sentence(refusal: &Refusal) -> String {
    if refusal.rule == "required" { "Enter your password.".to_owned() } else { sentence(refusal) }
}

/// Where one creates an account and then goes on, where everybody may create one.
fn register_address(context: &Context, next: &str) -> Option<String> {
    (context.settings.registration == Registration::Open).then(|| with_next("/register", next))
}

/// The host on whose behalf a system is to be created, where that is where one goes next.
fn asking_host(context: &Context, next: &str) -> Option<String> {
    let url = context.settings.base_url.url().join(next).ok().filter(|url| url.path() == "/system-creation")?;
    let callback = url.query_pairs().find(|(name, _)| name == "callback_url")?.1;
    CallbackUrl::parse_text(&callback).ok().map(|callback| callback.host_display())
}

async fn sign_out(visit: Visit<Guest>) -> Result<Response, Fault> {
    if let Some(caller) = visit.caller.holder() {
        visit.context.sign_out(caller).await?;
    }
    end_own_session(&visit).await?;
    let expired = set_cookie(&visit.context, visit.cookies.session, "", Some(0));
    let next = local_path(&visit.context, visit.field("next").unwrap_or("/"));
    let to = with_next("/login?notice=signed-out", &next);
    forget_own(&visit, Cookies::default()).and(expired).redirect(&to)
}
