//! How a fault looks to a client, in each dialect (contract, sections 3 and 4).

use std::borrow::Cow;

use bailiwick_domain::fault::{Class, Code, Fault};
use bailiwick_domain::field::FieldFault;
use bytes::Bytes;
use http::header::{HeaderMap, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::{json, json_bytes};
use crate::dialect::Dialect;

/// The status of a class of faults.
#[must_use]
pub const fn status(class: Class) -> StatusCode {
    match class {
        Class::Invalid => StatusCode::BAD_REQUEST,
        Class::Unauthenticated => StatusCode::UNAUTHORIZED,
        Class::Forbidden => StatusCode::FORBIDDEN,
        Class::NotFound => StatusCode::NOT_FOUND,
        Class::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Class::Conflict => StatusCode::CONFLICT,
        Class::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Class::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Class::Impossible => StatusCode::UNPROCESSABLE_ENTITY,
        Class::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Class::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        Class::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

// Contract, section 3. The comments here reach the readers of the document.
/// What the Authorisation API says where there is no other body: faults and acknowledgements.
#[expect(clippy::struct_field_names, reason = "the contract calls them so")]
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(example = Message::saying("Done."))]
pub struct Message {
    /// True when the client should sign in again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    authorization_invalid: Option<bool>,
    /// The fault in the wording that programs compare.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    backend_message: Option<&'static str>,
    /// The e-mail address that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    email: Option<String>,
    /// The first field that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "MessageField")]
    field: Option<MessageField>,
    /// What happened, for a person to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    message: Option<Cow<'static, str>>,
    /// The id of what it is about.
    #[serde(rename = "UUID", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "uuid"))]
    uuid: Option<String>,
}

impl Message {
    /// An acknowledgement with this text.
    #[must_use]
    pub fn saying(text: impl Into<Cow<'static, str>>) -> Self {
        Self { message: Some(text.into()), ..Self::default() }
    }

    /// The same, about this e-mail address.
    #[must_use]
    pub fn about_email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// The same, about the thing with this id.
    #[must_use]
    pub fn about(mut self, id: &impl ToString) -> Self {
        self.uuid = Some(id.to_string());
        self
    }

    fn of_fault(fault: &Fault) -> Self {
        let field = fault.fields.first();
        Self {
            authorization_invalid: (fault.code == Code::InvalidToken).then_some(true),
            backend_message: Some(fault.code.wire()),
            field: field.map(|field| MessageField { message: field.sentence(), name: field.key.clone() }),
            message: Some(fault.detail.clone().unwrap_or(Cow::Borrowed(fault.code.sentence()))),
            ..Self::default()
        }
    }
}

/// A field that is wrong, in the Authorisation API.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MessageField {
    /// What is wrong with it, for a person to read.
    message: String,
    /// Its name as the request spells it.
    name: Cow<'static, str>,
}

// Contract, section 4. The comments here reach the readers of the document.
/// A fault in the Systems API's envelope.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename = "Fault", deny_unknown_fields)]
pub(crate) struct FaultEnvelope<'a> {
    /// The HTTP status.
    code: u16,
    /// The fault in the wording that programs compare.
    message: &'static str,
    /// More about it.
    data: FaultData<'a>,
}

/// What the Systems API's envelope holds for a fault.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum FaultData<'a> {
    /// All fields that are wrong.
    Validation(ValidationData<'a>),
    /// More than the message says.
    Detail(DetailData<'a>),
    /// Nothing more.
    Nothing(NoData),
}

/// All fields that are wrong.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ValidationData<'a> {
    /// Tells this data from the other kinds.
    #[serde(rename = "type")]
    kind: ValidationKind,
    /// The fields, in the order of the request's description.
    errors: Vec<ValidationEntry<'a>>,
}

/// Tells validation data from the other kinds.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ValidationKind {
    ValidationError,
}

/// One field that is wrong.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ValidationEntry<'a> {
    /// The field's name as the request spells it.
    key: &'a str,
    /// The rule that failed.
    message: &'static str,
    /// What was sent, shortened; left out for a secret or a missing field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    value: Option<&'a str>,
    /// What would have been right, in a sentence.
    expected: String,
}

/// More than the message says.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DetailData<'a> {
    /// The detail.
    error: &'a str,
}

/// Nothing more.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoData {}

impl<'a> FaultEnvelope<'a> {
    fn of_fault(fault: &'a Fault) -> Self {
        let message = fault.code.wire();
        let data = match (fault.fields.as_slice(), fault.detail.as_deref(), fault.code) {
            ([_, ..], ..) => FaultData::Validation(ValidationData {
                kind: ValidationKind::ValidationError,
                errors: fault.fields.iter().map(validation_entry).collect(),
            }),
            ([], Some(error), _) => FaultData::Detail(DetailData { error }),
            // The seed repeats the message of the state faults in the data.
            ([], None, Code::StateMalformed | Code::StateExpired | Code::StateUsed) => {
                FaultData::Detail(DetailData { error: message })
            }
            ([], None, _) => FaultData::Nothing(NoData {}),
        };
        Self { code: status(fault.code.class()).as_u16(), message, data }
    }
}

fn validation_entry(field: &FieldFault) -> ValidationEntry<'_> {
    ValidationEntry {
        key: &field.key,
        message: field.refusal.rule,
        value: field.value.as_deref(),
        expected: field.sentence(),
    }
}

/// The answer to a fault, in the dialect, with the headers that belong to its class.
pub(crate) fn respond(fault: &Fault, dialect: Dialect) -> Response<Bytes> {
    let status = status(fault.code.class());
    let rendered = match dialect {
        Dialect::Authorisation => json(status, &Message::of_fault(fault)),
        Dialect::Systems | Dialect::Plain => json(status, &FaultEnvelope::of_fault(fault)),
    };
    // Plain text and numbers always serialise; the empty object is the form of last resort.
    let mut response = rendered.unwrap_or_else(|_| json_bytes(status, Bytes::from_static(b"{}")));
    write_headers(fault, response.headers_mut());
    if fault.code.class() == Class::Unauthenticated {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge(fault.code)));
    }
    response
}

/// How people and programs are to say who they are.
pub(crate) const BEARER_CHALLENGE: &str = "Bearer";
/// How systems are to say who they are.
pub(crate) const BASIC_CHALLENGE: &str = "Basic realm=\"System Authentication\"";

/// How somebody who was not recognised is to say who they are (RFC 9110, 11.6.1).
pub(crate) const fn challenge(code: Code) -> &'static str {
    match code {
        Code::ApplianceUnknown
        | Code::ApplianceScheme
        | Code::ApplianceEncoding
        | Code::ApplianceCredentialsForm
        | Code::ApplianceCredentials => BASIC_CHALLENGE,
        _ => BEARER_CHALLENGE,
    }
}

/// Writes the headers that a fault brings along on APIs and pages alike.
pub(crate) fn write_headers(fault: &Fault, headers: &mut HeaderMap) {
    if matches!(fault.code.class(), Class::Unavailable | Class::TooMany) || fault.retry_after.is_some() {
        let seconds = fault.retry_after.map_or(1, bailiwick_domain::time::Span::as_seconds_rounded_up);
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
}
