//! Bringing the schema up to date, also when two nodes start at once.

use std::ops::RangeInclusive;

use tokio_postgres::error::SqlState;

use crate::database::{Database, WriteTransaction};
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
    change_schema(&mut transaction, on_postgres, newest + 1..=known()).await?;
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

/// Does these steps as far as SQL alone can.
async fn change_schema(
    transaction: &mut WriteTransaction,
    on_postgres: bool,
    numbers: RangeInclusive<i64>,
) -> Result<()> {
    for step in STEPS.iter().filter(|step| numbers.contains(&step.number)) {
        transaction.batch(if on_postgres { step.postgres } else { step.sqlite }).await?;
        transaction.change(&NOTE, values![step.number]).await?;
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use bailiwick_testkit::postgres::Cluster;
    use uuid::Uuid;

    use crate::row::record;

    use super::*;

    static ORGANISATION: Statement = Statement::new(
        "tests::ORGANISATION",
        Access::Write,
        "INSERT INTO organisations (id, kind, name, search_text, parent_id, created_at, updated_at) \
         VALUES ($1, $2, 'Name', 'name', $3, 0, 0)",
    );
    static AGREEMENT: Statement = Statement::new(
        "tests::AGREEMENT",
        Access::Write,
        "INSERT INTO agreements (id, family_id, version, name, folded_name, kind, provides, catalogues, \
             amount_per_month, trials, grace_days, systems, lease_days, created_at, updated_at) \
         VALUES ($1, $1, 1, 'Name', 'name', 'subscription', '[]', '[]', 0, 0, 0, 1, 1, 0, 0)",
    );
    static LICENCE: Statement = Statement::new(
        "tests::LICENCE",
        Access::Write,
        "INSERT INTO licences (id, licence_key, agreement_id, holder_id, amount_per_month, discount_bp, systems, bound, \
             starts_at, ends_at, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, 0, 0, 1, 0, $5, $6, 0, 0)",
    );
    static PLACE: Statement = Statement::new(
        "tests::PLACE",
        Access::Write,
        "INSERT INTO licence_places (partner_id, agreement_id, licence_id, licence_key, starts_at, ends_at) \
         SELECT $1, agreement_id, id, licence_key, starts_at, ends_at FROM licences WHERE id = $2",
    );
    static PLACES: Statement = Statement::new(
        "tests::PLACES",
        Access::Read,
        "SELECT partner_id, licence_id, agreement_id, licence_key, starts_at, ends_at FROM licence_places \
         ORDER BY partner_id, licence_id",
    );

    record! {
        #[derive(Debug, PartialEq)]
        struct Place {
            partner: Uuid,
            licence: Uuid,
            agreement: Uuid,
            licence_key: String,
            starts_at: i64,
            ends_at: i64,
        }
    }

    const OWNER: Uuid = Uuid::from_u128(1);
    const DISTRIBUTOR: Uuid = Uuid::from_u128(2);
    const TERMS: Uuid = Uuid::from_u128(3);
    /// The step before the one that makes the lists of licences anew on SQLite.
    const BEFORE_LISTS: i64 = 19;

    /// A server of before the step, with licences in two lists, in an order that no index has.
    async fn older(database: &Database) -> Vec<Place> {
        let mut transaction = database.write().await.unwrap();
        let on_postgres = matches!(transaction.engine, Engine::Postgres(_));
        transaction.batch(TABLE).await.unwrap();
        change_schema(&mut transaction, on_postgres, 1..=BEFORE_LISTS).await.unwrap();
        transaction.change(&ORGANISATION, values![OWNER, "owner", None::<Uuid>]).await.unwrap();
        transaction.change(&ORGANISATION, values![DISTRIBUTOR, "distributor", OWNER]).await.unwrap();
        transaction.change(&AGREEMENT, values![TERMS]).await.unwrap();
        for number in 0..50_u32 {
            let (id, key) = (Uuid::from_u128(u128::from(100 + number * 17 % 50)), format!("KEY-{}", number * 7 % 50));
            let ends = if number % 3 == 0 { i64::MAX } else { i64::from(number) };
            let values = values![id, key.as_str(), TERMS, DISTRIBUTOR, i64::from(number % 4), ends];
            transaction.change(&LICENCE, values).await.unwrap();
            for partner in [OWNER, DISTRIBUTOR].into_iter().take(if number % 5 == 0 { 1 } else { 2 }) {
                transaction.change(&PLACE, values![partner, id]).await.unwrap();
            }
        }
        let places = transaction.fetch(&PLACES, &[]).await.unwrap();
        transaction.commit().await.unwrap();
        places
    }

    #[tokio::test]
    async fn what_stands_in_lists_of_licences_is_kept_when_they_are_made_anew() {
        let directory = tempfile::tempdir().unwrap();
        let guard = Cluster::shared().create_database().unwrap();
        let file = format!("sqlite://{}", directory.path().join("test.db").display());
        for url in [file.as_str(), guard.url()] {
            let database = Database::connect(url).await.unwrap();
            let before = older(&database).await;
            assert_eq!(before.len(), 50 + 40);
            assert!(check(&database).await.is_err(), "the step was done before");
            run(&database).await.unwrap();
            check(&database).await.unwrap();
            let after: Vec<Place> = database.read().await.unwrap().fetch(&PLACES, &[]).await.unwrap();
            assert_eq!(after, before);
            // What refers to them does so still, and each is there once.
            let mut transaction = database.write().await.unwrap();
            let first = before.first().unwrap();
            let twice = transaction.change(&PLACE, values![first.partner, first.licence]).await;
            assert!(matches!(twice, Err(Error::Conflict(_))), "{twice:?}");
        }
    }
}
