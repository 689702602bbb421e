//! Acting as a person who consents to it, to help them.
//!
//! Whoever acts as a person has a session of that person's, which hangs on the consent and on their own sign-in: where
//! either is gone, or their right, it is over from the next request on. In it they may do what both may do
//! ([`bailiwick_domain::principal::Principal`]), where a route says that this may be done as somebody else at all; and
//! the person is told of everything.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::{ActId, ConsentId, SessionId, UserId};
use bailiwick_domain::impersonation::ConsentHours;
use bailiwick_domain::page::Page;
use bailiwick_domain::principal::Principal;
use bailiwick_domain::role::Right;
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::session::SessionKind;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::WriteTransaction;
use bailiwick_store::query::impersonation::{self, NewAct, NewImpersonation};
use bailiwick_store::query::reach::Reach;
use bailiwick_store::query::session::{self, NewSession, SessionRecord};
use bailiwick_store::query::user::home_organisation;
use bailiwick_store::query::{account, invalidation, people};
use serde_json::json;

use crate::account::act_on;
use crate::audit::{Act, Actor};
use crate::caller::{Caller, Origin};
use crate::context::Context;
use crate::principals::BearerDigest;
use crate::session::{Tokens, shorten};
use crate::sign_in::NewCookies;

pub use bailiwick_store::query::impersonation::{ActRecord, ConsentRecord, ImpersonationRecord};

/// The most of those who acted as a person that are listed.
pub const IMPERSONATIONS_LISTED_MAX: usize = 100;
/// How much of a path is kept, in characters.
const PATH_LENGTH_MAX: usize = 255;

/// What a program gets that begins to act as a person.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The id of the session, by which the person is told of it.
    pub id: SessionId,
    /// The tokens.
    pub tokens: Tokens,
    /// Until when at the most.
    pub expires_at: Timestamp,
}

/// What a browser gets that begins to act as a person.
#[derive(Clone, Debug)]
pub struct BegunInBrowser {
    /// The value of the session cookie.
    pub cookie: SecretText,
    /// Until when at the most.
    pub expires_at: Timestamp,
}

/// A page of what was done as a person.
#[derive(Clone, Debug)]
pub struct ActsPage {
    /// The acts, the newest first.
    pub acts: Vec<ActRecord>,
    /// How many there are on all pages.
    pub total: i64,
}

/// What somebody who acts as a person asks for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'request> {
    /// The name of the route.
    pub operation: &'static str,
    /// The method.
    pub method: &'request str,
    /// The path.
    pub path: &'request str,
}

/// How somebody begins to act as a person.
struct Manner<'manner> {
    kind: SessionKind,
    cookie_digest: Option<Vec<u8>>,
    user_agent: Option<&'manner str>,
}

impl Context {
    /// The caller's consent to somebody acting as them, where they have given one that holds.
    pub async fn own_consent(&self, caller: &Caller) -> Result<Option<ConsentRecord>, Fault> {
        Ok(impersonation::consent(&mut self.database.read().await?, caller.principal.user, self.now()).await?)
    }

    /// Has the caller consent for so long from now on, in the place of what they consented to before.
    pub async fn grant_consent(&self, caller: &Caller, hours: ConsentHours) -> Result<ConsentRecord, Fault> {
        let (now, user) = (self.now(), of_oneself(caller)?);
        let session = caller.session().ok_or(Code::ApiKeyNotAccepted)?;
        let mut transaction = self.database.write().await?;
        let holds = account::hold(&mut transaction, user).await?;
        if !holds || !session::lives(&mut transaction, session, now).await? {
            return Err(Code::InvalidToken.into());
        }
        let id = ConsentId::new(now, self.entropy());
        impersonation::grant(&mut transaction, user, id, now, now.plus(hours.span())).await?;
        let consent = impersonation::consent(&mut transaction, user, now).await?.ok_or(Code::ConsentNotFound)?;
        // A shorter one ends earlier what goes on.
        invalidation::insert(&mut transaction, "user", Some(user.uuid()), now).await?;
        let details = json!({ "expires_at": consent.expires_at });
        let act = Act { details, ..act_on_oneself(&mut transaction, "impersonation.consented", user).await? };
        self.audit(&mut transaction, Actor::Caller(caller), act, now).await?;
        transaction.commit().await?;
        self.principals.forget(user.uuid());
        Ok(consent)
    }

