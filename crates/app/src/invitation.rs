//! Inviting people into organisations: a mailed link that is good once, for one address and one role.
//!
//! Nothing here looks whether the address has an account, so that nothing that
//! whoever invites is answered, and nothing in the time it takes, tells. The
//! mail leads to a page that shows who invites whereto; whoever accepts there
//! has shown that the address is theirs.

use bailiwick_domain::account::Language;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Refusal;
use bailiwick_domain::id::{InvitationId, OrganisationId, UserId};
use bailiwick_domain::invitation::{
    COUNTED_FOR, LIFETIME, PAGE, PER_ADDRESS_MAX, PER_ADDRESS_OF_ALL_MAX, PER_ORGANISATION_MAX,
};
use bailiwick_domain::link::LinkToken;
use bailiwick_domain::page::Page;
use bailiwick_domain::role::{Right, Role};
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::throttle::LedgerKey;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::invitation::{self, NewInvitation};
use bailiwick_store::query::reach::Reach;
use bailiwick_store::query::{account, invalidation, organisation, throttle, user};
use bailiwick_store::{Error as StoreError, Link, WriteTransaction};
use serde_json::json;

use crate::audit::{Act, Actor};
use crate::caller::Caller;
use crate::context::Context;
use crate::mail::{Mail, MailKind};

pub use bailiwick_store::query::invitation::InvitationRecord;

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

/// Who accepts an invitation, and how they presented it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Acceptance<'acceptance> {
    /// The token of the link.
    pub(crate) token: &'acceptance LinkToken,
    /// The member of the request that it was in.
    pub(crate) member: &'static str,
    /// Who accepts.
    pub(crate) user: UserId,
    /// Their address.
    pub(crate) email: &'acceptance EmailAddress,
}

impl Context {
    /// Invites somebody by mail.
    ///
    /// # Errors
    /// A validation fault on `organization_id` where the caller manages no people, and on `role` where it grants more
    /// than they hold there; [`Code::TooManyInvitations`] with the wait.
    pub async fn invite(&self, caller: &Caller, invitee: &Invitee) -> Result<InvitationRecord, Fault> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        // Whoever loses the right at this moment loses what they sent with it: none may come after.
        if !account::hold(&mut transaction, caller.principal.user).await? {
            return Err(Code::InvalidToken.into());
        }
        check_reach(&mut transaction, caller, invitee).await?;
        let sender = Some(caller.principal.user);
        let sent = self.send_invitation(&mut transaction, invitee, sender, Actor::Caller(caller), now).await?;
        transaction.commit().await?;
        Ok(sent)
    }

    /// Notes an invitation and queues its mail, in this transaction.
    ///
    /// # Errors
    /// [`Code::TooManyInvitations`] with the wait.
    pub(crate) async fn send_invitation(
        &self,
        transaction: &mut WriteTransaction,
        invitee: &Invitee,
        sender: Option<UserId>,
        actor: Actor<'_>,
        now: Timestamp,
    ) -> Result<InvitationRecord, Fault> {
        // What others send at the same moment counts too: of this organisation, and of any to this address. All take
        // the organisation first, so that no two wait for each other crosswise.
        organisation::hold(transaction, invitee.organisation).await?;
        throttle::hold(transaction, &LedgerKey::invitations_to(&invitee.email)).await?;
        check_count(transaction, invitee, now).await?;
        let token = LinkToken::new(&self.entropy());
        let new = NewInvitation {
            id: InvitationId::new(now, self.entropy()),
            digest: token.invitation_digest(),
            email: &invitee.email,
            organisation: invitee.organisation,
            role: invitee.role,
            language: invitee.language,
            invited_by: sender,
            expires_at: now.plus(LIFETIME),
        };
        invitation::insert(transaction, &new, now).await?;
        let link = SecretText::new(format!("{}{PAGE}?token={}", self.settings.base_url.origin(), token.expose()));
        let mail = Mail {
            // Whether it is anybody's, nobody has looked.
            user: None,
            to: invitee.email.clone(),
            language: invitee.language.unwrap_or_default(),
            kind: MailKind::Invitation { link, expires_at: new.expires_at },
        };
        self.queue_mail(transaction, &mail, now).await?;
        let sent = invitation::find(transaction, new.id).await?.ok_or(Code::InvitationNotFound)?;
        let details = json!({ "email": sent.email, "role": sent.role });
        self.audit(transaction, actor, act("invitation.sent", &sent, details), now).await?;
        Ok(sent)
    }

    /// A page of the invitations into the organisations whose people the caller manages.
    pub async fn list_invitations(&self, caller: &Caller, page: Page) -> Result<InvitationPage, Fault> {
        let reach = Reach::of(&caller.principal, Right::ManageUsers);
        let (invitations, total) = invitation::page(&mut self.database.read().await?, &reach, page).await?;
        Ok(InvitationPage { invitations, total })
    }

    /// Takes an invitation back: its link opens nothing from then on.
    ///
    /// # Errors
    /// [`Code::InvitationNotFound`], also when it is out of reach; [`Code::InvitationOver`] when it is not open.
    pub async fn revoke_invitation(&self, caller: &Caller, id: InvitationId) -> Result<InvitationRecord, Fault> {
        let now = self.now();
        let reach = Reach::of(&caller.principal, Right::ManageUsers);
        let mut transaction = self.database.write().await?;
        let mut found =
            invitation::find_reachable(&mut transaction, &reach, id).await?.ok_or(Code::InvitationNotFound)?;
        if !invitation::revoke(&mut transaction, id, now).await? {
            return Err(Code::InvitationOver.into());
        }
        found.revoked_at = Some(now);
        self.audit(&mut transaction, Actor::Caller(caller), act("invitation.revoked", &found, json!({})), now).await?;
        transaction.commit().await?;
        Ok(found)
    }

    /// The invitation behind a link; looking at it changes nothing.
    ///
    /// # Errors
    /// That of [`LinkToken::not_good_as`] for `member`.
    pub async fn peek_invitation(&self, token: &LinkToken, member: &'static str) -> Result<InvitationRecord, Fault> {
        find_open(&mut self.database.read().await?, token, member, self.now()).await
    }

    /// Has the caller join the organisation that they are invited to.
    ///
    /// # Errors
    /// That of [`LinkToken::not_good_as`] for `token`; [`Code::InvitationForAnother`] when it was mailed to another
    /// address than the caller's; [`Code::AlreadyMember`]. The invitation stays as it was.
    pub async fn accept_invitation(&self, caller: &Caller, token: &LinkToken) -> Result<InvitationRecord, Fault> {
        let (now, user, member) = (self.now(), caller.principal.user, "token");
        let mut transaction = self.database.write().await?;
        // Whoever is suspended meanwhile is signed in no more, and the address stays what it is.
        if !account::hold(&mut transaction, user).await? {
            return Err(Code::InvalidToken.into());
        }
        let person = account::find(&mut transaction, user).await?.ok_or(Code::InvalidToken)?;
        let invited = find_open(&mut transaction, token, member, now).await?;
        if invited.email.folded() != person.email.folded() {
            return Err(Code::InvitationForAnother.into());
        }
        let acceptance = Acceptance { token, member, user, email: &person.email };
        let joined = self.join_by_invitation(&mut transaction, acceptance, Actor::Caller(caller), now).await?;
        invalidation::insert(&mut transaction, "user", Some(user.uuid()), now).await?;
        transaction.commit().await?;
        self.principals.forget(user.uuid());
        Ok(joined)
    }

    /// Uses an invitation up: its address counts as confirmed, and the person has the role. The database decides,
    /// so that of several who are at it at once one succeeds.
    ///
    /// # Errors
    /// That of [`LinkToken::not_good_as`], also when it was mailed to another address; [`Code::AlreadyMember`].
    pub(crate) async fn join_by_invitation(
        &self,
        transaction: &mut WriteTransaction,
        acceptance: Acceptance<'_>,
        actor: Actor<'_>,
        now: Timestamp,
    ) -> Result<InvitationRecord, Fault> {
        let Acceptance { token, member, user, email } = acceptance;
        let invited = find_open(transaction, token, member, now).await?;
        if !invitation::accept(transaction, &token.invitation_digest(), user, email, now).await? {
            return Err(LinkToken::not_good_as(member));
        }
        match user::insert_membership(transaction, user, invited.organisation, invited.role, now).await {
            Err(StoreError::Conflict(_)) => return Err(Code::AlreadyMember.into()),
            outcome => outcome?,
        }
        account::confirm(transaction, user, email, now).await?;
        let details = json!({ "user_id": user, "role": invited.role });
        self.audit(transaction, actor, act("invitation.accepted", &invited, details), now).await?;
        Ok(invited)
    }
}

