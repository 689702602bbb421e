//! `bailiwick admin invitation`, and `bailiwick admin user invite`: people who choose their own password.

use std::io::Read as _;

use anyhow::{Context as _, Result, bail};
use bailiwick_app::caller::Authority;
use bailiwick_app::context::Context;
use bailiwick_app::invitation::{Import, ImportRow, InvitationFilter, InvitationPage, InvitationRecord, RowOutcome};
use bailiwick_app::operator::OrganisationKey;
use bailiwick_domain::account::Language;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::field::{FieldFault, Parse};
use bailiwick_domain::id::InvitationId;
use bailiwick_domain::invitation::InvitationStatus;
use bailiwick_domain::invitation_file::{FILE_LENGTH_MAX, InvitationFile};
use bailiwick_domain::page::{PAGE_SIZE_MAX, Page, PageNumber, PageSize};
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Timestamp;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::table::table;
use super::{
    Desk, argument, describe, json_flag, moment, optional, organisation_to_json, parse, print, print_json, refused,
    text,
};

/// Invitations in one list: who looks for one among more narrows it.
const LISTED_MAX: usize = 1000;

pub(super) fn line() -> Command {
    let one = |name: &'static str, about: &'static str| {
        let which = Arg::new("invitation").value_name("UUID").required(true).help("Which: its id");
        Command::new(name).about(about).arg(which).arg(json_flag())
    };
    Command::new("invitation")
        .about("Invitations: list, create, resend, revoke, import")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(list_line())
        .subcommand(create_line("create"))
        .subcommand(one("resend", "Mail an invitation once more: another link, good for 7 days; the one before dies"))
        .subcommand(one("revoke", "Take an invitation back: its link opens nothing from then on"))
        .subcommand(
            Command::new("import")
                .about("Invite everybody in a CSV file, all of them or nobody")
                .long_about(
                    "Invite everybody in a CSV file, all of them or nobody. The columns are email, organization (a name \
                     or an id), role, and, where you like, language and name; the first line has the headings. Whoever \
                     belongs to the organisation already, or is invited, is passed over.",
                )
                .arg(Arg::new("file").value_name("FILE").required(true).help("The file; - is standard input"))
                .arg(
                    Arg::new("dry-run")
                        .long("dry-run")
                        .action(ArgAction::SetTrue)
                        .help("Say what each row would do, and do nothing"),
                )
                .arg(json_flag()),
        )
}

fn list_line() -> Command {
    Command::new("list")
        .about("List invitations, the newest first, 1000 at most")
        .arg(
            Arg::new("status")
                .long("status")
                .value_name("STATUS")
                .help("Only those of which this became: open, accepted, revoked, expired or suspended"),
        )
        .arg(
            Arg::new("organisation")
                .long("organisation")
                .alias("organization")
                .value_name("NAME|UUID")
                .help("Only those into this organisation"),
        )
        .arg(Arg::new("search").long("search").value_name("TEXT").help("Only those whose address has this"))
        .arg(json_flag())
}

/// The command that invites one person, under either of its names.
pub(super) fn create_line(name: &'static str) -> Command {
    Command::new(name)
        .about("Mail somebody an invitation, good once and for 7 days; they choose their password themselves")
        .arg(text("email", "ADDRESS", "To whom; with an account or without one"))
        .arg(text("organisation", "NAME|UUID", "Where they will belong").alias("organization"))
        .arg(
            Arg::new("role")
                .long("role")
                .value_name("ROLE")
                .default_value("reader")
                .help("What they will be there: admin, support or reader"),
        )
        .arg(
            Arg::new("language")
                .long("language")
                .value_name("LANGUAGE")
                .default_value("en")
                .help("The language of the mail: en, de or it"),
        )
        .arg(json_flag())
}

pub(super) async fn run(desk: &Desk, invitation: &ArgMatches) -> Result<()> {
    match invitation.subcommand() {
        Some(("list", arguments)) => list(desk, arguments).await,
        Some(("create", arguments)) => create(desk, arguments).await,
        Some(("resend", arguments)) => {
            let (id, context) = one(desk, arguments).await?;
            let sent = context.resend_invitation_as_operator(id).await.map_err(refused)?;
            told(arguments, context, &sent, "mailed again to")
        }
        Some(("revoke", arguments)) => {
            let (id, context) = one(desk, arguments).await?;
            let revoked = context.revoke_invitation_as_operator(id).await.map_err(refused)?;
            if arguments.get_flag("json") {
                return print_json(&to_json(&revoked, context.now()));
            }
            let InvitationRecord { email, organisation_name, .. } = &revoked;
            print(&format!("the invitation of {email} into {organisation_name} is taken back ({id})"))
        }
        Some(("import", arguments)) => import(desk, arguments).await,
        _ => bail!("name a command; see bailiwick admin invitation --help"),
    }
}

