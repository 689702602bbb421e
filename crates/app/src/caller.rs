//! Who calls, and from where.

use std::net::IpAddr;
use std::sync::Arc;

use bailiwick_domain::api_key::KeyAccess;
use bailiwick_domain::device::BrowserMark;
use bailiwick_domain::id::{ApiKeyId, OrganisationId, RequestId, SessionId, UserId};
use bailiwick_domain::principal::Principal;
use bailiwick_domain::role::Right;
use bailiwick_store::query::reach::Reach;
use uuid::Uuid;

use crate::audit::Actor;

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

/// On whose authority something is done: that of a person, as far as their rights reach, or that of whoever runs this
/// machine, who may do whatever a super admin may.
#[derive(Clone, Copy, Debug)]
pub enum Authority<'caller> {
    /// A person in the middle of a request.
    Caller(&'caller Caller),
    /// Somebody at the command line of this machine.
    Operator,
}

impl<'caller> From<&'caller Caller> for Authority<'caller> {
    fn from(caller: &'caller Caller) -> Self {
        Self::Caller(caller)
    }
}

impl<'caller> Authority<'caller> {
    /// How far the right reaches.
    #[must_use]
    pub fn reach(self, right: Right) -> Reach {
        match self {
            Self::Caller(caller) => Reach::of(&caller.principal, right),
            Self::Operator => Reach::everything(),
        }
    }

    /// Who acts, for the audit log.
    #[must_use]
    pub const fn actor(self) -> Actor<'caller> {
        match self {
            Self::Caller(caller) => Actor::Caller(caller),
            Self::Operator => Actor::Operator,
        }
    }

    /// The person, where it is one.
    #[must_use]
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::Caller(caller) => Some(caller.principal.user),
            Self::Operator => None,
        }
    }

    /// Whether it holds every right everywhere.
    #[must_use]
    pub fn is_super_admin(self) -> bool {
        match self {
            Self::Caller(caller) => caller.principal.is_super_admin,
            Self::Operator => true,
        }
    }

    /// The organisation that a person acts for unless they name another.
    #[must_use]
    pub fn current_organisation(self) -> Option<OrganisationId> {
        match self {
            Self::Caller(caller) => caller.principal.current_organisation,
            Self::Operator => None,
        }
    }
}
