//! Checks a callback's signature as an outside application does it.
//!
//! Written from the documentation alone and shares no code with the server, so
//! that the two can disagree.

use base64::{Engine, engine::general_purpose};
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::Value;

use super::Received;

/// Whether a callback was signed by a key of the server's `/.well-known/jwks.json`, whose text is `jwks`.
///
/// What is signed are these lines, joined by a line feed: `v1`, `GET`, scheme, host and path, the query as
/// sent, `webhook-id`, `webhook-timestamp`. The error says what does not hold.
pub fn verify_signature(request: &Received, jwks: &str) -> Result<(), String> {
    let header = |name: &str| request.header(name).ok_or_else(|| format!("the header {name} is missing"));
    let (id, timestamp) = (header("webhook-id")?, header("webhook-timestamp")?);
    timestamp.parse::<u64>().map_err(|_| format!("webhook-timestamp {timestamp:?} is not in whole seconds"))?;
    let canonical = [
        "v1",
        request.method.as_str(),
        &format!("http://{}{}", header("host")?, request.path()),
        request.query(),
        id,
        timestamp,
    ]
    .join("\n");
    let key = find_key(jwks, header("webhook-key-id")?)?;
    let signatures = header("webhook-signature")?;
    // As in Standard Webhooks: several signatures may stand there, apart by spaces.
    let encoded = signatures.split(' ').find_map(|one| one.strip_prefix("v1a,")).ok_or("no signature of kind v1a")?;
    let bytes = general_purpose::STANDARD.decode(encoded).map_err(|error| format!("no base64: {error}"))?;
    let signature = Signature::from_slice(&bytes).map_err(|_| format!("{} bytes are no signature", bytes.len()))?;
    key.verify_strict(canonical.as_bytes(), &signature)
        .map_err(|_| format!("the signature does not match what it should sign:\n{canonical}"))
}

fn find_key(jwks: &str, id: &str) -> Result<VerifyingKey, String> {
    let jwks: Value = serde_json::from_str(jwks).map_err(|error| format!("the key set is no JSON: {error}"))?;
    let keys = jwks.get("keys").and_then(Value::as_array).ok_or("the key set has no keys")?;
    let text = |key: &Value, name: &str| key.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let key = keys.iter().find(|key| text(key, "kid") == id).ok_or_else(|| format!("no key {id} in the key set"))?;
    if (text(key, "kty").as_str(), text(key, "crv").as_str()) != ("OKP", "Ed25519") {
        return Err(format!("the key {id} is not of Ed25519"));
    }
    let bytes = general_purpose::URL_SAFE_NO_PAD.decode(text(key, "x")).map_err(|error| format!("no key: {error}"))?;
    let bytes = bytes.try_into().map_err(|_| "a key of Ed25519 has 32 bytes".to_owned())?;
    VerifyingKey::from_bytes(&bytes).map_err(|error| format!("no key: {error}"))
}
