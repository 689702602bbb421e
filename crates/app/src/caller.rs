//! Who calls, and from where.

use std::net::IpAddr;
use std::sync::Arc;

use bailiwick_domain::api_key::KeyAccess;
use bailiwick_domain::device::BrowserMark;
use bailiwick_domain::id::{ApiKeyId, RequestId, SessionId};
use bailiwick_domain::principal::Principal;
use bailiwick_domain::role::Right;
use uuid::Uuid;

/// From where a request came; every audit entry names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The client's address, seen through the trusted proxies.
    pub address: IpAddr,
    /// The id that the answer's `x-request-id` shows and the log repeats.
    pub request_id: RequestId,
    /// The device cookie, where a browser sent one: it may be known to an account, and proves nothing.
    pub browser: Option<BrowserMark>,
}

/// What a request shows for it that it comes from somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Credential {
    /// A token or a cookie of this sign-in.
    Session(SessionId),
    /// This API key of theirs, and what it is good for.
    ApiKey(ApiKeyId, KeyAccess),
}

impl Credential {
    /// The id of the sign-in or of the key.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Session(id) => id.uuid(),
            Self::ApiKey(id, _) => id.uuid(),
        }
    }

    /// The sign-in, unless it is a key.
    #[must_use]
    pub const fn session(self) -> Option<SessionId> {
        match self {
            Self::Session(id) => Some(id),
            Self::ApiKey(..) => None,
        }
    }
}

/// A person in the middle of a request: signed in, or a program with a key of theirs.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who it is and what they may do.
    pub principal: Arc<Principal>,
    /// By what they showed it.
    pub credential: Credential,
    /// From where the request came.
    pub origin: Origin,
    /// The right that the endpoint asked for, where it asked for one; the audit log names it.
    pub right: Option<Right>,
}

impl Caller {
    /// The sign-in that the request belongs to; a key belongs to none.
    #[must_use]
    pub const fn session(&self) -> Option<SessionId> {
        self.credential.session()
    }
}
