//! What one says of oneself, and what one prefers.

use axum::response::Response;
use bailiwick_app::account::AccountChange;
use bailiwick_app::caller::Caller;
use bailiwick_contract::page::Visit;
use bailiwick_domain::account::{Language, PhoneNumber, Theme};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::{Parse, Patch, Refusal};
use bailiwick_domain::name::Name;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::frame::{Cookies, typed_field};
use super::super::theme::theme_cookie;
use super::super::view::account::{AccountNotice, PreferencesForm, ProfileForm};
use super::{Forms, answer, done};

/// Reads a field that may be left blank, which clears it.
fn clearable<T: Parse>(typed: &str) -> Result<Patch<T>, Refusal> {
    if typed.trim().is_empty() { Ok(Patch::Clear) } else { T::parse_text(typed).map(Patch::Set) }
}

pub(super) async fn change(visit: &Visit<Caller>) -> Result<Response, Fault> {
    let typed = |name: &str| visit.field(name).unwrap_or_default();
    let name = Name::parse_text(typed("name"));
    let phone_number = clearable::<PhoneNumber>(typed("phone_number"));
    let job_title = clearable::<Name>(typed("job_title"));
    let mut form = ProfileForm {
        name: typed_field(typed("name"), name.as_ref().err()),
        phone_number: typed_field(typed("phone_number"), phone_number.as_ref().err()),
        job_title: typed_field(typed("job_title"), job_title.as_ref().err()),
        alert: None,
    };
    let (Ok(name), Ok(phone_number), Ok(job_title)) = (name, phone_number, job_title) else {
        let forms = Forms { profile: Some(form), ..Forms::default() };
        return answer(visit, StatusCode::UNPROCESSABLE_ENTITY, forms, None).await;
    };
    let change = AccountChange { name: Some(name), phone_number, job_title, ..AccountChange::default() };
    match visit.context.change_account(&visit.caller, visit.caller.principal.user, change).await {
        Ok(_) => done(AccountNotice::Profile, Cookies::default()),
        Err(fault) => {
            let wrong = FormFault::of(fault, &visit.origin)?;
            form.alert = Some(wrong.alert);
            answer(visit, wrong.status, Forms { profile: Some(form), ..Forms::default() }, None).await
        }
    }
}

/// What the form offers to choose from has no wrong answers; what it does not offer counts as not chosen.
pub(super) async fn prefer(visit: &Visit<Caller>) -> Result<Response, Fault> {
    let language = visit.field("language").and_then(|tag| Language::parse_text(tag).ok());
    let theme = visit.field("theme").and_then(|name| Theme::parse_text(name).ok());
    let newsletter = visit.field("newsletter").is_some();
    let change = AccountChange {
        language: language.map_or(Patch::Clear, Patch::Set),
        theme,
        newsletter: Some(newsletter),
        ..AccountChange::default()
    };
    match visit.context.change_account(&visit.caller, visit.caller.principal.user, change).await {
        Ok(_) => {
            let cookie = theme.map(|theme| theme_cookie(&visit.context, theme));
            done(AccountNotice::Preferences, cookie.into_iter().fold(Cookies::default(), Cookies::and))
        }
        Err(fault) => {
            let wrong = FormFault::of(fault, &visit.origin)?;
            let form = PreferencesForm { language, theme, newsletter, alert: Some(wrong.alert) };
            answer(visit, wrong.status, Forms { preferences: Some(form), ..Forms::default() }, None).await
        }
    }
}
