//! Values on their way into a statement.

use std::borrow::Cow;
use std::fmt;

use bailiwick_domain::account::{Language, PhoneNumber, Theme};
use bailiwick_domain::api_key::KeyAccess;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::{
    AgreementId, ApiKeyId, AuditId, DeliveryId, FamilyId, InvitationId, LicenceId, MailId, OrganisationId, SeatPoolId,
    SessionId, SystemId, UserId,
};
use bailiwick_domain::licence::agreement::AgreementKind;
use bailiwick_domain::licence::key::LicenceKey;
use bailiwick_domain::licence::price::{BasisPoints, MinorUnits};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::{Right, Role};
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::session::SessionKind;
use bailiwick_domain::system::SystemType;
use bailiwick_domain::time::Timestamp;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut};
use uuid::Uuid;

/// A parameter of a statement, by kind.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A UUID: 16 bytes in SQLite, `uuid` in PostgreSQL.
    Id(Uuid),
    /// Text.
    Text(Cow<'static, str>),
    /// A whole number of 64 bits; moments are such numbers too.
    Int(i64),
    /// Yes or no: 1 or 0 in SQLite.
    Bool(bool),
    /// Bytes.
    Bytes(Vec<u8>),
    /// JSON: text in SQLite, `jsonb` in PostgreSQL.
    Json(serde_json::Value),
}

/// Without what texts and bytes say: drivers write values to the log, and a
/// hash or somebody's address does not belong there.
impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("Null"),
            Self::Id(id) => write!(formatter, "Id({id})"),
            Self::Text(text) => write!(formatter, "Text({} bytes)", text.len()),
            Self::Int(number) => write!(formatter, "Int({number})"),
            Self::Bool(truth) => write!(formatter, "Bool({truth})"),
            Self::Bytes(bytes) => write!(formatter, "Bytes({})", bytes.len()),
            Self::Json(_) => formatter.write_str("Json"),
        }
    }
}

macro_rules! value_from {
    ($($type:ty => |$value:ident| $body:expr;)*) => { $(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $body
            }
        }

        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                value.map_or(Self::Null, Self::from)
            }
        }
    )* };
}

value_from! {
    Uuid => |value| Self::Id(value);
    String => |value| Self::Text(Cow::Owned(value));
    &str => |value| Self::Text(Cow::Owned(value.to_owned()));
    i64 => |value| Self::Int(value);
    bool => |value| Self::Bool(value);
    Vec<u8> => |value| Self::Bytes(value);
    &[u8] => |value| Self::Bytes(value.to_vec());
    serde_json::Value => |value| Self::Json(value);
    UserId => |value| Self::Id(value.uuid());
    OrganisationId => |value| Self::Id(value.uuid());
    SessionId => |value| Self::Id(value.uuid());
    SystemId => |value| Self::Id(value.uuid());
    ApiKeyId => |value| Self::Id(value.uuid());
    DeliveryId => |value| Self::Id(value.uuid());
    MailId => |value| Self::Id(value.uuid());
    InvitationId => |value| Self::Id(value.uuid());
    AuditId => |value| Self::Id(value.uuid());
    AgreementId => |value| Self::Id(value.uuid());
    FamilyId => |value| Self::Id(value.uuid());
    LicenceId => |value| Self::Id(value.uuid());
    SeatPoolId => |value| Self::Id(value.uuid());
    LicenceKey => |value| Self::Text(Cow::Owned(value.to_string()));
    &AgreementKind => |value| Self::Text(Cow::Owned(value.as_str().to_owned()));
    MinorUnits => |value| Self::Int(value.amount());
    BasisPoints => |value| Self::Int(value.number().into());
    Timestamp => |value| Self::Int(value.microseconds());
    &Name => |value| Self::Text(Cow::Owned(value.as_str().to_owned()));
    &EmailAddress => |value| Self::Text(Cow::Owned(value.as_str().to_owned()));
    &SecretText => |value| Self::Text(Cow::Owned(value.expose().to_owned()));
    &SystemType => |value| Self::Text(Cow::Owned(value.as_str().to_owned()));
    &PhoneNumber => |value| Self::Text(Cow::Owned(value.as_str().to_owned()));
    Language => |value| Self::Text(Cow::Borrowed(value.tag()));
    Theme => |value| Self::Text(Cow::Borrowed(value.name()));
    Role => |value| Self::Text(Cow::Borrowed(value.name()));
    KeyAccess => |value| Self::Text(Cow::Borrowed(value.name()));
    Right => |value| Self::Text(Cow::Borrowed(value.name()));
    SessionKind => |value| Self::Text(Cow::Borrowed(value.name()));
    OrganisationKind => |value| Self::Text(Cow::Borrowed(value.name()));
}

/// The parameters of a statement, in order.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::Value::from($value)),*] };
}
pub(crate) use values;

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Id(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value.as_bytes())),
            Self::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Self::Int(value) => ToSqlOutput::Borrowed(ValueRef::Integer(*value)),
            Self::Bool(value) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*value))),
            Self::Bytes(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
            Self::Json(value) => ToSqlOutput::Owned(value.to_string().into()),
        })
    }
}

impl ToSql for Value {
    fn to_sql(&self, column: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Id(value) => value.to_sql(column, out),
            Self::Text(value) => value.to_sql(column, out),
            Self::Int(value) => value.to_sql(column, out),
            Self::Bool(value) => value.to_sql(column, out),
            Self::Bytes(value) => value.to_sql(column, out),
            Self::Json(value) => value.to_sql(column, out),
        }
    }

    /// Any column: a value of the wrong kind is caught by the server, which
    /// checks the width, and by the test that runs each query on both engines.
    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}
