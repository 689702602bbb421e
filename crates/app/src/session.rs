//! Sessions after the sign-in: the next tokens, and the end.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::SessionId;
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::session::{RefreshState, RefreshVerdict};
use bailiwick_domain::time::Timestamp;
use bailiwick_store::WriteTransaction;
use bailiwick_store::query::invalidation;
use bailiwick_store::query::session::{self, SessionRecord};
use serde_json::json;

use crate::audit::{Act, Actor};
use crate::caller::{Caller, Origin};
use crate::context::Context;
use crate::token::{self, TokenFacts, TokenKind};

/// An access token and a refresh token.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// For the APIs.
    pub access: SecretText,
    /// For the next tokens.
    pub refresh: SecretText,
}

impl Context {
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

    /// Ends the caller's session.
    pub async fn sign_out(&self, caller: &Caller) -> Result<(), Fault> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        self.end_session(&mut transaction, caller.session, Actor::Caller(caller), "signed out", now).await?;
        transaction.commit().await?;
        self.principals.forget(caller.session.uuid());
        Ok(())
    }

    async fn end_reused(&self, session: &SessionRecord, origin: &Origin, now: Timestamp) -> Result<(), Fault> {
        tracing::warn!(request = %origin.request_id, session = %session.id, "a used refresh token came back");
        let mut transaction = self.database.write().await?;
        let actor = Actor::Visitor(origin);
        self.end_session(&mut transaction, session.id, actor, "refresh token reused", now).await?;
        transaction.commit().await?;
        self.principals.forget(session.id.uuid());
        Ok(())
    }

    /// Ends a session and tells every node; nothing happens to one that has ended.
    pub(crate) async fn end_session(
        &self,
        transaction: &mut WriteTransaction,
        id: SessionId,
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
            organisation: None,
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

const fn state_of(session: &SessionRecord) -> RefreshState {
    RefreshState { kind: session.kind, generation: session.generation, rotated_at: session.rotated_at }
}
