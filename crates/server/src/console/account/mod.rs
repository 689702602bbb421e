//! Oneself: profile, preferences, password, API keys, support access, sessions.

mod api_keys;
mod password;
mod profile;
mod sessions;
mod support;

use axum::response::Response;
use bailiwick_app::account::SESSIONS_LISTED_MAX;
use bailiwick_app::caller::Caller;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use http::StatusCode;

use super::fault::FormFault;
use super::frame::{Cookies, Frame};
use super::view::account::api_keys::{KeyForm, MadeKey};
use super::view::account::{AccountNotice, AccountPage, PasswordForm, PreferencesForm, ProfileForm};
use super::view::layout::{Active, Field};

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/account", "account").member().handle(show),
        Page::post("/account", "account-submit").member().handle(submit),
        Page::get("/account/impersonations/{impersonation_id}", "account-impersonation").member().handle(support::show),
    ]
}

/// The forms of the page where they differ from what is kept.
#[derive(Default)]
struct Forms {
    profile: Option<ProfileForm>,
    preferences: Option<PreferencesForm>,
    password: PasswordForm,
    confirmation_alert: Option<String>,
    key: Option<KeyForm>,
    made: Option<MadeKey>,
    support_alert: Option<String>,
}

async fn show(visit: Visit<Caller>) -> Result<Response, Fault> {
    let notice = visit.query_member("notice").and_then(AccountNotice::from_key);
    answer(&visit, StatusCode::OK, Forms::default(), notice).await
}

async fn submit(visit: Visit<Caller>) -> Result<Response, Fault> {
    match visit.field("act").unwrap_or_default() {
        "confirmation" => send_confirmation(&visit).await,
        "profile" => profile::change(&visit).await,
        "preferences" => profile::prefer(&visit).await,
        "password" => password::change(&visit).await,
        "sessions" => sessions::end(&visit).await,
        "key" => api_keys::make(&visit).await,
        "keys" => api_keys::revoke(&visit).await,
        "consent" => support::consent(&visit).await,
        "revoke-consent" => support::revoke(&visit).await,
        _ => Err(Code::ValidationFailed.into()),
    }
}

async fn send_confirmation(visit: &Visit<Caller>) -> Result<Response, Fault> {
    match visit.context.send_confirmation(&visit.caller).await {
        Ok(_) => done(AccountNotice::LinkSent, Cookies::default()),
        // In another window, by the link.
        Err(fault) if fault.code == Code::AlreadyConfirmed => done(AccountNotice::Confirmed, Cookies::default()),
        Err(fault) => {
            let wrong = FormFault::of(fault, &visit.origin)?;
            let forms = Forms { confirmation_alert: Some(wrong.alert.clone()), ..Forms::default() };
            Ok(wrong.mark(answer(visit, wrong.status, forms, None).await?))
        }
    }
}

/// Leads to the page, which then says what was done.
fn done(notice: AccountNotice, cookies: Cookies) -> Result<Response, Fault> {
    cookies.redirect(&notice.address())
}

/// Shows the page with these forms, and with what is kept in the others.
async fn answer(
    visit: &Visit<Caller>,
    status: StatusCode,
    forms: Forms,
    notice: Option<AccountNotice>,
) -> Result<Response, Fault> {
    let account = visit.context.show_account(&visit.caller, visit.caller.principal.user).await?;
    let (sessions, session_count) = sessions::rows(visit).await?;
    let keys = api_keys::section(visit, forms.key, forms.made).await?;
    let support = support::section(visit, forms.support_alert).await?;
    let kept = |text: Option<String>| Field::new(text.unwrap_or_default());
    let profile = forms.profile.unwrap_or_else(|| ProfileForm {
        name: Field::new(account.name.as_str()),
        phone_number: kept(account.phone_number.map(|number| number.as_str().to_owned())),
        job_title: kept(account.job_title.map(|title| title.to_string())),
        alert: None,
    });
    let preferences = forms.preferences.unwrap_or(PreferencesForm {
        language: account.language,
        theme: None,
        newsletter: account.newsletter,
        alert: None,
    });
    let (mut layout, cookies) = Frame::new(visit, Some(&visit.caller), Some(Active::Account)).take();
    // What was just done, or is wrong, is not for whoever comes back.
    layout.path = if status == StatusCode::OK { "/account".to_owned() } else { String::new() };
    let page = AccountPage {
        layout,
        email: account.email.to_string(),
        is_confirmed: account.confirmed_at.is_some(),
        confirmation_alert: forms.confirmation_alert,
        profile,
        preferences,
        password: forms.password,
        keys,
        support,
        sessions,
        session_count,
        are_all_counted: session_count < SESSIONS_LISTED_MAX,
        notice,
    };
    cookies.page(status, &page)
}
