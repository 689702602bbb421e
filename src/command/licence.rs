//! `bailiwick licence`: what a licence file says, checked anywhere and without a server; and the key to check it with.

use std::fs::File;
use std::io::{Read, stdin};

use anyhow::{Context as _, Result, bail};
use bailiwick_app::clock::{Clock, SystemClock};
use bailiwick_app::keys::KeyRing;
use bailiwick_app::vault::Vault;
use bailiwick_domain::field::Parse;
use bailiwick_domain::time::Timestamp;
use bailiwick_licence::{Appliance, FILE_MAX, LicenceFile, PublicKey, Refusal, Ruling};
use bailiwick_store::Database;
use clap::{Arg, ArgAction, ArgMatches, Command};
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};

use super::plain::one_line;
use super::{logging, moment, print, print_json, runtime};
use crate::settings::{self, Configuration};

pub(super) fn line() -> Command {
    Command::new("licence")
        .about("Licence files: check what an appliance was given, and print the key to check it with")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("key")
                .about(
                    "Print the public key that licence files are signed with, in Base64, as licence verify takes it; it \
                     belongs into the firmware of appliances, and never changes",
                )
                .arg(
                    Arg::new("hex")
                        .long("hex")
                        .action(ArgAction::SetTrue)
                        .help("In hexadecimal, as crates/licence/examples/appliance.c takes it"),
                ),
        )
        .subcommand(
            Command::new("verify")
                .about("Check a licence file and print what it says; ends with 0 when it is to be believed, and with 1 when not")
                .arg(Arg::new("file").value_name("FILE").required(true).help("The licence file; - reads standard input"))
                .arg(
                    Arg::new("key")
                        .long("key")
                        .value_name("KEY")
                        .required(true)
                        .action(ArgAction::Append)
                        .value_parser(read_key)
                        .help("A public key that is trusted, in Base64; may be given several times"),
                )
                .arg(Arg::new("system").long("system").value_name("ID").help(
                    "The id of the system that the file has to be for; whichever it names, unless this is given",
                ))
                .arg(
                    Arg::new("at")
                        .long("at")
                        .value_name("MOMENT")
                        .value_parser(read_moment)
                        .help("The moment to judge it at, in RFC 3339 such as 2026-07-10T10:30:00Z; now, unless this is given"),
                )
                .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print one JSON document, for scripts")),
        )
}

fn read_key(text: &str) -> Result<PublicKey, String> {
    PublicKey::from_base64(text).ok_or_else(|| "must be the Base64 of the 32 bytes of an Ed25519 public key".to_owned())
}

fn read_moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_text(text).map_err(|refusal| format!("must be {}", refusal.expected))
}

pub(super) fn run(matches: &ArgMatches, licence: &ArgMatches) -> Result<()> {
    match licence.subcommand() {
        Some(("key", arguments)) => {
            let configuration = settings::read(matches)?;
            logging::start(&configuration.logging.quiet())?;
            runtime()?.block_on(key(&configuration, arguments))
        }
        Some(("verify", arguments)) => verify(arguments),
        _ => bail!("name a command; see bailiwick licence --help"),
    }
}

async fn key(configuration: &Configuration, arguments: &ArgMatches) -> Result<()> {
    let directory = configuration.settings(configuration.listen)?.data_directory;
    // A key that was made here and now would be in the firmware of appliances, and sign nothing.
    let database = Database::open_existing(&configuration.database_url).await.context(
        "database_url (BAILIWICK_DATABASE_URL; in data_dir, BAILIWICK_DATA_DIR, unless it is set): no licence files are \
         signed there",
    )?;
    let vault = Vault::open_existing(&directory, &database)
        .await
        .context("data_dir (BAILIWICK_DATA_DIR): there is no key of that database")?;
    let keys = KeyRing::open_existing(&database, &vault, SystemClock.now()).await?;
    let bytes = keys.licence_key().to_bytes();
    print(&if arguments.get_flag("hex") { HEXLOWER.encode(&bytes) } else { BASE64.encode(&bytes) })
}

fn verify(arguments: &ArgMatches) -> Result<()> {
    let name = arguments.get_one::<String>("file").context("name a file")?;
    let bytes = read(name).with_context(|| format!("{name} cannot be read"))?;
    let trusted: Vec<_> = arguments.get_many("key").into_iter().flatten().copied().collect();
    let now = arguments.get_one("at").copied().unwrap_or_else(|| SystemClock.now());
    let system = arguments.get_one::<String>("system").map(String::as_str);
    let judged = LicenceFile::open(&bytes, &trusted).and_then(|file| {
        let appliance = Appliance { system: system.unwrap_or(file.system), now: now.seconds(), memory: None };
        Ok((file, file.judge(&appliance)?))
    });
    if arguments.get_flag("json") {
        print_json(&to_json(&judged))?;
    } else if let Ok((file, ruling)) = &judged {
        print(&report(file, ruling))?;
    }
    judged.map(|_| ()).map_err(|refusal| anyhow::anyhow!("{name}: {refusal}"))
}

/// The file, or as much of it as tells that it is too long.
fn read(name: &str) -> Result<Vec<u8>> {
    let input: Box<dyn Read> = if name == "-" { Box::new(stdin()) } else { Box::new(File::open(name)?) };
    let mut bytes = Vec::new();
    input.take(FILE_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What was found, for people.
fn report(file: &LicenceFile<'_>, ruling: &Ruling<'_>) -> String {
    let at = |seconds: i64| moment(Timestamp::from_seconds(seconds));
    let listed = |words: Vec<&str>| if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
    let rows = [
        ("System", file.system.to_owned()),
        ("State", format!("{}, until {} unless a newer file says otherwise", ruling.state, at(ruling.until))),
        ("Provides", listed(ruling.provided().collect())),
        ("Catalogues", listed(ruling.catalogues().collect())),
        ("Holder", file.holder.unwrap_or("nobody").to_owned()),
        ("Licences", listed(file.licences.iter().collect())),
        ("Signed", format!("{} by {}, as number {} for this system", at(file.issued), file.issuer, file.lease)),
        (
            "Lease",
            format!("until {}: after that the system has to reach its server, or needs a newer file", at(file.until)),
        ),
    ];
    let lines = rows.map(|(name, value)| format!("{name:<11}{}\n", one_line(&value)));
    format!("This licence file is to be believed.\n\n{}", lines.concat())
}

/// What was found, for scripts.
fn to_json(judged: &Result<(LicenceFile<'_>, Ruling<'_>), Refusal>) -> Value {
    let at = Timestamp::from_seconds;
    match judged {
        Ok((file, ruling)) => json!({
            "believed": true,
            "system": file.system,
            "state": ruling.state.name(),
            "until": at(ruling.until),
            "provides": ruling.provided().collect::<Vec<_>>(),
            "catalogues": ruling.catalogues().collect::<Vec<_>>(),
            "holder": file.holder,
            "licences": file.licences.iter().collect::<Vec<_>>(),
            "issuer": file.issuer,
            "lease": file.lease,
            "issued_at": at(file.issued),
            "lease_until": at(file.until),
        }),
        Err(refusal) => json!({ "believed": false, "reason": refusal.name(), "message": refusal.to_string() }),
    }
}
