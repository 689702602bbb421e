//! Identifiers: one type per kind of thing, so that the id of a user is never
//! taken for the id of a system.

use std::fmt;

use uuid::Uuid;

use crate::field::{Parse, Refusal};
use crate::time::Timestamp;

/// Random bits that a UUID version 7 takes beside its time (RFC 9562, 5.7).
pub type IdEntropy = [u8; 10];

/// A UUID version 7 for this moment (RFC 9562, 5.7): ids sort by their creation.
#[must_use]
pub fn uuid_v7(now: Timestamp, entropy: IdEntropy) -> Uuid {
    let milliseconds = u64::try_from(now.milliseconds()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &entropy).into_uuid()
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id for this moment.
            #[must_use]
            pub fn new(now: Timestamp, entropy: IdEntropy) -> Self {
                Self(uuid_v7(now, entropy))
            }

            /// The id that was stored or received as this UUID.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself, for the store.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(formatter)
            }
        }

        crate::schema::wire_text!($name, |value| value.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()), { "type": "string", "format": "uuid" });

        impl Parse for $name {
            fn parse_text(text: &str) -> Result<Self, Refusal> {
                parse_uuid(text).map(Self)
            }
        }
    )* };
}

id! {
    /// A person.
    UserId;
    /// An organisation of the partner tree.
    OrganisationId;
    /// A sign-in of a person: the family of all tokens that came from it.
    SessionId;
    /// A personal API key.
    ApiKeyId;
    /// A person's consent to being helped by somebody who acts as them.
    ConsentId;
    /// Something that somebody did as another person.
    ActId;
    /// A system in the field.
    SystemId;
    /// The terms under which licences are issued.
    AgreementId;
    /// All versions of an agreement.
    FamilyId;
    /// What an organisation is licensed.
    LicenceId;
    /// Seats that an organisation was given.
    SeatPoolId;
    /// A set of models or other goods of a publisher, which licences open; kept elsewhere.
    CatalogueId;
    /// A message in the outbox; also the `webhook-id` of a callback.
    DeliveryId;
    /// A mail in the outbox, and what its `Message-ID` begins with.
    MailId;
    /// An invitation into an organisation.
    InvitationId;
    /// An entry of the audit log.
    AuditId;
    /// Anything that an entry of the audit log can be about; what it is, stands beside it.
    AnyId;
    /// A request, as its answer's `x-request-id`, the log and the audit log name it.
    RequestId;
}

/// Reads a UUID in its hyphenated form, in either case.
///
/// Other spellings (braces, `urn:uuid:`, no hyphens) are refused: one thing has
/// one name.
fn parse_uuid(text: &str) -> Result<Uuid, Refusal> {
    const HYPHENATED_LENGTH: usize = 36;
    let uuid = (text.len() == HYPHENATED_LENGTH).then(|| Uuid::try_parse(text).ok()).flatten();
    uuid.ok_or_else(|| Refusal::new("uuid", "a UUID such as 0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7a"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_moment_of_their_creation() {
        let early = SystemId::new(Timestamp::from_milliseconds(1000), [0xff; 10]);
        let late = SystemId::new(Timestamp::from_milliseconds(1001), [0; 10]);
        assert!(early < late);
        assert_eq!(early.uuid().get_version_num(), 7);
    }

    #[test]
    fn only_the_hyphenated_spelling_is_an_id() {
        assert!(UserId::parse_text("0198F3C2-7d5e-7c1a-9b1e-3f2a4d5c6b7a").is_ok());
        for other in ["", "0198f3c27d5e7c1a9b1e3f2a4d5c6b7a", "{0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7a}", "nonsense"] {
            assert!(UserId::parse_text(other).is_err(), "{other}");
        }
    }
}
