//! Consent: an outside application asks for a system, the person decides
//! (contract, section 5).
//!
//! Nothing is created without the click. The form carries a key by which a
//! second click gets the first answer again.

use axum::response::Response;
use bailiwick_app::callback::{CallbackCreated, CallbackOutcome, CallbackRequest};
use bailiwick_app::caller::Caller;
use bailiwick_app::context::Context;
use bailiwick_app::idempotency::{Idempotency, IdempotencyKey};
use bailiwick_app::system::{OrganisationRecord, SystemDraft};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::callback::CallbackUrl;
use bailiwick_domain::fault::{Class, Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::role::Right;
use bailiwick_domain::state_token::RawState;
use bailiwick_domain::system::SystemType;
use bailiwick_domain::time::{Span, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::fault::log_answered_by_form;
use super::frame::{Frame, sentence};
use super::view::consent::{
    ConsentPage, ConsentRefusal, ConsentRefusedPage, OrganisationChoice, OrganisationOption, TypeChoice, WayBack,
};
use super::view::created::{CreatedPage, Delivery};
use super::view::layout::{Choice, Field, Moment};

/// Random bytes in the key of a form.
const FORM_KEY_BYTES: usize = 16;

/// What brings the question back to somebody whose session ended while they read it.
const RESUMED_WITH: [&str; 6] = ["callback_url", "state", "type", "type_chosen", "name", "organization_id"];
/// For how long after the creation the secret is shown again to whoever sends the form again: a second click, also
/// beside a receiver that takes its time, and not a reload hours later.
const SECOND_CLICK: Span = Span::seconds(30);

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/system-creation", "system-creation").member().handle(ask),
        Page::post("/system-creation", "system-creation-consent").member().resuming(&RESUMED_WITH).handle(consent),
    ]
}

/// What the outside application put into the link, or the person into the form.
struct Wish {
    callback_url: CallbackUrl,
    state: RawState,
    kind: Option<SystemType>,
    name: String,
    organisation: String,
    form_key: String,
    /// Whether the link itself said which type.
    is_type_given: bool,
}

/// What is wrong with the form.
#[derive(Default)]
struct Problems {
    name: Option<String>,
    kind: Option<String>,
    organisation: Option<String>,
    alert: Option<String>,
}

async fn ask(visit: Visit<Caller>) -> Result<Response, Fault> {
    visit.context.admit(&visit.caller.principal, Some(Right::ManageSystems))?;
    let form_key = BASE64URL_NOPAD.encode(&visit.context.random.bytes::<FORM_KEY_BYTES>());
    let member = |name: &str| visit.query_member(name).unwrap_or_default();
    let wish = match wish(&visit, member, form_key) {
        Ok(wish) => wish,
        Err(refusal) => return refuse(&visit, None, refusal),
    };
    if visit.context.check_destination(&wish.callback_url).await.is_err() {
        return refuse(&visit, None, ConsentRefusal::Destination);
    }
    if let Err(fault) = visit.context.check_state(&wish.state).await {
        return refuse_state(&visit, &wish, fault);
    }
    show(&visit, wish, Problems::default(), StatusCode::OK).await
}

