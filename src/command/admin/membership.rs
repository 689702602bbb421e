//! `bailiwick admin membership`: what people are in organisations.

use anyhow::{Result, bail};
use bailiwick_app::membership::ChangedMembership;
use bailiwick_app::operator::{ListedMember, ListedMembership, ListedUser, Listing, OrganisationKey, UserKey};
use bailiwick_domain::role::Role;
use clap::{Arg, ArgGroup, ArgMatches, Command};
use serde_json::{Value, json};

use super::table::table;
use super::{Desk, argument, json_flag, moment, organisation_to_json, print, print_json, refused, text};

pub(super) fn line() -> Command {
    let whom = || text("user", "EMAIL|UUID", "Whom: an e-mail address or an id");
    let whereto = || text("organisation", "NAME|UUID", "In which organisation").alias("organization");
    Command::new("membership")
        .about("What people are in organisations: list, set, remove")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("list")
                .about("List what one person is in which organisations, or who belongs to one organisation")
                .arg(whom().required(false))
                .arg(whereto().required(false))
                .group(ArgGroup::new("of").args(["user", "organisation"]).required(true))
                .arg(json_flag()),
        )
        .subcommand(
            Command::new("set")
                .about("Give a person a role in an organisation, in the place of the one that they had there, if any")
                .arg(whom())
                .arg(whereto())
                .arg(Arg::new("role").long("role").value_name("ROLE").required(true).help("admin, support or reader"))
                .arg(json_flag()),
        )
        .subcommand(
            Command::new("remove")
                .about("Remove a person from an organisation; their account stays, and what else they belong to")
                .arg(whom())
                .arg(whereto())
                .arg(json_flag()),
        )
}

pub(super) async fn run(desk: &Desk, membership: &ArgMatches) -> Result<()> {
    match membership.subcommand() {
        Some(("list", arguments)) if arguments.contains_id("user") => of_person(desk, arguments).await,
        Some(("list", arguments)) => of_organisation(desk, arguments).await,
        Some(("set", arguments)) => {
            let (user, organisation) = both(arguments)?;
            let role: Role = argument(arguments, "role")?;
            let context = desk.open().await?;
            let changed = context.set_membership_as_operator(&user, &organisation, role).await.map_err(refused)?;
            told(arguments, &changed, "is now")
        }
        Some(("remove", arguments)) => {
            let (user, organisation) = both(arguments)?;
            let context = desk.open().await?;
            let removed = context.remove_membership_as_operator(&user, &organisation).await.map_err(refused)?;
            told(arguments, &removed, "is no longer")
        }
        _ => bail!("name a command; see bailiwick admin membership --help"),
    }
}

fn both(arguments: &ArgMatches) -> Result<(UserKey, OrganisationKey)> {
    Ok((argument(arguments, "user")?, argument(arguments, "organisation")?))
}

async fn of_person(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let key: UserKey = argument(arguments, "user")?;
    let details = desk.open().await?.user_for_operator(&key).await.map_err(refused)?;
    if arguments.get_flag("json") {
        let memberships: Vec<_> = details.memberships.iter().map(membership_to_json).collect();
        return print_json(&json!({ "memberships": memberships }));
    }
    let person = &details.person;
    if details.memberships.is_empty() {
        return print(&format!("{} <{}> belongs to no organisation.", person.name, person.email));
    }
    let rows: Vec<_> = details.memberships.iter().map(membership_row).collect();
    print(&table(["ORGANISATION", "KIND", "ROLE", "STATE", "SINCE", "ID"], &rows))
}

fn membership_row(one: &ListedMembership) -> [String; 6] {
    [
        one.organisation_name.to_string(),
        one.organisation_kind.to_string(),
        one.role.to_string(),
        state(one.suspended_at.is_some()).to_owned(),
        moment(one.created_at),
        one.organisation.to_string(),
    ]
}

fn membership_to_json(one: &ListedMembership) -> Value {
    json!({
        "organization": organisation_to_json(one.organisation, &one.organisation_name, one.organisation_kind),
        "role": one.role,
        "suspended_at": one.suspended_at,
        "created_at": one.created_at,
    })
}

async fn of_organisation(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let key: OrganisationKey = argument(arguments, "organisation")?;
    let (organisation, members) = desk.open().await?.members_for_operator(&key).await.map_err(refused)?;
    let Listing { shown, has_more } = members;
    if arguments.get_flag("json") {
        let members: Vec<_> = shown.iter().map(member_to_json).collect();
        return print_json(&json!({ "members": members, "has_more": has_more }));
    }
    if shown.is_empty() {
        return print(&format!(
            "Nobody belongs to {}; bailiwick admin invitation create invites people.",
            organisation.name
        ));
    }
    let rows: Vec<_> = shown.iter().map(member_row).collect();
    let mut listing = table(["ADDRESS", "NAME", "ROLE", "STATE", "SINCE", "ID"], &rows);
    if has_more {
        listing.push_str("There are more than are listed here.");
    }
    print(&listing)
}

fn member_row(one: &ListedMember) -> [String; 6] {
    [
        one.email.to_string(),
        one.name.to_string(),
        one.role.to_string(),
        state(one.suspended_at.is_some()).to_owned(),
        moment(one.created_at),
        one.user.to_string(),
    ]
}

fn member_to_json(one: &ListedMember) -> Value {
    json!({
        "user_id": one.user,
        "email": one.email,
        "name": one.name,
        "role": one.role,
        "suspended_at": one.suspended_at,
        "created_at": one.created_at,
    })
}

const fn state(is_suspended: bool) -> &'static str {
    if is_suspended { "suspended" } else { "active" }
}

fn told(arguments: &ArgMatches, (user, changed): &(ListedUser, ChangedMembership), is: &str) -> Result<()> {
    let ChangedMembership { organisation, organisation_name, organisation_kind, role, .. } = changed;
    if arguments.get_flag("json") {
        return print_json(&json!({
            "user_id": user.id,
            "email": user.email,
            "organization": organisation_to_json(*organisation, organisation_name, *organisation_kind),
            "role": role,
        }));
    }
    print(&format!("{} <{}> {is} {role} of {organisation_name}", user.name, user.email))
}
