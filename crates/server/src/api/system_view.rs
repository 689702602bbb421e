//! A system as the Systems API shows it (seed 000; contract, section 4).

use bailiwick_app::context::Context;
use bailiwick_app::system::{CreatedSystem, SystemRecord};
use bailiwick_domain::id::{OrganisationId, SystemId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::system::{CustomData, HeartbeatStatus, SystemStatus, SystemType};
use bailiwick_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A system. What is not known yet is null, never made up.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "System")]
pub(super) struct SystemView {
    /// The id.
    id: SystemId,
    /// The name.
    #[schemars(example = &"Production Server")]
    name: Name,
    /// The kind of system.
    r#type: SystemType,
    /// What it is shown as: `maintenance` when an operator says so, else by its heartbeat.
    status: SystemStatus,
    /// Its host name, once it has reported one.
    #[schemars(example = &"ns8.northwind.example")]
    fqdn: Option<String>,
    /// Its IPv4 address, once it has reported one.
    #[schemars(example = &"192.0.2.10")]
    ipv4_address: Option<String>,
    /// Its IPv6 address, once it has reported one.
    #[schemars(example = &"2001:db8::10")]
    ipv6_address: Option<String>,
    /// Its version, once it has reported one.
    #[schemars(example = &"1.2.0")]
    version: Option<String>,
    /// When it was heard of last.
    last_seen: Option<Timestamp>,
    /// What others attached to it.
    custom_data: Option<CustomData>,
    /// The last four characters of its secret.
    #[schemars(example = &"9f3c")]
    secret_hint: String,
    /// Since when it exists.
    created_at: Timestamp,
    /// When it was changed last.
    updated_at: Timestamp,
    /// When it was deleted, where it was.
    #[schemars(example = None::<String>)]
    deleted_at: Option<Timestamp>,
    /// Who created it; null where they are gone for good, and where they are not for your eyes.
    created_by: Option<CreatorView>,
    /// The organisation that it belongs to.
    organization: OrganisationView,
    /// Whether its heart beats: `alive` below the threshold, `dead` from there on, `zombie` when it never did.
    heartbeat_status: HeartbeatStatus,
    /// When it beat last.
    last_heartbeat: Option<Timestamp>,
    /// Whole minutes since then.
    #[schemars(example = 3)]
    heartbeat_minutes: Option<i64>,
    /// The callback to the application that asked for the system, where one did.
    callback: Option<CallbackView>,
    /// The secret: only in the answer that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    secret: Option<String>,
}

/// Who created a system.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Creator")]
struct CreatorView {
    /// The person.
    user_id: UserId,
    /// How they are called.
    #[schemars(example = &"Ada Verdi")]
    user_name: Name,
    /// The organisation that they acted for; null where it is not for your eyes.
    organization_id: Option<OrganisationId>,
    /// How it is called.
    #[schemars(example = &"Northwind Distribution")]
    organization_name: Option<Name>,
}

/// The organisation that a system belongs to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SystemOrganization")]
struct OrganisationView {
    /// The id.
    id: OrganisationId,
    /// The name.
    #[schemars(example = &"Northwind Distribution")]
    name: Name,
    /// Its place in the partner tree: `owner`, `distributor`, `reseller` or `customer`.
    #[schemars(example = &"distributor")]
    r#type: OrganisationKind,
}

/// The callback to the application that asked for a system.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Callback")]
struct CallbackView {
    /// `pending`, `delivered` or `dead`.
    #[schemars(example = &"delivered")]
    status: String,
    /// How often it was tried.
    attempts: i64,
    /// When it is tried next.
    #[schemars(example = None::<String>)]
    next_attempt_at: Option<Timestamp>,
}

impl SystemView {
    /// The system as it is now.
    pub(super) fn new(context: &Context, system: SystemRecord) -> Self {
        let now = context.now();
        let beat = system.last_heartbeat;
        let heartbeat = HeartbeatStatus::judge(beat, now, context.settings.heartbeat_dead_after);
        Self {
            id: system.id,
            name: system.name,
            r#type: system.kind,
            status: SystemStatus::judge(system.in_maintenance, heartbeat),
            fqdn: system.fqdn,
            ipv4_address: system.ipv4_address,
            ipv6_address: system.ipv6_address,
            version: system.version,
            last_seen: beat,
            custom_data: system.custom_data,
            secret_hint: system.secret_hint,
            created_at: system.created_at,
            updated_at: system.updated_at,
            deleted_at: system.deleted_at,
            created_by: system.created_by.zip(system.created_by_name).map(|(user_id, user_name)| CreatorView {
                user_id,
                user_name,
                organization_id: system.created_by_organisation,
                organization_name: system.created_by_organisation_name,
            }),
            organization: OrganisationView {
                id: system.organisation,
                name: system.organisation_name,
                r#type: system.organisation_kind,
            },
            heartbeat_status: heartbeat,
            last_heartbeat: beat,
            heartbeat_minutes: beat.map(|at| now.since(at).as_minutes()),
            callback: system.callback_status.map(|status| CallbackView {
                status,
                attempts: system.callback_attempts.unwrap_or_default(),
                next_attempt_at: system.callback_next_attempt_at,
            }),
            secret: None,
        }
    }

    /// The system with its secret, for the answer that made it.
    pub(super) fn with_secret(context: &Context, created: CreatedSystem) -> Self {
        let secret = Some(created.secret.expose().to_owned());
        Self { secret, ..Self::new(context, created.system) }
    }
}
