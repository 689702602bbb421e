//! `bailiwick import`: a whole database from a file.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use bailiwick_app::transfer::{Checked, ImportFile, Imported, Step};
use bailiwick_store::Database;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use super::interruption::unless_interrupted;
use super::progress::Progress;
use super::transfer::{PROGRESS_FROM, report, to_json};
use super::{logging, moment, print, print_json, runtime};
use crate::settings::{self, Configuration};

pub(super) fn line() -> Command {
    Command::new("import")
        .about("Take in a whole database that bailiwick export wrote, from either kind; the database must be new")
        .long_about(
            "Take in a whole database that bailiwick export wrote, from either kind of database. All of the file is \
             checked before anything is written; everything is written in one transaction, read back and compared, and \
             where anything is amiss nothing is changed.\n\nThe database must be new: without organisations, people and \
             an audit log. Before it, copy keys/master.key from the old server's data directory into this one's. No \
             server should run on the database meanwhile; one that does has to wait.",
        )
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .help("The file; it is read twice, so it cannot be standard input"),
        )
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print one JSON document, for scripts"))
}

pub(super) fn run(matches: &ArgMatches, arguments: &ArgMatches) -> Result<()> {
    let configuration = settings::read(matches)?;
    logging::start(&configuration.logging.quiet())?;
    runtime()?.block_on(async {
        let (checked, imported) = unless_interrupted(read(&configuration, arguments)).await?;
        // Nobody could say what an interruption from here on has left.
        imported.commit().await?;
        tell(&checked, arguments.get_flag("json"))
    })
}

async fn read(configuration: &Configuration, arguments: &ArgMatches) -> Result<(Checked, Imported)> {
    let name = arguments.get_one::<String>("file").context("name a file")?;
    if name == "-" {
        bail!("an import reads its file twice, first to check it: write it to a file, and name that instead of -");
    }
    let mut progress = Progress::from(PROGRESS_FROM);
    let mut tell = |step: Step| progress.tell(step.doing, step.done, step.total);
    let mut file = ImportFile::open(Path::new(name))?;
    let directory = configuration.settings(configuration.listen)?.data_directory;
    let checked = file.check(&directory, &mut tell).await?;
    let database = Database::open_new(&configuration.database_url)
        .await
        .context("database_url (BAILIWICK_DATABASE_URL): nothing can be imported into it")?;
    let imported = file.import(&checked, &database, &mut tell).await.context("nothing was imported")?;
    Ok((checked, imported))
}

fn tell(checked: &Checked, is_json: bool) -> Result<()> {
    let Checked { about, summary } = checked;
    if is_json {
        let mut document = to_json(summary);
        if let Some(members) = document.as_object_mut() {
            members.insert("exported_at".to_owned(), json!(about.at));
            members.insert("exported_by".to_owned(), json!(about.program));
        }
        return print_json(&document);
    }
    let origin = format!("Exported at {} by version {}.", moment(about.at), about.program);
    print(&format!("{}\n{origin}", report("Imported and compared", summary)))
}
