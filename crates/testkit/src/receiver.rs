//! The outside application: a small HTTP server that gets the callbacks,
//! answers as a test tells it to, and serves the pages that start the flow.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

mod signature;

pub use signature::verify_signature;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// `GET` for every callback.
    pub method: String,
    /// Path and query, byte for byte as sent.
    pub target: String,
    /// The headers; names in lower case, as HTTP libraries give them.
    pub headers: HeaderMap,
}

impl Received {
    /// A header's text, where it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(&self.target, |(path, _)| path)
    }

    /// The query as sent, without the question mark; empty where there is none.
    #[must_use]
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// The decoded members of the query, in the order sent.
    #[must_use]
    pub fn members(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.query().as_bytes()).into_owned().collect()
    }

    /// The first member of that name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<String> {
        self.members().into_iter().find_map(|(key, value)| (key == name).then_some(value))
    }
}

/// How the application answers a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// With this status and no body.
    Status(u16),
    /// With this status, asking to come again after so many seconds.
    RetryAfter(u16, u64),
    /// With 302 to this address.
    Redirect(String),
    /// With 200 and a body of so many bytes.
    Large(usize),
    /// With 200, after this time.
    Late(Duration),
    /// Never.
    Hang,
}

#[derive(Debug, Default)]
struct Shared {
    received: Vec<Received>,
    answers: VecDeque<Answer>,
    answers_at: HashMap<String, Answer>,
    pages: HashMap<String, String>,
}

/// The running application. It stops with this value.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    inner: Arc<Inner>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Inner {
    shared: Mutex<Shared>,
    arrived: Notify,
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Receiver {
    /// Starts it on a free port of 127.0.0.1.
    pub async fn start() -> Result<Self> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts it at an address, such as that of one that has stopped before.
    pub async fn start_at(address: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        let address = listener.local_addr()?;
        let inner = Arc::new(Inner::default());
        let service = Router::new().fallback(serve).with_state(Arc::clone(&inner));
        let task = tokio::spawn(async move {
            // Ends only with the task: accepting goes on after every failed connection.
            let _ = axum::serve(listener, service).await;
        });
        Ok(Self { address, inner, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `127.0.0.1:<port>`, as `BAILIWICK_OUTBOUND_ALLOW` wants it.
    #[must_use]
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Its origin, `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address of one of its paths.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// Answers the next requests that are no page views so, one each, in this order; after them, and
    /// before, it answers 204.
    pub fn answer_next(&self, answers: impl IntoIterator<Item = Answer>) {
        self.inner.lock().answers.extend(answers);
    }

    /// Answers everything that comes to `path` and is no page view so, until it is told otherwise.
    pub fn answer_at(&self, path: &str, answer: Answer) {
        self.inner.lock().answers_at.insert(path.to_owned(), answer);
    }

    /// Shows a page at `path`, to whoever does not come with a `webhook-id`.
    pub fn show_page(&self, path: &str, html: impl Into<String>) {
        self.inner.lock().pages.insert(path.to_owned(), html.into());
    }

    /// Everything that arrived so far, in order: callbacks, page views and the rest.
    #[must_use]
    pub fn requests(&self) -> Vec<Received> {
        self.inner.lock().received.clone()
    }

    /// The callbacks so far, in order: what came with a `webhook-id`.
    #[must_use]
    pub fn callbacks(&self) -> Vec<Received> {
        self.inner.lock().received.iter().filter(|request| is_callback(&request.headers)).cloned().collect()
    }

    /// Waits until so many callbacks have arrived and gives them all.
    pub async fn wait_for_callbacks(&self, count: usize, limit: Duration) -> Result<Vec<Received>> {
        let enough = |callbacks: &[Received]| callbacks.len() >= count;
        match self.wait_until(enough, limit).await {
            Some(callbacks) => Ok(callbacks),
            None => bail!("{} of {count} callbacks arrived within {limit:?}", self.callbacks().len()),
        }
    }

    /// Waits until a callback has arrived at `path`.
    pub async fn wait_for_callback_at(&self, path: &str, limit: Duration) -> Result<()> {
        let arrived = |callbacks: &[Received]| callbacks.iter().any(|callback| callback.path() == path);
        match self.wait_until(arrived, limit).await {
            Some(_) => Ok(()),
            None => bail!("no callback arrived at {path} within {limit:?}"),
        }
    }

    /// The callbacks, once they are as wanted; nothing where they are not in time.
    async fn wait_until(&self, is_wanted: impl Fn(&[Received]) -> bool, limit: Duration) -> Option<Vec<Received>> {
        let waiting = async {
            loop {
                // Asked for before looking, so that an arrival in between wakes us.
                let arrived = self.inner.arrived.notified();
                let callbacks = self.callbacks();
                if is_wanted(&callbacks) {
                    return callbacks;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(limit, waiting).await.ok()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn is_callback(headers: &HeaderMap) -> bool {
    headers.contains_key("webhook-id")
}

async fn serve(State(inner): State<Arc<Inner>>, request: Request) -> Response<Body> {
    let received = Received {
        method: request.method().to_string(),
        target: request.uri().to_string(),
        headers: request.headers().clone(),
    };
    let (page, answer) = {
        let mut shared = inner.lock();
        let page = shared.pages.get(received.path()).filter(|_| !is_callback(&received.headers)).cloned();
        let at = shared.answers_at.get(received.path()).cloned();
        shared.received.push(received);
        let answer = if page.is_some() { None } else { at.or_else(|| shared.answers.pop_front()) };
        (page, answer)
    };
    inner.arrived.notify_waiters();
    match page {
        Some(html) => {
            let mut response = Response::new(Body::from(html));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            response
        }
        None => respond(answer.unwrap_or(Answer::Status(204))).await,
    }
}

async fn respond(answer: Answer) -> Response<Body> {
    let builder = Response::builder();
    let built = match answer {
        Answer::Status(status) => builder.status(status).body(Body::empty()),
        Answer::RetryAfter(status, seconds) => {
            builder.status(status).header(header::RETRY_AFTER, seconds).body(Body::empty())
        }
        Answer::Redirect(address) => {
            builder.status(StatusCode::FOUND).header(header::LOCATION, address).body(Body::empty())
        }
        Answer::Large(bytes) => builder.body(Body::from(vec![b'.'; bytes])),
        Answer::Late(time) => {
            tokio::time::sleep(time).await;
            builder.body(Body::empty())
        }
        Answer::Hang => std::future::pending().await,
    };
    built.unwrap_or_else(|error| {
        // A test asked for a status or an address that HTTP cannot carry.
        let mut response = Response::new(Body::from(error.to_string()));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

#[cfg(test)]
mod tests;
