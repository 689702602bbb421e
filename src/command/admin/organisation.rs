//! `bailiwick admin organisation`: the partner tree.

use std::io::BufRead as _;

use anyhow::{Context as _, Result, bail};
use bailiwick_app::context::Context;
use bailiwick_app::operator::{
    Decision, ListedOrganisation, Listing, NewOrganisation, OrganisationKey, ShownOrganisation, TreeEntry, TreeFilter,
};
use bailiwick_app::tree::Touched;
use bailiwick_domain::vat_number::VatNumber;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::table::table;
use super::{Desk, argument, eprint, json_flag, moment, optional, parse, print, print_json, refused, text};

pub(super) fn line() -> Command {
    let one = |name: &'static str, about: &'static str| {
        let which = Arg::new("organisation").value_name("NAME|UUID").required(true).help("Which one");
        Command::new(name).about(about).arg(which).arg(json_flag())
    };
    Command::new("organisation")
        .alias("organization")
        .about("Organisations: list, show, create, suspend, reactivate, move, delete, restore, destroy")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(list_line())
        .subcommand(one("show", "Show one organisation, and how much there is in it and below"))
        .subcommand(create_line())
        .subcommand(one("suspend", "Take from its people every right that they hold through it, and from all below it"))
        .subcommand(one("reactivate", "End the suspension of an organisation, and what it did to those below"))
        .subcommand(one("move", "Move an organisation, with all below it, under another one").arg(text(
            "parent",
            "NAME|UUID",
            "Under which one",
        )))
        .subcommand(one("delete", "Delete an organisation with all below it; it can be restored"))
        .subcommand(one("restore", "Take the deletion of an organisation back, and what it did to those below"))
        .subcommand(
            one("destroy", "Remove an organisation that is deleted, and all below it, for good; asks before it does")
                .arg(Arg::new("yes").long("yes").action(ArgAction::SetTrue).help(
                    "Do not ask: there are no systems, invitations and people who belong to nothing else afterwards",
                )),
        )
}

fn list_line() -> Command {
    let filter = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let flag = |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    Command::new("list")
        .about("List the organisations as a tree, the first 10000 at most")
        .arg(filter("search", "TEXT", "Only those that have this in their name"))
        .arg(filter("kind", "KIND", "Only those of this kind: owner, distributor, reseller or customer"))
        .arg(filter("below", "NAME|UUID", "Only this one and those below it"))
        .arg(flag("suspended", "Only those that are suspended, by themselves or from above"))
        .arg(flag("active", "Only those that are not").conflicts_with("suspended"))
        .arg(flag("deleted", "Those that are deleted, instead of those that are not"))
        .arg(json_flag())
}

fn create_line() -> Command {
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
        .arg(Arg::new("vat-number").long("vat-number").value_name("NUMBER").help("Its VAT number"))
        .arg(json_flag())
}

pub(super) async fn run(desk: &Desk, organisation: &ArgMatches) -> Result<()> {
    match organisation.subcommand() {
        Some(("list", arguments)) => list(desk, arguments).await,
        Some(("show", arguments)) => show(desk, arguments).await,
        Some(("create", arguments)) => create(desk, arguments).await,
        Some(("suspend", arguments)) => {
            let words = ["is suspended from now on", "is suspended already"];
            decide(desk, arguments, Decision::Suspend, words).await
        }
        Some(("reactivate", arguments)) => {
            let words = ["is not suspended any more", "is not suspended"];
            decide(desk, arguments, Decision::Reactivate, words).await
        }
        Some(("delete", arguments)) => {
            let words = ["is deleted; bailiwick admin organisation restore puts it back", "is deleted already"];
            decide(desk, arguments, Decision::Delete, words).await
        }
        Some(("restore", arguments)) => {
            let words = ["is back", "is not deleted"];
            decide(desk, arguments, Decision::Restore, words).await
        }
        Some(("move", arguments)) => relocate(desk, arguments).await,
        Some(("destroy", arguments)) => destroy(desk, arguments).await,
        _ => bail!("name a command; see bailiwick admin organisation --help"),
    }
}

