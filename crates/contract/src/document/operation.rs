//! One endpoint as an operation of the document.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::responses::{ResponseShapes, responses};
use crate::access::AccessKind;
use crate::endpoint::{EndpointInfo, RateClass, Shapes};
use crate::input::{BodyKind, MemberShape};

pub(super) const ACCESS_TOKEN: &str = "accessToken";
pub(super) const REFRESH_TOKEN: &str = "refreshToken";
pub(super) const API_KEY: &str = "apiKey";
pub(super) const SYSTEM: &str = "system";

/// Everything that the document says of an endpoint.
pub(super) fn operation(
    info: &EndpointInfo,
    inputs: Shapes,
    shapes: &ResponseShapes,
    generator: &mut SchemaGenerator,
) -> Value {
    let mut operation = Map::new();
    operation.insert("operationId".to_owned(), info.name.into());
    operation.insert("summary".to_owned(), info.summary.into());
    operation.insert("description".to_owned(), info.prose().into());
    operation.insert("tags".to_owned(), json!([info.tag]));
    operation.insert("x-deadline-seconds".to_owned(), info.deadline.as_seconds().into());
    if let Some(right) = info.access.right() {
        operation.insert("x-required-right".to_owned(), right.name().into());
    }
    if let Some(access) = info.key_access {
        operation.insert("x-api-key-access".to_owned(), access.name().into());
    }
    if !matches!(info.access, AccessKind::Open | AccessKind::RefreshToken | AccessKind::Appliance) {
        operation.insert("x-while-impersonating".to_owned(), info.while_impersonating.into());
    }
    operation.insert("security".to_owned(), security(info));
    let parameters = parameters(inputs, generator);
    if !parameters.is_empty() {
        operation.insert("parameters".to_owned(), parameters.into());
    }
    if info.body != BodyKind::None {
        let schema = (inputs.body)(generator);
        let content = json!({ info.media.name(): { "schema": schema } });
        let body = json!({ "required": info.body == BodyKind::Required, "content": content });
        operation.insert("requestBody".to_owned(), body);
    }
    let answers = (inputs.answers)(generator);
    operation.insert("responses".to_owned(), responses(info, answers, shapes));
    Value::Object(operation)
}

impl EndpointInfo {
    /// What a person should know before calling: what it does, its deadline, what it needs.
    #[must_use]
    pub fn prose(&self) -> String {
        let mut sentences = Vec::new();
        if !self.description.is_empty() {
            sentences.push(format!("{}\n\n", self.description.trim()));
        }
        sentences.push(format!("Time-out set to {}s.", self.deadline.as_seconds()));
        match self.access {
            AccessKind::Open => {}
            AccessKind::RefreshToken => sentences.push(" Requires a refresh token.".to_owned()),
            AccessKind::SignedIn => sentences.push(" Requires an authenticated user.".to_owned()),
            AccessKind::Needs(right) => {
                sentences.push(format!(" Requires an authenticated user with the right `{right}`."));
            }
            AccessKind::Appliance => {
                sentences.push(" Called by a system, with its id or key and its secret.".to_owned());
            }
        }
        sentences
            .extend(self.key_access.map(|access| format!(" An API key with the access `{access}` will do as well.")));
        sentences.extend(match self.rate {
            RateClass::Ordinary => None,
            RateClass::Credential => {
                Some(" Failures are counted by account and by address, and slowed down.".to_owned())
            }
            RateClass::Attempts => Some(" Attempts are counted by address, and many are slowed down.".to_owned()),
        });
        if self.body != BodyKind::None {
            sentences.push(format!(" The body may have up to {} bytes.", self.body_length_max));
        }
        sentences.concat()
    }
}

fn security(info: &EndpointInfo) -> Value {
    match info.access {
        AccessKind::Open => json!([]),
        AccessKind::RefreshToken => json!([{ REFRESH_TOKEN: [] }]),
        AccessKind::SignedIn | AccessKind::Needs(_) if info.key_access.is_some() => {
            json!([{ ACCESS_TOKEN: [] }, { API_KEY: [] }])
        }
        AccessKind::SignedIn | AccessKind::Needs(_) => json!([{ ACCESS_TOKEN: [] }]),
        AccessKind::Appliance => json!([{ SYSTEM: [] }]),
    }
}

fn parameters(inputs: Shapes, generator: &mut SchemaGenerator) -> Vec<Value> {
    let mut parameters = Vec::new();
    for (place, describe) in [("path", inputs.path), ("query", inputs.query), ("header", inputs.headers)] {
        parameters.extend(describe(generator).iter().map(|member| parameter(place, member)));
    }
    parameters
}

fn parameter(place: &str, member: &MemberShape) -> Value {
    json!({
        "name": member.name,
        "in": place,
        "required": member.required,
        "description": member.description,
        "schema": member.schema,
    })
}
