//! Lists of licences: filtered, counted, ordered, sliced (contract, section 3).

use std::collections::HashMap;

use bailiwick_domain::id::{AgreementId, LicenceId, OrganisationId, SystemId};
use bailiwick_domain::licence::agreement::AgreementKind;
use bailiwick_domain::licence::order::{LicenceOrder, LicenceOrders};
use bailiwick_domain::search;
use bailiwick_domain::time::Timestamp;

use super::licence::{LicenceRecord, licence_columns};
use super::licence_order::{Asked, MERGED_ROWS_MAX, compare, written};
use super::licence_place::Total;
use super::licence_plan::Range;
use super::licence_search::{Found, Sought, is_found};
use super::pattern::contains;
use super::reach::{Reach, organisations_within_reach, within_reach};
use super::way::{self, Sight};
use super::{licence_place, licence_plan, organisation};
use crate::error::Result;
use crate::link::Link;
use crate::statement::statements;
use crate::value::{Value, values};

/// The condition of a list: `$1` to `$5` are the reach, `$6` to `$17` the filters, each of which lets everything pass when
/// it is null. A system that is deleted, or not to be seen, is searched by nobody.
macro_rules! listed {
    () => {
        concat!(
            " WHERE h.deleted_through IS NULL AND ",
            within_reach!("l.holder_id"),
            " AND (CAST($6 AS UUID) IS NULL OR EXISTS (SELECT 1 FROM licence_systems b WHERE b.licence_id = l.id \
             AND b.system_id = $6)) \
             AND (CAST($7 AS TEXT) IS NULL OR a.kind = $7) \
             AND (CAST($8 AS UUID) IS NULL OR a.id = $8) \
             AND (CAST($9 AS TEXT) IS NULL OR a.folded_name = $9) \
             AND (CAST($10 AS TEXT) IS NULL OR ",
            is_found!("$10", "$12", "$13", "$14", "$15"),
            ") \
             AND (CAST($11 AS UUID) IS NULL OR l.holder_id = $11) \
             AND (CAST($16 AS BIGINT) IS NULL OR l.ends_at >= $16) AND (CAST($17 AS BIGINT) IS NULL OR l.ends_at < $17)"
        )
    };
}

/// One of the things that a list is ordered by: the parameter says which, and nothing where there is no more.
macro_rules! ordered_by {
    ($order:literal) => {
        concat!(
            "CASE ",
            $order,
            " WHEN 'AgreementName' THEN a.folded_name WHEN 'LicenseKey' THEN l.licence_key END, \
             CASE ",
            $order,
            " WHEN '-AgreementName' THEN a.folded_name WHEN '-LicenseKey' THEN l.licence_key END DESC, \
             CASE ",
            $order,
            " WHEN 'StartsAt' THEN l.starts_at WHEN '-StartsAt' THEN -l.starts_at \
             WHEN 'ExpiresAt' THEN l.ends_at WHEN '-ExpiresAt' THEN -l.ends_at END, "
        )
    };
}

/// How many licences there are, narrowed to what this leads to.
macro_rules! counted {
    ($narrowed:expr) => {
        concat!(
            "SELECT COUNT(*) FROM licences l JOIN agreements a ON a.id = l.agreement_id \
             JOIN organisations h ON h.id = l.holder_id",
            listed!(),
            $narrowed
        )
    };
}

/// A page of them: `$18` to `$21` say the order, `$22` and `$23` are the slice.
macro_rules! paged {
    ($narrowed:expr) => {
        concat!(
            licence_columns!(),
            listed!(),
            $narrowed,
            " ORDER BY ",
            ordered_by!("$18"),
            ordered_by!("$19"),
            ordered_by!("$20"),
            ordered_by!("$21"),
            "l.id LIMIT $22 OFFSET $23"
        )
    };
}

/// The licences that the system `$6` has, who are few.
macro_rules! of_system {
    () => {
        " AND l.id IN (SELECT sb.licence_id FROM licence_systems sb WHERE sb.system_id = $6)"
    };
}

/// The licences that the organisation `$11` holds.
macro_rules! held {
    () => {
        " AND l.holder_id = $11"
    };
}

/// The licences that organisations within reach hold: by the memberships that count.
macro_rules! in_sight {
    ($holder:literal, $first:literal, $second:literal, $third:literal) => {
        concat!(" AND l.holder_id IN ", organisations_within_reach!($holder, $first, $second, $third))
    };
}

/// The licences in the list of a partner.
macro_rules! in_list {
    ($partner:literal) => {
        concat!(" AND l.id IN (SELECT fp.licence_id FROM licence_places fp WHERE fp.partner_id = ", $partner, ")")
    };
}

/// Ten ids, from this one on.
macro_rules! ten {
    ($($id:literal)*) => {
        concat!($($id, ", ",)* "NULL")
    };
}

