//! Agreements: written, published, replaced, withdrawn.

use bailiwick_domain::id::{AgreementId, FamilyId};
use bailiwick_domain::licence::agreement::{AgreementKind, AgreementStatus, Terms};
use bailiwick_domain::licence::capability::{Capabilities, Catalogues};
use bailiwick_domain::licence::price::MinorUnits;
use bailiwick_domain::licence::term::{DurationDays, GraceDays, LeaseDays, SystemsPerLicence, TrialsPerOrganisation};
use bailiwick_domain::name::Name;
use bailiwick_domain::search;
use bailiwick_domain::time::Timestamp;
use serde_json::json;

use super::pattern::contains;
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::{Value, values};

/// The columns of an [`AgreementRecord`].
macro_rules! agreement_columns {
    () => {
        "SELECT a.id, a.family_id, a.version, a.name, a.kind, a.provides, a.catalogues, a.duration_days, \
         a.amount_per_month, a.trials, a.grace_days, a.systems, a.lease_days, a.created_at, a.updated_at, \
         a.published_at, a.withdrawn_at FROM agreements a"
    };
}

/// The condition of a list: `$1` says whether drafts are shown, `$2` to `$4` are the filters, each of which lets
/// everything pass when it is null.
macro_rules! listed {
    () => {
        " WHERE (a.published_at IS NOT NULL OR CAST($1 AS BOOLEAN)) \
         AND (CAST($2 AS TEXT) IS NULL OR $2 = CASE WHEN a.published_at IS NULL THEN 'draft' \
              WHEN a.withdrawn_at IS NULL THEN 'published' ELSE 'withdrawn' END) \
         AND (CAST($3 AS TEXT) IS NULL OR a.kind = $3) \
         AND (CAST($4 AS TEXT) IS NULL OR a.folded_name LIKE $4 ESCAPE '!')"
    };
}

statements! {
    Write INSERT = "INSERT INTO agreements (id, family_id, version, name, folded_name, kind, provides, catalogues, \
        duration_days, amount_per_month, trials, grace_days, systems, lease_days, created_at, updated_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)";
    Write UPDATE = "UPDATE agreements SET name = $2, folded_name = $3, kind = $4, provides = $5, catalogues = $6, \
        duration_days = $7, amount_per_month = $8, trials = $9, grace_days = $10, systems = $11, lease_days = $12, \
        updated_at = $13 WHERE id = $1 AND published_at IS NULL";
    Write DELETE = "DELETE FROM agreements WHERE id = $1 AND published_at IS NULL";
    Write HOLD = "UPDATE agreements SET updated_at = updated_at WHERE family_id = \
        (SELECT f.family_id FROM agreements f WHERE f.id = $1)";
    Write PUBLISH = "UPDATE agreements SET published_at = $2, updated_at = $2 WHERE id = $1 AND published_at IS NULL";
    Write WITHDRAW = "UPDATE agreements SET withdrawn_at = $2, updated_at = $2 \
        WHERE id = $1 AND published_at IS NOT NULL AND withdrawn_at IS NULL";
    Read FIND = concat!(agreement_columns!(), " WHERE a.id = $1 AND (a.published_at IS NOT NULL OR CAST($2 AS BOOLEAN))");
    Read PUBLISHED = concat!(agreement_columns!(),
        " WHERE a.family_id = $1 AND a.published_at IS NOT NULL AND a.withdrawn_at IS NULL");
    /// The newest versions of a family; $2 says whether a draft is one.
    Read VERSIONS = concat!(agreement_columns!(), " WHERE a.family_id = $1 \
        AND (a.published_at IS NOT NULL OR CAST($2 AS BOOLEAN)) ORDER BY a.version DESC LIMIT $3");
    Read BY_NAME = concat!(agreement_columns!(), " WHERE a.folded_name = $1 ORDER BY a.family_id, a.version DESC LIMIT $2");
    Read LAST_VERSION = "SELECT COALESCE(MAX(version), 0) FROM agreements WHERE family_id = $1";
    Read COUNT = concat!("SELECT COUNT(*) FROM agreements a", listed!());
    Read LIST = concat!(agreement_columns!(), listed!(), " ORDER BY a.folded_name, a.family_id, a.version DESC \
        LIMIT $5 OFFSET $6");
    /// What is given to try, the newest first.
    Read TRIALS = concat!(agreement_columns!(), " WHERE a.kind = 'trial' AND a.trials > 0 \
        AND a.published_at IS NOT NULL AND a.withdrawn_at IS NULL ORDER BY a.published_at DESC, a.id DESC LIMIT 100");
}

