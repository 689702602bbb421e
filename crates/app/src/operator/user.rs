//! People: listed, created, suspended, and let in again.

use std::fmt;

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::id::UserId;
use bailiwick_domain::link::LinkPurpose;
use bailiwick_domain::name::Name;
use bailiwick_domain::password::Password;
use bailiwick_domain::role::Role;
use bailiwick_domain::throttle::LedgerKey;
use bailiwick_store::query::user::{self, NewUser};
use bailiwick_store::query::{
    account, invalidation, known_device, mailed_link, session, suspension, throttle, user_list,
};
use bailiwick_store::{Error as StoreError, Link};
use serde_json::json;

use super::{Listing, OperatorRefusal, OrganisationKey, Outcome};
use crate::account::{OwnSession, act_on, known_about};
use crate::audit::{Act, Actor};
use crate::context::Context;

pub use bailiwick_store::query::user_list::{ListedMembership, ListedUser};

/// People in one list: who looks for one among more searches.
const LISTED_MAX: usize = 1000;
/// Sessions that are shown of one person.
const SESSIONS_MAX: i64 = 500;

/// How an operator names a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserKey {
    /// By how they sign in.
    Email(EmailAddress),
    /// By id.
    Id(UserId),
}

impl Parse for UserKey {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let id = UserId::parse_text(text).map(Self::Id);
        id.or_else(|_| EmailAddress::parse_text(text).map(Self::Email)).map_err(|_| {
            Refusal::new("user", "an e-mail address such as ann@example.org, or the UUID of a person".to_owned())
        })
    }
}

impl fmt::Display for UserKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Email(email) => write!(formatter, "the address {email}"),
            Self::Id(id) => write!(formatter, "the id {id}"),
        }
    }
}

/// Everything that an operator is shown of a person.
#[derive(Clone, Debug)]
pub struct PersonDetails {
    /// The person.
    pub person: ListedUser,
    /// What they are in which organisations.
    pub memberships: Vec<ListedMembership>,
    /// Their living sessions, the one used last first.
    pub sessions: Vec<OwnSession>,
}

/// What was ended of a person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How many sessions.
    pub sessions: u64,
    /// How many API keys.
    pub api_keys: usize,
}

/// Somebody to be created.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// How they will sign in.
    pub email: EmailAddress,
    /// How they are called.
    pub name: Name,
    /// Where they belong.
    pub organisation: OrganisationKey,
    /// What they are there.
    pub role: Role,
    /// Whether they hold every right everywhere.
    pub is_super_admin: bool,
    /// Their password.
    pub password: Password,
}

impl Context {
    /// Everybody, by address; with a text only those who have it in their address or name.
    pub async fn users_for_operator(&self, search: Option<&str>) -> Result<Listing<ListedUser>, Fault> {
        let found = user_list::list(&mut self.database.read().await?, search, one_more_than(LISTED_MAX)).await?;
        Ok(Listing::cut(found, LISTED_MAX))
    }

    /// One person, with memberships and sessions.
    ///
    /// # Errors
    /// [`OperatorRefusal::UserUnknown`].
    pub async fn user_for_operator(&self, key: &UserKey) -> Result<PersonDetails, OperatorRefusal> {
        let now = self.now();
        let mut link = self.database.read().await?;
        let person = find(&mut link, key).await?;
        let memberships = user_list::memberships(&mut link, person.id).await?;
        let sessions = session::of_user(&mut link, person.id, now, SESSIONS_MAX).await?;
        Ok(PersonDetails { person, memberships, sessions })
    }

    /// Creates a person who can sign in at once; the operator vouches for their address.
    ///
    /// # Errors
    /// [`OperatorRefusal::EmailTaken`]; what finding the organisation refuses; a validation fault on `password`.
    pub async fn create_user_as_operator(&self, new: NewPerson) -> Result<ListedUser, OperatorRefusal> {
        let organisation = super::organisation::find(&mut self.database.read().await?, &new.organisation).await?;
        let NewPerson { email, name, role, is_super_admin, password, .. } = new;
        let known = vec![email.to_string(), name.to_string(), organisation.name.to_string()];
        let password = self.accept_password(password, known, "password").await?;
        let hash = self.hasher.hash(password.password(), self.random.as_ref()).await?;

        let now = self.now();
        let id = UserId::new(now, self.entropy());
        let mut transaction = self.database.write().await?;
        match user::insert(&mut transaction, &NewUser { id, email: &email, name: &name, is_super_admin }, now).await {
            Err(StoreError::Conflict(_)) => return Err(OperatorRefusal::EmailTaken(email)),
            outcome => outcome?,
        }
        user::insert_membership(&mut transaction, id, organisation.id, role, now).await?;
        user::set_password(&mut transaction, id, &hash, now).await?;
        account::confirm(&mut transaction, id, &email, now).await?;
        let act = Act {
            action: "user.created",
            subject_kind: "user",
            subject: Some(id.uuid()),
            organisation: Some(organisation.id),
            details: json!({ "role": role, "is_super_admin": is_super_admin }),
        };
        self.audit(&mut transaction, Actor::Operator, act, now).await?;
        let created = find(&mut transaction, &UserKey::Id(id)).await?;
        transaction.commit().await?;
        Ok(created)
    }

