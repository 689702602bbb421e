//! The declaration of a page: HTML for people, and what pages need.

use std::sync::Arc;

use axum::body::Body;
use bailiwick_app::caller::{Caller, Origin};
use bailiwick_app::context::{Context, Identity};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Span;
use http::header::{HeaderValue, LOCATION, USER_AGENT};
use http::{HeaderMap, Method, Response, StatusCode, Uri};

use crate::access::{AccessKind, caller};
use crate::cookie::{CookieNames, cookie};
use crate::input::{PathMembers, read_bytes};
use crate::registry::Registry;
use crate::same_origin::{SameOrigin, same_origin};
use crate::serve::{Incoming, Service, Work};

/// The deadline of a page that declares none; a sign-in has to fit.
pub const PAGE_DEADLINE_DEFAULT: Span = Span::seconds(15);
/// The largest form, in bytes.
pub const FORM_LENGTH_MAX: usize = 64 * 1024;
/// The field in which a form carries the token that proves it ours.
pub const FORM_TOKEN_FIELD: &str = "form_token";

/// What a page declares, for tests.
#[derive(Clone, Debug)]
pub struct PageInfo {
    /// Its method.
    pub method: Method,
    /// Its path, with parameters in braces.
    pub path: &'static str,
    /// Its name in logs and metrics.
    pub name: &'static str,
    /// Who may see it.
    pub access: AccessKind,
    /// How long it may take before it is given up.
    pub deadline: Span,
}

/// A declared page with its handler.
pub struct Page {
    pub(crate) info: PageInfo,
    pub(crate) work: Work,
}

/// One visit of a page.
pub struct Visit<C> {
    /// What every use case works with.
    pub context: Arc<Context>,
    /// All endpoints and pages, for those that speak about the API itself.
    pub registry: Arc<Registry>,
    /// Who visits, as the page's access decides.
    pub caller: C,
    /// From where the visit came.
    pub origin: Origin,
    /// The whole address as the browser sent it.
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// How the cookies of this server are called.
    pub cookies: CookieNames,
    /// The query's members in their order.
    pub query: Vec<(String, String)>,
    /// The form's fields in their order; empty unless something was posted.
    pub form: Vec<(String, String)>,
    path: PathMembers,
}

impl<C> Visit<C> {
    /// The parameter of the path.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.path.get(name)
    }

    /// The first query member of this name.
    #[must_use]
    pub fn query_member(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// The first form field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        first(&self.form, name)
    }

    /// The cookie of this name.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        cookie(&self.headers, name)
    }

    /// With what somebody visits, as it says of itself.
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.headers.get(USER_AGENT)?.to_str().ok()
    }
}

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

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Who may see a page, as a type: it decides what the handler gets to know of who visits.
pub trait Audience: Copy + Send + Sync + 'static {
    /// What the handler gets to know.
    type Caller: Send + 'static;

    /// The same as data.
    fn kind(self) -> AccessKind;

    /// Who visits; [`Code::InvalidToken`] for nobody, where it takes somebody.
    fn admit(
        self,
        service: &Service,
        headers: &HeaderMap,
        origin: &Origin,
    ) -> impl Future<Output = Result<Self::Caller, Fault>> + Send;
}

/// Everybody, and nobody looks who it is: assets.
#[derive(Clone, Copy, Debug)]
pub struct Anybody;

/// Everybody, signed in or not.
#[derive(Clone, Copy, Debug)]
pub struct Visitor;

/// Somebody signed in, with the right where one is named; others are sent to sign in.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    right: Option<Right>,
}

impl Audience for Anybody {
    type Caller = ();

    fn kind(self) -> AccessKind {
        AccessKind::Open
    }

    async fn admit(self, _: &Service, _: &HeaderMap, _: &Origin) -> Result<(), Fault> {
        Ok(())
    }
}

impl Audience for Visitor {
    type Caller = Guest;

    fn kind(self) -> AccessKind {
        AccessKind::Open
    }

