//! What people are in organisations: given, changed and taken away by those who manage the people there; and which of
//! one's own organisations one acts for.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Refusal;
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::{Right, Role};
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::organisation_details::{self, OrganisationDetails};
use bailiwick_store::query::{invalidation, membership, user, user_list};
use bailiwick_store::{Link, WriteTransaction};
use serde_json::{Value, json};

use crate::audit::{Act, Actor};
use crate::caller::{Authority, Caller};
use crate::context::Context;
use crate::people::{ListedMembership, hold, last_administrator, manageable, stands};

/// What a person is in an organisation, as whoever changed it is told.
#[derive(Clone, Debug)]
pub struct ChangedMembership {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Its name.
    pub organisation_name: Name,
    /// Its place in the partner tree.
    pub organisation_kind: OrganisationKind,
    /// Whether it is out.
    pub is_suspended: bool,
    /// What the person is there, or was.
    pub role: Role,
}

/// A membership, and what shall become of it.
#[derive(Clone, Copy, Debug)]
struct Step {
    user: UserId,
    organisation: OrganisationId,
    before: Option<Role>,
    after: Option<Role>,
}

impl Context {
    /// Gives a person whom the caller manages a role in an organisation, where they may have had another.
    ///
    /// # Errors
    /// [`Code::UserNotFound`] and [`Code::SuperAdminsOnly`] where the caller may not act on them, [`Code::MustBeInvited`]
    /// where the caller only sees them; [`Code::OrganisationNotFound`] and [`Code::InsufficientPermissions`] for the
    /// organisation; a validation fault on `role` where it grants more than the caller holds there;
    /// [`Code::OnOneself`] and [`Code::LastAdministrator`] where an administration is taken away.
    pub async fn set_membership(
        &self,
        by: impl Into<Authority<'_>>,
        user: UserId,
        organisation: OrganisationId,
        role: Role,
    ) -> Result<ChangedMembership, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        hold(&mut transaction, user).await?;
        let is_managed = match manageable(&mut transaction, by, user).await {
            Err(fault) if fault.code == Code::InsufficientPermissions => false,
            found => found.map(|_| true)?,
        };
        let place = place(&mut transaction, by, organisation).await?;
        if !is_managed {
            return Err(Code::MustBeInvited.into());
        }
        check_grant(&mut transaction, by, organisation, role).await?;
        let before = membership::role(&mut transaction, user, organisation).await?;
        if before != Some(role) {
            let step = Step { user, organisation, before, after: Some(role) };
            self.take(transaction, by, step, &place.name, now).await?;
        }
        Ok(ChangedMembership::new(place, role))
    }

    /// Removes a person from an organisation; their account stays, and what else they belong to.
    ///
    /// # Errors
    /// [`Code::UserNotFound`], [`Code::SuperAdminsOnly`], [`Code::OrganisationNotFound`] and
    /// [`Code::InsufficientPermissions`]; [`Code::MembershipNotFound`]; [`Code::OnOneself`] and
    /// [`Code::LastAdministrator`] where an administration is taken away.
    pub async fn remove_membership(
        &self,
        by: impl Into<Authority<'_>>,
        user: UserId,
        organisation: OrganisationId,
    ) -> Result<ChangedMembership, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        hold(&mut transaction, user).await?;
        manageable(&mut transaction, by, user).await?;
        let place = place(&mut transaction, by, organisation).await?;
        let before = membership::role(&mut transaction, user, organisation).await?;
        let role = before.ok_or(Code::MembershipNotFound)?;
        let step = Step { user, organisation, before, after: None };
        self.take(transaction, by, step, &place.name, now).await?;
        Ok(ChangedMembership::new(place, role))
    }

    /// Takes a step, tells every node and writes it down.
    async fn take(
        &self,
        mut transaction: WriteTransaction,
        by: Authority<'_>,
        step: Step,
        name: &Name,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let Step { user, organisation, before, after } = step;
        match (before, after) {
            (None, Some(role)) => {
                user::insert_membership(&mut transaction, user, organisation, role, now).await?;
            }
            (Some(_), Some(role)) => membership::set_role(&mut transaction, user, organisation, role).await?,
            (_, None) => membership::remove(&mut transaction, user, organisation).await?,
        }
        // Who invited people and may not any more must not come back by what they sent.
        let revoked = if step.takes_administration() {
            membership::revoke_invitations(&mut transaction, user, organisation, now).await?
        } else {
            0
        };
        // From here on it is our turn (see `people`).
        invalidation::insert(&mut transaction, "user", Some(user.uuid()), now).await?;
        step.check(&mut transaction, by, name).await?;
        self.audit(&mut transaction, by.actor(), step.act(revoked), now).await?;
        transaction.commit().await?;
        self.principals.forget(user.uuid());
        Ok(())
    }

    /// All organisations that the caller belongs to, those included that are out; the first joined first.
    pub async fn own_memberships(&self, caller: &Caller) -> Result<Vec<ListedMembership>, Fault> {
        Ok(user_list::memberships(&mut self.database.read().await?, caller.principal.user).await?)
    }

    /// Has the caller's session act for another of their organisations from the next request on.
    ///
    /// # Errors
    /// A validation fault on `organization_id` where it is none of theirs, or is out.
    pub async fn switch_organisation(&self, caller: &Caller, organisation: OrganisationId) -> Result<(), Fault> {
        let now = self.now();
        let session = caller.session().ok_or(Code::InvalidToken)?;
        if caller.principal.current_organisation == Some(organisation) {
            return Ok(());
        }
        let mut transaction = self.database.write().await?;
        if !membership::act_for(&mut transaction, session, caller.principal.user, organisation).await? {
            let refusal = Refusal::new("organization", "one of your organisations, and not suspended");
            return Err(Fault::field("organization_id", refusal, Some(organisation.to_string().as_str())));
        }
        invalidation::insert(&mut transaction, "session", Some(session.uuid()), now).await?;
        let act = Act {
            action: "session.switched",
            subject_kind: "session",
            subject: Some(session.uuid()),
            organisation: Some(organisation),
            details: json!({}),
        };
        self.audit(&mut transaction, Actor::Caller(caller), act, now).await?;
        transaction.commit().await?;
        self.principals.forget(session.uuid());
        Ok(())
    }
}

