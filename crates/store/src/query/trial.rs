//! How many systems of an organisation were given a licence to try.

use bailiwick_domain::id::{FamilyId, OrganisationId};

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::statement::statements;
use crate::value::values;

statements! {
    /// Counts and claims in one statement: of two that claim the last one at the same moment the second waits for the
    /// first, and changes nothing.
    Write CLAIM = "INSERT INTO trials (organisation_id, family_id, number) VALUES ($1, $2, 1) \
        ON CONFLICT (organisation_id, family_id) DO UPDATE SET number = trials.number + 1 WHERE trials.number < $3";
}

/// Takes one of the trials that an organisation is given of a family; false when it had all of them.
pub async fn claim(
    transaction: &mut WriteTransaction,
    organisation: OrganisationId,
    family: FamilyId,
    limit: i64,
) -> Result<bool> {
    Ok(limit > 0 && transaction.change(&CLAIM, values![organisation, family, limit]).await? == 1)
}
