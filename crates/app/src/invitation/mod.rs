//! Inviting people into organisations: a mailed link that is good once, for one address and one role.
//!
//! Nothing here looks whether the address has an account, so that nothing that
//! whoever invites is answered, and nothing in the time it takes, tells. The
//! mail leads to a page that shows who invites whereto; whoever accepts there
//! has shown that the address is theirs.

mod acceptance;
mod import;
mod senders;

use bailiwick_domain::account::Language;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Refusal;
use bailiwick_domain::id::{InvitationId, OrganisationId};
use bailiwick_domain::invitation::{
    COUNTED_FOR, LIFETIME, PAGE, PER_ADDRESS_MAX, PER_ADDRESS_OF_ALL_MAX, PER_ORGANISATION_MAX,
};
use bailiwick_domain::link::LinkToken;
use bailiwick_domain::page::Page;
use bailiwick_domain::role::{Right, Role};
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::throttle::LedgerKey;
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_store::query::invitation::{self, NewInvitation, NewInvitationLink};
use bailiwick_store::query::{account, invitation_list, organisation, throttle};
use bailiwick_store::{Link, WriteTransaction};
use serde_json::json;

use crate::audit::Act;
use crate::caller::Authority;
use crate::context::Context;
use crate::mail::{Mail, MailKind};

pub(crate) use acceptance::Acceptance;
pub use import::{Import, ImportRow, RowOutcome};

pub use bailiwick_store::query::invitation::InvitationRecord;
pub use bailiwick_store::query::invitation_list::InvitationFilter;

/// Who is invited, whereto and as what.
#[derive(Clone, Debug)]
pub struct Invitee {
    /// The organisation.
    pub organisation: OrganisationId,
    /// The address that the invitation is mailed to.
    pub email: EmailAddress,
    /// What they will be there.
    pub role: Role,
    /// In which language the mail is written, where one was chosen.
    pub language: Option<Language>,
}

/// A page of invitations.
#[derive(Clone, Debug)]
pub struct InvitationPage {
    /// The invitations, the newest first.
    pub invitations: Vec<InvitationRecord>,
    /// How many there are on all pages.
    pub total: i64,
}

/// What is to be mailed besides what was mailed already, when it is asked whether one mail more may be.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Planned {
    /// How many by the organisation.
    pub(crate) by_organisation: i64,
    /// How many to the address.
    pub(crate) to_address: i64,
}

impl Context {
    /// Invites somebody by mail.
    ///
    /// # Errors
    /// A validation fault on `organization_id` where the caller manages no people, and on `role` where it grants more
    /// than they hold there; [`Code::TooManyInvitations`] with the wait.
    pub async fn invite(&self, by: impl Into<Authority<'_>>, invitee: &Invitee) -> Result<InvitationRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        hold_sender(&mut transaction, by).await?;
        check_reach(&mut transaction, by, invitee).await?;
        hold_limits(&mut transaction, invitee.organisation, &invitee.email).await?;
        check_count(&mut transaction, invitee.organisation, &invitee.email, now).await?;
        let sent = self.send_invitation(&mut transaction, by, invitee, now).await?;
        transaction.commit().await?;
        Ok(sent)
    }

    /// Notes an invitation and queues its mail, in this transaction, in which its limits were held and looked at.
    pub(crate) async fn send_invitation(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        invitee: &Invitee,
        now: Timestamp,
    ) -> Result<InvitationRecord, Fault> {
        let token = LinkToken::new(&self.entropy());
        let new = NewInvitation {
            id: InvitationId::new(now, self.entropy()),
            digest: token.invitation_digest(),
            email: &invitee.email,
            organisation: invitee.organisation,
            role: invitee.role,
            language: invitee.language,
            invited_by: by.user(),
            expires_at: now.plus(LIFETIME),
        };
        invitation::insert(transaction, &new, now).await?;
        let sent = invitation::find(transaction, new.id).await?.ok_or(Code::InvitationNotFound)?;
        self.mail_invitation(transaction, &sent, &token, now).await?;
        let details = json!({ "email": sent.email, "role": sent.role });
        self.audit(transaction, by.actor(), act("invitation.sent", &sent, details), now).await?;
        Ok(sent)
    }

