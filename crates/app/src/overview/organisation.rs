//! One organisation, with what is in it, what was done in it, and what the caller may do with it.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::page::Direction;
use bailiwick_domain::role::Right;
use bailiwick_store::query::audit_list::{self, AuditFilter, AuditRecord};
use bailiwick_store::query::organisation::OrganisationRecord;
use bailiwick_store::query::organisation_details::{self, OrganisationDetails};
use bailiwick_store::query::organisation_page::{self, OrganisationFilter, OrganisationOrder};
use bailiwick_store::query::people;
use bailiwick_store::query::people_page::{self, PeopleFilter, PeopleOrder};
use bailiwick_store::query::reach::Reach;
use bailiwick_store::query::system_list::{self, SystemFilter, SystemOrder};
use bailiwick_store::query::tree_count::{self, OrganisationStats};
use bailiwick_store::{Link, Result as Stored};

use super::listing::{CountedOrganisation, counted};
use super::{first, reaches};
use crate::caller::Caller;
use crate::context::Context;
use crate::people::PeoplePage;
use crate::system::SystemPage;

/// What is shown of each list of an organisation; the rest is a page of its own.
const ROWS: u32 = 8;

/// What the caller may do with an organisation.
#[expect(clippy::struct_excessive_bools, reason = "each power is there or not, whatever the others are")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrganisationPowers {
    /// Change what is known of it, and create others below it.
    pub may_change: bool,
    /// Suspend, delete and move it.
    pub may_decide: bool,
    /// End its own suspension.
    pub may_reactivate: bool,
    /// Take its own deletion back.
    pub may_restore: bool,
    /// Remove it for good.
    pub may_destroy: bool,
    /// Manage its people.
    pub may_manage_people: bool,
}

/// An entry of the history of an organisation.
#[derive(Clone, Debug)]
pub struct HistoryEntry {
    /// The entry of the audit log.
    pub entry: AuditRecord,
    /// How whoever did it is called, where the caller may see them.
    pub actor: Option<Name>,
    /// How the person to whom it was done is called, where it was one whom the caller may see.
    pub person: Option<Name>,
}

/// An organisation with what is in it. Of one that is deleted there are the facts and the numbers alone.
#[derive(Clone, Debug)]
pub struct OrganisationOverview {
    /// The organisation.
    pub organisation: OrganisationDetails,
    /// What stands above it, as far as the caller sees it, from the top down.
    pub above: Vec<OrganisationRecord>,
    /// How much there is in it and below it.
    pub stats: OrganisationStats,
    /// What the caller may do with it.
    pub powers: OrganisationPowers,
    /// The first of its people.
    pub people: PeoplePage,
    /// The first of the organisations directly below.
    pub children: Vec<CountedOrganisation>,
    /// The first of its systems.
    pub systems: SystemPage,
    /// What was done in it, the newest first; nothing where the caller may not read that.
    pub history: Option<Vec<HistoryEntry>>,
}

impl Context {
    /// An organisation that the caller may see, or, where it is deleted, may restore.
    ///
    /// # Errors
    /// [`Code::OrganisationNotFound`], also when it exists elsewhere.
    pub async fn organisation_overview(
        &self,
        caller: &Caller,
        id: OrganisationId,
    ) -> Result<OrganisationOverview, Fault> {
        let mut link = self.database.read().await?;
        let organisation = found(&mut link, caller, id).await?;
        let is_deleted = organisation.is_deleted;
        let above = above(&mut link, caller, &organisation).await?;
        let stats = tree_count::stats(&mut link, id, is_deleted).await?;
        let powers = powers(&mut link, caller, &organisation).await?;
        let mut overview = OrganisationOverview {
            organisation,
            above,
            stats,
            powers,
            people: PeoplePage { people: Vec::new(), total: 0 },
            children: Vec::new(),
            systems: SystemPage { systems: Vec::new(), total: 0 },
            history: None,
        };
        if !is_deleted {
            self.fill(&mut link, caller, &mut overview).await?;
        }
        if is_deleted || reaches(&mut link, caller, Right::ReadAudit, id).await? {
            overview.history = Some(history(&mut link, caller, id).await?);
        }
        Ok(overview)
    }

