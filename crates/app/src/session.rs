//! Sessions after the sign-in: the next tokens, and the end.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::{SessionId, UserId};
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::session::{RefreshState, RefreshVerdict, SessionKind};
use bailiwick_domain::time::Timestamp;
use bailiwick_store::WriteTransaction;
use bailiwick_store::query::invalidation;
use bailiwick_store::query::session::{self, NewSession, SessionRecord};
use bailiwick_store::query::user::home_organisation;
use serde_json::json;

use crate::audit::{Act, Actor};
use crate::caller::{Caller, Origin};
use crate::context::Context;
use crate::token::{self, TokenFacts, TokenKind};

/// How much of a `User-Agent` is kept, in characters.
const USER_AGENT_LENGTH_MAX: usize = 255;

/// An access token and a refresh token.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// For the APIs.
    pub access: SecretText,
    /// For the next tokens.
    pub refresh: SecretText,
}

/// A sign-in that is about to begin.
#[derive(Clone, Debug)]
pub(crate) struct SessionStart<'start> {
    pub(crate) user: UserId,
    pub(crate) kind: SessionKind,
    /// For a browser.
    pub(crate) cookie_digest: Option<Vec<u8>>,
    /// With what, as it says of itself.
    pub(crate) user_agent: Option<&'start str>,
}

impl Context {
    /// Begins a session for somebody who has proved who they are.
    pub(crate) async fn begin_session(
        &self,
        transaction: &mut WriteTransaction,
        start: SessionStart<'_>,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<SessionRecord, Fault> {
        let SessionStart { user, kind, cookie_digest, user_agent } = start;
        let new = NewSession {
            id: SessionId::new(now, self.entropy()),
            handle: i64::from_be_bytes(self.entropy()),
            user,
            organisation: home_organisation(transaction, user).await?,
            kind,
            cookie_digest,
            address: origin.address,
            user_agent: user_agent.map(shorten),
            created_at: now,
            expires_at: now.plus(kind.lifetime()),
            actor: None,
        };
        session::insert(transaction, &new).await?;
        let act = Act {
            action: "session.started",
            subject_kind: "session",
            subject: Some(new.id.uuid()),
            organisation: new.organisation,
            details: json!({ "kind": kind.name() }),
        };
        self.audit(transaction, Actor::Person(user, origin), act, now).await?;
        Ok(SessionRecord {
            id: new.id,
            handle: new.handle,
            user,
            kind,
            generation: 0,
            rotated_at: None,
            created_at: now,
            expires_at: new.expires_at,
            actor: None,
        })
    }

    /// A new access token for a refresh token, which stays as it is.
    ///
    /// # Errors
    /// [`Code::InvalidToken`]; a refresh token that was used long ago ends its session too.
    pub async fn renew_access(&self, refresh_token: &str, origin: &Origin) -> Result<SecretText, Fault> {
        let (facts, now) = self.refresh_facts(refresh_token)?;
        let session = session::by_handle(&mut self.database.read().await?, facts.handle, now).await?;
        let session = session.filter(|session| session.user == facts.user).ok_or(Code::InvalidToken)?;
        if state_of(&session).judge(facts.generation, now) == RefreshVerdict::Reused {
            self.end_reused(&session, origin, now).await?;
            return Err(Code::InvalidToken.into());
        }
        self.issue_access(&session, now)
    }

    /// The next refresh token, with an access token; the old one dies.
    ///
    /// Whoever presents the old one again within its grace gets the same
    /// successor; later, the session ends.
    ///
    /// # Errors
    /// [`Code::InvalidToken`].
    pub async fn rotate_refresh(&self, refresh_token: &str, origin: &Origin) -> Result<Tokens, Fault> {
        let (facts, now) = self.refresh_facts(refresh_token)?;
        let mut transaction = self.database.write().await?;
        let session = self.session_of(&mut transaction, &facts, now).await?;
        match state_of(&session).judge(facts.generation, now) {
            RefreshVerdict::Current if session.kind.rotates() => {}
            // A fixed token is its own successor.
            RefreshVerdict::Current | RefreshVerdict::JustRotated => {
                // Who rotated it may share its commit with us and wait for the disk still:
                // an answer before that would promise a successor that a crash takes back.
                transaction.commit().await?;
                return self.issue(&session);
            }
            RefreshVerdict::Reused => {
                drop(transaction);
                self.end_reused(&session, origin, now).await?;
                return Err(Code::InvalidToken.into());
            }
        }
        if !session::rotate(&mut transaction, &session, now).await? {
            // Another node was quicker: what it made is the successor.
            let session = self.session_of(&mut transaction, &facts, now).await?;
            return match state_of(&session).judge(facts.generation, now) {
                RefreshVerdict::JustRotated => self.issue(&session),
                RefreshVerdict::Current | RefreshVerdict::Reused => Err(Code::InvalidToken.into()),
            };
        }
        transaction.commit().await?;
        self.issue(&SessionRecord { generation: session.generation + 1, rotated_at: Some(now), ..session })
    }

