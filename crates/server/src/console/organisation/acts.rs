//! Decisions of organisations: asked with numbers first where something is taken away, then made.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::overview::{Decision, DecisionPreview};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Span;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::frame::Frame;
use super::super::view::decision::DecisionPage;
use super::super::view::layout::{Active, Field};
use super::super::view::organisation::{Crumb, OrganisationNotice};
use super::{done, named, show};

/// How long a decision may take: it may reach tens of thousands of organisations, and is made whole or not at all.
pub(super) const DEADLINE: Span = Span::seconds(60);

pub(super) fn pages() -> Vec<Page> {
    let manage = Right::ManageOrganisations;
    vec![
        Page::get("/organizations/{organization_id}/suspend", "organization-suspend-form")
            .needs(manage)
            .handle(async |visit| ask(visit, Decision::Suspend).await),
        Page::post("/organizations/{organization_id}/suspend", "organization-suspend-submit")
            .needs(manage)
            .within(DEADLINE)
            .handle(suspend),
        Page::post("/organizations/{organization_id}/reactivate", "organization-reactivate-submit")
            .needs(manage)
            .within(DEADLINE)
            .handle(reactivate),
        Page::get("/organizations/{organization_id}/delete", "organization-delete-form")
            .needs(manage)
            .handle(async |visit| ask(visit, Decision::Delete).await),
        Page::post("/organizations/{organization_id}/delete", "organization-delete-submit")
            .needs(manage)
            .within(DEADLINE)
            .handle(delete),
        Page::post("/organizations/{organization_id}/restore", "organization-restore-submit")
            .needs(manage)
            .within(DEADLINE)
            .handle(restore),
        Page::get("/organizations/{organization_id}/destroy", "organization-destroy-form")
            .needs(Right::DestroyOrganisations)
            .handle(async |visit| ask(visit, Decision::Destroy).await),
        Page::post("/organizations/{organization_id}/destroy", "organization-destroy-submit")
            .needs(Right::DestroyOrganisations)
            .within(DEADLINE)
            .handle(destroy),
    ]
}

async fn ask(visit: Visit<Caller>, decision: Decision) -> Result<Response, Fault> {
    let id = named(&visit)?;
    match visit.context.preview_decision(&visit.caller, id, decision).await {
        // Suspended or deleted already, in another window: the page of the organisation says so.
        Ok(preview) if is_over(&preview, decision) => {
            super::super::frame::Cookies::default().redirect(&format!("/organizations/{id}"))
        }
        Ok(preview) => question(&visit, &preview, decision, Field::default(), None),
        Err(fault) => show::refused(&visit, fault).await,
    }
}

/// Whether there is nothing to decide any more, or not yet.
fn is_over(preview: &DecisionPreview, decision: Decision) -> bool {
    let organisation = &preview.organisation;
    match decision {
        Decision::Suspend => organisation.is_deleted || organisation.suspended_at.is_some(),
        Decision::Delete | Decision::Move => organisation.is_deleted,
        Decision::Destroy => !organisation.is_deleted,
    }
}

async fn suspend(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named(&visit)?;
    match visit.context.suspend_organisation(&visit.caller, id).await {
        // What a first click suspended is as suspended for the second one.
        Err(fault) if fault.code != Code::OrganisationSuspended => refused(&visit, Decision::Suspend, fault).await,
        _ => done(id, OrganisationNotice::Suspended),
    }
}

async fn reactivate(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named(&visit)?;
    match visit.context.reactivate_organisation(&visit.caller, id).await {
        Err(fault) => show::refused(&visit, fault).await,
        Ok(_) => done(id, OrganisationNotice::Reactivated),
    }
}

async fn delete(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named(&visit)?;
    match visit.context.delete_organisation(&visit.caller, id).await {
        Err(fault) if fault.code == Code::OrganisationNotFound => {
            // Where the page shows it as deleted, a first click did that.
            visit.context.organisation_overview(&visit.caller, id).await?;
            done(id, OrganisationNotice::Deleted)
        }
        Err(fault) => refused(&visit, Decision::Delete, fault).await,
        Ok(_) => done(id, OrganisationNotice::Deleted),
    }
}

async fn restore(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named(&visit)?;
    match visit.context.restore_organisation(&visit.caller, id).await {
        Err(fault) => show::refused(&visit, fault).await,
        Ok(_) => done(id, OrganisationNotice::Restored),
    }
}

