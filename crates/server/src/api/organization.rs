//! Organisations: the partner tree, as far as one sees it (contract, sections 2 to 4).

use bailiwick_app::caller::Caller;
use bailiwick_app::organisation::{
    OrganisationChange, OrganisationDetails, OrganisationDraft, OrganisationFilter, OrganisationOrder,
};
use bailiwick_contract::answer::{Created201, Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::{NoPath, NoQuery};
use bailiwick_contract::{body, path, query};
use bailiwick_domain::fault::Code;
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::page::{Direction, Page, PageNumber, PageSize};
use bailiwick_domain::role::Right;
use bailiwick_domain::system::CustomData;
use bailiwick_domain::time::Timestamp;
use bailiwick_domain::vat_number::VatNumber;
use schemars::JsonSchema;
use serde::Serialize;

use super::pagination::PaginationView;
use super::system_list::Search;

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/api/organizations", "list-organizations", "List organisations")
            .tag("Organizations")
            .describe(
                "Yours and all below them; with `deleted=true` those that are deleted and that you may restore. \
                 Where there are more than 500, they are counted as 501, or as far as to tell whether there is a next \
                 page.",
            )
            .needs(Right::ReadOrganisations)
            .while_impersonating()
            .takes_api_keys()
            .handle(list),
        Endpoint::post("/api/organizations", "create-organization", "Create an organisation")
            .tag("Organizations")
            .describe(
                "It stands below the one that you name, or the one that you act for. An owner takes distributors, \
                 resellers and customers; a distributor resellers and customers; a reseller customers.",
            )
            .needs(Right::ManageOrganisations)
            .while_impersonating()
            .takes_api_keys()
            .handle(create),
        Endpoint::get("/api/organizations/{organization_id}", "get-organization", "Read an organisation")
            .tag("Organizations")
            .needs(Right::ReadOrganisations)
            .while_impersonating()
            .takes_api_keys()
            .faults(&[Code::OrganisationNotFound])
            .handle(show),
        Endpoint::put("/api/organizations/{organization_id}", "change-organization", "Change an organisation")
            .tag("Organizations")
            .describe(
                "What is absent stays as it is. A VAT number is changed by those who stand above the organisation.",
            )
            .needs(Right::ManageOrganisations)
            .while_impersonating()
            .takes_api_keys()
            .faults(&[Code::OrganisationNotFound, Code::OwnOrganisation])
            .handle(change),
    ]
}

path! {
    /// Which organisation.
    pub struct OrganizationPath or OrganisationNotFound {
        /// The organisation's id.
        organization_id: OrganisationId,
    }
}

/// An organisation.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OrganizationDetails")]
pub(super) struct OrganizationView {
    /// The id.
    id: OrganisationId,
    /// Its name.
    name: Name,
    /// Its place in the partner tree.
    r#type: OrganisationKind,
    /// Its VAT number; null where it is not known.
    vat_number: Option<VatNumber>,
    /// What others attach to it.
    custom_data: Option<CustomData>,
    /// What it stands below; null where that is not for your eyes, and for the owner.
    parent: Option<ParentView>,
    /// Whether it is out, by what was decided of it or of one above it.
    is_suspended: bool,
    /// When it was suspended itself; null where it was not.
    suspended_at: Option<Timestamp>,
    /// Whether it is deleted, by what was decided of it or of one above it.
    is_deleted: bool,
    /// When it was deleted itself; null where it was not.
    deleted_at: Option<Timestamp>,
    /// Since when it is known.
    created_at: Timestamp,
    /// When it was changed last.
    updated_at: Timestamp,
}

/// What an organisation stands below.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ParentOrganization")]
struct ParentView {
    /// The organisation.
    id: OrganisationId,
    /// Its name.
    name: Name,
    /// Its place in the partner tree.
    r#type: OrganisationKind,
}

