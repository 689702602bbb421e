//! What a connection asks, one request after the other.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::client::Answer;
use crate::licences;
use crate::people::{self, Crowd};

/// What a connection asks.
#[derive(Debug)]
pub(crate) enum Script {
    /// Always the same.
    Fixed { request: Vec<u8> },
    /// The next tokens for the ones that it got before.
    Refresh { bearer: String },
    /// A system more.
    Callback { bearer: String, callback_url: String, connection: usize, posts: usize },
    /// A person more, with an organisation of their own.
    Register { password: String, connection: usize, posts: usize },
    /// Somebody of the crowd.
    ReadPeople { bearer: String, crowd: Crowd },
    /// One of many licences.
    ReadLicences { bearer: String, crowd: Crowd },
    /// Always the same, of which not all can be done.
    Post { request: Vec<u8> },
    /// A sign-in of somebody of the crowd.
    SignInPeople { password: String, address: String, crowd: Crowd },
}

/// Method and path of the sign-in.
pub(crate) const SIGN_IN: &str = "POST /auth/authenticate/signin";

/// The body of a sign-in.
pub(crate) fn credentials(email: &str, password: &str) -> String {
    json!({ "Username": email, "Password": password }).to_string()
}

/// The address that a connection comes from, as from behind a proxy.
pub(crate) fn address(connection: usize) -> String {
    format!("10.{}.{}.1", connection / 256, connection % 256)
}

impl Script {
    /// The same request again and again; `line` is a method and a path.
    pub(crate) fn fixed(line: &str, headers: &[(&str, &str)], body: &str) -> Self {
        Self::Fixed { request: request(line, headers, body) }
    }

    /// The next request.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        match self {
            Self::Fixed { request } | Self::Post { request } => request.clone(),
            Self::Refresh { bearer } => {
                let bearer = format!("Bearer {bearer}");
                let body = r#"{"GrantType":"refresh_token"}"#;
                request("POST /auth/authenticate/refresh-token", &[("Authorization", &bearer)], body)
            }
            Self::Callback { bearer, callback_url, connection, posts } => {
                *posts += 1;
                let now = milliseconds();
                let state = json!({ "timestamp": now, "random": format!("{now}-{connection}-{posts}") }).to_string();
                let body = json!({
                    "name": format!("system-{connection}-{posts}"),
                    "type": "ns8",
                    "callback_url": callback_url,
                    "callback_state": format!("state_{}", STANDARD.encode(state)),
                });
                request("POST /api/systems/callback", &[("Authorization", bearer)], &body.to_string())
            }
            Self::Register { password, connection, posts } => {
                *posts += 1;
                let email = format!("newcomer-{}-{connection}-{posts}@example.org", milliseconds());
                let body = json!({
                    "Email": email, "Password": password, "Name": "Newcomer", "Company": "Newcomers", "AcceptEULA": true,
                });
                request("POST /auth/user", &[("X-Forwarded-For", &address(*connection))], &body.to_string())
            }
            Self::ReadPeople { bearer, crowd } => {
                request(&format!("GET /auth/user/{}", people::id(crowd.next())), &[("Authorization", bearer)], "")
            }
            Self::ReadLicences { bearer, crowd } => {
                request(&format!("GET /auth/license/{}", licences::id(crowd.next())), &[("Authorization", bearer)], "")
            }
            Self::SignInPeople { password, address, crowd } => {
                let body = credentials(&people::email(crowd.next()), password);
                request(SIGN_IN, &[("X-Forwarded-For", address)], &body)
            }
        }
    }

    /// Takes from an answer what the next request needs.
    pub(crate) fn learn(&mut self, answer: &Answer<'_>) -> Result<()> {
        let is_refused = answer.status == 409 && matches!(self, Self::Post { .. });
        ensure!(
            is_refused || (200..300).contains(&answer.status),
            "status {}: {}",
            answer.status,
            String::from_utf8_lossy(answer.body)
        );
        if let Self::Refresh { bearer } = self {
            let tokens: Value = serde_json::from_slice(answer.body)?;
            // The bare server has none; it takes any.
            if let Some(next) = tokens.get("RefreshToken") {
                next.as_str().context("a refresh token is text")?.clone_into(bearer);
            }
        }
        Ok(())
    }
}

pub(crate) fn request(line: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut lines = vec![format!("{line} HTTP/1.1"), "Host: bench".to_owned()];
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    if !body.is_empty() {
        lines.extend(["Content-Type: application/json".to_owned(), format!("Content-Length: {}", body.len())]);
    }
    format!("{}\r\n\r\n{body}", lines.join("\r\n")).into_bytes()
}

#[expect(clippy::disallowed_methods, reason = "a state carries the real time, and this is no part of the server")]
fn milliseconds() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}
