//! Who may see a page.

use bailiwick_app::caller::{Caller, Origin};
use bailiwick_app::context::Identity;
use bailiwick_app::impersonation::Asked;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::role::Right;
use http::HeaderMap;

use crate::access::{AccessKind, admit_impersonator, caller};
use crate::cookie::cookie;
use crate::serve::Service;

/// Who visits a page that everybody may see.
#[derive(Clone, Debug)]
pub enum Guest {
    /// Nobody who is signed in.
    Stranger,
    /// Somebody whose session is good as soon as their address is confirmed; until then they see what strangers see.
    Waiting(Caller),
    /// Somebody who is signed in.
    SignedIn(Caller),
}

impl Guest {
    /// Who is signed in.
    #[must_use]
    pub const fn caller(&self) -> Option<&Caller> {
        match self {
            Self::SignedIn(caller) => Some(caller),
            Self::Stranger | Self::Waiting(_) => None,
        }
    }

    /// Whose session the browser brings along, whether it is good for anything yet or not.
    #[must_use]
    pub const fn holder(&self) -> Option<&Caller> {
        match self {
            Self::Waiting(caller) | Self::SignedIn(caller) => Some(caller),
            Self::Stranger => None,
        }
    }
}

/// Who may see a page, as a type: it decides what the handler gets to know of who visits.
pub trait Audience: Copy + Send + Sync + 'static {
    /// What the handler gets to know.
    type Caller: Send + 'static;

    /// The same as data.
    fn kind(self) -> AccessKind;

    /// Whether somebody may see it who acts as another person.
    fn while_impersonating(self) -> bool {
        true
    }

    /// Who visits; [`Code::InvalidToken`] for nobody, where it takes somebody.
    fn admit(
        self,
        service: &Service,
        headers: &HeaderMap,
        origin: &Origin,
        asked: &Asked<'_>,
    ) -> impl Future<Output = Result<Self::Caller, Fault>> + Send;
}

/// Everybody, and nobody looks who it is: assets.
#[derive(Clone, Copy, Debug)]
pub struct Anybody;

/// Everybody, signed in or not.
#[derive(Clone, Copy, Debug)]
pub struct Visitor {
    pub(crate) while_impersonating: bool,
}

/// Somebody signed in, with the right where one is named; others are sent to sign in.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    pub(crate) right: Option<Right>,
    pub(crate) while_impersonating: bool,
}

impl Audience for Anybody {
    type Caller = ();

    fn kind(self) -> AccessKind {
        AccessKind::Open
    }

    async fn admit(self, _: &Service, _: &HeaderMap, _: &Origin, _: &Asked<'_>) -> Result<(), Fault> {
        Ok(())
    }
}

impl Audience for Visitor {
    type Caller = Guest;

    fn kind(self) -> AccessKind {
        AccessKind::Open
    }

    fn while_impersonating(self) -> bool {
        self.while_impersonating
    }

    async fn admit(
        self,
        service: &Service,
        headers: &HeaderMap,
        origin: &Origin,
        asked: &Asked<'_>,
    ) -> Result<Guest, Fault> {
        let identity = match identify(service, headers).await {
            Ok(identity) => identity,
            Err(fault) if fault.code == Code::InvalidToken => return Ok(Guest::Stranger),
            Err(fault) => return Err(fault),
        };
        admit_impersonator(&identity.principal, self.while_impersonating)?;
        if service.context.admit(&identity.principal, None).is_err() {
            return caller(identity, origin, None).map(Guest::Waiting);
        }
        let_in(service, identity, None, origin, asked).await.map(Guest::SignedIn)
    }
}

impl Audience for Member {
    type Caller = Caller;

    fn kind(self) -> AccessKind {
        self.right.map_or(AccessKind::SignedIn, AccessKind::Needs)
    }

    fn while_impersonating(self) -> bool {
        self.while_impersonating
    }

    async fn admit(
        self,
        service: &Service,
        headers: &HeaderMap,
        origin: &Origin,
        asked: &Asked<'_>,
    ) -> Result<Caller, Fault> {
        let identity = identify(service, headers).await?;
        admit_impersonator(&identity.principal, self.while_impersonating)?;
        // Whoever may not even be signed in before they confirm their address visits as a stranger.
        service.context.admit(&identity.principal, None).map_err(|_| Code::InvalidToken)?;
        service.context.admit(&identity.principal, self.right)?;
        let_in(service, identity, self.right, origin, asked).await
    }
}

/// Whose session the browser brings along; [`Code::InvalidToken`] for nobody's.
async fn identify(service: &Service, headers: &HeaderMap) -> Result<Identity, Fault> {
    let value = cookie(headers, service.cookies.session).ok_or(Code::InvalidToken)?;
    service.context.identify_cookie(value).await
}

/// Who was admitted, after it was noted that they came.
async fn let_in(
    service: &Service,
    identity: Identity,
    right: Option<Right>,
    origin: &Origin,
    asked: &Asked<'_>,
) -> Result<Caller, Fault> {
    service.context.note_use(&identity, origin.address);
    let caller = caller(identity, origin, right)?;
    service.context.note_asked(&caller.principal, asked, origin).await?;
    Ok(caller)
}
