//! Reading the audit log: filtered, a page at a time.

use bailiwick_domain::id::{AuditId, OrganisationId, uuid_v7};
use bailiwick_domain::page::Page;
use bailiwick_domain::time::{Span, Timestamp};
use uuid::Uuid;

use super::audit::audit_columns;
use super::counted;
use super::reach::{Reach, organisations_within_reach};
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::{Statement, statements};
use crate::value::{Value, values};

/// Up to how many entries are counted: they are read one after the other, and many of them lie side by side.
const COUNTED_MAX: i64 = 10_000;

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

/// One more condition, which the ones above imply where a subject or an actor is asked for: an index
/// leads to it, as it never does to what may also be null.
macro_rules! of_subject {
    () => {
        " AND a.subject_id = $9"
    };
}

macro_rules! by_actor {
    () => {
        " AND a.actor_id = $6"
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

/// How many there are, counted up to a bound.
macro_rules! count {
    ($bound:literal, $($condition:expr),+) => {
        concat!("SELECT COUNT(*) FROM (SELECT 1 FROM audit a", $($condition,)+ " LIMIT ", $bound, ") AS counted")
    };
}

macro_rules! page {
    ($limit:literal, $offset:literal, $($condition:expr),+) => {
        concat!(entries!(), $($condition,)+ " ORDER BY a.id DESC LIMIT ", $limit, " OFFSET ", $offset)
    };
}

macro_rules! next {
    ($after:literal, $limit:literal, $($condition:expr),+) => {
        concat!(entries!(), $($condition,)+ " AND a.id > ", $after, " ORDER BY a.id LIMIT ", $limit)
    };
}

statements! {
    Read COUNT = count!("$10", listed!());
    Read COUNT_OF_SUBJECT = count!("$10", listed!(), of_subject!());
    Read COUNT_BY_ACTOR = count!("$10", listed!(), by_actor!());
    Read COUNT_WITHIN = count!("$14", listed_within!());
    Read COUNT_OF_SUBJECT_WITHIN = count!("$14", listed_within!(), of_subject!());
    Read COUNT_BY_ACTOR_WITHIN = count!("$14", listed_within!(), by_actor!());
    Read PAGE = page!("$10", "$11", listed!());
    Read PAGE_OF_SUBJECT = page!("$10", "$11", listed!(), of_subject!());
    Read PAGE_BY_ACTOR = page!("$10", "$11", listed!(), by_actor!());
    Read PAGE_WITHIN = page!("$14", "$15", listed_within!());
    Read PAGE_OF_SUBJECT_WITHIN = page!("$14", "$15", listed_within!(), of_subject!());
    Read PAGE_BY_ACTOR_WITHIN = page!("$14", "$15", listed_within!(), by_actor!());
    Read NEXT = next!("$10", "$11", listed!());
    Read NEXT_OF_SUBJECT = next!("$10", "$11", listed!(), of_subject!());
    Read NEXT_BY_ACTOR = next!("$10", "$11", listed!(), by_actor!());
    Read NEXT_WITHIN = next!("$14", "$15", listed_within!());
    Read NEXT_OF_SUBJECT_WITHIN = next!("$14", "$15", listed_within!(), of_subject!());
    Read NEXT_BY_ACTOR_WITHIN = next!("$14", "$15", listed_within!(), by_actor!());
}

/// The statements of one way through the log.
struct Way {
    count: &'static Statement,
    page: &'static Statement,
    next: &'static Statement,
}

impl Way {
    /// The one that leads past the fewest entries.
    fn of(reach: &Reach, filter: &AuditFilter) -> Self {
        let (count, page, next) = match (reach.is_everything(), filter.subject, filter.actor) {
            (true, Some(_), _) => (&COUNT_OF_SUBJECT, &PAGE_OF_SUBJECT, &NEXT_OF_SUBJECT),
            (true, None, Some(_)) => (&COUNT_BY_ACTOR, &PAGE_BY_ACTOR, &NEXT_BY_ACTOR),
            (true, None, None) => (&COUNT, &PAGE, &NEXT),
            (false, Some(_), _) => (&COUNT_OF_SUBJECT_WITHIN, &PAGE_OF_SUBJECT_WITHIN, &NEXT_OF_SUBJECT_WITHIN),
            (false, None, Some(_)) => (&COUNT_BY_ACTOR_WITHIN, &PAGE_BY_ACTOR_WITHIN, &NEXT_BY_ACTOR_WITHIN),
            (false, None, None) => (&COUNT_WITHIN, &PAGE_WITHIN, &NEXT_WITHIN),
        };
        Self { count, page, next }
    }
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
        let membership = if reach.is_everything() { &[] } else { reach.bounded_membership() };
        self.values().iter().chain(membership).chain(more).cloned().collect()
    }
}

/// A page of the entries within reach, the newest first, and how many there are in all.
///
/// Many are counted only so far ([`COUNTED_MAX`]).
/// Entries that concern no organisation are within reach of super admins alone.
pub async fn page(link: &mut Link, reach: &Reach, filter: &AuditFilter, page: Page) -> Result<(Vec<AuditRecord>, i64)> {
    let way = Way::of(reach, filter);
    let total = link.one(way.count, &filter.with(reach, values![counted::bound_from(COUNTED_MAX, page)])).await?;
    let values = filter.with(reach, values![page.limit(), page.offset()]);
    Ok((link.all(way.page, &values).await?, total))
}

/// The next entries within reach after this one, the oldest first.
pub async fn next(
    link: &mut Link,
    reach: &Reach,
    filter: &AuditFilter,
    after: Option<AuditId>,
    limit: i64,
) -> Result<Vec<AuditRecord>> {
    let way = Way::of(reach, filter);
    let after = after.map_or(Uuid::nil(), AuditId::uuid);
    // Nothing that is still to come was written before: the index of organisations leads past the rest.
    let filter = AuditFilter { from: filter.from.max(moment(after)), ..filter.clone() };
    link.all(way.next, &filter.with(reach, values![after, limit])).await
}

/// The moment, to the millisecond, at which an id begins (RFC 9562, 5.7).
fn moment(id: Uuid) -> Option<Timestamp> {
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    let begun = Timestamp::from_seconds(i64::try_from(seconds).ok()?);
    Some(begun.plus(Span::microseconds(i64::from(nanoseconds) / 1000)))
}
