//! Ways to the rows of a long list.
//!
//! Where something that is asked for leads to few rows, these are gathered, filtered and sorted; where it leads to
//! many, rows are read in the order of the list, of which enough pass before long. Either way not all of a long list
//! is looked at for a page of it.

use crate::error::Result;
use crate::link::Link;
use crate::statement::Statement;
use crate::value::Value;

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
