//! Who may call: nobody in particular, the holder of a refresh token, somebody
//! signed in, somebody with a right, a system for itself; whether an API key will do; and whether
//! somebody may who acts as another person.
//!
//! Each access has its own type, and with it the type of `Call::caller`: a
//! handler that wants a caller cannot be put behind an open endpoint.

use bailiwick_app::appliance::Appliance;
use bailiwick_app::caller::{Caller, Credential, Origin};
use bailiwick_app::context::{Context, Identity};
use bailiwick_app::impersonation::Asked;
use bailiwick_domain::api_key::KeyAccess;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::principal::Principal;
use bailiwick_domain::role::Right;
use http::HeaderMap;

use crate::authorization::{AuthorizationHeader, Bearer};
use crate::basic::BasicCredentials;

/// Who may call, for tests and documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKind {
    /// Everybody.
    Open,
    /// The holder of a refresh token.
    RefreshToken,
    /// Everybody who is signed in.
    SignedIn,
    /// Who holds the right in at least one organisation.
    Needs(Right),
    /// A system, by its id or key and its secret.
    Appliance,
}

impl AccessKind {
    /// The right that is needed, where one is.
    #[must_use]
    pub const fn right(self) -> Option<Right> {
        match self {
            Self::Needs(right) => Some(right),
            Self::Open | Self::RefreshToken | Self::SignedIn | Self::Appliance => None,
        }
    }

    /// The faults that the check itself can end in.
    #[must_use]
    pub const fn faults(self) -> &'static [Code] {
        match self {
            Self::Open => &[],
            Self::RefreshToken => &[Code::InvalidToken],
            Self::SignedIn => &[Code::InvalidToken, Code::AddressUnconfirmed],
            Self::Needs(_) => &[Code::InvalidToken, Code::InsufficientPermissions, Code::AddressUnconfirmed],
            Self::Appliance => &[
                Code::ApplianceUnknown,
                Code::ApplianceScheme,
                Code::ApplianceEncoding,
                Code::ApplianceCredentialsForm,
                Code::ApplianceCredentials,
                Code::ApplianceSuspended,
            ],
        }
    }
}

/// A way to decide who may call.
pub trait Access: Copy + Send + Sync + 'static {
    /// What the handler gets to know of who calls.
    type Caller: Send + 'static;

    /// The same as data.
    fn kind(self) -> AccessKind;

    /// The faults that the check itself can end in.
    fn faults(self) -> &'static [Code] {
        self.kind().faults()
    }

    /// What an API key has to be good for, where one is taken at all.
    fn key_access(self) -> Option<KeyAccess> {
        None
    }

    /// The faults that an API key can end in, beyond that it is none.
    fn key_faults(self) -> &'static [Code] {
        &[]
    }

    /// Whether it may be done by somebody who acts as another person.
    fn while_impersonating(self) -> bool {
        true
    }

    /// Lets the request in, or says why not.
    fn admit(
        self,
        context: &Context,
        headers: &HeaderMap,
        origin: &Origin,
        asked: &Asked<'_>,
    ) -> impl Future<Output = Result<Self::Caller, Fault>> + Send;
}

/// Everybody may call.
#[derive(Clone, Copy, Debug)]
pub struct Open;

impl Access for Open {
    type Caller = ();

    fn kind(self) -> AccessKind {
        AccessKind::Open
    }

    async fn admit(self, _: &Context, _: &HeaderMap, _: &Origin, _: &Asked<'_>) -> Result<(), Fault> {
        Ok(())
    }
}

/// Whoever presents a token may call; the handler finds out whether it is a good refresh token.
#[derive(Clone, Copy, Debug)]
pub struct RefreshToken;

impl Access for RefreshToken {
    type Caller = Bearer;

    fn kind(self) -> AccessKind {
        AccessKind::RefreshToken
    }

    async fn admit(self, _: &Context, headers: &HeaderMap, _: &Origin, _: &Asked<'_>) -> Result<Bearer, Fault> {
        let header = AuthorizationHeader::of(headers).map_err(|_| Code::InvalidToken)?;
        Ok(Bearer::new(header.token()))
    }
}

/// Whoever presents a valid access token may call, with the right where one is named; where it says so, an API key
/// will do.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn {
    pub(crate) right: Option<Right>,
    pub(crate) takes_api_keys: bool,
    pub(crate) while_impersonating: bool,
}

