//! The sections of the API pages, read from the document and the declarations behind it.

use std::collections::BTreeSet;

use bailiwick_contract::access::AccessKind;
use bailiwick_contract::endpoint::{EndpointInfo, RateClass};
use bailiwick_contract::input::BodyKind;
use bailiwick_contract::registry::Registry;
use serde_json::{Map, Value};

use super::body::Bodies;
use super::shape::{Schemas, text};
use crate::api::openapi_document;
use crate::console::view::docs::{DocsAnswer, DocsOperation, DocsParameter, DocsSection};

/// Where a body stands in a request or an answer.
const JSON_SCHEMA: &str = "/content/application~1json/schema";
/// What each line of JSON Lines is.
const JSON_LINE_SCHEMA: &str = "/content/application~1jsonl/schema/contentSchema";

/// One section for each tag, in the order of the document.
pub(super) fn sections(registry: &Registry) -> Vec<DocsSection> {
    let document = openapi_document(registry);
    let tags = document.get("tags").and_then(Value::as_array).into_iter().flatten();
    tags.filter_map(|tag| text(tag, "name")).map(|tag| section(&document, registry, tag)).collect()
}

fn section(document: &Value, registry: &Registry, tag: &str) -> DocsSection {
    let infos: Vec<_> = registry.endpoints().filter(|info| info.tag == tag).collect();
    DocsSection {
        slug: tag.to_lowercase().replace(' ', "-"),
        title: tag.to_owned(),
        description: aliases(document, &infos),
        operations: infos.iter().map(|info| operation(document, info)).collect(),
    }
}

/// Under which further prefixes all of these answer.
fn aliases(document: &Value, infos: &[&EndpointInfo]) -> String {
    let prefixes = |info: &&EndpointInfo| -> BTreeSet<&str> {
        let servers = document.get("paths").and_then(|paths| paths.get(info.path)?.get("servers")?.as_array());
        servers.into_iter().flatten().filter_map(|server| text(server, "url")).filter(|url| *url != "/").collect()
    };
    let shared = infos.iter().map(prefixes).reduce(|all, own| &all & &own).unwrap_or_default();
    if shared.is_empty() {
        return String::new();
    }
    let named: Vec<_> = shared.iter().map(|prefix| format!("`{prefix}`")).collect();
    format!("Every path here also answers under {}.", named.join(" and "))
}

fn operation(document: &Value, info: &EndpointInfo) -> DocsOperation {
    let mut bodies = Bodies::new(Schemas(document));
    let method = info.method.as_str();
    let paths = document.get("paths");
    let operation = paths.and_then(|paths| paths.get(info.path)?.get(method.to_lowercase())).unwrap_or(&Value::Null);
    let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let request = operation.pointer(&format!("/requestBody{JSON_SCHEMA}"));
    let responses = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
    DocsOperation {
        id: info.name.to_owned(),
        method: method.to_owned(),
        path: info.path.to_owned(),
        summary: info.summary.to_owned(),
        description: description(info),
        callers: callers(info),
        right: info.access.right().map(|right| right.name().to_owned()),
        deadline: format!("{} s", info.deadline.as_seconds()),
        rate: rate(info.rate).to_owned(),
        parameters: parameters.map(|value| parameter(Schemas(document), value)).collect(),
        body: request.and_then(|schema| bodies.request(schema, info.summary)),
        answers: responses.filter_map(|(status, value)| answer(status, value, info.summary, &mut bodies)).collect(),
    }
}

fn description(info: &EndpointInfo) -> String {
    let limit = format!("The body may have up to {} bytes.", info.body_length_max);
    match info.body {
        BodyKind::None => info.description.to_owned(),
        BodyKind::Required => format!("{}\n\n{limit}", info.description),
        BodyKind::Optional => format!("{}\n\nThe body may be left out. {limit}", info.description),
    }
}

fn callers(info: &EndpointInfo) -> String {
    let callers = match info.access {
        AccessKind::Open => "Anyone",
        AccessKind::RefreshToken => "Whoever holds a refresh token",
        AccessKind::SignedIn | AccessKind::Needs(_) => "A signed-in user",
        AccessKind::Appliance => "A system",
    };
    match info.key_access {
        Some(access) => format!("{callers}, or an API key with the access {access}"),
        None => callers.to_owned(),
    }
}

const fn rate(rate: RateClass) -> &'static str {
    match rate {
        RateClass::Ordinary => "ordinary",
        RateClass::Credential => "credential: failures are counted and slowed down",
        RateClass::Attempts => "attempts: they are counted by address, and many are slowed down",
    }
}

fn parameter(schemas: Schemas<'_>, value: &Value) -> DocsParameter {
    let word = |name| text(value, name).unwrap_or_default().to_owned();
    let shape = schemas.shape(value.get("schema").unwrap_or(&Value::Null));
    DocsParameter {
        name: word("name"),
        place: word("in"),
        required: value.get("required") == Some(&Value::Bool(true)),
        type_text: schemas.words(&shape),
        description: word("description"),
    }
}

/// An answer; only successes show their body, for faults all have the same two.
fn answer<'a>(status: &str, value: &'a Value, heading: &'a str, bodies: &mut Bodies<'a>) -> Option<DocsAnswer> {
    let status = status.parse().ok()?;
    let schema =
        value.pointer(JSON_SCHEMA).or_else(|| value.pointer(JSON_LINE_SCHEMA)).filter(|_| (200..300).contains(&status));
    // The document lists faults in lines that begin with a dash.
    let lines = text(value, "description").unwrap_or_default().lines().map(|line| line.trim_start_matches("- "));
    let headers = value.get("headers").and_then(Value::as_object).into_iter().flat_map(headers);
    let description = lines.map(str::to_owned).chain(headers).collect::<Vec<_>>().join(" ");
    Some(DocsAnswer { status, description, body: schema.and_then(|schema| bodies.answer(schema, heading)) })
}

/// The headers that not every answer has; those that many have stand elsewhere in the document.
fn headers(headers: &Map<String, Value>) -> impl Iterator<Item = String> {
    let own = headers.iter().filter(|(_, header)| header.get("$ref").is_none());
    own.map(|(name, header)| format!("Header `{name}`: {}", text(header, "description").unwrap_or_default()))
}
