//! What is decided of organisations and of all below them: suspensions, deletions, moves; and how much that touches.

use bailiwick_app::caller::Caller;
use bailiwick_app::tree::{Decided, OrganisationStats, Touched};
use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::body;
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::NoQuery;
use bailiwick_domain::fault::Code;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Span;
use schemars::JsonSchema;
use serde::Serialize;

use super::organization::{OrganizationPath, OrganizationView};

/// How long a decision may take: it may reach tens of thousands of organisations, and is made whole or not at all.
const DEADLINE: Span = Span::seconds(60);

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    [decisions(), finalities()].into_iter().flatten().collect()
}

/// What can be taken back.
fn decisions() -> Vec<Endpoint> {
    vec![
        Endpoint::patch(
            "/api/organizations/{organization_id}/suspend",
            "suspend-organization",
            "Suspend an organisation",
        )
        .tag("Organizations")
        .describe(
            "It is out with all below it, from the next request on: nobody holds a right through them, and whoever \
                 belongs to none but these does not come in. You have to hold the right above it: nobody locks \
                 themselves out.",
        )
        .needs(Right::ManageOrganisations)
        .within(DEADLINE)
        .faults(&[Code::OrganisationNotFound, Code::OwnerStays, Code::OwnOrganisation, Code::OrganisationSuspended])
        .handle(suspend),
        Endpoint::patch(
            "/api/organizations/{organization_id}/reactivate",
            "reactivate-organization",
            "End the suspension of an organisation",
        )
        .tag("Organizations")
        .describe("Undoes what that suspension did, and no more: what was suspended itself stays so.")
        .needs(Right::ManageOrganisations)
        .within(DEADLINE)
        .faults(&[Code::OrganisationNotFound, Code::OrganisationNotSuspended])
        .handle(reactivate),
        Endpoint::delete("/api/organizations/{organization_id}", "delete-organization", "Delete an organisation")
            .tag("Organizations")
            .describe(
                "It is gone for everybody with all below it, people and systems included, and can be restored. You \
                 have to hold the right above it.",
            )
            .needs(Right::ManageOrganisations)
            .within(DEADLINE)
            .faults(&[Code::OrganisationNotFound, Code::OwnerStays, Code::OwnOrganisation])
            .handle(delete),
        Endpoint::patch(
            "/api/organizations/{organization_id}/restore",
            "restore-organization",
            "Restore an organisation",
        )
        .tag("Organizations")
        .describe("Undoes what its deletion did, and no more: what was deleted itself stays so.")
        .needs(Right::ManageOrganisations)
        .within(DEADLINE)
        .faults(&[Code::OrganisationNotFound, Code::OrganisationNotDeleted, Code::ParentDeleted, Code::VatNumberTaken])
        .handle(restore),
    ]
}

/// What ends for good, what moves, and what there is.
fn finalities() -> Vec<Endpoint> {
    vec![
        Endpoint::delete(
            "/api/organizations/{organization_id}/destroy",
            "destroy-organization",
            "Delete an organisation for good",
        )
        .tag("Organizations")
        .describe(
            "Only what is deleted already. It goes with all below it, their systems and invitations, and the people who \
             belong to nothing else. The audit log keeps what it says of them.",
        )
        .needs(Right::DestroyOrganisations)
        .within(DEADLINE)
        .faults(&[Code::OrganisationNotFound, Code::OwnerStays, Code::OrganisationNotDeleted])
        .handle(destroy),
        Endpoint::put("/api/organizations/{organization_id}/parent", "move-organization", "Move an organisation")
            .tag("Organizations")
            .describe(
                "It stands below the new parent with all below it, and who sees them is decided anew at once. You have to \
                 manage both, the organisation from above it. Where it stands there already, nothing happens.",
            )
            .needs(Right::ManageOrganisations)
            .within(DEADLINE)
            .faults(&[Code::OrganisationNotFound, Code::OwnerStays, Code::OwnOrganisation, Code::VatNumberTaken])
            .handle(relocate),
        Endpoint::get(
            "/api/organizations/{organization_id}/stats",
            "get-organization-stats",
            "Count what an organisation has",
        )
        .tag("Organizations")
        .describe(
            "Its own, and what is below it. Of what is deleted, whoever may restore it is told everything that went with \
             it.",
        )
        .needs(Right::ReadOrganisations)
        .while_impersonating()
        .takes_api_keys()
        .faults(&[Code::OrganisationNotFound])
        .handle(stats),
    ]
}

/// What an act touched.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TouchedByAct")]
struct TouchedView {
    /// How many organisations, the one that was named included.
    organizations: i64,
    /// How many people belong to at least one of these; for what is gone for good, how many are gone with it.
    users: i64,
    /// How many systems.
    systems: i64,
}

