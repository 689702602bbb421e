//! The list of systems: filters, orders, pages (contract, section 4).

use bailiwick_app::caller::Caller;
use bailiwick_app::system::{SystemFilter, SystemOrder};
use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::input::NoPath;
use bailiwick_contract::query;
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::page::{Direction, Page, PageNumber, PageSize};
use bailiwick_domain::system::{HeartbeatStatus, SystemStatus, SystemType};
use schemars::JsonSchema;
use serde::Serialize;

use super::pagination::PaginationView;
use super::system_view::SystemView;

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

bailiwick_domain::inline_schema!(SortBy, { "type": "string", "enum": Self::NAMES.map(|(name, _)| name), "default": "created_at" });

/// Text to look for.
#[derive(Clone, Debug)]
pub struct Search(String);

impl Search {
    /// The text.
    pub(super) fn into_text(self) -> String {
        self.0
    }
}

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

bailiwick_domain::inline_schema!(Search, { "type": "string", "maxLength": 255, "pattern": "^[^\\u0000]*$" });

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
pub(super) struct SystemsView {
    /// The systems.
    systems: Vec<SystemView>,
    /// Where in the whole list this page is.
    pagination: PaginationView,
}

pub(super) async fn list(call: Call<Caller, NoPath, SystemsQuery>) -> Reply<Ok200<SystemsView>> {
    let query = call.query;
    let filter = SystemFilter {
        search: query.search.map(Search::into_text),
        kind: query.kind,
        organisation: query.organization_id,
        status: query.status,
        heartbeat: query.heartbeat_status,
    };
    let page = Page { number: query.page, size: query.page_size };
    let direction = query.sort_direction.unwrap_or(Direction::Descending);
    let found = call.context.list_systems(&call.caller, &filter, (query.sort_by.order, direction), page).await?;
    let pagination = PaginationView::new(page, found.total, query.sort_by.name(), direction);
    let systems = found.systems.into_iter().map(|system| SystemView::new(&call.context, system)).collect();
    Ok(Ok200::new(SystemsView { systems, pagination }).saying("systems retrieved successfully"))
}
