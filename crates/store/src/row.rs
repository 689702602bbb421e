//! Rows, read from left to right.

use std::collections::BTreeMap;

use bailiwick_domain::account::{Language, PhoneNumber, Theme};
use bailiwick_domain::api_key::KeyAccess;
use bailiwick_domain::audit::Field;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::{
    AgreementId, ApiKeyId, AuditId, DeliveryId, FamilyId, InvitationId, LicenceId, MailId, OrganisationId, SeatPoolId,
    SessionId, SystemId, UserId,
};
use bailiwick_domain::licence::agreement::AgreementKind;
use bailiwick_domain::licence::capability::{Capabilities, Catalogues};
use bailiwick_domain::licence::change::ChangeKind;
use bailiwick_domain::licence::key::LicenceKey;
use bailiwick_domain::licence::price::{BasisPoints, MinorUnits};
use bailiwick_domain::licence::seats::MoveKind;
use bailiwick_domain::licence::term::{DurationDays, GraceDays, LeaseDays, SystemsPerLicence, TrialsPerOrganisation};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::session::SessionKind;
use bailiwick_domain::system::{CustomData, SystemType};
use bailiwick_domain::time::Timestamp;
use bailiwick_domain::vat_number::VatNumber;
use rusqlite::types::ValueRef;
use tokio_postgres::types::{FromSql, Json, Type};
use uuid::Uuid;

use crate::error::{Error, Result};

/// One row of either engine.
#[derive(Debug)]
pub struct Row<'row> {
    source: Source<'row>,
    next: usize,
}

#[derive(Debug)]
enum Source<'row> {
    Sqlite(&'row rusqlite::Row<'row>),
    Postgres(&'row tokio_postgres::Row),
}

impl<'row> Row<'row> {
    pub(crate) const fn sqlite(row: &'row rusqlite::Row<'row>) -> Self {
        Self { source: Source::Sqlite(row), next: 0 }
    }

    pub(crate) const fn postgres(row: &'row tokio_postgres::Row) -> Self {
        Self { source: Source::Postgres(row), next: 0 }
    }

    /// How many columns it has.
    pub(crate) fn width(&self) -> usize {
        match self.source {
            Source::Sqlite(row) => row.as_ref().column_count(),
            Source::Postgres(row) => row.len(),
        }
    }

    /// The next column.
    pub fn column<T: Column>(&mut self) -> Result<T> {
        let index = self.next;
        self.next += 1;
        match self.source {
            Source::Sqlite(row) => {
                T::from_sqlite(row.get_ref(index)?).map_err(|problem| Error::Row(format!("column {index}: {problem}")))
            }
            Source::Postgres(row) => {
                T::from_postgres(row, index).map_err(|problem| Error::Row(format!("column {index}: {problem}")))
            }
        }
    }
}

