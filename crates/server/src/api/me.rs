//! Oneself: what is known of the person who asks, and their sign-ins.

use bailiwick_app::account::{AccountChange, AccountRecord, OwnSession};
use bailiwick_app::caller::Caller;
use bailiwick_app::context::Context;
use bailiwick_app::membership::ChangedMembership;
use bailiwick_app::people::ListedMembership;
use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::{NoPath, NoQuery};
use bailiwick_contract::{body, path};
use bailiwick_domain::account::{Language, PhoneNumber, Theme};
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::{OrganisationId, SessionId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::principal::Membership;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/api/me", "get-me", "Read yourself").tag("Me").signed_in().while_impersonating().handle(show),
        Endpoint::patch("/api/me", "change-me", "Change yourself")
            .tag("Me")
            .describe("What is absent stays as it is.")
            .signed_in()
            .handle(change),
        Endpoint::put("/api/me/organization", "switch-organization", "Act for another of your organisations")
            .tag("Me")
            .describe("It holds for the session that asks, with all its tokens, from the next request on.")
            .signed_in()
            .while_impersonating()
            .handle(switch),
        Endpoint::post("/api/me/confirmation", "send-confirmation", "Have your address confirmed")
            .tag("Me")
            .describe("Mails you another link, good once and for 24 hours. At most three are good at once.")
            .faults(&[Code::AlreadyConfirmed, Code::TooManyLinks])
            .signed_in()
            .handle(confirmation),
        Endpoint::get("/api/me/sessions", "list-own-sessions", "List your sessions")
            .tag("Me")
            .describe("The one that was used last comes first. At most 500 are listed.")
            .signed_in()
            .handle(sessions),
        Endpoint::delete("/api/me/sessions", "end-other-sessions", "End all your other sessions")
            .tag("Me")
            .signed_in()
            .handle(end_others),
        Endpoint::delete("/api/me/sessions/{id}", "end-own-session", "End one of your sessions")
            .tag("Me")
            .faults(&[Code::SessionNotFound])
            .signed_in()
            .handle(end_one),
    ]
}

/// The person who asks.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Me")]
struct MeView {
    /// The id.
    id: UserId,
    /// How they sign in.
    email: EmailAddress,
    /// When the address was confirmed; null while it is not.
    email_confirmed_at: Option<Timestamp>,
    /// How they are called.
    name: Name,
    /// Where they can be called.
    phone_number: Option<PhoneNumber>,
    /// What they do.
    job_title: Option<Name>,
    /// Whether they want news by mail.
    newsletter: bool,
    /// The language that they chose; null leaves it to the browser.
    language: Option<Language>,
    /// How the pages look; null is as the person's system says.
    theme: Option<Theme>,
    /// Whether they hold every right everywhere.
    is_super_admin: bool,
    /// Since when they are known.
    created_at: Timestamp,
    /// Who acts as them with these tokens; null where they do themselves.
    impersonator: Option<ImpersonatorView>,
    /// The organisation that they act for unless a request names another.
    current_organization_id: Option<OrganisationId>,
    /// What they are, and where, organisations included that are suspended; the first joined first.
    memberships: Vec<MembershipView>,
}

/// Whoever acts as somebody else.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Impersonator")]
struct ImpersonatorView {
    /// The id.
    id: UserId,
    /// How they are called.
    name: Name,
}

/// A person's place in an organisation.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Membership")]
pub(super) struct MembershipView {
    /// The organisation.
    organization_id: OrganisationId,
    /// Its name.
    organization_name: Name,
    /// Its place in the partner tree.
    organization_type: OrganisationKind,
    /// What the person is there.
    role: Role,
    /// Whether the organisation is out, by what was decided of it or of one above it: nobody holds a right through it
    /// then.
    is_suspended: bool,
}

impl From<&Membership> for MembershipView {
    fn from(membership: &Membership) -> Self {
        Self {
            organization_id: membership.organisation,
            organization_name: membership.organisation_name.clone(),
            organization_type: membership.organisation_kind,
            role: membership.role,
            // What is out is in nobody's hands.
            is_suspended: false,
        }
    }
}

impl From<ListedMembership> for MembershipView {
    fn from(membership: ListedMembership) -> Self {
        Self {
            organization_id: membership.organisation,
            organization_name: membership.organisation_name,
            organization_type: membership.organisation_kind,
            role: membership.role,
            is_suspended: membership.suspended_at.is_some(),
        }
    }
}

impl From<ChangedMembership> for MembershipView {
    fn from(membership: ChangedMembership) -> Self {
        Self {
            organization_id: membership.organisation,
            organization_name: membership.organisation_name,
            organization_type: membership.organisation_kind,
            role: membership.role,
            is_suspended: membership.is_suspended,
        }
    }
}

impl MeView {
    fn new(
        account: AccountRecord,
        caller: &Caller,
        current: Option<OrganisationId>,
        memberships: Vec<ListedMembership>,
    ) -> Self {
        let impersonator = caller.principal.impersonator.as_ref();
        Self {
            id: account.id,
            email: account.email,
            email_confirmed_at: account.confirmed_at,
            name: account.name,
            phone_number: account.phone_number,
            job_title: account.job_title,
            newsletter: account.newsletter,
            language: account.language,
            theme: account.theme,
            is_super_admin: account.is_super_admin,
            created_at: account.created_at,
            impersonator: impersonator.map(|acting| ImpersonatorView { id: acting.user, name: acting.name.clone() }),
            current_organization_id: current,
            memberships: memberships.into_iter().map(MembershipView::from).collect(),
        }
    }
}

