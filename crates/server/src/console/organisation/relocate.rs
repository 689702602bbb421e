//! Moving an organisation: first what it shall stand below, then the question with numbers, then the move.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::overview::{Decision, DecisionPreview, Place};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::role::Right;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::frame::{Cookies, Frame};
use super::super::view::decision::DecisionPage;
use super::super::view::layout::Active;
use super::super::view::move_organisation::MoveOrganisationPage;
use super::super::view::organisation::OrganisationNotice;
use super::super::view::picker::{Found, Picker};
use super::acts::{DEADLINE, numbers, way};
use super::list::searched;
use super::{done, named, show};

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/organizations/{organization_id}/move", "organization-move-form")
            .needs(Right::ManageOrganisations)
            .handle(ask),
        Page::post("/organizations/{organization_id}/move", "organization-move-submit")
            .needs(Right::ManageOrganisations)
            .within(DEADLINE)
            .handle(submit),
    ]
}

async fn ask(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named(&visit)?;
    let preview = match visit.context.preview_decision(&visit.caller, id, Decision::Move).await {
        Ok(preview) if preview.organisation.is_deleted => {
            return Cookies::default().redirect(&format!("/organizations/{id}"));
        }
        Ok(preview) => preview,
        Err(fault) => return show::refused(&visit, fault).await,
    };
    let wanted = visit.query_member("parent_id").and_then(|id| OrganisationId::parse_text(id).ok());
    let parent = match wanted {
        Some(wanted) => visit.context.place(&visit.caller, Right::ManageOrganisations, wanted).await?,
        None => None,
    };
    match parent.filter(|parent| Some(parent.id) != preview.organisation.parent) {
        Some(parent) => question(&visit, &preview, &parent),
        None => choose(&visit, &preview, None).await,
    }
}

async fn submit(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named(&visit)?;
    let Ok(parent) = OrganisationId::parse_text(visit.field("parent_id").unwrap_or_default()) else {
        // Nothing was chosen: whoever may choose does so now.
        visit.context.preview_decision(&visit.caller, id, Decision::Move).await?;
        return Cookies::default().redirect(&format!("/organizations/{id}/move"));
    };
    match visit.context.move_organisation(&visit.caller, id, parent).await {
        Ok(_) => done(id, OrganisationNotice::Moved),
        Err(fault) => match visit.context.preview_decision(&visit.caller, id, Decision::Move).await {
            Ok(preview) if !preview.organisation.is_deleted => {
                let wrong = FormFault::of_act(fault, &visit.origin)?;
                Ok(wrong.mark(choose(&visit, &preview, Some(&wrong)).await?))
            }
            _ => show::refused(&visit, fault).await,
        },
    }
}

/// The search for what it shall stand below.
async fn choose(
    visit: &Visit<Caller>,
    preview: &DecisionPreview,
    wrong: Option<&FormFault>,
) -> Result<Response, Fault> {
    let organisation = &preview.organisation;
    let action = format!("/organizations/{}/move", organisation.id);
    let search = searched(visit.query_member("q").unwrap_or_default());
    // What can stand above it is of a higher kind than it and all below it, so that it never ends up below itself.
    let kind = Some(organisation.kind);
    let places = visit.context.places(&visit.caller, Right::ManageOrganisations, kind, &search).await?;
    let places = places.iter().filter(|place| Some(place.id) != organisation.parent);
    let picker = Picker {
        found: places.map(|place| Found::place(&action, "parent_id", &[], place)).collect(),
        action,
        field: "q",
        label: "Name or VAT number of the new organisation above",
        kept: Vec::new(),
        search,
        nothing: "No organisation of this name, below which it could stand and which you manage.",
    };
    let (mut layout, cookies) = Frame::new(visit, Some(&visit.caller), Some(Active::Organisations)).take();
    if wrong.is_some() {
        layout.path.clear();
    }
    let name = organisation.name.to_string();
    let parent = organisation.parent_name.as_ref().map(ToString::to_string).unwrap_or_default();
    let above = way(organisation.id, &name);
    let alert = wrong.map(|wrong| wrong.alert.clone());
    let page = MoveOrganisationPage { layout, above, name, parent, picker, alert };
    cookies.page(wrong.map_or(StatusCode::OK, |wrong| wrong.status), &page)
}

fn question(visit: &Visit<Caller>, preview: &DecisionPreview, parent: &Place) -> Result<Response, Fault> {
    let DecisionPreview { organisation, touched } = preview;
    let (layout, cookies) = Frame::new(visit, Some(&visit.caller), Some(Active::Organisations)).take();
    let name = organisation.name.to_string();
    let old = organisation.parent_name.as_ref().map(ToString::to_string).unwrap_or_default();
    let page = DecisionPage {
        layout,
        question: format!("Move {name} below {}?", parent.name),
        above: way(organisation.id, &name),
        alert: None,
        says: vec![
            format!("Whoever manages {} and what is above it sees all of this from the next request on.", parent.name),
            format!("Whoever saw it only through {old} sees it no longer."),
        ],
        touched: numbers(touched),
        touched_title: "What moves along",
        to_type: None,
        action: format!("/organizations/{}/move", organisation.id),
        hidden: vec![("parent_id", parent.id.to_string())],
        act: "Move".to_owned(),
        is_harm: false,
        instead: format!("/organizations/{}", organisation.id),
    };
    cookies.page(StatusCode::OK, &page)
}
