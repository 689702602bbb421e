//! `bailiwick audit`: whether the audit log is what this server wrote.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use bailiwick_app::audit::{self, FILE_NAME, Finding, Verification};
use bailiwick_app::vault::Vault;
use bailiwick_store::Database;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::progress::Progress;
use super::table::table;
use super::{logging, moment, print, print_json, runtime};
use crate::settings::{self, Configuration};

/// A shorter log is read before anybody wonders.
const PROGRESS_FROM: u64 = 100_000;

pub(super) fn line() -> Command {
    Command::new("audit")
        .about("The audit log: check that nothing in it was changed, reordered, added or removed")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("verify")
                .about(
                    "Check every entry, every sealed end and every checkpoint, also while the server runs; ends with 0 \
                     when all of them agree, and with 1 when not",
                )
                .arg(
                    Arg::new("checkpoints")
                        .long("checkpoints")
                        .value_name("FILE")
                        .action(ArgAction::Append)
                        .value_parser(value_parser!(PathBuf))
                        .help(format!(
                            "Compare with these checkpoints too, such as another node's or a copy kept elsewhere; may be \
                             given several times. <data dir>/{FILE_NAME} is always compared"
                        )),
                )
                .arg(
                    Arg::new("json")
                        .long("json")
                        .action(ArgAction::SetTrue)
                        .help("Print one JSON document, for scripts"),
                ),
        )
}

pub(super) fn run(matches: &ArgMatches, audit: &ArgMatches) -> Result<()> {
    let configuration = settings::read(matches)?;
    logging::start(&configuration.logging.quiet())?;
    match audit.subcommand() {
        Some(("verify", arguments)) => runtime()?.block_on(verify(&configuration, arguments)),
        _ => bail!("name a command; see bailiwick audit --help"),
    }
}

async fn verify(configuration: &Configuration, arguments: &ArgMatches) -> Result<()> {
    let directory = configuration.settings(configuration.listen)?.data_directory;
    let own = directory.join(FILE_NAME);
    let mut files: Vec<PathBuf> = arguments.get_many("checkpoints").into_iter().flatten().cloned().collect();
    if own.exists() && !files.contains(&own) {
        files.insert(0, own);
    }
    // What is to be checked must be there: a database or a key made in its place would always be whole.
    let database = Database::open_existing(&configuration.database_url).await.context(
        "database_url (BAILIWICK_DATABASE_URL; in data_dir, BAILIWICK_DATA_DIR, unless it is set): there is no audit \
             log to check",
    )?;
    let vault = Vault::open_existing(&directory, &database)
        .await
        .context("data_dir (BAILIWICK_DATA_DIR): there is no key to check the audit log with")?;
    let mut progress = Progress::from(PROGRESS_FROM);
    let found = audit::verify(&database, &vault, &files, |done, total| progress.tell("checking", done, total)).await;
    drop(progress);
    let found = found?;
    if arguments.get_flag("json") {
        print_json(&to_json(&found))?;
    } else {
        print(&report(&found))?;
    }
    match found.findings.len() {
        0 => Ok(()),
        _ => bail!("the audit log is not what this server wrote"),
    }
}

/// What was found, for people.
fn report(found: &Verification) -> String {
    let compared = match found.span {
        Some((first, last)) if found.checkpoints > 1 => {
            format!("{} checkpoints, from {} to {}", found.checkpoints, moment(first), moment(last))
        }
        Some((first, _)) => format!("1 checkpoint, of {}", moment(first)),
        None => "no checkpoint".to_owned(),
    };
    let entries = if found.entries == 1 { "1 entry".to_owned() } else { format!("{} entries", found.entries) };
    if found.findings.is_empty() {
        let mut text = format!(
            "The audit log is whole: nothing was changed, reordered, added or removed.\n{entries}, compared with {compared}."
        );
        if found.span.is_none() {
            text.push_str(
                "\nWithout a checkpoint nobody can tell whether an older state of the whole log was put back; the\n\
                 server writes them into its data directory.",
            );
        }
        return text;
    }
    let rows: Vec<_> = found.findings.iter().map(row).collect();
    let listed = table(["LANE", "NUMBER", "WHAT WAS FOUND"], &rows);
    let further = match found.untold {
        0 => String::new(),
        untold => format!("And {untold} findings more.\n"),
    };
    format!(
        "The audit log is not what this server wrote.\n{entries}, compared with {compared}.\n\n{listed}{further}\n{ADVICE}"
    )
}

/// What to think of findings, and what to do first.
const ADVICE: &str = "\
Lane and number are an entry's place in the log; the API's list of the audit log shows them.
Somebody wrote to the database or to the checkpoints past the server, or a disk is damaged, or
the database was put back from a backup. Keep copies of both as they are before anything else.";

fn row(finding: &Finding) -> [String; 3] {
    let lane = finding.lane.map_or_else(|| "-".to_owned(), |lane| lane.to_string());
    let entries = match (finding.first, finding.last) {
        (Some(first), Some(last)) if first == last => first.to_string(),
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => "-".to_owned(),
    };
    [lane, entries, finding.kind.to_string()]
}

/// What was found, for scripts.
fn to_json(found: &Verification) -> Value {
    let findings: Vec<_> = found
        .findings
        .iter()
        .map(|finding| {
            json!({
                "kind": finding.kind.name(),
                "lane": finding.lane,
                "first": finding.first,
                "last": finding.last,
                "entry": finding.kind.entry(),
                "message": finding.kind.to_string(),
            })
        })
        .collect();
    let ends = found.heads.iter();
    let ends: Vec<_> =
        ends.map(|head| json!({ "lane": head.lane, "number": head.number, "digest": head.digest })).collect();
    json!({
        "whole": found.findings.is_empty(),
        "entries": found.entries,
        "ends": ends,
        "checkpoints": found.checkpoints,
        "first_checkpoint": found.span.map(|span| span.0),
        "last_checkpoint": found.span.map(|span| span.1),
        "checkpoint_key": BASE64URL_NOPAD.encode(&found.public_key),
        "findings": findings,
        "further_findings": found.untold,
    })
}