/// Invites one person.
pub(super) async fn create(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let organisation: OrganisationKey = argument(arguments, "organisation")?;
    let email: EmailAddress = argument(arguments, "email")?;
    let (role, language): (Role, Language) = (argument(arguments, "role")?, argument(arguments, "language")?);
    let context = desk.open().await?;
    let sent = context.invite_as_operator(&organisation, email, role, Some(language)).await.map_err(refused)?;
    told(arguments, context, &sent, "invited")
}

async fn one<'desk>(desk: &'desk Desk, arguments: &ArgMatches) -> Result<(InvitationId, &'desk Context)> {
    Ok((parse(arguments, "invitation", "the id of the invitation")?, desk.open().await?))
}

fn told(arguments: &ArgMatches, context: &Context, sent: &InvitationRecord, done: &str) -> Result<()> {
    if arguments.get_flag("json") {
        return print_json(&to_json(sent, context.now()));
    }
    let InvitationRecord { email, role, organisation_name, id, .. } = sent;
    print(&format!(
        "{done} {email} as {role} of {organisation_name} ({id}), until {}; the mail is queued, and the running server \
         sends it",
        moment(sent.expires_at)
    ))
}

async fn list(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let status: Option<InvitationStatus> = optional(arguments, "status")?;
    let organisation: Option<OrganisationKey> = optional(arguments, "organisation")?;
    let context = desk.open().await?;
    let organisation = match organisation {
        Some(key) => Some(context.organisation_for_operator(&key).await.map_err(refused)?.id),
        None => None,
    };
    let search = arguments.get_one::<String>("search").cloned();
    let filter = InvitationFilter { status, organisation, search };
    let (mut shown, mut total) = (Vec::new(), 0);
    for number in 1..=LISTED_MAX / PAGE_SIZE_MAX as usize {
        let page = Page {
            number: PageNumber::parse_text(&number.to_string()).unwrap_or_default(),
            size: PageSize::parse_text(&PAGE_SIZE_MAX.to_string()).unwrap_or_default(),
        };
        let found = context.list_invitations(Authority::Operator, &filter, page).await;
        let InvitationPage { invitations, total: all } = found.map_err(|fault| anyhow::anyhow!(describe(&fault)))?;
        total = all;
        let is_last = invitations.len() < PAGE_SIZE_MAX as usize;
        shown.extend(invitations);
        if is_last {
            break;
        }
    }
    let has_more = usize::try_from(total).is_ok_and(|total| total > shown.len());
    print_list(arguments, &shown, has_more, context.now())
}

fn print_list(arguments: &ArgMatches, shown: &[InvitationRecord], has_more: bool, now: Timestamp) -> Result<()> {
    if arguments.get_flag("json") {
        let invitations: Vec<_> = shown.iter().map(|one| to_json(one, now)).collect();
        return print_json(&json!({ "invitations": invitations, "has_more": has_more }));
    }
    if shown.is_empty() {
        return print("There is no such invitation; bailiwick admin invitation create mails one.");
    }
    let row = |one: &InvitationRecord| {
        [
            one.email.to_string(),
            one.organisation_name.to_string(),
            one.role.to_string(),
            status(one, now).name().to_owned(),
            moment(one.created_at),
            moment(one.expires_at),
            one.id.to_string(),
        ]
    };
    let rows: Vec<_> = shown.iter().map(row).collect();
    let mut listing = table(["ADDRESS", "ORGANISATION", "ROLE", "STATUS", "CREATED", "EXPIRES", "ID"], &rows);
    if has_more {
        listing.push_str("There are more; narrow the list with --status, --organisation or --search.");
    }
    print(&listing)
}

fn status(one: &InvitationRecord, now: Timestamp) -> InvitationStatus {
    InvitationStatus::at(now, one.expires_at, one.accepted_at, one.revoked_at, one.is_suspended)
}

