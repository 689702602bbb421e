//! Counts requests, without looking a counter up for each.

use std::sync::OnceLock;
use std::time::Duration;

use http::{Method, StatusCode};
use metrics::{Counter, Histogram, counter, histogram};

/// Every status that we answer with by ourselves.
const STATUSES: [StatusCode; 19] = [
    StatusCode::OK,
    StatusCode::CREATED,
    StatusCode::ACCEPTED,
    StatusCode::NO_CONTENT,
    StatusCode::FOUND,
    StatusCode::SEE_OTHER,
    StatusCode::NOT_MODIFIED,
    StatusCode::BAD_REQUEST,
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_FOUND,
    StatusCode::METHOD_NOT_ALLOWED,
    StatusCode::CONFLICT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::SERVICE_UNAVAILABLE,
];

/// The counters of one endpoint or page, made at their first use.
///
/// The recorder has to be installed before the first request.
pub(crate) struct Meter {
    endpoint: &'static str,
    method: String,
    requests: [OnceLock<Counter>; STATUSES.len()],
    duration: OnceLock<Histogram>,
}

impl Meter {
    pub(crate) fn new(endpoint: &'static str, method: &Method) -> Self {
        Self::labelled(endpoint, method.to_string())
    }

    /// The counters of requests that no endpoint answers; their methods are not ours to list.
    pub(crate) fn stray() -> Self {
        Self::labelled("none", "any".to_owned())
    }

    fn labelled(endpoint: &'static str, method: String) -> Self {
        let requests = [const { OnceLock::new() }; STATUSES.len()];
        Self { endpoint, method, requests, duration: OnceLock::new() }
    }

    pub(crate) fn record(&self, status: StatusCode, elapsed: Duration) {
        let known = STATUSES.iter().position(|known| *known == status).and_then(|index| self.requests.get(index));
        match known {
            Some(slot) => slot.get_or_init(|| self.counter(status)).increment(1),
            None => self.counter(status).increment(1),
        }
        let duration =
            self.duration.get_or_init(|| histogram!("http_request_duration_seconds", "endpoint" => self.endpoint));
        duration.record(elapsed);
    }

    fn counter(&self, status: StatusCode) -> Counter {
        counter!(
            "http_requests_total",
            "endpoint" => self.endpoint,
            "method" => self.method.clone(),
            "status" => status.as_u16().to_string(),
        )
    }
}
