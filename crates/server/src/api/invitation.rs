//! Invitations into organisations.

use bailiwick_app::caller::Caller;
use bailiwick_app::invitation::{InvitationFilter, InvitationRecord, Invitee};
use bailiwick_contract::answer::{Created201, Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::{NoPath, NoQuery};
use bailiwick_contract::{body, path, query};
use bailiwick_domain::account::Language;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::Code;
use bailiwick_domain::id::{InvitationId, OrganisationId, UserId};
use bailiwick_domain::invitation::{InvitationStatus, LIFETIME};
use bailiwick_domain::link::LinkToken;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::page::{Direction, Page, PageNumber, PageSize};
use bailiwick_domain::principal::Membership;
use bailiwick_domain::role::{Right, Role};
use bailiwick_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::me::MembershipView;
use super::pagination::PaginationView;
use super::system_list::Search;

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/api/invitations", "list-invitations", "List invitations")
            .tag("Invitations")
            .describe(
                "Those into the organisations whose people you manage, the newest first. Where there are many, \
                 `total_count` counts no more than it takes to tell whether there is another page.",
            )
            .needs(Right::ManageUsers)
            .handle(list),
        Endpoint::post("/api/invitations", "create-invitation", "Invite somebody")
            .tag("Invitations")
            .describe(
                "Mails a link, good once and for 7 days, by which whoever has the address joins the organisation, with \
                 an account or without one; the answer is the same for both. An organisation sends at most 100 \
                 invitations in 24 hours, and at most 3 to one address, which gets at most 10 from all \
                 organisations together; what is mailed again counts too.",
            )
            .needs(Right::ManageUsers)
            .faults(&[Code::TooManyInvitations])
            .handle(create),
        Endpoint::post("/api/invitations/accept", "accept-invitation", "Accept an invitation")
            .tag("Invitations")
            .describe(
                "You join the organisation, where the invitation was mailed to your address, which then counts as \
                 confirmed. Whoever has no account yet registers with the invitation instead.",
            )
            .faults(&[Code::InvitationForAnother, Code::AlreadyMember])
            .signed_in()
            .handle(accept),
        Endpoint::post("/api/invitations/{id}/resend", "resend-invitation", "Mail an invitation again")
            .tag("Invitations")
            .describe(
                "Another link, good once and for 7 days from now; the one before opens nothing from then on. An \
                 invitation that has expired comes back to life by it. It counts like an invitation on every limit, and \
                 whoever sends it stands for the invitation from now on.",
            )
            .needs(Right::ManageUsers)
            .faults(&[
                Code::InvitationNotFound,
                Code::InvitationSettled,
                Code::InvitingSuspended,
                Code::TooManyInvitations,
            ])
            .handle(resend),
        Endpoint::delete("/api/invitations/{id}", "revoke-invitation", "Take an invitation back")
            .tag("Invitations")
            .describe("Its link opens nothing from then on.")
            .needs(Right::ManageUsers)
            .faults(&[Code::InvitationNotFound, Code::InvitationOver])
            .handle(revoke),
    ]
}

/// An invitation.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Invitation")]
struct InvitationView {
    /// The id.
    id: InvitationId,
    /// To whom it was mailed.
    email: EmailAddress,
    /// Whereto.
    organization: InvitingView,
    /// As what.
    role: Role,
    /// In which language the mail was written; null where none was chosen.
    language: Option<Language>,
    /// What became of it. While its organisation or whoever sent it is suspended, or the latter does not manage its
    /// people, it is `suspended` and nobody can accept it; afterwards it is open again.
    status: InvitationStatus,
    /// Who invites; null where it was the operator of the server, and where they are not for your eyes.
    invited_by: Option<InviterView>,
    /// When it was mailed first.
    created_at: Timestamp,
    /// When the link was mailed that is good.
    sent_at: Timestamp,
    /// Until when it is good.
    expires_at: Timestamp,
    /// When it was accepted; null where it was not.
    accepted_at: Option<Timestamp>,
    /// When it was taken back; null where it was not.
    revoked_at: Option<Timestamp>,
}

/// The organisation that somebody is invited to.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "InvitingOrganization")]
pub(super) struct InvitingView {
    /// The organisation.
    pub(super) id: OrganisationId,
    /// Its name.
    pub(super) name: Name,
    /// Its place in the partner tree.
    pub(super) r#type: OrganisationKind,
}

/// Who invites.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Inviter")]
struct InviterView {
    /// The person.
    id: UserId,
    /// How they are called.
    name: Name,
}