record! {
    /// An agreement.
    #[derive(Clone, Debug)]
    pub struct AgreementRecord {
        /// The id of this version.
        pub id: AgreementId,
        /// The id of all its versions.
        pub family: FamilyId,
        /// Which version it is, from 1 on.
        pub version: i64,
        /// How it is called.
        pub name: Name,
        /// Its kind.
        pub kind: AgreementKind,
        /// What it allows.
        pub provides: Capabilities,
        /// The catalogues that it opens.
        pub catalogues: Catalogues,
        /// How long a licence lasts unless it is issued for longer or shorter.
        pub duration: Option<DurationDays>,
        /// The price of a month.
        pub amount_per_month: MinorUnits,
        /// How many systems of an organisation are given a licence to try.
        pub trials: TrialsPerOrganisation,
        /// How long what it allows may be used after a licence has run out.
        pub grace: GraceDays,
        /// How many systems a licence is for.
        pub systems: SystemsPerLicence,
        /// How long an appliance may go on without hearing from its server.
        pub lease: LeaseDays,
        /// Since when it exists.
        pub created_at: Timestamp,
        /// When it was changed last.
        pub updated_at: Timestamp,
        /// When it was published, where it was.
        pub published_at: Option<Timestamp>,
        /// When it was withdrawn, or replaced by a newer version.
        pub withdrawn_at: Option<Timestamp>,
    }
}

impl AgreementRecord {
    /// How far it has come.
    #[must_use]
    pub const fn status(&self) -> AgreementStatus {
        match (self.published_at, self.withdrawn_at) {
            (None, _) => AgreementStatus::Draft,
            (Some(_), None) => AgreementStatus::Published,
            (Some(_), Some(_)) => AgreementStatus::Withdrawn,
        }
    }

    /// What it says.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            name: self.name.clone(),
            kind: self.kind.clone(),
            provides: self.provides.clone(),
            catalogues: self.catalogues.clone(),
            duration: self.duration,
            amount_per_month: self.amount_per_month,
            trials: self.trials,
            grace: self.grace,
            systems: self.systems,
            lease: self.lease,
        }
    }
}

/// Which agreements are listed.
#[derive(Clone, Debug, Default)]
pub struct AgreementFilter {
    /// Those that have come this far.
    pub status: Option<AgreementStatus>,
    /// Those of this kind.
    pub kind: Option<AgreementKind>,
    /// Those whose name contains this text.
    pub search: Option<String>,
}

impl AgreementFilter {
    fn values(&self, with_drafts: bool) -> [Value; 4] {
        [
            with_drafts.into(),
            self.status.map(AgreementStatus::name).into(),
            self.kind.as_ref().map(|kind| kind.as_str().to_owned()).into(),
            self.search.as_deref().map(|text| contains(&search::fold(text))).into(),
        ]
    }
}

/// The columns of terms, in the order of the statements.
fn columns(terms: &Terms) -> [Value; 11] {
    [
        (&terms.name).into(),
        search::fold(terms.name.as_str()).into(),
        (&terms.kind).into(),
        json!(terms.provides).into(),
        json!(terms.catalogues).into(),
        terms.duration.map(DurationDays::number).into(),
        terms.amount_per_month.into(),
        terms.trials.number().into(),
        terms.grace.number().into(),
        terms.systems.number().into(),
        terms.lease.number().into(),
    ]
}

