//! Ways to the rows of a long list.
//!
//! Where something that is asked for leads to few rows, these are gathered, filtered and sorted; where it leads to
//! many, rows are read in the order of the list, of which enough pass before long: of the list of everything, or of
//! that of the one tree that somebody sees, in which nothing is passed that others see. Either way not all of a long
//! list is looked at for a page of it.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::search::Phrase;

use super::reach::{Reach, own_trees};
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::{Statement, statements};
use crate::value::{Value, values};

/// Up to how many rows are gathered: about as many as are passed, in a list of a million, until a page is full of the
/// rows that one of so many is.
macro_rules! gathered_max {
    () => {
        "5000"
    };
}
pub(super) use gathered_max;

/// How many rows something leads to, as far as it matters.
macro_rules! probe {
    ($from:expr) => {
        concat!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM ",
            $from,
            " LIMIT ",
            $crate::query::way::gathered_max!(),
            " + 1) AS p"
        )
    };
}
pub(super) use probe;

/// The number in [`gathered_max`].
const GATHERED_MAX: i64 = 5000;

statements! {
    /// Where the trees begin that somebody sees: as many as it takes to tell whether it is one.
    Read ROOTS = concat!("SELECT o.id, o.kind FROM ", own_trees!("$1", "$2", "$3", "$4"),
        " t JOIN organisations o ON o.id = t.id LIMIT 2");
}

record! {
    /// Where a tree begins.
    #[derive(Clone, Copy, Debug)]
    struct Root {
        id: OrganisationId,
        kind: OrganisationKind,
    }
}

/// How much of a list somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// All of it, or as good as all.
    Everything,
    /// What belongs to this distributor or reseller and to all below it.
    Partner(OrganisationId),
    /// Something else, which may be scattered.
    Scattered,
}

impl Sight {
    /// Whether it may be little of what a list would be read from: a partner has lists of its own, but none of what a
    /// search finds (`is_match`).
    pub(super) const fn is_narrow(self, is_match: bool) -> bool {
        match self {
            Self::Everything => false,
            Self::Partner(_) => is_match,
            Self::Scattered => true,
        }
    }
}

/// How much this person sees.
pub(super) async fn sight(link: &mut Link, reach: &Reach) -> Result<Sight> {
    if reach.is_everything() {
        return Ok(Sight::Everything);
    }
    let roots: Vec<Root> = link.all(&ROOTS, reach.person()).await?;
    Ok(match roots.as_slice() {
        [Root { kind: OrganisationKind::Owner, .. }] => Sight::Everything,
        [Root { kind: OrganisationKind::Distributor | OrganisationKind::Reseller, id }] => Sight::Partner(*id),
        _ => Sight::Scattered,
    })
}

/// A part of a list that is ordered by name: where everything that a search finds stands.
#[derive(Clone, Debug)]
pub(super) enum Stretch {
    /// From the first name to the last one.
    Whole,
    /// The names that begin with the phrase, because nothing else is found.
    Part([String; 2]),
}

impl Stretch {
    /// Where what the phrase finds stands; `has_later` says whether it finds something by a later word than the first.
    pub(super) async fn of(link: &mut Link, has_later: &'static Statement, phrase: Option<&Phrase>) -> Result<Self> {
        let Some(phrase) = phrase else { return Ok(Self::Whole) };
        let [from, to] = phrase.range();
        let is_scattered: bool = link.one(has_later, values![from.as_str(), to.as_str()]).await?;
        Ok(if is_scattered { Self::Whole } else { Self::Part([from, to]) })
    }

    pub(super) const fn is_part(&self) -> bool {
        matches!(self, Self::Part(_))
    }

    /// The first name of it, and the first one after it.
    pub(super) fn ends(&self) -> [String; 2] {
        match self {
            Self::Whole => [String::new(), char::MAX.into()],
            Self::Part(ends) => ends.clone(),
        }
    }
}

/// A way over few rows: how many there may be, how many of them pass, and pages of those in both directions.
pub(super) struct Narrow {
    pub(super) probe: &'static Statement,
    pub(super) count: &'static Statement,
    pub(super) page: [&'static Statement; 2],
}

/// The one of these ways that leads over the fewest rows, if those are few; each with what its probe is asked with.
pub(super) async fn narrow(
    link: &mut Link,
    ways: impl IntoIterator<Item = (&'static Narrow, Vec<Value>)>,
) -> Result<Option<&'static Narrow>> {
    let mut narrowest = None;
    let mut fewest = GATHERED_MAX;
    for (way, values) in ways {
        let rows: i64 = link.one(way.probe, &values).await?;
        if rows <= fewest {
            (narrowest, fewest) = (Some(way), rows);
        }
    }
    Ok(narrowest)
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_limits_are_the_same() {
        assert_eq!(gathered_max!().parse(), Ok(super::GATHERED_MAX));
    }
}