    /// Mails an invitation once more, with another link, good for 7 days anew; the one before opens nothing from then
    /// on. Whoever sends it vouches for it from now on.
    ///
    /// # Errors
    /// [`Code::InvitationNotFound`], also when it is out of reach; [`Code::InvitationSettled`] when it was accepted or
    /// taken back; [`Code::InvitingSuspended`]; [`Code::TooManyInvitations`] with the wait.
    pub async fn resend_invitation(
        &self,
        by: impl Into<Authority<'_>>,
        id: InvitationId,
    ) -> Result<InvitationRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        hold_sender(&mut transaction, by).await?;
        let reach = by.reach(Right::ManageUsers);
        let found = invitation::find_reachable(&mut transaction, &reach, id).await?.ok_or(Code::InvitationNotFound)?;
        if found.accepted_at.is_some() || found.revoked_at.is_some() {
            return Err(Code::InvitationSettled.into());
        }
        if organisation::find_reachable(&mut transaction, &reach, found.organisation).await?.is_none() {
            return Err(Code::InvitingSuspended.into());
        }
        if !may_grant(&mut transaction, by, found.organisation, found.role).await? {
            return Err(Code::InsufficientPermissions.into());
        }
        hold_limits(&mut transaction, found.organisation, &found.email).await?;
        check_count(&mut transaction, found.organisation, &found.email, now).await?;
        let token = LinkToken::new(&self.entropy());
        let link = NewInvitationLink {
            digest: token.invitation_digest(),
            invited_by: by.user(),
            expires_at: now.plus(LIFETIME),
        };
        // Of an acceptance at this very moment one sees what the other did.
        if !invitation::resend(&mut transaction, &found, &link, now).await? {
            return Err(Code::InvitationSettled.into());
        }
        let sent = invitation::find(&mut transaction, id).await?.ok_or(Code::InvitationNotFound)?;
        self.mail_invitation(&mut transaction, &sent, &token, now).await?;
        let details = json!({ "email": sent.email, "role": sent.role });
        self.audit(&mut transaction, by.actor(), act("invitation.resent", &sent, details), now).await?;
        transaction.commit().await?;
        Ok(sent)
    }

    /// Queues the mail that takes a link to whoever is invited.
    async fn mail_invitation(
        &self,
        transaction: &mut WriteTransaction,
        sent: &InvitationRecord,
        token: &LinkToken,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let link = SecretText::new(format!("{}{PAGE}?token={}", self.settings.base_url.origin(), token.expose()));
        let mail = Mail {
            // Whether it is anybody's, nobody has looked.
            user: None,
            to: sent.email.clone(),
            language: sent.language.unwrap_or_default(),
            kind: MailKind::Invitation { link, expires_at: sent.expires_at },
        };
        Ok(self.queue_mail(transaction, &mail, now).await?)
    }

    /// A page of the invitations into the organisations whose people the caller manages.
    pub async fn list_invitations(
        &self,
        by: impl Into<Authority<'_>>,
        filter: &InvitationFilter,
        page: Page,
    ) -> Result<InvitationPage, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut link = self.database.read().await?;
        let reach = by.reach(Right::ManageUsers);
        let (mut invitations, total) = invitation_list::page(&mut link, &reach, filter, page, now).await?;
        senders::show_to(&mut link, by, &mut invitations).await?;
        Ok(InvitationPage { invitations, total })
    }

    /// An invitation into an organisation whose people the caller manages.
    ///
    /// # Errors
    /// [`Code::InvitationNotFound`], also when it is out of reach.
    pub async fn show_invitation(
        &self,
        by: impl Into<Authority<'_>>,
        id: InvitationId,
    ) -> Result<InvitationRecord, Fault> {
        let by = by.into();
        let mut link = self.database.read().await?;
        let found = invitation::find_reachable(&mut link, &by.reach(Right::ManageUsers), id).await?;
        let mut found = found.ok_or(Code::InvitationNotFound)?;
        senders::show_to(&mut link, by, std::slice::from_mut(&mut found)).await?;
        Ok(found)
    }

    /// Takes an invitation back: its link opens nothing from then on.
    ///
    /// # Errors
    /// [`Code::InvitationNotFound`], also when it is out of reach; [`Code::InvitationOver`] when it is not open.
    pub async fn revoke_invitation(
        &self,
        by: impl Into<Authority<'_>>,
        id: InvitationId,
    ) -> Result<InvitationRecord, Fault> {
        let (by, now) = (by.into(), self.now());
        let reach = by.reach(Right::ManageUsers);
        let mut transaction = self.database.write().await?;
        let mut found =
            invitation::find_reachable(&mut transaction, &reach, id).await?.ok_or(Code::InvitationNotFound)?;
        if !invitation::revoke(&mut transaction, id, now).await? {
            return Err(Code::InvitationOver.into());
        }
        found.revoked_at = Some(now);
        senders::show_to(&mut transaction, by, std::slice::from_mut(&mut found)).await?;
        self.audit(&mut transaction, by.actor(), act("invitation.revoked", &found, json!({})), now).await?;
        transaction.commit().await?;
        Ok(found)
    }
}

