//! `bailiwick admin licence`: licences, and the files of systems that reach no network.

mod act;
mod file;
mod shown;

use anyhow::{Result, bail};
use bailiwick_app::caller::Authority;
use bailiwick_app::context::Context;
use bailiwick_app::licensing::licence::{self, BoundSystem, LicenceFilter, LicenceRecord};
use bailiwick_app::operator::AgreementKey;
use bailiwick_domain::id::LicenceId;
use bailiwick_domain::licence::order::LicenceOrders;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use super::licensing::{SLICE, failed, flag, optional_organisation, print_list};
use super::{Desk, json_flag, optional, parse, print, print_json, text};

pub(super) fn line() -> Command {
    Command::new("licence")
        .alias("license")
        .about(
            "Licences: list, show, issue, change, renew, transfer, suspend, reactivate, revoke, bind, release, history, \
             file",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(list_line())
        .subcommand(one("show", "Show one licence, and the systems that have it"))
        .subcommand(issue_line())
        .subcommand(
            one("change", "Change what a licence costs; what is left out stays as it is")
                .arg(price())
                .arg(discount())
                .arg(flag("paid-until", "MOMENT", "Until when it is paid, or never")),
        )
        .subcommand(
            one("renew", "Have a licence last longer, under the version of its agreement that is published now")
                .arg(flag("until", "MOMENT", "When it runs out; as long after its end as the agreement says otherwise")),
        )
        .subcommand(
            one("transfer", "Hand a licence over; systems that have it lose it, and it has to be signed again")
                .arg(text("to", "NAME|UUID", "To whom: below the one that sells it")),
        )
        .subcommand(one("suspend", "Suspend a licence: it allows nothing until it is reactivated"))
        .subcommand(one("reactivate", "End the suspension of a licence"))
        .subcommand(one("revoke", "Revoke a licence for good; its seat is free again"))
        .subcommand(
            one("bind", "Give a system a licence").arg(text("system", "UUID", "Which system of the organisation")),
        )
        .subcommand(one("release", "Take a licence from a system").arg(text("system", "UUID", "Which system")))
        .subcommand(one("history", "Show what happened to a licence, the newest first, 1000 at most"))
        .subcommand(file::line())
}

fn one(name: &'static str, about: &'static str) -> Command {
    let which = Arg::new("licence").value_name("UUID").required(true).help("Which one: its id");
    Command::new(name).about(about).arg(which).arg(json_flag())
}

fn price() -> Arg {
    flag("price", "AMOUNT", "The price of a month, in the smallest unit of its currency, such as cents")
}

fn discount() -> Arg {
    flag("discount", "BASISPOINTS", "What is taken off the price, in hundredths of a per cent: 1250 are 12.5 %")
}

fn list_line() -> Command {
    Command::new("list")
        .about("List licences, 1000 at most")
        .arg(flag("search", "TEXT", "Only those that have this in their agreement's name, their key or their systems"))
        .arg(flag("system", "UUID", "Only those that this system has"))
        .arg(flag("kind", "KIND", "Only those of this kind, such as trial"))
        .arg(flag("agreement", "NAME|UUID", "Only those under this agreement; of an id, under this version"))
        .arg(flag("organisation", "NAME|UUID", "Only those that this one holds").alias("organization"))
        .arg(flag(
            "order",
            "FIELDS",
            "In which order: AgreementName, LicenseKey, StartsAt, ExpiresAt, separated by commas; - in front reverses \
             one",
        )
        .allow_hyphen_values(true))
        .arg(json_flag())
}

fn issue_line() -> Command {
    Command::new("issue")
        .about("Issue licences to an organisation; each uses a seat of the one that sells it")
        .arg(text("agreement", "NAME|UUID", "Under which agreement; it must be published"))
        .arg(text("organisation", "NAME|UUID", "Who is to hold them").alias("organization"))
        .arg(flag("seller", "NAME|UUID", "Who sells them; the owner unless this is given"))
        .arg(flag("quantity", "COUNT", "How many; 1 unless given, at most 100"))
        .arg(price())
        .arg(discount())
        .arg(flag("from", "MOMENT", "When they begin; now unless given"))
        .arg(flag("until", "MOMENT", "When they run out; as the agreement says unless given"))
        .arg(flag("paid-until", "MOMENT", "Until when they are paid"))
        .arg(
            flag("system", "UUID", "A system that is to have one; may be given several times")
                .action(ArgAction::Append),
        )
        .arg(json_flag())
}

pub(super) async fn run(desk: &Desk, licence: &ArgMatches) -> Result<()> {
    match licence.subcommand() {
        Some(("list", arguments)) => list(desk, arguments).await,
        Some(("show", arguments)) => show(desk, arguments).await,
        Some(("history", arguments)) => {
            let (id, context) = which(desk, arguments).await?;
            let found = context.licence_history(Authority::Operator, id, SLICE).await.map_err(failed)?;
            let head = ["NUMBER", "WHEN", "WHAT", "BY", "MORE"];
            let (row, to_json) = (shown::change_row, shown::change_to_json);
            print_list(arguments, ("changes", head), &found, (row, to_json), "Nothing has happened to it.")
        }
        Some(("file", arguments)) => file::write(desk, arguments).await,
        Some((name, arguments)) => act::run(desk, name, arguments).await,
        None => bail!("name a command; see bailiwick admin licence --help"),
    }
}

/// Which licence is meant, and the server's inside.
async fn which<'desk>(desk: &'desk Desk, arguments: &ArgMatches) -> Result<(LicenceId, &'desk Context)> {
    Ok((parse(arguments, "licence", "the id of the licence")?, desk.open().await?))
}

async fn list(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let agreement = optional::<AgreementKey>(arguments, "agreement")?.map(|key| match key {
        AgreementKey::Id(id) => licence::AgreementKey::Id(id),
        AgreementKey::Name(name) => licence::AgreementKey::Name(name.as_str().to_owned()),
    });
    let filter = LicenceFilter {
        system: optional(arguments, "system")?,
        kind: optional(arguments, "kind")?,
        agreement,
        search: arguments.get_one::<String>("search").cloned(),
        holder: optional_organisation(desk, arguments, "organisation").await?,
        ends: None,
    };
    let orders: LicenceOrders = optional(arguments, "order")?.unwrap_or_default();
    let context = desk.open().await?;
    let found = context.list_licences(Authority::Operator, &filter, &orders, SLICE).await.map_err(failed)?;
    let now = context.now();
    let row = |one: &LicenceRecord| shown::row(one, now);
    let to_json = |one: &LicenceRecord| shown::to_json(one, now);
    let head = ["AGREEMENT", "ORGANISATION", "STATE", "UNTIL", "SYSTEMS", "KEY", "ID"];
    let nothing = "There is no such licence; bailiwick admin licence issue issues one.";
    print_list(arguments, ("licenses", head), &found, (row, to_json), nothing)
}

async fn show(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let (id, context) = which(desk, arguments).await?;
    let one = context.show_licence(Authority::Operator, id).await.map_err(failed)?;
    let systems = context.systems_of_licence(Authority::Operator, id, SLICE).await.map_err(failed)?.items;
    if !arguments.get_flag("json") {
        return print(&shown::all(&one, &systems, context.now()));
    }
    let of_system =
        |one: &BoundSystem| json!({ "id": one.id, "name": one.name, "type": one.kind, "bound_at": one.bound_at });
    let mut document = shown::to_json(&one, context.now());
    if let Some(members) = document.as_object_mut() {
        members.insert("systems".to_owned(), systems.iter().map(of_system).collect());
    }
    print_json(&document)
}
