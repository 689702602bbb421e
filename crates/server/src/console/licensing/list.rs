//! The list of licences, filtered and ordered by the address.

use std::collections::BTreeSet;

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::licensing::agreement::AgreementFilter;
use bailiwick_app::licensing::licence::{AgreementKey, LicenceFilter, LicenceRecord};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::licence::agreement::AgreementKind;
use bailiwick_domain::licence::order::{LicenceOrder, LicenceOrders};
use bailiwick_domain::name::Name;
use bailiwick_domain::page::{Direction, PageNumber};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use http::StatusCode;

use super::super::organisation::list::searched;
use super::super::view::layout::{Active, Choice, Moment};
use super::super::view::licence::LicenceNotice;
use super::super::view::licences::{Column, Ends, LicenceRow, LicencesAsk, LicencesPage, ROWS};
use super::super::view::list::Paging;
use super::{frame, slice};

/// How many agreements there are to choose from.
const CHOICES: i64 = 50;

pub(super) fn pages() -> Vec<Page> {
    vec![Page::get("/licences", "licences").needs(Right::ReadLicences).while_impersonating().handle(show)]
}

async fn show(visit: Visit<Caller>) -> Result<Response, Fault> {
    let (context, caller) = (&visit.context, &visit.caller);
    let ask = ask(|name| visit.query_member(name).unwrap_or_default());
    let filter = LicenceFilter {
        kind: AgreementKind::parse_text(&ask.kind).ok(),
        agreement: Some(ask.agreement.clone()).filter(|name| !name.is_empty()).map(AgreementKey::Name),
        search: Some(ask.search.clone()).filter(|search| !search.is_empty()),
        holder: OrganisationId::parse_text(&ask.organisation).ok(),
        system: None,
        ends: ask.ends.map(|ends| ends.moments(context.now())),
    };
    let order = match ask.column {
        Column::Agreement => LicenceOrder::AgreementName,
        Column::Key => LicenceOrder::LicenseKey,
        Column::Begins => LicenceOrder::StartsAt,
        Column::Ends => LicenceOrder::ExpiresAt,
    };
    let orders = LicenceOrders::by(order, if ask.descending { Direction::Descending } else { Direction::Ascending });
    let found = context.list_licences(caller, &filter, &orders, slice(ask.page, ROWS)).await?;
    let total = if ask.is_filtered() {
        context.list_licences(caller, &LicenceFilter::default(), &orders, (0, 1)).await?.total
    } else {
        found.total
    };
    let organisation = match filter.holder {
        Some(id) => context.place(caller, Right::ReadOrganisations, id).await?.map(|place| place.name.to_string()),
        None => None,
    };
    let (agreements, kinds) = choices(&visit, &ask).await?;
    let notice = visit.query_member("notice").and_then(LicenceNotice::from_key).map(LicenceNotice::words_of_many);
    let (mut layout, cookies) = frame(&visit, Active::Licences, StatusCode::OK);
    // What was just done is not for whoever comes back.
    if notice.is_some() {
        layout.path = ask.address();
    }
    let now = context.now();
    let rows: Vec<_> = found.items.iter().map(|licence| row(now, licence)).collect();
    let page = LicencesPage {
        layout,
        paging: Paging::new(ask.page, ROWS, rows.len(), found.total, |page| ask.at_page(page)),
        rows,
        total: total.unsigned_abs(),
        organisation,
        may_issue: caller.principal.holds(Right::ManageLicences),
        may_write: context.may_write_agreements(caller).await?,
        kinds,
        agreements,
        notice,
        ask,
    };
    cookies.page(StatusCode::OK, &page)
}

/// What the address asks for; what it gets wrong counts as not asked for.
fn ask<'a>(member: impl Fn(&str) -> &'a str) -> LicencesAsk {
    LicencesAsk {
        search: searched(member("q")),
        kind: AgreementKind::parse_text(member("kind")).map(|kind| kind.to_string()).unwrap_or_default(),
        agreement: Name::parse_text(member("agreement")).map(|name| name.to_string()).unwrap_or_default(),
        organisation: OrganisationId::parse_text(member("organization_id"))
            .map(|id| id.to_string())
            .unwrap_or_default(),
        ends: Ends::ALL.into_iter().find(|ends| ends.key() == member("ends")),
        column: Column::ALL.into_iter().find(|column| column.key() == member("sort_by")).unwrap_or_default(),
        descending: member("sort_direction") == Direction::Descending.name(),
        page: PageNumber::parse_text(member("page")).unwrap_or_default().get(),
    }
}

/// The agreements and the kinds to choose from; what is asked for is always among them.
async fn choices(visit: &Visit<Caller>, ask: &LicencesAsk) -> Result<(Vec<Choice>, Vec<Choice>), Fault> {
    let found = visit.context.list_agreements(&visit.caller, &AgreementFilter::default(), (0, CHOICES)).await?;
    let published: Vec<_> = found.items.iter().filter(|agreement| agreement.published_at.is_some()).collect();
    let mut names: BTreeSet<String> = published.iter().map(|agreement| agreement.name.to_string()).collect();
    let mut kinds: BTreeSet<String> = published.iter().map(|agreement| agreement.kind.to_string()).collect();
    names.extend(Some(ask.agreement.clone()).filter(|name| !name.is_empty()));
    kinds.extend(Some(ask.kind.clone()).filter(|kind| !kind.is_empty()));
    let listed = |values: BTreeSet<String>, chosen: &str| {
        let choice = |value: String| Choice { selected: value == chosen, label: value.clone(), value };
        values.into_iter().map(choice).collect()
    };
    Ok((listed(names, &ask.agreement), listed(kinds, &ask.kind)))
}

/// A licence as a row.
pub(super) fn row(now: Timestamp, licence: &LicenceRecord) -> LicenceRow {
    LicenceRow {
        id: licence.id.to_string(),
        key: licence.key.to_string(),
        agreement: licence.agreement_name.to_string(),
        kind: licence.agreement_kind.to_string(),
        holder: (licence.holder.to_string(), licence.holder_name.to_string()),
        state: licence.facts().standing(now).state,
        begins: Moment::new(now, licence.starts_at),
        ends: licence.expires_at.map(|at| Moment::new(now, at)),
        bound: licence.bound,
        systems: licence.systems,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_address_gets_wrong_counts_as_not_asked_for() {
        let wrong = ask(|name| if name == "agreement" { "\0" } else { "" });
        assert_eq!(wrong, LicencesAsk { page: 1, ..LicencesAsk::default() });
        assert!(!wrong.is_filtered());
        let right = ask(|name| match name {
            "kind" => "trial",
            "ends" => "soon",
            _ => "",
        });
        assert_eq!(right.address(), "/licences?kind=trial&ends=soon");
    }
}
