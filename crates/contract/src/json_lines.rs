//! An answer of JSON documents, one a line, that is sent while it is made.

use std::collections::VecDeque;
use std::marker::PhantomData;

use axum::body::Body;
use bailiwick_domain::fault::Fault;
use bailiwick_domain::id::RequestId;
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::answer::{Answer, AnswerHeaders, AnswerShape};
use crate::attachment::Attachment;
use crate::dialect::Dialect;

/// The content type, as the media type `application/jsonl` is commonly written.
const JSON_LINES: &str = "application/jsonl";

/// JSON documents, one a line (<https://jsonlines.org>), as a file to be kept.
///
/// What fails after the first part was sent breaks the connection off, so that
/// nobody takes a part for the whole.
pub struct JsonLines<T> {
    file_name: &'static str,
    body: Body,
    row: PhantomData<fn() -> T>,
}

impl<T: Serialize + Send + 'static> JsonLines<T> {
    /// The rows of all pages. The first page is awaited, so that what fails at once is an ordinary fault.
    ///
    /// The id of the request is for the log: what breaks off later has no answer that shows it.
    pub async fn new<S>(file_name: &'static str, request: RequestId, pages: S) -> Result<Self, Fault>
    where
        S: Stream<Item = Result<Vec<T>, Fault>> + Send + 'static,
    {
        let mut pages = Box::pin(pages);
        let first: VecDeque<_> = match pages.next().await {
            Some(page) => VecDeque::from([Ok(page?)]),
            None => VecDeque::new(),
        };
        let chunks = stream::iter(first).chain(pages).map(move |page| match page {
            Ok(rows) => lines(&rows),
            Err(fault) => {
                tracing::warn!(%request, fault = ?fault.source, file_name, "an answer was broken off in the middle");
                Err(fault)
            }
        });
        Ok(Self { file_name, body: Body::from_stream(chunks), row: PhantomData })
    }
}

fn lines<T: Serialize>(rows: &[T]) -> Result<Bytes, Fault> {
    let mut bytes = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut bytes, row).map_err(Fault::broken)?;
        bytes.push(b'\n');
    }
    Ok(bytes.into())
}

impl<T: JsonSchema + 'static> Answer for JsonLines<T> {
    fn describe(generator: &mut SchemaGenerator) -> Vec<AnswerShape> {
        let row = generator.subschema_for::<T>();
        // The content as a whole is text; what one line of it is, `contentSchema` says.
        let schema = json_schema!({
            "type": "string", "contentMediaType": JSON_LINES, "contentSchema": row,
            "description": "One JSON document a line, each in the form of `contentSchema`.",
        });
        let headers = Attachment::describe(generator);
        vec![AnswerShape { status: StatusCode::OK, content_type: JSON_LINES, schema, headers }]
    }

    fn respond(self, _: Dialect) -> Result<Response<Body>, Fault> {
        let mut response = Response::new(self.body);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON_LINES));
        Attachment(self.file_name.into()).write(response.headers_mut());
        Ok(response)
    }
}
