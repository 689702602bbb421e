//! One organisation with all that is shown of it.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::system::CustomData;
use bailiwick_domain::time::Timestamp;
use bailiwick_domain::vat_number::VatNumber;

use super::reach::{Reach, within_reach};
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

/// The columns of an [`OrganisationDetails`] and where they come from: parameters `$1` to `$5` are the reach. What
/// stands above is shown only where it is within reach too. `$from` gives the organisations `o`.
macro_rules! details {
    () => {
        $crate::query::organisation_details::details!("organisations o")
    };
    ($from:expr) => {
        concat!(
            "SELECT o.id, o.kind, o.name, o.vat_number, o.custom_data, o.suspended_at, o.suspended_through IS NOT NULL, \
             o.deleted_at, o.deleted_through IS NOT NULL, o.created_at, o.updated_at, p.id, p.name, p.kind \
             FROM ",
            $from,
            " LEFT JOIN organisations p ON p.id = o.parent_id AND ",
            within_reach!("p.id")
        )
    };
}
pub(super) use details;

statements! {
    Read FIND = concat!(details!(), " WHERE ", within_reach!("o.id"), " AND o.deleted_through IS NULL AND o.id = $6");
    Read FIND_DELETED_TOO = concat!(details!(), " WHERE ", within_reach!("o.id"), " AND o.id = $6");
    /// Whether an organisation within reach has this number already, other than this one.
    Read VAT_IS_KNOWN = concat!("SELECT EXISTS (SELECT 1 FROM organisations o WHERE o.vat_number = $6 \
        AND (CAST($7 AS UUID) IS NULL OR o.id <> $7) AND o.deleted_through IS NULL AND ", within_reach!("o.id"), ")");
}

record! {
    /// An organisation with all that is shown of it.
    #[derive(Clone, Debug)]
    pub struct OrganisationDetails {
        /// The id.
        pub id: OrganisationId,
        /// Its place in the partner tree.
        pub kind: OrganisationKind,
        /// Its name.
        pub name: Name,
        /// Its VAT number, where it is known.
        pub vat_number: Option<VatNumber>,
        /// What others attach to it.
        pub custom_data: Option<CustomData>,
        /// When it was suspended itself, where it is.
        pub suspended_at: Option<Timestamp>,
        /// Whether it is out, by what was decided of it or above it.
        pub is_suspended: bool,
        /// When it was deleted itself, where it is.
        pub deleted_at: Option<Timestamp>,
        /// Whether it is deleted, by what was decided of it or above it.
        pub is_deleted: bool,
        /// Since when it is known.
        pub created_at: Timestamp,
        /// When it was changed last.
        pub updated_at: Timestamp,
        /// What it stands below, where that is within reach.
        pub parent: Option<OrganisationId>,
        /// That one's name.
        pub parent_name: Option<Name>,
        /// That one's kind.
        pub parent_kind: Option<OrganisationKind>,
    }
}

/// An organisation, where it is within reach and not deleted.
pub async fn find(link: &mut Link, reach: &Reach, id: OrganisationId) -> Result<Option<OrganisationDetails>> {
    link.optional(&FIND, &reach.and(values![id])).await
}

/// The same, deleted or not: for whoever may take a deletion back, or make it final.
pub async fn find_anyhow(link: &mut Link, reach: &Reach, id: OrganisationId) -> Result<Option<OrganisationDetails>> {
    link.optional(&FIND_DELETED_TOO, &reach.and(values![id])).await
}

/// Whether an organisation within reach, other than this one, has the number.
pub async fn vat_is_known(
    link: &mut Link,
    reach: &Reach,
    number: &VatNumber,
    except: Option<OrganisationId>,
) -> Result<bool> {
    link.one(&VAT_IS_KNOWN, &reach.and(values![number.as_str(), except])).await
}
