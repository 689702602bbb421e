//! Systems (seed 000; contract, section 4).

use bailiwick_app::callback::{CallbackCreated, CallbackOutcome, CallbackRequest};
use bailiwick_app::caller::Caller;
use bailiwick_app::context::Context;
use bailiwick_app::idempotency::{Idempotency, IdempotencyKey};
use bailiwick_app::system::{SystemChange, SystemDraft, SystemFilter, SystemOrder};
use bailiwick_contract::answer::{Created201, IdempotentReplayed, Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::{NoPath, NoQuery};
use bailiwick_contract::{body, headers, path, query};
use bailiwick_domain::callback::CallbackUrl;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::id::{OrganisationId, SystemId};
use bailiwick_domain::name::Name;
use bailiwick_domain::page::{Direction, Page, PageNumber, PageSize};
use bailiwick_domain::role::Right;
use bailiwick_domain::state_token::RawState;
use bailiwick_domain::system::{CustomData, HeartbeatStatus, SystemStatus, SystemType};
use bailiwick_domain::time::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
            .handle(list),
        Endpoint::post("/api/systems", "create-system", "Create a system")
            .tag("Systems")
            .describe("The answer shows the system's secret, this once.")
            .needs(Right::ManageSystems)
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
            .handle(create_by_callback),
        Endpoint::get("/api/systems/{id}", "get-system", "Read a system")
            .tag("Systems")
            .needs(Right::ReadSystems)
            .faults(&[Code::SystemNotFound])
            .handle(show),
        Endpoint::put("/api/systems/{id}", "change-system", "Change a system")
            .tag("Systems")
            .describe("What is absent stays as it is.")
            .faults(&[Code::SystemNotFound])
            .needs(Right::ManageSystems)
            .handle(change),
        Endpoint::delete("/api/systems/{id}", "delete-system", "Delete a system")
            .tag("Systems")
            .describe("The system is gone for everybody, and can be put back.")
            .faults(&[Code::SystemNotFound])
            .needs(Right::ManageSystems)
            .handle(delete),
        Endpoint::post("/api/systems/{id}/regenerate-secret", "regenerate-secret", "Replace a system's secret")
            .tag("Systems")
            .describe("The answer shows the new secret, this once; the old one is worth nothing from then on.")
            .faults(&[Code::SystemNotFound])
            .needs(Right::ManageSystems)
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

/// By what a list is ordered, as the API spells it.
#[derive(Clone, Copy, Debug)]
pub struct SortBy {
    /// The name that was asked for: two names may stand for one order.
    name: &'static str,
    order: SystemOrder,
}

impl SortBy {
    const NAMES: [(&'static str, SystemOrder); 11] = [
        ("name", SystemOrder::Name),
        ("type", SystemOrder::Type),
        ("status", SystemOrder::Status),
        ("fqdn", SystemOrder::Fqdn),
        ("version", SystemOrder::Version),
        ("created_at", SystemOrder::CreatedAt),
        ("updated_at", SystemOrder::UpdatedAt),
        ("last_seen", SystemOrder::LastHeartbeat),
        ("last_heartbeat", SystemOrder::LastHeartbeat),
        ("organization_name", SystemOrder::OrganisationName),
        ("creator_name", SystemOrder::CreatorName),
    ];

    const fn name(self) -> &'static str {
        self.name
    }

    fn expected() -> String {
        format!("one of {}", Self::NAMES.map(|(name, _)| name).join(", "))
    }
}

impl Default for SortBy {
    fn default() -> Self {
        Self { name: "created_at", order: SystemOrder::CreatedAt }
    }
}

impl Parse for SortBy {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let found = Self::NAMES.into_iter().find(|(name, _)| *name == text);
        found.map(|(name, order)| Self { name, order }).ok_or_else(|| Refusal::new("oneof", Self::expected()))
    }
}

impl JsonSchema for SortBy {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SortBy".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": Self::NAMES.map(|(name, _)| name), "default": "created_at" })
    }
}

/// Text to look for.
#[derive(Clone, Debug)]
pub struct Search(String);

