//! What a person is in organisations: given, changed, taken away.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::overview::{PersonOverview, RemovalPreview};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::role::{Right, Role};
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::frame::{Cookies, Frame};
use super::super::organisation::list::searched;
use super::super::view::decision::DecisionPage;
use super::super::view::layout::Active;
use super::super::view::organisations::kind_label;
use super::super::view::person::{JoinPage, PersonNotice};
use super::super::view::picker::{Found, Picker};
use super::{done, named, named_organisation, show, way};

pub(super) fn pages() -> Vec<Page> {
    let manage = Right::ManageUsers;
    let removal = "/users/{user_id}/memberships/{organization_id}/remove";
    vec![
        Page::get("/users/{user_id}/memberships", "person-join-form").needs(manage).handle(choose),
        Page::post("/users/{user_id}/memberships", "person-membership-submit").needs(manage).handle(set),
        Page::get(removal, "person-remove-form").needs(manage).handle(ask),
        Page::post(removal, "person-remove-submit").needs(manage).handle(remove),
    ]
}

async fn choose(visit: Visit<Caller>) -> Result<Response, Fault> {
    let overview = visit.context.person_overview(&visit.caller, named(&visit)?).await?;
    if !overview.powers.may_manage {
        return Err(Code::InsufficientPermissions.into());
    }
    let place = visit.query_member("organization_id").and_then(|id| OrganisationId::parse_text(id).ok());
    join(&visit, &overview, place, None, None).await
}

/// Gives a role: in a further organisation, or another one where they are something already.
async fn set(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named(&visit)?;
    let place = OrganisationId::parse_text(visit.field("organization_id").unwrap_or_default());
    let organisation = place.map_err(|_| Code::OrganisationNotFound)?;
    let joins = visit.field("from") == Some("join");
    let Ok(role) = Role::parse_text(visit.field("role").unwrap_or_default()) else {
        return Err(Code::ValidationFailed.into());
    };
    let notice = if joins { PersonNotice::Joined } else { PersonNotice::Changed };
    match visit.context.set_membership(&visit.caller, id, organisation, role).await {
        Ok(_) => done(id, notice),
        Err(fault) if joins => {
            let overview = visit.context.person_overview(&visit.caller, id).await?;
            let wrong = FormFault::of_act(fault, &visit.origin)?;
            Ok(wrong.mark(join(&visit, &overview, Some(organisation), Some(role), Some(&wrong)).await?))
        }
        Err(fault) => show::refused(&visit, fault).await,
    }
}

async fn join(
    visit: &Visit<Caller>,
    overview: &PersonOverview,
    organisation: Option<OrganisationId>,
    role: Option<Role>,
    wrong: Option<&FormFault>,
) -> Result<Response, Fault> {
    let manage = Right::ManageUsers;
    let id = overview.person.id;
    let place = match organisation {
        Some(id) => visit.context.place(&visit.caller, manage, id).await?,
        None => None,
    };
    let action = format!("/users/{id}/memberships");
    let search = searched(visit.query_member("q").unwrap_or_default());
    let mut picker = Picker {
        field: "q",
        label: "Name or VAT number of the organisation",
        kept: Vec::new(),
        found: Vec::new(),
        nothing: "No organisation of this name whose people you manage and to which they do not belong yet.",
        action,
        search,
    };
    if place.is_none() {
        let places = visit.context.places(&visit.caller, manage, None, &picker.search).await?;
        let belongs = |place: OrganisationId| {
            overview.memberships.iter().any(|membership| membership.membership.organisation == place)
        };
        let places = places.iter().filter(|place| !belongs(place.id));
        picker.found = places.map(|place| Found::place(&picker.action, "organization_id", &[], place)).collect();
    }
    let (mut layout, cookies) = Frame::new(visit, Some(&visit.caller), Some(Active::People)).take();
    if wrong.is_some() {
        layout.path.clear();
    }
    let name = overview.person.name.to_string();
    let page = JoinPage {
        layout,
        above: way(id, &name),
        id: id.to_string(),
        name,
        place: place.map(|place| (place.id.to_string(), place.name.to_string(), kind_label(place.kind))),
        picker,
        role,
        alert: wrong.map(|wrong| wrong.alert.clone()),
    };
    cookies.page(wrong.map_or(StatusCode::OK, |wrong| wrong.status), &page)
}

async fn ask(visit: Visit<Caller>) -> Result<Response, Fault> {
    let (id, organisation) = (named(&visit)?, named_organisation(&visit)?);
    match visit.context.preview_removal(&visit.caller, id, organisation).await {
        Ok(preview) => question(&visit, &preview, None),
        Err(fault) => show::refused(&visit, fault).await,
    }
}

async fn remove(visit: Visit<Caller>) -> Result<Response, Fault> {
    let (id, organisation) = (named(&visit)?, named_organisation(&visit)?);
    let Err(fault) = visit.context.remove_membership(&visit.caller, id, organisation).await else {
        return removed(&visit).await;
    };
    match visit.context.preview_removal(&visit.caller, id, organisation).await {
        Ok(preview) => {
            let wrong = FormFault::of_act(fault, &visit.origin)?;
            Ok(wrong.mark(question(&visit, &preview, Some(&wrong))?))
        }
        // What a first click removed is as removed for the second one.
        Err(gone) if gone.code == Code::MembershipNotFound => removed(&visit).await,
        Err(_) => show::refused(&visit, fault).await,
    }
}

/// Leads to the person, or, where they are out of sight now, to the list.
async fn removed(visit: &Visit<Caller>) -> Result<Response, Fault> {
    let id = named(visit)?;
    match visit.context.person_overview(&visit.caller, id).await {
        Ok(_) => done(id, PersonNotice::Removed),
        Err(fault) if fault.code == Code::UserNotFound => Cookies::default().redirect("/users"),
        Err(fault) => Err(fault),
    }
}

fn question(visit: &Visit<Caller>, preview: &RemovalPreview, wrong: Option<&FormFault>) -> Result<Response, Fault> {
    let RemovalPreview { person, organisation, organisation_name, role, stats, invitations, others, .. } = preview;
    let (mut layout, cookies) = Frame::new(visit, Some(&visit.caller), Some(Active::People)).take();
    if wrong.is_some() {
        layout.path.clear();
    }
    let name = person.name.to_string();
    let path = format!("/users/{}", person.id);
    let stays = match others {
        0 => "It is the last organisation in which you see them: they leave your lists.".to_owned(),
        1 => "They keep what they are in 1 other organisation that you see.".to_owned(),
        others => format!("They keep what they are in {others} other organisations that you see."),
    };
    let mut touched = vec![
        (stats.systems_in_tree.to_string(), "Systems that they reach through it".to_owned()),
        (stats.organisations_below.to_string(), "Organisations below that they reach through it".to_owned()),
        (stats.people_in_tree.to_string(), "People in it and below, they included".to_owned()),
    ];
    if *invitations > 0 {
        touched.push((invitations.to_string(), "Invitations of theirs that are taken back".to_owned()));
    }
    let page = DecisionPage {
        layout,
        question: format!("Remove {name} from {organisation_name}?"),
        above: way(person.id, &name),
        alert: wrong.map(|wrong| wrong.alert.clone()),
        says: vec![format!("{name} is {role} there. From the next request on that counts no more."), stays],
        touched,
        touched_title: "What they lose",
        to_type: None,
        action: format!("{path}/memberships/{organisation}/remove"),
        hidden: Vec::new(),
        act: "Remove".to_owned(),
        is_harm: true,
        instead: path,
    };
    cookies.page(wrong.map_or(StatusCode::OK, |wrong| wrong.status), &page)
}
