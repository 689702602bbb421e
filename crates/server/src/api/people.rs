//! The people of one's organisations: listed, read, suspended and let in again.

use bailiwick_app::caller::Caller;
use bailiwick_app::people::{ListedUser, PeopleFilter, PeopleOrder, PersonInSight};
use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::NoPath;
use bailiwick_contract::{path, query};
use bailiwick_domain::account::PhoneNumber;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::Code;
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::page::{Direction, Page, PageNumber, PageSize};
use bailiwick_domain::role::{Right, Role};
use bailiwick_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::me::MembershipView;
use super::pagination::PaginationView;
use super::system_list::Search;

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = reading();
    endpoints.extend(acts());
    endpoints
}

fn reading() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/api/users", "list-users", "List people")
            .tag("People")
            .describe(
                "Those of your organisations and of all below them, each with the organisation joined first of those \
                 that you see and that the filters let pass. Where there are more than 500, \
                 they are counted as 501, or as far as to tell whether there is a next page.",
            )
            .needs(Right::ReadUsers)
            .while_impersonating()
            .takes_api_keys()
            .handle(list),
        Endpoint::get("/api/users/{user_id}", "read-user", "Read a person")
            .tag("People")
            .describe("With what they are in the organisations that you see. Where else they belong is not shown.")
            .needs(Right::ReadUsers)
            .while_impersonating()
            .takes_api_keys()
            .faults(&[Code::UserNotFound])
            .handle(show),
    ]
}

/// What is done to accounts.
fn acts() -> Vec<Endpoint> {
    vec![
        Endpoint::patch("/api/users/{user_id}/suspend", "suspend-user", "Suspend a person")
            .tag("People")
            .describe(
                "All their sessions end, and every mailed link by which they could set another password. You have to \
                 manage the people of all organisations that they belong to; where you do not, you can remove them \
                 from yours. Nobody suspends themselves, the last super admin, or the last administrator of an \
                 organisation.",
            )
            .needs(Right::ManageUsers)
            .faults(&[
                Code::UserNotFound,
                Code::OnOneself,
                Code::SuperAdminsOnly,
                Code::BelongsElsewhere,
                Code::UserAlreadySuspended,
                Code::LastSuperAdmin,
                Code::LastAdministrator,
            ])
            .handle(suspend),
        Endpoint::patch("/api/users/{user_id}/reactivate", "reactivate-user", "End the suspension of a person")
            .tag("People")
            .describe("They may sign in again; what the suspension ended stays ended.")
            .needs(Right::ManageUsers)
            .faults(&[Code::UserNotFound, Code::SuperAdminsOnly, Code::BelongsElsewhere, Code::UserNotSuspended])
            .handle(reactivate),
        Endpoint::post("/api/users/{user_id}/reset-password", "send-reset", "Have a person set a new password")
            .tag("People")
            .describe(
                "Mails them a link, good once and for 20 minutes, as when they ask for it themselves. Nothing of \
                 theirs changes before they use it. At most three are good at once.",
            )
            .needs(Right::ManageUsers)
            .faults(&[Code::UserNotFound, Code::SuperAdminsOnly, Code::UserSuspended, Code::TooManyLinks])
            .handle(send_reset),
    ]
}

path! {
    /// Which person.
    pub struct PersonPath or UserNotFound {
        /// The person's id.
        user_id: UserId,
    }
}

/// A person in a list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PersonSummary")]
struct PersonSummaryView {
    /// The id.
    id: UserId,
    /// How they sign in.
    email: EmailAddress,
    /// When the address was confirmed; null while it is not.
    email_confirmed_at: Option<Timestamp>,
    /// How they are called.
    name: Name,
    /// Whether they hold every right everywhere.
    is_super_admin: bool,
    /// When the account was suspended; null where it is not.
    suspended_at: Option<Timestamp>,
    /// Since when they are known.
    created_at: Timestamp,
    /// The organisation that they joined first of those that you see; null where there is none.
    organization: Option<PersonOrganizationView>,
    /// What they are there.
    role: Option<Role>,
}

/// An organisation of a person.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PersonOrganization")]
struct PersonOrganizationView {
    /// The organisation.
    id: OrganisationId,
    /// Its name.
    name: Name,
    /// Its place in the partner tree.
    r#type: OrganisationKind,
}

