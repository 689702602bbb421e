//! Faults as pages.

use axum::body::Body;
use axum::response::Response;
use bailiwick_app::caller::Origin;
use bailiwick_contract::router::PageFaultContext;
use bailiwick_domain::fault::{Class, Code, Fault};
use bailiwick_domain::time::Span;
use http::StatusCode;
use http::header::RETRY_AFTER;

use super::frame::{Frame, sentence};
use super::view::error::{ErrorKind, ErrorPage};
use super::view::login::wait;

/// Logs what really happened where a form answers a fault by itself; every other fault the router logs.
pub(super) fn log_answered_by_form(fault: &Fault, origin: &Origin) {
    if let Some(source) = &fault.source {
        let (request, fault) = (origin.request_id, fault.code.name());
        tracing::error!(%request, fault, error = %source, "the form could not be carried out");
    }
}

/// What a form says to a fault that is not about one of its fields.
#[derive(Clone, Debug)]
pub(super) struct FormFault {
    /// The status of the answer.
    pub(super) status: StatusCode,
    /// What happened and what to do, above the form.
    pub(super) alert: String,
    /// For programs: the seconds after which another attempt counts.
    pub(super) retry_after: Option<i64>,
}

impl FormFault {
    /// Says what went wrong with a form; faults that have nothing to do with it go on.
    pub(super) fn of(fault: Fault, origin: &Origin) -> Result<Self, Fault> {
        let class = fault.code.class();
        let seconds = fault.retry_after.map(Span::as_seconds_rounded_up);
        let alert = match (class, seconds) {
            (Class::TooMany, Some(seconds)) if fault.code == Code::Throttled => {
                format!("Too many attempts. Wait {}, then try again.", wait(seconds))
            }
            (Class::TooMany, Some(seconds)) => {
                format!("{} Another is possible in {}.", fault.code.sentence(), wait(seconds))
            }
            (Class::TooMany | Class::Conflict | Class::Impossible | Class::Unavailable, _) => {
                fault.code.sentence().to_owned()
            }
            _ => return Err(fault),
        };
        log_answered_by_form(&fault, origin);
        let retry_after = seconds.filter(|_| class == Class::TooMany);
        Ok(Self { status: bailiwick_contract::fault_answer::status(class), alert, retry_after })
    }

    /// Says which rule refused an act on something that one sees; what does not say more than that something is not
    /// there, or not for one's eyes, goes on.
    pub(super) fn of_act(fault: Fault, origin: &Origin) -> Result<Self, Fault> {
        let status = bailiwick_contract::fault_answer::status(fault.code.class());
        let alert = match fault.code {
            Code::OnOneself | Code::SuperAdminsOnly | Code::BelongsElsewhere | Code::MustBeInvited => {
                fault.code.sentence().to_owned()
            }
            Code::LastAdministrator | Code::VatNumberTaken | Code::TooFewSeats => {
                let detail = fault.detail.as_deref().map(|detail| detail.trim_end_matches('.'));
                let detail = detail.map(|detail| format!(" {}.", capitalised(detail)));
                format!("{}{}", fault.code.sentence(), detail.unwrap_or_default())
            }
            Code::ValidationFailed if !fault.fields.is_empty() => {
                let wrong = fault.fields.iter().map(|field| sentence(&field.refusal));
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return Ok(Self { status, alert: wrong.collect::<Vec<_>>().join(" "), retry_after: None });
            }
            _ => return Self::of(fault, origin),
        };
        Ok(Self { status, alert, retry_after: None })
    }

    /// Writes the wait into the answer.
    pub(super) fn mark(&self, mut response: Response) -> Response {
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// The text with its first letter as a capital.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Renders a fault as a page.
#[must_use]
pub fn render(fault: &Fault, at: &PageFaultContext<'_>) -> Response {
    let seconds = fault.retry_after.map_or(1, Span::as_seconds_rounded_up);
    let kind = match (fault.code, fault.code.class()) {
        (Code::ForeignOrigin, _) => ErrorKind::ForeignOrigin,
        (Code::AddressUnconfirmed, _) => ErrorKind::Unconfirmed,
        (Code::Impersonating, _) => ErrorKind::Impersonating,
        (Code::NoConsent, _) => ErrorKind::NoConsent,
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use std::net::{IpAddr, Ipv4Addr};

    use bailiwick_domain::id::RequestId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_form_says_how_long_to_wait_whatever_there_was_too_much_of() {
        let origin = Origin {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            request_id: RequestId::from_uuid(Uuid::nil()),
            browser: None,
        };
        for (code, wait, words) in [
            (Code::Throttled, Span::seconds(2), "Wait 2 seconds"),
            (Code::TooManyLinks, Span::hours(24), "in 24 hours."),
            (Code::TooManyLinks, Span::minutes(20), "in 20 minutes."),
            (Code::TooManyInvitations, Span::hours(23), "in 23 hours."),
        ] {
            let said = FormFault::of(Fault::new(code).with_retry_after(wait), &origin).unwrap();
            assert!(said.alert.contains(words), "{}", said.alert);
            assert_eq!((said.status, said.retry_after), (StatusCode::TOO_MANY_REQUESTS, Some(wait.as_seconds())));
        }
    }
}
