//! People, as the Authorisation API shows them (seed 001, "User").

use bailiwick_app::account::{AccountChange, AccountRecord, Affiliation, NewAccount};
use bailiwick_app::caller::Caller;
use bailiwick_app::context::Context;
use bailiwick_contract::answer::{Created201, Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::{Endpoint, RateClass};
use bailiwick_contract::input::{BodyInput, NoPath, NoQuery};
use bailiwick_contract::{body, headers, path};
use bailiwick_domain::account::{Language, PhoneNumber, TermsAccepted};
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::link::LinkToken;
use bailiwick_domain::name::Name;
use bailiwick_domain::password::ChosenPassword;
use bailiwick_domain::time::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::json;

use super::authenticate::UserAgent;

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::post("/auth/user", "register", "Register a user")
            .tag("User")
            .describe(
                "Creates the organisation `Company` with this person as its administrator, or, with an \
                 `Invitation`, has them join the organisation that they are invited to, and signs them in: the \
                 refresh token does not rotate and dies after 8 h. An invitation is good for the address that it was \
                 mailed to, which then counts as confirmed; `Company` is not used then. From one address (of IPv6: \
                 from one /64) 1000 registrations cost no waiting, until an hour without any has passed; after \
                 that the waits double from a second up to 15 minutes.",
            )
            .within(Span::seconds(15))
            .rate(RateClass::Attempts)
            .faults(&[Code::RegistrationClosed, Code::EmailTaken, Code::NotSetUp])
            .open()
            .handle(register),
        Endpoint::get("/auth/user/{uuid}", "get-user", "Return user information")
            .tag("User")
            .describe("Yourself, or somebody of an organisation whose people you may read.")
            .within(Span::seconds(1))
            .faults(&[Code::UserNotFound])
            .signed_in()
            .while_impersonating()
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

body! {
    /// Who registers.
    pub struct RegisterMembers {
        /// How you will sign in.
        email: EmailAddress => required "Email",
        /// 12 to 256 characters, hard to guess.
        password: ChosenPassword => required "Password",
        /// How you are called.
        name: Name => required "Name",
        /// The organisation that you bring along, as its administrator.
        company: Name => optional "Company",
        /// The member `token` of a mailed invitation, where you have one.
        invitation: LinkToken => optional "Invitation",
        /// Where you can be called.
        phone_number: PhoneNumber => optional "PhoneNumber",
        /// What you do.
        job_title: Name => optional "JobTitle",
        /// Whether you want news by mail.
        newsletter_opt_in: bool => defaulted "NewsletterOptIn",
        /// That you accept the terms.
        accept_eula: TermsAccepted => required "AcceptEULA",
    }
}

/// Who registers, and where they belong.
pub struct RegisterBody {
    members: RegisterMembers,
    affiliation: Affiliation,
}

impl BodyInput for RegisterBody {
    fn read(bytes: &[u8], context: &Context) -> Result<Self, Fault> {
        let mut members = RegisterMembers::read(bytes, context)?;
        let affiliation = match (members.invitation.take(), members.company.take()) {
            // Clients that know nothing of invitations always send a company.
            (Some(token), _) => Affiliation::Invited(token),
            (None, Some(company)) => Affiliation::Own(company),
            (None, None) => {
                let refusal = Refusal::new("required", "the name of your organisation, unless you have an invitation");
                return Err(Fault::field("Company", refusal, None));
            }
        };
        Ok(Self { members, affiliation })
    }

    fn describe(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = RegisterMembers::describe(generator);
        let given = |member: &str| json!({ "required": [member], "properties": { member: { "type": "string" } } });
        schema.insert("anyOf".to_owned(), json!([given("Company"), given("Invitation")]));
        schema
    }
}

headers! {
    /// What a client says of itself.
    pub struct RegisterHeaders {
        /// The program that calls; shown to the person in the list of sessions.
        user_agent: UserAgent => hinted "User-Agent",
        /// The languages that the person reads; their mails come in the best of ours.
        accept_language: AcceptLanguage => hinted "Accept-Language",
    }
}

/// An `Accept-Language`, whatever it says (RFC 9110, 12.5.4).
#[derive(Clone, Debug)]
pub struct AcceptLanguage(Option<Language>);

impl AcceptLanguage {
    /// The best of our languages, where it names any.
    pub(super) const fn best(self) -> Option<Language> {
        self.0
    }
}

impl Parse for AcceptLanguage {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        Ok(Self(Language::accepted(text)))
    }
}

bailiwick_domain::inline_schema!(AcceptLanguage, { "type": "string" });

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

/// A person who has just registered.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
#[schemars(rename = "RegisteredUser")]
struct RegisteredView {
    /// For the next tokens.
    refresh_token: String,
    #[serde(flatten)]
    user: UserView,
}

async fn register(call: Call<(), NoPath, NoQuery, RegisterBody, RegisterHeaders>) -> Reply<Created201<RegisteredView>> {
    let RegisterBody { members: body, affiliation } = call.body;
    let new = NewAccount {
        email: body.email,
        password: body.password.0,
        name: body.name,
        affiliation,
        phone_number: body.phone_number,
        job_title: body.job_title,
        newsletter: body.newsletter_opt_in,
        language: call.headers.accept_language.and_then(AcceptLanguage::best),
        terms: body.accept_eula,
    };
    let user_agent = call.headers.user_agent.as_ref().map(UserAgent::as_str);
    let registered = call.context.register(new, &call.origin, user_agent).await?;
    let refresh_token = registered.tokens.refresh.expose().to_owned();
    Ok(Created201::new(RegisteredView { refresh_token, user: registered.account.into() }))
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
