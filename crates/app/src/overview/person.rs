//! One person, with what they are and where, and what a suspension or a removal of theirs would touch.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::{Right, Role};
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::people::{self, PersonRecord};
use bailiwick_store::query::reach::Reach;
use bailiwick_store::query::tree_count::{self, OrganisationStats};
use bailiwick_store::query::user_list::ListedMembership;
use bailiwick_store::query::{api_key, impersonation, membership, session};
use bailiwick_store::{Link, Result as Stored};

use super::reaches;
use crate::account::SESSIONS_LISTED_MAX;
use crate::caller::Caller;
use crate::context::Context;

/// What a person is in an organisation that the caller sees.
#[derive(Clone, Debug)]
pub struct MembershipInSight {
    /// The membership.
    pub membership: ListedMembership,
    /// Whether the caller manages the people there, and may act on this one.
    pub may_change: bool,
}

/// What the caller may do with a person.
#[expect(clippy::struct_excessive_bools, reason = "each power is there or not, whatever the others are")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PersonPowers {
    /// Whether they are oneself.
    pub is_oneself: bool,
    /// Send a link for a new password, take them into further organisations, explain what they may do.
    pub may_manage: bool,
    /// Suspend the whole account, and let it in again.
    pub may_suspend: bool,
    /// Act as them to help them, where they consent to it.
    pub may_impersonate: bool,
    /// Until when they consent to that; told to those alone who may.
    pub consents_until: Option<Timestamp>,
    /// Whether they belong to an organisation, deleted ones included, whose people the caller does not manage. It is
    /// told to those alone who manage them.
    pub belongs_elsewhere: bool,
}

/// A person with what they are in the organisations that the caller sees.
#[derive(Clone, Debug)]
pub struct PersonOverview {
    /// The person.
    pub person: PersonRecord,
    /// What they are, and where; the first joined first.
    pub memberships: Vec<MembershipInSight>,
    /// What the caller may do with them.
    pub powers: PersonPowers,
}

/// What a suspension of a person would touch.
#[derive(Clone, Debug)]
pub struct Holdings {
    /// The person.
    pub person: PersonRecord,
    /// How many sessions of theirs would end.
    pub sessions: usize,
    /// Whether all were counted.
    pub are_all_counted: bool,
    /// How many API keys of theirs would open nothing meanwhile.
    pub api_keys: i64,
    /// How many organisations they belong to.
    pub organisations: usize,
}

/// What the removal of a person from an organisation would touch.
#[derive(Clone, Debug)]
pub struct RemovalPreview {
    /// The person.
    pub person: PersonRecord,
    /// The organisation.
    pub organisation: OrganisationId,
    /// Its name.
    pub organisation_name: Name,
    /// Its place in the partner tree.
    pub organisation_kind: OrganisationKind,
    /// What they are there.
    pub role: Role,
    /// What there is, that they reach through it.
    pub stats: OrganisationStats,
    /// How many invitations of theirs would be taken back.
    pub invitations: i64,
    /// How many other organisations they belong to, as far as the caller sees.
    pub others: usize,
}

impl Context {
    /// A person of an organisation that the caller sees.
    ///
    /// # Errors
    /// [`Code::UserNotFound`], also when they exist elsewhere.
    pub async fn person_overview(&self, caller: &Caller, id: UserId) -> Result<PersonOverview, Fault> {
        let now = self.now();
        let mut link = self.database.read().await?;
        let (person, mut powers) = person(&mut link, caller, id).await?;
        let principal = &caller.principal;
        if principal.impersonator.is_none() && impersonation::may(&mut link, principal.user, id).await? {
            powers.may_impersonate = true;
            powers.consents_until = impersonation::consent(&mut link, id, now).await?.map(|consent| consent.expires_at);
        }
        let reach = Reach::of(principal, Right::ReadUsers);
        let mut memberships = Vec::new();
        for membership in people::memberships(&mut link, &reach, id).await? {
            let manages = reaches(&mut link, caller, Right::ManageUsers, membership.organisation).await?;
            memberships.push(MembershipInSight { may_change: manages && powers.may_manage, membership });
        }
        Ok(PersonOverview { person, memberships, powers })
    }

