//! `cargo xtask test`: everything, from a fresh machine to a count.

use std::{
    env,
    process::{Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::{count::Count, fuzz, paths, postgres::Server, setup, watch};

/// A test program that says nothing for so long waits for what will not come; its longest test takes a third of this.
const SILENCE: Duration = Duration::from_mins(5);

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
    // Many tests wait for a clock, a disk or another program: with one thread for each core, cores would rest.
    let threads = env::var("RUST_TEST_THREADS")
        .unwrap_or_else(|_| (2 * thread::available_parallelism().map_or(1, usize::from)).to_string());
    // Building says nothing where the tests do.
    let status = Command::new(paths::cargo())
        .args(["test", "--workspace", "--no-run"])
        .current_dir(paths::root()?)
        .status()
        .context("cargo does not run")?;
    if !status.success() {
        println!("FAILED: the tests do not compile");
        count.add(false);
        return Ok(());
    }
    let mut cargo = Command::new(paths::cargo())
        .args(["test", "--workspace", "--no-fail-fast", "--"])
        .args(filter)
        .current_dir(paths::root()?)
        .env("RUST_TEST_THREADS", threads)
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
    let silent = watch::lines(&mut cargo, SILENCE, |line| {
        println!("{line}");
        count.read(line);
    })?;
    for program in silent {
        println!("FAILED: said nothing for {} s and was ended: {program}", SILENCE.as_secs());
        count.add(false);
    }
    let status = cargo.wait().context("cargo cannot be waited for")?;
    if !status.success() && count.failed == 0 {
        // A test program ended before it could report.
        count.add(false);
    }
    Ok(())
}
