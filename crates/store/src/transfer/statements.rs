//! The statements that read and write whole tables, made of the schema: once, and static from then on.

use std::sync::LazyLock;

use bailiwick_domain::transfer::Table;

use super::schema::schema;
use crate::error::{Error, Result};
use crate::statement::{Access, Statement};

/// Values in one statement at the most.
const VALUES_MAX: usize = 1000;

/// What is done with one table.
#[derive(Debug)]
pub(super) struct TableStatements {
    table: String,
    pub(super) count: Statement,
    pub(super) first_page: Statement,
    pub(super) next_page: Statement,
    pub(super) clear: Statement,
    pub(super) insert: Statement,
    /// The same for [`Self::rows_at_once`] rows.
    pub(super) insert_many: Statement,
    pub(super) rows_at_once: usize,
}

static TABLES: LazyLock<Vec<TableStatements>> =
    LazyLock::new(|| schema().map_or_else(|_| Vec::new(), |schema| schema.tables.iter().map(make).collect()));

/// The statements of a table.
pub(super) fn of(table: &Table) -> Result<&'static TableStatements> {
    let found = TABLES.iter().find(|statements| statements.table == table.name);
    found.ok_or_else(|| Error::Unusable(format!("there is no table {}", table.name)))
}

/// All of them.
pub(super) fn all() -> impl Iterator<Item = &'static Statement> {
    TABLES.iter().flat_map(|table| {
        [&table.count, &table.first_page, &table.next_page, &table.clear, &table.insert, &table.insert_many]
    })
}

fn make(table: &Table) -> TableStatements {
    let name = quoted(&table.name);
    let columns = listed(table.columns.iter().map(|column| quoted(&column.name)));
    let key = listed(table.key.iter().filter_map(|index| table.columns.get(*index)).map(|column| quoted(&column.name)));
    let after = listed((1..=table.key.len()).map(|number| format!("${number}")));
    let limit = table.key.len() + 1;
    let rows_at_once = (VALUES_MAX / table.columns.len().max(1)).max(1);
    let insert = |rows: usize| {
        let row = |row: usize| {
            let first = row * table.columns.len();
            format!("({})", listed((1..=table.columns.len()).map(|number| format!("${}", first + number))))
        };
        format!("INSERT INTO {name} ({columns}) VALUES {}", listed((0..rows).map(row)))
    };
    let statement = |what: &str, access, text: String| {
        // They live as long as the program.
        Statement::new(format!("{}::{}::{what}", module_path!(), table.name).leak(), access, text.leak())
    };
    TableStatements {
        table: table.name.clone(),
        count: statement("COUNT", Access::Read, format!("SELECT COUNT(*) FROM {name}")),
        first_page: statement(
            "FIRST_PAGE",
            Access::List,
            format!("SELECT {columns} FROM {name} ORDER BY {key} LIMIT $1"),
        ),
        next_page: statement(
            "NEXT_PAGE",
            Access::List,
            format!("SELECT {columns} FROM {name} WHERE ({key}) > ({after}) ORDER BY {key} LIMIT ${limit}"),
        ),
        clear: statement("CLEAR", Access::Write, format!("DELETE FROM {name}")),
        insert: statement("INSERT", Access::Write, insert(1)),
        insert_many: statement("INSERT_MANY", Access::Write, insert(rows_at_once)),
        rows_at_once,
    }
}

/// A name as both engines take it for one, whatever other meaning the word has.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn listed(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
