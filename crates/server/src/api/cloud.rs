//! Whether the service is there (seed 001, "Cloud").

use std::collections::BTreeMap;

use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_domain::time::Span;
use schemars::JsonSchema;
use serde::Serialize;

use super::plain::reach_database;

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/auth/status", "status", "Return the online status of the service")
            .tag("Cloud")
            .describe("Answers 200 also when the database is away; `Online` is false then.")
            .within(Span::seconds(1))
            .open()
            .handle(status),
    ]
}

/// Whether the service and what it consists of are there.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "Status")]
struct StatusView {
    /// Whether all of it is there.
    online: bool,
    /// Each part by its name.
    #[schemars(example = BTreeMap::from([("auth", ServiceView { online: true })]))]
    services: BTreeMap<&'static str, ServiceView>,
}

/// Whether a part of the service is there.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "Service")]
struct ServiceView {
    /// Whether it is there.
    online: bool,
}

async fn status(call: Call) -> Reply<Ok200<StatusView>> {
    let online = reach_database(&call.context).await.is_ok();
    // Whoever gets this answer reaches us; the database is the one part that may be away.
    let services = BTreeMap::from([("auth", ServiceView { online }), ("systems", ServiceView { online })]);
    Ok(Ok200::new(StatusView { online, services }))
}
