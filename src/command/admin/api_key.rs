//! `bailiwick admin api-key`: the keys by which programs act as people.

use anyhow::{Result, bail};
use bailiwick_app::api_key::ApiKeyRecord;
use bailiwick_app::operator::UserKey;
use bailiwick_domain::id::ApiKeyId;
use bailiwick_domain::time::Timestamp;
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::table::table;
use super::{Desk, argument, json_flag, moment, parse, print, print_json, refused, text};

pub(super) fn line() -> Command {
    Command::new("api-key")
        .about("API keys of people: list, revoke")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("list")
                .about("List the API keys of a person, the newest first")
                .arg(text("user", "EMAIL|UUID", "Whose: an e-mail address or an id"))
                .arg(json_flag()),
        )
        .subcommand(
            Command::new("revoke")
                .about("Take an API key back: it opens nothing from the next request on")
                .arg(Arg::new("key").value_name("UUID").required(true).help("Which: its id, not the key itself"))
                .arg(json_flag()),
        )
}

pub(super) async fn run(desk: &Desk, api_key: &ArgMatches) -> Result<()> {
    match api_key.subcommand() {
        Some(("list", arguments)) => list(desk, arguments).await,
        Some(("revoke", arguments)) => revoke(desk, arguments).await,
        _ => bail!("name a command; see bailiwick admin api-key --help"),
    }
}

async fn list(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let whose: UserKey = argument(arguments, "user")?;
    let context = desk.open().await?;
    let (person, keys) = context.api_keys_for_operator(&whose).await.map_err(refused)?;
    let now = context.now();
    if arguments.get_flag("json") {
        let keys: Vec<_> = keys.iter().map(|key| to_json(key, now)).collect();
        return print_json(&json!({ "api_keys": keys }));
    }
    if keys.is_empty() {
        return print(&format!("{} <{}> has no API keys.", person.name, person.email));
    }
    let rows: Vec<_> = keys.iter().map(|key| row(key, now)).collect();
    print(&table(["NAME", "ACCESS", "STATE", "CREATED", "EXPIRES", "LAST USED", "FROM", "ID"], &rows))
}

fn row(key: &ApiKeyRecord, now: Timestamp) -> [String; 8] {
    [
        key.name.to_string(),
        key.access.to_string(),
        if key.expires_at <= now { "expired" } else { "active" }.to_owned(),
        moment(key.created_at),
        moment(key.expires_at),
        key.last_used_at.map_or_else(|| "never".to_owned(), moment),
        key.last_address.clone().unwrap_or_else(|| "-".to_owned()),
        key.id.to_string(),
    ]
}

async fn revoke(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let id: ApiKeyId = parse(arguments, "key", "the id of the API key")?;
    let context = desk.open().await?;
    let (person, key) = context.revoke_api_key_as_operator(id).await.map_err(refused)?;
    if arguments.get_flag("json") {
        return print_json(&to_json(&key, context.now()));
    }
    print(&format!("the API key {} of {} <{}> is revoked ({id})", key.name, person.name, person.email))
}

fn to_json(key: &ApiKeyRecord, now: Timestamp) -> Value {
    json!({
        "id": key.id,
        "user_id": key.user,
        "name": key.name,
        "access": key.access,
        "organization_id": key.organisation,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "is_expired": key.expires_at <= now,
        "last_used_at": key.last_used_at,
        "last_used_from": key.last_address,
    })
}
