//! `bailiwick admin pool`: seats, made and handed down the partner tree.

use anyhow::{Result, bail};
use bailiwick_app::caller::Authority;
use bailiwick_app::context::Context;
use bailiwick_app::licensing::pool::{Gift, MoveRecord, PoolChange, PoolFilter, PoolRecord};
use bailiwick_app::operator::AgreementKey;
use bailiwick_domain::id::SeatPoolId;
use bailiwick_domain::licence::term::Seats;
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::licensing::{
    SLICE, failed, flag, moment_or, optional_organisation, or_dash, organisation, patch, print_list, published,
};
use super::table::table;
use super::{
    Desk, argument, json_flag, moment, optional, organisation_to_json, parse, print, print_json, refused, text,
};

pub(super) fn line() -> Command {
    let one = |name: &'static str, about: &'static str| {
        let which = Arg::new("pool").value_name("UUID").required(true).help("Which one: its id");
        Command::new(name).about(about).arg(which).arg(json_flag())
    };
    let seats = || text("seats", "COUNT", "How many");
    let overdraft = || flag("overdraft", "COUNT", "How many seats more than it has it may give and use");
    Command::new("pool")
        .about("Pools of seats: list, show, make, give, take back, change, history")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("list")
                .about("List the pools by agreement, from the top of each tree downwards, 1000 at most")
                .arg(flag("organisation", "NAME|UUID", "Only those of this one").alias("organization"))
                .arg(flag("agreement", "NAME|UUID", "Only those of this agreement"))
                .arg(json_flag()),
        )
        .subcommand(one("show", "Show one pool"))
        .subcommand(
            Command::new("make")
                .about("Make seats of an agreement: they are the owner's, who hands them down")
                .arg(text("agreement", "NAME|UUID", "Of which agreement; it must be published"))
                .arg(seats())
                .arg(json_flag()),
        )
        .subcommand(
            one("give", "Hand seats down to an organisation below the one that holds the pool")
                .arg(text("to", "NAME|UUID", "To whom"))
                .arg(seats())
                .arg(overdraft())
                .arg(flag("until", "MOMENT", "Until when they are given and used, such as 2027-06-30T00:00:00Z")),
        )
        .subcommand(
            one("take-back", "Take seats back that are free in a pool or below it; from the first pool for good")
                .arg(seats()),
        )
        .subcommand(
            one("change", "Change how a pool may be used; what ends earlier ends earlier below it, too")
                .arg(overdraft())
                .arg(flag("until", "MOMENT", "Until when its seats are given and used, or never")),
        )
        .subcommand(one("history", "Show what happened to a pool, the newest first, 1000 at most"))
}

pub(super) async fn run(desk: &Desk, pool: &ArgMatches) -> Result<()> {
    match pool.subcommand() {
        Some(("list", arguments)) => list(desk, arguments).await,
        Some(("show", arguments)) => {
            let (id, context) = one(desk, arguments).await?;
            let found = context.show_pool(Authority::Operator, id).await.map_err(failed)?;
            if arguments.get_flag("json") { print_json(&to_json(&found)) } else { print(&shown(&found)) }
        }
        Some(("make", arguments)) => {
            let seats: Seats = argument(arguments, "seats")?;
            let agreement = published(desk, arguments).await?;
            let made = desk.open().await?.make_seats(Authority::Operator, agreement, seats).await;
            told(arguments, &made.map_err(failed)?)
        }
        Some(("give", arguments)) => {
            let (id, context) = one(desk, arguments).await?;
            let gift = Gift {
                receiver: organisation(desk, arguments, "to").await?,
                seats: argument(arguments, "seats")?,
                overdraft: optional(arguments, "overdraft")?,
                expires_at: optional(arguments, "until")?,
            };
            told(arguments, &context.give_seats(Authority::Operator, id, gift).await.map_err(failed)?)
        }
        Some(("take-back", arguments)) => {
            let (id, context) = one(desk, arguments).await?;
            let seats: Seats = argument(arguments, "seats")?;
            told(arguments, &context.take_seats_back(Authority::Operator, id, seats).await.map_err(failed)?)
        }
        Some(("change", arguments)) => {
            let (id, context) = one(desk, arguments).await?;
            let (overdraft, expires_at) = (optional(arguments, "overdraft")?, patch(arguments, "until")?);
            let change = PoolChange { overdraft, expires_at };
            told(arguments, &context.change_pool(Authority::Operator, id, change).await.map_err(failed)?)
        }
        Some(("history", arguments)) => {
            let (id, context) = one(desk, arguments).await?;
            let found = context.pool_history(Authority::Operator, id, SLICE).await.map_err(failed)?;
            let head = ["NUMBER", "WHEN", "WHAT", "SEATS", "FROM OR TO", "BY"];
            print_list(arguments, ("moves", head), &found, (move_row, move_to_json), "Nothing has happened to it.")
        }
        _ => bail!("name a command; see bailiwick admin pool --help"),
    }
}