    /// Takes the caller's consent back; whatever is done as them ends at once.
    ///
    /// # Errors
    /// [`Code::ConsentNotFound`].
    pub async fn revoke_consent(&self, caller: &Caller) -> Result<(), Fault> {
        let (now, user) = (self.now(), of_oneself(caller)?);
        let mut transaction = self.database.write().await?;
        // Whoever is just beginning to act as them is waited for, and ended.
        account::take(&mut transaction, user).await?;
        if !impersonation::revoke(&mut transaction, user, now).await? {
            return Err(Code::ConsentNotFound.into());
        }
        let actor = Actor::Caller(caller);
        self.end_impersonations(&mut transaction, user, None, actor, "consent revoked", now).await?;
        invalidation::insert(&mut transaction, "user", Some(user.uuid()), now).await?;
        let act = act_on_oneself(&mut transaction, "impersonation.consent_revoked", user).await?;
        self.audit(&mut transaction, actor, act, now).await?;
        transaction.commit().await?;
        self.principals.forget(user.uuid());
        Ok(())
    }

    /// Begins to act as a person over the API.
    ///
    /// # Errors
    /// [`Code::UserNotFound`], also when they exist elsewhere; [`Code::ImpersonatingOneself`], [`Code::SuperAdminsOnly`],
    /// [`Code::InsufficientPermissions`], [`Code::UserSuspended`], [`Code::NoConsent`]; [`Code::Impersonating`] for
    /// whoever acts as somebody already.
    pub async fn impersonate(&self, caller: &Caller, user: UserId, user_agent: Option<&str>) -> Result<Begun, Fault> {
        let manner = Manner { kind: SessionKind::Standard, cookie_digest: None, user_agent };
        let session = self.begin_impersonation(caller, user, manner).await?;
        Ok(Begun { id: session.id, tokens: self.issue(&session)?, expires_at: session.expires_at })
    }

    /// Begins to act as a person on our own pages.
    ///
    /// # Errors
    /// As [`Context::impersonate`].
    pub async fn impersonate_in_browser(
        &self,
        caller: &Caller,
        user: UserId,
        user_agent: Option<&str>,
    ) -> Result<BegunInBrowser, Fault> {
        let cookie = NewCookies::new(self).session;
        let cookie_digest = Some(BearerDigest::of_cookie(cookie.expose()).bytes().to_vec());
        let manner = Manner { kind: SessionKind::Browser, cookie_digest, user_agent };
        let session = self.begin_impersonation(caller, user, manner).await?;
        Ok(BegunInBrowser { cookie, expires_at: session.expires_at })
    }

    async fn begin_impersonation(
        &self,
        caller: &Caller,
        user: UserId,
        manner: Manner<'_>,
    ) -> Result<SessionRecord, Fault> {
        let (now, actor) = (self.now(), of_oneself(caller)?);
        let own = caller.session().ok_or(Code::ApiKeyNotAccepted)?;
        let mut transaction = self.database.write().await?;
        // Until the commit the consent is neither taken back nor the person suspended.
        let is_in = account::hold(&mut transaction, user).await?;
        check(&mut transaction, &caller.principal, user).await?;
        if !is_in {
            return Err(Code::UserSuspended.into());
        }
        let consent = impersonation::consent(&mut transaction, user, now).await?.ok_or(Code::NoConsent)?;
        let own_end = session::ends_at(&mut transaction, own, now).await?.ok_or(Code::InvalidToken)?;
        let new = NewSession {
            id: SessionId::new(now, self.entropy()),
            handle: i64::from_be_bytes(self.entropy()),
            user,
            organisation: home_organisation(&mut transaction, user).await?,
            kind: manner.kind,
            cookie_digest: manner.cookie_digest,
            address: caller.origin.address,
            user_agent: manner.user_agent.map(shorten),
            created_at: now,
            expires_at: now.plus(manner.kind.lifetime()).min(consent.expires_at).min(own_end),
            actor: Some((own, ConsentId::from_uuid(consent.id))),
        };
        session::insert(&mut transaction, &new).await?;
        let listed = NewImpersonation {
            id: new.id,
            user,
            actor,
            actor_name: &caller.principal.name,
            address: caller.origin.address,
            expires_at: new.expires_at,
        };
        impersonation::insert(&mut transaction, &listed, now).await?;
        let details = json!({ "session_id": new.id, "expires_at": new.expires_at });
        let act = Act { details, ..act_on("impersonation.started", user, new.organisation) };
        self.audit(&mut transaction, Actor::Caller(caller), act, now).await?;
        transaction.commit().await?;
        let NewSession { id, handle, kind, created_at, expires_at, .. } = new;
        Ok(SessionRecord {
            id,
            handle,
            user,
            kind,
            generation: 0,
            rotated_at: None,
            created_at,
            expires_at,
            actor: Some(actor),
        })
    }

    /// Whether the session that this cookie stands for, or stood for, was begun by the caller to act as somebody else.
    pub async fn gave_way(&self, caller: &Caller, cookie: &str) -> Result<bool, Fault> {
        let Some(own) = caller.session() else { return Ok(false) };
        let digest = BearerDigest::of_cookie(cookie);
        Ok(session::gave_way(&mut self.database.read().await?, digest.bytes(), own).await?)
    }

