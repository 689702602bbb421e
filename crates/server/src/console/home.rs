//! The list of one's systems, filtered and ordered by the address.

use std::collections::BTreeMap;

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::context::Context;
use bailiwick_app::system::{SystemFilter, SystemOrder, SystemRecord};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::{OrganisationId, SystemId};
use bailiwick_domain::licence::standing::{LicenceState, Standing};
use bailiwick_domain::page::{Direction, Page as Slice, PageNumber, PageSize};
use bailiwick_domain::role::Right;
use bailiwick_domain::system::{HeartbeatStatus, SystemStatus, SystemType};
use http::StatusCode;

use super::frame::Frame;
use super::view::layout::{Active, Choice, Moment};
use super::view::systems::{Ask, Column, ROWS, SystemRow, SystemsPage};

pub(super) fn pages() -> Vec<Page> {
    vec![Page::get("/", "home").member().while_impersonating().handle(show)]
}

async fn show(visit: Visit<Caller>) -> Result<Response, Fault> {
    let context = &visit.context;
    context.admit(&visit.caller.principal, Some(Right::ReadSystems))?;
    let ask = ask(|name| visit.query_member(name).unwrap_or_default());
    let filter = SystemFilter {
        search: Some(ask.search.clone()).filter(|search| !search.is_empty()),
        kind: SystemType::parse_text(&ask.system_type).ok(),
        status: ask.status,
        organisation: OrganisationId::parse_text(&ask.organisation).ok(),
        ..SystemFilter::default()
    };
    let direction = if ask.descending { Direction::Descending } else { Direction::Ascending };
    let size = PageSize::parse_text(&ROWS.to_string()).unwrap_or_default();
    let number = PageNumber::parse_text(&ask.page.to_string()).unwrap_or_default();
    let slice = Slice { number, size };
    let found = context.list_systems(&visit.caller, &filter, (order(ask.column), direction), slice).await?;
    let total = if ask.is_filtered() {
        let everything = SystemFilter::default();
        context.list_systems(&visit.caller, &everything, (SystemOrder::Name, direction), Slice::default()).await?.total
    } else {
        found.total
    };
    let organisation = match filter.organisation {
        Some(id) => context.place(&visit.caller, Right::ReadSystems, id).await?.map(|place| place.name.to_string()),
        None => None,
    };
    let types = context.settings.system_types.iter().map(|kind| Choice {
        value: kind.to_string(),
        label: kind.to_string(),
        selected: kind.as_str() == ask.system_type,
    });
    let types = types.collect();
    let ids: Vec<SystemId> = found.systems.iter().map(|system| system.id).collect();
    let shows_licences = visit.caller.principal.holds(Right::ReadLicences);
    let standings = if shows_licences { context.standings(&ids).await? } else { BTreeMap::new() };
    let (layout, cookies) = Frame::new(&visit, Some(&visit.caller), Some(Active::Systems)).take();
    let page = SystemsPage {
        layout,
        types,
        rows: found.systems.iter().map(|system| row(context, system, standings.get(&system.id))).collect(),
        shows_licences,
        found: found.total.unsigned_abs(),
        total: total.unsigned_abs(),
        organisation,
        base_url: context.settings.base_url.origin(),
        ask,
    };
    cookies.page(StatusCode::OK, &page)
}

/// What the address asks for; what it gets wrong counts as not asked for.
fn ask<'a>(member: impl Fn(&str) -> &'a str) -> Ask {
    let search: String = member("q").trim().chars().filter(|c| *c != '\0').take(255).collect();
    let column = Column::from_key(member("sort_by")).unwrap_or_default();
    Ask {
        search,
        system_type: SystemType::parse_text(member("type")).map(|kind| kind.to_string()).unwrap_or_default(),
        status: SystemStatus::parse_text(member("status")).ok(),
        organisation: OrganisationId::parse_text(member("organization_id"))
            .map(|id| id.to_string())
            .unwrap_or_default(),
        column,
        descending: member("sort_direction") == Direction::Descending.name(),
        page: PageNumber::parse_text(member("page")).unwrap_or_default().get(),
    }
}

const fn order(column: Column) -> SystemOrder {
    match column {
        Column::Name => SystemOrder::Name,
        Column::Type => SystemOrder::Type,
        Column::Organisation => SystemOrder::OrganisationName,
        Column::Status => SystemOrder::Status,
        Column::LastHeartbeat => SystemOrder::LastHeartbeat,
        Column::Created => SystemOrder::CreatedAt,
    }
}

fn row(context: &Context, system: &SystemRecord, standing: Option<&Standing>) -> SystemRow {
    let now = context.now();
    let dead_after = context.settings.heartbeat_dead_after;
    let heartbeat = HeartbeatStatus::judge(system.last_heartbeat, now, dead_after);
    SystemRow {
        id: system.id.to_string(),
        name: system.name.to_string(),
        system_type: system.kind.to_string(),
        organisation_name: system.organisation_name.to_string(),
        status: SystemStatus::judge(system.in_maintenance, heartbeat),
        licence: standing.map_or(LicenceState::None, |standing| standing.state),
        last_heartbeat: system.last_heartbeat.map(|at| Moment::new(now, at)),
        created: Moment::new(now, system.created_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_address_gets_wrong_counts_as_not_asked_for() {
        let wrong = ask(|name| if name == "q" { " \0" } else { "Neither This" });
        assert_eq!(wrong, Ask { page: 1, ..Ask::default() });
        assert!(!wrong.is_filtered());
        let right = ask(|name| if name == "type" { "ns8" } else { "" });
        assert_eq!(right.system_type, "ns8");
    }
}
