//! Everything that can go wrong in a way that a client is told about: one table.
//!
//! What a client must not be told (a broken disk, a bug) travels as the hidden
//! source of [`Code::Broken`] or [`Code::Unavailable`]: it is logged once with
//! the request id, and the client reads only the public text.

use std::borrow::Cow;
use std::sync::Arc;

use crate::field::{Check, FieldFault, Refusal};
use crate::time::Span;

/// The class of a fault; each has one HTTP status in the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The request is malformed or invalid (400).
    Invalid,
    /// Nobody is signed in (401).
    Unauthenticated,
    /// Signed in, but without the right (403).
    Forbidden,
    /// There is no such thing, or none that the caller may see (404).
    NotFound,
    /// There is no such method here (405).
    MethodNotAllowed,
    /// It collides with what is there (409).
    Conflict,
    /// The body is too large (413).
    TooLarge,
    /// The body is of a type that is not read here (415).
    UnsupportedMedia,
    /// Well formed, but impossible (422).
    Impossible,
    /// Too many attempts (429).
    TooMany,
    /// Our fault (500).
    Broken,
    /// Not right now (503).
    Unavailable,
}

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident: $class:ident, $wire:literal, $sentence:literal;)*) => {
        /// One row of the table of faults.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every row, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The class that decides the status.
            #[must_use]
            pub const fn class(self) -> Class {
                match self { $(Self::$name => Class::$class,)* }
            }

            /// The wording of the Systems API (`message`).
            #[must_use]
            pub const fn wire(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }

            /// The wording for a person: the Authorisation API's `Message`, and the pages.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }

            /// The row's own name, for logs and documents.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

faults! {
    /// One or more fields are wrong; the fault lists them.
    ValidationFailed: Invalid, "validation failed", "Some of what was sent is not right.";
    /// The body is not the JSON that belongs here.
    MalformedBody: Invalid, "malformed body", "The body is not valid JSON.";
    /// The state token cannot be read, or comes from the future (seed 000).
    StateMalformed: Invalid, "invalid or already used state token", "The link from the other application is not valid.";
    /// The state token is older than an hour (seed 000).
    StateExpired: Invalid, "state token expired", "The link from the other application has expired. Go back there and start again.";
    /// The state token was used before (seed 000).
    StateUsed: Invalid, "state token already used", "The link from the other application was used already. Go back there and start again.";
    /// Credentials were put into the query string.
    CredentialsInQuery: Invalid, "credentials in the query string", "Credentials belong in the body, never in the address.";
    /// No token, or none that is valid any more.
    InvalidToken: Unauthenticated, "invalid token", "You are not signed in, or no longer. Sign in again.";
    /// A system has to say who it is.
    ApplianceUnknown: Unauthenticated, "authentication required", "A system calls this with HTTP Basic: its id or key, and its secret.";
    /// Credentials of a system in another scheme than Basic.
    ApplianceScheme: Unauthenticated, "invalid authentication format", "A system calls this with HTTP Basic: its id or key, and its secret.";
    /// Credentials of a system that are no Base64 of text.
    ApplianceEncoding: Unauthenticated, "invalid authentication encoding", "The credentials of HTTP Basic are the Base64 of a name, a colon and a secret.";
    /// Credentials of a system without a colon between name and secret.
    ApplianceCredentialsForm: Unauthenticated, "invalid credentials format", "The credentials of HTTP Basic are the Base64 of a name, a colon and a secret.";
    /// No system has this id or key and this secret.
    ApplianceCredentials: Unauthenticated, "invalid system credentials", "No system has this id or key and this secret.";
    /// The address and the password do not belong together.
    WrongCredentials: Unauthenticated, "wrong credentials", "The e-mail address or the password is not right.";
    /// The caller lacks the right.
    InsufficientPermissions: Forbidden, "insufficient permissions", "You do not have the right to do this.";
    /// An API key was presented where none is taken: it proves no person.
    ApiKeyNotAccepted: Forbidden, "api keys are not accepted here", "This takes a person who is signed in; API keys are not accepted here.";
    /// An API key that may only read was presented where something changes.
    ApiKeyReadOnly: Forbidden, "api key may only read", "This API key may only read. Make one with the access write for this.";
    /// Somebody acts as another person where only that person may act.
    Impersonating: Forbidden, "not while impersonating", "This is for the person alone: nobody does it for them while acting as them.";
    /// Somebody would act as themselves.
    ImpersonatingOneself: Forbidden, "cannot impersonate yourself", "You act as yourself already.";
    /// The person has not consented to somebody acting as them.
    NoConsent: Forbidden, "no consent", "This person has not consented to support acting as them, or does not any more. Ask them to, on their account page.";
    /// The organisation of a system is suspended.
    ApplianceSuspended: Forbidden, "system is suspended", "The organisation that this system belongs to is suspended, or one above it.";
    /// Agreements are the business of whoever runs the server.
    OwnersAgreements: Forbidden, "only the owner organization has agreements", "Agreements are written, published and made seats of by administrators of the organisation that runs this server.";
    /// Not everybody may register here.
    RegistrationClosed: Forbidden, "registration closed", "This server does not take new accounts from everybody. Ask its administrator.";
    /// The account's e-mail address is not confirmed, and the settings want it to be.
    AddressUnconfirmed: Forbidden, "e-mail address not confirmed", "Confirm your e-mail address first, by the link that was mailed to you.";
    /// Somebody presented an invitation that was mailed to another address than theirs.
    InvitationForAnother: Forbidden, "invitation for another person", "This invitation was mailed to another address than yours. Sign in as the person it was mailed to.";
    /// Somebody would lock themselves out.
    OnOneself: Forbidden, "cannot act on yourself", "You would lock yourself out by this. Somebody else has to do it.";
    /// Somebody who is no super admin acts on one.
    SuperAdminsOnly: Forbidden, "only super admins act on super admins", "Only a super admin may do this to a super admin.";
    /// A whole account is to be suspended by somebody who manages only some of its organisations.
    BelongsElsewhere: Forbidden, "person belongs to other organizations too", "This person belongs to organisations too whose people you do not manage, so that their account is not yours to suspend or reactivate. You can remove them from yours.";
    /// Somebody whom the caller sees and does not manage is to be taken into an organisation.
    MustBeInvited: Forbidden, "person must be invited", "You see this person but do not manage them. Invite them instead.";
    /// A page of another origin tried to change something.
    ForeignOrigin: Forbidden, "cross-origin request refused", "This request came from another site and was refused.";
    /// No such thing, or not for the caller's eyes.
    NotFound: NotFound, "not found", "There is nothing here that you may see.";
    /// No such system, or not for the caller's eyes.
    SystemNotFound: NotFound, "system not found", "There is no such system that you may see.";
    /// No such person, or not for the caller's eyes.
    UserNotFound: NotFound, "user not found", "There is no such person that you may see.";
    /// No such session of the caller's own.
    SessionNotFound: NotFound, "session not found", "There is no such session of yours.";
    /// No such API key of the caller's own.
    ApiKeyNotFound: NotFound, "api key not found", "There is no such API key of yours.";
    /// The caller has not consented to anybody acting as them.
    ConsentNotFound: NotFound, "consent not found", "You have not consented to support acting as you, or do not any more.";
    /// Nobody acted as the caller in this session.
    ImpersonationNotFound: NotFound, "impersonation not found", "Support has not acted as you in any such session.";
    /// No such organisation, or not for the caller's eyes.
    OrganisationNotFound: NotFound, "organization not found", "There is no such organisation that you may see.";
    /// No such invitation, or not for the caller's eyes.
    InvitationNotFound: NotFound, "invitation not found", "There is no such invitation that you may see.";
    /// No such agreement, or not for the caller's eyes.
    AgreementNotFound: NotFound, "agreement not found", "There is no such agreement that you may see.";
    /// No such licence, or not for the caller's eyes.
    LicenceNotFound: NotFound, "license not found", "There is no such licence that you may see.";
    /// No such pool of seats, or not for the caller's eyes.
    PoolNotFound: NotFound, "pool not found", "There is no such pool of seats that you may see.";
    /// The licence is not for that system.
    DeviceNotBound: NotFound, "device does not have this license", "This system does not have this licence.";
    /// The person does not belong to the organisation.
    MembershipNotFound: NotFound, "membership not found", "This person does not belong to that organisation.";
    /// No such route.
    NoSuchRoute: NotFound, "api not found", "There is no such address here.";
    /// The route exists for other methods.
    MethodNotAllowed: MethodNotAllowed, "method not allowed", "This address does not answer to that method.";
    /// The same idempotency key is being worked on.
    IdempotencyRunning: Conflict, "a request with this idempotency key is still running", "The same request is still being worked on.";
    /// Somebody else set the server up already.
    AlreadySetUp: Conflict, "already set up", "This server is set up already. Sign in instead.";
    /// There is no owner organisation yet.
    NotSetUp: Conflict, "not set up", "This server is not set up yet. Its operator has to do that first.";
    /// The e-mail address belongs to a user already.
    EmailTaken: Conflict, "already exists", "That e-mail address is taken.";
    /// The account's e-mail address is confirmed already.
    AlreadyConfirmed: Conflict, "already confirmed", "Your e-mail address is confirmed already.";
    /// Whoever would join an organisation belongs to it already.
    AlreadyMember: Conflict, "already a member", "You belong to this organisation already.";
    /// Nobody would be left who may do everything.
    LastSuperAdmin: Conflict, "last super admin", "This is the last super admin who is not suspended. Without one nobody could administer this server.";
    /// Nobody would be left who administers an organisation.
    LastAdministrator: Conflict, "last administrator", "An organisation would be left without an administrator. Make somebody else one first, or suspend the organisation.";
    /// Somebody who cannot come in is to get a link for a new password, or to be acted as.
    UserSuspended: Conflict, "user is suspended", "This person is suspended, or everything that they belong to is, and cannot come in.";
    /// Whoever would stop acting as somebody else acts as themselves.
    NotImpersonating: Conflict, "not impersonating", "You act as yourself.";
    /// Somebody is to be suspended who is.
    UserAlreadySuspended: Conflict, "user is already suspended", "This person is suspended already.";
    /// The suspension of somebody is to end who is not suspended.
    UserNotSuspended: Conflict, "user is not suspended", "This person is not suspended. Where they cannot come in, everything that they belong to is.";
    /// Only what is open can be taken back.
    InvitationOver: Conflict, "invitation is not open", "This invitation was accepted, was taken back or has expired already.";
    /// What was accepted or taken back is not mailed again.
    InvitationSettled: Conflict, "invitation is settled", "This invitation was accepted or taken back already. Invite the person anew, where that is still wanted.";
    /// Nobody is let into an organisation that is suspended.
    InvitingSuspended: Conflict, "organization is suspended", "This organisation is suspended, and an invitation into it would open nothing. Reactivate it first.";
    /// The person has as many living API keys as one may have.
    TooManyApiKeys: Conflict, "too many api keys", "You have five API keys already, and nobody has more. Revoke one first.";
    /// The owner organisation is neither suspended, deleted nor moved.
    OwnerStays: Conflict, "owner organization", "The organisation that runs this server stays as it is, and where it is.";
    /// Whoever holds the right through an organisation alone would lock themselves out of it, or lead it away from
    /// those above.
    OwnOrganisation: Conflict, "own organization", "You may do this below your organisation, and not to itself. Somebody above it has to do that.";
    /// The organisation is suspended itself.
    OrganisationSuspended: Conflict, "organization is already suspended", "This organisation is suspended already.";
    /// The organisation is not suspended itself, though one above it may be.
    OrganisationNotSuspended: Conflict, "organization is not suspended", "This organisation is not suspended itself. Where it is out, it is by one above it.";
    /// Only what is deleted can be restored, or destroyed.
    OrganisationNotDeleted: Conflict, "organization is not deleted", "This organisation is not deleted itself, and only what is can be restored or destroyed.";
    /// What stands below something that is deleted is not restored by itself.
    ParentDeleted: Conflict, "organization above is deleted", "The organisation above it is deleted too. Restore that one first.";
    /// Another organisation there has the same VAT number.
    VatNumberTaken: Conflict, "vat number taken", "Another organisation there has the same VAT number. Change one of them first.";
    /// What is published is what people sign, and does not change.
    AgreementSettled: Conflict, "agreement is not a draft", "This agreement is published, or was, and stays as it is. Begin a new version of it instead.";
    /// Licences are issued under what is published alone.
    AgreementNotPublished: Conflict, "agreement is not published", "This agreement is not published, or not any more. Licences are issued, renewed and handed down under published agreements alone.";
    /// One draft of an agreement at a time.
    DraftExists: Conflict, "a draft exists already", "There is a draft of a new version of this agreement already. Change and publish that one, or delete it first.";
    /// More seats were asked for than are free.
    TooFewSeats: Conflict, "too few free seats", "There are fewer free seats than that.";
    /// The seats were for a time that has passed.
    SeatsExpired: Conflict, "seats have expired", "These seats were given until a day that has passed. Nothing is issued from them any more.";
    /// A tree of seats has as many as there can be.
    TooManySeats: Conflict, "too many seats", "There cannot be more seats than that.";
    /// What was revoked stays so.
    LicenceRevoked: Conflict, "license is revoked", "This licence was revoked, and stays so. Issue another one instead.";
    /// The licence is suspended.
    LicenceSuspended: Conflict, "license is suspended", "This licence is suspended. Reactivate it first.";
    /// The licence is not suspended.
    LicenceNotSuspended: Conflict, "license is not suspended", "This licence is not suspended.";
    /// A licence is signed once.
    LicenceSigned: Conflict, "license is signed already", "This licence is signed already.";
    /// What does not run out is not renewed.
    LicenceEndless: Conflict, "license does not run out", "This licence does not run out, so there is nothing to renew.";
    /// The licence is for that system already.
    DeviceBound: Conflict, "device has this license already", "This system has this licence already.";
    /// The licence is for as many systems as it may be.
    LicenceFull: Conflict, "license is for no more devices", "This licence is for no more systems. Release one of them first.";
    /// What a system has by its licences does not fit into one file.
    LicenceFileTooLong: Conflict, "license file too long", "This system has more licences than fit into one licence file. Release some of them.";
    /// Two members of the request contradict each other.
    Contradiction: Conflict, "conflicting members", "Two parts of the request contradict each other.";
    /// The body is over the limit.
    TooLarge: TooLarge, "request body too large", "That is more than this address takes.";
    /// The body's content type is not read here.
    UnsupportedMedia: UnsupportedMedia, "unsupported media type", "Send JSON, with the content type application/json.";
    /// The idempotency key belongs to another body.
    IdempotencyMismatch: Impossible, "idempotency key was used with another body", "That idempotency key belongs to another request.";
    /// Too many failures; wait.
    Throttled: TooMany, "too many attempts", "Too many attempts. Wait a moment and try again.";
    /// As many links as may be good at once were mailed.
    TooManyLinks: TooMany, "too many links", "Several links were mailed to you already. Look for them, also among unwanted mail, or wait.";
    /// As many invitations were sent in a day as an organisation may send, or as an address may get.
    TooManyInvitations: TooMany, "too many invitations", "Too many invitations were sent today, to this address or at all. Wait until tomorrow.";
    /// A fault of ours.
    Broken: Broken, "internal server error", "Something broke on our side. It was recorded.";
    /// The database is away, or the queue is full.
    Unavailable: Unavailable, "service unavailable", "The service is not available right now. Try again in a moment.";
    /// The operation's deadline passed.
    DeadlinePassed: Unavailable, "deadline exceeded", "That took too long and was given up. Nothing was changed.";
}

/// A refusal or a failure on its way to the client.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The row of the table.
    pub code: Code,
    /// More than the table says, for the client to read.
    pub detail: Option<Cow<'static, str>>,
    /// The fields that are wrong, where the request's fields are.
    pub fields: Vec<FieldFault>,
    /// How long the client should wait.
    pub retry_after: Option<Span>,
    /// What really happened, for the log alone.
    pub source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Fault {
    /// A fault with nothing but its row.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self { code, detail: None, fields: Vec::new(), retry_after: None, source: None }
    }

    /// A fault about one field.
    #[must_use]
    pub fn field(key: impl Into<Cow<'static, str>>, refusal: Refusal, value: Option<&str>) -> Self {
        let mut check = Check::new();
        check.refuse(key, refusal, value);
        check.fault().unwrap_or(Self::new(Code::ValidationFailed))
    }

    /// A fault of ours, with what really happened for the log.
    #[must_use]
    pub fn broken(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { source: Some(Arc::new(source)), ..Self::new(Code::Broken) }
    }

    /// Something that we depend on is away, with what really happened for the log.
    #[must_use]
    pub fn unavailable(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { source: Some(Arc::new(source)), ..Self::new(Code::Unavailable) }
    }

    /// The same fault with more detail for the client.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same fault with the fields that are wrong.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<FieldFault>) -> Self {
        self.fields = fields;
        self
    }

    /// The same fault with more fields that are wrong.
    #[must_use]
    pub fn and_fields(mut self, fields: Vec<FieldFault>) -> Self {
        self.fields.extend(fields);
        self
    }

    /// The same fault, saying how long to wait.
    #[must_use]
    pub const fn with_retry_after(mut self, wait: Span) -> Self {
        self.retry_after = Some(wait);
        self
    }
}

impl From<Code> for Fault {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.code.wire())?;
        if let Some(detail) = &self.detail {
            write!(formatter, ": {detail}")?;
        }
        for field in &self.fields {
            write!(formatter, "; {}", field.sentence())?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as &(dyn std::error::Error + 'static))
    }
}
