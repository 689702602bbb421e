//! From the registry to the routes that are served: the only place that makes routes.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::any;
use bailiwick_app::context::Context;
use bailiwick_domain::fault::Fault;
use bailiwick_domain::id::RequestId;
use http::header::HeaderValue;
use http::{HeaderMap, Method, StatusCode};

use crate::cookie::CookieNames;
use crate::dialect::{Dialect, SYSTEMS_ALIASES};
use crate::endpoint::{Endpoint, duration};
use crate::meter::Meter;
use crate::page::Page;
use crate::registry::Registry;
use crate::request_id::RequestIds;
use crate::security_headers::SecurityHeaders;
use crate::serve::{Look, Route, Service, Target, serve};

/// Renders a fault as a page; the status is set afterwards.
pub type PageFault = fn(&Fault, &PageFaultContext<'_>) -> Response;

/// What is known of a request whose page is a fault.
#[derive(Clone, Copy, Debug)]
pub struct PageFaultContext<'a> {
    /// What every use case works with.
    pub context: &'a Arc<Context>,
    /// The path that was asked for.
    pub path: &'a str,
    /// The headers of the request.
    pub headers: &'a HeaderMap,
    /// How the cookies of this server are called.
    pub cookies: CookieNames,
    /// The id that the log shows too.
    pub request_id: RequestId,
    /// The status of the answer.
    pub status: StatusCode,
}

/// Builds the routes of everything that the registry holds.
///
/// # Panics
///
/// When two paths of the registry overlap in a way that the router cannot tell apart.
pub fn router(registry: Arc<Registry>, context: Arc<Context>, page_fault: PageFault) -> Router {
    let targets = targets(&registry);
    let base_url = context.settings.base_url.url();
    let (cookies, security) = (CookieNames::of(base_url), SecurityHeaders::of(base_url));
    let service =
        Arc::new(Service { context, registry, page_fault, cookies, security, request_ids: RequestIds::new() });
    let nowhere = Arc::new(Target { look: None, routes: Vec::new(), allow: None, stray: Meter::stray() });
    let stray = {
        let service = Arc::clone(&service);
        move |request: Request| serve(Arc::clone(&service), Arc::clone(&nowhere), request)
    };
    let mut router = Router::new().fallback(stray);
    for (path, target) in targets {
        let target = Arc::new(target);
        if let Some(Look::Api(Dialect::Systems)) = target.look {
            for prefix in SYSTEMS_ALIASES {
                router = mount(router, &format!("{prefix}{path}"), &service, &target);
            }
        }
        router = mount(router, path, &service, &target);
    }
    router
}

fn mount(router: Router, path: &str, service: &Arc<Service>, target: &Arc<Target>) -> Router {
    let (service, target) = (Arc::clone(service), Arc::clone(target));
    router.route(path, any(move |request: Request| serve(Arc::clone(&service), Arc::clone(&target), request)))
}

/// One target for each path, with all methods that it answers to.
fn targets(registry: &Registry) -> BTreeMap<&'static str, Target> {
    let mut targets = BTreeMap::new();
    for Endpoint { info, work, .. } in &registry.endpoints {
        let route = Route {
            name: info.name,
            method: info.method.clone(),
            deadline: duration(info.deadline),
            declared: Some(info.faults.clone()),
            work: Arc::clone(work),
            meter: Meter::new(info.name, &info.method),
        };
        add(&mut targets, info.path, Look::Api(info.dialect), route);
    }
    for Page { info, work } in &registry.pages {
        let route = Route {
            name: info.name,
            method: info.method.clone(),
            deadline: duration(info.deadline),
            declared: None,
            work: Arc::clone(work),
            meter: Meter::new(info.name, &info.method),
        };
        add(&mut targets, info.path, Look::Page, route);
    }
    for target in targets.values_mut() {
        target.allow = allow(&target.routes);
    }
    targets
}

fn add(targets: &mut BTreeMap<&'static str, Target>, path: &'static str, look: Look, route: Route) {
    let target = targets.entry(path).or_insert_with(|| Target {
        look: Some(look),
        routes: Vec::new(),
        allow: None,
        stray: Meter::stray(),
    });
    target.routes.push(route);
}

/// The methods of a path, as the Allow header lists them.
fn allow(routes: &[Route]) -> Option<HeaderValue> {
    let mut names = Vec::new();
    for route in routes {
        names.push(route.method.as_str());
        if route.method == Method::GET {
            names.push("HEAD");
        }
    }
    HeaderValue::try_from(names.join(", ")).ok()
}
