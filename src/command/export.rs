//! `bailiwick export`: the whole database into a file.

use std::io::{BufWriter, stdout};
use std::path::Path;

use anyhow::{Context as _, Result};
use bailiwick_app::clock::{Clock, SystemClock};
use bailiwick_app::random::SystemRandom;
use bailiwick_app::transfer::{About, ExportFile, Summary, export};
use bailiwick_store::Database;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::interruption::unless_interrupted;
use super::progress::Progress;
use super::transfer::{PROGRESS_FROM, report, to_json};
use super::{eprint, logging, print, print_json, runtime};
use crate::settings::{self, Configuration};

pub(super) fn line() -> Command {
    Command::new("export")
        .about(
            "Write the whole database into a file, to import it on another server or into the other kind of database",
        )
        .long_about(
            "Write the whole database into a file, as it is at one moment: JSON Lines, the same bytes from SQLite and \
             from PostgreSQL. It works beside the running server too; to move, stop the server first, or what is done \
             afterwards is not in the file.\n\nThe file holds the hashes of all passwords, everybody's personal data, \
             and keys that keys/master.key of the data directory opens: keep it as you keep the database, apart from \
             that key.",
        )
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .help("The file, for its owner's eyes only (mode 0600); - writes to standard output"),
        )
        .arg(
            Arg::new("overwrite")
                .long("overwrite")
                .action(ArgAction::SetTrue)
                .help("Put the export in the place of a file that is there already, once it is whole"),
        )
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print one JSON document, for scripts"))
}

pub(super) fn run(matches: &ArgMatches, arguments: &ArgMatches) -> Result<()> {
    let configuration = settings::read(matches)?;
    logging::start(&configuration.logging.quiet())?;
    runtime()?.block_on(unless_interrupted(write(&configuration, arguments)))
}

async fn write(configuration: &Configuration, arguments: &ArgMatches) -> Result<()> {
    let name = arguments.get_one::<String>("file").context("name a file")?;
    // What is to be exported must be there: a database made in its place would be exported without a word.
    let database = Database::open_existing(&configuration.database_url).await.context(
        "database_url (BAILIWICK_DATABASE_URL; in data_dir, BAILIWICK_DATA_DIR, unless it is set): there is nothing to \
         export",
    )?;
    let about = About { program: env!("CARGO_PKG_VERSION").to_owned(), at: SystemClock.now() };
    let mut progress = Progress::from(PROGRESS_FROM);
    let tell = |step: bailiwick_app::transfer::Step| progress.tell(step.doing, step.done, step.total);
    let is_json = arguments.get_flag("json");
    if name == "-" {
        let summary = export(&database, &mut BufWriter::new(stdout()), &about, tell).await?;
        drop(progress);
        // Standard output is the file.
        return eprint(&format!("{}\n", told(is_json, &summary)));
    }
    let mut file = ExportFile::create(Path::new(name), arguments.get_flag("overwrite"), &SystemRandom)?;
    let summary = export(&database, &mut file, &about, tell).await.with_context(|| name.clone())?;
    file.finish()?;
    drop(progress);
    if is_json { print_json(&to_json(&summary)) } else { print(&told(false, &summary)) }
}

fn told(is_json: bool, summary: &Summary) -> String {
    if is_json { to_json(summary).to_string() } else { report("Exported", summary) }
}
