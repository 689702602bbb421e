//! The answers of an operation: its successes, and one for each status of its faults.

use std::collections::BTreeMap;

use bailiwick_domain::fault::{Class, Code};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::answer::{AnswerShape, JSON_TYPE, envelope_schema};
use crate::dialect::Dialect;
use crate::endpoint::EndpointInfo;
use crate::fault_answer::{BASIC_CHALLENGE, BEARER_CHALLENGE, FaultEnvelope, Message, challenge, status};

/// How faults look in each dialect.
pub(super) struct ResponseShapes {
    authorisation: Schema,
    systems: Schema,
}

impl ResponseShapes {
    pub(super) fn new(generator: &mut SchemaGenerator) -> Self {
        Self {
            authorisation: generator.subschema_for::<Message>(),
            systems: generator.subschema_for::<FaultEnvelope<'static>>(),
        }
    }

    /// A fault of this status whose wording is one of these codes'.
    fn fault(&self, dialect: Dialect, status: u16, codes: &[Code]) -> Value {
        let wordings: Vec<_> = codes.iter().map(|code| code.wire()).collect();
        let (schema, narrowed) = match dialect {
            Dialect::Authorisation => {
                let narrowed = json!({ "BackendMessage": { "enum": wordings } });
                (&self.authorisation, json!({ "required": ["BackendMessage", "Message"], "properties": narrowed }))
            }
            Dialect::Systems | Dialect::Plain => {
                let narrowed = json!({ "code": { "const": status }, "message": { "enum": wordings } });
                (&self.systems, json!({ "properties": narrowed }))
            }
        };
        json!({ "allOf": [schema, narrowed] })
    }
}

/// All answers of an operation, by status.
pub(super) fn responses(info: &EndpointInfo, answers: Vec<AnswerShape>, shapes: &ResponseShapes) -> Value {
    let mut responses = BTreeMap::new();
    for answer in answers {
        responses.insert(answer.status.as_u16(), success(info.dialect, answer));
    }
    let mut codes: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in &info.faults {
        codes.entry(status(code.class()).as_u16()).or_default().push(*code);
    }
    for (status, codes) in codes {
        responses.insert(status, fault(info.dialect, status, &codes, shapes));
    }
    let responses: Map<_, _> = responses.into_iter().map(|(status, value)| (status.to_string(), value)).collect();
    Value::Object(responses)
}

fn success(dialect: Dialect, answer: AnswerShape) -> Value {
    let schema = match dialect {
        Dialect::Systems if answer.content_type == JSON_TYPE => envelope_schema(answer.status, &answer.schema),
        Dialect::Authorisation | Dialect::Plain | Dialect::Systems => answer.schema,
    };
    let mut headers = common_headers();
    for header in answer.headers {
        let value = json!({ "description": header.description, "required": header.required, "schema": header.schema });
        headers.insert(header.name.to_owned(), value);
    }
    json!({
        "description": answer.status.canonical_reason().unwrap_or("Done"),
        "headers": headers,
        "content": { answer.content_type: { "schema": schema } },
    })
}

fn fault(dialect: Dialect, status: u16, codes: &[Code], shapes: &ResponseShapes) -> Value {
    let lines: Vec<_> = codes.iter().map(|code| format!("- `{}`: {}", code.wire(), code.sentence())).collect();
    let mut headers = common_headers();
    for code in codes {
        match code.class() {
            Class::Unauthenticated if challenge(*code) == BASIC_CHALLENGE => {
                refer(&mut headers, "WWW-Authenticate", "WWW-Authenticate-Basic");
            }
            Class::Unauthenticated => refer(&mut headers, "WWW-Authenticate", "WWW-Authenticate"),
            Class::TooMany | Class::Unavailable => refer(&mut headers, "Retry-After", "Retry-After"),
            _ => {}
        }
    }
    json!({
        "description": lines.join("\n"),
        "headers": headers,
        "content": { "application/json": { "schema": shapes.fault(dialect, status, codes) } },
    })
}

fn common_headers() -> Map<String, Value> {
    let mut headers = Map::new();
    refer(&mut headers, "X-Request-Id", "X-Request-Id");
    headers
}

/// Says of a header that it is as this one of [`headers`].
fn refer(headers: &mut Map<String, Value>, name: &str, described: &str) {
    headers.insert(name.to_owned(), json!({ "$ref": format!("#/components/headers/{described}") }));
}

/// The headers that answers of many operations share.
pub(super) fn headers() -> Value {
    json!({
        "X-Request-Id": {
            "description": "The id of the request, which the server's log repeats.",
            "required": true,
            "schema": { "type": "string", "format": "uuid" },
        },
        "Retry-After": {
            "description": "Seconds to wait before the next attempt.",
            "required": true,
            "schema": { "type": "integer", "minimum": 1 },
        },
        "WWW-Authenticate": {
            "description": "How to sign in.",
            "required": true,
            "schema": { "type": "string", "const": BEARER_CHALLENGE },
        },
        "WWW-Authenticate-Basic": {
            "description": "How a system says who it is.",
            "required": true,
            "schema": { "type": "string", "const": BASIC_CHALLENGE },
        },
    })
}
