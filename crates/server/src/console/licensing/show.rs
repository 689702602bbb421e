//! One licence with its terms, its systems and its history; and where something was refused of it, why.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::licensing::licence::{BoundSystem, ChangeRecord, LicenceRecord};
use bailiwick_app::overview::{LicenceOverview, LicencePowers};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::id::LicenceId;
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::view::layout::{Active, Moment};
use super::super::view::licence::{BoundRow, LicenceFacts, LicenceNotice, LicencePage};
use super::super::view::licensing::{change_words, licence_next, licence_why, money, opened, provided, share};
use super::super::view::list::{Paging, address};
use super::super::view::organisation::{Crumb, HistoryRow};
use super::{HISTORY_ROWS, crumb, frame, named_licence, page_number, slice, somebody, to};

pub(super) fn pages() -> Vec<Page> {
    vec![Page::get("/licences/{licence_id}", "licence").needs(Right::ReadLicences).while_impersonating().handle(show)]
}

async fn show(visit: Visit<Caller>) -> Result<Response, Fault> {
    let overview = overview(&visit).await?;
    let notice = visit.query_member("notice").and_then(LicenceNotice::from_key);
    answer(&visit, overview, notice, None)
}

/// The licence of a page, and what one may do with it.
pub(super) async fn overview(visit: &Visit<Caller>) -> Result<LicenceOverview, Fault> {
    let history = slice(page_number(visit), HISTORY_ROWS);
    visit.context.licence_overview(&visit.caller, named_licence(visit)?, history).await
}

/// The page of a licence of which something was refused, which it says.
pub(super) async fn refused(visit: &Visit<Caller>, fault: Fault) -> Result<Response, Fault> {
    let wrong = FormFault::of_act(fault, &visit.origin)?;
    let overview = overview(visit).await?;
    Ok(wrong.mark(answer(visit, overview, None, Some(&wrong))?))
}

/// Leads to the page of a licence, which then says what was done.
pub(super) fn done(id: LicenceId, notice: LicenceNotice) -> Result<Response, Fault> {
    to(&notice.address(&id.to_string()))
}

/// The way to the page of a licence.
pub(super) fn way(licence: &LicenceRecord) -> Vec<Crumb> {
    let name = format!("{} of {}", licence.agreement_name, licence.holder_name);
    vec![crumb("/licences", "Licences"), crumb(format!("/licences/{}", licence.id), name)]
}

fn answer(
    visit: &Visit<Caller>,
    overview: LicenceOverview,
    notice: Option<LicenceNotice>,
    wrong: Option<&FormFault>,
) -> Result<Response, Fault> {
    let (now, page) = (visit.context.now(), page_number(visit));
    let status = wrong.map_or(StatusCode::OK, |wrong| wrong.status);
    let (mut layout, cookies) = frame(visit, Active::Licences, status);
    let LicenceOverview { licence, powers, systems, history, .. } = overview;
    let path = format!("/licences/{}", licence.id);
    // What was just done is not for whoever comes back.
    if notice.is_some() {
        layout.path.clone_from(&path);
    }
    let at = |page: u32| address(&path, &[("page", if page > 1 { page.to_string() } else { String::new() }.as_str())]);
    let rows: Vec<_> = history.items.iter().map(|change| happened(now, change)).collect();
    let shown = LicencePage {
        layout,
        notice: notice.map(LicenceNotice::words),
        alert: wrong.map(|wrong| wrong.alert.clone()),
        above: vec![crumb("/licences", "Licences")],
        facts: facts(now, &licence, powers),
        powers,
        systems: systems.items.iter().map(|system| bound(now, system)).collect(),
        paging: Paging::new(page, HISTORY_ROWS, rows.len(), history.total, at),
        history: rows,
    };
    cookies.page(status, &shown)
}

fn facts(now: Timestamp, licence: &LicenceRecord, powers: LicencePowers) -> LicenceFacts {
    let (standing, moment) = (licence.facts().standing(now), |at| Moment::new(now, at));
    let LicenceRecord { provider, provider_name, signer_name, .. } = licence;
    let provider = provider.as_ref().zip(provider_name.as_ref());
    LicenceFacts {
        id: licence.id.to_string(),
        key: licence.key.to_string(),
        agreement: (
            format!("/agreements/{}", licence.agreement),
            licence.agreement_name.to_string(),
            licence.agreement_version,
        ),
        kind: licence.agreement_kind.to_string(),
        holder: (licence.holder.to_string(), licence.holder_name.to_string()),
        provider: provider.map(|(id, name)| (id.to_string(), name.to_string())),
        state: standing.state,
        why: licence_why(&standing),
        next: licence_next(&standing, licence.signed_at.is_some(), powers.may_decide),
        price: money(licence.amount_per_month),
        discount: share(licence.discount),
        net: money(licence.amount_per_month.after(licence.discount)),
        begins: moment(licence.starts_at),
        ends: licence.expires_at.map(moment),
        grace_ends: licence.facts().grace_ends_at().filter(|end| licence.expires_at != Some(*end)).map(moment),
        paid_until: licence.paid_until_at.map(moment),
        signed: licence.signed_at.map(|at| (moment(at), signer_name.as_ref().map(ToString::to_string))),
        provides: provided(&licence.provides),
        catalogues: opened(&licence.catalogues),
        bound: licence.bound,
        systems: licence.systems,
        pool: licence.pool.filter(|_| powers.may_decide).map(|pool| pool.to_string()),
        is_suspended: licence.suspended_at.is_some(),
        is_revoked: licence.revoked_at.is_some(),
    }
}

fn bound(now: Timestamp, system: &BoundSystem) -> BoundRow {
    BoundRow {
        id: system.id.to_string(),
        name: system.name.to_string(),
        system_type: system.kind.to_string(),
        since: Moment::new(now, system.bound_at),
    }
}

fn happened(now: Timestamp, change: &ChangeRecord) -> HistoryRow {
    HistoryRow {
        at: Moment::new(now, change.at),
        who: somebody(change.by_name.as_ref()),
        what: change_words(change.kind, &change.details),
    }
}
