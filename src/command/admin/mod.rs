//! `bailiwick admin`: what an operator needs when nobody can sign in. Works
//! straight on the database, also while the server runs.

mod agreement;
mod api_key;
mod invitation;
mod licence;
mod licensing;
mod membership;
mod organisation;
mod pool;
mod user;

use std::io::BufRead;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use bailiwick_app::clock::SystemClock;
use bailiwick_app::context::Context;
use bailiwick_app::operator::OperatorRefusal;
use bailiwick_app::random::SystemRandom;
use bailiwick_app::setup::{Beginning, SetupRefusal, SetupWarrant};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::{FieldFault, Parse};
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::password::Password;
use bailiwick_store::Database;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{eprint, logging, moment, print, print_json, runtime, table};
use crate::settings::{self, Configuration};

pub(super) fn line() -> Command {
    Command::new("admin")
        .about("What an operator needs when nobody can sign in; works on the database, also while the server runs")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(bootstrap_line())
        .subcommand(user::line())
        .subcommand(organisation::line())
        .subcommand(membership::line())
        .subcommand(invitation::line())
        .subcommand(api_key::line())
        .subcommand(agreement::line())
        .subcommand(pool::line())
        .subcommand(licence::line())
        .subcommand(Command::new("rotate-keys").about(
            "Replace the keys that sign tokens and callbacks; what the old ones signed stays good until it expires",
        ))
}

fn bootstrap_line() -> Command {
    Command::new("bootstrap")
        .about("Create the owner organisation and its first super admin; refuses when there is one")
        .arg(text("organisation", "NAME", "The name of the owner organisation").alias("organization"))
        .arg(text("email", "ADDRESS", "How the first super admin signs in"))
        .arg(text("name", "NAME", "How the first super admin is called"))
        .arg(password_stdin())
}

/// A flag with a text that must be given.
fn text(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help).required(true)
}

fn password_stdin() -> Arg {
    Arg::new("password-stdin")
        .long("password-stdin")
        .action(ArgAction::SetTrue)
        .required(true)
        .help("Read the password from the first line of standard input, so that it is in no list of processes")
}

fn json_flag() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print one JSON document, for scripts")
}

pub(super) fn run(matches: &ArgMatches, admin: &ArgMatches) -> Result<()> {
    let configuration = settings::read(matches)?;
    logging::start(&configuration.logging.quiet())?;
    let desk = Desk { configuration, context: OnceCell::new() };
    runtime()?.block_on(async {
        act(&desk, admin).await?;
        desk.vouch().await;
        Ok(())
    })
}

async fn act(desk: &Desk, admin: &ArgMatches) -> Result<()> {
    match admin.subcommand() {
        Some(("bootstrap", arguments)) => bootstrap(desk, arguments).await,
        Some(("rotate-keys", _)) => rotate_keys(desk).await,
        Some(("user", user)) => user::run(desk, user).await,
        Some(("organisation", organisation)) => organisation::run(desk, organisation).await,
        Some(("membership", membership)) => membership::run(desk, membership).await,
        Some(("invitation", invitation)) => invitation::run(desk, invitation).await,
        Some(("api-key", api_key)) => api_key::run(desk, api_key).await,
        Some(("agreement", agreement)) => agreement::run(desk, agreement).await,
        Some(("pool", pool)) => pool::run(desk, pool).await,
        Some(("licence", licence)) => licence::run(desk, licence).await,
        _ => bail!("name a command; see bailiwick admin --help"),
    }
}

/// Where an operator sits: the server's inside, opened once, and only when something is asked of it.
struct Desk {
    configuration: Configuration,
    context: OnceCell<Context>,
}

impl Desk {
    async fn open(&self) -> Result<&Context> {
        self.context.get_or_try_init(|| open(&self.configuration)).await
    }

    /// Vouches for what was just done outside the database, also while no server runs.
    async fn vouch(&self) {
        let Some(context) = self.context.get() else { return };
        if let Err(fault) = context.checkpoint_audit_log().await {
            tracing::warn!(fault = ?fault.source, "what was done is in the audit log, and in no checkpoint yet");
        }
    }
}

async fn open(configuration: &Configuration) -> Result<Context> {
    let settings = configuration.settings(configuration.listen)?;
    configuration.create_data_directory()?;
    let database = Database::open(&configuration.database_url)
        .await
        .context("database_url (BAILIWICK_DATABASE_URL): the database cannot be used")?;
    Ok(Context::open(settings, database, Arc::new(SystemClock), Arc::new(SystemRandom)).await?)
}

async fn bootstrap(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let beginning = Beginning {
        organisation: argument(arguments, "organisation")?,
        email: argument(arguments, "email")?,
        name: argument(arguments, "name")?,
        password: read_password()?,
    };
    let email = beginning.email.clone();
    match desk.open().await?.set_up(beginning, SetupWarrant::CommandLine).await {
        Ok(user) => print(&format!("created the owner organisation and super admin {email} ({user})")),
        Err(SetupRefusal::Fault(fault)) => bail!(describe(&fault)),
        Err(SetupRefusal::LinkNotGood) => bail!("the command line needs no link"),
    }
}

async fn rotate_keys(desk: &Desk) -> Result<()> {
    let kids = desk.open().await?.rotate_keys().await.map_err(|fault| anyhow::anyhow!(describe(&fault)))?;
    print(&format!("new keys: {}", kids.join(", ")))
}

/// What was given for `--name`.
fn argument<T: Parse>(arguments: &ArgMatches, name: &str) -> Result<T> {
    parse(arguments, name, &format!("--{name}"))
}

/// What was given for a flag that may be left out.
fn optional<T: Parse>(arguments: &ArgMatches, name: &str) -> Result<Option<T>> {
    arguments.contains_id(name).then(|| argument(arguments, name)).transpose()
}

/// What was given as the argument `name`, which people call `called`.
fn parse<T: Parse>(arguments: &ArgMatches, name: &str, called: &str) -> Result<T> {
    let text = arguments.get_one::<String>(name).map_or("", String::as_str);
    T::parse_text(text).map_err(|refusal| anyhow::anyhow!("{called} must be {}", refusal.expected))
}

fn read_password() -> Result<Password> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("the password cannot be read from standard input")?;
    Password::parse_text(line.trim_end_matches(['\r', '\n']))
        .map_err(|refusal| anyhow::anyhow!("the password on standard input must be {}", refusal.expected))
}

/// A fault as a line for the operator, who may know what really happened.
fn describe(fault: &Fault) -> String {
    let fields: Vec<_> = fault.fields.iter().map(FieldFault::sentence).collect();
    match &fault.source {
        _ if !fields.is_empty() => fields.join("; "),
        Some(source) => format!("{fault}: {source}"),
        None => fault.to_string(),
    }
}

/// A refusal as a line for the operator.
fn refused(refusal: OperatorRefusal) -> anyhow::Error {
    match refusal {
        OperatorRefusal::Fault(fault) => anyhow::anyhow!(describe(&fault)),
        other => other.into(),
    }
}

/// As the contract spells an organisation inside of something else.
fn organisation_to_json(id: OrganisationId, name: &Name, kind: OrganisationKind) -> Value {
    json!({ "id": id, "name": name, "type": kind })
}
