//! What the commands about agreements, pools and licences have in common.

use std::borrow::Cow;

use anyhow::Result;
use bailiwick_app::licensing::Listed;
use bailiwick_app::operator::{AgreementKey, OrganisationKey};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Parse, Patch};
use bailiwick_domain::id::{AgreementId, OrganisationId};
use bailiwick_domain::licence::agreement::AgreementStatus;
use bailiwick_domain::time::Timestamp;
use clap::{Arg, ArgMatches};
use serde_json::Value;

use super::table::table;
use super::{Desk, argument, describe, moment, optional, print, print_json, refused};

/// Rows of one list, from its beginning: who looks for something among more narrows it.
pub(super) const SLICE: (i64, i64) = (0, 1000);

/// What stands for no end where a moment or a number of days is given.
pub(super) const NEVER: &str = "never";

/// A flag that may be left out.
pub(super) fn flag(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

/// What was given for a flag with which an end is set, or taken away.
pub(super) fn patch<T: Parse>(arguments: &ArgMatches, name: &str) -> Result<Patch<T>> {
    match arguments.get_one::<String>(name).map(String::as_str) {
        None => Ok(Patch::Keep),
        Some(NEVER) => Ok(Patch::Clear),
        Some(_) => Ok(Patch::Set(argument(arguments, name)?)),
    }
}

/// The version of the agreement that `--agreement` names, under which licences are issued.
pub(super) async fn published(desk: &Desk, arguments: &ArgMatches) -> Result<AgreementId> {
    let key: AgreementKey = argument(arguments, "agreement")?;
    let found = desk.open().await?.agreement_for_operator(&key, Some(AgreementStatus::Published)).await;
    Ok(found.map_err(refused)?.id)
}

/// The organisation that a flag names.
pub(super) async fn organisation(desk: &Desk, arguments: &ArgMatches, name: &str) -> Result<OrganisationId> {
    let key: OrganisationKey = argument(arguments, name)?;
    Ok(desk.open().await?.organisation_for_operator(&key).await.map_err(refused)?.id)
}

/// The same for a flag that may be left out.
pub(super) async fn optional_organisation(
    desk: &Desk,
    arguments: &ArgMatches,
    name: &str,
) -> Result<Option<OrganisationId>> {
    match optional::<OrganisationKey>(arguments, name)? {
        Some(_) => Ok(Some(organisation(desk, arguments, name).await?)),
        None => Ok(None),
    }
}

/// A fault as a line for the operator, in the words of the command line: what the APIs call fields are flags here.
pub(super) fn failed(mut fault: Fault) -> anyhow::Error {
    for field in &mut fault.fields {
        if let Some(flag) = called_here(&field.key) {
            field.key = Cow::Borrowed(flag);
        }
    }
    anyhow::anyhow!(match fault.code {
        Code::AgreementNotFound => unknown("agreement", "agreement"),
        Code::LicenceNotFound => unknown("licence", "licence"),
        Code::PoolNotFound => unknown("pool of seats", "pool"),
        Code::SystemNotFound => "there is no system with that id".to_owned(),
        _ => describe(&fault),
    })
}

fn unknown(what: &str, command: &str) -> String {
    format!("there is no {what} with that id; bailiwick admin {command} list shows which there are")
}

fn called_here(field: &str) -> Option<&'static str> {
    Some(match field {
        "Organisation" => "the organisation that is to have it",
        "Provider" => "--seller",
        "ExpiresAt" => "--until",
        "Overdraft" => "--overdraft",
        "Device" => "--system",
        "TrialsPerOrganisation" => "--trials",
        "DurationDays" => "--duration",
        _ => return None,
    })
}

/// A list for people, or one JSON document for scripts.
pub(super) fn print_list<T, const N: usize>(
    arguments: &ArgMatches,
    (name, head): (&str, [&str; N]),
    found: &Listed<T>,
    (row, to_json): (impl Fn(&T) -> [String; N], impl Fn(&T) -> Value),
    nothing: &str,
) -> Result<()> {
    let has_more = usize::try_from(found.total).is_ok_and(|total| total > found.items.len());
    if arguments.get_flag("json") {
        let items: Vec<_> = found.items.iter().map(to_json).collect();
        return print_json(&serde_json::json!({ name: items, "has_more": has_more }));
    }
    if found.items.is_empty() {
        return print(nothing);
    }
    let rows: Vec<_> = found.items.iter().map(row).collect();
    let mut listing = table(head, &rows);
    if has_more {
        listing.push_str("There are more than are listed here.");
    }
    print(&listing)
}

/// A moment, where there is one.
pub(super) fn moment_or(at: Option<Timestamp>, otherwise: &str) -> String {
    at.map_or_else(|| otherwise.to_owned(), moment)
}

/// What there is, or a dash.
pub(super) fn or_dash<T: ToString>(value: Option<&T>) -> String {
    value.map_or_else(|| "-".to_owned(), ToString::to_string)
}
