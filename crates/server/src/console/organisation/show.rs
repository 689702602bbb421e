//! One organisation with what is in it.

use axum::response::Response;
use bailiwick_app::audit::AuditRecord;
use bailiwick_app::caller::Caller;
use bailiwick_app::context::Context;
use bailiwick_app::organisation::OrganisationDetails;
use bailiwick_app::overview::{HistoryEntry, OrganisationOverview};
use bailiwick_app::people::ListedUser;
use bailiwick_app::system::SystemRecord;
use bailiwick_app::tree::OrganisationStats;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::system::{HeartbeatStatus, SystemStatus};
use bailiwick_domain::time::Timestamp;
use http::StatusCode;
use serde_json::Value;

use super::super::fault::FormFault;
use super::super::frame::Frame;
use super::super::view::history::Entry;
use super::super::view::layout::{Active, Moment};
use super::super::view::list::{address, quantity};
use super::super::view::organisation::{
    Crumb, Facts, HistoryRow, MemberRow, OrganisationNotice, OrganisationPage, Part, Stat, SystemLine,
};
use super::list::row;
use super::{named, state};

pub(super) fn pages() -> Vec<Page> {
    vec![Page::get("/organizations/{organization_id}", "organization").member().while_impersonating().handle(show)]
}

async fn show(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named(&visit)?;
    let overview = visit.context.organisation_overview(&visit.caller, id).await?;
    let notice = visit.query_member("notice").and_then(OrganisationNotice::from_key);
    answer(&visit, overview, notice, None)
}

/// The page of an organisation of which something was refused, which it says.
pub(super) async fn refused(visit: &Visit<Caller>, fault: Fault) -> Result<Response, Fault> {
    let wrong = FormFault::of_act(fault, &visit.origin)?;
    let overview = visit.context.organisation_overview(&visit.caller, named(visit)?).await?;
    Ok(wrong.mark(answer(visit, overview, None, Some(&wrong))?))
}

fn answer(
    visit: &Visit<Caller>,
    overview: OrganisationOverview,
    notice: Option<OrganisationNotice>,
    wrong: Option<&FormFault>,
) -> Result<Response, Fault> {
    let (context, now) = (&visit.context, visit.context.now());
    let (mut layout, cookies) = Frame::new(visit, Some(&visit.caller), Some(Active::Organisations)).take();
    let path = format!("/organizations/{}", overview.organisation.id);
    // What was just done, or is wrong, is not for whoever comes back.
    layout.path = if wrong.is_none() { path } else { String::new() };
    let list = Crumb { address: "/organizations".to_owned(), name: "Organisations".to_owned() };
    let crumb = |upper: &bailiwick_app::system::OrganisationRecord| Crumb {
        address: format!("/organizations/{}", upper.id),
        name: upper.name.to_string(),
    };
    let OrganisationOverview { organisation, above, stats, powers, people, children, systems, history } = overview;
    let children_count = stats.distributors + stats.resellers + stats.customers;
    let page = OrganisationPage {
        layout,
        notice: notice.map(OrganisationNotice::words),
        alert: wrong.map(|wrong| wrong.alert.clone()),
        above: std::iter::once(list).chain(above.iter().map(crumb)).collect(),
        stats: numbers(&organisation, &stats),
        powers,
        people: Part { rows: people.people.iter().map(member).collect(), total: people.total },
        children: Part { rows: children.into_iter().map(|child| row(now, child)).collect(), total: children_count },
        systems: Part {
            rows: systems.systems.iter().map(|system| line(context, system)).collect(),
            total: systems.total,
        },
        history: history.map(|entries| entries.into_iter().map(|entry| happened(now, entry)).collect()),
        facts: facts(now, &organisation),
    };
    cookies.page(wrong.map_or(StatusCode::OK, |wrong| wrong.status), &page)
}

fn facts(now: Timestamp, organisation: &OrganisationDetails) -> Facts {
    let state = state(organisation);
    let moment = |at| Moment::new(now, at);
    let members = organisation.custom_data.iter().flat_map(bailiwick_domain::system::CustomData::iter);
    Facts {
        id: organisation.id.to_string(),
        kind: organisation.kind,
        state,
        vat_number: organisation.vat_number.as_ref().map(ToString::to_string),
        custom_data: members.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        created: moment(organisation.created_at),
        changed: moment(organisation.updated_at),
        suspended: organisation.suspended_at.map(moment),
        deleted: organisation.deleted_at.map(moment),
        name: organisation.name.to_string(),
    }
}

/// How much there is in an organisation and below it.
fn numbers(organisation: &OrganisationDetails, stats: &OrganisationStats) -> Vec<Stat> {
    let id = organisation.id.to_string();
    let is_living = !organisation.is_deleted;
    let at = |path: &str, name: &str| is_living.then(|| address(path, &[(name, &id)]));
    let with_all_below = |total: i64| format!("{total} with all below");
    let people = Stat {
        label: "People",
        own: stats.people.to_string(),
        beside: with_all_below(stats.people_in_tree),
        address: at("/users", "organization_id"),
    };
    let systems = Stat {
        label: "Systems",
        own: stats.systems.to_string(),
        beside: with_all_below(stats.systems_in_tree),
        address: at("/", "organization_id"),
    };
    if organisation.kind == OrganisationKind::Customer {
        return vec![people, systems];
    }
    let kinds = [
        (stats.distributors, "distributor", "distributors"),
        (stats.resellers, "reseller", "resellers"),
        (stats.customers, "customer", "customers"),
    ];
    let kinds = kinds.into_iter().filter(|(count, ..)| *count > 0);
    let kinds: Vec<_> = kinds.map(|(count, one, many)| quantity(count, one, many)).collect();
    let directly =
        if kinds.is_empty() { "none directly".to_owned() } else { format!("directly: {}", kinds.join(", ")) };
    let below = Stat {
        label: "Organisations below",
        own: stats.organisations_below.to_string(),
        beside: directly,
        address: at("/organizations", "parent_id"),
    };
    vec![people, systems, below]
}

fn member(person: &ListedUser) -> MemberRow {
    MemberRow {
        id: person.id.to_string(),
        name: person.name.to_string(),
        email: person.email.to_string(),
        role: person.role,
        is_suspended: person.suspended_at.is_some(),
    }
}

fn line(context: &Context, system: &SystemRecord) -> SystemLine {
    let now = context.now();
    let heartbeat = HeartbeatStatus::judge(system.last_heartbeat, now, context.settings.heartbeat_dead_after);
    SystemLine {
        name: system.name.to_string(),
        system_type: system.kind.to_string(),
        status: SystemStatus::judge(system.in_maintenance, heartbeat),
        last_heartbeat: system.last_heartbeat.map(|at| Moment::new(now, at)),
    }
}

fn happened(now: Timestamp, history: HistoryEntry) -> HistoryRow {
    let HistoryEntry { entry, actor, person } = history;
    let AuditRecord { at, actor_kind, action, details, .. } = entry;
    let who = match (actor, actor_kind.as_str()) {
        (Some(name), _) => name.to_string(),
        (None, "operator") => "The operator of this server".to_owned(),
        (None, "visitor") => "Somebody who was not signed in".to_owned(),
        (None, _) => "Somebody whom you may not see".to_owned(),
    };
    // What is no JSON was not written by us, and says nothing that there are words for.
    let details = serde_json::from_str(&details).unwrap_or(Value::Null);
    let what = Entry { action: &action, person: person.as_ref().map(Name::as_str), details: &details }.words();
    HistoryRow { at: Moment::new(now, at), who, what }
}