    async fn fill(&self, link: &mut Link, caller: &Caller, overview: &mut OrganisationOverview) -> Stored<()> {
        let id = overview.organisation.id;
        let reach = |right| Reach::of(&caller.principal, right);
        let of_it = PeopleFilter { organisation: Some(id), ..PeopleFilter::default() };
        let order = (PeopleOrder::Name, Direction::Ascending);
        let (people, total) = people_page::page(link, &reach(Right::ReadUsers), &of_it, order, first(ROWS)).await?;
        overview.people = PeoplePage { people, total };
        let below = OrganisationFilter { parent: Some(id), ..OrganisationFilter::default() };
        let order = (OrganisationOrder::Name, Direction::Ascending);
        let read = reach(Right::ReadOrganisations);
        let (children, _) = organisation_page::page(link, &read, &below, order, first(ROWS)).await?;
        overview.children = counted(link, children).await?;
        let of_it = SystemFilter { organisation: Some(id), ..SystemFilter::default() };
        let order = (SystemOrder::Name, Direction::Ascending);
        let alive_after = self.now().minus(self.settings.heartbeat_dead_after);
        let read = reach(Right::ReadSystems);
        let (systems, total) = system_list::page(link, &read, &of_it, order, first(ROWS), alive_after).await?;
        overview.systems = SystemPage { systems, total };
        Ok(())
    }
}

/// An organisation that the caller may see, or, where it is deleted, may restore.
pub(super) async fn found(link: &mut Link, caller: &Caller, id: OrganisationId) -> Result<OrganisationDetails, Fault> {
    let reach = Reach::of(&caller.principal, Right::ReadOrganisations);
    if let Some(found) = organisation_details::find(link, &reach, id).await? {
        return Ok(found);
    }
    let reach = Reach::of(&caller.principal, Right::ManageOrganisations);
    Ok(organisation_details::find_anyhow(link, &reach, id).await?.ok_or(Code::OrganisationNotFound)?)
}

/// What stands above an organisation, as far as the caller sees it, from the top down.
pub(super) async fn above(
    link: &mut Link,
    caller: &Caller,
    organisation: &OrganisationDetails,
) -> Stored<Vec<OrganisationRecord>> {
    let reach = Reach::of(&caller.principal, Right::ReadOrganisations);
    let mut above = Vec::new();
    let mut next = organisation.parent;
    // No kind stands twice above another, so that there are never more.
    while let Some(id) = next {
        let Some(found) = organisation_details::find_anyhow(link, &reach, id).await? else { break };
        above.push(OrganisationRecord { id, kind: found.kind, name: found.name });
        next = found.parent;
    }
    above.reverse();
    Ok(above)
}

/// What the caller may do with an organisation.
pub(super) async fn powers(
    link: &mut Link,
    caller: &Caller,
    organisation: &OrganisationDetails,
) -> Stored<OrganisationPowers> {
    let is_super_admin = caller.principal.is_super_admin;
    // Whoever acts as somebody else decides nothing of organisations and of people.
    let is_oneself = caller.principal.impersonator.is_none();
    if organisation.is_deleted {
        let is_own_deletion = organisation.deleted_at.is_some();
        return Ok(OrganisationPowers {
            may_restore: is_oneself && is_own_deletion,
            // No role grants it.
            may_destroy: is_oneself && is_super_admin,
            ..OrganisationPowers::default()
        });
    }
    let reach = Reach::of(&caller.principal, Right::ManageOrganisations);
    let managed = organisation_details::find(link, &reach, organisation.id).await?;
    let may_change = managed.is_some();
    Ok(OrganisationPowers {
        may_change,
        // The parent is shown to those alone who manage it too; the owner has none.
        may_decide: is_oneself && managed.is_some_and(|managed| managed.parent.is_some()),
        may_reactivate: is_oneself && may_change && organisation.suspended_at.is_some(),
        may_manage_people: is_oneself && reaches(link, caller, Right::ManageUsers, organisation.id).await?,
        ..OrganisationPowers::default()
    })
}

async fn history(link: &mut Link, caller: &Caller, id: OrganisationId) -> Stored<Vec<HistoryEntry>> {
    let reach = Reach::of(&caller.principal, Right::ReadAudit);
    let filter = AuditFilter { organisation: Some(id), ..AuditFilter::default() };
    let (entries, _) = audit_list::page(link, &reach, &filter, first(ROWS)).await?;
    let seen = Reach::of(&caller.principal, Right::ReadUsers);
    let mut history = Vec::new();
    for entry in entries {
        let actor = match entry.actor.filter(|_| entry.actor_kind == "user") {
            Some(actor) => people::find(link, &seen, UserId::from_uuid(actor)).await?.map(|person| person.name),
            None => None,
        };
        let person = match entry.subject.filter(|_| entry.subject_kind == "user") {
            Some(person) => people::find(link, &seen, UserId::from_uuid(person)).await?.map(|person| person.name),
            None => None,
        };
        history.push(HistoryEntry { entry, actor, person });
    }
    Ok(history)
}