/// A value that can be read from a column of either engine.
pub trait Column: Sized {
    /// Reads it from SQLite.
    fn from_sqlite(value: ValueRef<'_>) -> Result<Self, String>;
    /// Reads it from PostgreSQL.
    fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Result<Self, String>;
}

macro_rules! column {
    ($($type:ty, |$value:ident| $sqlite:expr;)*) => { $(
        impl Column for $type {
            fn from_sqlite($value: ValueRef<'_>) -> Result<Self, String> {
                $sqlite
            }

            fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Result<Self, String> {
                row.try_get(index).map_err(|error| error.to_string())
            }
        }
    )* };
}

column! {
    Uuid, |value| value.as_blob().map_err(|error| error.to_string())
        .and_then(|bytes| Uuid::from_slice(bytes).map_err(|error| error.to_string()));
    String, |value| value.as_str().map(str::to_owned).map_err(|error| error.to_string());
    i64, |value| value.as_i64().map_err(|error| error.to_string());
    bool, |value| value.as_i64().map(|number| number != 0).map_err(|error| error.to_string());
    Vec<u8>, |value| value.as_blob().map(<[u8]>::to_vec).map_err(|error| error.to_string());
    Json<Members>, |value| value.as_str().map_err(|error| error.to_string())
        .and_then(|text| serde_json::from_str(text).map(Json).map_err(|error| error.to_string()));
    serde_json::Value, |value| value.as_str().map_err(|error| error.to_string())
        .and_then(|text| serde_json::from_str(text).map_err(|error| error.to_string()));
}

/// What [`CustomData`] is kept as.
type Members = BTreeMap<String, String>;

/// Columns that are kept as a plainer type.
macro_rules! column_through {
    ($($type:ty: $plain:ty, |$value:ident| $convert:expr;)*) => { $(
        impl Column for $type {
            fn from_sqlite(value: ValueRef<'_>) -> Result<Self, String> {
                let $value = <$plain>::from_sqlite(value)?;
                $convert
            }

            fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Result<Self, String> {
                let $value = <$plain>::from_postgres(row, index)?;
                $convert
            }
        }
    )* };
}

/// Columns of text that was parsed before it was stored, and is parsed again.
macro_rules! column_parsed {
    ($($type:ty,)*) => { $(
        impl Column for $type {
            fn from_sqlite(value: ValueRef<'_>) -> Result<Self, String> {
                parsed(value.as_str().map_err(|error| error.to_string())?)
            }

            fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Result<Self, String> {
                parsed(row.try_get(index).map_err(|error| error.to_string())?)
            }
        }
    )* };
}

fn parsed<T: Parse>(text: &str) -> Result<T, String> {
    T::parse_text(text).map_err(|refusal| format!("stored text is not {}", refusal.expected))
}

fn parsed_json<T: Parse>(value: &serde_json::Value) -> Result<T, String> {
    T::parse_json(value).map_err(|refusal| format!("stored JSON is not {}", refusal.expected))
}

fn out_of_bounds(number: i64) -> String {
    format!("stored number is out of its bounds: {number}")
}

column_parsed! { Name, EmailAddress, Role, KeyAccess, OrganisationKind, SystemType, PhoneNumber, Language, Theme, VatNumber, AgreementKind,
LicenceKey, MoveKind, ChangeKind, }

column_through! {
    UserId: Uuid, |value| Ok(Self::from_uuid(value));
    ApiKeyId: Uuid, |value| Ok(Self::from_uuid(value));
    AuditId: Uuid, |value| Ok(Self::from_uuid(value));
    OrganisationId: Uuid, |value| Ok(Self::from_uuid(value));
    SessionId: Uuid, |value| Ok(Self::from_uuid(value));
    SystemId: Uuid, |value| Ok(Self::from_uuid(value));
    DeliveryId: Uuid, |value| Ok(Self::from_uuid(value));
    MailId: Uuid, |value| Ok(Self::from_uuid(value));
    InvitationId: Uuid, |value| Ok(Self::from_uuid(value));
    AgreementId: Uuid, |value| Ok(Self::from_uuid(value));
    FamilyId: Uuid, |value| Ok(Self::from_uuid(value));
    LicenceId: Uuid, |value| Ok(Self::from_uuid(value));
    SeatPoolId: Uuid, |value| Ok(Self::from_uuid(value));
    MinorUnits: i64, |value| Self::new(value).ok_or_else(|| out_of_bounds(value));
    BasisPoints: i64, |value| Self::new(value).ok_or_else(|| out_of_bounds(value));
    DurationDays: i64, |value| Self::new(value).ok_or_else(|| out_of_bounds(value));
    GraceDays: i64, |value| Self::new(value).ok_or_else(|| out_of_bounds(value));
    LeaseDays: i64, |value| Self::new(value).ok_or_else(|| out_of_bounds(value));
    SystemsPerLicence: i64, |value| Self::new(value).ok_or_else(|| out_of_bounds(value));
    TrialsPerOrganisation: i64, |value| Self::new(value).ok_or_else(|| out_of_bounds(value));
    Capabilities: serde_json::Value, |value| parsed_json(&value);
    Catalogues: serde_json::Value, |value| parsed_json(&value);
    Timestamp: i64, |value| Ok(Self::from_microseconds(value));
    CustomData: Json<Members>, |value| Self::from_members(value.0)
        .map_err(|refusal| format!("stored JSON is not {}", refusal.expected));
    SecretText: String, |value| Ok(Self::new(value));
    SessionKind: String, |value| Self::from_name(&value).ok_or_else(|| format!("no session kind: {value}"));
}

/// A column as it is stored, whatever somebody put there: what is read to be checked must not fail
/// to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// There is no value.
    Absent,
    /// Bytes, such as the 16 of a UUID.
    Bytes(Vec<u8>),
    /// The bytes of a text.
    Text(Vec<u8>),
    /// A whole number; 1 or 0 for yes or no.
    Number(i64),
}