impl Step {
    const fn takes_administration(&self) -> bool {
        matches!(self.before, Some(Role::Admin)) && !matches!(self.after, Some(Role::Admin))
    }

    /// Refuses, once the step is taken and it is our turn, what must not come of it.
    ///
    /// # Errors
    /// What [`manageable`] and [`place`] refuse, as who was quicker may have taken the caller's right away;
    /// [`Code::OnOneself`] where the caller would administer nothing any more; [`Code::LastAdministrator`].
    async fn check(&self, link: &mut Link, by: Authority<'_>, name: &Name) -> Result<(), Fault> {
        let is_oneself = by.user() == Some(self.user);
        let takes_administration = self.takes_administration();
        // First of all, as whoever takes their last place that is not out may not come in any more either.
        if is_oneself
            && takes_administration
            && !by.is_super_admin()
            && !membership::administers(link, self.user).await?
        {
            return Err(Code::OnOneself.into());
        }
        stands(link, by).await?;
        // Nobody else changes what the caller is while the caller is held as the one whom it is about.
        if !is_oneself {
            place(link, by, self.organisation).await?;
        }
        if !takes_administration {
            return Ok(());
        }
        if !membership::has_administrator(link, self.organisation).await? {
            return Err(last_administrator(name));
        }
        Ok(())
    }

    fn act(&self, revoked: u64) -> Act {
        let (action, mut details) = match (self.before, self.after) {
            (None, after) => ("membership.added", json!({ "role": after })),
            (before, None) => ("membership.removed", json!({ "role": before })),
            (before, after) => ("membership.changed", json!({ "role": after, "before": before })),
        };
        if let Some(details) = details.as_object_mut().filter(|_| revoked > 0) {
            details.insert("invitations_revoked".to_owned(), Value::from(revoked));
        }
        Act {
            action,
            subject_kind: "user",
            subject: Some(self.user.uuid()),
            organisation: Some(self.organisation),
            details,
        }
    }
}

impl ChangedMembership {
    fn new(place: OrganisationDetails, role: Role) -> Self {
        Self {
            organisation: place.id,
            organisation_name: place.name,
            organisation_kind: place.kind,
            is_suspended: place.is_suspended,
            role,
        }
    }
}

/// An organisation whose people the caller manages.
///
/// # Errors
/// [`Code::OrganisationNotFound`], also when it exists elsewhere; [`Code::InsufficientPermissions`] where the caller sees
/// it and does not manage its people.
async fn place(link: &mut Link, by: Authority<'_>, id: OrganisationId) -> Result<OrganisationDetails, Fault> {
    if let Some(found) = organisation_details::find(link, &by.reach(Right::ManageUsers), id).await? {
        return Ok(found);
    }
    let is_seen = membership::reaches(link, &by.reach(Right::ReadOrganisations), id).await?;
    Err(if is_seen { Code::InsufficientPermissions } else { Code::OrganisationNotFound }.into())
}

/// Refuses a role that grants more than the caller holds in this organisation.
async fn check_grant(
    link: &mut Link,
    by: Authority<'_>,
    organisation: OrganisationId,
    role: Role,
) -> Result<(), Fault> {
    for right in Right::ALL.into_iter().filter(|right| role.grants(*right)) {
        if !membership::reaches(link, &by.reach(right), organisation).await? {
            let refusal = Refusal::new("grant", "a role that grants no more than you hold in that organisation");
            return Err(Fault::field("role", refusal, Some(role.name())));
        }
    }
    Ok(())
}
