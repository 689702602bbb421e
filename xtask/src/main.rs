//! `cargo xtask`: the errands of this repository, so that each is one command.

#![expect(clippy::print_stdout, reason = "a command speaks to the person who runs it")]

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

mod bench;
mod count;
mod fuzz;
mod paths;
/// The same throw-away server that tests start for themselves under a plain `cargo test`.
#[path = "../../crates/testkit/src/postgres/server.rs"]
#[expect(unreachable_pub, reason = "public in the library that the file belongs to")]
mod postgres;
mod setup;
mod test;
mod watch;

/// The errands of this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    errand: Errand,
}

#[derive(Debug, Subcommand)]
enum Errand {
    /// Install what tests need, run every test, and count them.
    Test(test::Options),
    /// Measure release servers against a bare one, and print the ratios
    Bench(bench::Options),
}

fn main() -> Result<ExitCode> {
    match Arguments::parse().errand {
        Errand::Test(options) => test::run(&options),
        Errand::Bench(options) => bench::run(&options),
    }
}
