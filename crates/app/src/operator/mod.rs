//! What an operator does at the command line, also while the server runs.
//!
//! Nobody is signed in there: whoever can read the master key and the database
//! may do all of it, and the audit log says that it was the operator.

mod agreement;
mod api_key;
mod invitation;
mod membership;
mod organisation;
mod user;

pub use agreement::AgreementKey;
pub use bailiwick_domain::organisation::OrganisationKey;
pub use membership::ListedMember;
pub use organisation::{Decision, ListedOrganisation, NewOrganisation, ShownOrganisation, TreeEntry, TreeFilter};
pub use user::{Ended, ListedMembership, ListedUser, NewPerson, PersonDetails, UserKey};

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::Fault;
use bailiwick_domain::id::{AgreementId, ApiKeyId, InvitationId, OrganisationId};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_store::query::{invalidation, property};
use serde_json::json;

use crate::audit::{Act, Actor};
use crate::context::Context;
use crate::keys;

/// Why something was not done, as a sentence that says what would have been right.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OperatorRefusal {
    /// There is no such person.
    #[error("there is nobody with {0}; bailiwick admin user list shows who there is")]
    UserUnknown(UserKey),
    /// There is no such API key.
    #[error("there is no API key with the id {0}; bailiwick admin api-key list shows those of a person")]
    ApiKeyUnknown(ApiKeyId),
    /// There is no such invitation.
    #[error("there is no invitation with the id {0}; bailiwick admin invitation list shows which there are")]
    InvitationUnknown(InvitationId),
    /// There is no such organisation.
    #[error("there is no organisation with {0}; bailiwick admin organisation list shows which there are")]
    OrganisationUnknown(OrganisationKey),
    /// Several organisations have this name.
    #[error("{} organisations are called {name}; give the id of the one you mean: {}", ids.len(), listed(ids))]
    OrganisationAmbiguous {
        /// The name.
        name: Name,
        /// Those that have it.
        ids: Vec<OrganisationId>,
    },
    /// There is no such agreement.
    #[error("there is no agreement with {0}; bailiwick admin agreement list shows which there are")]
    AgreementUnknown(AgreementKey),
    /// Several agreements have this name.
    #[error("{} agreements are called {name}; give the id of the one you mean: {}", ids.len(), listed(ids))]
    AgreementAmbiguous {
        /// The name.
        name: Name,
        /// The version of each that could be meant.
        ids: Vec<AgreementId>,
    },
    /// Somebody has that address already.
    #[error("{0} belongs to somebody already; give another address, or change that account")]
    EmailTaken(EmailAddress),
    /// Nobody would be left who may do everything.
    #[error(
        "{0} is the last super admin who is not suspended, and without one nobody could administer this server; \
         create or reactivate another one first"
    )]
    LastSuperAdmin(EmailAddress),
    /// The tree has no place for it there.
    #[error("no {kind} can stand below {parent}, whose kind is {parent_kind}; {}", places(*kind))]
    WrongPlace {
        /// What was to be created.
        kind: OrganisationKind,
        /// Below which organisation.
        parent: Name,
        /// What that is.
        parent_kind: OrganisationKind,
    },
    /// The owner runs the server.
    #[error("{0} is the owner of this server: it is neither suspended nor deleted nor moved")]
    OwnerStays(Name),
    /// Nobody is let into an organisation that is suspended.
    #[error("{0} is suspended, and an invitation to it would be good for nothing; reactivate it first")]
    OrganisationSuspended(Name),
    /// Nothing is put below what is suspended.
    #[error("{0} is suspended, and nothing is put below it; reactivate it first")]
    ParentSuspended(Name),
    /// There is no owner organisation yet.
    #[error("this server is not set up yet; bailiwick admin bootstrap does that")]
    NotSetUp,
    /// Anything else.
    #[error(transparent)]
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for OperatorRefusal {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

fn listed<Id: ToString>(ids: &[Id]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Where an organisation of this kind may stand.
fn places(kind: OrganisationKind) -> String {
    let above = OrganisationKind::ALL.into_iter().filter(|parent| kind.may_stand_below(*parent));
    let names: Vec<_> = above.map(OrganisationKind::name).collect();
    if names.is_empty() { "there is only one owner".to_owned() } else { format!("it goes below: {}", names.join(", ")) }
}

/// The beginning of a list.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    /// As many as are shown at once.
    pub shown: Vec<T>,
    /// Whether there are more.
    pub has_more: bool,
}

impl<T> Listing<T> {
    /// Cuts off what was read to learn whether there is more than `limit`.
    fn cut(mut found: Vec<T>, limit: usize) -> Self {
        let has_more = found.len() > limit;
        found.truncate(limit);
        Self { shown: found, has_more }
    }
}

/// What became of an act.
#[derive(Clone, Debug)]
pub struct Outcome<T> {
    /// On whom or what, as it is now.
    pub subject: T,
    /// Whether anything changed; false when it was like this before.
    pub has_changed: bool,
}

impl Context {
    /// Replaces the signing keys; returns the names of the new ones. Running
    /// servers take them up within a second.
    pub async fn rotate_keys(&self) -> Result<Vec<String>, Fault> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let kids = keys::rotate(&mut transaction, &self.vault, self.random.as_ref(), now).await?;
        invalidation::insert(&mut transaction, "keys", None, now).await?;
        let act = Act {
            action: "keys.rotated",
            subject_kind: "server",
            subject: None,
            organisation: None,
            details: json!({ "kids": kids }),
        };
        self.audit(&mut transaction, Actor::Operator, act, now).await?;
        transaction.commit().await?;
        Ok(kids)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Fault> {
        Ok(property::ping(&mut self.database.read().await?).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_whether_there_is_more() {
        let listing = |count: usize| Listing::cut((0..count).collect(), 2);
        assert_eq!((listing(2).shown, listing(2).has_more), (vec![0, 1], false));
        assert_eq!((listing(3).shown, listing(3).has_more), (vec![0, 1], true));
    }

    #[test]
    fn a_refusal_says_where_an_organisation_goes() {
        assert_eq!(places(OrganisationKind::Reseller), "it goes below: owner, distributor");
        assert_eq!(places(OrganisationKind::Owner), "there is only one owner");
    }
}