    /// What the caller would touch by suspending a person.
    ///
    /// # Errors
    /// [`Code::UserNotFound`]; [`Code::OnOneself`], [`Code::InsufficientPermissions`], [`Code::SuperAdminsOnly`] and
    /// [`Code::BelongsElsewhere`] where the caller may not.
    pub async fn preview_person_suspension(&self, caller: &Caller, id: UserId) -> Result<Holdings, Fault> {
        let now = self.now();
        let mut link = self.database.read().await?;
        let (person, powers) = person(&mut link, caller, id).await?;
        refuse(caller, &person, powers)?;
        if powers.is_oneself {
            return Err(Code::OnOneself.into());
        }
        if powers.belongs_elsewhere {
            return Err(Code::BelongsElsewhere.into());
        }
        let limit = i64::try_from(SESSIONS_LISTED_MAX).unwrap_or(i64::MAX);
        let sessions = session::of_user(&mut link, id, now, limit).await?.len();
        let managed = Reach::of(&caller.principal, Right::ManageUsers);
        Ok(Holdings {
            person,
            sessions,
            are_all_counted: sessions < SESSIONS_LISTED_MAX,
            api_keys: api_key::count_living(&mut link, id, now).await?,
            organisations: people::memberships(&mut link, &managed, id).await?.len(),
        })
    }

    /// What the caller would touch by removing a person from an organisation.
    ///
    /// # Errors
    /// [`Code::UserNotFound`]; [`Code::InsufficientPermissions`] and [`Code::SuperAdminsOnly`] where the caller may not;
    /// [`Code::MembershipNotFound`].
    pub async fn preview_removal(
        &self,
        caller: &Caller,
        id: UserId,
        organisation: OrganisationId,
    ) -> Result<RemovalPreview, Fault> {
        let now = self.now();
        let mut link = self.database.read().await?;
        let (person, powers) = person(&mut link, caller, id).await?;
        refuse(caller, &person, powers)?;
        let reach = Reach::of(&caller.principal, Right::ReadUsers);
        let memberships = people::memberships(&mut link, &reach, id).await?;
        let found = memberships.iter().find(|membership| membership.organisation == organisation);
        let ListedMembership { organisation_name, organisation_kind, role, .. } =
            found.ok_or(Code::MembershipNotFound)?.clone();
        if !reaches(&mut link, caller, Right::ManageUsers, organisation).await? {
            return Err(Code::InsufficientPermissions.into());
        }
        let invitations = match role {
            Role::Admin => membership::count_revocable(&mut link, id, organisation, now).await?,
            Role::Support | Role::Reader => 0,
        };
        Ok(RemovalPreview {
            person,
            organisation,
            organisation_name,
            organisation_kind,
            role,
            stats: tree_count::stats(&mut link, organisation, false).await?,
            invitations,
            others: memberships.len() - 1,
        })
    }
}

/// A person whom the caller sees, and what the caller may do with them.
async fn person(link: &mut Link, caller: &Caller, id: UserId) -> Result<(PersonRecord, PersonPowers), Fault> {
    let principal = &caller.principal;
    let reach = Reach::of(principal, Right::ReadUsers);
    let person = people::find(link, &reach, id).await?.ok_or(Code::UserNotFound)?;
    let powers = powers(link, caller, &person).await?;
    Ok((person, powers))
}

async fn powers(link: &mut Link, caller: &Caller, person: &PersonRecord) -> Stored<PersonPowers> {
    let principal = &caller.principal;
    let is_oneself = person.id == principal.user;
    let managed = Reach::of(principal, Right::ManageUsers);
    let is_beyond = person.is_super_admin && !principal.is_super_admin;
    // Whoever acts as somebody else manages nobody.
    let is_disguised = principal.impersonator.is_some();
    if is_disguised || is_beyond || people::find(link, &managed, person.id).await?.is_none() {
        return Ok(PersonPowers { is_oneself, ..PersonPowers::default() });
    }
    let belongs_elsewhere = people::belongs_elsewhere(link, &managed, person.id).await?;
    let may_suspend = !is_oneself && !belongs_elsewhere;
    Ok(PersonPowers { is_oneself, may_manage: true, may_suspend, belongs_elsewhere, ..PersonPowers::default() })
}

/// Refuses whoever may do nothing with a person.
fn refuse(caller: &Caller, person: &PersonRecord, powers: PersonPowers) -> Result<(), Fault> {
    if powers.may_manage {
        return Ok(());
    }
    let is_beyond = person.is_super_admin && !caller.principal.is_super_admin;
    Err(if is_beyond && caller.principal.holds(Right::ManageUsers) {
        Code::SuperAdminsOnly
    } else {
        Code::InsufficientPermissions
    }
    .into())
}
