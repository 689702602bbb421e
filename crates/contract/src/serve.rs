//! One request from its arrival to its answer.
//!
//! Everything that is the same for all endpoints and pages happens here and
//! nowhere else: the request's id, the deadline, panics, faults, headers, the
//! log and the counters.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use bailiwick_app::caller::Origin;
use bailiwick_app::context::Context;
use bailiwick_domain::device::BrowserMark;
use bailiwick_domain::fault::{Class, Code, Fault};
use bailiwick_domain::id::RequestId;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::header::{ALLOW, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Uri};
use tokio::time::Instant;

use crate::cookie::{CookieNames, cookie};
use crate::dialect::Dialect;
use crate::fault_answer;
use crate::forwarded::client_address;
use crate::meter::Meter;
use crate::registry::Registry;
use crate::request_id::RequestIds;
use crate::router::{PageFault, PageFaultContext};
use crate::security_headers::SecurityHeaders;

/// What all requests share.
pub struct Service {
    pub(crate) context: Arc<Context>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) page_fault: PageFault,
    pub(crate) cookies: CookieNames,
    pub(crate) security: SecurityHeaders,
    pub(crate) request_ids: RequestIds,
}

/// A request on its way to its handler.
pub(crate) struct Incoming {
    pub(crate) parts: Parts,
    pub(crate) body: Body,
    pub(crate) origin: Origin,
}

/// What an endpoint or a page does with a request, its types forgotten.
pub(crate) type Work =
    Arc<dyn Fn(Arc<Service>, Incoming) -> BoxFuture<'static, Result<Response<Body>, Fault>> + Send + Sync>;

/// How a path answers where no handler does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Look {
    Api(Dialect),
    Page,
}

impl Look {
    fn of_unknown(path: &str) -> Self {
        Dialect::of_unknown(path).map_or(Self::Page, Self::Api)
    }
}

/// What answers to one method of a path.
pub(crate) struct Route {
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    pub(crate) deadline: Duration,
    /// The faults that the handler may answer with; any for a page.
    pub(crate) declared: Option<Vec<Code>>,
    pub(crate) work: Work,
    pub(crate) meter: Meter,
}

/// What answers to a path; without routes it is every path that nobody declared.
pub(crate) struct Target {
    pub(crate) look: Option<Look>,
    pub(crate) routes: Vec<Route>,
    pub(crate) allow: Option<HeaderValue>,
    pub(crate) stray: Meter,
}

impl Target {
    fn route(&self, method: &Method) -> Option<&Route> {
        let wanted = if method == Method::HEAD { &Method::GET } else { method };
        self.routes.iter().find(|route| route.method == *wanted)
    }
}

/// What is remembered of a request while its handler has the rest.
struct Head {
    look: Look,
    method: Method,
    uri: Uri,
    /// For the page that a fault may become; empty at an API.
    headers: HeaderMap,
    request_id: RequestId,
    endpoint: &'static str,
}

impl Head {
    fn of(parts: &Parts, look: Look, request_id: RequestId, endpoint: &'static str) -> Self {
        let headers = if let Look::Page = look { parts.headers.clone() } else { HeaderMap::new() };
        let (method, uri) = (parts.method.clone(), parts.uri.clone());
        Self { look, method, uri, headers, request_id, endpoint }
    }
}

/// Answers one request.
pub(crate) async fn serve(service: Arc<Service>, target: Arc<Target>, request: Request<Body>) -> Response<Body> {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let origin = service.origin(&parts);
    let look = target.look.unwrap_or_else(|| Look::of_unknown(parts.uri.path()));
    let route = target.route(&parts.method);
    let head = Head::of(&parts, look, origin.request_id, route.map_or("none", |route| route.name));
    let outcome = match route {
        Some(route) => run(route, Arc::clone(&service), Incoming { parts, body, origin }).await,
        None if target.routes.is_empty() => Err(Code::NoSuchRoute.into()),
        None => Err(Code::MethodNotAllowed.into()),
    };
    let mut response = match outcome {
        Ok(response) => response,
        Err(fault) => answer_fault(&service, &target, route, &head, fault),
    };
    service.security.write(head.request_id, head.look, response.headers_mut());
    let meter = route.map_or(&target.stray, |route| &route.meter);
    let elapsed = started.elapsed();
    meter.record(response.status(), elapsed);
    log_answer(&head, response.status(), elapsed);
    response
}

