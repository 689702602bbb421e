//! `cargo xtask test`: everything, from a fresh machine to a count.

use std::{
    io::{BufRead, BufReader},
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::{count::Count, fuzz, paths, postgres::Server, setup};

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Run only the tests of this kind
    #[arg(long, value_enum)]
    only: Option<Kind>,

    /// Run only the tests whose names contain one of these words; what starts with a dash goes to
    /// the test programs as it is
    #[arg(last = true, value_name = "FILTER")]
    filter: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// What `cargo test` runs: units, stories over HTTP, browser, API description
    Rust,
    /// A short run of each fuzz target
    Fuzz,
}

/// Sets up, runs, and counts. The count is the last line.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let started = Instant::now();
    let mut count = Count::default();
    if options.only != Some(Kind::Fuzz) {
        heading("Set-up", started);
        let tools = setup::for_rust_tests()?;
        heading("Tests", started);
        rust(&tools, &options.filter, &mut count)?;
    }
    // A filter is for one test that somebody works on: fuzzing would only make it late.
    if options.only == Some(Kind::Fuzz) || (options.only.is_none() && options.filter.is_empty()) {
        heading("Fuzzing", started);
        let fuzzed = fuzz::run(&setup::for_fuzzing()?, &options.filter)?;
        count.passed += fuzzed.passed;
        count.failed += fuzzed.failed;
    }
    heading("Done", started);
    println!("{count}");
    Ok(if count.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn heading(text: &str, started: Instant) {
    println!("\n== {text} ({} s)", started.elapsed().as_secs());
}

/// Runs `cargo test`, shows its output as it comes, and adds up what the test programs report.
fn rust(tools: &setup::RustTools, filter: &[String], count: &mut Count) -> Result<()> {
    // It ends with this value, or with this process, however that ends.
    let postgres = Server::start_for_tests(&tools.postgres).context("no PostgreSQL for the tests")?;
    let mut cargo = Command::new(paths::cargo())
        .args(["test", "--workspace", "--no-fail-fast", "--"])
        .args(filter)
        .current_dir(paths::root()?)
        .env("BAILIWICK_TEST_POSTGRES_URL", postgres.url())
        .env("BAILIWICK_TEST_POSTGRES_THROWN_AWAY", "yes")
        .env("BAILIWICK_TEST_POSTGRES_BIN", &tools.postgres)
        .env("BAILIWICK_TEST_CHROMIUM", &tools.chromium)
        .env("BAILIWICK_TEST_CHROMEDRIVER", &tools.chromedriver)
        .env("BAILIWICK_TEST_SCHEMATHESIS", &tools.schemathesis)
        .env("BAILIWICK_TEST_AXE", &tools.axe)
        .env("BAILIWICK_TEST_PYTHON", &tools.python)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo does not run")?;
    let output = cargo.stdout.take().context("cargo has no output")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        count.read(&line);
    }
    let status = cargo.wait().context("cargo cannot be waited for")?;
    if !status.success() && count.failed == 0 {
        // It did not compile, or a test program ended before it could report.
        count.add(false);
    }
    Ok(())
}
