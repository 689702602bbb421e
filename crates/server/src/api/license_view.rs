//! Licences, as those see them who decide of them.

use bailiwick_app::licensing::licence::{BoundSystem, ChangeRecord, LicenceRecord};
use bailiwick_domain::id::{OrganisationId, SeatPoolId, SystemId, UserId};
use bailiwick_domain::licence::change::ChangeKind;
use bailiwick_domain::licence::price::MinorUnits;
use bailiwick_domain::licence::standing::LicenceState;
use bailiwick_domain::name::Name;
use bailiwick_domain::system::SystemType;
use bailiwick_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::license::{LicenceView, NamedView};

/// All of a licence.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
#[schemars(rename = "LicenseDetails")]
pub(super) struct DetailsView {
    /// What everybody sees of it.
    #[serde(flatten)]
    licence: LicenceView,
    /// How many systems have it.
    #[schemars(example = 1)]
    bound: i64,
    /// Since when it exists.
    created_at: Timestamp,
    /// How many systems it is for.
    #[schemars(example = 1)]
    devices: i64,
    /// The price of a month after the discount, half to even.
    net_per_month: MinorUnits,
    /// What to do about how it stands.
    next_action: &'static str,
    /// Who holds it.
    organisation: NamedView<OrganisationId>,
    /// The pool whose seat it uses; null where it uses none.
    #[serde(rename = "PoolUUID")]
    pool_uuid: Option<SeatPoolId>,
    /// When it was revoked; null where it was not.
    revoked_at: Option<Timestamp>,
    /// Since when it stands so.
    since: Option<Timestamp>,
    /// How it stands now.
    state: LicenceState,
    /// Since when it is suspended; null where it is not.
    suspended_at: Option<Timestamp>,
    /// Until when it stands so.
    until: Option<Timestamp>,
    /// When it was changed last.
    updated_at: Timestamp,
    /// Why it stands so.
    why: String,
}

impl DetailsView {
    pub(super) fn new(record: LicenceRecord, now: Timestamp) -> Self {
        let standing = record.facts().standing(now);
        Self {
            bound: record.bound,
            created_at: record.created_at,
            devices: record.systems,
            net_per_month: record.amount_per_month.after(record.discount),
            next_action: standing.next_action(),
            organisation: NamedView { name: record.holder_name.clone(), uuid: record.holder },
            pool_uuid: record.pool,
            revoked_at: record.revoked_at,
            since: standing.since,
            state: standing.state,
            suspended_at: record.suspended_at,
            until: standing.until,
            updated_at: record.updated_at,
            why: standing.why(),
            licence: record.into(),
        }
    }
}

/// Something that happened to a licence.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "LicenseChange")]
pub(super) struct ChangeView {
    /// When.
    at: Timestamp,
    /// Who did it; null where it came of itself, or where you may not see them.
    by: Option<NamedView<UserId>>,
    /// What else there is to know.
    details: Map<String, Value>,
    /// What happened.
    kind: ChangeKind,
    /// Which of the licence's changes it is, from 1 on.
    #[schemars(example = 1)]
    number: i64,
}

impl From<ChangeRecord> for ChangeView {
    fn from(change: ChangeRecord) -> Self {
        let details = change.details.as_object().cloned().unwrap_or_default();
        Self {
            at: change.at,
            by: NamedView::of(change.by, change.by_name),
            details,
            kind: change.kind,
            number: change.number,
        }
    }
}

/// A system that has a licence.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "LicenseDevice")]
pub(super) struct DeviceView {
    /// Since when it has it.
    bound_at: Timestamp,
    /// The kind of system.
    kind: SystemType,
    /// Its name.
    name: Name,
    /// Its id.
    #[serde(rename = "UUID")]
    uuid: SystemId,
}

impl From<BoundSystem> for DeviceView {
    fn from(system: BoundSystem) -> Self {
        Self { bound_at: system.bound_at, kind: system.kind, name: system.name, uuid: system.id }
    }
}
