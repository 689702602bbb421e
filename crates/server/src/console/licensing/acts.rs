//! Decisions of licences: asked first, with numbers, then made.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::licensing::licence::LicenceRecord;
use bailiwick_app::overview::{LicenceOverview, LicencePowers};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::SystemId;
use bailiwick_domain::role::Right;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::view::decision::DecisionPage;
use super::super::view::layout::{Active, Field};
use super::super::view::licence::LicenceNotice;
use super::super::view::licensing::{day, days, money, opened, provided};
use super::show::{self, done, overview, way};
use super::{frame, named_licence, to};

pub(super) fn pages() -> Vec<Page> {
    let manage = Right::ManageLicences;
    let ask = |act: Act| move |visit: Visit<Caller>| ask(visit, act);
    vec![
        Page::get("/licences/{licence_id}/sign", "licence-sign-form").needs(manage).handle(ask(Act::Sign)),
        Page::post("/licences/{licence_id}/sign", "licence-sign-submit").needs(manage).handle(sign),
        Page::get("/licences/{licence_id}/suspend", "licence-suspend-form").needs(manage).handle(ask(Act::Suspend)),
        Page::post("/licences/{licence_id}/suspend", "licence-suspend-submit").needs(manage).handle(suspend),
        Page::post("/licences/{licence_id}/reactivate", "licence-reactivate-submit").needs(manage).handle(reactivate),
        Page::get("/licences/{licence_id}/revoke", "licence-revoke-form").needs(manage).handle(ask(Act::Revoke)),
        Page::post("/licences/{licence_id}/revoke", "licence-revoke-submit").needs(manage).handle(revoke),
        Page::get("/licences/{licence_id}/release", "licence-release-form")
            .needs(Right::ManageSystems)
            .handle(ask_release),
        Page::post("/licences/{licence_id}/release", "licence-release-submit")
            .needs(Right::ManageSystems)
            .resuming(&["device"])
            .handle(release),
    ]
}

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Sign,
    Suspend,
    Revoke,
}

impl Act {
    const fn is_for(self, powers: LicencePowers) -> bool {
        match self {
            Self::Sign => powers.may_sign,
            Self::Suspend | Self::Revoke => powers.may_decide,
        }
    }

    /// Whether somebody else did it meanwhile.
    const fn is_over(self, licence: &LicenceRecord) -> bool {
        match self {
            Self::Sign => licence.signed_at.is_some(),
            Self::Suspend => licence.suspended_at.is_some(),
            Self::Revoke => false,
        }
    }
}

async fn ask(visit: Visit<Caller>, act: Act) -> Result<Response, Fault> {
    let found = overview(&visit).await?;
    if found.licence.revoked_at.is_some() || act.is_over(&found.licence) {
        return to(&format!("/licences/{}", found.licence.id));
    }
    if !act.is_for(found.powers) {
        return Err(Code::InsufficientPermissions.into());
    }
    question(&visit, &found, act, Field::default(), None)
}

async fn sign(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named_licence(&visit)?;
    match visit.context.sign_licence(&visit.caller, id).await {
        // What a first click signed is as signed for the second one.
        Err(fault) if fault.code != Code::LicenceSigned => refused(&visit, Act::Sign, fault).await,
        _ => done(id, LicenceNotice::Signed),
    }
}

async fn suspend(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named_licence(&visit)?;
    match visit.context.suspend_licence(&visit.caller, id).await {
        Err(fault) if fault.code != Code::LicenceSuspended => refused(&visit, Act::Suspend, fault).await,
        _ => done(id, LicenceNotice::Suspended),
    }
}

async fn reactivate(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named_licence(&visit)?;
    match visit.context.reactivate_licence(&visit.caller, id).await {
        Err(fault) if fault.code != Code::LicenceNotSuspended => show::refused(&visit, fault).await,
        _ => done(id, LicenceNotice::Reactivated),
    }
}

async fn revoke(visit: Visit<Caller>) -> Result<Response, Fault> {
    let id = named_licence(&visit)?;
    let found = overview(&visit).await?;
    if found.licence.revoked_at.is_some() {
        return done(id, LicenceNotice::Revoked);
    }
    if !found.powers.may_decide {
        return Err(Code::InsufficientPermissions.into());
    }
    let (typed, name) = (visit.field("typed_name").unwrap_or_default(), found.licence.holder_name.as_str());
    if typed.trim() != name {
        let error = format!("Must be the name of the organisation that holds it, letter by letter: {name}");
        return question(&visit, &found, Act::Revoke, Field::refused(typed, error), None);
    }
    match visit.context.revoke_licence(&visit.caller, id).await {
        Err(fault) if fault.code != Code::LicenceRevoked => refused(&visit, Act::Revoke, fault).await,
        _ => done(id, LicenceNotice::Revoked),
    }
}

/// The question once more, with the rule that refused it; where it cannot be asked, the page of the licence.
async fn refused(visit: &Visit<Caller>, act: Act, fault: Fault) -> Result<Response, Fault> {
    let found = overview(visit).await?;
    if found.licence.revoked_at.is_some() || !act.is_for(found.powers) {
        return show::refused(visit, fault).await;
    }
    let wrong = FormFault::of_act(fault, &visit.origin)?;
    let typed = Field::new(visit.field("typed_name").unwrap_or_default());
    Ok(wrong.mark(question(visit, &found, act, typed, Some(&wrong))?))
}