impl From<ListedUser> for PersonSummaryView {
    fn from(listed: ListedUser) -> Self {
        let organization = match (listed.organisation, listed.organisation_name, listed.organisation_kind) {
            (Some(id), Some(name), Some(kind)) => Some(PersonOrganizationView { id, name, r#type: kind }),
            _ => None,
        };
        Self {
            id: listed.id,
            email: listed.email,
            email_confirmed_at: listed.confirmed_at,
            name: listed.name,
            is_super_admin: listed.is_super_admin,
            suspended_at: listed.suspended_at,
            created_at: listed.created_at,
            organization,
            role: listed.role,
        }
    }
}

/// A person.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Person")]
struct PersonView {
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
    /// Whether they hold every right everywhere.
    is_super_admin: bool,
    /// When the account was suspended; null where it is not.
    suspended_at: Option<Timestamp>,
    /// Since when they are known.
    created_at: Timestamp,
    /// What they are in the organisations that you see; the first joined first.
    memberships: Vec<MembershipView>,
}

impl From<PersonInSight> for PersonView {
    fn from(shown: PersonInSight) -> Self {
        let PersonInSight { person, memberships } = shown;
        Self {
            id: person.id,
            email: person.email,
            email_confirmed_at: person.confirmed_at,
            name: person.name,
            phone_number: person.phone_number,
            job_title: person.job_title,
            is_super_admin: person.is_super_admin,
            suspended_at: person.suspended_at,
            created_at: person.created_at,
            memberships: memberships.into_iter().map(MembershipView::from).collect(),
        }
    }
}

/// By what a list is ordered, as the API spells it.
#[derive(Clone, Copy, Debug)]
pub struct SortBy {
    name: &'static str,
    order: PeopleOrder,
}

impl SortBy {
    const NAMES: [(&'static str, PeopleOrder); 4] = [
        ("match", PeopleOrder::Match),
        ("name", PeopleOrder::Name),
        ("email", PeopleOrder::Email),
        ("created_at", PeopleOrder::CreatedAt),
    ];
}

impl SortBy {
    /// By what a list is ordered for which this was asked: a search gives what it found by, else there is the name.
    fn of(asked: Option<Self>, is_search: bool) -> Self {
        let by_name = Self { name: "name", order: PeopleOrder::Name };
        let by_match = Self { name: "match", order: PeopleOrder::Match };
        match asked {
            Some(asked) if is_search || asked.order != PeopleOrder::Match => asked,
            None if is_search => by_match,
            Some(_) | None => by_name,
        }
    }
}

impl Parse for SortBy {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let found = Self::NAMES.into_iter().find(|(name, _)| *name == text);
        let found = found.map(|(name, order)| Self { name, order });
        found.ok_or_else(|| Refusal::new("oneof", "one of match, name, email, created_at"))
    }
}

bailiwick_domain::inline_schema!(SortBy, { "type": "string", "enum": Self::NAMES.map(|(name, _)| name) });

query! {
    /// Which people, in which order, and which page of them.
    pub struct PeopleQuery {
        /// Which page.
        page: PageNumber => defaulted "page",
        /// How many on a page.
        page_size: PageSize => defaulted "page_size",
        /// Text in the name or the address, without regard to case or accents.
        search: Search => optional "search",
        /// By what the list is ordered. Unless said otherwise a search is by `match`, the words that it finds, and what is
        /// not searched by `name`.
        sort_by: SortBy => optional "sort_by",
        /// Up or down; `asc` unless said otherwise.
        sort_direction: Direction => optional "sort_direction",
        /// Only the people of this very organisation.
        organization_id: OrganisationId => optional "organization_id",
        /// Only those who are this in one of the organisations.
        role: Role => optional "role",
        /// Only those whose account is suspended, or only those whose account is not.
        is_suspended: bool => optional "is_suspended",
    }
}

/// A page of people.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PersonPage")]
struct PeopleView {
    /// The people.
    users: Vec<PersonSummaryView>,
    /// Where in the whole list this page is.
    pagination: PaginationView,
}

async fn list(call: Call<Caller, NoPath, PeopleQuery>) -> Reply<Ok200<PeopleView>> {
    let query = call.query;
    let filter = PeopleFilter {
        search: query.search.map(Search::into_text),
        organisation: query.organization_id,
        role: query.role,
        is_suspended: query.is_suspended,
    };
    let page = Page { number: query.page, size: query.page_size };
    let direction = query.sort_direction.unwrap_or(Direction::Ascending);
    let sort_by = SortBy::of(query.sort_by, filter.search.is_some());
    let found = call.context.list_people(&call.caller, &filter, (sort_by.order, direction), page).await?;
    let pagination = PaginationView::new(page, found.total, sort_by.name, direction);
    let users = found.people.into_iter().map(PersonSummaryView::from).collect();
    Ok(Ok200::new(PeopleView { users, pagination }).saying("users retrieved successfully"))
}

async fn show(call: Call<Caller, PersonPath>) -> Reply<Ok200<PersonView>> {
    let found = call.context.show_person(&call.caller, call.path.user_id).await?;
    Ok(Ok200::new(found.into()).saying("user retrieved successfully"))
}

async fn suspend(call: Call<Caller, PersonPath>) -> Reply<Ok200<PersonView>> {
    let suspended = call.context.suspend_person(&call.caller, call.path.user_id).await?;
    Ok(Ok200::new(suspended.into()).saying("user suspended successfully"))
}

async fn reactivate(call: Call<Caller, PersonPath>) -> Reply<Ok200<PersonView>> {
    let reactivated = call.context.reactivate_person(&call.caller, call.path.user_id).await?;
    Ok(Ok200::new(reactivated.into()).saying("user reactivated successfully"))
}

/// A link for a new password on its way; nobody sees it but the person.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ResetSent")]
struct ResetSentView {
    /// The address that it was mailed to.
    email: EmailAddress,
    /// Until when it is good.
    expires_at: Timestamp,
}

async fn send_reset(call: Call<Caller, PersonPath>) -> Reply<Ok200<ResetSentView>> {
    let sent = call.context.send_reset(&call.caller, call.path.user_id).await?;
    let view = ResetSentView { email: sent.email, expires_at: sent.expires_at };
    Ok(Ok200::new(view).saying("password reset mail sent successfully"))
}
