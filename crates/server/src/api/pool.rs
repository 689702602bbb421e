//! Pools of seats, handed down the partner tree (contract, section 3: the private side).

use bailiwick_app::caller::Caller;
use bailiwick_app::licensing::pool::{Gift, MoveRecord, PoolChange, PoolFilter, PoolRecord};
use bailiwick_contract::answer::{Created201, Ok200, PaginationRecords, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::{NoPath, NoQuery};
use bailiwick_contract::{body, path, query};
use bailiwick_domain::fault::Code;
use bailiwick_domain::id::{AgreementId, FamilyId, LicenceId, OrganisationId, SeatPoolId, UserId};
use bailiwick_domain::licence::seats::MoveKind;
use bailiwick_domain::licence::term::{Overdraft, Seats};
use bailiwick_domain::page::{Limit, Offset};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::license::NamedView;
use super::license_acts::SliceQuery;

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/auth/admin/pools", "list-pools", "List pools of seats")
            .tag("Pools")
            .describe("Of your organisations and of all below them: by agreement, and from the top downwards.")
            .needs(Right::ReadLicences)
            .while_impersonating()
            .takes_api_keys()
            .handle(list),
        Endpoint::post("/auth/admin/pools", "make-seats", "Make seats of an agreement")
            .tag("Pools")
            .describe(
                "They belong to whoever runs the server, in the one pool that all others of the agreement come from.",
            )
            .faults(&[Code::OwnersAgreements, Code::AgreementNotFound, Code::AgreementNotPublished, Code::TooManySeats])
            .needs(Right::ManageAgreements)
            .takes_api_keys()
            .handle(make),
        Endpoint::get("/auth/admin/pools/{uuid}", "get-pool", "Read a pool")
            .tag("Pools")
            .faults(&[Code::PoolNotFound])
            .needs(Right::ReadLicences)
            .while_impersonating()
            .takes_api_keys()
            .handle(show),
        Endpoint::get("/auth/admin/pools/{uuid}/history", "pool-history", "What happened to a pool")
            .tag("Pools")
            .faults(&[Code::PoolNotFound])
            .needs(Right::ReadLicences)
            .while_impersonating()
            .takes_api_keys()
            .handle(history),
        Endpoint::patch("/auth/admin/pools/{uuid}", "change-pool", "Change how a pool may be used")
            .tag("Pools")
            .describe(
                "Decided by those who manage licences of whoever gave it. What ends earlier ends earlier in all pools \
                 below it, too.",
            )
            .faults(&[Code::PoolNotFound, Code::OwnersAgreements])
            .needs(Right::ManageLicences)
            .takes_api_keys()
            .handle(change),
        Endpoint::post("/auth/admin/pools/{uuid}/give", "give-seats", "Hand seats down")
            .tag("Pools")
            .describe("The answer is the pool of whoever receives them.")
            .faults(&[
                Code::PoolNotFound,
                Code::AgreementNotPublished,
                Code::TooFewSeats,
                Code::SeatsExpired,
                Code::TooManySeats,
            ])
            .needs(Right::ManageLicences)
            .takes_api_keys()
            .handle(give),
        Endpoint::post("/auth/admin/pools/{uuid}/take-back", "take-seats-back", "Take seats back")
            .tag("Pools")
            .describe(
                "Those that are free in this pool, and then those that are free in the pools below it; all that were \
                 asked for, or none. From the pool that all others come from they are taken for good.",
            )
            .faults(&[Code::PoolNotFound, Code::OwnersAgreements, Code::TooFewSeats])
            .needs(Right::ManageLicences)
            .takes_api_keys()
            .handle(take_back),
    ]
}

path! {
    /// Which pool.
    pub struct PoolPath or PoolNotFound {
        /// The pool's id.
        uuid: SeatPoolId,
    }
}

query! {
    /// Which pools.
    pub struct PoolsQuery {
        /// How many to pass over.
        offset: Offset => defaulted "Offset",
        /// How many to return.
        limit: Limit => defaulted "Limit",
        /// Only those of this very organisation.
        organisation: OrganisationId => optional "Organisation",
        /// Only those of this agreement, by the id of all its versions.
        family: FamilyId => optional "Family",
    }
}

body! {
    /// Which seats are made.
    pub strict struct MakeSeats {
        /// The UUID of an agreement that is published.
        agreement: AgreementId => required "Agreement",
        /// How many.
        seats: Seats => required "Seats",
    }
}

body! {
    /// Which seats are handed down.
    pub strict struct GiveSeats {
        /// The UUID of an organisation below whoever holds the pool.
        organisation: OrganisationId => required "Organisation",
        /// How many.
        seats: Seats => required "Seats",
        /// How many more the receiver may give and use than they have.
        overdraft: Overdraft => optional "Overdraft",
        /// Until when they are given and used: no longer than those that they come from, and as long as them unless you
        /// say otherwise.
        expires_at: Timestamp => optional "ExpiresAt",
    }
}

body! {
    /// Which seats are taken back.
    pub strict struct TakeSeats {
        /// How many.
        seats: Seats => required "Seats",
    }
}

body! {
    /// How a pool may be used.
    pub strict struct ChangePool {
        /// How many more it may give and use than it has.
        overdraft: Overdraft => optional "Overdraft",
        /// Until when; null for no end.
        expires_at: Timestamp => clearable "ExpiresAt",
    }
}

