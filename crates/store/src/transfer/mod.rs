//! Moving everything: reading all rows of all tables at one moment, and putting them into a database that is new.
//!
//! Which tables there are follows from the migrations ([`schema`]), and so do the statements that read and write them
//! ([`statements`]): a step that adds a table needs no change here.

mod cells;
mod insertion;
mod schema;
mod statements;

use bailiwick_domain::transfer::{Cell, Table};

use crate::error::Result;
use crate::link::Link;
use crate::row::{Record, Row, Stored};
use crate::statement::Statement;
use crate::value::values;

pub use insertion::Insertion;
pub use schema::schema;

/// Rows that are read at once.
const PAGE: i64 = 200;

/// A row of any table, as it is stored.
#[derive(Debug)]
struct StoredRow(Vec<Stored>);

impl Record for StoredRow {
    fn read(row: &mut Row<'_>) -> Result<Self> {
        (0..row.width()).map(|_| row.column()).collect::<Result<_>>().map(Self)
    }
}

/// Every statement of this module, so that a test can prepare each on both engines.
pub(crate) fn statements() -> impl Iterator<Item = &'static Statement> {
    statements::all().chain(insertion::STATEMENTS.iter().copied())
}

/// How many rows a table has.
pub async fn count(link: &mut Link, table: &Table) -> Result<u64> {
    let count: i64 = link.one(&statements::of(table)?.count, &[]).await?;
    Ok(count.unsigned_abs())
}

/// The next rows of a table in the order of its key, from the one after this key on; none when there are no more.
pub async fn page(link: &mut Link, table: &Table, after: Option<&[Cell]>) -> Result<Vec<Vec<Cell>>> {
    let statements = statements::of(table)?;
    let rows: Vec<StoredRow> = match after {
        None => link.all(&statements.first_page, values![PAGE]).await?,
        Some(key) => {
            let values: Vec<_> = key.iter().map(cells::value).chain([PAGE.into()]).collect();
            link.all(&statements.next_page, &values).await?
        }
    };
    rows.into_iter().map(|row| cells::row(table, row.0)).collect()
}
