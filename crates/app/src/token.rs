//! Access and refresh tokens: JWTs signed with Ed25519 (RFC 7519, RFC 8037,
//! RFC 8725; contract, section 2).
//!
//! The claims are short, because a published client refuses a sign-in answer
//! of 400 bytes or more.

use bailiwick_domain::id::UserId;
use bailiwick_domain::session::ACCESS_LIFETIME;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::session::SessionRecord;
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::keys::KeySet;

/// Whom our tokens are for.
const AUDIENCE: &str = "bailiwick";
/// The longest token that is looked at, in bytes (RFC 8725, 3.10).
const LENGTH_MAX: usize = 8 * 1024;

/// What a token is for; it is in the header's `typ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// It opens the APIs for ten minutes (RFC 9068).
    Access,
    /// It is exchanged for the next tokens.
    Refresh,
}

impl TokenKind {
    const fn typ(self) -> &'static str {
        match self {
            Self::Access => "at+jwt",
            Self::Refresh => "rt+jwt",
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    exp: i64,
    iat: i64,
    sub: Uuid,
    sid: String,
    /// The number of a refresh token in its session.
    #[serde(rename = "gen", skip_serializing_if = "Option::is_none")]
    generation: Option<i64>,
    /// Who acts as the person (RFC 8693, 4.1); for whoever reads the token, as the session decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    act: Option<Act>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Act {
    sub: Uuid,
}

/// What a valid token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TokenFacts {
    /// The person; only a hint, the session decides.
    pub(crate) user: UserId,
    /// The session's handle.
    pub(crate) handle: i64,
    /// When the token dies.
    pub(crate) expires_at: Timestamp,
    /// The number of a refresh token in its session.
    pub(crate) generation: i64,
}

/// Issues an access token of a session.
pub(crate) fn issue_access(
    keys: &KeySet,
    issuer: String,
    session: &SessionRecord,
    now: Timestamp,
) -> Result<String, jsonwebtoken::errors::Error> {
    let expires_at = now.plus(ACCESS_LIFETIME).min(session.expires_at);
    sign(keys, issuer, TokenKind::Access, session, now, expires_at)
}

/// Issues the refresh token of a session that is good now.
///
/// Everything in it comes from the session's row, so that the same successor
/// can be given twice.
pub(crate) fn issue_refresh(
    keys: &KeySet,
    issuer: String,
    session: &SessionRecord,
) -> Result<String, jsonwebtoken::errors::Error> {
    let issued_at = session.rotated_at.unwrap_or(session.created_at);
    sign(keys, issuer, TokenKind::Refresh, session, issued_at, session.expires_at)
}

fn sign(
    keys: &KeySet,
    issuer: String,
    kind: TokenKind,
    session: &SessionRecord,
    issued_at: Timestamp,
    expires_at: Timestamp,
) -> Result<String, jsonwebtoken::errors::Error> {
    let key = keys.token();
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(kind.typ().to_owned());
    header.kid = Some(key.kid.clone());
    let claims = Claims {
        iss: issuer,
        aud: AUDIENCE.to_owned(),
        exp: expires_at.seconds(),
        iat: issued_at.seconds(),
        sub: session.user.uuid(),
        sid: BASE64URL_NOPAD.encode(&session.handle.to_be_bytes()),
        generation: (kind == TokenKind::Refresh).then_some(session.generation),
        act: session.actor.map(|actor| Act { sub: actor.uuid() }),
    };
    jsonwebtoken::encode(&header, &claims, &key.encoding)
}

/// Reads a token of this kind; nothing when it is not ours, of another kind, or dead.
///
/// Only keys of our own set count, whatever the header says (`jku`, `x5u`,
/// `jwk` are never followed), and only `EdDSA` (RFC 8725, 3.1).
pub(crate) fn verify(keys: &KeySet, issuer: &str, kind: TokenKind, token: &str, now: Timestamp) -> Option<TokenFacts> {
    if token.len() > LENGTH_MAX {
        return None;
    }
    let header = jsonwebtoken::decode_header(token).ok()?;
    if header.typ.as_deref() != Some(kind.typ()) {
        return None;
    }
    let key = keys.token_verifier(header.kid.as_deref()?)?;
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.set_issuer(&[issuer]);
    rules.set_audience(&[AUDIENCE]);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // The moment comes from our own clock, below.
    rules.validate_exp = false;
    let claims = jsonwebtoken::decode::<Claims>(token, key, &rules).ok()?.claims;
    let expires_at = Timestamp::from_seconds(claims.exp);
    let handle = BASE64URL_NOPAD.decode(claims.sid.as_bytes()).ok()?;
    let handle = i64::from_be_bytes(handle.try_into().ok()?);
    if now >= expires_at || claims.generation.is_some() != (kind == TokenKind::Refresh) {
        return None;
    }
    let generation = claims.generation.unwrap_or_default();
    Some(TokenFacts { user: UserId::from_uuid(claims.sub), handle, expires_at, generation })
}
