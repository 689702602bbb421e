//! The declaration of an endpoint.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_app::impersonation::Asked;
use bailiwick_domain::api_key::KeyAccess;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Span;
use http::Method;
use schemars::SchemaGenerator;

use crate::access::{Access, AccessKind, AnySession, OfAppliance, Open, RefreshToken, SignedIn, impersonation_faults};
use crate::agreement;
use crate::answer::{Answer, AnswerShape};
use crate::call::Call;
use crate::dialect::Dialect;
use crate::input::{
    BODY_LENGTH_MAX, BodyInput, BodyKind, HeadersInput, Media, MemberShape, PathInput, PathMembers, QueryInput,
    read_body,
};
use crate::serve::{Incoming, Service, Work};

/// The deadline of what declares none.
pub const DEADLINE_DEFAULT: Span = Span::seconds(5);

/// How often an endpoint may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateClass {
    /// As often as the server can answer.
    Ordinary,
    /// Failures of a password or a second factor are counted and slowed down (contract, section 2).
    Credential,
    /// Every attempt from one address is counted, and many are slowed down.
    Attempts,
}

/// What an endpoint declares, for tests and documents.
#[derive(Clone, Debug)]
pub struct EndpointInfo {
    /// Its method.
    pub method: Method,
    /// Its path, with parameters in braces.
    pub path: &'static str,
    /// Its name in documents, logs and metrics; no two endpoints share one.
    pub name: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What it does, at length.
    pub description: &'static str,
    /// The group that the documents show it in.
    pub tag: &'static str,
    /// Who may call it.
    pub access: AccessKind,
    /// What an API key has to be good for there; nothing where none is taken.
    pub key_access: Option<KeyAccess>,
    /// Whether somebody may call it who acts as another person.
    pub while_impersonating: bool,
    /// How long it may take before it is given up.
    pub deadline: Span,
    /// How often it may be called.
    pub rate: RateClass,
    /// How it wraps what it says.
    pub dialect: Dialect,
    /// Whether it reads a body.
    pub body: BodyKind,
    /// What the body is written in.
    pub media: Media,
    /// The largest body, in bytes.
    pub body_length_max: usize,
    /// Every fault that it can answer with, declared or implied, each once.
    pub faults: Vec<Code>,
}

/// What an endpoint's types say of themselves.
#[derive(Clone, Copy)]
pub(crate) struct Shapes {
    pub(crate) path: fn(&mut SchemaGenerator) -> Vec<MemberShape>,
    pub(crate) query: fn(&mut SchemaGenerator) -> Vec<MemberShape>,
    pub(crate) headers: fn(&mut SchemaGenerator) -> Vec<MemberShape>,
    pub(crate) body: fn(&mut SchemaGenerator) -> schemars::Schema,
    pub(crate) answers: fn(&mut SchemaGenerator) -> Vec<AnswerShape>,
}

/// A declared endpoint with its handler.
pub struct Endpoint {
    pub(crate) info: EndpointInfo,
    pub(crate) shapes: Shapes,
    pub(crate) work: Work,
}

/// An endpoint that does not say yet who may call it, so it cannot have a handler.
#[derive(Clone, Copy, Debug)]
pub struct Undecided;

/// An endpoint on its way to being declared.
#[must_use = "without a handler it is not an endpoint"]
pub struct Declaration<A> {
    access: A,
    method: Method,
    path: &'static str,
    name: &'static str,
    summary: &'static str,
    description: &'static str,
    tag: &'static str,
    deadline: Span,
    rate: RateClass,
    body_length_max: usize,
    faults: &'static [Code],
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident = $method:ident;)*) => {
        impl Endpoint { $(
            $(#[$doc])*
            pub const fn $name(path: &'static str, name: &'static str, summary: &'static str) -> Declaration<Undecided> {
                Declaration {
                    access: Undecided,
                    method: Method::$method,
                    path,
                    name,
                    summary,
                    description: "",
                    tag: "Service",
                    deadline: DEADLINE_DEFAULT,
                    rate: RateClass::Ordinary,
                    body_length_max: BODY_LENGTH_MAX,
                    faults: &[],
                }
            }
        )* }
    };
}

