//! What every page carries, and how a page becomes an answer.

use askama::Template;
use axum::body::Body;
use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::context::Context;
use bailiwick_app::sign_in::BrowserSession;
use bailiwick_contract::cookie::{CookieNames, cookie};
use bailiwick_contract::page::{Guest, Visit};
use bailiwick_domain::account::Language;
use bailiwick_domain::device::KNOWN_FOR;
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::Refusal;
use bailiwick_domain::principal::Membership;
use bailiwick_domain::role::Right;
use bailiwick_domain::secret::SecretText;
use data_encoding::BASE64URL_NOPAD;
use http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, LOCATION, RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::fault::log_answered_by_form;
use super::impersonation::{end_own_session, forget_own};
use super::view::layout::{Acting, Active, Choice, Field, Layout, Nav, PasswordProblem, THEME_COOKIE, theme_of};

/// Random bytes in the cookie that form tokens are bound to.
const FORM_COOKIE_BYTES: usize = 16;
/// The longest form cookie that is believed to be ours.
const FORM_COOKIE_LENGTH_MAX: usize = 64;

/// A page on its way out: the layout it is given, and the cookies it sets.
pub(super) struct Frame {
    pub(super) layout: Layout,
    cookies: Vec<String>,
}

impl Frame {
    /// The frame of a page for this visit; `caller` is who is signed in.
    pub(super) fn new<C>(visit: &Visit<C>, caller: Option<&Caller>, active: Option<Active>) -> Self {
        let path = visit.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let nav = caller.zip(active).map(|(caller, active)| nav(caller, active));
        let mut frame = Self::for_request(&visit.context, &visit.headers, visit.cookies, path, nav);
        if let Some(caller) = caller {
            let principal = &caller.principal;
            let person = Some(principal.name.to_string());
            frame.layout.acting = principal.impersonator.as_ref().map(|_| Acting { person });
        }
        frame
    }

    /// The same for an answer to a POST, which a second GET would not show.
    pub(super) fn of_post<C>(visit: &Visit<C>) -> Self {
        Self::for_request(&visit.context, &visit.headers, visit.cookies, String::new(), None)
    }

    pub(super) fn for_request(
        context: &Context,
        headers: &HeaderMap,
        names: CookieNames,
        path: String,
        nav: Option<Nav>,
    ) -> Self {
        let theme = theme_of(cookie(headers, THEME_COOKIE).unwrap_or_default());
        let known = cookie(headers, names.form).filter(|value| is_form_cookie(value));
        let (form_cookie, cookies) = if let Some(value) = known {
            (value.to_owned(), Vec::new())
        } else {
            let value = BASE64URL_NOPAD.encode(&context.random.bytes::<FORM_COOKIE_BYTES>());
            let set = set_cookie(context, names.form, &value, None);
            (value, vec![set])
        };
        let form_token = context.form_token(&form_cookie);
        // Where nobody looks who it is, a session that is kept aside says that another one took its place.
        let acting = cookie(headers, names.own).map(|_| Acting::default());
        Self { layout: Layout { theme, path, form_token, nav, acting }, cookies }
    }

    /// The layout, to be moved into a page.
    pub(super) fn take(self) -> (Layout, Cookies) {
        (self.layout, Cookies(self.cookies))
    }
}

/// Cookies that an answer sets.
#[derive(Default)]
pub(super) struct Cookies(Vec<String>);

impl Cookies {
    /// Sets one more.
    pub(super) fn and(mut self, cookie: String) -> Self {
        self.0.push(cookie);
        self
    }

    /// The page as an answer; one that comes too early (503) says when to try again.
    pub(super) fn page(self, status: StatusCode, page: &impl Template) -> Result<Response, Fault> {
        let html = page.render().map_err(Fault::broken)?;
        let mut response = Response::new(Body::from(html));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(1));
        }
        self.write(response)
    }

    /// On to another page of ours (303: the browser asks for it with GET).
    pub(super) fn redirect(self, to: &str) -> Result<Response, Fault> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SEE_OTHER;
        let to = HeaderValue::try_from(to).map_err(Fault::broken)?;
        response.headers_mut().insert(LOCATION, to);
        self.write(response)
    }

    fn write(self, mut response: Response) -> Result<Response, Fault> {
        for cookie in self.0 {
            response.headers_mut().append(SET_COOKIE, HeaderValue::try_from(cookie).map_err(Fault::broken)?);
        }
        Ok(response)
    }
}

/// What a form says under a field that was refused.
pub(super) fn sentence(refusal: &Refusal) -> String {
    format!("Must be {}.", refusal.expected.trim_end_matches('.'))
}

/// A field as it was typed, with what is wrong with it.
pub(super) fn typed_field(typed: &str, refusal: Option<&Refusal>) -> Field {
    Field { value: typed.to_owned(), error: refusal.map(sentence) }
}

