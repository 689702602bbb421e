//! What every use case works with.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::SessionId;
use bailiwick_domain::principal::Principal;
use std::sync::Arc;

/// What every use case works with: handed down, never global.
#[derive(Debug)]
pub struct Context {}

/// What a valid token or cookie stands for.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Who it is and what they may do.
    pub principal: Arc<Principal>,
    /// The sign-in it belongs to.
    pub session: SessionId,
}

impl Context {
    /// Who presents this access token; [`Code::InvalidToken`] when nobody does.
    pub async fn identify_token(&self, _token: &str) -> Result<Identity, Fault> {
        Err(Code::InvalidToken.into())
    }

    /// Who presents this session cookie; [`Code::InvalidToken`] when nobody does.
    pub async fn identify_cookie(&self, _cookie: &str) -> Result<Identity, Fault> {
        Err(Code::InvalidToken.into())
    }
}
