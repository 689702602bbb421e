//! Inviting people, as whoever manages an organisation does it: by mail, which the running server sends.

use bailiwick_domain::account::Language;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::InvitationId;
use bailiwick_domain::role::Role;

use super::{OperatorRefusal, OrganisationKey};
use crate::caller::Authority;
use crate::context::Context;
use crate::invitation::{InvitationRecord, Invitee};

impl Context {
    /// Invites somebody into an organisation.
    ///
    /// # Errors
    /// What finding the organisation refuses; [`OperatorRefusal::OrganisationSuspended`]; what
    /// [`Context::invite`] says of too many.
    pub async fn invite_as_operator(
        &self,
        organisation: &OrganisationKey,
        email: EmailAddress,
        role: Role,
        language: Option<Language>,
    ) -> Result<InvitationRecord, OperatorRefusal> {
        let organisation = self.organisation_for_operator(organisation).await?;
        if organisation.suspended_through.is_some() {
            return Err(OperatorRefusal::OrganisationSuspended(organisation.name));
        }
        let invitee = Invitee { organisation: organisation.id, email, role, language };
        Ok(self.invite(Authority::Operator, &invitee).await?)
    }

    /// Mails an invitation once more, as [`Context::resend_invitation`] does.
    ///
    /// # Errors
    /// [`OperatorRefusal::InvitationUnknown`]; what [`Context::resend_invitation`] refuses.
    pub async fn resend_invitation_as_operator(&self, id: InvitationId) -> Result<InvitationRecord, OperatorRefusal> {
        self.resend_invitation(Authority::Operator, id).await.map_err(|fault| unknown(fault, id))
    }

    /// Takes an invitation back, as [`Context::revoke_invitation`] does.
    ///
    /// # Errors
    /// [`OperatorRefusal::InvitationUnknown`]; what [`Context::revoke_invitation`] refuses.
    pub async fn revoke_invitation_as_operator(&self, id: InvitationId) -> Result<InvitationRecord, OperatorRefusal> {
        self.revoke_invitation(Authority::Operator, id).await.map_err(|fault| unknown(fault, id))
    }
}

fn unknown(fault: Fault, id: InvitationId) -> OperatorRefusal {
    if fault.code == Code::InvitationNotFound { OperatorRefusal::InvitationUnknown(id) } else { fault.into() }
}
