//! `bailiwick admin user`: people.

use anyhow::{Result, bail};
use bailiwick_app::context::Context;
use bailiwick_app::operator::{ListedUser, Listing, NewPerson, Outcome, PersonDetails, UserKey};
use bailiwick_domain::role::Role;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::invitation;
use super::table::table;
use super::{
    Desk, argument, describe, json_flag, moment, organisation_to_json, parse, password_stdin, print, print_json,
    read_password, refused, text,
};

pub(super) fn line() -> Command {
    let one = |name: &'static str, about: &'static str| {
        let who = Arg::new("user").value_name("EMAIL|UUID").required(true).help("Whom: an e-mail address or an id");
        Command::new(name).about(about).arg(who).arg(json_flag())
    };
    Command::new("user")
        .about("People: list, show, create, invite, suspend, reactivate, set a password, end sessions")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("list")
                .about("List everybody by address, the first 1000 at most")
                .arg(
                    Arg::new("search")
                        .long("search")
                        .value_name("TEXT")
                        .help("Only who has this in their address or name"),
                )
                .arg(json_flag()),
        )
        .subcommand(one("show", "Show one person with their memberships and sessions"))
        .subcommand(create_line())
        .subcommand(invitation::create_line("invite"))
        .subcommand(one("suspend", "End a person's sessions, and refuse them everything from now on"))
        .subcommand(one("reactivate", "Let a person who was suspended sign in again"))
        .subcommand(
            one("set-password", "Give a person another password, and end all their sessions; their API keys stay")
                .arg(password_stdin()),
        )
        .subcommand(one("end-sessions", "End all sessions of a person, on every device, and revoke their API keys"))
}

fn create_line() -> Command {
    Command::new("create")
        .about("Create a person who can sign in at once")
        .arg(text("email", "ADDRESS", "How they sign in"))
        .arg(text("name", "NAME", "How they are called"))
        .arg(text("organisation", "NAME|UUID", "Where they belong").alias("organization"))
        .arg(
            Arg::new("role")
                .long("role")
                .value_name("ROLE")
                .default_value("reader")
                .help("What they are there: admin, support or reader"),
        )
        .arg(
            Arg::new("super-admin")
                .long("super-admin")
                .action(ArgAction::SetTrue)
                .help("Give them every right everywhere, whatever their role"),
        )
        .arg(password_stdin())
        .arg(json_flag())
}

pub(super) async fn run(desk: &Desk, user: &ArgMatches) -> Result<()> {
    match user.subcommand() {
        Some(("list", arguments)) => list(desk, arguments).await,
        Some(("show", arguments)) => show(desk, arguments).await,
        Some(("create", arguments)) => create(desk, arguments).await,
        Some(("invite", arguments)) => invitation::create(desk, arguments).await,
        Some(("suspend", arguments)) => {
            let (key, context) = one(desk, arguments).await?;
            let outcome = context.suspend_user_as_operator(&key).await.map_err(refused)?;
            told(arguments, &outcome, "is suspended from now on", "is suspended already")
        }
        Some(("reactivate", arguments)) => {
            let (key, context) = one(desk, arguments).await?;
            let outcome = context.reactivate_user_as_operator(&key).await.map_err(refused)?;
            told(arguments, &outcome, "is not suspended any more", "is not suspended")
        }
        Some(("set-password", arguments)) => {
            let key = whom(arguments)?;
            let password = read_password()?;
            let context = desk.open().await?;
            let (person, ended) = context.set_password_as_operator(&key, password).await.map_err(refused)?;
            if arguments.get_flag("json") {
                return print_json(&json!({ "user": to_json(&person), "sessions_ended": ended }));
            }
            print(&format!("{} has a new password; {}", called(&person), sessions_ended(ended)))
        }
        Some(("end-sessions", arguments)) => {
            let (key, context) = one(desk, arguments).await?;
            let (person, ended) = context.end_sessions_as_operator(&key).await.map_err(refused)?;
            let (sessions, keys) = (ended.sessions, ended.api_keys);
            if arguments.get_flag("json") {
                let told = json!({ "user": to_json(&person), "sessions_ended": sessions, "api_keys_revoked": keys });
                return print_json(&told);
            }
            print(&format!("{}: {}{}", called(&person), sessions_ended(sessions), keys_revoked(keys)))
        }
        _ => bail!("name a command; see bailiwick admin user --help"),
    }
}

async fn list(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let search = arguments.get_one::<String>("search").map(String::as_str);
    let found = desk.open().await?.users_for_operator(search).await;
    let Listing { shown, has_more } = found.map_err(|fault| anyhow::anyhow!(describe(&fault)))?;
    if arguments.get_flag("json") {
        let users: Vec<_> = shown.iter().map(to_json).collect();
        return print_json(&json!({ "users": users, "has_more": has_more }));
    }
    if shown.is_empty() {
        return print(&match search {
            Some(text) => format!("Nobody has \"{text}\" in their address or name."),
            None => "There is nobody yet; bailiwick admin bootstrap creates the first super admin.".to_owned(),
        });
    }
    let rows: Vec<_> = shown.iter().map(row).collect();
    let mut listing = table(["ADDRESS", "NAME", "ORGANISATION", "ROLE", "STATE", "CREATED", "ID"], &rows);
    if has_more {
        listing.push_str("There are more; narrow the list with --search.");
    }
    print(&listing)
}

fn row(user: &ListedUser) -> [String; 7] {
    [
        user.email.to_string(),
        user.name.to_string(),
        user.organisation_name.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
        role(user),
        if user.suspended_at.is_some() { "suspended" } else { "active" }.to_owned(),
        moment(user.created_at),
        user.id.to_string(),
    ]
}

