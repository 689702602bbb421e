//! Giving a licence to a system that is searched for.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::overview::LicenceOverview;
use bailiwick_app::system::{SystemFilter, SystemOrder, SystemRecord};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::SystemId;
use bailiwick_domain::page::Direction;
use bailiwick_domain::role::Right;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::organisation::list::{searched, slice};
use super::super::view::choose::ChoosePage;
use super::super::view::decision::DecisionPage;
use super::super::view::layout::Active;
use super::super::view::licence::LicenceNotice;
use super::super::view::list::address;
use super::super::view::picker::{Found, Picker};
use super::show::{done, overview, refused, way};
use super::{frame, named_licence, to};

/// Systems that are offered to choose from; whoever wants another one searches for it.
const SYSTEMS: u32 = 10;

pub(super) fn pages() -> Vec<Page> {
    let manage = Right::ManageSystems;
    vec![
        Page::get("/licences/{licence_id}/bind", "licence-bind-form").needs(manage).handle(ask),
        Page::post("/licences/{licence_id}/bind", "licence-bind-submit")
            .needs(manage)
            .resuming(&["device"])
            .handle(bind),
    ]
}

async fn ask(visit: Visit<Caller>) -> Result<Response, Fault> {
    let found = overview(&visit).await?;
    if !found.powers.may_bind {
        return Err(Code::InsufficientPermissions.into());
    }
    if found.licence.revoked_at.is_some() || found.licence.bound >= found.licence.systems {
        return to(&format!("/licences/{}", found.licence.id));
    }
    let Some(device) = visit.query_member("device").and_then(|id| SystemId::parse_text(id).ok()) else {
        return choose(&visit, &found, None).await;
    };
    let system = visit.context.show_system(&visit.caller, device).await?;
    if system.organisation == found.licence.holder {
        question(&visit, &found, &system)
    } else {
        choose(&visit, &found, None).await
    }
}

async fn bind(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named_licence(&visit)?;
    let Ok(device) = SystemId::parse_text(visit.field("device").unwrap_or_default()) else {
        return to(&format!("/licences/{id}/bind"));
    };
    match visit.context.bind_licence(&visit.caller, id, device).await {
        Ok(_) => done(id, LicenceNotice::Bound),
        // What a first click gave is there for the second one.
        Err(fault) if fault.code == Code::DeviceBound => done(id, LicenceNotice::Bound),
        Err(fault) if fault.code == Code::ValidationFailed => {
            let wrong = FormFault::of_act(fault, &visit.origin)?;
            choose(&visit, &overview(&visit).await?, Some(&wrong)).await
        }
        Err(fault) => refused(&visit, fault).await,
    }
}

/// The search for a system of the organisation that holds it.
async fn choose(visit: &Visit<Caller>, of: &LicenceOverview, wrong: Option<&FormFault>) -> Result<Response, Fault> {
    let licence = &of.licence;
    let action = format!("/licences/{}/bind", licence.id);
    let search = searched(visit.query_member("q").unwrap_or_default());
    let filter = SystemFilter {
        organisation: Some(licence.holder),
        search: Some(search.clone()).filter(|search| !search.is_empty()),
        ..SystemFilter::default()
    };
    let order = (SystemOrder::Name, Direction::Ascending);
    let found = visit.context.list_systems(&visit.caller, &filter, order, slice(1, SYSTEMS)).await?;
    let has_it = |system: &SystemRecord| of.systems.items.iter().any(|bound| bound.id == system.id);
    let choice = |system: &SystemRecord| Found {
        address: address(&action, &[("device", &system.id.to_string())]),
        name: system.name.to_string(),
        beside: system.fqdn.as_ref().map_or_else(|| system.kind.to_string(), |name| format!("{}, {name}", system.kind)),
    };
    let choices = found.systems.iter().filter(|system| !has_it(system)).map(choice).collect();
    let status = wrong.map_or(StatusCode::OK, |wrong| wrong.status);
    let (layout, cookies) = frame(visit, Active::Licences, status);
    let page = ChoosePage {
        layout,
        heading: format!("Give {} to a system", licence.agreement_name),
        above: way(licence),
        question: "Which system shall have it?",
        help: format!(
            "A system of {}, which holds the licence. It is for {} of them, and {} have it.",
            licence.holder_name, licence.systems, licence.bound
        ),
        picker: Picker {
            action,
            field: "q",
            label: "Name, id, host or version of the system",
            kept: Vec::new(),
            found: choices,
            search,
            nothing: "No system of this name, which does not have the licence yet.",
        },
        alert: wrong.map(|wrong| wrong.alert.clone()),
    };
    cookies.page(status, &page)
}

fn question(visit: &Visit<Caller>, of: &LicenceOverview, system: &SystemRecord) -> Result<Response, Fault> {
    let (layout, cookies) = frame(visit, Active::Licences, StatusCode::OK);
    let path = format!("/licences/{}", of.licence.id);
    let page = DecisionPage {
        layout,
        question: format!("Give {} to {}?", of.licence.agreement_name, system.name),
        above: way(&of.licence),
        alert: None,
        says: vec!["The system may use what the licence allows as soon as it asks this server.".to_owned()],
        touched: Vec::new(),
        touched_title: "",
        to_type: None,
        action: format!("{path}/bind"),
        hidden: vec![("device", system.id.to_string())],
        act: "Give it".to_owned(),
        is_harm: false,
        instead: format!("{path}/bind"),
    };
    cookies.page(StatusCode::OK, &page)
}
