//! `bailiwick admin organisation`: the partner tree.

use anyhow::{Result, bail};
use bailiwick_app::context::Context;
use bailiwick_app::operator::{ListedOrganisation, Listing, NewOrganisation, OrganisationKey, Outcome, TreeEntry};
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::table::table;
use super::{Desk, argument, describe, json_flag, moment, parse, print, print_json, refused, text};

pub(super) fn line() -> Command {
    let one = |name: &'static str, about: &'static str| {
        let which = Arg::new("organisation").value_name("NAME|UUID").required(true).help("Which one");
        Command::new(name).about(about).arg(which).arg(json_flag())
    };
    Command::new("organisation")
        .alias("organization")
        .about("Organisations: list, create, suspend, reactivate")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("list").about("List the organisations as a tree, the first 10000 at most").arg(json_flag()),
        )
        .subcommand(
            Command::new("create")
                .about("Create an organisation")
                .arg(text("name", "NAME", "Its name"))
                .arg(text("kind", "KIND", "What it is: distributor, reseller or customer"))
                .arg(
                    Arg::new("parent")
                        .long("parent")
                        .value_name("NAME|UUID")
                        .help("What it stands below; the owner unless this says otherwise"),
                )
                .arg(json_flag()),
        )
        .subcommand(one("suspend", "Take from its people every right that they hold through it"))
        .subcommand(one("reactivate", "End the suspension of an organisation"))
}

pub(super) async fn run(desk: &Desk, organisation: &ArgMatches) -> Result<()> {
    match organisation.subcommand() {
        Some(("list", arguments)) => list(desk, arguments).await,
        Some(("create", arguments)) => create(desk, arguments).await,
        Some(("suspend", arguments)) => {
            let (key, context) = one(desk, arguments).await?;
            let outcome = context.suspend_organisation_as_operator(&key).await.map_err(refused)?;
            told(arguments, &outcome, "is suspended from now on", "is suspended already")
        }
        Some(("reactivate", arguments)) => {
            let (key, context) = one(desk, arguments).await?;
            let outcome = context.reactivate_organisation_as_operator(&key).await.map_err(refused)?;
            told(arguments, &outcome, "is not suspended any more", "is not suspended")
        }
        _ => bail!("name a command; see bailiwick admin organisation --help"),
    }
}

async fn list(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let found = desk.open().await?.organisations_for_operator().await;
    let Listing { shown, has_more } = found.map_err(|fault| anyhow::anyhow!(describe(&fault)))?;
    if arguments.get_flag("json") {
        let organisations: Vec<_> = shown.iter().map(|entry| to_json(&entry.organisation)).collect();
        return print_json(&json!({ "organizations": organisations, "has_more": has_more }));
    }
    if shown.is_empty() {
        return print("There is no organisation yet; bailiwick admin bootstrap creates the owner.");
    }
    let rows: Vec<_> = shown.iter().map(row).collect();
    let mut listing = table(["NAME", "KIND", "STATE", "CREATED", "ID"], &rows);
    if has_more {
        listing.push_str("There are more than are listed here.");
    }
    print(&listing)
}

fn row(TreeEntry { organisation, depth }: &TreeEntry) -> [String; 5] {
    [
        format!("{}{}", "  ".repeat(*depth), organisation.name),
        organisation.kind.to_string(),
        state(organisation).to_owned(),
        moment(organisation.created_at),
        organisation.id.to_string(),
    ]
}

/// Whether it is suspended itself, or by what was decided above it.
const fn state(organisation: &ListedOrganisation) -> &'static str {
    match (organisation.suspended_at, organisation.suspended_through) {
        (Some(_), _) => "suspended",
        (None, Some(_)) => "suspended above",
        (None, None) => "active",
    }
}

async fn create(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let parent = arguments.contains_id("parent").then(|| argument(arguments, "parent")).transpose()?;
    let new = NewOrganisation { name: argument(arguments, "name")?, kind: argument(arguments, "kind")?, parent };
    let created = desk.open().await?.create_organisation_as_operator(new).await.map_err(refused)?;
    if arguments.get_flag("json") {
        return print_json(&to_json(&created));
    }
    print(&format!("created the {} {} ({})", created.kind, created.name, created.id))
}

/// Which one is meant, and the server's inside.
async fn one<'desk>(desk: &'desk Desk, arguments: &ArgMatches) -> Result<(OrganisationKey, &'desk Context)> {
    Ok((parse(arguments, "organisation", "NAME|UUID")?, desk.open().await?))
}

fn told(arguments: &ArgMatches, outcome: &Outcome<ListedOrganisation>, done: &str, nothing_to_do: &str) -> Result<()> {
    if arguments.get_flag("json") {
        return print_json(&json!({ "organization": to_json(&outcome.subject), "has_changed": outcome.has_changed }));
    }
    print(&format!("{} {}", outcome.subject.name, if outcome.has_changed { done } else { nothing_to_do }))
}

fn to_json(organisation: &ListedOrganisation) -> Value {
    json!({
        "id": organisation.id,
        "name": organisation.name,
        "type": organisation.kind,
        "parent_id": organisation.parent,
        "suspended_at": organisation.suspended_at,
        "suspended_through": organisation.suspended_through,
        "created_at": organisation.created_at,
    })
}
