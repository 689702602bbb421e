//! What is done with licences.

use anyhow::{Result, bail};
use bailiwick_app::caller::Authority;
use bailiwick_app::licensing::licence::{LicenceChange, LicenceDraft, LicenceRecord, Renewing};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::SystemId;
use clap::ArgMatches;
use serde_json::json;

use super::super::licensing::{failed, moment_or, optional_organisation, organisation, patch, published};
use super::super::{Desk, argument, optional, print, print_json};
use super::{shown, which};

/// Does what the command of this name does with licences.
pub(super) async fn run(desk: &Desk, name: &str, arguments: &ArgMatches) -> Result<()> {
    if name == "issue" {
        return issue(desk, arguments).await;
    }
    let by = Authority::Operator;
    let (id, context) = which(desk, arguments).await?;
    let (outcome, done) = match name {
        "change" => (context.change_licence(by, id, change(arguments)?).await, "is changed"),
        "renew" => {
            let renewing = Renewing { expires_at: optional(arguments, "until")? };
            (context.renew_licence(by, id, renewing).await, "is renewed")
        }
        "transfer" => {
            let to = organisation(desk, arguments, "to").await?;
            (context.transfer_licence(by, id, to).await, "is handed over")
        }
        "suspend" => (context.suspend_licence(by, id).await, "is suspended from now on"),
        "reactivate" => (context.reactivate_licence(by, id).await, "is not suspended any more"),
        "revoke" => (context.revoke_licence(by, id).await, "is revoked for good"),
        "bind" => (context.bind_licence(by, id, argument(arguments, "system")?).await, "is bound to that system"),
        "release" => {
            (context.release_licence(by, id, argument(arguments, "system")?).await, "is released from that system")
        }
        _ => bail!("name a command; see bailiwick admin licence --help"),
    };
    let licence = outcome.map_err(failed)?;
    if arguments.get_flag("json") {
        return print_json(&shown::to_json(&licence, context.now()));
    }
    print(&format!("{} {done}", called(&licence)))
}

/// How a licence is spoken of.
fn called(licence: &LicenceRecord) -> String {
    let LicenceRecord { key, agreement_name, holder_name, id, .. } = licence;
    let until = moment_or(licence.expires_at, "no end");
    format!("the licence {key} of {holder_name}, {agreement_name} (until: {until}; {id}),")
}

fn change(arguments: &ArgMatches) -> Result<LicenceChange> {
    Ok(LicenceChange {
        amount_per_month: optional(arguments, "price")?,
        discount: optional(arguments, "discount")?,
        paid_until_at: patch(arguments, "paid-until")?,
    })
}

async fn issue(desk: &Desk, arguments: &ArgMatches) -> Result<()> {
    let systems = arguments.get_many::<String>("system").into_iter().flatten().map(|text| SystemId::parse_text(text));
    let systems: Result<Vec<_>, _> = systems.collect();
    let systems = systems.map_err(|refusal| anyhow::anyhow!("--system must be {}", refusal.expected))?;
    let draft = LicenceDraft {
        agreement: published(desk, arguments).await?,
        holder: organisation(desk, arguments, "organisation").await?,
        provider: optional_organisation(desk, arguments, "seller").await?,
        quantity: optional(arguments, "quantity")?.unwrap_or_default(),
        amount_per_month: optional(arguments, "price")?,
        discount: optional(arguments, "discount")?.unwrap_or_default(),
        starts_at: optional(arguments, "from")?,
        expires_at: optional(arguments, "until")?,
        paid_until_at: optional(arguments, "paid-until")?,
        systems,
    };
    let context = desk.open().await?;
    let issued = context.issue_licences(Authority::Operator, draft).await.map_err(failed)?;
    if arguments.get_flag("json") {
        let now = context.now();
        let licences: Vec<_> = issued.iter().map(|one| shown::to_json(one, now)).collect();
        return print_json(&json!({ "licenses": licences }));
    }
    let lines: Vec<_> = issued.iter().map(|one| format!("{} is issued", called(one))).collect();
    print(&lines.join("\n"))
}
