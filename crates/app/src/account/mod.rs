//! What people do with their own accounts, and administrators with those of others.

mod confirm;
mod mailed_link;
mod password;
mod profile;
mod register;
mod reset;
mod sessions;

pub use confirm::ConfirmationSent;
pub(crate) use password::Estimates;
pub use password::PasswordStrength;
pub use profile::{AccountChange, AccountRecord};
pub use register::{Affiliation, NewAccount, Registered};
pub(crate) use sessions::LastUses;
pub use sessions::{OwnSession, SESSIONS_LISTED_MAX};

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::{OrganisationId, SessionId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::WriteTransaction;
use bailiwick_store::query::user::home_organisation;
use bailiwick_store::query::{invalidation, session};
use serde_json::json;

use crate::audit::{Act, Actor};
use crate::context::Context;
use bailiwick_domain::fault::Fault;

impl Context {
    /// Ends the sessions of a person, save for one, and tells every node; returns how many ended.
    ///
    /// Once the transaction has committed, [`Principals::forget`](crate::principals::Principals)
    /// has to be told of the person.
    pub(crate) async fn end_sessions(
        &self,
        transaction: &mut WriteTransaction,
        user: UserId,
        save: Option<SessionId>,
        actor: Actor<'_>,
        because: &'static str,
        now: Timestamp,
    ) -> Result<u64, Fault> {
        let ended = session::end_all(transaction, user, save, now, because).await?;
        invalidation::insert(transaction, "user", Some(user.uuid()), now).await?;
        if ended > 0 {
            let act = Act {
                action: "sessions.ended",
                subject_kind: "user",
                subject: Some(user.uuid()),
                organisation: home_organisation(transaction, user).await?,
                details: json!({ "because": because, "count": ended }),
            };
            self.audit(transaction, actor, act, now).await?;
        }
        Ok(ended)
    }
}

/// What a guesser would know about a person.
pub(crate) fn known_about<'name>(
    email: &EmailAddress,
    name: &Name,
    organisations: impl Iterator<Item = &'name Name>,
) -> Vec<String> {
    [email.to_string(), name.to_string()].into_iter().chain(organisations.map(ToString::to_string)).collect()
}

/// An act on a person of which nothing more needs to be known.
fn act(action: &'static str, person: &AccountRecord) -> Act {
    act_on(action, person.id, person.organisation)
}

/// The same for whoever knows the person by another record.
pub(crate) fn act_on(action: &'static str, person: UserId, organisation: Option<OrganisationId>) -> Act {
    Act { action, subject_kind: "user", subject: Some(person.uuid()), organisation, details: json!({}) }
}