    /// Suspends a person: all their sessions end, and every mailed link by which they could set another password.
    ///
    /// # Errors
    /// [`OperatorRefusal::UserUnknown`], [`OperatorRefusal::LastSuperAdmin`].
    pub async fn suspend_user_as_operator(&self, key: &UserKey) -> Result<Outcome<ListedUser>, OperatorRefusal> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let subject = find(&mut transaction, key).await?;
        if !self.shut_out(&mut transaction, subject.id, Actor::Operator, now).await? {
            return Ok(Outcome { subject, has_changed: false });
        }
        // Of two who suspend the last two super admins at once, the second sees what the first did.
        if subject.is_super_admin && !suspension::has_super_admin(&mut transaction).await? {
            return Err(OperatorRefusal::LastSuperAdmin(subject.email));
        }
        self.audit(&mut transaction, Actor::Operator, act("user.suspended", &subject), now).await?;
        transaction.commit().await?;
        self.principals.forget(subject.id.uuid());
        Ok(Outcome { subject, has_changed: true })
    }

    /// Ends the suspension of a person, who may sign in again; what the suspension ended stays ended.
    ///
    /// # Errors
    /// [`OperatorRefusal::UserUnknown`].
    pub async fn reactivate_user_as_operator(&self, key: &UserKey) -> Result<Outcome<ListedUser>, OperatorRefusal> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let subject = find(&mut transaction, key).await?;
        if !suspension::reactivate_user(&mut transaction, subject.id, now).await? {
            return Ok(Outcome { subject, has_changed: false });
        }
        invalidation::insert(&mut transaction, "user", Some(subject.id.uuid()), now).await?;
        self.audit(&mut transaction, Actor::Operator, act("user.reactivated", &subject), now).await?;
        transaction.commit().await?;
        self.principals.forget(subject.id.uuid());
        Ok(Outcome { subject, has_changed: true })
    }

    /// Gives a person another password, tells them by mail, forgets the failed sign-ins of the account, and ends all
    /// their sessions; returns how many ended.
    ///
    /// # Errors
    /// [`OperatorRefusal::UserUnknown`]; a validation fault on `password`.
    pub async fn set_password_as_operator(
        &self,
        key: &UserKey,
        password: Password,
    ) -> Result<(ListedUser, u64), OperatorRefusal> {
        let PersonDetails { person, memberships, .. } = self.user_for_operator(key).await?;
        let organisations = memberships.iter().map(|membership| &membership.organisation_name);
        let known = known_about(&person.email, &person.name, organisations);
        let password = self.accept_password(password, known, "password").await?;
        let hash = self.hasher.hash(password.password(), self.random.as_ref()).await?;

        let now = self.now();
        let mut transaction = self.database.write().await?;
        user::set_password(&mut transaction, person.id, &hash, now).await?;
        mailed_link::end_all(&mut transaction, person.id, LinkPurpose::Reset).await?;
        throttle::forget(&mut transaction, &LedgerKey::account(person.email.as_str())).await?;
        known_device::forget_all(&mut transaction, person.id).await?;
        let because = "password set by the operator";
        let ended = self.end_sessions(&mut transaction, person.id, None, Actor::Operator, because, now).await?;
        self.audit(&mut transaction, Actor::Operator, act("password.set", &person), now).await?;
        self.tell_of_new_password(&mut transaction, person.id, now).await?;
        transaction.commit().await?;
        self.principals.forget(person.id.uuid());
        Ok((person, ended))
    }

    /// Ends all sessions of a person and takes all their API keys back: nothing acts as them any more.
    ///
    /// # Errors
    /// [`OperatorRefusal::UserUnknown`].
    pub async fn end_sessions_as_operator(&self, key: &UserKey) -> Result<(ListedUser, Ended), OperatorRefusal> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let person = find(&mut transaction, key).await?;
        let because = "ended by the operator";
        // Whoever makes a key at this moment has made it before this, or finds that their session is over.
        account::take(&mut transaction, person.id).await?;
        let sessions = self.end_sessions(&mut transaction, person.id, None, Actor::Operator, because, now).await?;
        let api_keys = self.revoke_api_keys(&mut transaction, person.id, Actor::Operator, because, now).await?;
        transaction.commit().await?;
        self.principals.forget(person.id.uuid());
        Ok((person, Ended { sessions, api_keys }))
    }
}

pub(super) async fn find(link: &mut Link, key: &UserKey) -> Result<ListedUser, OperatorRefusal> {
    let found = match key {
        UserKey::Email(email) => user_list::by_email(link, email).await?,
        UserKey::Id(id) => user_list::by_id(link, *id).await?,
    };
    found.ok_or_else(|| OperatorRefusal::UserUnknown(key.clone()))
}

/// An act on a person of which nothing more needs to be known.
fn act(action: &'static str, person: &ListedUser) -> Act {
    act_on(action, person.id, person.organisation)
}

/// How many to read of a list to learn whether there are more than are shown.
pub(super) fn one_more_than(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}