/// Writes a draft.
///
/// # Errors
/// [`crate::Error::Conflict`] when there is a draft of the family already.
pub async fn insert(
    transaction: &mut WriteTransaction,
    id: AgreementId,
    family: FamilyId,
    version: i64,
    terms: &Terms,
    now: Timestamp,
) -> Result<()> {
    let values: Vec<Value> =
        values![id, family, version].iter().cloned().chain(columns(terms)).chain([now.into()]).collect();
    transaction.change(&INSERT, &values).await.map(|_| ())
}

/// Changes a draft; false when it is none.
pub async fn update(
    transaction: &mut WriteTransaction,
    id: AgreementId,
    terms: &Terms,
    now: Timestamp,
) -> Result<bool> {
    let values: Vec<Value> = [id.into()].into_iter().chain(columns(terms)).chain([now.into()]).collect();
    Ok(transaction.change(&UPDATE, &values).await? == 1)
}

/// Removes a draft; false when it is none.
pub async fn delete(transaction: &mut WriteTransaction, id: AgreementId) -> Result<bool> {
    Ok(transaction.change(&DELETE, values![id]).await? == 1)
}

/// Holds all versions of an agreement until the transaction ends.
pub async fn hold(transaction: &mut WriteTransaction, id: AgreementId) -> Result<()> {
    transaction.change(&HOLD, values![id]).await.map(|_| ())
}

/// Publishes a draft; false when it is none.
///
/// # Errors
/// [`crate::Error::Conflict`] while another version of the family is published.
pub async fn publish(transaction: &mut WriteTransaction, id: AgreementId, now: Timestamp) -> Result<bool> {
    Ok(transaction.change(&PUBLISH, values![id, now]).await? == 1)
}

/// Withdraws what is published; false when it is not.
pub async fn withdraw(transaction: &mut WriteTransaction, id: AgreementId, now: Timestamp) -> Result<bool> {
    Ok(transaction.change(&WITHDRAW, values![id, now]).await? == 1)
}

/// One version; a draft only for those who write them.
pub async fn find(link: &mut Link, id: AgreementId, with_drafts: bool) -> Result<Option<AgreementRecord>> {
    link.optional(&FIND, values![id, with_drafts]).await
}

/// The version of a family under which licences are issued now.
pub async fn published(link: &mut Link, family: FamilyId) -> Result<Option<AgreementRecord>> {
    link.optional(&PUBLISHED, values![family]).await
}

/// The newest versions of a family; a draft only for those who write them.
pub async fn versions(
    link: &mut Link,
    family: FamilyId,
    with_drafts: bool,
    limit: i64,
) -> Result<Vec<AgreementRecord>> {
    link.all(&VERSIONS, values![family, with_drafts, limit]).await
}

/// All versions of the agreements of this name, without regard to case or accents: the newest of each family first.
pub async fn by_name(link: &mut Link, name: &Name, limit: i64) -> Result<Vec<AgreementRecord>> {
    link.all(&BY_NAME, values![search::fold(name.as_str()), limit]).await
}

/// The number of the newest version of a family; 0 where there is none.
pub async fn last_version(link: &mut Link, family: FamilyId) -> Result<i64> {
    link.one(&LAST_VERSION, values![family]).await
}

/// Some of the agreements by name, and how many there are in all.
pub async fn page(
    link: &mut Link,
    filter: &AgreementFilter,
    with_drafts: bool,
    (offset, limit): (i64, i64),
) -> Result<(Vec<AgreementRecord>, i64)> {
    let shared = filter.values(with_drafts);
    let total = link.one(&COUNT, &shared).await?;
    let values: Vec<Value> = shared.iter().chain(values![limit, offset]).cloned().collect();
    Ok((link.all(&LIST, &values).await?, total))
}

/// What is given to try now, the newest first.
pub async fn trials(link: &mut Link) -> Result<Vec<AgreementRecord>> {
    link.all(&TRIALS, &[]).await
}
