//! Whom one lets act as one, and what they did.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::impersonation::{ActRecord, ImpersonationRecord};
use bailiwick_contract::page::Visit;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::SessionId;
use bailiwick_domain::impersonation::ConsentHours;
use bailiwick_domain::page::{Page, PageNumber, PageSize};
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::frame::{Cookies, Frame, sentence};
use super::super::view::account::AccountNotice;
use super::super::view::account::support::{ActRow, ImpersonationPage, ImpersonationRow, SupportSection};
use super::super::view::layout::{Active, Moment};
use super::{Forms, answer, done};

/// Those who acted as one who are listed: as many as keep the page under 30 KB.
const LISTED_MAX: usize = 10;
/// Acts on a page of their own.
const ACTS_ON_A_PAGE: &str = "50";

/// The consent as it is now, and who acted as one.
pub(super) async fn section(visit: &Visit<Caller>, alert: Option<String>) -> Result<SupportSection, Fault> {
    let now = visit.context.now();
    let consent = visit.context.own_consent(&visit.caller).await?;
    let all = visit.context.own_impersonations(&visit.caller).await?;
    let unlisted = all.len().saturating_sub(LISTED_MAX);
    Ok(SupportSection {
        consented_until: consent.map(|consent| Moment::new(now, consent.expires_at)),
        alert,
        rows: all.iter().take(LISTED_MAX).map(|record| row(visit, record)).collect(),
        unlisted,
    })
}

fn row(visit: &Visit<Caller>, record: &ImpersonationRecord) -> ImpersonationRow {
    let now = visit.context.now();
    ImpersonationRow {
        address: address(record.id),
        actor: record.actor_name.to_string(),
        started: Moment::new(now, record.started_at),
        ended: record.ended_at.map(|ended| Moment::new(now, ended)),
        is_running: record.is_running,
        acts: record.acts,
    }
}

fn address(id: SessionId) -> String {
    format!("/account/impersonations/{id}")
}

pub(super) async fn consent(visit: &Visit<Caller>) -> Result<Response, Fault> {
    let hours = match ConsentHours::parse_text(visit.field("hours").unwrap_or_default()) {
        Ok(hours) => hours,
        Err(refusal) => {
            let forms = Forms { support_alert: Some(sentence(&refusal)), ..Forms::default() };
            return answer(visit, StatusCode::UNPROCESSABLE_ENTITY, forms, None).await;
        }
    };
    match visit.context.grant_consent(&visit.caller, hours).await {
        Ok(_) => done(AccountNotice::Consented, Cookies::default()),
        Err(fault) => {
            let wrong = FormFault::of(fault, &visit.origin)?;
            let forms = Forms { support_alert: Some(wrong.alert.clone()), ..Forms::default() };
            Ok(wrong.mark(answer(visit, wrong.status, forms, None).await?))
        }
    }
}

pub(super) async fn revoke(visit: &Visit<Caller>) -> Result<Response, Fault> {
    match visit.context.revoke_consent(&visit.caller).await {
        // What a first click took back, or what ended by itself, is over for the second one.
        Err(fault) if fault.code != Code::ConsentNotFound => Err(fault),
        _ => done(AccountNotice::ConsentRevoked, Cookies::default()),
    }
}

/// What somebody did as one, a page at a time.
pub(super) async fn show(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = visit.parameter("impersonation_id").and_then(|id| SessionId::parse_text(id).ok());
    let id = id.ok_or(Code::ImpersonationNotFound)?;
    let number = PageNumber::parse_text(visit.query_member("page").unwrap_or_default()).unwrap_or_default();
    let size = PageSize::parse_text(ACTS_ON_A_PAGE).unwrap_or_default();
    let page = Page { number, size };
    let found = visit.context.acts_as_oneself(&visit.caller, id, page).await?;
    let all = visit.context.own_impersonations(&visit.caller).await?;
    let record = all.into_iter().find(|record| record.id == id).ok_or(Code::ImpersonationNotFound)?;
    let at = |number: u32| format!("{}?page={number}", address(id));
    let has_earlier = found.total > i64::from(number.get()) * i64::from(size.get());
    let (layout, cookies) = Frame::new(&visit, Some(&visit.caller), Some(Active::Account)).take();
    let page = ImpersonationPage {
        layout,
        row: row(&visit, &record),
        acts: found.acts.into_iter().map(|act| act_row(&visit, act)).collect(),
        earlier: has_earlier.then(|| at(number.get().saturating_add(1))),
        later: number.get().checked_sub(1).filter(|before| *before > 0).map(at),
    };
    cookies.page(StatusCode::OK, &page)
}

fn act_row(visit: &Visit<Caller>, act: ActRecord) -> ActRow {
    let is_change = act.kind == "change";
    let endpoint = visit.registry.endpoints().find(|info| !is_change && info.name == act.name);
    let words = match endpoint {
        Some(info) => info.summary.to_owned(),
        None if is_change => act.name,
        None if act.target.starts_with("GET ") => "Opened a page".to_owned(),
        None => "Sent a form".to_owned(),
    };
    ActRow { at: Moment::new(visit.context.now(), act.at), words, target: act.target, is_change }
}