    async fn admit(self, service: &Service, headers: &HeaderMap, origin: &Origin) -> Result<Guest, Fault> {
        let identity = match identify(service, headers).await {
            Ok(identity) => identity,
            Err(fault) if fault.code == Code::InvalidToken => return Ok(Guest::Stranger),
            Err(fault) => return Err(fault),
        };
        if service.context.admit(&identity.principal, None).is_err() {
            return caller(identity, origin, None).map(Guest::Waiting);
        }
        service.context.note_use(&identity, origin.address);
        caller(identity, origin, None).map(Guest::SignedIn)
    }
}

impl Audience for Member {
    type Caller = Caller;

    fn kind(self) -> AccessKind {
        self.right.map_or(AccessKind::SignedIn, AccessKind::Needs)
    }

    async fn admit(self, service: &Service, headers: &HeaderMap, origin: &Origin) -> Result<Caller, Fault> {
        let identity = identify(service, headers).await?;
        // Whoever may not even be signed in before they confirm their address visits as a stranger.
        service.context.admit(&identity.principal, None).map_err(|_| Code::InvalidToken)?;
        service.context.admit(&identity.principal, self.right)?;
        service.context.note_use(&identity, origin.address);
        caller(identity, origin, self.right)
    }
}

/// Whose session the browser brings along; [`Code::InvalidToken`] for nobody's.
async fn identify(service: &Service, headers: &HeaderMap) -> Result<Identity, Fault> {
    let value = cookie(headers, service.cookies.session).ok_or(Code::InvalidToken)?;
    service.context.identify_cookie(value).await
}

/// A page that does not say yet who may see it.
#[derive(Clone, Copy, Debug)]
pub struct UndecidedAudience;

/// A page on its way to being declared.
#[must_use = "without a handler it is not a page"]
pub struct PageDeclaration<A> {
    audience: A,
    method: Method,
    path: &'static str,
    name: &'static str,
    deadline: Span,
    resumed_with: &'static [&'static str],
}

impl Page {
    /// Begins the declaration of a page for GET; it answers HEAD too.
    pub const fn get(path: &'static str, name: &'static str) -> PageDeclaration<UndecidedAudience> {
        Self::declare(Method::GET, path, name)
    }

    /// Begins the declaration of what a form posts to.
    pub const fn post(path: &'static str, name: &'static str) -> PageDeclaration<UndecidedAudience> {
        Self::declare(Method::POST, path, name)
    }

    const fn declare(method: Method, path: &'static str, name: &'static str) -> PageDeclaration<UndecidedAudience> {
        let deadline = PAGE_DEADLINE_DEFAULT;
        PageDeclaration { audience: UndecidedAudience, method, path, name, deadline, resumed_with: &[] }
    }
}

impl<A> PageDeclaration<A> {
    /// How long it may take: past it the work is dropped and the answer is 503.
    pub const fn within(mut self, deadline: Span) -> Self {
        self.deadline = deadline;
        self
    }

    /// Which fields of the form come back as a query, where whoever sent it has to sign in first.
    pub const fn resuming(mut self, fields: &'static [&'static str]) -> Self {
        self.resumed_with = fields;
        self
    }

    fn audience<B>(self, audience: B) -> PageDeclaration<B> {
        let Self { method, path, name, deadline, resumed_with, .. } = self;
        PageDeclaration { audience, method, path, name, deadline, resumed_with }
    }
}

impl PageDeclaration<UndecidedAudience> {
    /// Everybody, and nobody looks who it is: assets. The handler's caller is `()`.
    pub fn open(self) -> PageDeclaration<Anybody> {
        self.audience(Anybody)
    }

    /// Everybody, signed in or not. The handler's caller is a [`Guest`].
    pub fn visitor(self) -> PageDeclaration<Visitor> {
        self.audience(Visitor)
    }