impl Parse for Search {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        const LENGTH_MAX: usize = 255;
        if text.chars().count() > LENGTH_MAX {
            return Err(Refusal::new("max", "at most 255 characters long"));
        }
        if text.contains('\0') {
            return Err(Refusal::new("printable", "free of the character U+0000"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl JsonSchema for Search {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Search".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": 255, "pattern": "^[^\\u0000]*$" })
    }
}

query! {
    /// Which systems, in which order, and which page of them.
    pub struct SystemsQuery {
        /// Which page.
        page: PageNumber => defaulted "page",
        /// How many on a page.
        page_size: PageSize => defaulted "page_size",
        /// Text in the id, the name, the type, the host name or the version, without regard to case or accents.
        search: Search => optional "search",
        /// By what the list is ordered.
        sort_by: SortBy => defaulted "sort_by",
        /// Up or down; `desc` unless said otherwise.
        sort_direction: Direction => optional "sort_direction",
        /// Only systems of this type.
        kind: SystemType => optional "type",
        /// Only systems that are shown with this status.
        status: SystemStatus => optional "status",
        /// Only systems whose heart beats like this.
        heartbeat_status: HeartbeatStatus => optional "heartbeat_status",
        /// Only systems of this very organisation.
        organization_id: OrganisationId => optional "organization_id",
    }
}

/// A page of systems.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SystemPage")]
struct SystemsView {
    /// The systems.
    systems: Vec<SystemView>,
    /// Where in the whole list this page is.
    pagination: PaginationView,
}

/// Where in the whole list a page is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pagination")]
struct PaginationView {
    /// Which page this is.
    page: u32,
    /// How many rows a page has.
    #[schemars(example = 50)]
    page_size: u32,
    /// How many rows there are on all pages.
    total_count: i64,
    /// How many pages there are.
    total_pages: i64,
    /// Whether there is a page after this.
    #[schemars(example = false)]
    has_next: bool,
    /// Whether there is a page before this.
    #[schemars(example = false)]
    has_prev: bool,
    /// By what the list is ordered.
    #[schemars(example = SortBy::default().name())]
    sort_by: &'static str,
    /// Up or down.
    #[schemars(example = Direction::Descending.name())]
    sort_direction: &'static str,
}

async fn list(call: Call<Caller, NoPath, SystemsQuery>) -> Reply<Ok200<SystemsView>> {
    let query = call.query;
    let filter = SystemFilter {
        search: query.search.map(|search| search.0),
        kind: query.kind,
        organisation: query.organization_id,
        status: query.status,
        heartbeat: query.heartbeat_status,
    };
    let page = Page { number: query.page, size: query.page_size };
    let direction = query.sort_direction.unwrap_or(Direction::Descending);
    let found = call.context.list_systems(&call.caller, &filter, (query.sort_by.order, direction), page).await?;
    let (number, size) = (page.number.get(), page.size.get());
    let total_pages = (found.total + i64::from(size) - 1) / i64::from(size);
    let pagination = PaginationView {
        page: number,
        page_size: size,
        total_count: found.total,
        total_pages,
        has_next: i64::from(number) < total_pages,
        has_prev: number > 1 && total_pages > 0,
        sort_by: query.sort_by.name(),
        sort_direction: direction.name(),
    };
    let systems = found.systems.into_iter().map(|system| SystemView::new(&call.context, system)).collect();
    Ok(Ok200::new(SystemsView { systems, pagination }).saying("systems retrieved successfully"))
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

async fn create(call: Call<Caller, NoPath, NoQuery, CreateSystem>) -> Reply<Created201<SystemView>> {
    let CreateSystem { name, kind, custom_data, organization_id } = call.body;
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
    call: Call<Caller, NoPath, NoQuery, CreateSystemByCallback, IdempotencyHeaders>,
) -> Reply<Created201<CallbackCreatedView, IdempotentReplayed>> {
    let CreateSystemByCallback { name, kind, callback_url, callback_state, custom_data, organization_id } = call.body;
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