methods! {
    /// Begins the declaration of an endpoint for GET; it answers HEAD too.
    get = GET;
    /// Begins the declaration of an endpoint for POST.
    post = POST;
    /// Begins the declaration of an endpoint for PUT.
    put = PUT;
    /// Begins the declaration of an endpoint for PATCH.
    patch = PATCH;
    /// Begins the declaration of an endpoint for DELETE.
    delete = DELETE;
}

impl<A> Declaration<A> {
    /// The group that the documents show it in.
    pub const fn tag(mut self, tag: &'static str) -> Self {
        self.tag = tag;
        self
    }

    /// What it does, at length.
    pub const fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// How long it may take: past it the work is dropped and the answer is 503.
    pub const fn within(mut self, deadline: Span) -> Self {
        self.deadline = deadline;
        self
    }

    /// How often it may be called.
    pub const fn rate(mut self, rate: RateClass) -> Self {
        self.rate = rate;
        self
    }

    /// The largest body, in bytes.
    pub const fn body_limit(mut self, bytes: usize) -> Self {
        self.body_length_max = bytes;
        self
    }

    /// The faults that the handler can answer with, beyond those that access and inputs imply.
    pub const fn faults(mut self, faults: &'static [Code]) -> Self {
        self.faults = faults;
        self
    }

    fn access<B>(self, access: B) -> Declaration<B> {
        Declaration {
            access,
            method: self.method,
            path: self.path,
            name: self.name,
            summary: self.summary,
            description: self.description,
            tag: self.tag,
            deadline: self.deadline,
            rate: self.rate,
            body_length_max: self.body_length_max,
            faults: self.faults,
        }
    }
}

impl Declaration<Undecided> {
    /// Everybody may call it; the handler's caller is `()`.
    pub fn open(self) -> Declaration<Open> {
        self.access(Open)
    }

    /// Whoever presents a token may call it, and the handler decides whether it is a good refresh
    /// token; the handler's caller is a [`Bearer`](crate::authorization::Bearer).
    pub fn refresh_token(self) -> Declaration<RefreshToken> {
        self.access(RefreshToken)
    }

    /// A system may call it for itself; the handler's caller is an
    /// [`Appliance`](bailiwick_app::appliance::Appliance).
    pub fn appliance(self) -> Declaration<OfAppliance> {
        self.access(OfAppliance)
    }

    /// Whoever is signed in may call it; the handler's caller is a
    /// [`Caller`](bailiwick_app::caller::Caller).
    pub fn signed_in(self) -> Declaration<SignedIn> {
        self.access(SignedIn { right: None, takes_api_keys: false, while_impersonating: false })
    }

    /// Whoever is signed in may call it, even where their address has to be confirmed before anything else; the
    /// handler's caller is a [`Caller`](bailiwick_app::caller::Caller).
    pub fn any_session(self) -> Declaration<AnySession> {
        self.access(AnySession)
    }

    /// Whoever holds the right in at least one organisation may call it; the handler's caller is a
    /// [`Caller`](bailiwick_app::caller::Caller).
    pub fn needs(self, right: Right) -> Declaration<SignedIn> {
        self.access(SignedIn { right: Some(right), takes_api_keys: false, while_impersonating: false })
    }
}

impl Declaration<SignedIn> {
    /// An API key will do as well, where it is good for the right that is needed: for what programs do. Without this
    /// none is taken, as is right for whatever is about people, their accounts and who decides what.
    pub const fn takes_api_keys(mut self) -> Self {
        self.access.takes_api_keys = true;
        self
    }

    /// Whoever acts as another person may call it as well: for what support does in somebody's place. Without this
    /// nobody does, as is right for whatever is about secrets, factors, sessions, mail and who comes in.
    pub const fn while_impersonating(mut self) -> Self {
        self.access.while_impersonating = true;
        self
    }
}

