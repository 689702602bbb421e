//! The list of people, filtered and ordered by the address.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::people::{ListedUser, PeopleFilter, PeopleOrder};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::page::{Direction, PageNumber};
use bailiwick_domain::role::{Right, Role};
use bailiwick_domain::time::Timestamp;
use http::StatusCode;

use super::super::frame::Frame;
use super::super::organisation::list::{searched, slice};
use super::super::view::layout::{Active, Moment};
use super::super::view::list::Paging;
use super::super::view::people::{Column, PeopleAsk, PeoplePage, PersonRow, ROWS, STATES};

pub(super) fn pages() -> Vec<Page> {
    vec![Page::get("/users", "people").member().while_impersonating().handle(show)]
}

async fn show(visit: Visit<Caller>) -> Result<Response, Fault> {
    let ask = ask(|name| visit.query_member(name).unwrap_or_default());
    let filter = PeopleFilter {
        search: Some(ask.search.clone()).filter(|search| !search.is_empty()),
        organisation: OrganisationId::parse_text(&ask.organisation).ok(),
        role: ask.role,
        is_suspended: ask.is_suspended,
    };
    let order = match ask.column {
        Column::Match => PeopleOrder::Match,
        Column::Name => PeopleOrder::Name,
        Column::Email => PeopleOrder::Email,
        Column::Created => PeopleOrder::CreatedAt,
    };
    let direction = if ask.descending { Direction::Descending } else { Direction::Ascending };
    let page = slice(ask.page, ROWS);
    let found = visit.context.people_listing(&visit.caller, &filter, (order, direction), page).await?;
    let now = visit.context.now();
    let rows: Vec<_> = found.page.people.into_iter().map(|person| row(now, person)).collect();
    let (layout, cookies) = Frame::new(&visit, Some(&visit.caller), Some(Active::People)).take();
    let page = PeoplePage {
        layout,
        paging: Paging::new(ask.page, ROWS, rows.len(), found.page.total, |page| ask.at_page(page)),
        rows,
        total: found.total.unsigned_abs(),
        organisation: found.organisation.map(|name| name.to_string()),
        may_manage: visit.caller.principal.holds(Right::ManageUsers),
        ask,
    };
    cookies.page(StatusCode::OK, &page)
}

/// What the address asks for; what it gets wrong counts as not asked for.
fn ask<'a>(member: impl Fn(&str) -> &'a str) -> PeopleAsk {
    let status = member("status");
    PeopleAsk {
        search: searched(member("q")),
        role: Role::parse_text(member("role")).ok(),
        is_suspended: STATES.into_iter().find(|(key, ..)| *key == status).and_then(|(_, meaning, _)| meaning),
        organisation: OrganisationId::parse_text(member("organization_id"))
            .map(|id| id.to_string())
            .unwrap_or_default(),
        column: Column::ALL.into_iter().find(|column| column.key() == member("sort_by")).unwrap_or_default(),
        descending: member("sort_direction") == Direction::Descending.name(),
        page: PageNumber::parse_text(member("page")).unwrap_or_default().get(),
    }
}

fn row(now: Timestamp, person: ListedUser) -> PersonRow {
    let organisation = person.organisation.zip(person.organisation_name);
    PersonRow {
        id: person.id.to_string(),
        name: person.name.to_string(),
        email: person.email.to_string(),
        organisation: organisation.map(|(id, name)| (id.to_string(), name.to_string())),
        role: person.role,
        is_super_admin: person.is_super_admin,
        is_suspended: person.suspended_at.is_some(),
        created: Moment::new(now, person.created_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_address_gets_wrong_counts_as_not_asked_for() {
        let wrong = ask(|name| if name == "q" { " \0" } else { "Neither This" });
        assert_eq!(wrong, PeopleAsk { page: 1, ..PeopleAsk::default() });
        assert!(!wrong.is_filtered());
        let right = ask(|name| if name == "status" { "suspended" } else { "" });
        assert_eq!(right.address(), "/users?status=suspended");
    }
}
