//! Lists of invitations, as far as somebody reaches.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::invitation::InvitationStatus;
use bailiwick_domain::page::Page;
use bailiwick_domain::time::Timestamp;

use super::counted;
use super::invitation::{InvitationRecord, invitation_columns, sender_stands};
use super::pattern::contains;
use super::reach::{Reach, organisations_within_reach};
use crate::error::Result;
use crate::link::Link;
use crate::statement::statements;
use crate::value::{Value, values};

/// What became of an invitation, in the words of [`InvitationStatus`]; the moment is this parameter.
macro_rules! status {
    ($now:literal) => {
        concat!(
            "CASE WHEN i.accepted_at IS NOT NULL THEN 'accepted' WHEN i.revoked_at IS NOT NULL THEN 'revoked' \
             WHEN i.expires_at <= ",
            $now,
            " THEN 'expired' WHEN o.suspended_through IS NOT NULL OR NOT ",
            sender_stands!("i"),
            " THEN 'suspended' ELSE 'open' END"
        )
    };
}

/// The filters of a list, each of which lets everything pass when it is null: a status, an organisation, a pattern of
/// the folded address; and the moment.
macro_rules! filtered {
    ($status:literal, $organisation:literal, $address:literal, $now:literal) => {
        concat!(
            " AND (CAST(",
            $status,
            " AS TEXT) IS NULL OR ",
            status!($now),
            " = ",
            $status,
            ") AND (CAST(",
            $organisation,
            " AS UUID) IS NULL OR i.organisation_id = ",
            $organisation,
            ") AND (CAST(",
            $address,
            " AS TEXT) IS NULL OR i.email_folded LIKE ",
            $address,
            " ESCAPE '!')"
        )
    };
}

/// What is counted: no more than a list has to know.
macro_rules! counted {
    ($condition:expr, $limit:literal) => {
        concat!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM invitations i JOIN organisations o ON o.id = i.organisation_id \
             WHERE o.deleted_through IS NULL",
            $condition,
            " LIMIT ",
            $limit,
            ") AS counted"
        )
    };
}

statements! {
    Read PAGE = concat!(
        invitation_columns!(), "WHERE o.deleted_through IS NULL", filtered!("$1", "$2", "$3", "$4"),
        " ORDER BY i.created_at DESC, i.id DESC LIMIT $5 OFFSET $6");
    Read COUNT = counted!(filtered!("$1", "$2", "$3", "$4"), "$5");
    /// The organisations are a list, so that the index of theirs leads to the invitations of few among many.
    Read PAGE_WITHIN = concat!(
        invitation_columns!(), "WHERE o.deleted_through IS NULL AND i.organisation_id IN ",
        organisations_within_reach!("$1", "$2", "$3", "$4"), filtered!("$5", "$6", "$7", "$8"),
        " ORDER BY i.created_at DESC, i.id DESC LIMIT $9 OFFSET $10");
    Read COUNT_WITHIN = counted!(
        concat!(" AND i.organisation_id IN ", organisations_within_reach!("$1", "$2", "$3", "$4"),
            filtered!("$5", "$6", "$7", "$8")),
        "$9");
}

/// Which invitations are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvitationFilter {
    /// Those of which this became.
    pub status: Option<InvitationStatus>,
    /// Those into this very organisation.
    pub organisation: Option<OrganisationId>,
    /// Those to an address that contains this text, in whatever case.
    pub search: Option<String>,
}

/// A page of the invitations within reach, the newest first, and how many there are in all, of many only so far
/// ([`counted::bound`]).
pub async fn page(
    link: &mut Link,
    reach: &Reach,
    filter: &InvitationFilter,
    page: Page,
    now: Timestamp,
) -> Result<(Vec<InvitationRecord>, i64)> {
    let (count, list, membership): (_, _, &[Value]) = if reach.is_everything() {
        (&COUNT, &PAGE, &[])
    } else {
        (&COUNT_WITHIN, &PAGE_WITHIN, reach.bounded_membership())
    };
    let search = filter.search.as_deref().map(|text| contains(&text.to_lowercase()));
    let status = filter.status.map(InvitationStatus::name);
    let shared = [membership, values![status, filter.organisation, search, now]].concat();
    let total = link.one(count, &[shared.as_slice(), values![counted::bound(page)]].concat()).await?;
    let values = [shared.as_slice(), values![page.limit(), page.offset()]].concat();
    Ok((link.all(list, &values).await?, total))
}
