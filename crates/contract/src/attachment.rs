//! Answers that are files to be kept.

use std::borrow::Cow;

use axum::body::Body;
use bailiwick_domain::fault::Fault;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use schemars::{SchemaGenerator, json_schema};

use crate::answer::{Answer, AnswerHeaders, AnswerShape, HeaderShape};
use crate::dialect::Dialect;

/// The content type of text files.
const TEXT: &str = "text/plain; charset=utf-8";

/// `Content-Disposition`: a file to be kept, under this name.
pub(crate) struct Attachment(pub(crate) Cow<'static, str>);

impl AnswerHeaders for Attachment {
    fn describe(_: &mut SchemaGenerator) -> Vec<HeaderShape> {
        vec![HeaderShape {
            name: "Content-Disposition",
            required: true,
            description: "Under which name a browser keeps the file.".to_owned(),
            schema: json_schema!({ "type": "string" }),
        }]
    }

    fn write(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{}\"", self.0)) {
            headers.insert(CONTENT_DISPOSITION, value);
        }
    }
}

/// A text file to be kept, under a name of plain characters.
#[derive(Clone, Debug)]
pub struct TextFile {
    name: String,
    text: String,
}

impl TextFile {
    /// A file of this name.
    #[must_use]
    pub const fn new(name: String, text: String) -> Self {
        Self { name, text }
    }
}

impl Answer for TextFile {
    fn describe(generator: &mut SchemaGenerator) -> Vec<AnswerShape> {
        let headers = Attachment::describe(generator);
        vec![AnswerShape {
            status: StatusCode::OK,
            content_type: TEXT,
            schema: json_schema!({ "type": "string" }),
            headers,
        }]
    }

    fn respond(self, _: Dialect) -> Result<Response<Body>, Fault> {
        let mut response = Response::new(Body::from(self.text));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(TEXT));
        Attachment(self.name.into()).write(response.headers_mut());
        Ok(response)
    }
}
