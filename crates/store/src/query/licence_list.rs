//! Lists of licences: filtered, counted, ordered, sliced (contract, section 3).

use bailiwick_domain::id::{AgreementId, OrganisationId, SystemId};
use bailiwick_domain::licence::agreement::AgreementKind;
use bailiwick_domain::licence::order::{LicenceOrder, LicenceOrders};
use bailiwick_domain::page::Direction;
use bailiwick_domain::search;

use super::licence::{LicenceRecord, licence_columns};
use super::pattern::contains;
use super::reach::{Reach, within_reach};
use crate::error::Result;
use crate::link::Link;
use crate::statement::statements;
use crate::value::{Value, values};

/// The condition of a list: `$1` to `$5` are the reach, `$6` to `$12` the filters, each of which lets everything pass when
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
             AND (CAST($10 AS TEXT) IS NULL OR a.folded_name LIKE $10 ESCAPE '!' \
                  OR l.licence_key LIKE $10 ESCAPE '!' OR EXISTS (SELECT 1 FROM licence_systems b \
                  JOIN systems s ON s.id = b.system_id WHERE b.licence_id = l.id AND s.deleted_at IS NULL \
                  AND s.search_text LIKE $12 ESCAPE '!')) \
             AND (CAST($11 AS UUID) IS NULL OR l.holder_id = $11)"
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

statements! {
    Read COUNT = concat!("SELECT COUNT(*) FROM licences l JOIN agreements a ON a.id = l.agreement_id \
        JOIN organisations h ON h.id = l.holder_id", listed!());
    Read LIST = concat!(licence_columns!(), listed!(), " ORDER BY ", ordered_by!("$13"), ordered_by!("$14"),
        ordered_by!("$15"), ordered_by!("$16"), "l.id LIMIT $17 OFFSET $18");
}

/// What follows the name in the text that a system is searched by: its id, in a line of its own.
const BEFORE_ID: &str = "\n________-____-____-____-____________\n%";

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
}

impl LicenceFilter {
    fn values(&self) -> [Value; 7] {
        let (id, name) = match &self.agreement {
            Some(AgreementKey::Id(id)) => (Some(*id), None),
            Some(AgreementKey::Name(name)) => (None, Some(search::fold(name))),
            None => (None, None),
        };
        let search = self.search.as_deref().map(search::fold);
        [
            self.system.into(),
            self.kind.as_ref().map(|kind| kind.as_str().to_owned()).into(),
            id.into(),
            name.into(),
            search.as_deref().map(contains).into(),
            self.holder.into(),
            search.as_deref().map(|text| format!("{}{BEFORE_ID}", contains(text))).into(),
        ]
    }
}

/// The orders as the statement takes them.
fn order_values(orders: &LicenceOrders) -> [Value; 4] {
    let mut given = orders.as_slice().iter();
    LicenceOrder::ALL.map(|_| {
        let name = given.next().map(|(order, direction)| match direction {
            Direction::Ascending => order.name().to_owned(),
            Direction::Descending => format!("-{}", order.name()),
        });
        name.unwrap_or_default().into()
    })
}

/// Some of the licences within reach, and how many there are in all.
pub async fn page(
    link: &mut Link,
    reach: &Reach,
    filter: &LicenceFilter,
    orders: &LicenceOrders,
    (offset, limit): (i64, i64),
) -> Result<(Vec<LicenceRecord>, i64)> {
    let shared = reach.and(&filter.values());
    let total = link.one(&COUNT, &shared).await?;
    let order = order_values(orders);
    let values: Vec<Value> = shared.iter().chain(&order).chain(values![limit, offset]).cloned().collect();
    Ok((link.all(&LIST, &values).await?, total))
}
