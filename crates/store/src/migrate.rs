//! Bringing the schema up to date, also when two nodes start at once.

use tokio_postgres::error::SqlState;

use crate::database::Database;
use crate::error::{Error, Result};
use crate::link::Engine;
use crate::query::{partner_people, searchable};
use crate::statement::{Access, Statement, statements};
use crate::value::values;

/// One step of the schema, in the words of each engine.
struct Step {
    number: i64,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! steps {
    ($($number:literal $name:literal;)*) => {
        &[$(Step {
            number: $number,
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        },)*]
    };
}

/// All steps, in order; a step that was released never changes.
const STEPS: &[Step] = steps! {
    1 "0001_first";
    2 "0002_accounts";
    3 "0003_mails";
    4 "0004_links";
    5 "0005_audit_chain";
    6 "0006_known_devices";
    7 "0007_invitations";
    8 "0008_lookups";
    9 "0009_invitations_by_address";
    10 "0010_suspended_trees";
    11 "0011_organisation_facts";
    12 "0012_destroyed_trees";
    13 "0013_people";
    14 "0014_api_keys";
    15 "0015_impersonation";
    16 "0016_invitation_resends";
    17 "0017_searches";
    18 "0018_trees";
    19 "0019_licences";
    20 "0020_licence_lists";
};

/// The step after which what was there before has to be made known to searches, which SQL alone cannot do.
const SEARCHES: i64 = 17;
/// The step after which the lists of what stands below an organisation have to be filled.
const TREES: i64 = 18;
/// The step after which systems have to be made known to searches.
const LICENCES: i64 = 19;

statements! {
    /// The newest step that was done.
    Read NEWEST = "SELECT COALESCE(MAX(number), 0) FROM migrations";
    /// Notes that a step was done.
    Write NOTE = "INSERT INTO migrations (number) VALUES ($1)";
}

/// How the table of the steps that were done is called.
pub(crate) const TABLE_NAME: &str = "migrations";
/// That table.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (number BIGINT NOT NULL PRIMARY KEY)";
/// A number of our own for PostgreSQL's advisory locks: `CREATE TABLE IF NOT EXISTS` alone may collide.
const POSTGRES_LOCK: &str = "SELECT pg_advisory_xact_lock(4702111234474983746)";

/// What a request must not take is little for a step over millions of rows, and for a node that waits for another one
/// which takes it.
pub(crate) const POSTGRES_PATIENCE: &str = "SET LOCAL statement_timeout = 0";

/// Whether PostgreSQL has no table of ours yet.
static IS_NEW_ON_POSTGRES: Statement =
    Statement::new("migrate::IS_NEW_ON_POSTGRES", Access::Read, "SELECT to_regclass('migrations') IS NULL");

/// Runs the steps that are missing, all in one transaction.
pub(crate) async fn run(database: &Database) -> Result<()> {
    let mut transaction = database.write().await?;
    let on_postgres = matches!(transaction.engine, Engine::Postgres(_));
    if on_postgres {
        transaction.batch(POSTGRES_PATIENCE).await?;
        transaction.batch(POSTGRES_LOCK).await?;
    }
    transaction.batch(TABLE).await?;
    let newest: i64 = transaction.one(&NEWEST, &[]).await?;
    refuse_newer(newest)?;
    for step in STEPS.iter().filter(|step| step.number > newest) {
        transaction.batch(if on_postgres { step.postgres } else { step.sqlite }).await?;
        transaction.change(&NOTE, values![step.number]).await?;
    }
    if newest < SEARCHES {
        searchable::fill(&mut transaction).await?;
    }
    if newest < TREES {
        searchable::forget_first_words(&mut transaction).await?;
        partner_people::fill(&mut transaction).await?;
    }
    if newest < LICENCES {
        searchable::fill_systems(&mut transaction).await?;
    }
    transaction.commit().await
}

/// Runs all steps on a database that is new; one that is not has to be up to date, and is left as it is.
pub(crate) async fn begin(database: &Database) -> Result<()> {
    let mut link = database.read().await?;
    let is_new = match &mut link.engine {
        Engine::Sqlite(link) => link.with(|connection| Ok(!connection.table_exists(None, TABLE_NAME)?))?,
        Engine::Postgres(_) => link.one(&IS_NEW_ON_POSTGRES, &[]).await?,
    };
    drop(link);
    if is_new { run(database).await } else { check(database).await }
}

/// Looks whether all steps were done, and does none.
pub(crate) async fn check(database: &Database) -> Result<()> {
    let newest: i64 = match database.read().await?.one(&NEWEST, &[]).await {
        Err(Error::Postgres(error)) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => {
            return Err(Error::Unusable("the database has no tables of this program".to_owned()));
        }
        newest => newest?,
    };
    refuse_newer(newest)?;
    if newest < known() {
        return Err(Error::Unusable(format!(
            "the database is of an older version of this program (its schema is at {newest}, this program needs {}): \
             start the server once, which brings it up to date",
            known()
        )));
    }
    Ok(())
}

/// Each step in the words of PostgreSQL, which say more of columns than SQLite's.
pub(crate) fn postgres_steps() -> impl Iterator<Item = (i64, &'static str)> {
    STEPS.iter().map(|step| (step.number, step.postgres))
}

/// The newest step that this program knows.
pub(crate) fn known() -> i64 {
    STEPS.last().map_or(0, |step| step.number)
}

fn refuse_newer(newest: i64) -> Result<()> {
    let known = known();
    if newest <= known {
        return Ok(());
    }
    Err(Error::Unusable(format!(
        "the database is of a newer version of this program (its schema is at {newest}, this program knows {known})"
    )))
}
