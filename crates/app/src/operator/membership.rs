//! What people are in organisations, as whoever manages both changes it.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::role::Role;
use bailiwick_store::query::user_list;

use super::organisation::find as find_organisation;
use super::user::{find as find_user, one_more_than};
use super::{ListedOrganisation, ListedUser, Listing, OperatorRefusal, OrganisationKey, UserKey};
use crate::caller::Authority;
use crate::context::Context;
use crate::membership::ChangedMembership;

pub use bailiwick_store::query::user_list::ListedMember;

/// People in one list of an organisation.
const LISTED_MAX: usize = 1000;

impl Context {
    /// An organisation, and who belongs to it, by address.
    ///
    /// # Errors
    /// What finding the organisation refuses.
    pub async fn members_for_operator(
        &self,
        key: &OrganisationKey,
    ) -> Result<(ListedOrganisation, Listing<ListedMember>), OperatorRefusal> {
        let mut link = self.database.read().await?;
        let organisation = find_organisation(&mut link, key).await?;
        let found = user_list::members(&mut link, organisation.id, one_more_than(LISTED_MAX)).await?;
        Ok((organisation, Listing::cut(found, LISTED_MAX)))
    }

    /// Gives a person a role in an organisation, as [`Context::set_membership`] does.
    ///
    /// # Errors
    /// What finding either refuses; what [`Context::set_membership`] refuses.
    pub async fn set_membership_as_operator(
        &self,
        user: &UserKey,
        organisation: &OrganisationKey,
        role: Role,
    ) -> Result<(ListedUser, ChangedMembership), OperatorRefusal> {
        let (user, organisation) = self.both(user, organisation).await?;
        let changed = self.set_membership(Authority::Operator, user.id, organisation, role).await?;
        Ok((user, changed))
    }

    /// Removes a person from an organisation, as [`Context::remove_membership`] does.
    ///
    /// # Errors
    /// What finding either refuses; what [`Context::remove_membership`] refuses.
    pub async fn remove_membership_as_operator(
        &self,
        user: &UserKey,
        organisation: &OrganisationKey,
    ) -> Result<(ListedUser, ChangedMembership), OperatorRefusal> {
        let (user, organisation) = self.both(user, organisation).await?;
        let removed = self.remove_membership(Authority::Operator, user.id, organisation).await?;
        Ok((user, removed))
    }

    async fn both(
        &self,
        user: &UserKey,
        organisation: &OrganisationKey,
    ) -> Result<(ListedUser, OrganisationId), OperatorRefusal> {
        let mut link = self.database.read().await?;
        let organisation = find_organisation(&mut link, organisation).await?;
        Ok((find_user(&mut link, user).await?, organisation.id))
    }
}
