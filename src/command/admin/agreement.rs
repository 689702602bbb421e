//! `bailiwick admin agreement`: the terms under which licences are issued.

use anyhow::{Result, bail};
use bailiwick_app::caller::Authority;
use bailiwick_app::context::Context;
use bailiwick_app::licensing::agreement::{AgreementChange, AgreementFilter, AgreementRecord};
use bailiwick_app::operator::AgreementKey;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::AgreementId;
use bailiwick_domain::licence::agreement::{AgreementKind, AgreementStatus};
use bailiwick_domain::name::Name;
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::licensing::{SLICE, failed, flag, moment_or, patch, print_list};
use super::table::table;
use super::{Desk, argument, json_flag, moment, optional, parse, print, print_json, refused, text};

pub(super) fn line() -> Command {
    let one = |name: &'static str, about: &'static str| {
        let which = Arg::new("agreement").value_name("NAME|UUID").required(true).help("Which one");
        Command::new(name).about(about).arg(which).arg(json_flag())
    };
    Command::new("agreement")
        .about("Agreements: list, show, create, change, publish, withdraw, revise, delete")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("list")
                .about("List the agreements by name, the newest version first, 1000 at most")
                .arg(flag("status", "STATUS", "Only those that have come this far: draft, published or withdrawn"))
                .arg(flag("kind", "KIND", "Only those of this kind, such as trial"))
                .arg(flag("search", "TEXT", "Only those that have this in their name"))
                .arg(json_flag()),
        )
        .subcommand(one("show", "Show one agreement; of a name the newest version"))
        .subcommand(
            Command::new("create")
                .about("Write an agreement: a draft, until it is published")
                .arg(text("name", "NAME", "How it is called"))
                .arg(text("kind", "KIND", "Its kind in one word of yours; trial is what systems are tried under"))
                .args(terms())
                .arg(json_flag()),
        )
        .subcommand(
            one("change", "Change a draft; what is left out stays as it is")
                .arg(flag("name", "NAME", "How it is called from now on"))
                .arg(flag("kind", "KIND", "Its kind"))
                .args(terms()),
        )
        .subcommand(one(
            "publish",
            "Publish a draft, in the place of the version before it; it does not change any more",
        ))
        .subcommand(one("withdraw", "Issue and renew nothing under an agreement any more; licences stay as they are"))
        .subcommand(one("revise", "Begin a new version: a draft with the same terms"))
        .subcommand(one("delete", "Delete a draft"))
}

fn terms() -> [Arg; 8] {
    [
        flag("provides", "NAMES", "What it allows, separated by commas, such as nx.streams,nx.models"),
        flag("catalogues", "UUIDS", "The catalogues that it opens, separated by commas; the id of zeros opens all"),
        flag("duration", "DAYS", "How long a licence lasts, or never; 365 unless this is given, 90 for a trial"),
        flag("price", "AMOUNT", "The price of a month, in the smallest unit of its currency, such as cents"),
        flag(
            "trials",
            "COUNT",
            "How many systems of an organisation are given a licence to try; only of kind trial, 1 unless you say otherwise",
        ),
        flag("grace", "DAYS", "How long what it allows may be used after a licence has run out; 14 unless given"),
        flag("systems", "COUNT", "How many systems one licence is for; 1 unless given"),
        flag("lease", "DAYS", "How long an appliance may go on without hearing from its server; 30 unless given"),
    ]
}

pub(super) async fn run(desk: &Desk, agreement: &ArgMatches) -> Result<()> {
    match agreement.subcommand() {
        Some(("list", arguments)) => list(desk, arguments).await,
        Some(("show", arguments)) => {
            let (found, _) = one(desk, arguments, None).await?;
            if arguments.get_flag("json") { print_json(&to_json(&found)) } else { print(&shown(&found)) }
        }
        Some(("create", arguments)) => {
            let (name, kind): (Name, AgreementKind) = (argument(arguments, "name")?, argument(arguments, "kind")?);
            let terms = change(arguments)?.terms(name, kind);
            let written = desk.open().await?.create_agreement(Authority::Operator, terms).await;
            told(arguments, &written.map_err(failed)?, "is a draft now; publish it to issue licences under it")
        }
        Some(("change", arguments)) => {
            let change = change(arguments)?;
            let (id, context) = id(desk, arguments, AgreementStatus::Draft).await?;
            let changed = context.change_agreement(Authority::Operator, id, change).await;
            told(arguments, &changed.map_err(failed)?, "is changed; it is a draft still")
        }
        Some(("publish", arguments)) => {
            let (id, context) = id(desk, arguments, AgreementStatus::Draft).await?;
            let published = context.publish_agreement(Authority::Operator, id).await;
            told(arguments, &published.map_err(failed)?, "is published")
        }
        Some(("withdraw", arguments)) => {
            let (id, context) = id(desk, arguments, AgreementStatus::Published).await?;
            let withdrawn = context.withdraw_agreement(Authority::Operator, id).await;
            told(arguments, &withdrawn.map_err(failed)?, "is withdrawn")
        }
        Some(("revise", arguments)) => {
            let (id, context) = id(desk, arguments, AgreementStatus::Published).await?;
            let begun = context.revise_agreement(Authority::Operator, id).await;
            told(arguments, &begun.map_err(failed)?, "is a draft now; change and publish it")
        }
        Some(("delete", arguments)) => {
            let (id, context) = id(desk, arguments, AgreementStatus::Draft).await?;
            let deleted = context.delete_agreement(Authority::Operator, id).await;
            told(arguments, &deleted.map_err(failed)?, "is deleted")
        }
        _ => bail!("name a command; see bailiwick admin agreement --help"),
    }
}