async fn show(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let (key, context) = one(desk, arguments).await?;
    let details = context.user_for_operator(&key).await.map_err(refused)?;
    if arguments.get_flag("json") {
        return print_json(&details_to_json(&details));
    }
    let PersonDetails { person, memberships, sessions } = &details;
    let or_never = |at: Option<_>| at.map_or_else(|| "no".to_owned(), moment);
    let mut facts = vec![
        ["Address".to_owned(), person.email.to_string()],
        ["Id".to_owned(), person.id.to_string()],
        ["Created".to_owned(), moment(person.created_at)],
        ["Confirmed".to_owned(), or_never(person.confirmed_at)],
        ["Suspended".to_owned(), or_never(person.suspended_at)],
        ["Super admin".to_owned(), if person.is_super_admin { "yes" } else { "no" }.to_owned()],
    ];
    facts.extend(memberships.iter().map(|membership| {
        let suspended = if membership.suspended_at.is_some() { ", suspended" } else { "" };
        let (name, kind, id) = (&membership.organisation_name, membership.organisation_kind, membership.organisation);
        ["Role".to_owned(), format!("{} of {name} ({kind}{suspended}, {id})", membership.role)]
    }));
    facts.extend(sessions.iter().map(|session| {
        let last = moment(session.last_seen_at.unwrap_or(session.created_at));
        let address = session.last_address.as_ref().unwrap_or(&session.address);
        let device = session.user_agent.as_deref().unwrap_or("an unnamed device");
        ["Session".to_owned(), format!("{last} from {address} with {device}")]
    }));
    print(&table(["Name", person.name.as_str()], &facts))
}

async fn create(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let new = NewPerson {
        email: argument(arguments, "email")?,
        name: argument(arguments, "name")?,
        organisation: argument(arguments, "organisation")?,
        role: argument(arguments, "role")?,
        is_super_admin: arguments.get_flag("super-admin"),
        password: read_password()?,
    };
    let user = desk.open().await?.create_user_as_operator(new).await.map_err(refused)?;
    if arguments.get_flag("json") {
        return print_json(&to_json(&user));
    }
    let organisation = user.organisation_name.as_ref().map_or_else(String::new, |name| format!(" of {name}"));
    print(&format!("created {} ({}), {}{organisation}", called(&user), user.id, role(&user)))
}

/// Who is meant, and the server's inside.
async fn one<'desk>(desk: &'desk Desk, arguments: &ArgMatches) -> Result<(UserKey, &'desk Context)> {
    Ok((whom(arguments)?, desk.open().await?))
}

fn whom(arguments: &ArgMatches) -> Result<UserKey> {
    parse(arguments, "user", "EMAIL|UUID")
}

fn told(arguments: &ArgMatches, outcome: &Outcome<ListedUser>, done: &str, nothing_to_do: &str) -> Result<()> {
    if arguments.get_flag("json") {
        return print_json(&json!({ "user": to_json(&outcome.subject), "has_changed": outcome.has_changed }));
    }
    print(&format!("{} {}", called(&outcome.subject), if outcome.has_changed { done } else { nothing_to_do }))
}

fn called(user: &ListedUser) -> String {
    format!("{} <{}>", user.name, user.email)
}

fn sessions_ended(count: u64) -> String {
    match count {
        0 => "there were no sessions to end".to_owned(),
        1 => "1 session was ended".to_owned(),
        _ => format!("{count} sessions were ended"),
    }
}

/// What is said besides, where there were any.
fn keys_revoked(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "; 1 API key was revoked".to_owned(),
        _ => format!("; {count} API keys were revoked"),
    }
}

fn role(user: &ListedUser) -> String {
    let role = user.role.map(Role::name);
    let all = [user.is_super_admin.then_some("super admin"), role];
    let named: Vec<_> = all.into_iter().flatten().collect();
    if named.is_empty() { "-".to_owned() } else { named.join(", ") }
}

fn to_json(user: &ListedUser) -> Value {
    let organisation = user.organisation.zip(user.organisation_name.as_ref()).zip(user.organisation_kind);
    json!({
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "is_super_admin": user.is_super_admin,
        "role": user.role,
        "organization": organisation.map(|((id, name), kind)| organisation_to_json(id, name, kind)),
        "confirmed_at": user.confirmed_at,
        "suspended_at": user.suspended_at,
        "created_at": user.created_at,
    })
}

fn details_to_json(details: &PersonDetails) -> Value {
    let PersonDetails { person, memberships, sessions } = details;
    let memberships: Vec<_> = memberships
        .iter()
        .map(|one| {
            json!({
                "organization": organisation_to_json(one.organisation, &one.organisation_name, one.organisation_kind),
                "role": one.role,
                "suspended_at": one.suspended_at,
                "created_at": one.created_at,
            })
        })
        .collect();
    let sessions: Vec<_> = sessions
        .iter()
        .map(|session| {
            json!({
                "id": session.id,
                "device": session.user_agent,
                "address": session.last_address.as_ref().unwrap_or(&session.address),
                "first_seen": session.created_at,
                "last_seen": session.last_seen_at.unwrap_or(session.created_at),
                "expires_at": session.expires_at,
            })
        })
        .collect();
    let mut json = to_json(person);
    if let Some(members) = json.as_object_mut() {
        members.insert("memberships".to_owned(), memberships.into());
        members.insert("sessions".to_owned(), sessions.into());
    }
    json
}
