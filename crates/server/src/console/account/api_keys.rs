//! One's API keys: made, shown once, revoked.

use axum::response::Response;
use bailiwick_app::api_key::{ApiKeyDraft, ApiKeyRecord};
use bailiwick_app::caller::Caller;
use bailiwick_contract::page::Visit;
use bailiwick_domain::api_key::{KeyAccess, KeyDays};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::ApiKeyId;
use bailiwick_domain::name::Name;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::frame::{Cookies, typed_field};
use super::super::view::account::AccountNotice;
use super::super::view::account::api_keys::{KeyForm, KeyRow, KeysSection, MadeKey};
use super::super::view::layout::Moment;
use super::{Forms, answer, done};

/// Keys that are listed: as many as keep the page under 30 KB. Living ones are all among them.
const LISTED_MAX: usize = 10;

/// The keys as they are now, with what was typed and made.
pub(super) async fn section(
    visit: &Visit<Caller>,
    form: Option<KeyForm>,
    made: Option<MadeKey>,
) -> Result<KeysSection, Fault> {
    let now = visit.context.now();
    let mut keys = visit.context.own_api_keys(&visit.caller).await?;
    let living = keys.iter().filter(|key| key.expires_at > now).count();
    // The newest first, and the living before those that have expired.
    keys.sort_by_key(|key| key.expires_at <= now);
    let rows = keys.into_iter().take(LISTED_MAX).map(|key| row(visit, key)).collect();
    Ok(KeysSection { rows, living, made, form: form.unwrap_or_default() })
}

fn row(visit: &Visit<Caller>, key: ApiKeyRecord) -> KeyRow {
    let now = visit.context.now();
    KeyRow {
        id: key.id.to_string(),
        name: key.name.to_string(),
        access: match key.access {
            KeyAccess::Read => "Reads",
            KeyAccess::Write => "Reads and writes",
        },
        last_use: key.last_used_at.map(|at| (Moment::new(now, at), key.last_address.unwrap_or_default())),
        created: Moment::new(now, key.created_at),
        expires: Moment::new(now, key.expires_at),
        is_expired: key.expires_at <= now,
    }
}

pub(super) async fn make(visit: &Visit<Caller>) -> Result<Response, Fault> {
    let typed = |name: &str| visit.field(name).unwrap_or_default();
    let (name, days) = (Name::parse_text(typed("key_name")), KeyDays::parse_text(typed("key_days").trim()));
    // What the form offers to choose from has no wrong answers; what it does not offer reads.
    let access = KeyAccess::parse_text(typed("key_access")).unwrap_or(KeyAccess::Read);
    let mut form = KeyForm {
        name: typed_field(typed("key_name"), name.as_ref().err()),
        writes: access == KeyAccess::Write,
        days: typed_field(typed("key_days"), days.as_ref().err()),
        alert: None,
    };
    let (Ok(name), Ok(days)) = (name, days) else {
        let forms = Forms { key: Some(form), ..Forms::default() };
        return answer(visit, StatusCode::UNPROCESSABLE_ENTITY, forms, None).await;
    };
    match visit.context.create_api_key(&visit.caller, ApiKeyDraft { name, access, days }).await {
        Ok(made) => {
            let made = MadeKey { name: made.record.name.to_string(), text: made.key.expose().to_owned() };
            answer(visit, StatusCode::CREATED, Forms { made: Some(made), ..Forms::default() }, None).await
        }
        Err(fault) => {
            let wrong = FormFault::of(fault, &visit.origin)?;
            form.alert = Some(wrong.alert.clone());
            let forms = Forms { key: Some(form), ..Forms::default() };
            Ok(wrong.mark(answer(visit, wrong.status, forms, None).await?))
        }
    }
}

pub(super) async fn revoke(visit: &Visit<Caller>) -> Result<Response, Fault> {
    let id = ApiKeyId::parse_text(visit.field("key").unwrap_or_default()).map_err(|_| Code::ApiKeyNotFound)?;
    match visit.context.revoke_own_api_key(&visit.caller, id).await {
        // What a first click revoked is as revoked for the second one.
        Err(fault) if fault.code != Code::ApiKeyNotFound => Err(fault),
        _ => done(AccountNotice::KeyRevoked, Cookies::default()),
    }
}