/// Refuses where the caller manages no people, and a role that holds more than they do.
async fn check_reach(link: &mut Link, caller: &Caller, invitee: &Invitee) -> Result<(), Fault> {
    let principal = &caller.principal;
    let reach = Reach::of(principal, Right::ManageUsers);
    if organisation::find_reachable(link, &reach, invitee.organisation).await?.is_none() {
        let refusal = Refusal::new("organization", "an organisation whose people you may manage");
        return Err(Fault::field("organization_id", refusal, Some(invitee.organisation.to_string().as_str())));
    }
    for right in Right::ALL.into_iter().filter(|right| invitee.role.grants(*right)) {
        let reach = Reach::of(principal, right);
        if organisation::find_reachable(link, &reach, invitee.organisation).await?.is_none() {
            let refusal = Refusal::new("grant", "a role that grants no more than you hold in that organisation");
            return Err(Fault::field("role", refusal, Some(invitee.role.name())));
        }
    }
    Ok(())
}

/// Refuses one invitation too many.
async fn check_count(link: &mut Link, invitee: &Invitee, now: Timestamp) -> Result<(), Fault> {
    let after = now.minus(COUNTED_FOR);
    let ours = invitation::recent(link, invitee.organisation, &invitee.email, after).await?;
    let of_all = invitation::recent_to_address(link, &invitee.email, after).await?;
    let first = [
        (ours.to_address >= PER_ADDRESS_MAX, ours.first_to_address),
        (of_all.count >= PER_ADDRESS_OF_ALL_MAX, of_all.first),
        (ours.count >= PER_ORGANISATION_MAX, ours.first),
    ];
    // Where several limits are reached, the last of them to give way counts.
    let first = first.into_iter().filter_map(|(is_reached, first)| first.filter(|_| is_reached)).max();
    first.map_or(Ok(()), |first| {
        Err(Fault::new(Code::TooManyInvitations).with_retry_after(first.plus(COUNTED_FOR).since(now)))
    })
}

/// The invitation behind a link, while it can be accepted.
async fn find_open(
    link: &mut Link,
    token: &LinkToken,
    member: &'static str,
    now: Timestamp,
) -> Result<InvitationRecord, Fault> {
    let found = invitation::find_open(link, &token.invitation_digest(), now).await?;
    found.ok_or_else(|| LinkToken::not_good_as(member))
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
