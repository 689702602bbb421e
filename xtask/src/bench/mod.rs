//! `cargo xtask bench`: release servers against a bare one, on the same connections in the same run.

use std::fs;
use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::{paths, setup};

mod cases;
mod http;
mod licences;
mod machine;
mod pages;
mod report;
mod server;
mod stage;
mod tool;

use report::Row;
use stage::Stage;

/// What to measure, and how long.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Measure only this; may be given more than once
    #[arg(long, value_enum)]
    only: Vec<Case>,

    /// One short round of each: to see that everything works, not how fast
    #[arg(long)]
    quick: bool,

    /// How many people the larger crowd has, and how many licences the larger server
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000_000, conflicts_with = "write")]
    people: u64,

    /// Write the result into docs/benchmarks.md; with --only, in the place of these figures alone
    #[arg(long, conflicts_with_all = ["quick"])]
    write: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Case {
    /// Authenticated reads of one system
    Reads,
    /// The next tokens for a refresh token
    Refresh,
    /// People who register
    Registration,
    /// Reads of one's own user
    OwnUser,
    /// Sign-ins and reads where many people are, against where few are
    People,
    /// Lists of many licences, single ones, one pool that everybody wants, licence files
    Licences,
    /// Systems created by callback, with the callback
    Callbacks,
    /// Sign-ins against bare hashing
    SignIn,
    /// How late reads are while others sign in
    Lateness,
    /// From the start of the process to the first good answer
    StartUp,
    /// Resident memory
    Memory,
}

const ALL: [Case; 11] = [
    Case::Reads,
    Case::OwnUser,
    Case::Refresh,
    Case::Registration,
    Case::Callbacks,
    Case::SignIn,
    Case::People,
    Case::Licences,
    Case::Lateness,
    Case::StartUp,
    Case::Memory,
];

/// Builds, measures, prints the table.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    // Before the build, which is a load of our own.
    let disturbance = machine::disturbance();
    let postgres = setup::for_benchmarks()?;
    build()?;
    let cases: Vec<Case> =
        ALL.into_iter().filter(|case| options.only.is_empty() || options.only.contains(case)).collect();
    let mut stage = Stage::new(&postgres, &cases, options.quick, options.people)?;
    let mut rows: Vec<Row> = Vec::new();
    for case in cases {
        let measured = cases::measure(&mut stage, case)?;
        // A run takes a while, and one that is broken off has measured something all the same.
        for row in &measured {
            stage.tell(&row.line());
        }
        rows.extend(measured);
    }
    stage.close();
    println!("\n{}\n{}", report::table(&rows), disturbance.as_deref().unwrap_or_default());
    if options.write {
        let file = paths::root()?.join("docs/benchmarks.md");
        let rows = if options.only.is_empty() { rows } else { report::replaced(&fs::read_to_string(&file)?, rows) };
        let table = report::table(&rows);
        fs::write(&file, report::document(&table, &machine::facts(&postgres), disturbance.as_deref()))?;
        println!("Written: {}", file.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn build() -> Result<()> {
    println!("Building for speed; the first time takes some minutes.");
    let mut cargo = Command::new(paths::cargo());
    cargo.args(["build", "--release", "--package", "bailiwick", "--package", "xtask", "--bin", "bailiwick"]);
    setup::run(cargo.args(["--example", "load"]).current_dir(paths::root()?))
}