async fn list(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let is_suspended = arguments.get_flag("suspended").then_some(true);
    let filter = TreeFilter {
        search: arguments.get_one::<String>("search").cloned(),
        kind: optional(arguments, "kind")?,
        below: None,
        is_suspended: is_suspended.or_else(|| arguments.get_flag("active").then_some(false)),
        is_deleted: arguments.get_flag("deleted"),
    };
    let below: Option<OrganisationKey> = optional(arguments, "below")?;
    let is_filtered = ["search", "kind", "below"].into_iter().any(|name| arguments.contains_id(name))
        || filter.is_suspended.is_some()
        || filter.is_deleted;
    let found = desk.open().await?.organisations_for_operator(filter, below.as_ref()).await.map_err(refused)?;
    let Listing { shown, has_more } = found;
    if arguments.get_flag("json") {
        let organisations: Vec<_> = shown.iter().map(|entry| to_json(&entry.organisation)).collect();
        return print_json(&json!({ "organizations": organisations, "has_more": has_more }));
    }
    if shown.is_empty() && is_filtered {
        return print("No organisation is like that.");
    }
    if shown.is_empty() {
        return print("There is no organisation yet; bailiwick admin bootstrap creates the owner.");
    }
    let rows: Vec<_> = shown.iter().map(row).collect();
    let mut listing = table(["NAME", "KIND", "STATE", "CREATED", "ID"], &rows);
    if has_more {
        listing.push_str("There are more than are listed here; narrow the list with --search, --kind or --below.");
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

/// What was decided of it itself, or above it; of a deletion before a suspension.
const fn state(organisation: &ListedOrganisation) -> &'static str {
    match (organisation.deleted_at, organisation.deleted_through) {
        (Some(_), _) => return "deleted",
        (None, Some(_)) => return "deleted above",
        (None, None) => {}
    }
    match (organisation.suspended_at, organisation.suspended_through) {
        (Some(_), _) => "suspended",
        (None, Some(_)) => "suspended above",
        (None, None) => "active",
    }
}

async fn show(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let (key, context) = one(desk, arguments).await?;
    let shown = context.show_organisation_to_operator(&key).await.map_err(refused)?;
    if arguments.get_flag("json") {
        return print_json(&shown_to_json(&shown));
    }
    let ShownOrganisation { organisation, stats } = &shown;
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let own = |at| match at {
        Some(at) => moment(at),
        None => "no".to_owned(),
    };
    let by = |own: String, is_out: bool| if own == "no" && is_out { "from above".to_owned() } else { own };
    let facts = [
        ["Id".to_owned(), organisation.id.to_string()],
        ["Kind".to_owned(), organisation.kind.to_string()],
        ["Below".to_owned(), or_none(organisation.parent_name.as_ref().map(ToString::to_string))],
        ["VAT number".to_owned(), or_none(organisation.vat_number.as_ref().map(|number| number.as_str().to_owned()))],
        ["Created".to_owned(), moment(organisation.created_at)],
        ["Suspended".to_owned(), by(own(organisation.suspended_at), organisation.is_suspended)],
        ["Deleted".to_owned(), by(own(organisation.deleted_at), organisation.is_deleted)],
        ["People".to_owned(), format!("{}, with all below {}", stats.people, stats.people_in_tree)],
        ["Systems".to_owned(), format!("{}, with all below {}", stats.systems, stats.systems_in_tree)],
        ["Organisations".to_owned(), format!("{} below", stats.organisations_below)],
    ];
    print(&table(["Name", organisation.name.as_str()], &facts))
}

fn shown_to_json(shown: &ShownOrganisation) -> Value {
    let ShownOrganisation { organisation, stats } = shown;
    json!({
        "id": organisation.id,
        "name": organisation.name,
        "type": organisation.kind,
        "parent_id": organisation.parent,
        "vat_number": organisation.vat_number.as_ref().map(VatNumber::as_str),
        "suspended_at": organisation.suspended_at,
        "is_suspended": organisation.is_suspended,
        "deleted_at": organisation.deleted_at,
        "is_deleted": organisation.is_deleted,
        "created_at": organisation.created_at,
        "users": stats.people,
        "users_in_tree": stats.people_in_tree,
        "systems": stats.systems,
        "systems_in_tree": stats.systems_in_tree,
        "organizations_below": stats.organisations_below,
    })
}

async fn create(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let new = NewOrganisation {
        name: argument(arguments, "name")?,
        kind: argument(arguments, "kind")?,
        parent: optional(arguments, "parent")?,
        vat_number: optional(arguments, "vat-number")?,
    };
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

async fn decide(desk: &Desk, arguments: &ArgMatches, decision: Decision, words: [&str; 2]) -> Result<()> {
    let (key, context) = one(desk, arguments).await?;
    let outcome = context.decide_as_operator(&key, decision).await.map_err(refused)?;
    let (organisation, touched) = &outcome.subject;
    if arguments.get_flag("json") {
        let told = json!({
            "organization": to_json(organisation), "has_changed": outcome.has_changed, "touched": counts(*touched),
        });
        return print_json(&told);
    }
    let [done, nothing_to_do] = words;
    let said = if outcome.has_changed { format!("{done}: {}", in_words(*touched)) } else { nothing_to_do.to_owned() };
    print(&format!("{} {said}", organisation.name))
}

async fn relocate(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let (key, context) = one(desk, arguments).await?;
    let parent: OrganisationKey = argument(arguments, "parent")?;
    let outcome = context.move_organisation_as_operator(&key, &parent).await.map_err(refused)?;
    let (organisation, parent, touched) = &outcome.subject;
    if arguments.get_flag("json") {
        let told = json!({
            "organization": to_json(organisation), "has_changed": outcome.has_changed, "touched": counts(*touched),
        });
        return print_json(&told);
    }
    if !outcome.has_changed {
        return print(&format!("{} stands below {} already", organisation.name, parent.name));
    }
    print(&format!("{} stands below {} from now on: {}", organisation.name, parent.name, in_words(*touched)))
}

async fn destroy(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let (key, context) = one(desk, arguments).await?;
    let shown = context.show_organisation_to_be_destroyed(&key).await.map_err(refused)?;
    let (name, id) = (&shown.organisation.name, shown.organisation.id);
    if !arguments.get_flag("yes") {
        let stats = &shown.stats;
        let (people, systems) = (stats.people_in_tree, stats.systems_in_tree);
        let touched = Touched { organisations: stats.organisations_below + 1, people, systems };
        // What a script reads is the answer alone.
        eprint(&format!(
            "This removes {name} ({id}) for good: {}. People who belong to something else stay.\n\
             Type its name to go on: ",
            in_words(touched)
        ))?;
        let mut typed = String::new();
        std::io::stdin().lock().read_line(&mut typed).context("the answer cannot be read from standard input")?;
        if typed.trim() != name.as_str() {
            bail!("that is not the name of the organisation; nothing was destroyed");
        }
    }
    let destroyed = context.destroy_organisation_as_operator(&OrganisationKey::Id(id)).await.map_err(refused)?;
    if arguments.get_flag("json") {
        let told = json!({
            "id": destroyed.id, "name": destroyed.name, "type": destroyed.kind, "removed": counts(destroyed.removed),
        });
        return print_json(&told);
    }
    print(&format!("{} is gone for good: {}", destroyed.name, in_words(destroyed.removed)))
}

fn counts(touched: Touched) -> Value {
    let Touched { organisations, people, systems } = touched;
    json!({ "organizations": organisations, "users": people, "systems": systems })
}

/// What something touched, itself included: `1 organisation, 2 people, no systems`.
fn in_words(touched: Touched) -> String {
    let count = |number: i64, one: &str, many: &str| match number {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    };
    [
        count(touched.organisations, "organisation", "organisations"),
        count(touched.people, "person", "people"),
        count(touched.systems, "system", "systems"),
    ]
    .join(", ")
}

fn to_json(organisation: &ListedOrganisation) -> Value {
    json!({
        "id": organisation.id,
        "name": organisation.name,
        "type": organisation.kind,
        "parent_id": organisation.parent,
        "suspended_at": organisation.suspended_at,
        "suspended_through": organisation.suspended_through,
        "deleted_at": organisation.deleted_at,
        "created_at": organisation.created_at,
    })
}
