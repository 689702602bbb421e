//! Agreements: the list, and one version of one.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::licensing::agreement::{AgreementFilter, AgreementRecord};
use bailiwick_app::overview::AgreementOverview;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::AgreementId;
use bailiwick_domain::licence::agreement::AgreementStatus;
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::organisation::list::searched;
use super::super::view::agreements::{
    AgreementNotice, AgreementPage, AgreementRow, AgreementsAsk, AgreementsPage, ROWS,
};
use super::super::view::layout::{Active, Moment};
use super::super::view::licensing::{days, money, opened, provided};
use super::super::view::list::Paging;
use super::super::view::organisation::Crumb;
use super::{crumb, frame, named_agreement, page_number, slice, to};

pub(super) fn pages() -> Vec<Page> {
    let read = Right::ReadLicences;
    vec![
        Page::get("/agreements", "agreements").needs(read).while_impersonating().handle(list),
        Page::get("/agreements/{agreement_id}", "agreement").needs(read).while_impersonating().handle(show),
    ]
}

async fn list(visit: Visit<Caller>) -> Result<Response, Fault> {
    let (context, caller) = (&visit.context, &visit.caller);
    let status = AgreementStatus::parse_text(visit.query_member("status").unwrap_or_default()).ok();
    let search = searched(visit.query_member("q").unwrap_or_default());
    let ask = AgreementsAsk { search, status, page: page_number(&visit) };
    let filter =
        AgreementFilter { status, kind: None, search: Some(ask.search.clone()).filter(|search| !search.is_empty()) };
    let found = context.list_agreements(caller, &filter, slice(ask.page, ROWS)).await?;
    let total = if ask.is_filtered() {
        context.list_agreements(caller, &AgreementFilter::default(), (0, 1)).await?.total
    } else {
        found.total
    };
    let notice = visit.query_member("notice").and_then(AgreementNotice::from_key).map(AgreementNotice::words);
    let (mut layout, cookies) = frame(&visit, Active::Agreements, StatusCode::OK);
    // What was just done is not for whoever comes back.
    if notice.is_some() {
        layout.path = ask.at_page(ask.page);
    }
    let now = context.now();
    let page = AgreementsPage {
        layout,
        paging: Paging::new(ask.page, ROWS, found.items.len(), found.total, |page| ask.at_page(page)),
        rows: found.items.iter().map(|agreement| row(now, agreement)).collect(),
        total: total.unsigned_abs(),
        may_write: context.may_write_agreements(caller).await?,
        notice,
        ask,
    };
    cookies.page(StatusCode::OK, &page)
}

fn row(now: Timestamp, agreement: &AgreementRecord) -> AgreementRow {
    AgreementRow {
        id: agreement.id.to_string(),
        name: agreement.name.to_string(),
        kind: agreement.kind.to_string(),
        version: agreement.version,
        status: agreement.status(),
        price: money(agreement.amount_per_month),
        lasting: lasting(agreement),
        systems: agreement.systems.number(),
        changed: Moment::new(now, agreement.updated_at),
    }
}

fn lasting(agreement: &AgreementRecord) -> String {
    agreement.duration.map_or_else(|| "without end".to_owned(), |duration| days(duration.number()))
}

async fn show(visit: Visit<Caller>) -> Result<Response, Fault> {
    let overview = visit.context.agreement_overview(&visit.caller, named_agreement(&visit)?).await?;
    let notice = visit.query_member("notice").and_then(AgreementNotice::from_key);
    answer(&visit, &overview, notice, None)
}

/// The page of an agreement of which something was refused, which it says.
pub(super) async fn refused(visit: &Visit<Caller>, fault: Fault) -> Result<Response, Fault> {
    let wrong = FormFault::of_act(fault, &visit.origin)?;
    let overview = visit.context.agreement_overview(&visit.caller, named_agreement(visit)?).await?;
    Ok(wrong.mark(answer(visit, &overview, None, Some(&wrong))?))
}

/// Leads to the page of an agreement, which then says what was done.
pub(super) fn done(id: AgreementId, notice: AgreementNotice) -> Result<Response, Fault> {
    to(&notice.address(&id.to_string()))
}

/// The way to the page of a version.
pub(super) fn way(agreement: &AgreementRecord) -> Vec<Crumb> {
    let name = format!("{}, version {}", agreement.name, agreement.version);
    vec![crumb("/agreements", "Agreements"), crumb(format!("/agreements/{}", agreement.id), name)]
}

fn answer(
    visit: &Visit<Caller>,
    overview: &AgreementOverview,
    notice: Option<AgreementNotice>,
    wrong: Option<&FormFault>,
) -> Result<Response, Fault> {
    let AgreementOverview { agreement, versions, licences, may_write } = overview;
    let status = wrong.map_or(StatusCode::OK, |wrong| wrong.status);
    let (mut layout, cookies) = frame(visit, Active::Agreements, status);
    if notice.is_some() {
        layout.path = format!("/agreements/{}", agreement.id);
    }
    let now = visit.context.now();
    let page = AgreementPage {
        layout,
        notice: notice.map(AgreementNotice::words),
        alert: wrong.map(|wrong| wrong.alert.clone()),
        above: vec![crumb("/agreements", "Agreements")],
        shown: row(now, agreement),
        terms: terms(agreement),
        published: agreement.published_at.map(|at| Moment::new(now, at)),
        withdrawn: agreement.withdrawn_at.map(|at| Moment::new(now, at)),
        licences: *licences,
        versions: versions.iter().map(|version| row(now, version)).collect(),
        may_write: *may_write,
    };
    cookies.page(status, &page)
}

/// What a version says.
pub(super) fn terms(agreement: &AgreementRecord) -> Vec<(&'static str, String)> {
    let mut terms = vec![
        ("Kind", agreement.kind.to_string()),
        ("Allows", provided(&agreement.provides)),
        ("Catalogues", opened(&agreement.catalogues)),
        ("Price of a month", money(agreement.amount_per_month)),
        ("A licence lasts", lasting(agreement)),
        ("Grace after that", days(agreement.grace.number())),
        ("Systems of a licence", agreement.systems.to_string()),
        ("Without the server", days(agreement.lease.number())),
    ];
    if agreement.kind.is_trial() {
        terms.push(("Trials of an organisation", agreement.trials.to_string()));
    }
    terms
}