async fn one<'desk>(desk: &'desk Desk, arguments: &ArgMatches) -> Result<(SeatPoolId, &'desk Context)> {
    Ok((parse(arguments, "pool", "the id of the pool")?, desk.open().await?))
}

async fn list(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let context = desk.open().await?;
    let family = match optional::<AgreementKey>(arguments, "agreement")? {
        Some(key) => Some(context.agreement_for_operator(&key, None).await.map_err(refused)?.family),
        None => None,
    };
    let filter = PoolFilter { holder: optional_organisation(desk, arguments, "organisation").await?, family };
    let found = context.list_pools(Authority::Operator, filter, SLICE).await.map_err(failed)?;
    let head = ["AGREEMENT", "ORGANISATION", "SEATS", "GIVEN", "USED", "FREE", "UNTIL", "ID"];
    let nothing = "There is no such pool; bailiwick admin pool make makes seats of an agreement.";
    print_list(arguments, ("pools", head), &found, (row, to_json), nothing)
}

fn row(one: &PoolRecord) -> [String; 8] {
    [
        one.agreement_name.to_string(),
        one.holder_name.to_string(),
        one.seats.to_string(),
        one.given.to_string(),
        one.used.to_string(),
        one.balance().free().to_string(),
        moment_or(one.expires_at, "no end"),
        one.id.to_string(),
    ]
}

/// All of a pool, for people.
fn shown(one: &PoolRecord) -> String {
    let facts = [
        ["Id", &one.id.to_string()],
        ["Organisation", &format!("{} ({}, {})", one.holder_name, one.holder_kind, one.holder)],
        ["Seats", &one.seats.to_string()],
        ["Given", &one.given.to_string()],
        ["Used", &one.used.to_string()],
        ["Overdraft", &one.overdraft.to_string()],
        ["Free", &one.balance().free().to_string()],
        ["Until", &moment_or(one.expires_at, "no end")],
        ["Given by", &or_dash(one.giver_name.as_ref())],
        ["Out of", &or_dash(one.parent.as_ref())],
        ["Created", &moment(one.created_at)],
    ];
    table(["Agreement", one.agreement_name.as_str()], &facts.map(|fact| fact.map(str::to_owned)))
}

fn told(arguments: &ArgMatches, one: &PoolRecord) -> Result<()> {
    if arguments.get_flag("json") {
        return print_json(&to_json(one));
    }
    let PoolRecord { holder_name, agreement_name, seats, id, .. } = one;
    let (free, until) = (one.balance().free(), moment_or(one.expires_at, "no end"));
    print(&format!(
        "{holder_name} has {seats} seats of {agreement_name} now, of which {free} are free (until: {until}; {id})"
    ))
}

fn to_json(one: &PoolRecord) -> Value {
    json!({
        "id": one.id,
        "family_id": one.family,
        "agreement": { "id": one.agreement, "name": one.agreement_name },
        "organization": organisation_to_json(one.holder, &one.holder_name, one.holder_kind),
        "parent_id": one.parent,
        "given_by": one.giver.map(|id| json!({ "id": id, "name": one.giver_name })),
        "seats": one.seats,
        "overdraft": one.overdraft,
        "given": one.given,
        "used": one.used,
        "free": one.balance().free(),
        "expires_at": one.expires_at,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    })
}

fn move_row(one: &MoveRecord) -> [String; 6] {
    [
        one.number.to_string(),
        moment(one.at),
        one.kind.to_string(),
        one.seats.to_string(),
        or_dash(one.other_name.as_ref()),
        or_dash(one.by_name.as_ref()),
    ]
}

fn move_to_json(one: &MoveRecord) -> Value {
    json!({
        "number": one.number,
        "at": one.at,
        "kind": one.kind,
        "seats": one.seats,
        "other": one.other.map(|id| json!({ "id": id, "name": one.other_name })),
        "license_id": one.licence,
        "by": one.by.map(|id| json!({ "id": id, "name": one.by_name })),
    })
}
