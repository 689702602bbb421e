//! Inviting people: by mail, as whoever manages an organisation does it.

use bailiwick_domain::account::Language;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::role::Role;

use super::{OperatorRefusal, OrganisationKey};
use crate::audit::Actor;
use crate::context::Context;
use crate::invitation::{InvitationRecord, Invitee};

impl Context {
    /// Invites somebody into an organisation; the running server sends the mail.
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
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let organisation = super::organisation::find(&mut transaction, organisation).await?;
        if organisation.suspended_through.is_some() {
            return Err(OperatorRefusal::OrganisationSuspended(organisation.name));
        }
        let invitee = Invitee { organisation: organisation.id, email, role, language };
        let sent = self.send_invitation(&mut transaction, &invitee, None, Actor::Operator, now).await?;
        transaction.commit().await?;
        Ok(sent)
    }
}
