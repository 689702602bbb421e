//! Systems (seed 000; contract, section 4).

use bailiwick_app::callback::{CallbackCreated, CallbackOutcome, CallbackRequest};
use bailiwick_app::caller::Caller;
use bailiwick_app::context::Context;
use bailiwick_app::idempotency::{Idempotency, IdempotencyKey};
use bailiwick_app::system::{SystemChange, SystemDraft, SystemWish};
use bailiwick_contract::answer::{Created201, IdempotentReplayed, Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::{Judged, Members, NoPath, NoQuery};
use bailiwick_contract::{body, headers, path};
use bailiwick_domain::callback::CallbackUrl;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::id::{OrganisationId, SystemId};
use bailiwick_domain::name::Name;
use bailiwick_domain::role::Right;
use bailiwick_domain::state_token::RawState;
use bailiwick_domain::system::{CustomData, SystemType};
use bailiwick_domain::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::system_list;
use super::system_view::SystemView;

/// The deadline of the callback flow: resolving a name, the transaction, and one attempt of 5 s.
const CALLBACK_DEADLINE: Span = Span::seconds(15);

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/api/systems", "list-systems", "List systems")
            .tag("Systems")
            .describe("The systems of your organisations and of all below them.")
            .needs(Right::ReadSystems)
            .while_impersonating()
            .takes_api_keys()
            .handle(system_list::list),
        Endpoint::post("/api/systems", "create-system", "Create a system")
            .tag("Systems")
            .describe("The answer shows the system's secret, this once.")
            .needs(Right::ManageSystems)
            .takes_api_keys()
            .handle(create),
        Endpoint::post("/api/systems/callback", "create-system-by-callback", "Create system with OAuth-style callback")
            .tag("Systems")
            .describe(
                "Creates a system for an outside application and calls the application back. The state is used up in \
                 the transaction that creates the system; a request that fails leaves it unused. The callback is \
                 tried at once, and again later until it arrives; `callback_executed` tells of the first attempt.",
            )
            .within(CALLBACK_DEADLINE)
            .faults(&[
                Code::StateMalformed,
                Code::StateExpired,
                Code::StateUsed,
                Code::IdempotencyRunning,
                Code::IdempotencyMismatch,
            ])
            .needs(Right::ManageSystems)
            .takes_api_keys()
            .handle(create_by_callback),
        Endpoint::get("/api/systems/{id}", "get-system", "Read a system")
            .tag("Systems")
            .needs(Right::ReadSystems)
            .while_impersonating()
            .takes_api_keys()
            .faults(&[Code::SystemNotFound])
            .handle(show),
        Endpoint::put("/api/systems/{id}", "change-system", "Change a system")
            .tag("Systems")
            .describe("What is absent stays as it is.")
            .faults(&[Code::SystemNotFound])
            .needs(Right::ManageSystems)
            .while_impersonating()
            .takes_api_keys()
            .handle(change),
        Endpoint::delete("/api/systems/{id}", "delete-system", "Delete a system")
            .tag("Systems")
            .describe("The system is gone for everybody, and can be put back.")
            .faults(&[Code::SystemNotFound])
            .needs(Right::ManageSystems)
            .while_impersonating()
            .takes_api_keys()
            .handle(delete),
        Endpoint::post("/api/systems/{id}/regenerate-secret", "regenerate-secret", "Replace a system's secret")
            .tag("Systems")
            .describe("The answer shows the new secret, this once; the old one is worth nothing from then on.")
            .faults(&[Code::SystemNotFound])
            .needs(Right::ManageSystems)
            .takes_api_keys()
            .handle(regenerate_secret),
    ]
}

path! {
    /// Which system.
    pub struct SystemPath or SystemNotFound {
        /// The system's id.
        id: SystemId,
    }
}

/// Refuses a type that this server does not accept.
fn known_type(context: &Context, kind: &SystemType) -> Result<(), Refusal> {
    context.settings.system_types.admit(kind)
}

body! {
    /// What a new system is made of.
    pub struct CreateSystem {
        /// Its name.
        name: Name => required "name",
        /// The kind of system.
        kind: SystemType => required "type" admitted by known_type,
        /// What others attach to it.
        custom_data: CustomData => optional "custom_data",
        /// The organisation it shall belong to; without it, the one that you act for.
        organization_id: OrganisationId => optional "organization_id",
    }
}

/// The fault of a body, together with what else is wrong about these members of it, where they could be read.
async fn all_refusals(context: &Context, caller: &Caller, fault: Fault, body: &[u8], judged: &[&str]) -> Fault {
    let Ok(members) = Members::parse(body) else { return fault };
    let member = |name: &str| members.get(name).filter(|_| judged.contains(&name));
    let callback_url = member("callback_url").and_then(|value| CallbackUrl::parse_json(value).ok());
    let organisation = member("organization_id").and_then(|value| OrganisationId::parse_json(value).ok());
    // The type was judged with the body.
    let wish = SystemWish { kind: None, organisation, callback_url: callback_url.as_ref() };
    match context.check_wish(caller, &wish).await {
        Ok(()) => fault,
        Err(more) if more.code == Code::ValidationFailed => fault.and_fields(more.fields),
        Err(other) => other,
    }
}

