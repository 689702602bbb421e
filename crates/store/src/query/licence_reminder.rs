//! Which licences run out soon, of which that was told already, and whom it is told.

use bailiwick_domain::account::Language;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::{LicenceId, OrganisationId, UserId};
use bailiwick_domain::licence::key::LicenceKey;
use bailiwick_domain::name::Name;
use bailiwick_domain::time::Timestamp;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

/// The condition that a licence is worth a word: somebody may still use it, and knows of it.
macro_rules! worth_telling {
    () => {
        "l.revoked_at IS NULL AND l.suspended_at IS NULL AND NOT EXISTS (SELECT 1 FROM organisations h \
         WHERE h.id = l.holder_id AND h.deleted_through IS NOT NULL)"
    };
}

statements! {
    /// Along the index of ends; only then are the names looked up.
    Read DUE = concat!("SELECT l.id, l.licence_key, l.ends_at, a.name, a.kind = 'trial', h.id, h.name, l.provider_id, l.bound \
        FROM (SELECT l.id, l.licence_key, l.ends_at, l.agreement_id, l.holder_id, l.provider_id, l.bound FROM licences l \
              WHERE l.ends_at > $1 AND l.ends_at <= $2 AND NOT EXISTS (SELECT 1 FROM licence_reminders r \
                  WHERE r.licence_id = l.id AND r.ends_at = l.ends_at AND r.days = $3) AND ", worth_telling!(), " \
              ORDER BY l.ends_at, l.id LIMIT $4) l \
        JOIN agreements a ON a.id = l.agreement_id JOIN organisations h ON h.id = l.holder_id ORDER BY l.ends_at, l.id");
    /// Of several who are at it at once one inserts the row; and nobody does for what was decided otherwise meanwhile.
    Write CLAIM = concat!("INSERT INTO licence_reminders (licence_id, ends_at, days) \
        SELECT l.id, l.ends_at, CAST($3 AS BIGINT) FROM licences l WHERE l.id = $1 AND l.ends_at = $2 AND ",
        worth_telling!(), " ON CONFLICT DO NOTHING");
    Write NOTE = "INSERT INTO licence_reminders (licence_id, ends_at, days) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    /// Who administers an organisation, unless they or it are out. Names that others chose are in the mail, so that it is
    /// for those alone whose address is theirs for certain.
    Read ADMINISTRATORS = "SELECT u.id, u.email, u.language FROM memberships m JOIN users u ON u.id = m.user_id \
        JOIN organisations o ON o.id = m.organisation_id WHERE m.organisation_id = $1 AND m.role = 'admin' \
        AND u.suspended_at IS NULL AND u.confirmed_at IS NOT NULL AND o.suspended_through IS NULL \
        AND o.deleted_through IS NULL ORDER BY u.id LIMIT 10000";
}

record! {
    /// A licence that runs out soon.
    #[derive(Clone, Debug)]
    pub struct EndingLicence {
        /// Its id.
        pub id: LicenceId,
        /// Its key.
        pub key: LicenceKey,
        /// When it runs out.
        pub ends_at: Timestamp,
        /// How its agreement is called.
        pub agreement_name: Name,
        /// Whether it is there to try what it provides.
        pub is_trial: bool,
        /// Who holds it.
        pub holder: OrganisationId,
        /// How they are called.
        pub holder_name: Name,
        /// Who sells it, unless they are gone for good.
        pub provider: Option<OrganisationId>,
        /// How many systems have it.
        pub bound: i64,
    }
}

record! {
    /// Somebody who administers an organisation.
    #[derive(Clone, Debug)]
    pub struct Administrator {
        /// Their id.
        pub id: UserId,
        /// Where they get mail.
        pub email: EmailAddress,
        /// The language that they chose.
        pub language: Option<Language>,
    }
}

/// Some of the licences that run out after the first moment, up to the second, and of which it was not told so many days
/// before: those first that run out first.
pub async fn due(
    link: &mut Link,
    (after, until, days): (Timestamp, Timestamp, i64),
    limit: i64,
) -> Result<Vec<EndingLicence>> {
    link.all(&DUE, values![after, until, days, limit]).await
}

/// Takes it upon this transaction to tell of an end, so many days before; false when somebody else did, or when there is
/// nothing to tell any more.
pub async fn claim(
    transaction: &mut WriteTransaction,
    licence: LicenceId,
    ends_at: Timestamp,
    days: i64,
) -> Result<bool> {
    Ok(transaction.change(&CLAIM, values![licence, ends_at, days]).await? == 1)
}

/// Notes that nothing is to be told so many days before an end.
pub async fn note(transaction: &mut WriteTransaction, licence: LicenceId, ends_at: Timestamp, days: i64) -> Result<()> {
    transaction.change(&NOTE, values![licence, ends_at, days]).await.map(|_| ())
}

/// Those who administer an organisation and can be written to.
pub async fn administrators(link: &mut Link, organisation: OrganisationId) -> Result<Vec<Administrator>> {
    link.all(&ADMINISTRATORS, values![organisation]).await
}
