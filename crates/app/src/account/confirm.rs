//! Confirming that an address is one's own, and what an account may do until then.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::UserId;
use bailiwick_domain::link::{LinkPurpose, LinkToken};
use bailiwick_domain::principal::Principal;
use bailiwick_domain::role::Right;
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_store::WriteTransaction;
use bailiwick_store::query::account::{self, AccountRecord};
use bailiwick_store::query::{invalidation, mailed_link};

use super::act;
use crate::attempts::Booking;
use crate::audit::Actor;
use crate::caller::{Caller, Origin};
use crate::context::Context;
use crate::settings::Unconfirmed;

/// Whoever is refused at the sign-in is mailed another link unless the last one is younger than this: it may be on
/// its way still.
const ANOTHER_AFTER: Span = Span::minutes(1);

/// A mail with another link was queued.
#[derive(Clone, Debug)]
pub struct ConfirmationSent {
    /// The account, whose address the mail goes to.
    pub account: AccountRecord,
    /// Until when the link is good.
    pub expires_at: Timestamp,
}

impl Context {
    /// Whether the token of a link for confirming an address is good.
    ///
    /// # Errors
    /// That of [`LinkToken::not_good`].
    pub async fn peek_confirmation(&self, token: &LinkToken) -> Result<(), Fault> {
        self.peek_link(token, LinkPurpose::Confirm).await
    }

    /// Confirms the address that a link was mailed to, and tells whose it is; nothing changes where it was confirmed
    /// before.
    ///
    /// # Errors
    /// That of [`LinkToken::not_good`].
    pub async fn confirm_address(&self, token: &LinkToken, origin: &Origin) -> Result<UserId, Fault> {
        let (now, purpose) = (self.now(), LinkPurpose::Confirm);
        let digest = token.digest(purpose);
        let found = mailed_link::find(&mut self.database.read().await?, &digest, purpose, now).await?;
        let id = found.ok_or_else(LinkToken::not_good)?;
        let mut transaction = self.database.write().await?;
        let is_good = account::hold(&mut transaction, id).await?
            && mailed_link::consume(&mut transaction, &digest, purpose, now).await?;
        let person = account::find(&mut transaction, id).await?.filter(|_| is_good).ok_or_else(LinkToken::not_good)?;
        if account::confirm(&mut transaction, id, &person.email, now).await? {
            invalidation::insert(&mut transaction, "user", Some(id.uuid()), now).await?;
            self.audit(&mut transaction, Actor::Person(id, origin), act("email.confirmed", &person), now).await?;
        }
        transaction.commit().await?;
        self.principals.forget(id.uuid());
        Ok(id)
    }

    /// Mails the caller another link for confirming their address.
    ///
    /// # Errors
    /// [`Code::AlreadyConfirmed`]; [`Code::TooManyLinks`] with the wait.
    pub async fn send_confirmation(&self, caller: &Caller) -> Result<ConfirmationSent, Fault> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let actor = Actor::Caller(caller);
        let sent = self.queue_confirmation(&mut transaction, caller.principal.user, actor, now).await?;
        transaction.commit().await?;
        Ok(sent)
    }

    async fn queue_confirmation(
        &self,
        transaction: &mut WriteTransaction,
        user: UserId,
        actor: Actor<'_>,
        now: Timestamp,
    ) -> Result<ConfirmationSent, Fault> {
        // Whoever is suspended meanwhile is signed in no more.
        if !account::hold(transaction, user).await? {
            return Err(Code::InvalidToken.into());
        }
        let account = account::find(transaction, user).await?.ok_or(Code::InvalidToken)?;
        if account.confirmed_at.is_some() {
            return Err(Code::AlreadyConfirmed.into());
        }
        let expires_at = self.mail_link(transaction, &account, LinkPurpose::Confirm, None, now).await?;
        self.audit(transaction, actor, act("email.confirmation_sent", &account), now).await?;
        Ok(ConfirmationSent { account, expires_at })
    }

    /// Lets a person do what the settings allow whoever has not confirmed their address: with a right, where one is
    /// needed, or else what concerns their own account alone.
    ///
    /// # Errors
    /// [`Code::AddressUnconfirmed`].
    pub fn admit(&self, principal: &Principal, right: Option<Right>) -> Result<(), Fault> {
        let is_allowed = match self.settings.unconfirmed {
            Unconfirmed::All => true,
            Unconfirmed::Account => right.is_none(),
            Unconfirmed::Nothing => false,
        };
        if is_allowed || principal.is_confirmed { Ok(()) } else { Err(Code::AddressUnconfirmed.into()) }
    }

    /// The refusal of somebody who presented the right password but has to confirm their address first; another
    /// link is mailed to them, unless enough are on their way. The attempt was no failure.
    pub(crate) async fn refuse_unconfirmed(
        &self,
        user: UserId,
        booking: &Booking,
        origin: &Origin,
    ) -> Result<Fault, Fault> {
        let now = self.now();
        let refused = Fault::new(Code::AddressUnconfirmed);
        let mut transaction = self.database.write().await?;
        let living = mailed_link::living(&mut transaction, user, LinkPurpose::Confirm, now).await?;
        if living.newest.is_none_or(|at| now.since(at) >= ANOTHER_AFTER) {
            match self.queue_confirmation(&mut transaction, user, Actor::Person(user, origin), now).await {
                Err(fault) if fault.code == Code::TooManyLinks => {}
                // Between the hash and here they were suspended, or confirmed their address.
                Err(fault) if matches!(fault.code, Code::InvalidToken | Code::AlreadyConfirmed) => return Ok(refused),
                outcome => drop(outcome?),
            }
        }
        booking.refund(&mut transaction).await?;
        transaction.commit().await?;
        Ok(refused)
    }
}
