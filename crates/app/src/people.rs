//! The people of one's organisations: listed, shown, suspended, let in again, helped to a new password.
//!
//! Whoever takes rights away takes a turn: first the tree, then the person, and last the number of the change that every
//! node hears of ([`invalidation`]), which stays taken until the commit. What is decided after that is decided on what
//! all the others before have done, on whatever node.

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::link::LinkPurpose;
use bailiwick_domain::name::Name;
use bailiwick_domain::page::{Direction, Page};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::people::{self, PersonRecord};
use bailiwick_store::query::reach::Reach;
use bailiwick_store::query::{account, invalidation, mailed_link, membership, people_page, suspension, tree, user};
use bailiwick_store::{Link, WriteTransaction};

use crate::account::act_on;
use crate::audit::Actor;
use crate::caller::{Authority, Caller};
use crate::context::Context;

pub use bailiwick_store::query::people_page::{PeopleFilter, PeopleOrder};
pub use bailiwick_store::query::user_list::{ListedMembership, ListedUser};

/// A page of people.
#[derive(Clone, Debug)]
pub struct PeoplePage {
    /// The people, each with the first of their organisations that the filter lets pass.
    pub people: Vec<ListedUser>,
    /// How many there are on all pages.
    pub total: i64,
}

/// A person with what they are in the organisations that the caller sees.
#[derive(Clone, Debug)]
pub struct PersonInSight {
    /// The person.
    pub person: PersonRecord,
    /// What they are, and where; the first joined first.
    pub memberships: Vec<ListedMembership>,
}

/// A link for a new password on its way.
#[derive(Clone, Debug)]
pub struct ResetSent {
    /// The address that it was mailed to.
    pub email: EmailAddress,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

impl Context {
    /// A page of the people of the organisations that the caller sees.
    pub async fn list_people(
        &self,
        caller: &Caller,
        filter: &PeopleFilter,
        order: (PeopleOrder, Direction),
        page: Page,
    ) -> Result<PeoplePage, Fault> {
        let reach = Reach::of(&caller.principal, Right::ReadUsers);
        let (people, total) = people_page::page(&mut self.database.read().await?, &reach, filter, order, page).await?;
        Ok(PeoplePage { people, total })
    }

    /// A person of an organisation that the caller sees.
    ///
    /// # Errors
    /// [`Code::UserNotFound`], also when they exist elsewhere.
    pub async fn show_person(&self, caller: &Caller, id: UserId) -> Result<PersonInSight, Fault> {
        in_sight(&mut self.database.read().await?, caller, id).await
    }

    /// Suspends the whole account of a person: all their sessions end, and every mailed link by which they could set
    /// another password.
    ///
    /// # Errors
    /// [`Code::OnOneself`]; [`Code::UserNotFound`], [`Code::InsufficientPermissions`] and [`Code::SuperAdminsOnly`] where
    /// the caller may not act on them; [`Code::BelongsElsewhere`] where they may not on the whole account;
    /// [`Code::UserAlreadySuspended`]; [`Code::LastSuperAdmin`], [`Code::LastAdministrator`].
    pub async fn suspend_person(&self, caller: &Caller, id: UserId) -> Result<PersonInSight, Fault> {
        if id == caller.principal.user {
            return Err(Code::OnOneself.into());
        }
        let now = self.now();
        let mut transaction = self.database.write().await?;
        hold(&mut transaction, id).await?;
        wholly_manageable(&mut transaction, caller, id).await?;
        let actor = Actor::Caller(caller);
        if !self.shut_out(&mut transaction, id, actor, now).await? {
            return Err(Code::UserAlreadySuspended.into());
        }
        // Once more, now that it is our turn: who was quicker may have shut the caller out.
        let (person, organisation) = wholly_manageable(&mut transaction, caller, id).await?;
        if person.is_super_admin && !suspension::has_super_admin(&mut transaction).await? {
            return Err(Code::LastSuperAdmin.into());
        }
        if let Some(name) = membership::without_administrator(&mut transaction, id).await? {
            return Err(last_administrator(&name));
        }
        self.audit(&mut transaction, actor, act_on("user.suspended", id, organisation), now).await?;
        let shown = in_sight(&mut transaction, caller, id).await?;
        transaction.commit().await?;
        self.principals.forget(id.uuid());
        Ok(shown)
    }

    /// Ends the suspension of a person, who may sign in again; what the suspension ended stays ended.
    ///
    /// # Errors
    /// [`Code::UserNotFound`], [`Code::InsufficientPermissions`], [`Code::SuperAdminsOnly`], [`Code::BelongsElsewhere`];
    /// [`Code::UserNotSuspended`].
    pub async fn reactivate_person(&self, caller: &Caller, id: UserId) -> Result<PersonInSight, Fault> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        hold(&mut transaction, id).await?;
        invalidation::insert(&mut transaction, "user", Some(id.uuid()), now).await?;
        let (_, organisation) = wholly_manageable(&mut transaction, caller, id).await?;
        if !suspension::reactivate_user(&mut transaction, id, now).await? {
            return Err(Code::UserNotSuspended.into());
        }
        let act = act_on("user.reactivated", id, organisation);
        self.audit(&mut transaction, Actor::Caller(caller), act, now).await?;
        let shown = in_sight(&mut transaction, caller, id).await?;
        transaction.commit().await?;
        self.principals.forget(id.uuid());
        Ok(shown)
    }

