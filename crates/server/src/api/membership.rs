//! What people are in organisations: given, changed and taken away.

use bailiwick_app::caller::Caller;
use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::body;
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::{MemberShape, NoQuery, PathInput, PathMembers, required_text};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Check;
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::role::{Right, Role};
use schemars::SchemaGenerator;

use super::me::MembershipView;

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let path = "/api/users/{user_id}/memberships/{organization_id}";
    vec![
        Endpoint::put(path, "set-membership", "Give a person a role in an organisation")
            .tag("People")
            .describe(
                "Changes their role there, or takes somebody in whose account you manage already; everybody else is \
                 invited. Nobody grants more than they hold, and an organisation keeps its last administrator. \
                 Invitations that somebody sent who administers it no longer are taken back.",
            )
            .needs(Right::ManageUsers)
            .faults(&[
                Code::UserNotFound,
                Code::OrganisationNotFound,
                Code::OnOneself,
                Code::SuperAdminsOnly,
                Code::MustBeInvited,
                Code::LastAdministrator,
            ])
            .handle(set),
        Endpoint::delete(path, "remove-membership", "Remove a person from an organisation")
            .tag("People")
            .describe(
                "Their account stays, and what else they belong to. An organisation keeps its last administrator. \
                 Invitations that they sent as its administrator are taken back.",
            )
            .needs(Right::ManageUsers)
            .faults(&[
                Code::UserNotFound,
                Code::OrganisationNotFound,
                Code::MembershipNotFound,
                Code::OnOneself,
                Code::SuperAdminsOnly,
                Code::LastAdministrator,
            ])
            .handle(remove),
    ]
}

/// Which person, in which organisation.
pub struct MembershipPath {
    user: UserId,
    organisation: OrganisationId,
}

/// By hand, as each of the two is not found in its own way.
impl PathInput for MembershipPath {
    const FAULT: Option<Code> = Some(Code::UserNotFound);

    fn read(members: &PathMembers) -> Result<Self, Fault> {
        let mut check = Check::new();
        let user = required_text(&mut check, members, "user_id").ok_or(Code::UserNotFound)?;
        let organisation = required_text(&mut check, members, "organization_id").ok_or(Code::OrganisationNotFound)?;
        Ok(Self { user, organisation })
    }

    fn describe(generator: &mut SchemaGenerator) -> Vec<MemberShape> {
        let shape = |name, description: &str, schema| MemberShape {
            name,
            description: description.to_owned(),
            required: true,
            schema,
        };
        vec![
            shape("user_id", "The person's id.", generator.subschema_for::<UserId>()),
            shape("organization_id", "The organisation's id.", generator.subschema_for::<OrganisationId>()),
        ]
    }
}

body! {
    /// What the person shall be there.
    pub strict struct SetMembership {
        /// The role; it grants no more than you hold.
        role: Role => required "role",
    }
}

async fn set(call: Call<Caller, MembershipPath, NoQuery, SetMembership>) -> Reply<Ok200<MembershipView>> {
    let MembershipPath { user, organisation } = call.path;
    let set = call.context.set_membership(&call.caller, user, organisation, call.body.role).await?;
    Ok(Ok200::new(set.into()).saying("membership updated successfully"))
}

async fn remove(call: Call<Caller, MembershipPath>) -> Reply<Ok200<MembershipView>> {
    let MembershipPath { user, organisation } = call.path;
    let removed = call.context.remove_membership(&call.caller, user, organisation).await?;
    Ok(Ok200::new(removed.into()).saying("membership removed successfully"))
}