impl Stored {
    /// The column as a digest sees it.
    #[must_use]
    pub fn field(&self) -> Field<'_> {
        match self {
            Self::Absent => Field::Absent,
            Self::Bytes(bytes) => Field::Bytes(bytes),
            Self::Text(bytes) => Field::Text(bytes),
            Self::Number(number) => Field::Number(*number),
        }
    }
}

impl Column for Stored {
    fn from_sqlite(value: ValueRef<'_>) -> Result<Self, String> {
        Ok(match value {
            ValueRef::Null => Self::Absent,
            ValueRef::Integer(number) => Self::Number(number),
            ValueRef::Real(number) => Self::Text(number.to_string().into_bytes()),
            ValueRef::Text(bytes) => Self::Text(bytes.to_vec()),
            ValueRef::Blob(bytes) => Self::Bytes(bytes.to_vec()),
        })
    }

    fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Result<Self, String> {
        row.try_get(index).map_err(|error| error.to_string())
    }
}

impl<'a> FromSql<'a> for Stored {
    fn from_sql(column: &Type, bytes: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(match *column {
            Type::INT8 => Self::Number(i64::from_sql(column, bytes)?),
            Type::BOOL => Self::Number(i64::from(bool::from_sql(column, bytes)?)),
            Type::TEXT | Type::VARCHAR => Self::Text(bytes.to_vec()),
            // The text of JSON stands behind the number of its version.
            Type::JSONB => Self::Text(bytes.strip_prefix(&[1]).unwrap_or_default().to_vec()),
            _ => Self::Bytes(bytes.to_vec()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self::Absent)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Whether a PostgreSQL column is null, whatever its type.
struct Presence(bool);

impl<'a> FromSql<'a> for Presence {
    fn from_sql(_: &Type, _: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(true))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(false))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl<T: Column> Column for Option<T> {
    fn from_sqlite(value: ValueRef<'_>) -> Result<Self, String> {
        if value == ValueRef::Null { Ok(None) } else { T::from_sqlite(value).map(Some) }
    }

    fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Result<Self, String> {
        let presence: Presence = row.try_get(index).map_err(|error| error.to_string())?;
        if presence.0 { T::from_postgres(row, index).map(Some) } else { Ok(None) }
    }
}

/// Something that can be read from a row.
pub trait Record: Sized {
    /// Reads it, column by column.
    fn read(row: &mut Row<'_>) -> Result<Self>;
}

impl<T: Column> Record for T {
    fn read(row: &mut Row<'_>) -> Result<Self> {
        row.column()
    }
}

/// A struct whose fields are the columns of its query, in this order.
macro_rules! record {
    ($(#[$meta:meta])* $visible:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_visible:vis $field:ident: $type:ty,)*
    }) => {
        $(#[$meta])*
        $visible struct $name { $($(#[$field_meta])* $field_visible $field: $type,)* }

        impl $crate::Record for $name {
            fn read(row: &mut $crate::Row<'_>) -> $crate::Result<Self> {
                Ok(Self { $($field: row.column()?,)* })
            }
        }
    };
}
pub(crate) use record;
