//! Pools of seats: as a picture with its table, and one of them.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::licensing::pool::{MoveRecord, PoolFilter, PoolRecord};
use bailiwick_app::overview::{PoolOverview, SeatFamily};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::FamilyId;
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::view::flow::{Flow, FlowPool};
use super::super::view::layout::{Active, Choice, Moment};
use super::super::view::licensing::move_words;
use super::super::view::list::{Paging, address};
use super::super::view::organisation::{Crumb, HistoryRow};
use super::super::view::organisations::kind_label;
use super::super::view::pools::{PoolNotice, PoolPage, PoolRow, PoolsPage, ROWS, ShownPools};
use super::{HISTORY_ROWS, crumb, frame, named_pool, page_number, slice};

pub(super) fn pages() -> Vec<Page> {
    let read = Right::ReadLicences;
    vec![
        Page::get("/pools", "pools").needs(read).while_impersonating().handle(list),
        Page::get("/pools/{pool_id}", "pool").needs(read).while_impersonating().handle(show),
    ]
}

async fn list(visit: Visit<Caller>) -> Result<Response, Fault> {
    let (context, caller) = (&visit.context, &visit.caller);
    let wanted = visit.query_member("agreement").and_then(|id| FamilyId::parse_text(id).ok());
    let families = context.seat_families(caller).await?;
    let is_wanted = |family: &&SeatFamily| Some(family.family) == wanted;
    let chosen = families.iter().find(is_wanted).or(families.first());
    let shown = match chosen {
        Some(family) => Some(pools(&visit, family, page_number(&visit)).await?),
        None => None,
    };
    let choice = |family: &SeatFamily| Choice {
        value: family.family.to_string(),
        label: family.name.to_string(),
        selected: chosen.is_some_and(|chosen| chosen.family == family.family),
    };
    let (layout, cookies) = frame(&visit, Active::Pools, StatusCode::OK);
    let page = PoolsPage {
        layout,
        agreements: families.iter().map(choice).collect(),
        shown,
        may_make: context.may_write_agreements(caller).await?,
        notice: None,
    };
    cookies.page(StatusCode::OK, &page)
}

async fn pools(visit: &Visit<Caller>, family: &SeatFamily, page: u32) -> Result<ShownPools, Fault> {
    let filter = PoolFilter { family: Some(family.family), holder: None };
    let found = visit.context.list_pools(&visit.caller, filter, slice(page, ROWS)).await?;
    let pictured: Vec<_> = found.items.iter().map(pictured).collect();
    let now = visit.context.now();
    let rows: Vec<_> = found.items.iter().map(|pool| row(now, pool)).collect();
    let id = family.family.to_string();
    let at = |page: u32| {
        let page = if page > 1 { page.to_string() } else { String::new() };
        address("/pools", &[("agreement", &id), ("page", &page)])
    };
    Ok(ShownPools {
        name: family.name.to_string(),
        flow: Flow::of(&pictured),
        paging: Paging::new(page, ROWS, rows.len(), found.total, at),
        rows,
    })
}

fn pictured(pool: &PoolRecord) -> FlowPool {
    FlowPool {
        id: pool.id.to_string(),
        parent: pool.parent.map(|parent| parent.to_string()),
        name: pool.holder_name.to_string(),
        seats: pool.seats,
        given: pool.given,
        used: pool.used,
    }
}

fn row(now: Timestamp, pool: &PoolRecord) -> PoolRow {
    PoolRow {
        id: pool.id.to_string(),
        holder: pool.holder_name.to_string(),
        kind: kind_label(pool.holder_kind),
        giver: pool.giver_name.as_ref().map(ToString::to_string),
        seats: pool.seats,
        given: pool.given,
        used: pool.used,
        free: pool.balance().free(),
        overdraft: pool.overdraft,
        ends: pool.expires_at.map(|at| Moment::new(now, at)),
    }
}

async fn show(visit: Visit<Caller>) -> Result<Response, Fault> {
    let overview = overview(&visit).await?;
    let notice = visit.query_member("notice").and_then(PoolNotice::from_key);
    answer(&visit, &overview, notice, None)
}

/// The pool of a page, and what one may do with it.
pub(super) async fn overview(visit: &Visit<Caller>) -> Result<PoolOverview, Fault> {
    let history = slice(page_number(visit), HISTORY_ROWS);
    visit.context.pool_overview(&visit.caller, named_pool(visit)?, history).await
}

/// The page of a pool of which something was refused, which it says.
pub(super) async fn refused(visit: &Visit<Caller>, fault: Fault) -> Result<Response, Fault> {
    let wrong = FormFault::of_act(fault, &visit.origin)?;
    let overview = overview(visit).await?;
    Ok(wrong.mark(answer(visit, &overview, None, Some(&wrong))?))
}

/// The way to the page of a pool.
pub(super) fn way(pool: &PoolRecord) -> Vec<Crumb> {
    let mut way = list_way(pool);
    way.push(crumb(format!("/pools/{}", pool.id), format!("Seats of {}", pool.holder_name)));
    way
}

/// The way to the pools of the same agreement.
fn list_way(pool: &PoolRecord) -> Vec<Crumb> {
    let of_it = address("/pools", &[("agreement", &pool.family.to_string())]);
    vec![crumb("/pools", "Seat pools"), crumb(of_it, pool.agreement_name.to_string())]
}

fn answer(
    visit: &Visit<Caller>,
    overview: &PoolOverview,
    notice: Option<PoolNotice>,
    wrong: Option<&FormFault>,
) -> Result<Response, Fault> {
    let PoolOverview { pool, powers, is_published, history } = overview;
    let (now, page) = (visit.context.now(), page_number(visit));
    let status = wrong.map_or(StatusCode::OK, |wrong| wrong.status);
    let (mut layout, cookies) = frame(visit, Active::Pools, status);
    let path = format!("/pools/{}", pool.id);
    // What was just done is not for whoever comes back.
    if notice.is_some() {
        layout.path.clone_from(&path);
    }
    let at = |page: u32| address(&path, &[("page", if page > 1 { page.to_string() } else { String::new() }.as_str())]);
    let rows: Vec<_> = history.items.iter().map(|moved| happened(now, moved)).collect();
    let page = PoolPage {
        layout,
        notice: notice.map(PoolNotice::words),
        alert: wrong.map(|wrong| wrong.alert.clone()),
        above: list_way(pool),
        row: row(now, pool),
        agreement: (format!("/agreements/{}", pool.agreement), pool.agreement_name.to_string()),
        holder_id: pool.holder.to_string(),
        parent: pool.parent.filter(|_| pool.giver.is_some()).map(|parent| parent.to_string()),
        powers: *powers,
        is_published: *is_published,
        is_over: pool.expires_at.is_some_and(|end| end <= now),
        paging: Paging::new(page, HISTORY_ROWS, rows.len(), history.total, at),
        history: rows,
    };
    cookies.page(status, &page)
}

fn happened(now: Timestamp, moved: &MoveRecord) -> HistoryRow {
    let other = moved.other_name.as_ref().map(ToString::to_string);
    HistoryRow {
        at: Moment::new(now, moved.at),
        who: moved.by_name.as_ref().map(ToString::to_string).unwrap_or_default(),
        what: move_words(moved.kind, moved.seats, other.as_deref()),
    }
}