impl InvitationView {
    fn new(now: Timestamp, invitation: InvitationRecord) -> Self {
        let inviter = invitation.invited_by.zip(invitation.invited_by_name);
        let (accepted_at, revoked_at) = (invitation.accepted_at, invitation.revoked_at);
        Self {
            id: invitation.id,
            email: invitation.email,
            organization: InvitingView {
                id: invitation.organisation,
                name: invitation.organisation_name,
                r#type: invitation.organisation_kind,
            },
            role: invitation.role,
            language: invitation.language,
            status: InvitationStatus::at(now, invitation.expires_at, accepted_at, revoked_at, invitation.is_suspended),
            invited_by: inviter.map(|(id, name)| InviterView { id, name }),
            created_at: invitation.created_at,
            sent_at: invitation.expires_at.minus(LIFETIME),
            expires_at: invitation.expires_at,
            accepted_at,
            revoked_at,
        }
    }
}

query! {
    /// Which invitations, and which page of them.
    pub struct InvitationsQuery {
        /// Only those of which this became.
        status: InvitationStatus => optional "status",
        /// Only those into this very organisation.
        organization_id: OrganisationId => optional "organization_id",
        /// Only those to an address that contains this text, in whatever case.
        search: Search => optional "search",
        /// Which page.
        page: PageNumber => defaulted "page",
        /// How many on a page.
        page_size: PageSize => defaulted "page_size",
    }
}

/// A page of invitations.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "InvitationPage")]
struct InvitationsView {
    /// The invitations, the newest first.
    invitations: Vec<InvitationView>,
    /// Where in the whole list this page is.
    pagination: PaginationView,
}

async fn list(call: Call<Caller, NoPath, InvitationsQuery>) -> Reply<Ok200<InvitationsView>> {
    let page = Page { number: call.query.page, size: call.query.page_size };
    let InvitationsQuery { status, organization_id: organisation, search, .. } = call.query;
    let filter = InvitationFilter { status, organisation, search: search.map(Search::into_text) };
    let (now, found) = (call.context.now(), call.context.list_invitations(&call.caller, &filter, page).await?);
    let pagination = PaginationView::new(page, found.total, "created_at", Direction::Descending);
    let invitations = found.invitations.into_iter().map(|invitation| InvitationView::new(now, invitation)).collect();
    Ok(Ok200::new(InvitationsView { invitations, pagination }).saying("invitations retrieved successfully"))
}

body! {
    /// Who is invited, whereto and as what.
    pub strict struct CreateInvitation {
        /// The organisation.
        organization_id: OrganisationId => required "organization_id",
        /// The address that the invitation is mailed to.
        email: EmailAddress => required "email",
        /// What the person will be there; it grants no more than you hold.
        role: Role => required "role",
        /// The language of the mail; English unless said otherwise.
        language: Language => optional "language",
    }
}

async fn create(call: Call<Caller, NoPath, NoQuery, CreateInvitation>) -> Reply<Created201<InvitationView>> {
    let CreateInvitation { organization_id: organisation, email, role, language } = call.body;
    let sent = call.context.invite(&call.caller, &Invitee { organisation, email, role, language }).await?;
    Ok(Created201::new(InvitationView::new(call.context.now(), sent)).saying("invitation sent successfully"))
}

body! {
    /// The token of the link.
    pub strict struct AcceptInvitation {
        /// The member `token` of the mailed link.
        token: LinkToken => required "token",
    }
}

async fn accept(call: Call<Caller, NoPath, NoQuery, AcceptInvitation>) -> Reply<Ok200<MembershipView>> {
    let joined = call.context.accept_invitation(&call.caller, &call.body.token).await?;
    let membership = Membership {
        organisation: joined.organisation,
        organisation_name: joined.organisation_name,
        organisation_kind: joined.organisation_kind,
        role: joined.role,
    };
    Ok(Ok200::new(MembershipView::from(&membership)).saying("invitation accepted successfully"))
}

path! {
    /// Which invitation.
    pub struct InvitationPath or InvitationNotFound {
        /// The invitation's id.
        id: InvitationId,
    }
}

async fn resend(call: Call<Caller, InvitationPath>) -> Reply<Ok200<InvitationView>> {
    let sent = call.context.resend_invitation(&call.caller, call.path.id).await?;
    Ok(Ok200::new(InvitationView::new(call.context.now(), sent)).saying("invitation sent again successfully"))
}

async fn revoke(call: Call<Caller, InvitationPath>) -> Reply<Ok200<InvitationView>> {
    let revoked = call.context.revoke_invitation(&call.caller, call.path.id).await?;
    Ok(Ok200::new(InvitationView::new(call.context.now(), revoked)).saying("invitation revoked successfully"))
}
