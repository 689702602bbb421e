//! Licences, one at a time.

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::{AgreementId, FamilyId, LicenceId, OrganisationId, SeatPoolId, UserId};
use bailiwick_domain::licence::agreement::AgreementKind;
use bailiwick_domain::licence::capability::{Capabilities, Catalogues};
use bailiwick_domain::licence::key::LicenceKey;
use bailiwick_domain::licence::price::{BasisPoints, MinorUnits};
use bailiwick_domain::licence::standing::LicenceFacts;
use bailiwick_domain::licence::term::GraceDays;
use bailiwick_domain::name::Name;
use bailiwick_domain::time::Timestamp;

use super::reach::{Reach, within_reach};
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

/// What stands for the end of a licence that does not run out, so that all of them have one order.
const ENDLESS: i64 = i64::MAX;

/// The columns of a [`LicenceRecord`] and where they come from: parameters `$1` to `$5` are the reach of whoever asks.
/// Who sells a licence is known to all who see it (contract, section 3).
macro_rules! licence_columns {
    () => {
        concat!(
            "SELECT l.id, l.licence_key, a.id, a.family_id, a.version, a.name, a.kind, a.provides, a.catalogues, \
             a.grace_days, a.published_at, a.withdrawn_at, h.id, h.name, p.id, p.name, l.pool_id, l.amount_per_month, \
             l.discount_bp, l.systems, l.bound, u.id, u.name, u.email, l.signed_at, l.starts_at, \
             NULLIF(l.ends_at, 9223372036854775807), l.paid_until_at, l.suspended_at, l.revoked_at, l.created_at, \
             l.updated_at FROM licences l JOIN agreements a ON a.id = l.agreement_id \
             JOIN organisations h ON h.id = l.holder_id \
             LEFT JOIN organisations p ON p.id = l.provider_id",
            $crate::query::reach::person_within_reach!("u", "l.signed_by")
        )
    };
}
pub(super) use licence_columns;

statements! {
    Write INSERT = "INSERT INTO licences (id, licence_key, agreement_id, holder_id, provider_id, pool_id, \
        amount_per_month, discount_bp, systems, bound, starts_at, ends_at, paid_until_at, created_at, updated_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, $13, $13)";
    /// Writing the row to itself holds it until the transaction ends.
    Write HOLD = "UPDATE licences SET updated_at = updated_at WHERE id = $1";
    Read FIND = concat!(licence_columns!(), " WHERE l.id = $6 AND h.deleted_through IS NULL AND ",
        within_reach!("l.holder_id"));
    /// By who sells it; who may no longer see whoever holds it does not decide of it either.
    Read IS_PROVIDED = concat!("SELECT EXISTS (SELECT 1 FROM licences l WHERE l.id = $6 AND ",
        within_reach!("l.provider_id"), ")");
    Write SIGN = "UPDATE licences SET signed_by = $2, signed_at = $3, updated_at = $3 \
        WHERE id = $1 AND signed_at IS NULL";
    Write UPDATE = "UPDATE licences SET amount_per_month = $2, discount_bp = $3, paid_until_at = $4, updated_at = $5 \
        WHERE id = $1";
    Write RENEW = "UPDATE licences SET agreement_id = $2, ends_at = $3, amount_per_month = $4, signed_by = CASE WHEN $5 \
        THEN signed_by END, signed_at = CASE WHEN $5 THEN signed_at END, systems = $6, updated_at = $7 WHERE id = $1";
    Write TRANSFER = "UPDATE licences SET holder_id = $2, signed_by = NULL, signed_at = NULL, updated_at = $3 \
        WHERE id = $1";
    Write SUSPEND = "UPDATE licences SET suspended_at = $2, updated_at = $2 WHERE id = $1 AND suspended_at IS NULL";
    Write REACTIVATE = "UPDATE licences SET suspended_at = NULL, updated_at = $2 \
        WHERE id = $1 AND suspended_at IS NOT NULL";
    Write REVOKE = "UPDATE licences SET revoked_at = $2, updated_at = $2 WHERE id = $1 AND revoked_at IS NULL";
}