async fn consent(visit: Visit<Caller>) -> Result<Response, Fault> {
    visit.context.admit(&visit.caller.principal, Some(Right::ManageSystems))?;
    let field = |name: &str| visit.field(name).unwrap_or_default();
    let wish = match wish(&visit, field, field("idempotency_key").to_owned()) {
        Ok(wish) => wish,
        Err(refusal) => return refuse(&visit, None, refusal),
    };
    let request = match request(&wish) {
        Ok(request) => request,
        Err(problems) => return show(&visit, wish, problems, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    match visit.context.create_by_callback(&visit.caller, request, answer).await {
        // However long the first attempt to call back took, whoever created the system sees its secret.
        Ok(CallbackOutcome::Created(answer)) => created(&visit, &wish, outcome(answer)?, true),
        Ok(CallbackOutcome::Replayed(answer)) => {
            let outcome = outcome(answer)?;
            let age = visit.context.now().since(Timestamp::from_microseconds(outcome.created_at));
            created(&visit, &wish, outcome, age <= SECOND_CLICK)
        }
        // The form was sent before, with other answers, and what it asked for was done.
        Err(fault) if fault.code == Code::IdempotencyMismatch => refuse_state(&visit, &wish, Code::StateUsed.into()),
        Err(fault) => refused(&visit, wish, fault).await,
    }
}

/// Reads what both the link and the form carry.
fn wish<'a>(visit: &Visit<Caller>, member: impl Fn(&str) -> &'a str, form_key: String) -> Result<Wish, ConsentRefusal> {
    let callback_url = CallbackUrl::parse_text(member("callback_url"))
        .map_err(|refusal| ConsentRefusal::CallbackUrl { expected: sentence(&refusal) })?;
    let state = RawState::parse_text(member("state")).map_err(|_| ConsentRefusal::StateMalformed)?;
    let given = member("type");
    let kind =
        SystemType::parse_text(given).ok().filter(|kind| visit.context.settings.system_types.admit(kind).is_ok());
    if !given.is_empty() && kind.is_none() {
        return Err(ConsentRefusal::SystemType { given: given.to_owned() });
    }
    Ok(Wish {
        callback_url,
        state,
        kind,
        name: member("name").to_owned(),
        organisation: member("organization_id").to_owned(),
        form_key,
        is_type_given: member("type_chosen").is_empty() && !given.is_empty(),
    })
}

/// What is to be carried out, where the form is complete.
fn request(wish: &Wish) -> Result<CallbackRequest, Problems> {
    let name = Name::parse_text(&wish.name);
    let organisation = OrganisationId::parse_text(&wish.organisation);
    let key = IdempotencyKey::parse_text(&wish.form_key);
    let (Ok(name), Some(kind), Ok(organisation), Ok(key)) = (&name, &wish.kind, &organisation, &key) else {
        return Err(Problems {
            name: name.err().map(|refusal| sentence(&refusal)),
            kind: wish.kind.is_none().then(|| "Choose a type.".to_owned()),
            organisation: organisation.err().map(|_| "Choose an organisation.".to_owned()),
            alert: key.err().map(|_| "The form was incomplete. Check it and try again.".to_owned()),
        });
    };
    let parts = [wish.callback_url.as_str(), wish.state.as_str(), kind.as_str(), name.as_str(), &wish.organisation];
    let body = json!(parts).to_string();
    Ok(CallbackRequest {
        draft: SystemDraft {
            name: name.clone(),
            kind: kind.clone(),
            custom_data: None,
            organisation: Some(*organisation),
        },
        callback_url: wish.callback_url.clone(),
        state: wish.state.clone(),
        idempotency: Some(Idempotency::new("system-creation-consent", key, body.as_bytes())),
    })
}

/// What the result page shows; kept, sealed, for a second click.
#[derive(Serialize, Deserialize)]
struct Outcome {
    id: String,
    name: String,
    kind: String,
    organisation: String,
    secret: String,
    is_delivered: bool,
    next_attempt_at: Option<i64>,
    created_at: i64,
    continue_url: String,
}

fn answer(_: &Context, created: &CallbackCreated) -> serde_json::Value {
    let system = &created.created.system;
    let outcome = Outcome {
        id: system.id.to_string(),
        name: system.name.to_string(),
        kind: system.kind.to_string(),
        organisation: system.organisation_name.to_string(),
        secret: created.created.secret.expose().to_owned(),
        is_delivered: created.callback_executed,
        next_attempt_at: system.callback_next_attempt_at.map(Timestamp::microseconds),
        created_at: system.created_at.microseconds(),
        continue_url: created.target.clone(),
    };
    serde_json::to_value(outcome).unwrap_or_default()
}

fn outcome(answer: serde_json::Value) -> Result<Outcome, Fault> {
    serde_json::from_value(answer).map_err(Fault::broken)
}

fn created(visit: &Visit<Caller>, wish: &Wish, outcome: Outcome, shows_secret: bool) -> Result<Response, Fault> {
    let now = visit.context.now();
    let delivery = if outcome.is_delivered {
        Delivery::Delivered
    } else {
        let next = outcome.next_attempt_at.map(Timestamp::from_microseconds);
        // One that is due is not worth naming: its time is over when the page is read.
        let next = next.filter(|at| at.since(now) >= Span::seconds(1));
        Delivery::Pending { next_attempt: next.map(|at| Moment::new(now, at)) }
    };
    let created_at = Timestamp::from_seconds(Timestamp::from_microseconds(outcome.created_at).seconds());
    let opener_message = json!({
        "type": "system_created",
        "state": wish.state.as_str(),
        "system": { "id": outcome.id, "name": outcome.name, "type": outcome.kind },
        "timestamp": created_at.rfc3339(),
    });
    let (layout, cookies) = Frame::of_post(visit).take();
    let page = CreatedPage {
        layout,
        host: wish.callback_url.host_display(),
        system_id: outcome.id,
        system_name: outcome.name,
        system_type: outcome.kind,
        organisation_name: outcome.organisation,
        secret: shows_secret.then_some(outcome.secret),
        delivery,
        continue_url: outcome.continue_url,
        opener_message: opener_message.to_string(),
        opener_origin: wish.callback_url.origin(),
    };
    cookies.page(StatusCode::CREATED, &page)
}

/// Shows the question, with what is wrong with the answer so far.
async fn show(visit: &Visit<Caller>, wish: Wish, problems: Problems, status: StatusCode) -> Result<Response, Fault> {
    let organisations = visit.context.organisations_for_systems(&visit.caller).await?;
    let principal = &visit.caller.principal;
    let user_email = principal.email.to_string();
    if organisations.is_empty() {
        let way_back = Some(way_back(&wish));
        let again = again(&wish);
        return refuse(visit, way_back, ConsentRefusal::NoRight { user_email, again });
    }
    let chosen = OrganisationId::parse_text(&wish.organisation).ok().or(principal.current_organisation);
    let system_type = type_choice(&visit.context, &wish, problems.kind);
    let (layout, cookies) =
        if status == StatusCode::OK { Frame::new(visit, None, None).take() } else { Frame::of_post(visit).take() };
    let page = ConsentPage {
        layout,
        host: wish.callback_url.host_display(),
        callback_url: wish.callback_url.as_str().to_owned(),
        state: wish.state.as_str().to_owned(),
        idempotency_key: wish.form_key.clone(),
        name: Field { value: wish.name.clone(), error: problems.name },
        system_type,
        organisation: organisation_choice(organisations, chosen, problems.organisation),
        cancel_url: wish.callback_url.with_denied(wish.state.as_str()),
        again: again(&wish),
        user_name: principal.name.to_string(),
        user_email,
        alert: problems.alert,
    };
    cookies.page(status, &page)
}

fn type_choice(context: &Context, wish: &Wish, error: Option<String>) -> TypeChoice {
    let choice = |kind: &SystemType| Choice {
        value: kind.to_string(),
        label: kind.to_string(),
        selected: wish.kind.as_ref() == Some(kind),
    };
    match &wish.kind {
        Some(kind) if wish.is_type_given => TypeChoice::Given(choice(kind)),
        _ => TypeChoice::Open { choices: context.settings.system_types.iter().map(choice).collect(), error },
    }
}

fn organisation_choice(
    organisations: Vec<OrganisationRecord>,
    chosen: Option<OrganisationId>,
    error: Option<String>,
) -> OrganisationChoice {
    let option = |organisation: OrganisationRecord| OrganisationOption {
        selected: Some(organisation.id) == chosen,
        id: organisation.id.to_string(),
        name: organisation.name.to_string(),
        kind: organisation.kind.to_string(),
    };
    let mut options: Vec<_> = organisations.into_iter().map(option).collect();
    match options.pop() {
        Some(only) if options.is_empty() && error.is_none() => {
            OrganisationChoice::Only(OrganisationOption { selected: true, ..only })
        }
        last => {
            options.extend(last);
            OrganisationChoice::Several { options, error }
        }
    }
}

/// The address that asks this question again.
fn again(wish: &Wish) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("callback_url", wish.callback_url.as_str());
    query.append_pair("state", wish.state.as_str());
    if let Some(kind) = wish.kind.as_ref().filter(|_| wish.is_type_given) {
        query.append_pair("type", kind.as_str());
    }
    query.append_pair("name", &wish.name);
    format!("/system-creation?{}", query.finish())
}

