//! What a search finds of licences: by the name of their agreement, the beginning of their key, and the words of the names
//! of their systems.

use bailiwick_domain::id::{AgreementId, LicenceId};
use bailiwick_domain::licence::order::LicenceOrder;
use bailiwick_domain::search::{self, Phrase};

use super::licence_order::{Asked, MERGED_ROWS_MAX, Place, PlaceRow, compare, written};
use super::licence_part::{place_columns, then_by};
use super::licence_plan::{Key, Range};
use super::way::gathered_max;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::{Value, values};

/// The condition that a licence `l` under the agreement `a` is found: by these parameters, the first of which is a
/// pattern for the name of the agreement, and the others are two ranges.
macro_rules! is_found {
    ($name:literal, $key_from:literal, $key_to:literal, $word_from:literal, $word_to:literal) => {
        concat!(
            "(a.folded_name LIKE ",
            $name,
            " ESCAPE '!' OR (l.licence_key >= ",
            $key_from,
            " AND l.licence_key < ",
            $key_to,
            ") OR EXISTS (SELECT 1 FROM licence_systems b JOIN system_search_starts ss ON ss.system_id = b.system_id \
             WHERE b.licence_id = l.id AND ss.start >= ",
            $word_from,
            " AND ss.start < ",
            $word_to,
            "))"
        )
    };
}
pub(super) use is_found;

/// The places `pl` in the list `$1` that are found by their key, between `$6` and `$7`, or by a word of a system, between
/// `$8` and `$9`: of the agreements `a` that are asked for, as `$2` to `$4` say, and are not called like `$5` themselves;
/// as far as they end from `$10` on and before `$11`, where these are not null.
macro_rules! found {
    () => {
        "(SELECT kp.licence_id FROM licence_places kp WHERE kp.partner_id = $1 AND kp.licence_key >= $6 \
         AND kp.licence_key < $7 UNION SELECT b.licence_id FROM system_search_starts ss CROSS JOIN licence_systems b \
         WHERE ss.start >= $8 AND ss.start < $9 AND b.system_id = ss.system_id) f \
         CROSS JOIN licence_places pl CROSS JOIN agreements a WHERE pl.licence_id = f.licence_id AND pl.partner_id = $1 \
         AND a.id = pl.agreement_id AND (CAST($2 AS TEXT) IS NULL OR a.kind = $2) \
         AND (CAST($3 AS UUID) IS NULL OR a.id = $3) AND (CAST($4 AS TEXT) IS NULL OR a.folded_name = $4) \
         AND a.folded_name NOT LIKE $5 ESCAPE '!' AND (CAST($10 AS BIGINT) IS NULL OR pl.ends_at >= $10) \
         AND (CAST($11 AS BIGINT) IS NULL OR pl.ends_at < $11)"
    };
}

statements! {
    /// How many there are in all stands beside each of them, so that they are looked up once.
    Walk FIRST = concat!("SELECT pl.licence_id, pl.agreement_id, pl.licence_key, pl.starts_at, pl.ends_at, COUNT(*) OVER () \
        FROM ", found!(), " ORDER BY ", then_by!("$12"), then_by!("$13"), then_by!("$14"),
        then_by!("$15"), "pl.licence_id LIMIT $16");
    Walk BY_KEY = concat!(place_columns!(), "licence_places pl WHERE pl.partner_id = $1 AND pl.licence_key >= $2 AND pl.licence_key < $3 LIMIT ", gathered_max!(), " + 1");
    Walk BY_SYSTEM = concat!(place_columns!(), "system_search_starts ss CROSS JOIN licence_systems b \
        CROSS JOIN licence_places pl WHERE ss.start >= $2 AND ss.start < $3 AND b.system_id = ss.system_id \
        AND pl.partner_id = $1 AND pl.licence_id = b.licence_id LIMIT ", gathered_max!(), " + 1");
}

/// What somebody looks for.
#[derive(Clone, Debug)]
pub(super) struct Sought {
    /// As it may stand in the name of an agreement.
    pub(super) text: String,
    /// Between which texts a key lies that begins with it.
    pub(super) keys: [String; 2],
    /// Between which texts words of a name lie that begin with it; between nothing where it has no words.
    pub(super) words: [String; 2],
}