impl Access for SignedIn {
    type Caller = Caller;

    fn kind(self) -> AccessKind {
        self.right.map_or(AccessKind::SignedIn, AccessKind::Needs)
    }

    /// Where no right is needed no key is taken: what it may do there would not be said.
    fn key_access(self) -> Option<KeyAccess> {
        self.right.filter(|_| self.takes_api_keys).map(KeyAccess::needed_for)
    }

    fn key_faults(self) -> &'static [Code] {
        key_faults(self.key_access())
    }

    fn while_impersonating(self) -> bool {
        self.while_impersonating
    }

    async fn admit(
        self,
        context: &Context,
        headers: &HeaderMap,
        origin: &Origin,
        asked: &Asked<'_>,
    ) -> Result<Caller, Fault> {
        let identity = identify(context, headers, self.key_access()).await?;
        admit_impersonator(&identity.principal, self.while_impersonating)?;
        context.admit(&identity.principal, self.right)?;
        context.note_use(&identity, origin.address);
        let caller = caller(identity, origin, self.right)?;
        context.note_asked(&caller.principal, asked, origin).await?;
        Ok(caller)
    }
}

/// Whoever presents a valid access token may call, whatever else they have to do first: this is for signing out.
#[derive(Clone, Copy, Debug)]
pub struct AnySession;

impl Access for AnySession {
    type Caller = Caller;

    fn kind(self) -> AccessKind {
        AccessKind::SignedIn
    }

    fn faults(self) -> &'static [Code] {
        &[Code::InvalidToken]
    }

    fn key_faults(self) -> &'static [Code] {
        key_faults(self.key_access())
    }

    async fn admit(
        self,
        context: &Context,
        headers: &HeaderMap,
        origin: &Origin,
        asked: &Asked<'_>,
    ) -> Result<Caller, Fault> {
        let caller = caller(identify(context, headers, self.key_access()).await?, origin, None)?;
        context.note_asked(&caller.principal, asked, origin).await?;
        Ok(caller)
    }
}

/// A system calls for itself, with HTTP Basic (RFC 7617): its id or key, and its secret.
#[derive(Clone, Copy, Debug)]
pub struct OfAppliance;

impl Access for OfAppliance {
    type Caller = Appliance;

    fn kind(self) -> AccessKind {
        AccessKind::Appliance
    }

    async fn admit(
        self,
        context: &Context,
        headers: &HeaderMap,
        _: &Origin,
        _: &Asked<'_>,
    ) -> Result<Appliance, Fault> {
        let credentials = BasicCredentials::of(headers)?;
        context.identify_appliance(credentials.name(), credentials.secret().expose()).await
    }
}

/// Who presents an access token, or an API key; a key has to be good for this much.
async fn identify(context: &Context, headers: &HeaderMap, needed: Option<KeyAccess>) -> Result<Identity, Fault> {
    let header = AuthorizationHeader::of(headers).map_err(|_| Code::InvalidToken)?;
    let identity = context.identify_bearer(header.token()).await?;
    admit_credential(identity.credential, needed)?;
    Ok(identity)
}

/// Lets every token in, and a key where keys are taken and it is good enough: no route decides this for itself.
fn admit_credential(credential: Credential, needed: Option<KeyAccess>) -> Result<(), Code> {
    let Credential::ApiKey(_, access) = credential else { return Ok(()) };
    match needed {
        None => Err(Code::ApiKeyNotAccepted),
        Some(needed) if access < needed => Err(Code::ApiKeyReadOnly),
        Some(_) => Ok(()),
    }
}

/// Lets everybody in who is there themselves, and whoever acts as another person where that may be done: no route
/// decides this for itself.
pub(crate) fn admit_impersonator(principal: &Principal, may_be_done: bool) -> Result<(), Code> {
    if principal.impersonator.is_none() || may_be_done { Ok(()) } else { Err(Code::Impersonating) }
}

/// The faults that [`admit_impersonator`] ends in.
pub(crate) const fn impersonation_faults(may_be_done: bool) -> &'static [Code] {
    if may_be_done { &[] } else { &[Code::Impersonating] }
}

