//! What systems ask for themselves, with HTTP Basic: their id or key, and their secret (contract, section 4).

use bailiwick_app::appliance::Appliance;
use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::attachment::TextFile;
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_domain::fault::Code;
use bailiwick_domain::licence::capability::Capability;
use bailiwick_domain::licence::entitlement::Entitlement;
use bailiwick_domain::licence::standing::LicenceState;
use bailiwick_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/api/systems/licence", "own-licence", "What the calling system may do")
            .tag("Appliances")
            .describe("By the best of its licences; the words are fit to be shown to a person.")
            .appliance()
            .handle(licence),
        Endpoint::get("/api/systems/licence/file", "own-licence-file", "A signed licence file for the calling system")
            .tag("Appliances")
            .describe(
                "It says the same offline, for as long as its lease lasts, to whoever has the public key; the guide \
                 to licence files in the repository says how it is read. Each has a larger number than the one before.",
            )
            .faults(&[Code::LicenceFileTooLong])
            .appliance()
            .handle(file),
    ]
}

/// What a system may do.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SystemLicence")]
pub(super) struct StandingView {
    /// How it stands.
    state: LicenceState,
    /// Since when.
    since: Option<Timestamp>,
    /// Until when, unless somebody decides otherwise; where nothing has begun yet, when it begins.
    until: Option<Timestamp>,
    /// Why, in a sentence for a person.
    #[schemars(example = &"The licence of this system is good until 2027-02-16.")]
    why: String,
    /// What to do about it, in a sentence for a person.
    #[schemars(example = &"Nothing needs to be done.")]
    next_action: &'static str,
    /// What may be used.
    provides: Vec<Capability>,
}

impl From<Entitlement> for StandingView {
    fn from(entitlement: Entitlement) -> Self {
        let standing = entitlement.standing;
        Self {
            state: standing.state,
            since: standing.since,
            until: standing.until,
            why: standing.why(),
            next_action: standing.next_action(),
            provides: entitlement.provides.into_iter().map(|(capability, _)| capability).collect(),
        }
    }
}

async fn licence(call: Call<Appliance>) -> Reply<Ok200<StandingView>> {
    Ok(Ok200::new(call.context.entitlement(call.caller.system).await?.into()))
}

async fn file(call: Call<Appliance>) -> Reply<TextFile> {
    let text = call.context.licence_file(&call.caller).await?;
    Ok(TextFile::new(format!("{}.licence", call.caller.system), text))
}
