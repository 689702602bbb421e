//! What is done to the account of a person.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::overview::Holdings;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::role::Right;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::frame::{Cookies, Frame};
use super::super::view::decision::DecisionPage;
use super::super::view::layout::Active;
use super::super::view::person::PersonNotice;
use super::{done, named, show, way};

pub(super) fn pages() -> Vec<Page> {
    let manage = Right::ManageUsers;
    vec![
        Page::get("/users/{user_id}/suspend", "person-suspend-form").needs(manage).handle(ask),
        Page::post("/users/{user_id}/suspend", "person-suspend-submit").needs(manage).handle(suspend),
        Page::post("/users/{user_id}/reactivate", "person-reactivate-submit").needs(manage).handle(reactivate),
        Page::post("/users/{user_id}/reset-password", "person-reset-submit").needs(manage).handle(send_reset),
    ]
}

async fn ask(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named(&visit)?;
    match visit.context.preview_person_suspension(&visit.caller, id).await {
        // In another window: the page of the person says so.
        Ok(holdings) if holdings.person.suspended_at.is_some() => Cookies::default().redirect(&format!("/users/{id}")),
        Ok(holdings) => question(&visit, &holdings, None),
        Err(fault) => show::refused(&visit, fault).await,
    }
}

async fn suspend(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named(&visit)?;
    let Err(fault) = visit.context.suspend_person(&visit.caller, id).await else {
        return done(id, PersonNotice::Suspended);
    };
    match visit.context.preview_person_suspension(&visit.caller, id).await {
        // What a first click suspended is as suspended for the second one.
        Ok(holdings) if holdings.person.suspended_at.is_some() => done(id, PersonNotice::Suspended),
        Ok(holdings) => {
            let wrong = FormFault::of_act(fault, &visit.origin)?;
            Ok(wrong.mark(question(&visit, &holdings, Some(&wrong))?))
        }
        Err(_) => show::refused(&visit, fault).await,
    }
}

async fn reactivate(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named(&visit)?;
    match visit.context.reactivate_person(&visit.caller, id).await {
        Ok(_) => done(id, PersonNotice::Reactivated),
        // As above.
        Err(fault) if fault.code == Code::UserNotSuspended => done(id, PersonNotice::Reactivated),
        Err(fault) => show::refused(&visit, fault).await,
    }
}

async fn send_reset(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named(&visit)?;
    match visit.context.send_reset(&visit.caller, id).await {
        Ok(_) => done(id, PersonNotice::ResetSent),
        Err(fault) => show::refused(&visit, fault).await,
    }
}

fn question(visit: &Visit<Caller>, holdings: &Holdings, wrong: Option<&FormFault>) -> Result<Response, Fault> {
    let Holdings { person, sessions, are_all_counted, api_keys, organisations } = holdings;
    let (mut layout, cookies) = Frame::new(visit, Some(&visit.caller), Some(Active::People)).take();
    if wrong.is_some() {
        layout.path.clear();
    }
    let name = person.name.to_string();
    let path = format!("/users/{}", person.id);
    let at_least = if *are_all_counted { "" } else { "at least " };
    let page = DecisionPage {
        layout,
        question: format!("Suspend {name}?"),
        above: way(person.id, &name),
        alert: wrong.map(|wrong| wrong.alert.clone()),
        says: vec![
            format!("{} is signed out everywhere and does not come in until the suspension ends.", person.email),
            "Every mailed link by which they could set another password ends too. Roles stay as they are.".to_owned(),
        ],
        touched: vec![
            (format!("{at_least}{sessions}"), "Sessions that end".to_owned()),
            (api_keys.to_string(), "API keys that open nothing meanwhile".to_owned()),
            (organisations.to_string(), "Organisations that they belong to".to_owned()),
        ],
        touched_title: "What it touches now",
        to_type: None,
        action: format!("{path}/suspend"),
        hidden: Vec::new(),
        act: "Suspend".to_owned(),
        is_harm: true,
        instead: path,
    };
    cookies.page(wrong.map_or(StatusCode::OK, |wrong| wrong.status), &page)
}
