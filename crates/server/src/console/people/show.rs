//! One person, with what they are and where.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::overview::{MembershipInSight, PersonOverview};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::time::Timestamp;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::frame::Frame;
use super::super::view::layout::{Active, Moment};
use super::super::view::person::{MembershipRow, Person, PersonNotice, PersonPage};
use super::named;

pub(super) fn pages() -> Vec<Page> {
    vec![Page::get("/users/{user_id}", "person").member().while_impersonating().handle(show)]
}

async fn show(visit: Visit<Caller>) -> Result<Response, Fault> {
    let overview = visit.context.person_overview(&visit.caller, named(&visit)?).await?;
    let notice = visit.query_member("notice").and_then(PersonNotice::from_key);
    answer(&visit, overview, notice, None)
}

/// The page of a person with whom something was refused, which it says.
pub(super) async fn refused(visit: &Visit<Caller>, fault: Fault) -> Result<Response, Fault> {
    let code = fault.code;
    let mut wrong = FormFault::of_act(fault, &visit.origin)?;
    if code == Code::TooManyLinks {
        let wait = wrong.alert.strip_prefix(code.sentence()).unwrap_or_default();
        wrong.alert = format!("Several links were mailed to this person already.{wait}");
    }
    let overview = visit.context.person_overview(&visit.caller, named(visit)?).await?;
    Ok(wrong.mark(answer(visit, overview, None, Some(&wrong))?))
}

fn answer(
    visit: &Visit<Caller>,
    overview: PersonOverview,
    notice: Option<PersonNotice>,
    wrong: Option<&FormFault>,
) -> Result<Response, Fault> {
    let now = visit.context.now();
    let PersonOverview { person, memberships, powers } = overview;
    let (mut layout, cookies) = Frame::new(visit, Some(&visit.caller), Some(Active::People)).take();
    // What was just done, or is wrong, is not for whoever comes back.
    layout.path = if wrong.is_none() { format!("/users/{}", person.id) } else { String::new() };
    let page = PersonPage {
        layout,
        notice: notice.map(PersonNotice::words),
        alert: wrong.map(|wrong| wrong.alert.clone()),
        person: Person {
            id: person.id.to_string(),
            name: person.name.to_string(),
            email: person.email.to_string(),
            is_confirmed: person.confirmed_at.is_some(),
            phone_number: person.phone_number.map(|number| number.as_str().to_owned()),
            job_title: person.job_title.map(|title| title.to_string()),
            is_super_admin: person.is_super_admin,
            suspended: person.suspended_at.map(|at| Moment::new(now, at)),
            created: Moment::new(now, person.created_at),
        },
        consents_until: powers.consents_until.map(|until| Moment::new(now, until)),
        memberships: memberships.into_iter().map(|membership| row(now, membership)).collect(),
        powers,
    };
    cookies.page(wrong.map_or(StatusCode::OK, |wrong| wrong.status), &page)
}

fn row(now: Timestamp, in_sight: MembershipInSight) -> MembershipRow {
    let MembershipInSight { membership, may_change } = in_sight;
    MembershipRow {
        id: membership.organisation.to_string(),
        name: membership.organisation_name.to_string(),
        kind: membership.organisation_kind,
        is_suspended: membership.suspended_at.is_some(),
        role: membership.role,
        since: Moment::new(now, membership.created_at),
        may_change,
    }
}