async fn destroy(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named(&visit)?;
    let preview = visit.context.preview_decision(&visit.caller, id, Decision::Destroy).await?;
    let (typed, name) = (visit.field("typed_name").unwrap_or_default(), preview.organisation.name.as_str());
    if typed.trim() != name {
        let field = Field::refused(typed, format!("Must be the name of the organisation, letter by letter: {name}"));
        return question(&visit, &preview, Decision::Destroy, field, None);
    }
    match visit.context.destroy_organisation(&visit.caller, id).await {
        Err(fault) => refused(&visit, Decision::Destroy, fault).await,
        Ok(_) => done(id, OrganisationNotice::Destroyed),
    }
}

/// The question once more, with the rule that refused it; where it cannot be asked, the page of the organisation.
async fn refused(visit: &Visit<Caller>, decision: Decision, fault: Fault) -> Result<Response, Fault> {
    let id = named(visit)?;
    let Ok(preview) = visit.context.preview_decision(&visit.caller, id, decision).await else {
        return show::refused(visit, fault).await;
    };
    let wrong = FormFault::of_act(fault, &visit.origin)?;
    let typed = Field::new(visit.field("typed_name").unwrap_or_default());
    Ok(wrong.mark(question(visit, &preview, decision, typed, Some(&wrong))?))
}

fn question(
    visit: &Visit<Caller>,
    preview: &DecisionPreview,
    decision: Decision,
    typed: Field,
    wrong: Option<&FormFault>,
) -> Result<Response, Fault> {
    let DecisionPreview { organisation, touched } = preview;
    let name = organisation.name.to_string();
    let (verb, act, title, says) = match decision {
        Decision::Suspend => ("Suspend", "suspend", "What goes out with it now", suspending()),
        Decision::Delete => ("Delete", "delete", "What is deleted with it", deleting()),
        Decision::Destroy | Decision::Move => ("Destroy", "destroy", "What is gone for good", destroying()),
    };
    let (mut layout, cookies) = Frame::new(visit, Some(&visit.caller), Some(Active::Organisations)).take();
    let is_wrong = wrong.is_some() || typed.error.is_some();
    let status = match wrong {
        Some(wrong) => wrong.status,
        None if is_wrong => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    if is_wrong {
        layout.path.clear();
    }
    let path = format!("/organizations/{}", organisation.id);
    let page = DecisionPage {
        layout,
        question: format!("{verb} {name}?"),
        above: way(organisation.id, &name),
        alert: wrong.map(|wrong| wrong.alert.clone()),
        says: says.map(str::to_owned).to_vec(),
        touched: numbers(touched),
        touched_title: title,
        to_type: (decision == Decision::Destroy).then_some((name, typed)),
        action: format!("{path}/{act}"),
        hidden: Vec::new(),
        act: verb.to_owned(),
        is_harm: true,
        instead: path,
    };
    cookies.page(status, &page)
}

/// The way to the page of an organisation.
pub(super) fn way(id: OrganisationId, name: &str) -> Vec<Crumb> {
    let list = Crumb { address: "/organizations".to_owned(), name: "Organisations".to_owned() };
    vec![list, Crumb { address: format!("/organizations/{id}"), name: name.to_owned() }]
}

/// What is touched, each with its number.
pub(super) fn numbers(touched: &bailiwick_app::tree::Touched) -> Vec<(String, String)> {
    [
        (touched.organisations, "Organisations, this one included"),
        (touched.people, "People"),
        (touched.systems, "Systems"),
    ]
    .map(|(number, words)| (number.to_string(), words.to_owned()))
    .to_vec()
}

const fn suspending() -> [&'static str; 2] {
    [
        "From the next request on nobody holds a right through it or anything below it, and whoever belongs to nothing \
         else does not come in.",
        "It can be taken back at any time. What was suspended below by itself then stays so.",
    ]
}

const fn deleting() -> [&'static str; 2] {
    [
        "It is gone for everybody, with all below it, people and systems included.",
        "It can be restored by whoever manages what is above it. What was deleted below by itself then stays so.",
    ]
}

const fn destroying() -> [&'static str; 2] {
    [
        "It goes with all below it, their systems and invitations, and the people who belong to nothing else. The audit \
         log keeps what it says of them.",
        "This cannot be taken back.",
    ]
}
