//! What machines ask for without signing in (contract, section 1).

use std::sync::OnceLock;
use std::time::Duration;

use bailiwick_app::context::Context;
use bailiwick_app::keys::PublishedKey;
use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::document::document;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::registry::Registry;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::time::Span;
use data_encoding::BASE64URL_NOPAD;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The version of the program, as the document and the pages name it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How long the database may take to count as there: well inside the deadlines of
/// those who ask, because one of them answers 200 also when it is away.
const PATIENCE: Duration = Duration::from_millis(700);

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/healthz", "health", "Whether the process lives")
            .tag("Server")
            .within(Span::seconds(1))
            .open()
            .handle(health),
        Endpoint::get("/readyz", "readiness", "Whether the database answers")
            .tag("Server")
            .within(Span::seconds(1))
            .open()
            .handle(readiness),
        Endpoint::get("/.well-known/jwks.json", "jwks", "The public keys of tokens and callbacks")
            .tag("Server")
            .describe("A JWK set (RFC 7517) of Ed25519 keys (RFC 8037); those that sign callbacks come first.")
            .within(Span::seconds(1))
            .open()
            .handle(jwks),
        Endpoint::get("/openapi.json", "openapi", "This document")
            .tag("Server")
            .within(Span::seconds(1))
            .open()
            .handle(openapi),
    ]
}

/// How the server is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Health")]
struct HealthView {
    /// `ok`.
    #[schemars(example = &"ok")]
    status: &'static str,
}

async fn health(_: Call) -> Reply<Ok200<HealthView>> {
    Ok(Ok200::new(HealthView { status: "ok" }))
}

async fn readiness(call: Call) -> Reply<Ok200<HealthView>> {
    reach_database(&call.context).await?;
    Ok(Ok200::new(HealthView { status: "ok" }))
}

/// Finds out whether the database answers, and soon.
pub(super) async fn reach_database(context: &Context) -> Result<(), Fault> {
    let answer = tokio::time::timeout(PATIENCE, context.ping()).await;
    answer.unwrap_or_else(|_| Err(Code::Unavailable.into()))
}

/// The public keys of this server (RFC 7517).
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "JwkSet")]
struct JwkSetView {
    /// The keys; those that sign callbacks come first.
    keys: Vec<JwkView>,
}

/// A public key (RFC 7517, RFC 8037).
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Jwk")]
struct JwkView {
    /// `OKP`.
    kty: &'static str,
    /// `Ed25519`.
    crv: &'static str,
    /// `sig`.
    r#use: &'static str,
    /// `EdDSA`.
    alg: &'static str,
    /// Its name in the headers of what it signed.
    kid: String,
    /// The 32 bytes of the key in base64url without padding.
    x: String,
}

async fn jwks(call: Call) -> Reply<Ok200<JwkSetView>> {
    let view = |key: PublishedKey| JwkView {
        kty: "OKP",
        crv: "Ed25519",
        r#use: "sig",
        alg: "EdDSA",
        kid: key.kid,
        x: BASE64URL_NOPAD.encode(&key.public_key),
    };
    Ok(Ok200::new(JwkSetView { keys: call.context.keys.published().into_iter().map(view).collect() }))
}

/// An `OpenAPI` document.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "OpenApiDocument")]
struct DocumentView(#[schemars(with = "serde_json::Map<String, Value>")] &'static Value);

async fn openapi(call: Call) -> Reply<Ok200<DocumentView>> {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    Ok(Ok200::new(DocumentView(DOCUMENT.get_or_init(|| openapi_document(&call.registry)))))
}

/// The `OpenAPI` document of this program.
#[must_use]
pub fn openapi_document(registry: &Registry) -> Value {
    document(registry, VERSION)
}