impl From<Touched> for TouchedView {
    fn from(touched: Touched) -> Self {
        Self { organizations: touched.organisations, users: touched.people, systems: touched.systems }
    }
}

/// An organisation that something was decided of.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DecidedOrganization")]
struct DecidedView {
    /// The organisation as it is now.
    organization: OrganizationView,
    /// Whose state changed with it.
    touched: TouchedView,
}

impl From<Decided> for DecidedView {
    fn from(decided: Decided) -> Self {
        Self { organization: decided.organisation.into(), touched: decided.touched.into() }
    }
}

async fn suspend(call: Call<Caller, OrganizationPath>) -> Reply<Ok200<DecidedView>> {
    let decided = call.context.suspend_organisation(&call.caller, call.path.organization_id).await?;
    Ok(Ok200::new(decided.into()).saying("organization suspended successfully"))
}

async fn reactivate(call: Call<Caller, OrganizationPath>) -> Reply<Ok200<DecidedView>> {
    let decided = call.context.reactivate_organisation(&call.caller, call.path.organization_id).await?;
    Ok(Ok200::new(decided.into()).saying("organization reactivated successfully"))
}

async fn delete(call: Call<Caller, OrganizationPath>) -> Reply<Ok200<DecidedView>> {
    let decided = call.context.delete_organisation(&call.caller, call.path.organization_id).await?;
    Ok(Ok200::new(decided.into()).saying("organization deleted successfully"))
}

async fn restore(call: Call<Caller, OrganizationPath>) -> Reply<Ok200<DecidedView>> {
    let decided = call.context.restore_organisation(&call.caller, call.path.organization_id).await?;
    Ok(Ok200::new(decided.into()).saying("organization restored successfully"))
}

/// An organisation that is gone for good.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DestroyedOrganization")]
struct DestroyedView {
    /// What its id was.
    id: OrganisationId,
    /// How it was called.
    name: Name,
    /// What it was in the partner tree.
    r#type: OrganisationKind,
    /// What is gone with it.
    removed: TouchedView,
}

async fn destroy(call: Call<Caller, OrganizationPath>) -> Reply<Ok200<DestroyedView>> {
    let destroyed = call.context.destroy_organisation(&call.caller, call.path.organization_id).await?;
    let (id, name, r#type) = (destroyed.id, destroyed.name, destroyed.kind);
    let view = DestroyedView { id, name, r#type, removed: destroyed.removed.into() };
    Ok(Ok200::new(view).saying("organization destroyed successfully"))
}

body! {
    /// Where an organisation shall stand.
    pub strict struct MoveOrganization {
        /// The organisation right above it.
        parent_id: OrganisationId => required "parent_id",
    }
}

async fn relocate(call: Call<Caller, OrganizationPath, NoQuery, MoveOrganization>) -> Reply<Ok200<DecidedView>> {
    let (id, parent) = (call.path.organization_id, call.body.parent_id);
    let decided = call.context.move_organisation(&call.caller, id, parent).await?;
    Ok(Ok200::new(decided.into()).saying("organization moved successfully"))
}

/// How much there is in an organisation and below it. What was deleted before does not count.
#[expect(clippy::struct_field_names, reason = "the wire calls them so, as counts of other lists are called")]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OrganizationStats")]
struct StatsView {
    /// Its people.
    users_count: i64,
    /// Its people, and those of all below.
    users_hierarchy_count: i64,
    /// Its systems.
    systems_count: i64,
    /// Its systems, and those of all below.
    systems_hierarchy_count: i64,
    /// How many organisations there are below, however deep.
    organizations_hierarchy_count: i64,
    /// The distributors directly below.
    distributors_count: i64,
    /// The resellers directly below.
    resellers_count: i64,
    /// The customers directly below.
    customers_count: i64,
}

impl From<OrganisationStats> for StatsView {
    fn from(stats: OrganisationStats) -> Self {
        Self {
            users_count: stats.people,
            users_hierarchy_count: stats.people_in_tree,
            systems_count: stats.systems,
            systems_hierarchy_count: stats.systems_in_tree,
            organizations_hierarchy_count: stats.organisations_below,
            distributors_count: stats.distributors,
            resellers_count: stats.resellers,
            customers_count: stats.customers,
        }
    }
}

async fn stats(call: Call<Caller, OrganizationPath>) -> Reply<Ok200<StatsView>> {
    let found = call.context.organisation_stats(&call.caller, call.path.organization_id).await?;
    Ok(Ok200::new(found.into()).saying("organization stats retrieved successfully"))
}