    /// Ends that the caller acts as somebody else.
    ///
    /// # Errors
    /// [`Code::NotImpersonating`].
    pub async fn stop_impersonating(&self, caller: &Caller) -> Result<(), Fault> {
        let now = self.now();
        let session = caller.session().filter(|_| caller.principal.impersonator.is_some());
        let session = session.ok_or(Code::NotImpersonating)?;
        let mut transaction = self.database.write().await?;
        let (user, actor) = (caller.principal.user, Actor::Caller(caller));
        self.end_session(&mut transaction, session, user, actor, "stopped", now).await?;
        transaction.commit().await?;
        self.principals.forget(session.uuid());
        Ok(())
    }

    /// Those who acted as the caller, or do, the newest first; of more than [`IMPERSONATIONS_LISTED_MAX`] those.
    pub async fn own_impersonations(&self, caller: &Caller) -> Result<Vec<ImpersonationRecord>, Fault> {
        let most = IMPERSONATIONS_LISTED_MAX.try_into().unwrap_or(i64::MAX);
        let (user, now) = (caller.principal.user, self.now());
        Ok(impersonation::of_user(&mut self.database.read().await?, user, now, most).await?)
    }

    /// A page of what somebody did as the caller, the newest first.
    ///
    /// # Errors
    /// [`Code::ImpersonationNotFound`], also when it was done as somebody else.
    pub async fn acts_as_oneself(&self, caller: &Caller, id: SessionId, page: Page) -> Result<ActsPage, Fault> {
        let mut link = self.database.read().await?;
        if !impersonation::is_of(&mut link, id, caller.principal.user).await? {
            return Err(Code::ImpersonationNotFound.into());
        }
        let (acts, total) = impersonation::acts(&mut link, id, page).await?;
        Ok(ActsPage { acts, total })
    }

    /// Notes for a person what somebody who acts as them asks for, before it is done; nothing where they act themselves.
    pub async fn note_asked(&self, principal: &Principal, asked: &Asked<'_>, origin: &Origin) -> Result<(), Fault> {
        let Some(acting) = &principal.impersonator else { return Ok(()) };
        let now = self.now();
        let target: String = format!("{} {}", asked.method, asked.path).chars().take(PATH_LENGTH_MAX).collect();
        let act = NewAct {
            id: ActId::new(now, self.entropy()),
            impersonation: acting.impersonation,
            at: now,
            kind: "request",
            name: asked.operation,
            target: &target,
            request_id: &origin.request_id.to_string(),
        };
        let mut transaction = self.database.write().await?;
        impersonation::note(&mut transaction, &act).await?;
        Ok(transaction.commit().await?)
    }

    /// Ends what others do as this person, and what they do as others by this sign-in.
    ///
    /// Once the transaction has committed, [`Principals::forget`](crate::principals::Principals) has to be told of the
    /// person, and of the sign-in.
    pub(crate) async fn end_impersonations(
        &self,
        transaction: &mut WriteTransaction,
        user: UserId,
        session: Option<SessionId>,
        actor: Actor<'_>,
        because: &'static str,
        now: Timestamp,
    ) -> Result<(), Fault> {
        for running in impersonation::running(transaction, user, session, now).await? {
            self.end_session(transaction, running.id, running.user, actor, because, now).await?;
        }
        Ok(())
    }
}

/// What somebody does about acting as themselves.
async fn act_on_oneself(transaction: &mut WriteTransaction, action: &'static str, user: UserId) -> Result<Act, Fault> {
    Ok(act_on(action, user, home_organisation(transaction, user).await?))
}

/// The caller, who has to be there themselves: what is decided here nobody decides as somebody else.
fn of_oneself(caller: &Caller) -> Result<UserId, Fault> {
    match caller.principal.impersonator {
        Some(_) => Err(Code::Impersonating.into()),
        None => Ok(caller.principal.user),
    }
}

/// Refuses whoever may not act as a person, whatever that person consents to.
async fn check(transaction: &mut WriteTransaction, principal: &Principal, user: UserId) -> Result<(), Fault> {
    if user == principal.user {
        return Err(Code::ImpersonatingOneself.into());
    }
    let reach = Reach::of(principal, Right::ReadUsers);
    let person = people::find(transaction, &reach, user).await?.ok_or(Code::UserNotFound)?;
    if person.is_super_admin && !principal.is_super_admin {
        return Err(Code::SuperAdminsOnly.into());
    }
    let may = impersonation::may(transaction, principal.user, user).await?;
    if may { Ok(()) } else { Err(Code::InsufficientPermissions.into()) }
}
