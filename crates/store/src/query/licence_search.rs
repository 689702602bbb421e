//! What a search finds of licences: by the name of their agreement, the beginning of their key, and the words of the names
//! of their systems.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::search::{self, Phrase};

use super::licence_order::{Place, place_columns};
use super::way::gathered_max;
use crate::error::Result;
use crate::link::Link;
use crate::statement::statements;
use crate::value::values;

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

statements! {
    List BY_KEY = concat!(place_columns!(), "licence_places pl CROSS JOIN agreements a WHERE a.id = pl.agreement_id \
        AND pl.partner_id = $1 AND pl.licence_key >= $2 AND pl.licence_key < $3 LIMIT ", gathered_max!(), " + 1");
    List BY_SYSTEM = concat!(place_columns!(), "system_search_starts ss CROSS JOIN licence_systems b \
        CROSS JOIN licence_places pl CROSS JOIN agreements a WHERE ss.start >= $2 AND ss.start < $3 \
        AND b.system_id = ss.system_id AND pl.partner_id = $1 AND pl.licence_id = b.licence_id AND a.id = pl.agreement_id \
        LIMIT ", gathered_max!(), " + 1");
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

/// The licences in a partner's list that are found by their key or by a system, each once; nothing where they are many.
pub(super) async fn gather(link: &mut Link, partner: OrganisationId, sought: &Sought) -> Result<Option<Vec<Place>>> {
    let mut found: Vec<Place> = Vec::new();
    for (statement, [from, to]) in [(&BY_KEY, &sought.keys), (&BY_SYSTEM, &sought.words)] {
        let values = values![partner, from.as_str(), to.as_str()];
        let some: Vec<Place> = link.all(statement, values).await?;
        if some.len() > GATHERED_MAX {
            return Ok(None);
        }
        found.extend(some);
    }
    found.sort_by_key(|place| place.licence);
    found.dedup_by_key(|place| place.licence);
    Ok(Some(found))
}

/// The number in [`gathered_max`].
const GATHERED_MAX: usize = 5000;