record! {
    /// A licence with all that is shown of it.
    #[derive(Clone, Debug)]
    pub struct LicenceRecord {
        /// Its id.
        pub id: LicenceId,
        /// Its key.
        pub key: LicenceKey,
        /// The version of the agreement that it was issued or renewed under.
        pub agreement: AgreementId,
        /// All versions of that.
        pub family: FamilyId,
        /// Which version it is.
        pub agreement_version: i64,
        /// How it is called.
        pub agreement_name: Name,
        /// Its kind.
        pub agreement_kind: AgreementKind,
        /// What it allows.
        pub provides: Capabilities,
        /// The catalogues that it opens.
        pub catalogues: Catalogues,
        /// How long what it allows may be used after it has run out.
        pub grace: GraceDays,
        /// When the agreement was published.
        pub agreement_published_at: Option<Timestamp>,
        /// When it was withdrawn.
        pub agreement_withdrawn_at: Option<Timestamp>,
        /// Who holds it.
        pub holder: OrganisationId,
        /// How they are called.
        pub holder_name: Name,
        /// Who sells it, unless they are gone for good.
        pub provider: Option<OrganisationId>,
        /// How they are called.
        pub provider_name: Option<Name>,
        /// The pool whose seat it uses, where it uses one.
        pub pool: Option<SeatPoolId>,
        /// The price of a month.
        pub amount_per_month: MinorUnits,
        /// What is taken off that.
        pub discount: BasisPoints,
        /// How many systems it is for.
        pub systems: i64,
        /// How many have it.
        pub bound: i64,
        /// Who accepted the agreement, where they are to be seen.
        pub signer: Option<UserId>,
        /// How they are called.
        pub signer_name: Option<Name>,
        /// Their address.
        pub signer_email: Option<EmailAddress>,
        /// When they did.
        pub signed_at: Option<Timestamp>,
        /// When it begins.
        pub starts_at: Timestamp,
        /// When it runs out; never, without one.
        pub expires_at: Option<Timestamp>,
        /// Until when it is paid.
        pub paid_until_at: Option<Timestamp>,
        /// Since when it is suspended.
        pub suspended_at: Option<Timestamp>,
        /// When it was revoked.
        pub revoked_at: Option<Timestamp>,
        /// Since when it exists.
        pub created_at: Timestamp,
        /// When it was changed last.
        pub updated_at: Timestamp,
    }
}

impl LicenceRecord {
    /// What decides how it stands.
    #[must_use]
    pub fn facts(&self) -> LicenceFacts {
        LicenceFacts {
            is_trial: self.agreement_kind.is_trial(),
            starts_at: self.starts_at,
            expires_at: self.expires_at,
            grace: self.grace,
            suspended_at: self.suspended_at,
            revoked_at: self.revoked_at,
        }
    }
}

/// A licence to be issued.
#[derive(Clone, Copy, Debug)]
pub struct NewLicence {
    /// Its id.
    pub id: LicenceId,
    /// Its key.
    pub key: LicenceKey,
    /// Under which version of which agreement.
    pub agreement: AgreementId,
    /// Who is to hold it.
    pub holder: OrganisationId,
    /// Who sells it.
    pub provider: OrganisationId,
    /// The pool whose seat it uses.
    pub pool: Option<SeatPoolId>,
    /// The price of a month.
    pub amount_per_month: MinorUnits,
    /// What is taken off that.
    pub discount: BasisPoints,
    /// How many systems it is for.
    pub systems: i64,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it runs out.
    pub expires_at: Option<Timestamp>,
    /// Until when it is paid.
    pub paid_until_at: Option<Timestamp>,
}

