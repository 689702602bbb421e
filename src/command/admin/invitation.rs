//! `bailiwick admin user invite`: people who choose their own password.

use anyhow::Result;
use bailiwick_app::invitation::InvitationRecord;
use bailiwick_app::operator::OrganisationKey;
use bailiwick_domain::account::Language;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::role::Role;
use clap::{Arg, ArgMatches, Command};
use serde_json::json;

use super::{Desk, argument, json_flag, moment, organisation_to_json, print, print_json, refused, text};

pub(super) fn line() -> Command {
    Command::new("invite")
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

pub(super) async fn run(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let organisation: OrganisationKey = argument(arguments, "organisation")?;
    let email: EmailAddress = argument(arguments, "email")?;
    let (role, language): (Role, Language) = (argument(arguments, "role")?, argument(arguments, "language")?);
    let context = desk.open().await?;
    let sent = context.invite_as_operator(&organisation, email, role, Some(language)).await.map_err(refused)?;
    if arguments.get_flag("json") {
        return print_json(&to_json(&sent));
    }
    let InvitationRecord { email, role, organisation_name, id, .. } = &sent;
    print(&format!(
        "invited {email} as {role} of {organisation_name} ({id}), until {}; the mail is queued, and the running server \
         sends it",
        moment(sent.expires_at)
    ))
}

fn to_json(invitation: &InvitationRecord) -> serde_json::Value {
    json!({
        "id": invitation.id,
        "email": invitation.email,
        "organization": organisation_to_json(
            invitation.organisation, &invitation.organisation_name, invitation.organisation_kind,
        ),
        "role": invitation.role,
        "language": invitation.language,
        "created_at": invitation.created_at,
        "expires_at": invitation.expires_at,
    })
}