fn to_json(one: &InvitationRecord, now: Timestamp) -> Value {
    json!({
        "id": one.id,
        "email": one.email,
        "organization": organisation_to_json(one.organisation, &one.organisation_name, one.organisation_kind),
        "role": one.role,
        "language": one.language,
        "status": status(one, now),
        "created_at": one.created_at,
        "expires_at": one.expires_at,
        "accepted_at": one.accepted_at,
        "revoked_at": one.revoked_at,
    })
}

async fn import(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let file = read_file(arguments.get_one::<String>("file").map_or("-", String::as_str))?;
    let file =
        InvitationFile::parse(&file).map_err(|refusal| anyhow::anyhow!("the file must be {}", refusal.expected))?;
    let context = desk.open().await?;
    let is_dry_run = arguments.get_flag("dry-run");
    let outcome = if is_dry_run {
        context.preview_import(Authority::Operator, &file).await
    } else {
        context.import_invitations(Authority::Operator, &file).await
    };
    let import = outcome.map_err(|fault| anyhow::anyhow!("nobody is invited: {}", describe(&fault)))?;
    if arguments.get_flag("json") {
        let rows: Vec<_> = import.rows.iter().map(row_to_json).collect();
        return print_json(&json!({ "dry_run": is_dry_run, "can_be_carried_out": import.is_good(), "rows": rows }));
    }
    let rows: Vec<_> = import.rows.iter().map(|row| import_row(row, is_dry_run)).collect();
    let mut told = table(["LINE", "ADDRESS", "ORGANISATION", "ROLE", "OUTCOME"], &rows);
    told.push_str(&conclusion(&import, is_dry_run));
    print(&told)
}

/// What came of the whole file, in a sentence.
fn conclusion(import: &Import, is_dry_run: bool) -> String {
    let (count, rows) = (import.count("invite"), import.rows.len());
    match (is_dry_run, import.is_good()) {
        (true, true) => format!("{count} of {rows} would be invited; nothing has happened."),
        (true, false) => "Nobody would be invited before every row is good; nothing has happened.".to_owned(),
        (false, _) => format!("{count} of {rows} invited; the mails are queued, and the running server sends them."),
    }
}

/// The file, or as much of it as it takes to tell that it is too long.
fn read_file(path: &str) -> Result<Vec<u8>> {
    let limit = u64::try_from(FILE_LENGTH_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    if path == "-" {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes).context("standard input cannot be read")?;
    } else {
        let file = std::fs::File::open(path).with_context(|| format!("{path} cannot be opened"))?;
        file.take(limit).read_to_end(&mut bytes).with_context(|| format!("{path} cannot be read"))?;
    }
    Ok(bytes)
}

fn import_row(row: &ImportRow, is_dry_run: bool) -> [String; 5] {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        row.line.to_string(),
        row.address.clone(),
        or_none(row.organisation.as_ref().map(|place| place.name.to_string())),
        or_none(row.role.map(|role| role.to_string())),
        outcome(&row.outcome, is_dry_run),
    ]
}

fn outcome(outcome: &RowOutcome, is_dry_run: bool) -> String {
    let faults = || outcome.faults().iter().map(FieldFault::sentence).collect::<Vec<_>>().join("; ");
    match outcome {
        RowOutcome::Invite if is_dry_run => "would invite".to_owned(),
        RowOutcome::Invite => "invited".to_owned(),
        RowOutcome::AlreadyMember => "already a member".to_owned(),
        RowOutcome::AlreadyInvited => "already invited".to_owned(),
        RowOutcome::Duplicate { line } => format!("duplicate of line {line}"),
        RowOutcome::Invalid(_) => format!("invalid: {}", faults()),
        RowOutcome::NotAllowed(_) | RowOutcome::TooMany { .. } => format!("not allowed: {}", faults()),
    }
}

fn row_to_json(row: &ImportRow) -> Value {
    let organisation = row.organisation.as_ref().map(|place| organisation_to_json(place.id, &place.name, place.kind));
    let faults = row.outcome.faults();
    let errors = faults
        .iter()
        .map(|fault| json!({ "key": fault.key, "message": fault.refusal.rule, "expected": fault.sentence() }));
    json!({
        "line": row.line,
        "email": row.address,
        "organization": organisation,
        "role": row.role,
        "outcome": row.outcome.name(),
        "duplicate_of": if let RowOutcome::Duplicate { line } = row.outcome { Some(line) } else { None },
        "errors": errors.collect::<Vec<_>>(),
    })
}