    /// Somebody signed in; others are sent to sign in and come back. The handler's caller is a `Caller`.
    pub fn member(self) -> PageDeclaration<Member> {
        self.audience(Member { right: None })
    }

    /// Somebody who holds the right. The handler's caller is a `Caller`.
    pub fn needs(self, right: Right) -> PageDeclaration<Member> {
        self.audience(Member { right: Some(right) })
    }
}

impl<A: Audience> PageDeclaration<A> {
    /// Completes the declaration.
    pub fn handle<F, R>(self, handler: F) -> Page
    where
        F: Fn(Visit<A::Caller>) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Result<axum::response::Response, Fault>> + Send + 'static,
    {
        let (audience, resumed_with) = (self.audience, self.resumed_with);
        let work: Work = Arc::new(move |service, incoming| {
            let handler = handler.clone();
            Box::pin(async move {
                let mut incoming = incoming;
                let form = read_form(&service, &mut incoming).await?;
                match audience.admit(&service, &incoming.parts.headers, &incoming.origin).await {
                    Ok(caller) => handler(visit(service, incoming, form, caller).await).await,
                    Err(fault) if fault.code == Code::InvalidToken => {
                        Ok(to_login(&incoming, form.iter().filter(|(name, _)| resumed_with.contains(&name.as_str()))))
                    }
                    Err(fault) => Err(fault),
                }
            })
        });
        let info = PageInfo {
            method: self.method,
            path: self.path,
            name: self.name,
            access: audience.kind(),
            deadline: self.deadline,
        };
        Page { info, work }
    }
}

async fn visit<C>(service: Arc<Service>, incoming: Incoming, form: Vec<(String, String)>, caller: C) -> Visit<C> {
    let Incoming { mut parts, origin, .. } = incoming;
    let path = PathMembers::of(&mut parts).await;
    Visit {
        context: Arc::clone(&service.context),
        registry: Arc::clone(&service.registry),
        caller,
        origin,
        cookies: service.cookies,
        query: pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        uri: parts.uri,
        headers: parts.headers,
        form,
        path,
    }
}

fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(bytes).into_owned().collect()
}

/// Reads the form of a request that changes something, once it has proved that it comes from our pages.
async fn read_form(service: &Service, incoming: &mut Incoming) -> Result<Vec<(String, String)>, Fault> {
    if matches!(incoming.parts.method, Method::GET | Method::HEAD) {
        return Ok(Vec::new());
    }
    let headers = &incoming.parts.headers;
    let verdict = same_origin(headers, service.context.settings.base_url.url());
    if verdict == SameOrigin::No {
        return Err(Code::ForeignOrigin.into());
    }
    let bytes = read_bytes(headers, std::mem::take(&mut incoming.body), FORM_LENGTH_MAX).await?;
    let form = pairs(&bytes);
    let bound_to = cookie(&incoming.parts.headers, service.cookies.form);
    let proves = |token| service.context.verify_form_token(bound_to, token);
    if verdict == SameOrigin::Unsaid && !first(&form, FORM_TOKEN_FIELD).is_some_and(proves) {
        return Err(Code::ForeignOrigin.into());
    }
    Ok(form)
}

/// Leads to the sign-in, and from there back to where the visitor wanted to go; what they sent is lost but for what the
/// page `resumes` with.
fn to_login<'a>(incoming: &Incoming, resumes: impl Iterator<Item = &'a (String, String)>) -> Response<Body> {
    let uri = &incoming.parts.uri;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(resumes.map(|(name, value)| (name, value)));
    let query = query.finish();
    let wanted = match uri.path_and_query() {
        Some(wanted) if incoming.parts.method == Method::GET => wanted.to_string(),
        _ if query.is_empty() => uri.path().to_owned(),
        _ => format!("{}?{query}", uri.path()),
    };
    let query: String = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::try_from(format!("/login?next={query}"));
    response.headers_mut().insert(LOCATION, location.unwrap_or(HeaderValue::from_static("/login")));
    response
}