impl From<OrganisationDetails> for OrganizationView {
    fn from(details: OrganisationDetails) -> Self {
        let OrganisationDetails { parent, parent_name, parent_kind, .. } = details;
        let parent = match (parent, parent_name, parent_kind) {
            (Some(id), Some(name), Some(kind)) => Some(ParentView { id, name, r#type: kind }),
            _ => None,
        };
        Self {
            id: details.id,
            name: details.name,
            r#type: details.kind,
            vat_number: details.vat_number,
            custom_data: details.custom_data,
            parent,
            is_suspended: details.is_suspended,
            suspended_at: details.suspended_at,
            is_deleted: details.is_deleted,
            deleted_at: details.deleted_at,
            created_at: details.created_at,
            updated_at: details.updated_at,
        }
    }
}

/// By what a list is ordered, as the API spells it.
#[derive(Clone, Copy, Debug)]
pub struct SortBy {
    name: &'static str,
    order: OrganisationOrder,
}

impl SortBy {
    const NAMES: [(&'static str, OrganisationOrder); 4] = [
        ("match", OrganisationOrder::Match),
        ("name", OrganisationOrder::Name),
        ("type", OrganisationOrder::Kind),
        ("created_at", OrganisationOrder::CreatedAt),
    ];
}

impl SortBy {
    /// By what a list is ordered for which this was asked: a search gives what it found by, else there is the name.
    fn of(asked: Option<Self>, is_search: bool) -> Self {
        let by_name = Self { name: "name", order: OrganisationOrder::Name };
        let by_match = Self { name: "match", order: OrganisationOrder::Match };
        match asked {
            Some(asked) if is_search || asked.order != OrganisationOrder::Match => asked,
            None if is_search => by_match,
            Some(_) | None => by_name,
        }
    }
}

impl Parse for SortBy {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let found = Self::NAMES.into_iter().find(|(name, _)| *name == text);
        let found = found.map(|(name, order)| Self { name, order });
        found.ok_or_else(|| Refusal::new("oneof", "one of match, name, type, created_at"))
    }
}

bailiwick_domain::inline_schema!(SortBy, { "type": "string", "enum": Self::NAMES.map(|(name, _)| name) });

query! {
    /// Which organisations, in which order, and which page of them.
    pub struct OrganizationsQuery {
        /// Which page.
        page: PageNumber => defaulted "page",
        /// How many on a page.
        page_size: PageSize => defaulted "page_size",
        /// Text in the name or the VAT number, without regard to case or accents.
        search: Search => optional "search",
        /// By what the list is ordered. Unless said otherwise a search is by `match`, the words that it finds, and what is
        /// not searched by `name`.
        sort_by: SortBy => optional "sort_by",
        /// Up or down; `asc` unless said otherwise.
        sort_direction: Direction => optional "sort_direction",
        /// Only organisations of this kind.
        kind: OrganisationKind => optional "type",
        /// Only those directly below this one.
        parent_id: OrganisationId => optional "parent_id",
        /// Only those that are out, or only those that are not.
        is_suspended: bool => optional "is_suspended",
        /// Those that are deleted, instead of those that are not.
        deleted: bool => optional "deleted",
    }
}

/// A page of organisations.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OrganizationPage")]
struct OrganizationsView {
    /// The organisations.
    organizations: Vec<OrganizationView>,
    /// Where in the whole list this page is.
    pagination: PaginationView,
}

async fn list(call: Call<Caller, NoPath, OrganizationsQuery>) -> Reply<Ok200<OrganizationsView>> {
    let query = call.query;
    let filter = OrganisationFilter {
        search: query.search.map(Search::into_text),
        kind: query.kind,
        parent: query.parent_id,
        is_suspended: query.is_suspended,
        is_deleted: query.deleted.unwrap_or(false),
    };
    let page = Page { number: query.page, size: query.page_size };
    let direction = query.sort_direction.unwrap_or(Direction::Ascending);
    let sort_by = SortBy::of(query.sort_by, filter.search.is_some());
    let order = (sort_by.order, direction);
    let found = call.context.list_organisations(&call.caller, &filter, order, page).await?;
    let pagination = PaginationView::new(page, found.total, sort_by.name, direction);
    let organizations = found.organisations.into_iter().map(OrganizationView::from).collect();
    Ok(Ok200::new(OrganizationsView { organizations, pagination }).saying("organizations retrieved successfully"))
}

body! {
    /// What a new organisation is made of.
    pub struct CreateOrganization {
        /// Its name.
        name: Name => required "name",
        /// Its place in the partner tree.
        kind: OrganisationKind => required "type",
        /// What it shall stand below; without it, the organisation that you act for.
        parent_id: OrganisationId => optional "parent_id",
        /// Its VAT number, which no organisation may have that you can see.
        vat_number: VatNumber => optional "vat_number",
        /// What others attach to it.
        custom_data: CustomData => optional "custom_data",
    }
}

async fn create(call: Call<Caller, NoPath, NoQuery, CreateOrganization>) -> Reply<Created201<OrganizationView>> {
    let CreateOrganization { name, kind, parent_id, vat_number, custom_data } = call.body;
    let draft = OrganisationDraft { name, kind, parent: parent_id, vat_number, custom_data };
    let created = call.context.create_organisation(&call.caller, draft).await?;
    Ok(Created201::new(created.into()).saying("organization created successfully"))
}

async fn show(call: Call<Caller, OrganizationPath>) -> Reply<Ok200<OrganizationView>> {
    let found = call.context.show_organisation(&call.caller, call.path.organization_id).await?;
    Ok(Ok200::new(found.into()).saying("organization retrieved successfully"))
}

body! {
    /// What is to be changed of an organisation.
    pub struct ChangeOrganization {
        /// Its name.
        name: Name => optional "name",
        /// Its VAT number, which no organisation may have that you can see; null takes it away.
        vat_number: VatNumber => clearable "vat_number",
        /// What others attach to it; replaces all that was attached.
        custom_data: CustomData => optional "custom_data",
    }
}

async fn change(call: Call<Caller, OrganizationPath, NoQuery, ChangeOrganization>) -> Reply<Ok200<OrganizationView>> {
    let ChangeOrganization { name, vat_number, custom_data } = call.body;
    let change = OrganisationChange { name, vat_number, custom_data };
    let changed = call.context.change_organisation(&call.caller, call.path.organization_id, change).await?;
    Ok(Ok200::new(changed.into()).saying("organization updated successfully"))
}
