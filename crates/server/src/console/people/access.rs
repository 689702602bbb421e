//! Why somebody may do something, or may not.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::explanation::{Chain, Explanation, Outcome};
use bailiwick_app::overview::{AccessAsk, AccessQuestion, Match};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::UserId;
use bailiwick_domain::resource::Resource;
use bailiwick_domain::role::Right;
use http::StatusCode;

use super::super::super::api::access::sentence;
use super::super::frame::Frame;
use super::super::organisation::list::searched;
use super::super::view::access::{AccessPage, Answer, ChainRow, Chosen, Step};
use super::super::view::layout::{Active, Choice};
use super::super::view::list::address;
use super::super::view::organisation::role_label;
use super::super::view::picker::{Found, Picker};

pub(super) fn pages() -> Vec<Page> {
    vec![Page::get("/access", "access").needs(Right::ManageUsers).while_impersonating().handle(show)]
}

async fn show(visit: Visit<Caller>) -> Result<Response, Fault> {
    let member = |name: &str| visit.query_member(name).unwrap_or_default();
    let ask = AccessAsk {
        subject: UserId::parse_text(member("subject")).ok(),
        resource: Resource::parse_text(member("resource")).ok(),
        right: Right::parse_text(member("right")).ok(),
        subject_search: searched(member("person")),
        resource_search: searched(member("thing")),
    };
    let question = visit.context.ask_about_access(&visit.caller, &ask).await?;
    let (layout, cookies) = Frame::new(&visit, Some(&visit.caller), Some(Active::People)).take();
    cookies.page(StatusCode::OK, &page(layout, &ask, question))
}

fn page(layout: super::super::view::layout::Layout, ask: &AccessAsk, question: AccessQuestion) -> AccessPage {
    let AccessQuestion { subject, resource, subjects, resources, explanation } = question;
    let who = subject.as_ref().map(|(id, ..)| ("subject", id.to_string()));
    let what = resource.as_ref().map(|(resource, _)| ("resource", resource.to_string()));
    let kept: Vec<_> = [who.clone(), what.clone()].into_iter().flatten().collect();
    let subject = Step {
        chosen: subject.map(|(id, name, email)| Chosen {
            name: name.to_string(),
            beside: email.to_string(),
            page: Some(format!("/users/{id}")),
            again: to("/access", what.as_slice(), None),
        }),
        picker: picker("person", "Name or e-mail address of a person", &ask.subject_search, what.as_slice(), subjects),
    };
    let matter = resource.as_ref().map(|(resource, _)| *resource);
    let resource = Step {
        chosen: resource.map(|(resource, name)| Chosen {
            name: name.to_string(),
            beside: kind(resource).to_owned(),
            page: page_of(resource),
            again: to("/access", who.as_slice(), None),
        }),
        picker: picker(
            "thing",
            "Name of an organisation, a system or a person",
            &ask.resource_search,
            who.as_slice(),
            resources,
        ),
    };
    let rights = Right::ALL.into_iter().filter(|right| matter.is_some_and(|matter| matter.is_matter_of(*right)));
    let choice = |right: Right| Choice {
        value: right.name().to_owned(),
        label: right.name().to_owned(),
        selected: ask.right == Some(right),
    };
    let answer = explanation.as_ref().zip(ask.right).map(|(explanation, right)| answer(explanation, right));
    AccessPage { layout, subject, resource, rights: rights.map(choice).collect(), kept, answer }
}

/// An address with what is known, and one member more.
fn to(path: &str, kept: &[(&'static str, String)], more: Option<(&str, &str)>) -> String {
    let members: Vec<_> = kept.iter().map(|(name, value)| (*name, value.as_str())).chain(more).collect();
    address(path, &members)
}

fn picker(
    field: &'static str,
    label: &'static str,
    search: &str,
    kept: &[(&'static str, String)],
    found: Vec<Match>,
) -> Picker {
    let is_subject = field == "person";
    let found = found.into_iter().map(|found| {
        let text = found.resource.to_string();
        let id = text.split_once(':').map_or("", |(_, id)| id);
        let member = if is_subject { ("subject", id) } else { ("resource", text.as_str()) };
        let word = if is_subject { String::new() } else { format!("{}, ", kind(found.resource)) };
        Found {
            address: to("/access", kept, Some(member)),
            name: found.name.to_string(),
            beside: format!("{word}{}", found.beside),
        }
    });
    Picker {
        action: "/access".to_owned(),
        field,
        label,
        kept: kept.to_vec(),
        search: search.to_owned(),
        found: found.collect(),
        nothing: "Nothing of this name that you manage.",
    }
}

const fn kind(resource: Resource) -> &'static str {
    match resource {
        Resource::System(_) => "System",
        Resource::Organisation(_) => "Organisation",
        Resource::User(_) => "Person",
    }
}

fn page_of(resource: Resource) -> Option<String> {
    match resource {
        Resource::System(_) => None,
        Resource::Organisation(id) => Some(format!("/organizations/{id}")),
        Resource::User(id) => Some(format!("/users/{id}")),
    }
}

fn answer(explanation: &Explanation, right: Right) -> Answer {
    Answer {
        is_allowed: explanation.is_allowed(),
        sentence: sentence(explanation, right),
        chains: explanation.chains.iter().map(row).collect(),
    }
}

fn row(chain: &Chain) -> ChainRow {
    let role = match &chain.place {
        Some((organisation, role)) => format!("{} in {}", role_label(*role), organisation.name),
        None => "A role further up".to_owned(),
    };
    let step = |step: &bailiwick_app::explanation::OrganisationRecord| {
        (format!("/organizations/{}", step.id), step.name.to_string())
    };
    ChainRow {
        role,
        way: chain.way.iter().map(step).collect(),
        outcome: match chain.outcome {
            Outcome::Grants => "Grants the right",
            Outcome::RoleLacksRight => "The role does not have the right",
            Outcome::NotAbove => "It is elsewhere in the tree",
            Outcome::OrganisationSuspended => "The organisation is suspended",
        },
        grants: chain.outcome == Outcome::Grants,
    }
}
