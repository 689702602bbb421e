//! Faults as pages.

use axum::body::Body;
use axum::response::Response;
use bailiwick_app::caller::Origin;
use bailiwick_contract::router::PageFaultContext;
use bailiwick_domain::fault::{Class, Code, Fault};
use bailiwick_domain::time::Span;

use super::frame::Frame;
use super::view::error::{ErrorKind, ErrorPage};

/// Logs what really happened where a form answers a fault by itself; every other fault the router logs.
pub(super) fn log_answered_by_form(fault: &Fault, origin: &Origin) {
    if let Some(source) = &fault.source {
        let (request, fault) = (origin.request_id, fault.code.name());
        tracing::error!(%request, fault, error = %source, "the form could not be carried out");
    }
}

/// Renders a fault as a page.
#[must_use]
pub fn render(fault: &Fault, at: &PageFaultContext<'_>) -> Response {
    let seconds = fault.retry_after.map_or(1, Span::as_seconds_rounded_up);
    let kind = match (fault.code, fault.code.class()) {
        (Code::ForeignOrigin, _) => ErrorKind::ForeignOrigin,
        (_, Class::Forbidden | Class::Unauthenticated) => ErrorKind::Forbidden,
        (_, Class::NotFound) => ErrorKind::NotFound,
        (_, Class::MethodNotAllowed) => ErrorKind::MethodNotAllowed,
        (_, Class::TooLarge) => ErrorKind::TooLarge,
        (_, Class::TooMany) => ErrorKind::TooMany { seconds },
        (_, Class::Broken) => ErrorKind::Broken,
        (_, Class::Unavailable) => ErrorKind::Unavailable,
        (_, Class::Invalid | Class::Conflict | Class::UnsupportedMedia | Class::Impossible) => ErrorKind::BadRequest,
    };
    let (layout, cookies) = Frame::for_request(at.context, at.headers, at.cookies, String::new(), None).take();
    let page = ErrorPage { layout, kind, status: at.status.as_u16(), request_id: Some(at.request_id.to_string()) };
    // A template of ours that does not render is a bug; the sentence alone still helps.
    cookies.page(at.status, &page).unwrap_or_else(|_| Response::new(Body::from(fault.code.sentence())))
}
