//! What is destroyed leaves no reference behind, whatever tables are added later.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use bailiwick_store::{Database, query};

/// References that go with another column of their row, and why.
const WITH_ANOTHER: &[(&str, &str)] = &[
    // Whoever stands below what is destroyed is destroyed with it.
    ("organisation_paths", "ancestor_id"),
    ("organisations", "parent_id"),
    ("organisations", "suspended_through"),
    ("organisations", "deleted_through"),
    // The people who go belong to nothing else.
    ("memberships", "user_id"),
];

#[tokio::test]
async fn whatever_refers_to_what_can_be_destroyed_is_thought_of() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    drop(Database::open(&format!("sqlite://{}", path.display())).await.unwrap());
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut references = connection
        .prepare(
            "SELECT m.name, f.\"from\", f.on_delete FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f \
             WHERE m.type = 'table' AND f.\"table\" IN ('organisations', 'users', 'systems') ORDER BY 1, 2",
        )
        .unwrap();
    let rows = references.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let references: Vec<(String, String, String)> = rows.unwrap().map(Result::unwrap).collect();
    let statements: Vec<&str> = query::statements()
        .filter(|statement| statement.name().contains("destruction::"))
        .map(bailiwick_store::Statement::sqlite)
        .collect();
    let mut forgotten = Vec::new();
    for (table, column, on_delete) in &references {
        let deleted = format!("DELETE FROM {table} WHERE {column} IN ");
        let cleared = format!("UPDATE {table} SET {column} = NULL WHERE {column} IN ");
        let is_thought_of = statements.iter().any(|text| text.starts_with(&deleted) || text.starts_with(&cleared))
            || ["CASCADE", "SET NULL"].contains(&on_delete.as_str())
            || WITH_ANOTHER.contains(&(table.as_str(), column.as_str()));
        if !is_thought_of {
            forgotten.push(format!("{table}.{column}"));
        }
    }
    assert!(references.len() > 15, "{references:?}");
    assert!(forgotten.is_empty(), "say in crates/store/src/query/destruction.rs what becomes of {forgotten:?}");
}
