//! The document says what the server does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::fixture::{SOME_ID, ask_plainly, registry};
use crate::document::document;
use crate::fault_answer::status;

fn whole() -> Value {
    document(&registry(), "1.2.3")
}

fn operation<'a>(document: &'a Value, method: &str, path: &str) -> &'a Value {
    &document["paths"][path][method]
}

#[test]
fn every_endpoint_is_in_it_and_nothing_else() {
    let document = whole();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(key, _)| *key != "servers") {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            described.insert((method.to_uppercase(), path.clone(), name));
        }
    }
    let registry = registry();
    let row =
        |info: &crate::endpoint::EndpointInfo| (info.method.to_string(), info.path.to_owned(), info.name.to_owned());
    let declared: BTreeSet<_> = registry.endpoints().map(row).collect();
    assert_eq!(described, declared);
}

#[test]
fn the_same_registry_gives_the_same_bytes() {
    assert_eq!(whole().to_string(), whole().to_string());
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| walk(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let document = whole();
    let mut references = Vec::new();
    walk(&document, &mut references);
    assert!(references.contains(&"#/components/schemas/Message"), "{references:?}");
    for reference in references {
        let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        assert!(target.is_some(), "{reference}");
    }
}

#[test]
fn an_operation_lists_its_success_and_each_status_of_its_faults() {
    let (document, registry) = (whole(), registry());
    for info in registry.endpoints() {
        let responses = &operation(&document, &info.method.as_str().to_lowercase(), info.path)["responses"];
        let described: BTreeSet<_> = responses.as_object().unwrap().keys().cloned().collect();
        let success = if info.name == "create-thing" { "201" } else { "200" };
        let mut expected: BTreeSet<_> =
            info.faults.iter().map(|code| status(code.class()).as_str().to_owned()).collect();
        expected.insert(success.to_owned());
        assert_eq!(described, expected, "{}", info.name);
        for code in &info.faults {
            let response = &responses[status(code.class()).as_str()];
            let description = response["description"].as_str().unwrap();
            assert!(description.contains(code.wire()), "{} {description}", code.wire());
            assert!(response["headers"]["X-Request-Id"].is_object());
        }
    }
}

#[test]
fn access_deadline_and_rate_are_said_where_they_apply() {
    let document = whole();
    let mine = operation(&document, "post", "/api/mine");
    assert_eq!(mine["security"], json!([{ "accessToken": [] }]));
    assert_eq!(mine["x-required-right"], "manage:systems");
    assert_eq!(mine["x-deadline-seconds"], 5);
    assert_eq!(
        mine["description"],
        "Time-out set to 5s. Requires an authenticated user with the right `manage:systems`. \
         The body may have up to 65536 bytes."
    );
    assert_eq!(
        mine["responses"]["401"]["headers"]["WWW-Authenticate"]["$ref"],
        "#/components/headers/WWW-Authenticate"
    );
    assert_eq!(mine["responses"]["503"]["headers"]["Retry-After"]["$ref"], "#/components/headers/Retry-After");

    let keyed = operation(&document, "put", "/api/keyed");
    assert_eq!(keyed["security"], json!([{ "accessToken": [] }, { "apiKey": [] }]));
    assert_eq!((&keyed["x-api-key-access"], &mine["x-api-key-access"]), (&json!("write"), &Value::Null));
    assert_eq!(
        keyed["description"],
        "Time-out set to 5s. Requires an authenticated user with the right `manage:systems`. \
         An API key with the access `write` will do as well."
    );

    let refresh = operation(&document, "post", "/auth/refresh");
    assert_eq!(refresh["security"], json!([{ "refreshToken": [] }]));
    assert_eq!(refresh["description"], "Time-out set to 5s. Requires a refresh token.");

    let slow = operation(&document, "get", "/healthz");
    assert_eq!((&slow["security"], &slow["description"]), (&json!([]), &json!("Time-out set to 1s.")));

    let throttled = operation(&document, "get", "/auth/throttled");
    assert!(throttled["responses"]["429"].is_object());
    assert!(throttled["description"].as_str().unwrap().contains("slowed down"));
}

#[test]
fn inputs_are_described_by_the_types_that_read_them() {
    let document = whole();
    let parameters = &operation(&document, "get", "/api/things")["parameters"];
    assert_eq!(parameters[0]["schema"]["format"], "email");
    let summary = |parameter: &Value| format!("{} {} {}", parameter["in"], parameter["name"], parameter["required"]);
    let summaries: Vec<_> = parameters.as_array().unwrap().iter().map(summary).collect();
    assert_eq!(summaries, [r#""query" "maker" false"#, r#""query" "count" false"#, r#""query" "name" true"#]);
    let shown = &operation(&document, "get", "/api/things/{id}")["parameters"][0];
    assert_eq!(summary(shown), r#""path" "id" true"#);
    let create = operation(&document, "post", "/api/things");
    assert_eq!(summary(&create["parameters"][0]), r#""header" "Idempotency-Key" false"#);

    let body = &create["requestBody"];
    let schema = &body["content"]["application/json"]["schema"];
    assert_eq!(body["required"], true);
    assert_eq!(schema["required"], json!(["name", "maker", "password"]));
    assert_eq!(schema["properties"]["on"]["anyOf"], json!([{ "type": "boolean" }, { "type": "null" }]));
    assert!(schema.get("additionalProperties").is_none());
    let change = &operation(&document, "patch", "/auth/thing")["requestBody"];
    assert_eq!(change["required"], false);
    assert_eq!(change["content"]["application/json"]["schema"]["additionalProperties"], false);
}

#[test]
fn a_systems_answer_is_described_in_its_envelope_and_under_its_aliases() {
    let document = whole();
    let servers = json!([{ "url": "/" }, { "url": "/backend" }, { "url": "/collect" }]);
    assert_eq!(document["paths"]["/api/things"]["servers"], servers);
    assert!(document["paths"]["/auth/names"].get("servers").is_none());
    let envelope =
        |path| &operation(&document, "get", path)["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(envelope("/api/things")["properties"]["data"]["$ref"], "#/components/schemas/Said");
    assert_eq!(envelope("/auth/names")["$ref"], "#/components/schemas/Said");
}

#[tokio::test]
async fn what_is_answered_is_described() {
    let document = whole();
    let show = format!("/api/things/{SOME_ID}");
    for (method, path, declared) in [
        ("GET", show.as_str(), "/api/things/{id}"),
        ("GET", "/api/things/x", "/api/things/{id}"),
        ("GET", "/api/things?name=a", "/api/things"),
        ("GET", "/api/things", "/api/things"),
        ("POST", "/api/things", "/api/things"),
        ("POST", "/api/mine", "/api/mine"),
        ("POST", "/auth/refresh", "/auth/refresh"),
        ("GET", "/api/panics", "/api/panics"),
        ("GET", "/api/expired", "/api/expired"),
        ("GET", "/auth/throttled", "/auth/throttled"),
    ] {
        let answer = ask_plainly(method, path, "").await;
        let response = &operation(&document, &method.to_lowercase(), declared)["responses"][answer.status.as_str()];
        assert!(response.is_object(), "{method} {path} {}", answer.status);
        let described = response["headers"].as_object().unwrap();
        for name in described.keys() {
            assert!(answer.headers.contains_key(name.as_str()), "{method} {path} {name}");
        }
    }
}
