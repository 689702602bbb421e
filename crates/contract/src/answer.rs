//! What a handler says when all went well.

use axum::body::Body;
use bailiwick_domain::fault::Fault;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::dialect::Dialect;

/// The content type of what the APIs say.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static(JSON_TYPE);
/// The same as text.
pub(crate) const JSON_TYPE: &str = "application/json";

/// Room for most bodies, so that writing one does not move it again and again, in bytes.
const BODY_CAPACITY: usize = 1024;

/// What a handler returns.
pub type Reply<S> = Result<S, Fault>;

/// A success status as a type, so that the document knows it.
pub trait Status: Send + 'static {
    /// The status.
    const CODE: StatusCode;
}

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident, $alias:ident = $code:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Status for $name {
            const CODE: StatusCode = StatusCode::$code;
        }

        $(#[$doc])*
        pub type $alias<T, H = ()> = Success<$name, T, H>;
    )* };
}

statuses! {
    /// Done (200).
    Okay, Ok200 = OK;
    /// Done, and something new exists (201).
    Created, Created201 = CREATED;
}

/// A body with its status and, where declared, more headers.
#[derive(Clone, Debug)]
pub struct Success<S, T, H = ()> {
    status: std::marker::PhantomData<S>,
    body: T,
    headers: H,
    message: &'static str,
}

impl<S, T> Success<S, T> {
    /// A success with this body.
    #[must_use]
    pub const fn new(body: T) -> Self {
        Self { status: std::marker::PhantomData, body, headers: (), message: "success" }
    }

    /// The same with headers, which the type declares.
    #[must_use]
    pub fn with<H: AnswerHeaders>(self, headers: H) -> Success<S, T, H> {
        Success { status: self.status, body: self.body, headers, message: self.message }
    }
}

impl<S, T, H> Success<S, T, H> {
    /// The same with this `message` in the Systems API's envelope; the other dialects have no place for it.
    #[must_use]
    pub const fn saying(mut self, message: &'static str) -> Self {
        self.message = message;
        self
    }
}

/// Headers that an endpoint adds to its answer.
pub trait AnswerHeaders: Send + 'static {
    /// What the document says of them.
    fn describe(generator: &mut SchemaGenerator) -> Vec<HeaderShape>;

    /// Writes them.
    fn write(&self, headers: &mut HeaderMap);
}

impl AnswerHeaders for () {
    fn describe(_: &mut SchemaGenerator) -> Vec<HeaderShape> {
        Vec::new()
    }

    fn write(&self, _: &mut HeaderMap) {}
}

/// `Idempotent-Replayed: true` on an answer that was given before (contract, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdempotentReplayed(pub bool);

impl AnswerHeaders for IdempotentReplayed {
    fn describe(_: &mut SchemaGenerator) -> Vec<HeaderShape> {
        vec![HeaderShape {
            name: "Idempotent-Replayed",
            required: false,
            description: "Present when this answer was given before to the same idempotency key.".to_owned(),
            schema: json_schema!({ "type": "string", "const": "true" }),
        }]
    }

    fn write(&self, headers: &mut HeaderMap) {
        if self.0 {
            headers.insert(HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"));
        }
    }
}

/// `X-Pagination-Records`: how many there are over all pages (contract, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaginationRecords(pub u64);

impl AnswerHeaders for PaginationRecords {
    fn describe(_: &mut SchemaGenerator) -> Vec<HeaderShape> {
        vec![HeaderShape {
            name: "X-Pagination-Records",
            required: true,
            description: "How many there are in all.".to_owned(),
            schema: json_schema!({ "type": "integer", "minimum": 0 }),
        }]
    }

    fn write(&self, headers: &mut HeaderMap) {
        headers.insert(HeaderName::from_static("x-pagination-records"), HeaderValue::from(self.0));
    }
}

/// A header of an answer, for the document.
#[derive(Clone, Debug)]
pub struct HeaderShape {
    /// Its name.
    pub name: &'static str,
    /// Whether it is always there.
    pub required: bool,
    /// When it is there and what it says.
    pub description: String,
    /// What it holds.
    pub schema: Schema,
}

/// A success answer, for the document.
#[derive(Clone, Debug)]
pub struct AnswerShape {
    /// Its status.
    pub status: StatusCode,
    /// Its content type.
    pub content_type: &'static str,
    /// Its body, unwrapped.
    pub schema: Schema,
    /// Its headers.
    pub headers: Vec<HeaderShape>,
}

/// Something that a handler may return as a success.
pub trait Answer: Send + 'static {
    /// Every success answer that it can become.
    fn describe(generator: &mut SchemaGenerator) -> Vec<AnswerShape>;

    /// Becomes the answer.
    fn respond(self, dialect: Dialect) -> Result<Response<Body>, Fault>;
}

impl<S, T, H> Answer for Success<S, T, H>
where
    S: Status,
    T: Serialize + JsonSchema + Send + 'static,
    H: AnswerHeaders,
{
    fn describe(generator: &mut SchemaGenerator) -> Vec<AnswerShape> {
        let schema = generator.subschema_for::<T>();
        let headers = H::describe(generator);
        vec![AnswerShape { status: S::CODE, content_type: JSON_TYPE, schema, headers }]
    }

    fn respond(self, dialect: Dialect) -> Result<Response<Body>, Fault> {
        let mut response = match dialect {
            Dialect::Authorisation | Dialect::Plain => json(S::CODE, &self.body)?,
            Dialect::Systems => {
                json(S::CODE, &Envelope { code: S::CODE.as_u16(), message: self.message, data: &self.body })?
            }
        };
        self.headers.write(response.headers_mut());
        Ok(response.map(Body::from))
    }
}

/// The envelope of the Systems API (contract, section 4).
#[derive(Serialize)]
struct Envelope<'a, T> {
    code: u16,
    message: &'static str,
    data: &'a T,
}

/// The schema of the envelope around a success.
pub(crate) fn envelope_schema(status: StatusCode, data: &Schema) -> Schema {
    json_schema!({
        "type": "object",
        "required": ["code", "message", "data"],
        "properties": {
            "code": { "type": "integer", "const": status.as_u16(), "description": "The HTTP status." },
            "message": { "type": "string", "description": "What happened, in a few words.", "examples": ["success"] },
            "data": data,
        },
        "additionalProperties": false,
    })
}

/// A compact JSON answer.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Response<Bytes>, Fault> {
    let mut bytes = Vec::with_capacity(BODY_CAPACITY);
    serde_json::to_writer(&mut bytes, body).map_err(Fault::broken)?;
    Ok(json_bytes(status, Bytes::from(bytes)))
}

/// An answer with JSON that is written already.
pub(crate) fn json_bytes(status: StatusCode, bytes: Bytes) -> Response<Bytes> {
    let mut response = Response::new(bytes);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
