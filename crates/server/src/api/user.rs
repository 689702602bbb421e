//! People, as the Authorisation API shows them (seed 001, "User").

use bailiwick_app::account::{AccountChange, AccountRecord};
use bailiwick_app::caller::Caller;
use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::NoQuery;
use bailiwick_contract::{body, path};
use bailiwick_domain::account::PhoneNumber;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::Code;
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::time::Span;
use schemars::JsonSchema;
use serde::Serialize;

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/auth/user/{uuid}", "get-user", "Return user information")
            .tag("User")
            .describe("Yourself, or somebody of an organisation whose people you may read.")
            .within(Span::seconds(1))
            .faults(&[Code::UserNotFound])
            .signed_in()
            .handle(show),
        Endpoint::patch("/auth/user/{uuid}", "change-user", "Patch your user information")
            .tag("User")
            .describe("What is absent stays as it is. Yourself, or somebody whose organisation you administer.")
            .within(Span::seconds(5))
            .faults(&[Code::UserNotFound, Code::InsufficientPermissions])
            .signed_in()
            .handle(change),
    ]
}

path! {
    /// Which person.
    pub struct UserPath or UserNotFound {
        /// The person's id.
        uuid: UserId,
    }
}

body! {
    /// What is to be changed of a person.
    pub strict struct ChangeUser {
        /// How they are called.
        name: Name => optional "Name",
        /// Whether they want news by mail.
        newsletter: bool => optional "Newsletter",
        /// Where they can be called; null clears it.
        phone_number: PhoneNumber => clearable "PhoneNumber",
    }
}

/// A person.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "User")]
pub(super) struct UserView {
    /// How they sign in.
    email: EmailAddress,
    /// Whether the address was confirmed.
    email_confirmed: bool,
    /// Whether they hold every right everywhere.
    is_super_admin: bool,
    /// What they do.
    job_title: Option<Name>,
    /// How they are called.
    name: Name,
    /// Whether they want news by mail.
    newsletter: bool,
    /// The id of their account in Nx Cloud; empty without one.
    #[serde(rename = "NxID")]
    nx_id: &'static str,
    /// The organisation that they joined first.
    organisation: Option<UserOrganisationView>,
    /// Where they can be called.
    phone_number: Option<PhoneNumber>,
    /// Their id.
    #[serde(rename = "UUID")]
    uuid: UserId,
}

/// The organisation of a person.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "UserOrganisation")]
struct UserOrganisationView {
    /// Its name.
    name: Name,
    /// Its id.
    #[serde(rename = "UUID")]
    uuid: OrganisationId,
}

impl From<AccountRecord> for UserView {
    fn from(account: AccountRecord) -> Self {
        let organisation = account.organisation.zip(account.organisation_name);
        Self {
            email: account.email,
            email_confirmed: account.confirmed_at.is_some(),
            is_super_admin: account.is_super_admin,
            job_title: account.job_title,
            name: account.name,
            newsletter: account.newsletter,
            nx_id: "",
            organisation: organisation.map(|(uuid, name)| UserOrganisationView { name, uuid }),
            phone_number: account.phone_number,
            uuid: account.id,
        }
    }
}

async fn show(call: Call<Caller, UserPath>) -> Reply<Ok200<UserView>> {
    let account = call.context.show_account(&call.caller, call.path.uuid).await?;
    Ok(Ok200::new(account.into()))
}

async fn change(call: Call<Caller, UserPath, NoQuery, ChangeUser>) -> Reply<Ok200<UserView>> {
    let ChangeUser { name, newsletter, phone_number } = call.body;
    let change = AccountChange { name, newsletter, phone_number, ..AccountChange::default() };
    let account = call.context.change_account(&call.caller, call.path.uuid, change).await?;
    Ok(Ok200::new(account.into()))
}
