//! What a connection asks, one request after the other.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::client::Answer;

/// What a connection asks.
#[derive(Debug)]
pub(crate) enum Script {
    /// Always the same.
    Fixed { request: Vec<u8> },
    /// The next tokens for the ones that it got before.
    Refresh { bearer: String },
    /// A system more.
    Callback { bearer: String, callback_url: String, connection: usize, posts: usize },
}

impl Script {
    /// The same request again and again; `line` is a method and a path.
    pub(crate) fn fixed(line: &str, headers: &[(&str, &str)], body: &str) -> Self {
        Self::Fixed { request: request(line, headers, body) }
    }

    /// The next request.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        match self {
            Self::Fixed { request } => request.clone(),
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
        }
    }

    /// Takes from an answer what the next request needs.
    pub(crate) fn learn(&mut self, answer: &Answer<'_>) -> Result<()> {
        ensure!(
            (200..300).contains(&answer.status),
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

fn request(line: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
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
