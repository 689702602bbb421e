//! Personal API keys: those of whoever asks.

use bailiwick_app::api_key::{ApiKeyDraft, ApiKeyRecord};
use bailiwick_app::caller::Caller;
use bailiwick_contract::answer::{Created201, Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::{NoPath, NoQuery};
use bailiwick_contract::{body, path};
use bailiwick_domain::api_key::{KeyAccess, KeyDays};
use bailiwick_domain::fault::Code;
use bailiwick_domain::id::{ApiKeyId, OrganisationId};
use bailiwick_domain::name::Name;
use bailiwick_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// How a key begins; none is shown in full.
const KEY_EXAMPLE: &str = "bwk_5d0c…";

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/api/me/api-keys", "list-own-api-keys", "List your API keys")
            .tag("Me")
            .describe("The newest comes first. What has expired is listed for 30 days more.")
            .signed_in()
            .handle(list),
        Endpoint::post("/api/me/api-keys", "create-api-key", "Make an API key")
            .tag("Me")
            .describe(
                "The answer shows the key, this once. A program sends it like an access token, and may do with it what \
                 you may do at that moment, where an operation takes API keys: with the access `read` what only reads, \
                 with `write` the rest too. It acts for the organisation that you act for now unless a request names \
                 another. Your password, sessions, invitations and keys are out of its reach. Nobody has more than \
                 five living keys.",
            )
            .faults(&[Code::TooManyApiKeys])
            .signed_in()
            .handle(create),
        Endpoint::delete("/api/me/api-keys/{key_id}", "revoke-api-key", "Revoke one of your API keys")
            .tag("Me")
            .describe("It opens nothing from the next request on, on other nodes within a second.")
            .faults(&[Code::ApiKeyNotFound])
            .signed_in()
            .handle(revoke),
    ]
}

/// An API key.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApiKey")]
struct ApiKeyView {
    /// The id.
    id: ApiKeyId,
    /// How you call it.
    name: Name,
    /// What it is good for.
    access: KeyAccess,
    /// The organisation that it acts for unless a request names another.
    organization_id: Option<OrganisationId>,
    /// Since when.
    created_at: Timestamp,
    /// Until when it lives.
    expires_at: Timestamp,
    /// Whether that is over.
    is_expired: bool,
    /// When it was used last, to within half a minute; null when never.
    last_used_at: Option<Timestamp>,
    /// From where it was used last.
    #[schemars(example = &"203.0.113.7")]
    last_used_from: Option<String>,
}

impl ApiKeyView {
    fn new(key: ApiKeyRecord, now: Timestamp) -> Self {
        Self {
            id: key.id,
            name: key.name,
            access: key.access,
            organization_id: key.organisation,
            created_at: key.created_at,
            expires_at: key.expires_at,
            is_expired: key.expires_at <= now,
            last_used_at: key.last_used_at,
            last_used_from: key.last_address,
        }
    }
}

/// A person's API keys.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApiKeys")]
struct ApiKeysView {
    /// The keys.
    api_keys: Vec<ApiKeyView>,
}

async fn list(call: Call<Caller>) -> Reply<Ok200<ApiKeysView>> {
    let (keys, now) = (call.context.own_api_keys(&call.caller).await?, call.context.now());
    let api_keys = keys.into_iter().map(|key| ApiKeyView::new(key, now)).collect();
    Ok(Ok200::new(ApiKeysView { api_keys }))
}

body! {
    /// What a new key is made of.
    pub strict struct CreateApiKey {
        /// How you call it, such as by the program that uses it.
        name: Name => required "name",
        /// What it is good for.
        access: KeyAccess => required "access",
        /// How many days it lives.
        expires_in_days: KeyDays => defaulted "expires_in_days",
    }
}

/// A new API key.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewApiKey")]
struct NewKeyView {
    /// The key itself: it is shown this once and never again.
    #[schemars(with = "String", example = KEY_EXAMPLE)]
    key: String,
    /// What is known of it from now on.
    api_key: ApiKeyView,
}

async fn create(call: Call<Caller, NoPath, NoQuery, CreateApiKey>) -> Reply<Created201<NewKeyView>> {
    let CreateApiKey { name, access, expires_in_days: days } = call.body;
    let made = call.context.create_api_key(&call.caller, ApiKeyDraft { name, access, days }).await?;
    let api_key = ApiKeyView::new(made.record, call.context.now());
    let view = NewKeyView { key: made.key.expose().to_owned(), api_key };
    Ok(Created201::new(view).saying("api key created successfully"))
}

path! {
    /// Which key.
    pub struct ApiKeyPath or ApiKeyNotFound {
        /// The key's id.
        key_id: ApiKeyId,
    }
}

/// A key that was revoked.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApiKeyRevoked")]
struct RevokedView {
    /// The id.
    id: ApiKeyId,
}

async fn revoke(call: Call<Caller, ApiKeyPath>) -> Reply<Ok200<RevokedView>> {
    let id = call.path.key_id;
    call.context.revoke_own_api_key(&call.caller, id).await?;
    Ok(Ok200::new(RevokedView { id }).saying("api key revoked successfully"))
}