    /// Mails a person a link by which they can set another password; the caller never sees it.
    ///
    /// # Errors
    /// [`Code::UserNotFound`], [`Code::InsufficientPermissions`], [`Code::SuperAdminsOnly`]; [`Code::UserSuspended`];
    /// [`Code::TooManyLinks`] with the wait.
    pub async fn send_reset(&self, caller: &Caller, id: UserId) -> Result<ResetSent, Fault> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let is_in = account::hold(&mut transaction, id).await?;
        let (_, organisation) = manageable(&mut transaction, caller, id).await?;
        if !is_in {
            return Err(Code::UserSuspended.into());
        }
        let person = account::find(&mut transaction, id).await?.ok_or(Code::UserNotFound)?;
        let expires_at = self.mail_link(&mut transaction, &person, LinkPurpose::Reset, None, now).await?;
        let act = act_on("password.reset_sent", id, organisation);
        self.audit(&mut transaction, Actor::Caller(caller), act, now).await?;
        transaction.commit().await?;
        Ok(ResetSent { email: person.email, expires_at })
    }

    /// Suspends a person and ends what they could still come in by; false when they were suspended already. What is
    /// asked of the database afterwards is what holds when this commits, as far as people lose rights.
    pub(crate) async fn shut_out(
        &self,
        transaction: &mut WriteTransaction,
        id: UserId,
        actor: Actor<'_>,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        if !suspension::suspend_user(transaction, id, now).await? {
            return Ok(false);
        }
        // A sign-in under way has not seen the suspension: this waits for it, and ends what it began.
        user::hold_password(transaction, id).await?;
        mailed_link::end_all(transaction, id, LinkPurpose::Reset).await?;
        // This takes its turn in a row that stays taken until the commit.
        self.end_sessions(transaction, id, None, actor, "suspended", now).await?;
        Ok(true)
    }
}

/// Keeps the tree, and the person with their memberships, from being changed until the transaction ends.
pub(crate) async fn hold(transaction: &mut WriteTransaction, person: UserId) -> Result<(), Fault> {
    tree::hold(transaction).await?;
    Ok(account::take(transaction, person).await?)
}

/// A person whom the caller may act on, with the first of their organisations that this right comes from.
///
/// # Errors
/// [`Code::UserNotFound`], also when they exist elsewhere; [`Code::InsufficientPermissions`] where the caller sees them
/// but manages none of their organisations; [`Code::SuperAdminsOnly`]; [`Code::InvalidToken`] where the caller was shut
/// out meanwhile.
pub(crate) async fn manageable(
    link: &mut Link,
    by: impl Into<Authority<'_>>,
    id: UserId,
) -> Result<(PersonRecord, Option<OrganisationId>), Fault> {
    let by = by.into();
    stands(link, by).await?;
    let reach = by.reach(Right::ManageUsers);
    let Some(person) = people::find(link, &reach, id).await? else {
        // Who may see them learns that the right is missing; who may not learns nothing.
        let seen = people::find(link, &by.reach(Right::ReadUsers), id).await?;
        return Err(if seen.is_some() { Code::InsufficientPermissions } else { Code::UserNotFound }.into());
    };
    if person.is_super_admin && !by.is_super_admin() {
        return Err(Code::SuperAdminsOnly.into());
    }
    let organisation = people::memberships(link, &reach, id).await?.first().map(|first| first.organisation);
    Ok((person, organisation))
}

/// Refuses whoever was shut out, or is no super admin any more, since they were let in.
///
/// # Errors
/// [`Code::InvalidToken`].
pub(crate) async fn stands(link: &mut Link, by: Authority<'_>) -> Result<(), Fault> {
    let Some(user) = by.user() else { return Ok(()) };
    let stands = membership::stands(link, user, by.is_super_admin()).await?;
    if stands { Ok(()) } else { Err(Code::InvalidToken.into()) }
}

/// A person all of whose organisations the caller manages, so that the whole account is theirs to act on.
///
/// # Errors
/// Those of [`manageable`]; [`Code::BelongsElsewhere`].
async fn wholly_manageable(
    link: &mut Link,
    caller: &Caller,
    id: UserId,
) -> Result<(PersonRecord, Option<OrganisationId>), Fault> {
    let found = manageable(link, caller, id).await?;
    if people::belongs_elsewhere(link, &Reach::of(&caller.principal, Right::ManageUsers), id).await? {
        return Err(Code::BelongsElsewhere.into());
    }
    Ok(found)
}

/// The refusal that an organisation would be left without anybody who administers it.
pub(crate) fn last_administrator(organisation: &Name) -> Fault {
    Fault::new(Code::LastAdministrator)
        .with_detail(format!("{organisation} would be left without an administrator who is not suspended"))
}

async fn in_sight(link: &mut Link, caller: &Caller, id: UserId) -> Result<PersonInSight, Fault> {
    let reach = Reach::of(&caller.principal, Right::ReadUsers);
    let person = people::find(link, &reach, id).await?.ok_or(Code::UserNotFound)?;
    let memberships = people::memberships(link, &reach, id).await?;
    Ok(PersonInSight { person, memberships })
}