/// Which agreement is meant, of several versions the one that has come this far; and the server's inside.
async fn one<'desk>(
    desk: &'desk Desk,
    arguments: &ArgMatches,
    wanted: Option<AgreementStatus>,
) -> Result<(AgreementRecord, &'desk Context)> {
    let key: AgreementKey = parse(arguments, "agreement", "NAME|UUID")?;
    let context = desk.open().await?;
    Ok((context.agreement_for_operator(&key, wanted).await.map_err(refused)?, context))
}

async fn id<'desk>(
    desk: &'desk Desk,
    arguments: &ArgMatches,
    wanted: AgreementStatus,
) -> Result<(AgreementId, &'desk Context)> {
    let (found, context) = one(desk, arguments, Some(wanted)).await?;
    Ok((found.id, context))
}

/// What the flags say.
fn change(arguments: &ArgMatches) -> Result<AgreementChange> {
    Ok(AgreementChange {
        name: optional(arguments, "name")?,
        kind: optional(arguments, "kind")?,
        provides: words(arguments, "provides")?,
        catalogues: words(arguments, "catalogues")?,
        duration: patch(arguments, "duration")?,
        amount_per_month: optional(arguments, "price")?,
        trials: optional(arguments, "trials")?,
        grace: optional(arguments, "grace")?,
        systems: optional(arguments, "systems")?,
        lease: optional(arguments, "lease")?,
    })
}

/// A list whose items are separated by commas; nothing but spaces is a list of nothing.
fn words<T: Parse>(arguments: &ArgMatches, name: &str) -> Result<Option<T>> {
    let Some(text) = arguments.get_one::<String>(name) else { return Ok(None) };
    let items: Vec<&str> = text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
    let read = T::parse_json(&json!(items));
    read.map(Some).map_err(|refusal| anyhow::anyhow!("--{name} must be {}", refusal.expected))
}

async fn list(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let filter = AgreementFilter {
        status: optional(arguments, "status")?,
        kind: optional(arguments, "kind")?,
        search: arguments.get_one::<String>("search").cloned(),
    };
    let found = desk.open().await?.list_agreements(Authority::Operator, &filter, SLICE).await.map_err(failed)?;
    let head = ["NAME", "KIND", "VERSION", "STATUS", "DAYS", "PRICE", "ID"];
    let nothing = "There is no such agreement; bailiwick admin agreement create writes one.";
    print_list(arguments, ("agreements", head), &found, (row, to_json), nothing)
}

fn row(one: &AgreementRecord) -> [String; 7] {
    [
        one.name.to_string(),
        one.kind.to_string(),
        one.version.to_string(),
        one.status().to_string(),
        days(one),
        one.amount_per_month.to_string(),
        one.id.to_string(),
    ]
}

fn days(one: &AgreementRecord) -> String {
    one.duration.map_or_else(|| "no end".to_owned(), |duration| duration.number().to_string())
}

/// All of an agreement, for people.
fn shown(one: &AgreementRecord) -> String {
    let listed = |words: Vec<String>| if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
    let facts = [
        ["Id", &one.id.to_string()],
        ["All versions", &one.family.to_string()],
        ["Kind", one.kind.as_str()],
        ["Version", &format!("{} ({})", one.version, one.status())],
        ["Provides", &listed(one.provides.as_slice().iter().map(ToString::to_string).collect())],
        ["Catalogues", &listed(one.catalogues.as_slice().iter().map(ToString::to_string).collect())],
        ["Days", &days(one)],
        ["Price", &format!("{} a month", one.amount_per_month)],
        ["Trials", &format!("{} systems of an organisation", one.trials.number())],
        ["Grace", &format!("{} days", one.grace.number())],
        ["Systems", &format!("{} for each licence", one.systems.number())],
        ["Lease", &format!("{} days", one.lease.number())],
        ["Created", &moment(one.created_at)],
        ["Published", &moment_or(one.published_at, "no")],
        ["Withdrawn", &moment_or(one.withdrawn_at, "no")],
    ];
    table(["Name", one.name.as_str()], &facts.map(|fact| fact.map(str::to_owned)))
}

fn told(arguments: &ArgMatches, one: &AgreementRecord, done: &str) -> Result<()> {
    if arguments.get_flag("json") {
        return print_json(&to_json(one));
    }
    print(&format!("version {} of {} {done} ({})", one.version, one.name, one.id))
}

fn to_json(one: &AgreementRecord) -> Value {
    json!({
        "id": one.id,
        "family_id": one.family,
        "name": one.name,
        "kind": one.kind,
        "version": one.version,
        "status": one.status(),
        "provides": one.provides,
        "catalogue_ids": one.catalogues,
        "duration_days": one.duration,
        "amount_per_month": one.amount_per_month,
        "trials_per_organization": one.trials,
        "grace_days": one.grace,
        "systems_per_license": one.systems,
        "lease_days": one.lease,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "published_at": one.published_at,
        "withdrawn_at": one.withdrawn_at,
    })
}
