//! A new password for whoever forgot theirs: only by a link that is mailed to the address of the account.
//!
//! The request itself only writes down that somebody asked, so that nothing in its answer, and nothing in the time
//! that it takes, tells whether there is an account. What comes of it is done a moment later.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bailiwick_domain::account::Language;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::{RequestId, uuid_v7};
use bailiwick_domain::link::{LinkPurpose, LinkToken};
use bailiwick_domain::password::Password;
use bailiwick_domain::throttle::LedgerKey;
use bailiwick_store::query::account;
use bailiwick_store::query::reset_request::{self, ResetRequest};
use bailiwick_store::query::{known_device, mailed_link, throttle, user, user_list};
use tokio::sync::watch;
use uuid::Uuid;

use super::{act, known_about};
use crate::audit::Actor;
use crate::caller::Origin;
use crate::context::Context;
use crate::provenance::Provenance;

/// How often this node looks whether another left something undone.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The longest wait before what was asked for is done. The wait is drawn by chance: what the server does for a
/// known address must not slow down whoever asks next, or that would tell that it is known.
const WAIT_MAX_MILLISECONDS: u64 = 400;
/// Requests of one look.
const LOOKED_AT: i64 = 1000;

/// What the address of a request is sealed for.
fn place(id: Uuid) -> String {
    format!("reset_requests/{id}")
}

impl Context {
    /// Has a link for setting another password mailed to this address, if an account has it.
    ///
    /// # Errors
    /// [`Code::Throttled`] after too many requests from one place, whatever they ask for.
    pub async fn forgot_password(
        &self,
        email: EmailAddress,
        language: Option<Language>,
        origin: &Origin,
    ) -> Result<(), Fault> {
        let now = self.now();
        let id = uuid_v7(now, self.entropy());
        let sealed_email = self.vault.seal(&place(id), email.as_str().as_bytes(), self.random.as_ref());
        let (address, request_id) = (origin.address.to_string(), origin.request_id.uuid());
        let request = ResetRequest { id, sealed_email, language, address, request_id, created_at: now };
        let ledger_key = LedgerKey::mails_asked_from(origin.address);
        let mut transaction = self.database.write().await?;
        let ledger = throttle::hold(&mut transaction, &ledger_key).await?;
        let counted = ledger.attempt(now).map_err(|wait| Fault::new(Code::Throttled).with_retry_after(wait))?;
        throttle::set(&mut transaction, &ledger_key, counted).await?;
        reset_request::insert(&mut transaction, &request).await?;
        transaction.commit().await?;
        self.reset_wake.notify_one();
        Ok(())
    }

    /// Whether the token of a link for setting another password is good.
    ///
    /// # Errors
    /// That of [`LinkToken::not_good`].
    pub async fn peek_reset(&self, token: &LinkToken) -> Result<(), Fault> {
        self.peek_link(token, LinkPurpose::Reset).await
    }

