//! The `OpenAPI` 3.1 document, built from the registry and the types of the handlers.
//!
//! Nothing in it is said twice: deadlines, rights, faults and shapes are the
//! ones that are enforced and sent.

mod operation;
mod responses;

use std::collections::HashSet;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use self::operation::operation;
use self::responses::ResponseShapes;
use crate::dialect::{Dialect, SYSTEMS_ALIASES};
use crate::endpoint::{Endpoint, EndpointInfo};
use crate::registry::Registry;

const DESCRIPTION: &str = "Two APIs in one server. The Authorisation API under `/auth` speaks `PascalCase` and \
    answers faults with a Message object. The Systems API under `/api` speaks `snake_case` and wraps every answer \
    in `{code, message, data}`; it also answers under `/backend/api` and `/collect/api`. One access token serves both; \
    programs may use a personal API key, where an operation takes one.";

/// The document as JSON; the same registry and version always give the same bytes.
#[must_use]
pub fn document(registry: &Registry, version: &str) -> Value {
    let mut generator = generator();
    let shapes = ResponseShapes::new(&mut generator);
    let paths = paths(&registry.endpoints, &shapes, &mut generator);
    json!({
        "openapi": "3.1.1",
        "info": { "title": "Bailiwick", "version": version, "description": DESCRIPTION },
        "servers": [{ "url": "/" }],
        "tags": tags(registry.endpoints()),
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "headers": responses::headers(),
            "securitySchemes": security_schemes(),
        },
    })
}

/// JSON Schema 2020-12, as `OpenAPI` 3.1 wants it, with the definitions where it keeps them.
fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    settings.with(|settings| settings.definitions_path = "/components/schemas".into()).into_generator()
}

/// The groups, in the order of their first endpoints.
fn tags<'a>(endpoints: impl Iterator<Item = &'a EndpointInfo>) -> Vec<Value> {
    let mut seen = HashSet::new();
    endpoints.filter(|info| seen.insert(info.tag)).map(|info| json!({ "name": info.tag })).collect()
}

fn paths(endpoints: &[Endpoint], shapes: &ResponseShapes, generator: &mut SchemaGenerator) -> Map<String, Value> {
    let mut paths = Map::new();
    for Endpoint { info, shapes: inputs, .. } in endpoints {
        let entry = paths.entry(info.path).or_insert_with(|| path_item(info.dialect));
        if let Value::Object(item) = entry {
            item.insert(info.method.as_str().to_lowercase(), operation(info, *inputs, shapes, generator));
        }
    }
    paths
}

/// A path without its operations: where it answers.
fn path_item(dialect: Dialect) -> Value {
    match dialect {
        Dialect::Systems => {
            let prefixes = ["/"].into_iter().chain(SYSTEMS_ALIASES);
            let servers: Vec<_> = prefixes.map(|url| json!({ "url": url })).collect();
            json!({ "servers": servers })
        }
        Dialect::Authorisation | Dialect::Plain => json!({}),
    }
}

fn security_schemes() -> Value {
    json!({
        operation::ACCESS_TOKEN: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token, after the word Bearer in any case, or bare.",
        },
        operation::REFRESH_TOKEN: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A refresh token, sent like an access token.",
        },
        operation::API_KEY: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "bwk_…",
            "description": "A personal API key, sent like an access token. It is taken where an operation says so, with \
                            the access in `x-api-key-access` or more, and may do what its owner may do.",
        },
        operation::SYSTEM: {
            "type": "http",
            "scheme": "basic",
            "description": "A system for itself: its id, or its key, which is its secret up to the dot; and its secret.",
        },
    })
}