statements! {
    /// What is shown of the licences of a page, which are found already.
    Read SHOWN = concat!(licence_columns!(), " WHERE l.id IN (",
        ten!("$6" "$7" "$8" "$9" "$10" "$11" "$12" "$13" "$14" "$15"), ", ",
        ten!("$16" "$17" "$18" "$19" "$20" "$21" "$22" "$23" "$24" "$25"), ", ",
        ten!("$26" "$27" "$28" "$29" "$30" "$31" "$32" "$33" "$34" "$35"), ", ",
        ten!("$36" "$37" "$38" "$39" "$40" "$41" "$42" "$43" "$44" "$45"), ", ",
        ten!("$46" "$47" "$48" "$49" "$50" "$51" "$52" "$53" "$54" "$55"),
        ") AND h.deleted_through IS NULL AND ", within_reach!("l.holder_id"), " LIMIT 50");
    Read COUNT_LISTED = counted!(in_list!("$18"));
    Read LIST_LISTED = paged!(in_list!("$24"));
    Read COUNT_OF_SYSTEM = counted!(of_system!());
    Read LIST_OF_SYSTEM = paged!(of_system!());
    Read COUNT_HELD = counted!(held!());
    Read LIST_HELD = paged!(held!());
    Read COUNT_IN_SIGHT = counted!(in_sight!("$18", "$19", "$20", "$21"));
    Read LIST_IN_SIGHT = paged!(in_sight!("$24", "$25", "$26", "$27"));
}

/// How an agreement is named in a filter.
#[derive(Clone, Debug)]
pub enum AgreementKey {
    /// By the id of one version.
    Id(AgreementId),
    /// By its name, without regard to case or accents.
    Name(String),
}

/// Which licences are listed.
#[derive(Clone, Debug, Default)]
pub struct LicenceFilter {
    /// Those that this system has.
    pub system: Option<SystemId>,
    /// Those of this kind.
    pub kind: Option<AgreementKind>,
    /// Those under this agreement.
    pub agreement: Option<AgreementKey>,
    /// Those whose agreement, key or systems are called like this, without regard to case or accents.
    pub search: Option<String>,
    /// Those of this organisation itself.
    pub holder: Option<OrganisationId>,
    /// Those that run out then.
    pub ends: Option<std::ops::Range<Timestamp>>,
}

/// How many licences are looked up at once.
const SHOWN_AT_ONCE: usize = 50;

impl LicenceFilter {
    /// What is looked for, where something is.
    fn sought(&self) -> Option<Sought> {
        self.search.as_deref().and_then(Sought::new)
    }

    /// Whether licences under this agreement pass.
    fn wants(&self, total: &Total) -> bool {
        let is_of_kind = self.kind.as_ref().is_none_or(|kind| *kind == total.kind);
        is_of_kind
            && match &self.agreement {
                None => true,
                Some(AgreementKey::Id(id)) => *id == total.agreement,
                Some(AgreementKey::Name(name)) => search::fold(name) == total.folded_name,
            }
    }

    /// The part of a partner's list that it asks for.
    fn range(&self) -> Range {
        let ends = self.ends.as_ref();
        ends.map_or(Range::All, |ends| Range::Within(ends.start.microseconds(), ends.end.microseconds()))
    }

    /// The kind, the id, the name and a pattern of the name of the agreements; null where they do not matter.
    fn conditions(&self) -> [Value; 4] {
        let (id, name) = match &self.agreement {
            Some(AgreementKey::Id(id)) => (Some(*id), None),
            Some(AgreementKey::Name(name)) => (None, Some(search::fold(name))),
            None => (None, None),
        };
        let kind = self.kind.as_ref().map(|kind| kind.as_str().to_owned());
        [kind.into(), id.into(), name.into(), self.sought().map(|sought| contains(&sought.text)).into()]
    }

    fn values(&self) -> [Value; 12] {
        let sought = self.sought();
        let text = |range: fn(&Sought) -> &String| Value::from(sought.as_ref().map(|sought| range(sought).clone()));
        let [kind, id, name, pattern] = self.conditions();
        [
            self.system.into(),
            kind,
            id,
            name,
            pattern,
            self.holder.into(),
            text(|sought| &sought.keys[0]),
            text(|sought| &sought.keys[1]),
            text(|sought| &sought.words[0]),
            text(|sought| &sought.words[1]),
            self.ends.as_ref().map(|ends| ends.start).into(),
            self.ends.as_ref().map(|ends| ends.end).into(),
        ]
    }
}

/// The orders as the statement takes them.
fn order_values(orders: &LicenceOrders) -> [Value; 4] {
    let mut given = orders.as_slice().iter().map(|key| written(*key));
    LicenceOrder::ALL.map(|_| given.next().unwrap_or_default().into())
}