    /// Sets another password by a mailed link: ends every session and every other such link, confirms the address
    /// that the link was mailed to, and forgets the failed sign-ins of the account.
    ///
    /// # Errors
    /// That of [`LinkToken::not_good`]; a validation fault on `NewPassword`, after which the link is still good.
    pub async fn reset_password(&self, token: &LinkToken, new: Password, origin: &Origin) -> Result<(), Fault> {
        let purpose = LinkPurpose::Reset;
        let digest = token.digest(purpose);
        let mut link = self.database.read().await?;
        let found = mailed_link::find(&mut link, &digest, purpose, self.now()).await?;
        let id = found.ok_or_else(LinkToken::not_good)?;
        let person = account::find(&mut link, id).await?.ok_or_else(LinkToken::not_good)?;
        let organisations = user_list::memberships(&mut link, id).await?;
        drop(link);
        let organisations = organisations.iter().map(|membership| &membership.organisation_name);
        let known = known_about(&person.email, &person.name, organisations);
        let new = self.accept_password(new, known, "NewPassword").await?;
        let hash = self.hasher.hash(new.password(), self.random.as_ref()).await?;

        let now = self.now();
        let mut transaction = self.database.write().await?;
        // Everybody takes account, password and links in this order, so that no two wait for each other crosswise.
        if !account::hold(&mut transaction, id).await? {
            return Err(LinkToken::not_good());
        }
        // Sign-ins under way hold the old one: this waits for them, and ends what they began.
        user::set_password(&mut transaction, id, &hash, now).await?;
        if !mailed_link::consume(&mut transaction, &digest, purpose, now).await? {
            return Err(LinkToken::not_good());
        }
        mailed_link::end_all(&mut transaction, id, purpose).await?;
        account::confirm(&mut transaction, id, &person.email, now).await?;
        throttle::forget(&mut transaction, &LedgerKey::account(person.email.as_str())).await?;
        // Who knew the old password is known no longer; who was reached by mail is, and can sign in from there
        // whatever strangers do meanwhile.
        known_device::forget_all(&mut transaction, id).await?;
        let here = Provenance::of(person.email.as_str(), origin).network();
        throttle::forget(&mut transaction, &LedgerKey::device(&here)).await?;
        known_device::know(&mut transaction, id, &here, now).await?;
        let actor = Actor::Person(id, origin);
        self.end_sessions(&mut transaction, id, None, actor, "password reset", now).await?;
        self.audit(&mut transaction, actor, act("password.reset", &person), now).await?;
        self.tell_of_new_password(&mut transaction, id, now).await?;
        transaction.commit().await?;
        self.principals.forget(id.uuid());
        Ok(())
    }

    /// Does what was asked for until `stop` turns true; what is left then is done after the next start.
    pub(crate) async fn run_reset_requests(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(fault) = self.work_off_reset_requests(&stop).await {
                tracing::warn!(fault = ?fault.source, "the requests for new passwords could not be read");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.reset_wake.notified() => tokio::time::sleep(self.wait_by_chance()).await,
                _ = stop.changed() => {}
            }
        }
    }

    fn wait_by_chance(&self) -> Duration {
        Duration::from_millis(u64::from_be_bytes(self.entropy()) % WAIT_MAX_MILLISECONDS)
    }

    async fn work_off_reset_requests(&self, stop: &watch::Receiver<bool>) -> Result<(), Fault> {
        let waiting = reset_request::waiting(&mut self.database.read().await?, LOOKED_AT).await?;
        for id in waiting {
            if *stop.borrow() {
                break;
            }
            // One that cannot be done now must not keep the others waiting.
            if let Err(fault) = self.work_off_reset_request(id).await {
                tracing::warn!(fault = ?fault.source, "a request for a new password could not be worked off");
            }
        }
        Ok(())
    }

    async fn work_off_reset_request(&self, id: Uuid) -> Result<(), Fault> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let Some(request) = reset_request::take(&mut transaction, id).await? else { return Ok(()) };
        let opened = self.vault.open_sealed(&place(id), &request.sealed_email).ok();
        let text = opened.and_then(|plain| String::from_utf8(plain.to_vec()).ok());
        let email = text.and_then(|text| EmailAddress::parse_text(&text).ok());
        let found = match &email {
            Some(email) => account::by_email(&mut transaction, email).await?,
            None => None,
        };
        if let Some(person) = found
            && account::hold(&mut transaction, person.id).await?
        {
            match self.mail_link(&mut transaction, &person, LinkPurpose::Reset, request.language, now).await {
                // Who has several good links needs no other, and an audit log full of these would help nobody.
                Err(fault) if fault.code == Code::TooManyLinks => {}
                outcome => {
                    outcome?;
                    let origin = origin_of(&request);
                    self.audit(
                        &mut transaction,
                        Actor::Visitor(&origin),
                        act("password.reset_requested", &person),
                        now,
                    )
                    .await?;
                }
            }
        }
        Ok(transaction.commit().await?)
    }
}

/// From where somebody asked.
fn origin_of(request: &ResetRequest) -> Origin {
    let address = request.address.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    Origin { address, request_id: RequestId::from_uuid(request.request_id), browser: None }
}
