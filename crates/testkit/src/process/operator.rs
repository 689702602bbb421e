//! The program on a fresh database of either kind, and what its operator does at the command line.

use std::process::Output;
use std::sync::Arc;

use anyhow::Result;

use super::Program;
use crate::bench::Engine;
use crate::people::PASSWORD;
use crate::postgres::Cluster;

impl Program {
    /// The executable that Cargo built beside the running test, with an empty database of this kind.
    pub fn on(engine: Engine) -> Result<Self> {
        Self::built()?.with_database(engine)
    }

    /// The same program with an empty database of this kind, which lives as long as somebody may start on it.
    pub fn with_database(self, engine: Engine) -> Result<Self> {
        match engine {
            Engine::Sqlite => Ok(self),
            Engine::Postgres => {
                let database = Cluster::shared().create_database()?;
                let program = self.with("BAILIWICK_DATABASE_URL", database.url());
                Ok(Self { database: Some(Arc::new(database)), ..program })
            }
        }
    }

    /// The address of its database, to look at it past the server.
    #[must_use]
    pub fn database_url(&self) -> String {
        let file = || format!("sqlite://{}", self.data_dir().join("bailiwick.db").display());
        self.database.as_ref().map_or_else(file, |database| database.url().to_owned())
    }

    /// Runs `admin` with these arguments; what it reads is the password of everybody.
    pub fn admin(&self, arguments: &[&str]) -> Result<Output> {
        self.run(&[&["admin"], arguments].concat(), &format!("{PASSWORD}\n"))
    }

    /// Sets the server up, with a super admin who has the password of everybody.
    pub fn set_up(&self, organisation: &str, email: &str, name: &str) -> Result<()> {
        let person = ["--email", email, "--name", name, "--password-stdin"];
        says(&self.admin(&[&["bootstrap", "--organisation", organisation], &person[..]].concat())?);
        Ok(())
    }
}

/// What a command that succeeded says, without a complaint.
///
/// # Panics
/// When it failed, or complained: the test has failed then.
#[track_caller]
#[expect(clippy::expect_used, reason = "a test stops at what it did not expect")]
#[expect(clippy::must_use_candidate, reason = "some look at nothing more than that it succeeded")]
pub fn says(output: &Output) -> String {
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// The one line with which a command refused.
///
/// # Panics
/// When it did not refuse, or said more than that.
#[track_caller]
#[must_use]
#[expect(clippy::expect_used, reason = "a test stops at what it did not expect")]
pub fn refusal(output: &Output) -> String {
    let error = String::from_utf8(output.stderr.clone()).expect("text");
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert_eq!(error.trim_end().lines().count(), 1, "more than one line: {error}");
    assert!(output.stdout.is_empty(), "{output:?}");
    error
}