/// What the form says to a fault of the use case; faults that are not its business go on.
async fn refused(visit: &Visit<Caller>, wish: Wish, fault: Fault) -> Result<Response, Fault> {
    match (fault.code, fault.code.class()) {
        (Code::StateMalformed | Code::StateExpired | Code::StateUsed, _) => refuse_state(visit, &wish, fault),
        (Code::ValidationFailed, _) => {
            let mut problems = Problems::default();
            for field in &fault.fields {
                let sentence = Some(sentence(&field.refusal));
                match field.key.as_ref() {
                    "name" => problems.name = sentence,
                    "type" => problems.kind = sentence,
                    "organization_id" => problems.organisation = sentence,
                    "callback_url" => return refuse(visit, None, ConsentRefusal::Destination),
                    _ => problems.alert = Some(field.sentence()),
                }
            }
            show(visit, wish, problems, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        (_, Class::Conflict | Class::Impossible | Class::Unavailable) => {
            log_answered_by_form(&fault, &visit.origin);
            let status = bailiwick_contract::fault_answer::status(fault.code.class());
            let alert = Some(fault.code.sentence().to_owned());
            show(visit, wish, Problems { alert, ..Problems::default() }, status).await
        }
        _ => Err(fault),
    }
}

fn refuse_state(visit: &Visit<Caller>, wish: &Wish, fault: Fault) -> Result<Response, Fault> {
    let refusal = match fault.code {
        Code::StateMalformed => ConsentRefusal::StateMalformed,
        Code::StateExpired => ConsentRefusal::StateExpired,
        Code::StateUsed => ConsentRefusal::StateUsed,
        _ => return Err(fault),
    };
    refuse(visit, Some(way_back(wish)), refusal)
}

fn way_back(wish: &Wish) -> WayBack {
    WayBack { host: wish.callback_url.host_display(), url: wish.callback_url.origin() }
}

fn refuse(visit: &Visit<Caller>, way_back: Option<WayBack>, refusal: ConsentRefusal) -> Result<Response, Fault> {
    let status =
        if matches!(refusal, ConsentRefusal::NoRight { .. }) { StatusCode::FORBIDDEN } else { StatusCode::BAD_REQUEST };
    let (layout, cookies) = Frame::of_post(visit).take();
    cookies.page(status, &ConsentRefusedPage { layout, refusal, way_back })
}
