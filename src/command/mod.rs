//! The command line.

mod admin;
mod audit;
mod completions;
mod export;
mod import;
mod interruption;
mod licence;
mod logging;
mod openapi;
pub(crate) mod plain;
mod progress;
mod serve;
mod table;
mod transfer;

use std::io::Write;

use anyhow::Result;
use bailiwick_domain::time::Timestamp;
use clap::{ArgMatches, Command};

use crate::settings;

const ABOUT: &str = "Bailiwick answers one question for makers of appliances and edge devices: who may do what, in \
    which organisation, with which licence, on which system in the field?";

/// Written for terminals of 80 columns: what is wider is broken where nobody meant to.
const EXAMPLES: &str = "\
First steps:
  bailiwick
      Start on http://127.0.0.1:8080 with a database file in ./bailiwick-data.
      On an empty database it prints a link to set the server up.
  bailiwick admin bootstrap --organisation Acme --email ann@acme.example \\
      --name Ann --password-stdin
      Set it up without a browser; the password comes from standard input.
  bailiwick openapi > openapi.json
      The description of both APIs.
  bailiwick admin user list
      Who is there; what else an operator can do: bailiwick admin --help.

Settings come from flags, then the environment, then bailiwick.toml, then the
defaults shown here. In bailiwick.toml a setting is called like its flag, with
underscores:
  base_url = \"https://id.example.org\"

In production, put a reverse proxy with TLS in front, and say what it is called:
  export BAILIWICK_BASE_URL=https://id.example.org
  export BAILIWICK_TRUSTED_PROXIES=127.0.0.1/32

On PostgreSQL 15 or newer instead of the database file:
  export BAILIWICK_DATABASE_URL=postgres://bailiwick@db.example.org/bailiwick";

/// The command line as clap understands it.
pub(crate) fn line() -> Command {
    Command::new("bailiwick")
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .after_help(EXAMPLES)
        .args(settings::arguments())
        .subcommand(serve::line())
        .subcommand(admin::line())
        .subcommand(audit::line())
        .subcommand(export::line())
        .subcommand(import::line())
        .subcommand(licence::line())
        .subcommand(openapi::line())
        .subcommand(completions::line())
}

/// Runs what was asked for; without a command the server.
pub(crate) fn run(matches: &ArgMatches) -> Result<()> {
    match matches.subcommand() {
        None | Some(("serve", _)) => serve::run(&settings::read(matches)?),
        Some(("admin", admin)) => admin::run(matches, admin),
        Some(("audit", audit)) => audit::run(matches, audit),
        Some(("export", arguments)) => export::run(matches, arguments),
        Some(("import", arguments)) => import::run(matches, arguments),
        Some(("licence", licence)) => licence::run(matches, licence),
        Some(("openapi", _)) => openapi::run(),
        Some(("completions", arguments)) => completions::run(arguments),
        Some((other, _)) => anyhow::bail!("there is no command {other}"),
    }
}

/// The runtime of every command that works on the database.
fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Prints something for people to standard output, all at once.
fn print(text: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{}", plain::plain(text.trim_end()))?)
}

/// Asks people something, aside of what is read by scripts.
fn eprint(text: &str) -> Result<()> {
    let mut aside = std::io::stderr().lock();
    write!(aside, "{}", plain::plain(text))?;
    Ok(aside.flush()?)
}

/// Prints a document for scripts.
fn print_json(document: &serde_json::Value) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{}", plain::plain_json(&document.to_string()))?)
}

/// A moment for people: RFC 3339 to the second.
fn moment(at: Timestamp) -> String {
    Timestamp::from_seconds(at.seconds()).rfc3339()
}