    /// Ends the caller's session, and with it whatever is done as them, or as others by it.
    ///
    /// # Errors
    /// [`Code::ApiKeyNotAccepted`] for a key, which has none.
    pub async fn sign_out(&self, caller: &Caller) -> Result<(), Fault> {
        let (now, session) = (self.now(), caller.session().ok_or(Code::ApiKeyNotAccepted)?);
        let mut transaction = self.database.write().await?;
        let (user, actor) = (caller.principal.user, Actor::Caller(caller));
        if caller.principal.impersonator.is_none() {
            self.end_impersonations(&mut transaction, user, Some(session), actor, "signed out", now).await?;
        }
        self.end_session(&mut transaction, session, user, actor, "signed out", now).await?;
        transaction.commit().await?;
        self.principals.forget(session.uuid());
        if caller.principal.impersonator.is_none() {
            self.principals.forget(user.uuid());
        }
        Ok(())
    }

    async fn end_reused(&self, session: &SessionRecord, origin: &Origin, now: Timestamp) -> Result<(), Fault> {
        tracing::warn!(request = %origin.request_id, session = %session.id, "a used refresh token came back");
        let mut transaction = self.database.write().await?;
        let actor = Actor::Visitor(origin);
        self.end_session(&mut transaction, session.id, session.user, actor, "refresh token reused", now).await?;
        transaction.commit().await?;
        self.principals.forget(session.id.uuid());
        Ok(())
    }

    /// Ends a person's session and tells every node; nothing happens to one that has ended.
    pub(crate) async fn end_session(
        &self,
        transaction: &mut WriteTransaction,
        id: SessionId,
        user: UserId,
        actor: Actor<'_>,
        because: &'static str,
        now: Timestamp,
    ) -> Result<(), Fault> {
        if !session::end(transaction, id, now, because).await? {
            return Ok(());
        }
        invalidation::insert(transaction, "session", Some(id.uuid()), now).await?;
        let act = Act {
            action: "session.ended",
            subject_kind: "session",
            subject: Some(id.uuid()),
            organisation: home_organisation(transaction, user).await?,
            details: json!({ "because": because }),
        };
        self.audit(transaction, actor, act, now).await
    }

    /// The tokens of a session as it is now.
    pub(crate) fn issue(&self, session: &SessionRecord) -> Result<Tokens, Fault> {
        let issuer = self.settings.base_url.origin();
        let refresh = token::issue_refresh(&self.keys.current(), issuer, session).map_err(Fault::broken)?;
        Ok(Tokens { access: self.issue_access(session, self.now())?, refresh: SecretText::new(refresh) })
    }

    fn issue_access(&self, session: &SessionRecord, now: Timestamp) -> Result<SecretText, Fault> {
        let issuer = self.settings.base_url.origin();
        let access = token::issue_access(&self.keys.current(), issuer, session, now).map_err(Fault::broken)?;
        Ok(SecretText::new(access))
    }

    fn refresh_facts(&self, refresh_token: &str) -> Result<(TokenFacts, Timestamp), Fault> {
        let now = self.now();
        let issuer = self.settings.base_url.origin();
        let facts = token::verify(&self.keys.current(), &issuer, TokenKind::Refresh, refresh_token, now);
        Ok((facts.ok_or(Code::InvalidToken)?, now))
    }

    async fn session_of(
        &self,
        transaction: &mut WriteTransaction,
        facts: &TokenFacts,
        now: Timestamp,
    ) -> Result<SessionRecord, Fault> {
        let session = session::by_handle(transaction, facts.handle, now).await?;
        Ok(session.filter(|session| session.user == facts.user).ok_or(Code::InvalidToken)?)
    }
}

/// The beginning of a `User-Agent`, cut between characters.
pub(crate) fn shorten(text: &str) -> &str {
    text.char_indices().nth(USER_AGENT_LENGTH_MAX).map_or(text, |(end, _)| text.get(..end).unwrap_or_default())
}

const fn state_of(session: &SessionRecord) -> RefreshState {
    RefreshState { kind: session.kind, generation: session.generation, rotated_at: session.rotated_at }
}
