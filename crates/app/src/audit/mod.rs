//! The audit log: every change leaves an entry in its own transaction.
//!
//! Entries are chained ([`bailiwick_domain::audit`]), checkpoints vouch for the
//! chain outside the database, and [`verify`] finds whatever was done to it.

mod chain;
mod checkpoint;
mod checkpoint_file;
mod finding;
mod read;
mod verify;

use bailiwick_domain::fault::Fault;
use bailiwick_domain::id::{ActId, AuditId, OrganisationId, UserId};
use bailiwick_domain::principal::Impersonator;
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::WriteTransaction;
use bailiwick_store::query::audit::{self, AuditEntry};
use bailiwick_store::query::impersonation::{self, NewAct};
use uuid::Uuid;

use crate::caller::{Caller, Credential, Origin};
use crate::context::Context;

pub use chain::ChainError;
pub(crate) use chain::Checkpoints;
pub use checkpoint::{Checkpoint, CheckpointError};
pub use checkpoint_file::{CheckpointFile, CheckpointLine, FILE_NAME};
pub use finding::{Finding, FindingKind, Witness};
pub use read::{AuditFilter, AuditPage, AuditRecord};
pub use verify::{Verification, VerifyError, verify};

/// Who acts.
#[derive(Clone, Copy, Debug)]
pub enum Actor<'actor> {
    /// A signed-in person, by a right.
    Caller(&'actor Caller),
    /// A person who is just proving who they are.
    Person(UserId, &'actor Origin),
    /// Somebody who is not signed in, and holds a link or a used token of ours.
    Visitor(&'actor Origin),
    /// Somebody at the command line of this machine.
    Operator,
}

impl Actor<'_> {
    /// Whoever acts as another person, and who that is.
    fn impersonator(&self) -> Option<(&Impersonator, UserId)> {
        let Self::Caller(caller) = self else { return None };
        Some((caller.principal.impersonator.as_ref()?, caller.principal.user))
    }
}

/// What was done to what.
#[derive(Clone, Debug)]
pub struct Act {
    /// What was done, such as `system.created`.
    pub action: &'static str,
    /// On what kind of thing.
    pub subject_kind: &'static str,
    /// On which one.
    pub subject: Option<Uuid>,
    /// On which organisation.
    pub organisation: Option<OrganisationId>,
    /// What else is worth knowing; never a secret.
    pub details: serde_json::Value,
}

/// The member of the details that names the API key by which somebody acted.
const BY_API_KEY: &str = "by_api_key";
/// The member of the details that names the person as whom somebody acted.
const ON_BEHALF_OF: &str = "on_behalf_of";
/// The member of the details that names the session in which they did.
const BY_IMPERSONATION: &str = "impersonation_id";
/// The request id of what no request caused.
const NO_REQUEST: &str = "-";

impl Context {
    /// Notes an entry of the audit log; it is written, chained to those before it, with the commit.
    ///
    /// Where somebody acts as another person, the entry names them as who did it and the other as for whom; and the
    /// person is told of it in the same transaction.
    pub(crate) async fn audit(
        &self,
        transaction: &mut WriteTransaction,
        actor: Actor<'_>,
        act: Act,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let mut details = act.details;
        if let Actor::Caller(caller) = actor
            && let Credential::ApiKey(key, _) = caller.credential
            && let Some(members) = details.as_object_mut()
        {
            members.insert(BY_API_KEY.to_owned(), key.to_string().into());
        }
        let acting = actor.impersonator();
        if let Some((acting, user)) = acting
            && let Some(members) = details.as_object_mut()
        {
            members.insert(ON_BEHALF_OF.to_owned(), user.to_string().into());
            members.insert(BY_IMPERSONATION.to_owned(), acting.impersonation.to_string().into());
        }
        let (actor_kind, actor_id, right, origin): (_, _, Option<Right>, Option<&Origin>) = match actor {
            Actor::Caller(caller) => ("user", Some(caller.principal.user.uuid()), caller.right, Some(&caller.origin)),
            Actor::Person(user, origin) => ("user", Some(user.uuid()), None, Some(origin)),
            Actor::Visitor(origin) => ("visitor", None, None, Some(origin)),
            Actor::Operator => ("operator", None, None, None),
        };
        let actor_id = acting.map_or(actor_id, |(acting, _)| Some(acting.user.uuid()));
        let request_id = origin.map_or_else(|| NO_REQUEST.to_owned(), |origin| origin.request_id.to_string());
        if let Some((acting, _)) = acting {
            let subject = act.subject.map_or_else(String::new, |subject| format!(" {subject}"));
            let done = NewAct {
                id: ActId::new(now, self.entropy()),
                impersonation: acting.impersonation,
                at: now,
                kind: "change",
                name: act.action,
                target: &format!("{}{subject}", act.subject_kind),
                request_id: &request_id,
            };
            impersonation::note(transaction, &done).await?;
        }
        let entry = AuditEntry {
            id: AuditId::new(now, self.entropy()),
            at: now,
            actor_kind,
            actor: actor_id,
            right,
            organisation: act.organisation,
            action: act.action,
            subject_kind: act.subject_kind,
            subject: act.subject,
            address: origin.map(|origin| origin.address),
            request_id,
            details,
        };
        audit::note(transaction, entry);
        Ok(())
    }
}
