//! Accepting an invitation: by whoever it was mailed to, once.

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::UserId;
use bailiwick_domain::link::LinkToken;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::{account, invalidation, invitation, tree, user};
use bailiwick_store::{Error as StoreError, Link, WriteTransaction};
use serde_json::json;

use super::{InvitationRecord, act};
use crate::audit::Actor;
use crate::caller::Caller;
use crate::context::Context;

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
        tree::hold(&mut transaction).await?;
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
        // Whoever changes the tree, or who belongs to it, waits for nothing that this holds.
        tree::hold(transaction).await?;
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