async fn create(call: Call<Caller, NoPath, NoQuery, Judged<CreateSystem>>) -> Reply<Created201<SystemView>> {
    let CreateSystem { name, kind, custom_data, organization_id } = match call.body.0 {
        Ok(body) => body,
        Err(fault) => {
            return Err(all_refusals(&call.context, &call.caller, fault, &call.body_bytes, &["organization_id"]).await);
        }
    };
    let draft = SystemDraft { name, kind, custom_data, organisation: organization_id };
    let created = call.context.create_system(&call.caller, draft).await?;
    Ok(Created201::new(SystemView::with_secret(&call.context, created)).saying("system created successfully"))
}

body! {
    /// What an outside application asks for, through the person.
    pub struct CreateSystemByCallback {
        /// Its name.
        name: Name => required "name",
        /// The kind of system.
        kind: SystemType => required "type" admitted by known_type,
        /// Where the result goes.
        callback_url: CallbackUrl => required "callback_url",
        /// The application's one-shot state: `state_` and the base64 of `{timestamp, random}`.
        callback_state: RawState => required "callback_state",
        /// What others attach to it.
        custom_data: CustomData => optional "custom_data",
        /// The organisation it shall belong to; without it, the one that you act for.
        organization_id: OrganisationId => optional "organization_id",
    }
}

headers! {
    /// How a client marks repetitions of one request.
    pub struct IdempotencyHeaders {
        /// The same key with the same body gets the first answer again.
        idempotency_key: IdempotencyKey => optional "Idempotency-Key",
    }
}

/// A system that was created for an outside application.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreatedByCallback")]
struct CallbackCreatedView {
    /// The system, with its secret.
    system: SystemView,
    /// Whether the first attempt to call back succeeded; otherwise it is tried again.
    callback_executed: bool,
}

async fn create_by_callback(
    call: Call<Caller, NoPath, NoQuery, Judged<CreateSystemByCallback>, IdempotencyHeaders>,
) -> Reply<Created201<CallbackCreatedView, IdempotentReplayed>> {
    let judged = ["organization_id", "callback_url"];
    let body = match call.body.0 {
        Ok(body) => body,
        Err(fault) => return Err(all_refusals(&call.context, &call.caller, fault, &call.body_bytes, &judged).await),
    };
    let CreateSystemByCallback { name, kind, callback_url, callback_state, custom_data, organization_id } = body;
    let key = call.headers.idempotency_key;
    let request = CallbackRequest {
        draft: SystemDraft { name, kind, custom_data, organisation: organization_id },
        callback_url,
        state: callback_state,
        idempotency: key.map(|key| Idempotency::new("create-system-by-callback", &key, &call.body_bytes)),
    };
    let (answer, is_replayed) = match call.context.create_by_callback(&call.caller, request, answer).await? {
        CallbackOutcome::Created(answer) => (answer, false),
        CallbackOutcome::Replayed(answer) => (answer, true),
    };
    let view: CallbackCreatedView = serde_json::from_value(answer).map_err(Fault::broken)?;
    Ok(Created201::new(view).saying("system created successfully").with(IdempotentReplayed(is_replayed)))
}

/// The answer as it is given, and kept for repetitions.
fn answer(context: &Context, created: &CallbackCreated) -> Value {
    let view = CallbackCreatedView {
        system: SystemView::with_secret(context, created.created.clone()),
        callback_executed: created.callback_executed,
    };
    serde_json::to_value(view).unwrap_or_default()
}

async fn show(call: Call<Caller, SystemPath>) -> Reply<Ok200<SystemView>> {
    let system = call.context.show_system(&call.caller, call.path.id).await?;
    Ok(Ok200::new(SystemView::new(&call.context, system)).saying("system retrieved successfully"))
}

body! {
    /// What is to be changed of a system.
    pub struct ChangeSystem {
        /// Its name.
        name: Name => optional "name",
        /// The kind of system.
        kind: SystemType => optional "type" admitted by known_type,
        /// What others attach to it; replaces all that was attached.
        custom_data: CustomData => optional "custom_data",
        /// Whether it is being worked on: its status is `maintenance` then.
        maintenance: bool => optional "maintenance",
    }
}

async fn change(call: Call<Caller, SystemPath, NoQuery, ChangeSystem>) -> Reply<Ok200<SystemView>> {
    let ChangeSystem { name, kind, custom_data, maintenance } = call.body;
    let change = SystemChange { name, kind, custom_data, in_maintenance: maintenance };
    let system = call.context.change_system(&call.caller, call.path.id, change).await?;
    Ok(Ok200::new(SystemView::new(&call.context, system)).saying("system updated successfully"))
}

async fn delete(call: Call<Caller, SystemPath>) -> Reply<Ok200<SystemView>> {
    let system = call.context.delete_system(&call.caller, call.path.id).await?;
    Ok(Ok200::new(SystemView::new(&call.context, system)).saying("system deleted successfully"))
}

async fn regenerate_secret(call: Call<Caller, SystemPath>) -> Reply<Ok200<SystemView>> {
    let created = call.context.regenerate_secret(&call.caller, call.path.id).await?;
    let view = SystemView::with_secret(&call.context, created);
    Ok(Ok200::new(view).saying("system secret regenerated successfully"))
}