/// What a form says of a chosen password: what is wrong, and then, in sentences of its own, what would help.
pub(super) fn password_problem(refusal: Option<&Refusal>) -> PasswordProblem {
    let Some(refusal) = refusal else { return PasswordProblem::default() };
    let mut sentences = refusal.expected.split_inclusive(". ").map(str::trim);
    let error = sentences.next().map(|first| format!("Must be {}.", first.trim_end_matches('.')));
    PasswordProblem { error, advice: sentences.map(str::to_owned).collect() }
}

/// The best of our languages for this browser, where it asks for one of them.
pub(super) fn language(headers: &HeaderMap) -> Option<Language> {
    Language::accepted(headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?)
}

/// The value of a `Set-Cookie` for our own eyes (RFC 6265bis): with a lifetime in
/// seconds, or until the browser closes.
pub(super) fn set_cookie(context: &Context, name: &str, value: &str, lifetime_s: Option<i64>) -> String {
    let secure = if context.settings.base_url.is_https() { "; Secure" } else { "" };
    let age = lifetime_s.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")
}

/// Ends the session that the browser has had until now, which is about to lose it. Where that fails, what was done
/// before stands: the session is left to expire.
async fn end_previous(visit: &Visit<Guest>) {
    if let Some(caller) = visit.caller.holder()
        && let Err(fault) = visit.context.sign_out(caller).await
    {
        log_answered_by_form(&fault, &visit.origin);
    }
    if let Err(fault) = end_own_session(visit).await {
        log_answered_by_form(&fault, &visit.origin);
    }
}

/// Takes its session from a browser, and ends it.
pub(super) async fn dismiss(visit: &Visit<Guest>) -> Cookies {
    end_previous(visit).await;
    forget_own(visit, Cookies::default()).and(set_cookie(&visit.context, visit.cookies.session, "", Some(0)))
}

/// The cookies of a browser that has just signed in, in the place of the session that it has had until now. The
/// device cookie outlives the session: the account knows the browser by it when somebody signs in again.
pub(super) async fn sign_in_cookies(visit: &Visit<Guest>, session: &BrowserSession) -> Cookies {
    end_previous(visit).await;
    let lifetime = session.expires_at.since(visit.context.now()).as_seconds();
    let lifetime = session.is_kept.then_some(lifetime);
    let cookies = forget_own(visit, Cookies::default()).and(set_cookie(
        &visit.context,
        visit.cookies.session,
        session.cookie.expose(),
        lifetime,
    ));
    let device = session.device.as_ref().map(SecretText::expose).or_else(|| visit.cookie(visit.cookies.device));
    let Some(device) = device else { return cookies };
    cookies.and(set_cookie(&visit.context, visit.cookies.device, device, Some(KNOWN_FOR.as_seconds())))
}

/// Where to go after signing in: a path of ours, or home.
pub(super) fn local_path(context: &Context, wanted: &str) -> String {
    let base = context.settings.base_url.url();
    let is_path = wanted.starts_with('/') && !wanted.contains(['\\', '\r', '\n', '\t']);
    // Joined as a browser would join it: `//elsewhere` leads away.
    let joined = is_path.then(|| base.join(wanted).ok()).flatten().filter(|url| url.origin() == base.origin());
    let path = joined.map(|url| url[url::Position::BeforePath..].to_owned());
    // And once more: `/..//elsewhere` has become `//elsewhere` on the way.
    path.filter(|path| !path.starts_with("//")).unwrap_or_else(|| "/".to_owned())
}

fn is_form_cookie(value: &str) -> bool {
    let length = value.len();
    length > 0
        && length <= FORM_COOKIE_LENGTH_MAX
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn nav(caller: &Caller, active: Active) -> Nav {
    let principal = &caller.principal;
    let organisation = principal.current_membership().map(|membership| membership.organisation_name.to_string());
    let choice = |membership: &Membership| Choice {
        value: membership.organisation.to_string(),
        label: membership.organisation_name.to_string(),
        selected: principal.current_organisation == Some(membership.organisation),
    };
    let organisations: Vec<_> = principal.memberships.iter().map(choice).collect();
    let may_see =
        |(part, right): (Active, Option<Right>)| right.is_none_or(|right| principal.holds(right)).then_some(part);
    Nav {
        user_name: principal.name.to_string(),
        user_email: principal.email.to_string(),
        organisation_name: organisation.unwrap_or_default(),
        organisations: if organisations.len() > 1 { organisations } else { Vec::new() },
        parts: Active::PARTS.into_iter().filter_map(may_see).collect(),
        active,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
    use super::*;
    use crate::console::view::error::ErrorPage;

    #[test]
    fn a_page_that_comes_too_early_says_when_to_try_again() {
        for (status, expected) in [(StatusCode::SERVICE_UNAVAILABLE, Some("1")), (StatusCode::OK, None)] {
            let (_, page) = ErrorPage::samples("").pop().unwrap();
            let response = Cookies::default().page(status, &page).unwrap();
            let seconds = response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap());
            assert_eq!(seconds, expected, "{status}");
        }
    }
}