/// Lets the handler work under its deadline; a panic becomes a fault.
async fn run(route: &Route, service: Arc<Service>, incoming: Incoming) -> Result<Response<Body>, Fault> {
    let context = Arc::clone(&service.context);
    let work = context.database.within(route.deadline, async { (route.work)(service, incoming).await });
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(given_up)) => Err(given_up.into()),
        Err(panic) => Err(Fault::broken(Panicked::from(panic))),
    }
}

fn answer_fault(
    service: &Arc<Service>,
    target: &Target,
    route: Option<&Route>,
    head: &Head,
    fault: Fault,
) -> Response<Body> {
    let fault = match route.and_then(|route| route.declared.as_ref()) {
        Some(declared) if !declared.contains(&fault.code) => undeclared(head, fault),
        _ => fault,
    };
    log_fault(head, &fault);
    let mut response = match head.look {
        Look::Api(dialect) => fault_answer::respond(&fault, dialect).map(Body::from),
        Look::Page => {
            let status = fault_answer::status(fault.code.class());
            let context = PageFaultContext {
                context: &service.context,
                path: head.uri.path(),
                headers: &head.headers,
                cookies: service.cookies,
                request_id: head.request_id,
                status,
            };
            let mut response = (service.page_fault)(&fault, &context);
            *response.status_mut() = status;
            fault_answer::write_headers(&fault, response.headers_mut());
            response
        }
    };
    if fault.code == Code::MethodNotAllowed
        && let Some(allow) = &target.allow
    {
        response.headers_mut().insert(ALLOW, allow.clone());
    }
    response
}

/// A fault that its endpoint does not declare makes the document a lie: tests must not miss it.
fn undeclared(head: &Head, fault: Fault) -> Fault {
    let (request, endpoint, fault_name) = (head.request_id, head.endpoint, fault.code.name());
    tracing::error!(%request, endpoint, fault = fault_name, "the endpoint answers with a fault that it does not declare");
    if cfg!(debug_assertions) { Fault::broken(Undeclared(fault.code)) } else { fault }
}

#[derive(Debug, thiserror::Error)]
#[error("the fault {} is not declared", .0.name())]
struct Undeclared(Code);

#[derive(Debug, thiserror::Error)]
#[error("the handler panicked: {0}")]
struct Panicked(String);

impl From<Box<dyn std::any::Any + Send>> for Panicked {
    fn from(panic: Box<dyn std::any::Any + Send>) -> Self {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        Self(text.unwrap_or_else(|| "without a message".to_owned()))
    }
}

/// Says once, and only in the log, what really happened.
fn log_fault(head: &Head, fault: &Fault) {
    let (request, endpoint) = (head.request_id, head.endpoint);
    if let Some(source) = &fault.source {
        let mut text = source.to_string();
        let mut cause = source.source();
        while let Some(next) = cause {
            text.push_str(": ");
            text.push_str(&next.to_string());
            cause = next.source();
        }
        tracing::error!(%request, endpoint, fault = fault.code.name(), error = text, "the request failed");
    } else if matches!(fault.code.class(), Class::Broken | Class::Unavailable) {
        tracing::warn!(%request, endpoint, fault = fault.code.name(), "the request failed");
    }
}

/// One line for each answer; those of successes are for whoever looks for something.
///
/// There is no span around the request: it would cost one read in twenty, and
/// what is worth a line inside a request names the request by itself.
fn log_answer(head: &Head, status: StatusCode, elapsed: Duration) {
    let (request, method, endpoint) = (head.request_id, head.method.as_str(), head.endpoint);
    let (status, milliseconds) = (status.as_u16(), elapsed.as_secs_f64() * 1000.0);
    if status < 400 {
        tracing::debug!(%request, method, endpoint, status, milliseconds, "answered");
    } else {
        tracing::info!(%request, method, endpoint, status, milliseconds, "answered");
    }
}

impl Service {
    fn origin(&self, parts: &Parts) -> Origin {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        Origin {
            address: client_address(peer, &parts.headers, &self.context.settings.trusted_proxies),
            request_id: self.request_ids.next(&self.context),
            browser: cookie(&parts.headers, self.cookies.device).map(BrowserMark::of_cookie),
        }
    }
}