body! {
    /// What is to be changed of oneself.
    pub strict struct ChangeMe {
        /// How you are called.
        name: Name => optional "name",
        /// Where you can be called; null clears it.
        phone_number: PhoneNumber => clearable "phone_number",
        /// What you do; null clears it.
        job_title: Name => clearable "job_title",
        /// Whether you want news by mail.
        newsletter: bool => optional "newsletter",
        /// The language of mails; null leaves it to the browser.
        language: Language => clearable "language",
        /// How the pages look.
        theme: Theme => optional "theme",
    }
}

/// Whoever asks, acting for this organisation.
async fn me(context: &Context, caller: &Caller, current: Option<OrganisationId>) -> Result<MeView, Fault> {
    let account = context.show_account(caller, caller.principal.user).await?;
    Ok(MeView::new(account, caller, current, context.own_memberships(caller).await?))
}

async fn show(call: Call<Caller>) -> Reply<Ok200<MeView>> {
    let current = call.caller.principal.current_organisation;
    Ok(Ok200::new(me(&call.context, &call.caller, current).await?))
}

body! {
    /// The organisation to act for.
    pub strict struct SwitchOrganization {
        /// One of yours that is not suspended.
        organization_id: OrganisationId => required "organization_id",
    }
}

async fn switch(call: Call<Caller, NoPath, NoQuery, SwitchOrganization>) -> Reply<Ok200<MeView>> {
    let wanted = call.body.organization_id;
    call.context.switch_organisation(&call.caller, wanted).await?;
    let view = me(&call.context, &call.caller, Some(wanted)).await?;
    Ok(Ok200::new(view).saying("organization switched successfully"))
}

async fn change(call: Call<Caller, NoPath, NoQuery, ChangeMe>) -> Reply<Ok200<MeView>> {
    let ChangeMe { name, phone_number, job_title, newsletter, language, theme } = call.body;
    let change = AccountChange { name, phone_number, job_title, newsletter, language, theme };
    let account = call.context.change_account(&call.caller, call.caller.principal.user, change).await?;
    let memberships = call.context.own_memberships(&call.caller).await?;
    let view = MeView::new(account, &call.caller, call.caller.principal.current_organisation, memberships);
    Ok(Ok200::new(view).saying("profile updated successfully"))
}

/// A link on its way.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConfirmationSent")]
struct ConfirmationView {
    /// The address that it was mailed to.
    email: EmailAddress,
    /// Until when it is good.
    expires_at: Timestamp,
}

async fn confirmation(call: Call<Caller>) -> Reply<Ok200<ConfirmationView>> {
    let sent = call.context.send_confirmation(&call.caller).await?;
    let view = ConfirmationView { email: sent.account.email, expires_at: sent.expires_at };
    Ok(Ok200::new(view).saying("confirmation mail sent successfully"))
}

/// A person's sign-ins.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Sessions")]
struct SessionsView {
    /// The sessions.
    sessions: Vec<SessionView>,
}

/// A sign-in.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Session")]
struct SessionView {
    /// The id.
    id: SessionId,
    /// Whether it is the one that asks.
    is_current: bool,
    /// With what it began, as that says of itself.
    device: Option<String>,
    /// From where it was used last.
    #[schemars(example = &"203.0.113.7")]
    address: String,
    /// Since when.
    first_seen: Timestamp,
    /// When it was used last.
    last_seen: Timestamp,
    /// Until when it lives.
    expires_at: Timestamp,
}

impl SessionView {
    fn new(session: OwnSession, caller: &Caller) -> Self {
        Self {
            id: session.id,
            is_current: Some(session.id) == caller.session(),
            device: session.user_agent,
            address: session.last_address.unwrap_or(session.address),
            first_seen: session.created_at,
            last_seen: session.last_seen_at.unwrap_or(session.created_at),
            expires_at: session.expires_at,
        }
    }
}

async fn sessions(call: Call<Caller>) -> Reply<Ok200<SessionsView>> {
    let sessions = call.context.own_sessions(&call.caller).await?;
    let sessions = sessions.into_iter().map(|session| SessionView::new(session, &call.caller)).collect();
    Ok(Ok200::new(SessionsView { sessions }))
}

path! {
    /// Which session.
    pub struct SessionPath or SessionNotFound {
        /// The session's id.
        id: SessionId,
    }
}

/// How many sessions ended.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SessionsEnded")]
struct EndedView {
    /// How many sessions ended.
    ended: u64,
}

async fn end_one(call: Call<Caller, SessionPath>) -> Reply<Ok200<EndedView>> {
    call.context.end_own_session(&call.caller, call.path.id).await?;
    Ok(Ok200::new(EndedView { ended: 1 }).saying("session ended successfully"))
}

async fn end_others(call: Call<Caller>) -> Reply<Ok200<EndedView>> {
    let ended = call.context.end_other_sessions(&call.caller).await?;
    Ok(Ok200::new(EndedView { ended }).saying("other sessions ended successfully"))
}
