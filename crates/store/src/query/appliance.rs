//! Systems that call for themselves.

use bailiwick_domain::id::{OrganisationId, SystemId};
use bailiwick_domain::name::Name;

use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

/// The columns of an [`ApplianceRecord`].
macro_rules! appliance_columns {
    () => {
        "SELECT s.id, s.organisation_id, o.name, o.suspended_through IS NOT NULL, s.secret_public_part, s.secret_salt, \
         s.secret_digest FROM systems s JOIN organisations o ON o.id = s.organisation_id \
         WHERE s.deleted_at IS NULL AND o.deleted_through IS NULL AND "
    };
}

statements! {
    Read BY_ID = concat!(appliance_columns!(), "s.id = $1");
    Read BY_KEY = concat!(appliance_columns!(), "s.secret_public_part = $1");
}

record! {
    /// A system, as it proves who it is.
    #[derive(Clone, Debug)]
    pub struct ApplianceRecord {
        /// Its id.
        pub id: SystemId,
        /// The organisation that it belongs to.
        pub organisation: OrganisationId,
        /// How that is called.
        pub organisation_name: Name,
        /// Whether that is suspended, or one above it.
        pub is_suspended: bool,
        /// The part of its secret that may be known.
        pub public_part: String,
        /// The salt of the other part.
        pub salt: Vec<u8>,
        /// The digest of that.
        pub digest: Vec<u8>,
    }
}

/// The system of this id.
pub async fn by_id(link: &mut Link, id: SystemId) -> Result<Option<ApplianceRecord>> {
    link.optional(&BY_ID, values![id]).await
}

/// The system whose secret has this public part.
pub async fn by_key(link: &mut Link, public_part: &str) -> Result<Option<ApplianceRecord>> {
    link.optional(&BY_KEY, values![public_part]).await
}