/// What of a licence is changed when it is renewed.
#[derive(Clone, Copy, Debug)]
pub struct Renewal {
    /// Under which version it goes on.
    pub agreement: AgreementId,
    /// When it runs out.
    pub expires_at: Option<Timestamp>,
    /// The price of a month.
    pub amount_per_month: MinorUnits,
    /// How many systems it is for.
    pub systems: i64,
    /// Whether it stays signed, as it is under the version that was signed.
    pub stays_signed: bool,
}

/// Issues a licence.
pub async fn insert(transaction: &mut WriteTransaction, new: &NewLicence, now: Timestamp) -> Result<()> {
    let values = values![
        new.id,
        new.key,
        new.agreement,
        new.holder,
        new.provider,
        new.pool,
        new.amount_per_month,
        new.discount,
        new.systems,
        new.starts_at,
        stored_end(new.expires_at),
        new.paid_until_at,
        now,
    ];
    transaction.change(&INSERT, values).await.map(|_| ())
}

fn stored_end(end: Option<Timestamp>) -> i64 {
    end.map_or(ENDLESS, Timestamp::microseconds)
}

/// A licence, where whoever holds it is within reach.
pub async fn find(link: &mut Link, reach: &Reach, id: LicenceId) -> Result<Option<LicenceRecord>> {
    link.optional(&FIND, &reach.and(values![id])).await
}

/// Whether whoever sells a licence is within reach.
pub async fn is_provided(link: &mut Link, reach: &Reach, id: LicenceId) -> Result<bool> {
    link.one(&IS_PROVIDED, &reach.and(values![id])).await
}

/// Holds a licence until the transaction ends.
pub async fn hold(transaction: &mut WriteTransaction, id: LicenceId) -> Result<()> {
    transaction.change(&HOLD, values![id]).await.map(|_| ())
}

/// Notes who accepted its agreement; false where somebody has.
pub async fn sign(transaction: &mut WriteTransaction, id: LicenceId, user: UserId, now: Timestamp) -> Result<bool> {
    Ok(transaction.change(&SIGN, values![id, user, now]).await? == 1)
}

/// Changes what it costs and until when it is paid.
pub async fn update(
    transaction: &mut WriteTransaction,
    id: LicenceId,
    amount_per_month: MinorUnits,
    discount: BasisPoints,
    paid_until_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    transaction.change(&UPDATE, values![id, amount_per_month, discount, paid_until_at, now]).await.map(|_| ())
}

/// Has it last longer.
pub async fn renew(transaction: &mut WriteTransaction, id: LicenceId, renewal: &Renewal, now: Timestamp) -> Result<()> {
    let Renewal { agreement, expires_at, amount_per_month, systems, stays_signed } = *renewal;
    let values = values![id, agreement, stored_end(expires_at), amount_per_month, stays_signed, systems, now];
    transaction.change(&RENEW, values).await.map(|_| ())
}

/// Gives it to another organisation, which has not signed it.
pub async fn transfer(
    transaction: &mut WriteTransaction,
    id: LicenceId,
    holder: OrganisationId,
    now: Timestamp,
) -> Result<()> {
    transaction.change(&TRANSFER, values![id, holder, now]).await.map(|_| ())
}

/// Suspends it; false where it is.
pub async fn suspend(transaction: &mut WriteTransaction, id: LicenceId, now: Timestamp) -> Result<bool> {
    Ok(transaction.change(&SUSPEND, values![id, now]).await? == 1)
}

/// Ends its suspension; false where it is not suspended.
pub async fn reactivate(transaction: &mut WriteTransaction, id: LicenceId, now: Timestamp) -> Result<bool> {
    Ok(transaction.change(&REACTIVATE, values![id, now]).await? == 1)
}

/// Revokes it; false where it was.
pub async fn revoke(transaction: &mut WriteTransaction, id: LicenceId, now: Timestamp) -> Result<bool> {
    Ok(transaction.change(&REVOKE, values![id, now]).await? == 1)
}
