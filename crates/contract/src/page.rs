//! The declaration of a page: HTML for people, and what pages need.

use std::sync::Arc;

use axum::body::Body;
use bailiwick_app::caller::Origin;
use bailiwick_app::context::Context;
use bailiwick_app::impersonation::Asked;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Span;
use http::header::{HeaderValue, LOCATION, USER_AGENT};
use http::{HeaderMap, Method, Response, StatusCode, Uri};

use crate::access::AccessKind;
use crate::cookie::{CookieNames, cookie};
use crate::form::{Form, FormLimits, pairs};
use crate::input::{PathMembers, read_bytes};
use crate::registry::Registry;
use crate::same_origin::{SameOrigin, same_origin};
use crate::serve::{Incoming, Service, Work};

pub use crate::audience::{Anybody, Audience, Guest, Member, Visitor};

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
    /// Whether somebody may who acts as another person.
    pub while_impersonating: bool,
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
    /// The form; empty unless something was posted.
    pub form: Form,
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
        first(&self.form.fields, name)
    }

    /// The first file of this name, where one was chosen.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        let (_, file) = self.form.files.iter().find(|(key, file)| key == name && !file.is_empty())?;
        Some(file)
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

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
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
    limits: FormLimits,
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
        let limits = FormLimits { length_max: FORM_LENGTH_MAX, takes_files: false };
        PageDeclaration { audience: UndecidedAudience, method, path, name, deadline, resumed_with: &[], limits }
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

    /// That the form may carry files, and how many bytes all of it may have.
    pub const fn taking_files(mut self, length_max: usize) -> Self {
        self.limits = FormLimits { length_max, takes_files: true };
        self
    }

    fn audience<B>(self, audience: B) -> PageDeclaration<B> {
        let Self { method, path, name, deadline, resumed_with, limits, .. } = self;
        PageDeclaration { audience, method, path, name, deadline, resumed_with, limits }
    }
}

impl PageDeclaration<UndecidedAudience> {
    /// Everybody, and nobody looks who it is: assets. The handler's caller is `()`.
    pub fn open(self) -> PageDeclaration<Anybody> {
        self.audience(Anybody)
    }

    /// Everybody, signed in or not. The handler's caller is a [`Guest`].
    pub fn visitor(self) -> PageDeclaration<Visitor> {
        self.audience(Visitor { while_impersonating: false })
    }

    /// Somebody signed in; others are sent to sign in and come back. The handler's caller is a `Caller`.
    pub fn member(self) -> PageDeclaration<Member> {
        self.audience(Member { right: None, while_impersonating: false })
    }

    /// Somebody who holds the right. The handler's caller is a `Caller`.
    pub fn needs(self, right: Right) -> PageDeclaration<Member> {
        self.audience(Member { right: Some(right), while_impersonating: false })
    }
}

impl PageDeclaration<Visitor> {
    /// Whoever acts as another person may see it as well; without this nobody does.
    pub const fn while_impersonating(mut self) -> Self {
        self.audience.while_impersonating = true;
        self
    }
}

impl PageDeclaration<Member> {
    /// Whoever acts as another person may see it as well: what support does in somebody's place. Without this nobody
    /// does, as is right for whatever is about secrets, factors, sessions, mail and who comes in.
    pub const fn while_impersonating(mut self) -> Self {
        self.audience.while_impersonating = true;
        self
    }
}

impl<A: Audience> PageDeclaration<A> {
    /// Completes the declaration.
    pub fn handle<F, R>(self, handler: F) -> Page
    where
        F: Fn(Visit<A::Caller>) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Result<axum::response::Response, Fault>> + Send + 'static,
    {
        let (audience, resumed_with, operation, limits) = (self.audience, self.resumed_with, self.name, self.limits);
        let work: Work = Arc::new(move |service, incoming| {
            let handler = handler.clone();
            Box::pin(async move {
                let mut incoming = incoming;
                let form = read_form(&service, &mut incoming, limits).await?;
                let Incoming { parts, origin, .. } = &incoming;
                let asked = Asked { operation, method: parts.method.as_str(), path: parts.uri.path() };
                match audience.admit(&service, &parts.headers, origin, &asked).await {
                    Ok(caller) => handler(visit(service, incoming, form, caller).await).await,
                    Err(fault) if fault.code == Code::InvalidToken => Ok(to_login(
                        &incoming,
                        form.fields.iter().filter(|(name, _)| resumed_with.contains(&name.as_str())),
                    )),
                    Err(fault) => Err(fault),
                }
            })
        });
        let info = PageInfo {
            method: self.method,
            path: self.path,
            name: self.name,
            access: audience.kind(),
            while_impersonating: audience.while_impersonating(),
            deadline: self.deadline,
        };
        Page { info, work }
    }
}

async fn visit<C>(service: Arc<Service>, incoming: Incoming, form: Form, caller: C) -> Visit<C> {
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

/// Reads the form of a request that changes something, once it has proved that it comes from our pages.
async fn read_form(service: &Service, incoming: &mut Incoming, limits: FormLimits) -> Result<Form, Fault> {
    if matches!(incoming.parts.method, Method::GET | Method::HEAD) {
        return Ok(Form::default());
    }
    let headers = &incoming.parts.headers;
    let verdict = same_origin(headers, service.context.settings.base_url.url());
    if verdict == SameOrigin::No {
        return Err(Code::ForeignOrigin.into());
    }
    let bytes = read_bytes(headers, std::mem::take(&mut incoming.body), limits.length_max).await?;
    let form = Form::read(&incoming.parts.headers, bytes, limits).await?;
    let bound_to = cookie(&incoming.parts.headers, service.cookies.form);
    let proves = |token| service.context.verify_form_token(bound_to, token);
    if verdict == SameOrigin::Unsaid && !first(&form.fields, FORM_TOKEN_FIELD).is_some_and(proves) {
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