impl<A: Access> Declaration<A> {
    /// Completes the declaration; the handler's types say what goes in and what comes out.
    pub fn handle<P, Q, B, H, S, F, R>(self, handler: F) -> Endpoint
    where
        P: PathInput,
        Q: QueryInput,
        B: BodyInput,
        H: HeadersInput,
        S: Answer,
        F: Fn(Call<A::Caller, P, Q, B, H>) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Result<S, Fault>> + Send + 'static,
    {
        let dialect = Dialect::of_endpoint(self.path);
        let (access, limit, operation) = (self.access, self.body_length_max, self.name);
        let info = self.info::<P, Q, B, H>(dialect);
        let work: Work = Arc::new(move |service, incoming| {
            let handler = handler.clone();
            Box::pin(async move {
                let Incoming { parts, origin, .. } = &incoming;
                let asked = Asked { operation, method: parts.method.as_str(), path: parts.uri.path() };
                let caller = access.admit(&service.context, &parts.headers, origin, &asked).await?;
                let answer = handler(read_call(service, incoming, caller, limit).await?).await?;
                answer.respond(dialect)
            })
        });
        let shapes = Shapes {
            path: P::describe,
            query: Q::describe,
            headers: H::describe,
            body: B::describe,
            answers: S::describe,
        };
        Endpoint { info, shapes, work }
    }

    fn info<P: PathInput, Q: QueryInput, B: BodyInput, H: HeadersInput>(self, dialect: Dialect) -> EndpointInfo {
        let access = self.access.kind();
        let mut faults = Vec::new();
        let implied: [&[Code]; 10] = [
            self.access.faults(),
            self.access.key_faults(),
            impersonation_faults(self.access.while_impersonating()),
            P::FAULT.as_slice(),
            // A parameter with a slash in it leads to a path that nobody declared.
            if P::FAULT.is_some() { &[Code::NoSuchRoute] } else { &[] },
            if Q::DECLARED || H::DECLARED || B::KIND != BodyKind::None || P::FAULT.is_some() {
                &[Code::ValidationFailed]
            } else {
                &[]
            },
            if B::KIND == BodyKind::None {
                &[]
            } else {
                &[Code::MalformedBody, Code::TooLarge, Code::UnsupportedMedia]
            },
            if self.rate == RateClass::Ordinary { &[] } else { &[Code::Throttled] },
            self.faults,
            &[Code::Broken, Code::Unavailable, Code::DeadlinePassed],
        ];
        for code in implied.into_iter().flatten() {
            if !faults.contains(code) {
                faults.push(*code);
            }
        }
        EndpointInfo {
            method: self.method,
            path: self.path,
            name: self.name,
            summary: self.summary,
            description: self.description,
            tag: self.tag,
            access,
            key_access: self.access.key_access(),
            while_impersonating: self.access.while_impersonating(),
            deadline: self.deadline,
            rate: self.rate,
            dialect,
            body: B::KIND,
            media: B::MEDIA,
            body_length_max: self.body_length_max,
            faults,
        }
    }
}

/// Reads the parts of a request in the order of the contract: path, query, headers, body.
async fn read_call<C, P: PathInput, Q: QueryInput, B: BodyInput, H: HeadersInput>(
    service: Arc<Service>,
    incoming: Incoming,
    caller: C,
    body_length_max: usize,
) -> Result<Call<C, P, Q, B, H>, Fault> {
    let Incoming { mut parts, body, origin } = incoming;
    let members = if P::FAULT.is_some() { PathMembers::of(&mut parts).await } else { PathMembers::default() };
    let path = P::read(&members)?;
    let query = Q::read(parts.uri.query().unwrap_or_default())?;
    let headers = H::read(&parts.headers)?;
    let body_bytes = read_body((B::KIND, B::MEDIA), &parts.headers, body, body_length_max).await?;
    agreement::check(&members, parts.uri.query().unwrap_or_default(), &body_bytes)?;
    let body = B::read(&body_bytes, &service.context)?;
    Ok(Call {
        context: Arc::clone(&service.context),
        registry: Arc::clone(&service.registry),
        caller,
        path,
        query,
        body,
        body_bytes,
        headers,
        origin,
        uri: parts.uri,
    })
}

/// The deadline as the timer takes it; a negative span is none at all.
pub(crate) fn duration(span: Span) -> Duration {
    Duration::from_micros(u64::try_from(span.as_microseconds()).unwrap_or_default())
}
