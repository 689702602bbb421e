//! Which systems have which licence.

use bailiwick_domain::id::{LicenceId, OrganisationId, SystemId};
use bailiwick_domain::licence::capability::{Capabilities, Catalogues};
use bailiwick_domain::licence::standing::LicenceFacts;
use bailiwick_domain::licence::term::{GraceDays, LeaseDays};
use bailiwick_domain::name::Name;
use bailiwick_domain::system::SystemType;
use bailiwick_domain::time::Timestamp;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

statements! {
    /// The place is taken by the count, which a check of the table bounds.
    Write TAKE_PLACE = "UPDATE licences SET bound = bound + 1, updated_at = $2 WHERE id = $1 AND bound < systems";
    Write INSERT = "INSERT INTO licence_systems (licence_id, system_id, bound_at) VALUES ($1, $2, $3)";
    Write DELETE = "DELETE FROM licence_systems WHERE licence_id = $1 AND system_id = $2";
    Write FREE_PLACE = "UPDATE licences SET bound = bound - 1, updated_at = $2 WHERE id = $1 AND bound > 0";
    Write DELETE_ALL = "DELETE FROM licence_systems WHERE licence_id = $1";
    Write FREE_ALL = "UPDATE licences SET bound = 0, updated_at = $2 WHERE id = $1";
    Read OF_LICENCE = "SELECT s.id, s.name, s.type, b.bound_at FROM licence_systems b \
        JOIN systems s ON s.id = b.system_id WHERE b.licence_id = $1 AND s.deleted_at IS NULL \
        ORDER BY s.search_text, s.id LIMIT $2 OFFSET $3";
    Read LICENCES_OF = "SELECT licence_id FROM licence_systems WHERE system_id = $1 ORDER BY licence_id LIMIT 10000";
    Read STANDINGS = "SELECT l.id, l.holder_id, o.name, a.kind = 'trial', a.provides, a.catalogues, a.lease_days, \
        a.grace_days, l.starts_at, NULLIF(l.ends_at, 9223372036854775807), l.suspended_at, l.revoked_at \
        FROM licence_systems b JOIN licences l ON l.id = b.licence_id JOIN agreements a ON a.id = l.agreement_id \
        JOIN organisations o ON o.id = l.holder_id WHERE b.system_id = $1 ORDER BY l.id LIMIT 10000";
}

record! {
    /// A system that has a licence.
    #[derive(Clone, Debug)]
    pub struct BoundSystem {
        /// Its id.
        pub id: SystemId,
        /// Its name.
        pub name: Name,
        /// The kind of system.
        pub kind: SystemType,
        /// Since when it has the licence.
        pub bound_at: Timestamp,
    }
}

record! {
    /// What a system has by one licence.
    #[derive(Clone, Debug)]
    pub struct SystemLicence {
        /// The licence.
        pub id: LicenceId,
        /// Who holds it.
        pub holder: OrganisationId,
        /// How they are called.
        pub holder_name: Name,
        is_trial: bool,
        /// What it allows.
        pub provides: Capabilities,
        /// The catalogues that it opens.
        pub catalogues: Catalogues,
        /// How long the system may go on without hearing from its server.
        pub lease: LeaseDays,
        grace: GraceDays,
        starts_at: Timestamp,
        expires_at: Option<Timestamp>,
        suspended_at: Option<Timestamp>,
        revoked_at: Option<Timestamp>,
    }
}

impl SystemLicence {
    /// What decides how it stands.
    #[must_use]
    pub const fn facts(&self) -> LicenceFacts {
        LicenceFacts {
            is_trial: self.is_trial,
            starts_at: self.starts_at,
            expires_at: self.expires_at,
            grace: self.grace,
            suspended_at: self.suspended_at,
            revoked_at: self.revoked_at,
        }
    }
}

/// Gives a system a licence; false where the licence is for no more systems.
///
/// # Errors
/// [`crate::Error::Conflict`] where it has it already.
pub async fn bind(
    transaction: &mut WriteTransaction,
    licence: LicenceId,
    system: SystemId,
    now: Timestamp,
) -> Result<bool> {
    if transaction.change(&TAKE_PLACE, values![licence, now]).await? == 0 {
        return Ok(false);
    }
    transaction.change(&INSERT, values![licence, system, now]).await?;
    Ok(true)
}

/// Takes a licence from a system; false where it has it not.
pub async fn release(
    transaction: &mut WriteTransaction,
    licence: LicenceId,
    system: SystemId,
    now: Timestamp,
) -> Result<bool> {
    if transaction.change(&DELETE, values![licence, system]).await? == 0 {
        return Ok(false);
    }
    transaction.change(&FREE_PLACE, values![licence, now]).await?;
    Ok(true)
}

/// Takes a licence from all systems that have it.
pub async fn release_all(transaction: &mut WriteTransaction, licence: LicenceId, now: Timestamp) -> Result<u64> {
    let released = transaction.change(&DELETE_ALL, values![licence]).await?;
    transaction.change(&FREE_ALL, values![licence, now]).await?;
    Ok(released)
}

/// The systems that have a licence, by name.
pub async fn of_licence(link: &mut Link, licence: LicenceId, (offset, limit): (i64, i64)) -> Result<Vec<BoundSystem>> {
    link.all(&OF_LICENCE, values![licence, limit, offset]).await
}

/// The licences that a system has.
pub async fn licences_of(link: &mut Link, system: SystemId) -> Result<Vec<LicenceId>> {
    link.all(&LICENCES_OF, values![system]).await
}

/// What a system has by all its licences.
pub async fn standings(link: &mut Link, system: SystemId) -> Result<Vec<SystemLicence>> {
    link.all(&STANDINGS, values![system]).await
}
