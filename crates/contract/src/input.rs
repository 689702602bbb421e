//! What an endpoint reads, each part by a type that both parses and describes it.
//!
//! The macros [`body!`](crate::body), [`query!`](crate::query),
//! [`headers!`](crate::headers) and [`path!`](crate::path) declare such types.

mod json;
mod macros;
mod read;
mod text;

use bailiwick_app::context::Context;
use bailiwick_domain::fault::{Code, Fault};
use http::HeaderMap;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

pub use bailiwick_domain::field::Patch;

pub use self::json::Members;
pub(crate) use self::read::{read_body, read_bytes};
pub use self::text::{
    HeaderMembers, PathMembers, QueryMembers, TextSource, defaulted_text, hinted_text, optional_text, required_text,
};

/// The largest body unless an endpoint says otherwise, in bytes.
pub const BODY_LENGTH_MAX: usize = 64 * 1024;

/// Whether an endpoint reads a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// No: whatever comes is left unread.
    None,
    /// Yes, where one comes.
    Optional,
    /// Yes.
    Required,
}

/// What a body is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// JSON; whoever says nothing of their body means this.
    Json,
    /// Comma-separated values in UTF-8 (RFC 4180).
    Csv,
}

impl Media {
    /// Its media type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
        }
    }
}

/// One member of an input, for the document.
#[derive(Clone, Debug)]
pub struct MemberShape {
    /// Its name as a request spells it.
    pub name: &'static str,
    /// What it is.
    pub description: String,
    /// Whether it must be there.
    pub required: bool,
    /// What it holds.
    pub schema: Schema,
}

/// Reads the path's parameters.
pub trait PathInput: Sized + Send + 'static {
    /// The fault of a path whose parameters cannot be read: there is no such thing.
    const FAULT: Option<Code>;

    /// Reads the parameters.
    fn read(members: &PathMembers) -> Result<Self, Fault>;

    /// Describes the parameters.
    fn describe(generator: &mut SchemaGenerator) -> Vec<MemberShape>;
}

/// Reads the query.
pub trait QueryInput: Sized + Send + 'static {
    /// Whether there is anything to read, and so anything to refuse.
    const DECLARED: bool = true;

    /// Reads the members; `query` is what follows the question mark.
    fn read(query: &str) -> Result<Self, Fault>;

    /// Describes the members.
    fn describe(generator: &mut SchemaGenerator) -> Vec<MemberShape>;
}

/// Reads headers.
pub trait HeadersInput: Sized + Send + 'static {
    /// Whether there is anything to read, and so anything to refuse.
    const DECLARED: bool = true;

    /// Reads the headers.
    fn read(headers: &HeaderMap) -> Result<Self, Fault>;

    /// Describes the headers.
    fn describe(generator: &mut SchemaGenerator) -> Vec<MemberShape>;
}

/// Reads the body.
pub trait BodyInput: Sized + Send + 'static {
    /// Whether a body is read at all.
    const KIND: BodyKind = BodyKind::Required;
    /// What it is written in.
    const MEDIA: Media = Media::Json;

    /// Reads the bytes of a whole body; the context is asked by members whose rules depend on settings.
    fn read(bytes: &[u8], context: &Context) -> Result<Self, Fault>;

    /// Describes the body.
    fn describe(generator: &mut SchemaGenerator) -> Schema;
}

/// A path without parameters.
#[derive(Clone, Copy, Debug)]
pub struct NoPath;

impl PathInput for NoPath {
    const FAULT: Option<Code> = None;

    fn read(_: &PathMembers) -> Result<Self, Fault> {
        Ok(Self)
    }

    fn describe(_: &mut SchemaGenerator) -> Vec<MemberShape> {
        Vec::new()
    }
}

/// No declared query members; whatever comes is ignored.
#[derive(Clone, Copy, Debug)]
pub struct NoQuery;

impl QueryInput for NoQuery {
    const DECLARED: bool = false;

    fn read(_: &str) -> Result<Self, Fault> {
        Ok(Self)
    }

    fn describe(_: &mut SchemaGenerator) -> Vec<MemberShape> {
        Vec::new()
    }
}

/// No declared headers.
#[derive(Clone, Copy, Debug)]
pub struct NoHeaders;

impl HeadersInput for NoHeaders {
    const DECLARED: bool = false;

    fn read(_: &HeaderMap) -> Result<Self, Fault> {
        Ok(Self)
    }

    fn describe(_: &mut SchemaGenerator) -> Vec<MemberShape> {
        Vec::new()
    }
}

/// No body; whatever comes is left unread.
#[derive(Clone, Copy, Debug)]
pub struct NoBody;

impl BodyInput for NoBody {
    const KIND: BodyKind = BodyKind::None;

    fn read(_: &[u8], _: &Context) -> Result<Self, Fault> {
        Ok(Self)
    }

    fn describe(_: &mut SchemaGenerator) -> Schema {
        Schema::default()
    }
}

/// A body that may be left out.
impl<B: BodyInput> BodyInput for Option<B> {
    const KIND: BodyKind = BodyKind::Optional;
    const MEDIA: Media = B::MEDIA;

    fn read(bytes: &[u8], context: &Context) -> Result<Self, Fault> {
        if bytes.is_empty() { Ok(None) } else { B::read(bytes, context).map(Some) }
    }

    fn describe(generator: &mut SchemaGenerator) -> Schema {
        B::describe(generator)
    }
}

/// A body that the handler sees also when members of it are wrong: it knows of more that may be, which only the
/// database or the network can tell, and one answer lists all of it.
#[derive(Debug)]
pub struct Judged<B>(pub Result<B, Fault>);

impl<B: BodyInput> BodyInput for Judged<B> {
    const KIND: BodyKind = B::KIND;
    const MEDIA: Media = B::MEDIA;

    fn read(bytes: &[u8], context: &Context) -> Result<Self, Fault> {
        match B::read(bytes, context) {
            Err(fault) if fault.code != Code::ValidationFailed => Err(fault),
            outcome => Ok(Self(outcome)),
        }
    }

    fn describe(generator: &mut SchemaGenerator) -> Schema {
        B::describe(generator)
    }
}

/// The schema of an object with these members.
///
/// A member that need not be there may also be null.
#[must_use]
pub fn object_schema(description: &str, strict: bool, members: Vec<MemberShape>) -> Schema {
    let required: Vec<_> = members.iter().filter(|member| member.required).map(|member| member.name).collect();
    let properties: serde_json::Map<String, Value> = members.into_iter().map(property).collect();
    let mut schema = json_schema!({ "type": "object", "description": description.trim(), "properties": properties });
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    if strict {
        schema.insert("additionalProperties".to_owned(), false.into());
    }
    schema
}

fn property(member: MemberShape) -> (String, Value) {
    let mut schema =
        if member.required { member.schema } else { json_schema!({ "anyOf": [member.schema, { "type": "null" }] }) };
    schema.insert("description".to_owned(), member.description.trim().into());
    (member.name.to_owned(), schema.to_value())
}