fn question(
    visit: &Visit<Caller>,
    found: &LicenceOverview,
    act: Act,
    typed: Field,
    wrong: Option<&FormFault>,
) -> Result<Response, Fault> {
    let LicenceOverview { licence, .. } = found;
    let Words { question, verb, path: act_path, says, touched, title } = words(licence, act);
    let status = match wrong {
        Some(wrong) => wrong.status,
        None if typed.error.is_some() => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let (layout, cookies) = frame(visit, Active::Licences, status);
    let path = format!("/licences/{}", licence.id);
    let page = DecisionPage {
        layout,
        question,
        above: way(licence),
        alert: wrong.map(|wrong| wrong.alert.clone()),
        says,
        touched,
        touched_title: title,
        to_type: (act == Act::Revoke).then(|| (licence.holder_name.to_string(), typed)),
        action: format!("{path}/{act_path}"),
        hidden: Vec::new(),
        act: verb.to_owned(),
        is_harm: act != Act::Sign,
        instead: path,
    };
    cookies.page(status, &page)
}

/// What is asked, and what it does.
struct Words {
    question: String,
    verb: &'static str,
    path: &'static str,
    says: Vec<String>,
    touched: Vec<(String, String)>,
    title: &'static str,
}

fn words(licence: &LicenceRecord, act: Act) -> Words {
    let (name, holder) = (&licence.agreement_name, &licence.holder_name);
    let systems = (licence.bound.to_string(), "Systems that may use nothing by it".to_owned());
    match act {
        Act::Sign => Words {
            question: format!("Accept {name} for {holder}?"),
            verb: "Accept",
            path: "sign",
            says: vec![
                format!("You accept the agreement “{name}”, version {}, for {holder}.", licence.agreement_version),
                "Your name and this moment are kept with the licence. It is not taken back; what replaces it has to be \
                 accepted anew."
                    .to_owned(),
            ],
            touched: terms(licence),
            title: "What it says",
        },
        Act::Suspend => Words {
            question: format!("Suspend {name} of {holder}?"),
            verb: "Suspend",
            path: "suspend",
            says: vec![
                "Nothing may be used by it as soon as its systems ask this server, or when their files run out."
                    .to_owned(),
                "It can be taken back at any time.".to_owned(),
            ],
            touched: vec![systems],
            title: "What it touches now",
        },
        Act::Revoke => Words {
            question: format!("Revoke {name} of {holder}?"),
            verb: "Revoke",
            path: "revoke",
            says: vec![
                "Nothing may be used by it any more, as soon as its systems ask this server, or when their files run out."
                    .to_owned(),
                "This cannot be taken back. Another licence can be issued instead.".to_owned(),
            ],
            touched: vec![
                systems,
                (i64::from(licence.pool.is_some()).to_string(), "Seats that are free again".to_owned()),
            ],
            title: "What it touches now",
        },
    }
}

/// What one accepts.
fn terms(licence: &LicenceRecord) -> Vec<(String, String)> {
    let ends = licence.expires_at.map_or_else(|| "never".to_owned(), day);
    let terms = [
        (money(licence.amount_per_month.after(licence.discount)), "Price of a month"),
        (day(licence.starts_at), "Begins"),
        (ends, "Runs out"),
        (days(licence.grace.number()), "Grace after that"),
        (licence.systems.to_string(), "Systems it is for"),
        (provided(&licence.provides), "Allows"),
        (opened(&licence.catalogues), "Catalogues"),
    ];
    terms.map(|(value, name)| (value, name.to_owned())).into()
}

/// The system that a member of the address or a field names.
fn device(text: Option<&str>) -> Result<SystemId, Fault> {
    Ok(SystemId::parse_text(text.unwrap_or_default()).map_err(|_| Code::DeviceNotBound)?)
}

async fn ask_release(visit: Visit<Caller>) -> Result<Response, Fault> {
    let found = overview(&visit).await?;
    let device = device(visit.query_member("device"))?;
    let system = visit.context.show_system(&visit.caller, device).await?;
    if !found.powers.may_bind {
        return Err(Code::InsufficientPermissions.into());
    }
    let (layout, cookies) = frame(&visit, Active::Licences, StatusCode::OK);
    let path = format!("/licences/{}", found.licence.id);
    let page = DecisionPage {
        layout,
        question: format!("Take {} from {}?", found.licence.agreement_name, system.name),
        above: way(&found.licence),
        alert: None,
        says: vec![
            "The system may use nothing by it as soon as it asks this server, or when its file runs out.".to_owned(),
            "The licence can be given to another system then, or to this one again.".to_owned(),
        ],
        touched: Vec::new(),
        touched_title: "",
        to_type: None,
        action: format!("{path}/release"),
        hidden: vec![("device", device.to_string())],
        act: "Take it away".to_owned(),
        is_harm: true,
        instead: path,
    };
    cookies.page(StatusCode::OK, &page)
}

async fn release(visit: Visit<Caller>) -> Result<Response, Fault> {
    let (id, device) = (named_licence(&visit)?, device(visit.field("device"))?);
    match visit.context.release_licence(&visit.caller, id, device).await {
        // As far as one sees the system: a first click took it away.
        Err(fault) if fault.code == Code::DeviceNotBound => {
            visit.context.show_system(&visit.caller, device).await?;
            done(id, LicenceNotice::Released)
        }
        Err(fault) => show::refused(&visit, fault).await,
        Ok(_) => done(id, LicenceNotice::Released),
    }
}
