//! Reading the audit log: filtered, a page at a time.

use bailiwick_domain::id::{AuditId, OrganisationId, uuid_v7};
use bailiwick_domain::page::Page;
use bailiwick_domain::time::{Span, Timestamp};
use uuid::Uuid;

use super::audit::audit_columns;
use super::reach::{Reach, organisations_within_reach};
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::{Statement, statements};
use crate::value::{Value, values};

/// The condition of every list: `$1` and `$2` bound the id, which begins with the
/// moment of the entry and is the key of the table; `$3` and `$4` bound the
/// moment itself; `$5` to `$9` let everything pass when they are null.
macro_rules! listed {
    () => {
        " WHERE a.id >= $1 AND a.id <= $2 AND a.at >= $3 AND a.at < $4 \
         AND (CAST($5 AS TEXT) IS NULL OR a.action = $5) \
         AND (CAST($6 AS UUID) IS NULL OR a.actor_id = $6) \
         AND (CAST($7 AS UUID) IS NULL OR a.organisation_id = $7) \
         AND (CAST($8 AS TEXT) IS NULL OR a.subject_kind = $8) \
         AND (CAST($9 AS UUID) IS NULL OR a.subject_id = $9)"
    };
}

/// The same, and the entry's organisation is within reach: `$10` to `$13`. It is
/// asked for as a list, so that its index leads to the entries of few among many.
macro_rules! listed_within {
    () => {
        concat!(listed!(), " AND a.organisation_id IN ", organisations_within_reach!("$10", "$11", "$12", "$13"))
    };
}

macro_rules! entries {
    () => {
        concat!("SELECT ", audit_columns!(), ", lane, number, digest FROM audit a")
    };
}

statements! {
    Read COUNT = concat!("SELECT COUNT(*) FROM audit a", listed!());
    Read COUNT_WITHIN = concat!("SELECT COUNT(*) FROM audit a", listed_within!());
    Read PAGE = concat!(entries!(), listed!(), " ORDER BY a.id DESC LIMIT $10 OFFSET $11");
    Read PAGE_WITHIN = concat!(entries!(), listed_within!(), " ORDER BY a.id DESC LIMIT $14 OFFSET $15");
    Read NEXT = concat!(entries!(), listed!(), " AND a.id > $10 ORDER BY a.id LIMIT $11");
    Read NEXT_WITHIN = concat!(entries!(), listed_within!(), " AND a.id > $14 ORDER BY a.id LIMIT $15");
}

record! {
    /// An entry as it is read.
    #[derive(Clone, Debug)]
    pub struct AuditRecord {
        /// The id.
        pub id: AuditId,
        /// When.
        pub at: Timestamp,
        /// What kind of actor.
        pub actor_kind: String,
        /// Which one, where it has an id.
        pub actor: Option<Uuid>,
        /// By what right.
        pub right: Option<String>,
        /// On which organisation.
        pub organisation: Option<OrganisationId>,
        /// What was done.
        pub action: String,
        /// On what kind of thing.
        pub subject_kind: String,
        /// On which one.
        pub subject: Option<Uuid>,
        /// From where.
        pub address: Option<String>,
        /// In which request.
        pub request_id: String,
        /// What else is worth knowing, as JSON.
        pub details: String,
        /// In which lane of the chain.
        pub lane: Option<i64>,
        /// At which place of the lane.
        pub number: Option<i64>,
        /// The digest of it and all before it in its lane.
        pub digest: Option<Vec<u8>>,
    }
}

/// Which entries are listed.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Those of this moment or later.
    pub from: Option<Timestamp>,
    /// Those before this moment.
    pub to: Option<Timestamp>,
    /// Those of this action.
    pub action: Option<String>,
    /// Those of this actor.
    pub actor: Option<Uuid>,
    /// Those on this very organisation.
    pub organisation: Option<OrganisationId>,
    /// Those on things of this kind.
    pub subject_kind: Option<String>,
    /// Those on this very thing.
    pub subject: Option<Uuid>,
}

impl AuditFilter {
    fn values(&self) -> [Value; 9] {
        let first = self.from.map_or(Uuid::nil(), |from| uuid_v7(from, [0; 10]));
        let last = self.to.map_or(Uuid::max(), |to| uuid_v7(to, [0xff; 10]));
        [
            first.into(),
            last.into(),
            self.from.unwrap_or(Timestamp::from_microseconds(i64::MIN)).into(),
            self.to.unwrap_or(Timestamp::from_microseconds(i64::MAX)).into(),
            self.action.clone().into(),
            self.actor.into(),
            self.organisation.into(),
            self.subject_kind.clone().into(),
            self.subject.into(),
        ]
    }

    /// The parameters of a statement: the filter, the reach where it has an end, and more.
    fn with(&self, reach: &Reach, more: &[Value]) -> Vec<Value> {
        let membership = if reach.is_everything() { &[] } else { reach.membership() };
        self.values().iter().chain(membership).chain(more).cloned().collect()
    }
}

/// A page of the entries within reach, the newest first, and how many there are in all.
///
/// Entries that concern no organisation are within reach of super admins alone.
pub async fn page(link: &mut Link, reach: &Reach, filter: &AuditFilter, page: Page) -> Result<(Vec<AuditRecord>, i64)> {
    let (count, list) = either(reach, (&COUNT, &PAGE), (&COUNT_WITHIN, &PAGE_WITHIN));
    let total = link.one(count, &filter.with(reach, &[])).await?;
    let values = filter.with(reach, values![page.limit(), page.offset()]);
    Ok((link.all(list, &values).await?, total))
}

/// The next entries within reach after this one, the oldest first.
pub async fn next(
    link: &mut Link,
    reach: &Reach,
    filter: &AuditFilter,
    after: Option<AuditId>,
    limit: i64,
) -> Result<Vec<AuditRecord>> {
    let (statement, ()) = either(reach, (&NEXT, ()), (&NEXT_WITHIN, ()));
    let after = after.map_or(Uuid::nil(), AuditId::uuid);
    // Nothing that is still to come was written before: the index of organisations leads past the rest.
    let filter = AuditFilter { from: filter.from.max(moment(after)), ..filter.clone() };
    link.all(statement, &filter.with(reach, values![after, limit])).await
}

/// The moment, to the millisecond, at which an id begins (RFC 9562, 5.7).
fn moment(id: Uuid) -> Option<Timestamp> {
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    let begun = Timestamp::from_seconds(i64::try_from(seconds).ok()?);
    Some(begun.plus(Span::microseconds(i64::from(nanoseconds) / 1000)))
}

type Choice<T> = (&'static Statement, T);

fn either<T>(reach: &Reach, everything: Choice<T>, within: Choice<T>) -> Choice<T> {
    if reach.is_everything() { everything } else { within }
}