/// Some of the licences within reach, and how many there are in all.
pub async fn page(
    link: &mut Link,
    reach: &Reach,
    filter: &LicenceFilter,
    orders: &LicenceOrders,
    slice: (i64, i64),
) -> Result<(Vec<LicenceRecord>, i64)> {
    // What leads to few licences is looked up from there.
    let (count, list, narrowed) = if filter.system.is_some() {
        (&COUNT_OF_SYSTEM, &LIST_OF_SYSTEM, Vec::new())
    } else if filter.holder.is_some() {
        (&COUNT_HELD, &LIST_HELD, Vec::new())
    } else if let Some(partner) = partner(link, reach).await? {
        if let Some(page) = partner_page(link, (reach, partner), filter, orders, slice).await? {
            return Ok(page);
        }
        (&COUNT_LISTED, &LIST_LISTED, vec![partner.into()])
    } else {
        (&COUNT_IN_SIGHT, &LIST_IN_SIGHT, reach.bounded_membership().to_vec())
    };
    let mut values = reach.and(&filter.values());
    let asked = values.len();
    values.extend_from_slice(&narrowed);
    let total = link.one(count, &values).await?;
    values.truncate(asked);
    let (offset, limit) = slice;
    values.extend(order_values(orders));
    values.extend_from_slice(values![limit, offset]);
    values.extend(narrowed);
    Ok((link.all(list, &values).await?, total))
}

/// Whose list has all that is within reach, and nothing else: that of the owner, or of one partner.
async fn partner(link: &mut Link, reach: &Reach) -> Result<Option<OrganisationId>> {
    if reach.is_bounded() {
        return Ok(None);
    }
    match way::sight(link, reach).await? {
        Sight::Everything => organisation::owner(link).await,
        Sight::Partner(partner) => Ok(Some(partner)),
        Sight::Scattered => Ok(None),
    }
}

/// The same from the list of a partner, along its indexes; nothing where none has the order.
async fn partner_page(
    link: &mut Link,
    (reach, partner): (&Reach, OrganisationId),
    filter: &LicenceFilter,
    orders: &LicenceOrders,
    slice: (i64, i64),
) -> Result<Option<(Vec<LicenceRecord>, i64)>> {
    let range = filter.range();
    let totals = licence_place::totals(link, partner, range).await?;
    let agreements: Vec<&Total> = totals.iter().filter(|total| filter.wants(total)).collect();
    let asked = Asked::new(partner, &totals, agreements, filter.conditions());
    let sought = filter.sought();
    let is_named = |total: &&&Total| sought.as_ref().is_none_or(|sought| total.folded_name.contains(&sought.text));
    let named: Vec<&Total> = asked.agreements.iter().filter(is_named).copied().collect();
    let keys = orders.as_slice();
    let (offset, limit) = slice;
    let Some(found) = (match &sought {
        Some(sought) => asked.find(link, sought, (range, keys), offset.saturating_add(limit)).await?,
        None => Some(Found::default()),
    }) else {
        return Ok(None);
    };
    let count = named.iter().map(|total| total.number).sum::<i64>() + found.number;
    // What is found by keys and systems lies anywhere between: as much is read as may come before.
    let wanted = if found.number == 0 { slice } else { (0, offset.saturating_add(limit)) };
    if found.number > 0 && wanted.1 > MERGED_ROWS_MAX {
        return Ok(None);
    }
    let mut places = Vec::new();
    for (part, passed, taken) in licence_plan::slices(licence_plan::parts(&named, range, keys), wanted) {
        match asked.read(link, &part, (passed, taken)).await? {
            Some(some) => places.extend(some),
            None => return Ok(None),
        }
    }
    if found.number > 0 {
        places.extend(found.first);
        places.sort_by(|one, other| compare(one, other, keys));
        let (skipped, taken) = (usize::try_from(offset).unwrap_or(usize::MAX), usize::try_from(limit).unwrap_or(0));
        places = places.into_iter().skip(skipped).take(taken).collect();
    }
    let ids: Vec<LicenceId> = places.iter().map(|place| place.licence).collect();
    Ok(Some((shown(link, reach, &ids).await?, count)))
}

/// What is shown of these licences, in their order.
async fn shown(link: &mut Link, reach: &Reach, ids: &[LicenceId]) -> Result<Vec<LicenceRecord>> {
    let mut found = HashMap::new();
    for some in ids.chunks(SHOWN_AT_ONCE) {
        let mut values: Vec<Value> = some.iter().map(|id| Value::from(*id)).collect();
        values.resize(SHOWN_AT_ONCE, Value::Null);
        let records: Vec<LicenceRecord> = link.all(&SHOWN, &reach.and(&values)).await?;
        found.extend(records.into_iter().map(|record| (record.id, record)));
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}
