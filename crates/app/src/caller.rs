//! Who calls, and from where.

use std::net::IpAddr;
use std::sync::Arc;

use bailiwick_domain::device::BrowserMark;
use bailiwick_domain::id::{RequestId, SessionId};
use bailiwick_domain::principal::Principal;
use bailiwick_domain::role::Right;

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

/// A signed-in person in the middle of a request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who it is and what they may do.
    pub principal: Arc<Principal>,
    /// The sign-in that the request's token belongs to.
    pub session: SessionId,
    /// From where the request came.
    pub origin: Origin,
    /// The right that the endpoint asked for, where it asked for one; the audit log names it.
    pub right: Option<Right>,
}