impl Sought {
    /// What was typed; nothing where that is blank.
    pub(super) fn new(typed: &str) -> Option<Self> {
        let text = search::fold(typed.trim());
        let phrase = Phrase::new(typed);
        let words = if phrase.is_empty() { [String::new(), String::new()] } else { phrase.range() };
        let keys = [text.clone(), format!("{text}{}", char::MAX)];
        (!text.is_empty()).then_some(Self { text, keys, words })
    }
}

record! {
    /// A licence that is found, with all that it can be ordered by, and how many are.
    struct Hit {
        licence: LicenceId,
        agreement: AgreementId,
        licence_key: String,
        starts_at: i64,
        ends_at: i64,
        number: i64,
    }
}

impl Hit {
    fn row(self) -> PlaceRow {
        let Self { licence, agreement, licence_key, starts_at, ends_at, number: _ } = self;
        PlaceRow { licence, agreement, licence_key, starts_at, ends_at }
    }
}

/// What is found in a list by keys and systems, beside what is found by the names of agreements.
#[derive(Default)]
pub(super) struct Found {
    /// How many licences.
    pub(super) number: i64,
    /// The first of them in the order of the list, as many as were wanted.
    pub(super) first: Vec<Place>,
}

impl Asked<'_> {
    /// What is found by keys and systems of the agreements that are asked for, as far as these are not found by their
    /// own names; nothing where more is wanted than can be merged with those.
    pub(super) async fn find(
        &self,
        link: &mut Link,
        sought: &Sought,
        (range, keys): (Range, &[Key]),
        wanted: i64,
    ) -> Result<Option<Found>> {
        if let Some(mut first) = self.gather(link, sought).await? {
            let is_asked = |place: &Place| {
                let total = self.agreements.iter().find(|total| total.agreement == place.agreement);
                total.is_some_and(|total| !total.folded_name.contains(&sought.text))
            };
            first.retain(|place| is_asked(place) && place.is_within(range));
            first.sort_by(|one, other| compare(one, other, keys));
            return Ok(Some(Found { number: i64::try_from(first.len()).unwrap_or(i64::MAX), first }));
        }
        if wanted > MERGED_ROWS_MAX {
            return Ok(None);
        }
        self.look_up(link, sought, (range, keys), wanted).await.map(Some)
    }

    /// The same of many, which are put in order by the database.
    pub(super) async fn look_up(
        &self,
        link: &mut Link,
        sought: &Sought,
        (range, keys): (Range, &[Key]),
        wanted: i64,
    ) -> Result<Found> {
        let (from, before) = match range {
            Range::Within(from, before) => (Some(from), Some(before)),
            _ => (None, None),
        };
        let [kind, id, name, pattern] = self.conditions.clone();
        let mut values = vec![self.partner.into(), kind, id, name, pattern];
        for text in sought.keys.iter().chain(&sought.words) {
            values.push(text.as_str().into());
        }
        values.extend_from_slice(values![from, before]);
        let mut then = keys.iter().map(|key| Value::from(written(*key)));
        values.extend(LicenceOrder::ALL.map(|_| then.next().unwrap_or_else(|| "".into())));
        // One at the least: it says how many there are.
        values.push(wanted.max(1).into());
        let hits: Vec<Hit> = link.all(&FIRST, &values).await?;
        let number = hits.first().map_or(0, |hit| hit.number);
        Ok(Found { number, first: hits.into_iter().map(|hit| self.place(hit.row())).collect() })
    }

    /// The licences that are found by their key or by a system, each once; nothing where they are many.
    async fn gather(&self, link: &mut Link, sought: &Sought) -> Result<Option<Vec<Place>>> {
        let mut found: Vec<Place> = Vec::new();
        for (statement, [from, to]) in [(&BY_KEY, &sought.keys), (&BY_SYSTEM, &sought.words)] {
            let values = values![self.partner, from.as_str(), to.as_str()];
            let some = self.places(link, statement, values).await?;
            if some.len() > GATHERED_MAX {
                return Ok(None);
            }
            found.extend(some);
        }
        found.sort_by_key(|place| place.licence);
        found.dedup_by_key(|place| place.licence);
        Ok(Some(found))
    }
}

/// The number in [`gathered_max`].
const GATHERED_MAX: usize = 5000;