/// The faults that [`admit_credential`] ends in.
const fn key_faults(needed: Option<KeyAccess>) -> &'static [Code] {
    match needed {
        None => &[Code::ApiKeyNotAccepted],
        Some(KeyAccess::Read) => &[],
        Some(KeyAccess::Write) => &[Code::ApiKeyReadOnly],
    }
}

/// The caller that an identity is in this request, provided that they hold the right.
pub(crate) fn caller(identity: Identity, origin: &Origin, right: Option<Right>) -> Result<Caller, Fault> {
    if let Some(right) = right
        && !identity.principal.holds(right)
    {
        return Err(Code::InsufficientPermissions.into());
    }
    Ok(Caller { principal: identity.principal, credential: identity.credential, origin: *origin, right })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test should stop where it fails")]
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Arc;

    use bailiwick_domain::email::EmailAddress;
    use bailiwick_domain::field::Parse as _;
    use bailiwick_domain::id::{ApiKeyId, OrganisationId, RequestId, SessionId, UserId};
    use bailiwick_domain::name::Name;
    use bailiwick_domain::organisation::OrganisationKind;
    use bailiwick_domain::principal::{Membership, Principal};
    use bailiwick_domain::role::Role;
    use bailiwick_domain::time::Timestamp;

    use super::*;

    fn identity(role: Role) -> Identity {
        let membership = Membership {
            organisation: OrganisationId::new(Timestamp::default(), [0; 10]),
            organisation_name: Name::parse_text("Acme").unwrap(),
            organisation_kind: OrganisationKind::Customer,
            role,
        };
        let principal = Principal {
            user: UserId::new(Timestamp::default(), [0; 10]),
            email: EmailAddress::parse_text("ann@example.org").unwrap(),
            name: Name::parse_text("Ann").unwrap(),
            is_super_admin: false,
            is_confirmed: true,
            current_organisation: None,
            memberships: vec![membership],
            impersonator: None,
        };
        let session = SessionId::new(Timestamp::default(), [0; 10]);
        Identity { principal: Arc::new(principal), credential: Credential::Session(session) }
    }

    #[test]
    fn a_right_is_needed_where_one_is_named() {
        let origin = Origin {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            request_id: RequestId::new(Timestamp::default(), [0; 10]),
            browser: None,
        };
        for (role, right, expected) in [
            (Role::Reader, None, Ok(None)),
            (Role::Reader, Some(Right::ReadSystems), Ok(Some(Right::ReadSystems))),
            (Role::Reader, Some(Right::ManageSystems), Err(Code::InsufficientPermissions)),
            (Role::Support, Some(Right::ManageSystems), Ok(Some(Right::ManageSystems))),
            (Role::Admin, Some(Right::DestroySystems), Err(Code::InsufficientPermissions)),
        ] {
            let found = caller(identity(role), &origin, right);
            let found = found.map(|caller| caller.right).map_err(|fault| fault.code);
            assert_eq!(found, expected, "{role} {right:?}");
        }
    }

    #[test]
    fn a_key_is_let_in_where_keys_are_taken_and_it_is_good_enough() {
        let session = Credential::Session(SessionId::new(Timestamp::default(), [0; 10]));
        let key = |access| Credential::ApiKey(ApiKeyId::new(Timestamp::default(), [0; 10]), access);
        let (read, write) = (key(KeyAccess::Read), key(KeyAccess::Write));
        let access =
            |right, takes_api_keys| SignedIn { right, takes_api_keys, while_impersonating: false }.key_access();
        for (needed, expected) in [
            (access(Some(Right::ReadSystems), true), [Ok(()), Ok(())]),
            (access(Some(Right::ManageSystems), true), [Err(Code::ApiKeyReadOnly), Ok(())]),
            (access(Some(Right::DestroySystems), true), [Err(Code::ApiKeyReadOnly), Ok(())]),
            (access(Some(Right::ReadSystems), false), [Err(Code::ApiKeyNotAccepted); 2]),
            (access(None, true), [Err(Code::ApiKeyNotAccepted); 2]),
            (access(None, false), [Err(Code::ApiKeyNotAccepted); 2]),
            (AnySession.key_access(), [Err(Code::ApiKeyNotAccepted); 2]),
        ] {
            assert_eq!([read, write].map(|key| admit_credential(key, needed)), expected, "{needed:?}");
            assert_eq!(admit_credential(session, needed), Ok(()));
        }
    }
}