/// A pool of seats: as many licences can be issued from it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "Pool")]
struct PoolView {
    /// The agreement whose licences are issued from it, in its newest version.
    agreement: NamedView<AgreementId>,
    /// Since when it exists.
    created_at: Timestamp,
    /// Until when seats are given and used; null for no end.
    expires_at: Option<Timestamp>,
    /// The id of all versions of the agreement.
    #[serde(rename = "FamilyUUID")]
    family_uuid: FamilyId,
    /// What can still be given or used.
    #[schemars(example = 795)]
    free: i64,
    /// What was given to organisations below.
    #[schemars(example = 200)]
    given: i64,
    /// Who gave it; null for the first pool of all, and where you may not see them.
    given_by: Option<NamedView<OrganisationId>>,
    /// Who holds it.
    organisation: NamedView<OrganisationId>,
    /// How many more it may give and use than it has.
    #[schemars(example = 0)]
    overdraft: i64,
    /// The pool that it was given out of; null for the first pool of all, and where you may not see it.
    #[serde(rename = "ParentUUID")]
    parent_uuid: Option<SeatPoolId>,
    /// The seats that it has.
    #[schemars(example = 1000)]
    seats: i64,
    /// Its id.
    #[serde(rename = "UUID")]
    uuid: SeatPoolId,
    /// When it was changed last.
    updated_at: Timestamp,
    /// What is used by licences.
    #[schemars(example = 5)]
    used: i64,
}

impl From<PoolRecord> for PoolView {
    fn from(pool: PoolRecord) -> Self {
        Self {
            free: pool.balance().free(),
            agreement: NamedView { name: pool.agreement_name, uuid: pool.agreement },
            created_at: pool.created_at,
            expires_at: pool.expires_at,
            family_uuid: pool.family,
            given: pool.given,
            parent_uuid: pool.parent.filter(|_| pool.giver.is_some()),
            given_by: NamedView::of(pool.giver, pool.giver_name),
            organisation: NamedView { name: pool.holder_name, uuid: pool.holder },
            overdraft: pool.overdraft,
            seats: pool.seats,
            uuid: pool.id,
            updated_at: pool.updated_at,
            used: pool.used,
        }
    }
}

/// Something that happened to the seats of a pool.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "SeatMove")]
struct MoveView {
    /// When.
    at: Timestamp,
    /// Who did it; null where time did, or where you may not see them.
    by: Option<NamedView<UserId>>,
    /// What happened.
    kind: MoveKind,
    /// The licence that used a seat or freed one; null where none did, or where you may not see it.
    #[serde(rename = "LicenseUUID")]
    license_uuid: Option<LicenceId>,
    /// From or to whom they went; null where it is nobody, or where you may not see them.
    other: Option<NamedView<OrganisationId>>,
    /// Which of the pool's moves it is, from 1 on.
    #[schemars(example = 1)]
    number: i64,
    /// How many.
    #[schemars(example = 200)]
    seats: i64,
}

impl From<MoveRecord> for MoveView {
    fn from(moved: MoveRecord) -> Self {
        Self {
            at: moved.at,
            by: NamedView::of(moved.by, moved.by_name),
            kind: moved.kind,
            license_uuid: moved.licence,
            number: moved.number,
            other: NamedView::of(moved.other, moved.other_name),
            seats: moved.seats,
        }
    }
}

async fn list(call: Call<Caller, NoPath, PoolsQuery>) -> Reply<Ok200<Vec<PoolView>, PaginationRecords>> {
    let PoolsQuery { offset, limit, organisation, family } = call.query;
    let filter = PoolFilter { holder: organisation, family };
    let found = call.context.list_pools(&call.caller, filter, (offset.get(), limit.get())).await?;
    let total = PaginationRecords(found.total.try_into().unwrap_or_default());
    Ok(Ok200::new(found.items.into_iter().map(PoolView::from).collect()).with(total))
}

async fn make(call: Call<Caller, NoPath, NoQuery, MakeSeats>) -> Reply<Created201<PoolView>> {
    let MakeSeats { agreement, seats } = call.body;
    Ok(Created201::new(call.context.make_seats(&call.caller, agreement, seats).await?.into()))
}

async fn show(call: Call<Caller, PoolPath>) -> Reply<Ok200<PoolView>> {
    Ok(Ok200::new(call.context.show_pool(&call.caller, call.path.uuid).await?.into()))
}

async fn history(call: Call<Caller, PoolPath, SliceQuery>) -> Reply<Ok200<Vec<MoveView>, PaginationRecords>> {
    let slice = (call.query.offset.get(), call.query.limit.get());
    let found = call.context.pool_history(&call.caller, call.path.uuid, slice).await?;
    let total = PaginationRecords(found.total.try_into().unwrap_or_default());
    Ok(Ok200::new(found.items.into_iter().map(MoveView::from).collect()).with(total))
}

async fn change(call: Call<Caller, PoolPath, NoQuery, ChangePool>) -> Reply<Ok200<PoolView>> {
    let ChangePool { overdraft, expires_at } = call.body;
    let change = PoolChange { overdraft, expires_at };
    Ok(Ok200::new(call.context.change_pool(&call.caller, call.path.uuid, change).await?.into()))
}

async fn give(call: Call<Caller, PoolPath, NoQuery, GiveSeats>) -> Reply<Ok200<PoolView>> {
    let GiveSeats { organisation: receiver, seats, overdraft, expires_at } = call.body;
    let gift = Gift { receiver, seats, overdraft, expires_at };
    Ok(Ok200::new(call.context.give_seats(&call.caller, call.path.uuid, gift).await?.into()))
}

async fn take_back(call: Call<Caller, PoolPath, NoQuery, TakeSeats>) -> Reply<Ok200<PoolView>> {
    Ok(Ok200::new(call.context.take_seats_back(&call.caller, call.path.uuid, call.body.seats).await?.into()))
}