/// Has whoever sends wait for whoever takes their right away, and the other way round: nothing comes after that.
pub(crate) async fn hold_sender(transaction: &mut WriteTransaction, by: Authority<'_>) -> Result<(), Fault> {
    match by.user() {
        Some(user) if !account::hold(transaction, user).await? => Err(Code::InvalidToken.into()),
        _ => Ok(()),
    }
}

/// Has everybody wait who mails for this organisation or to this address at the same moment: what they send counts too.
/// All take organisations first, so that no two wait for each other crosswise.
async fn hold_limits(
    transaction: &mut WriteTransaction,
    organisation: OrganisationId,
    email: &EmailAddress,
) -> Result<(), Fault> {
    organisation::hold(transaction, organisation).await?;
    throttle::hold(transaction, &LedgerKey::invitations_to(email)).await?;
    Ok(())
}

/// Refuses where the caller manages no people, and a role that holds more than they do.
async fn check_reach(link: &mut Link, by: Authority<'_>, invitee: &Invitee) -> Result<(), Fault> {
    let reach = by.reach(Right::ManageUsers);
    if organisation::find_reachable(link, &reach, invitee.organisation).await?.is_none() {
        let echo = invitee.organisation.to_string();
        return Err(Fault::field("organization_id", not_managed(), Some(echo.as_str())));
    }
    if !may_grant(link, by, invitee.organisation, invitee.role).await? {
        return Err(Fault::field("role", not_granted(), Some(invitee.role.name())));
    }
    Ok(())
}

/// What is said of an organisation whose people somebody does not manage, or that is not there.
pub(crate) fn not_managed() -> Refusal {
    Refusal::new("organization", "an organisation whose people you may manage")
}

/// What is said of a role that somebody may not give.
pub(crate) fn not_granted() -> Refusal {
    Refusal::new("grant", "a role that grants no more than you hold in that organisation")
}

/// Whether a role grants nothing that whoever gives it does not hold in this organisation.
pub(crate) async fn may_grant(
    link: &mut Link,
    by: Authority<'_>,
    organisation: OrganisationId,
    role: Role,
) -> Result<bool, Fault> {
    for right in Right::ALL.into_iter().filter(|right| role.grants(*right)) {
        if organisation::find_reachable(link, &by.reach(right), organisation).await?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Refuses one mail too many.
async fn check_count(
    link: &mut Link,
    organisation: OrganisationId,
    email: &EmailAddress,
    now: Timestamp,
) -> Result<(), Fault> {
    match wait(link, organisation, email, Planned::default(), now).await? {
        None => Ok(()),
        Some(wait) => Err(Fault::new(Code::TooManyInvitations).with_retry_after(wait)),
    }
}

/// How long it takes until one mail more may be sent; nothing where it may be now.
pub(crate) async fn wait(
    link: &mut Link,
    organisation: OrganisationId,
    email: &EmailAddress,
    planned: Planned,
    now: Timestamp,
) -> Result<Option<Span>, Fault> {
    let after = now.minus(COUNTED_FOR);
    let ours = invitation::recent(link, organisation, email, after).await?;
    let of_all = invitation::recent_to_address(link, email, after).await?;
    let first = [
        (ours.to_address >= PER_ADDRESS_MAX, ours.first_to_address),
        (of_all.count + planned.to_address >= PER_ADDRESS_OF_ALL_MAX, of_all.first),
        (ours.count + planned.by_organisation >= PER_ORGANISATION_MAX, ours.first),
    ];
    // Where several limits are reached, the last of them to give way counts; what is only planned is sent now.
    let reached = first.into_iter().filter(|(is_reached, _)| *is_reached);
    let first = reached.map(|(_, first)| first.unwrap_or(now)).max();
    Ok(first.map(|first| first.plus(COUNTED_FOR).since(now)))
}

fn act(action: &'static str, invitation: &InvitationRecord, details: serde_json::Value) -> Act {
    Act {
        action,
        subject_kind: "invitation",
        subject: Some(invitation.id.uuid()),
        organisation: Some(invitation.organisation),
        details,
    }
}
