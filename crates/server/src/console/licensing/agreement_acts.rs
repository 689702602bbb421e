//! Decisions of agreements: published, withdrawn, revised, and drafts deleted.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::overview::AgreementOverview;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::licence::agreement::AgreementStatus;
use bailiwick_domain::role::Right;
use http::StatusCode;

use super::super::view::agreements::AgreementNotice;
use super::super::view::decision::DecisionPage;
use super::super::view::layout::Active;
use super::agreements::{done, refused, terms, way};
use super::{frame, named_agreement, to};

pub(super) fn pages() -> Vec<Page> {
    let write = Right::ManageAgreements;
    let ask = |act: Act| move |visit: Visit<Caller>| ask(visit, act);
    vec![
        Page::get("/agreements/{agreement_id}/publish", "agreement-publish-form")
            .needs(write)
            .handle(ask(Act::Publish)),
        Page::post("/agreements/{agreement_id}/publish", "agreement-publish-submit").needs(write).handle(publish),
        Page::get("/agreements/{agreement_id}/withdraw", "agreement-withdraw-form")
            .needs(write)
            .handle(ask(Act::Withdraw)),
        Page::post("/agreements/{agreement_id}/withdraw", "agreement-withdraw-submit").needs(write).handle(withdraw),
        Page::get("/agreements/{agreement_id}/delete", "agreement-delete-form").needs(write).handle(ask(Act::Delete)),
        Page::post("/agreements/{agreement_id}/delete", "agreement-delete-submit").needs(write).handle(delete),
        Page::post("/agreements/{agreement_id}/revise", "agreement-revise-submit").needs(write).handle(revise),
    ]
}

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Publish,
    Withdraw,
    Delete,
}

impl Act {
    /// Of what.
    const fn is_of(self) -> AgreementStatus {
        match self {
            Self::Publish | Self::Delete => AgreementStatus::Draft,
            Self::Withdraw => AgreementStatus::Published,
        }
    }
}

async fn ask(visit: Visit<Caller>, act: Act) -> Result<Response, Fault> {
    let found = visit.context.agreement_overview(&visit.caller, named_agreement(&visit)?).await?;
    if !found.may_write {
        return Err(Code::OwnersAgreements.into());
    }
    // Somebody was quicker, in another window: the page of the agreement says so.
    if found.agreement.status() != act.is_of() {
        return to(&format!("/agreements/{}", found.agreement.id));
    }
    let is_published = |version: &&_| {
        bailiwick_app::licensing::agreement::AgreementRecord::status(version) == AgreementStatus::Published
    };
    let before = match found.versions.iter().find(is_published) {
        Some(before) if act == Act::Publish => Some(visit.context.agreement_overview(&visit.caller, before.id).await?),
        _ => None,
    };
    question(&visit, &found, before.as_ref(), act)
}

fn question(
    visit: &Visit<Caller>,
    found: &AgreementOverview,
    before: Option<&AgreementOverview>,
    act: Act,
) -> Result<Response, Fault> {
    let agreement = &found.agreement;
    let (name, version) = (agreement.name.to_string(), agreement.version);
    let licences = |count: i64| (count.to_string(), "Licences under it, which stay as they are".to_owned());
    let as_terms = || terms(agreement).into_iter().map(|(name, value)| (value, name.to_owned())).collect();
    let (question, verb, path, says, touched, title) = match act {
        Act::Publish => {
            let mut says = vec![
                "From then on it does not change, everybody who sees licences sees it, and licences are issued under it."
                    .to_owned(),
            ];
            says.extend(before.map(|before| {
                format!(
                    "It takes the place of version {}, under which {} licences stay as they are until they are renewed.",
                    before.agreement.version, before.licences
                )
            }));
            (format!("Publish {name}, version {version}?"), "Publish", "publish", says, as_terms(), "What it says")
        }
        Act::Withdraw => (
            format!("Withdraw {name}, version {version}?"),
            "Withdraw",
            "withdraw",
            vec![
                "No licence is issued or renewed under it any more, and no seats of it are made or handed down, until a \
                 new version is published."
                    .to_owned(),
            ],
            vec![licences(found.licences)],
            "What it touches now",
        ),
        Act::Delete => (
            format!("Delete the draft of {name}, version {version}?"),
            "Delete",
            "delete",
            vec!["Nobody but those who write agreements has seen it. It cannot be restored.".to_owned()],
            Vec::new(),
            "",
        ),
    };
    let (layout, cookies) = frame(visit, Active::Agreements, StatusCode::OK);
    let address = format!("/agreements/{}", agreement.id);
    let page = DecisionPage {
        layout,
        question,
        above: way(agreement),
        alert: None,
        says,
        touched,
        touched_title: title,
        to_type: None,
        action: format!("{address}/{path}"),
        hidden: Vec::new(),
        act: verb.to_owned(),
        is_harm: act != Act::Publish,
        instead: address,
    };
    cookies.page(StatusCode::OK, &page)
}

async fn publish(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named_agreement(&visit)?;
    match visit.context.publish_agreement(&visit.caller, id).await {
        Ok(_) => done(id, AgreementNotice::Published),
        Err(fault) => settled(&visit, fault, AgreementStatus::Published, AgreementNotice::Published).await,
    }
}

async fn withdraw(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named_agreement(&visit)?;
    match visit.context.withdraw_agreement(&visit.caller, id).await {
        Ok(_) => done(id, AgreementNotice::Withdrawn),
        Err(fault) => settled(&visit, fault, AgreementStatus::Withdrawn, AgreementNotice::Withdrawn).await,
    }
}

/// What a first click did is done for the second one.
async fn settled(
    visit: &Visit<Caller>,
    fault: Fault,
    wanted: AgreementStatus,
    notice: AgreementNotice,
) -> Result<Response, Fault> {
    if !matches!(fault.code, Code::AgreementSettled | Code::AgreementNotPublished) {
        return Err(fault);
    }
    let found = visit.context.show_agreement(&visit.caller, named_agreement(visit)?).await?;
    if found.status() == wanted { done(found.id, notice) } else { refused(visit, fault).await }
}

async fn delete(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named_agreement(&visit)?;
    match visit.context.delete_agreement(&visit.caller, id).await {
        Ok(_) => done(id, AgreementNotice::Deleted),
        Err(fault) => refused(&visit, fault).await,
    }
}

async fn revise(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named_agreement(&visit)?;
    match visit.context.revise_agreement(&visit.caller, id).await {
        Ok(draft) => done(draft.id, AgreementNotice::Revised),
        Err(fault) if fault.code == Code::DraftExists => {
            let found = visit.context.agreement_overview(&visit.caller, id).await?;
            let draft = found.versions.iter().find(|version| version.status() == AgreementStatus::Draft);
            match draft {
                Some(draft) => done(draft.id, AgreementNotice::Revised),
                None => refused(&visit, fault).await,
            }
        }
        Err(fault) => refused(&visit, fault).await,
    }
}
