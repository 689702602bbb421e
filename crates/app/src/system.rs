//! Systems: created, listed, shown, changed and deleted.

use bailiwick_domain::callback::CallbackUrl;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Check, Parse, Refusal};
use bailiwick_domain::id::{OrganisationId, SystemId};
use bailiwick_domain::name::Name;
use bailiwick_domain::page::{Direction, Page};
use bailiwick_domain::role::Right;
use bailiwick_domain::search;
use bailiwick_domain::system::{CustomData, SystemSecret, SystemType};
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::organisation;
use bailiwick_store::query::reach::Reach;
use bailiwick_store::query::system::{self, NewSystem, SystemUpdate};
use bailiwick_store::query::system_list;
use bailiwick_store::{Link, WriteTransaction};
use serde_json::json;

use crate::audit::{Act, Actor};
use crate::caller::Caller;
use crate::context::Context;

pub use bailiwick_store::query::organisation::OrganisationRecord;
pub use bailiwick_store::query::system::SystemRecord;
pub use bailiwick_store::query::system_list::{SystemFilter, SystemOrder};

/// The most organisations that a person chooses from on the consent page.
const CHOICE_MAX: i64 = 500;

/// What a new system is made of.
#[derive(Clone, Debug)]
pub struct SystemDraft {
    /// Its name.
    pub name: Name,
    /// The kind of system.
    pub kind: SystemType,
    /// What others attach to it.
    pub custom_data: Option<CustomData>,
    /// The organisation it shall belong to; without one, the caller's own.
    pub organisation: Option<OrganisationId>,
}

/// What somebody wishes of a new system that only settings, network or database can judge; what is absent, or
/// was refused before, is not judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemWish<'wish> {
    /// The kind of system.
    pub kind: Option<&'wish SystemType>,
    /// The organisation it shall belong to.
    pub organisation: Option<OrganisationId>,
    /// Where the result goes.
    pub callback_url: Option<&'wish CallbackUrl>,
}

impl<'wish> SystemWish<'wish> {
    /// What there is to be judged of a draft, and of where its result goes.
    #[must_use]
    pub const fn of(draft: &'wish SystemDraft, callback_url: Option<&'wish CallbackUrl>) -> Self {
        Self { kind: Some(&draft.kind), organisation: draft.organisation, callback_url }
    }
}

/// What is to be changed of a system; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct SystemChange {
    /// Its name.
    pub name: Option<Name>,
    /// The kind of system.
    pub kind: Option<SystemType>,
    /// What others attach to it.
    pub custom_data: Option<CustomData>,
    /// Whether it is being worked on.
    pub in_maintenance: Option<bool>,
}

/// A system together with the secret that is shown this once.
#[derive(Clone, Debug)]
pub struct CreatedSystem {
    /// The system.
    pub system: SystemRecord,
    /// Its secret.
    pub secret: SystemSecret,
}

/// A page of systems.
#[derive(Clone, Debug)]
pub struct SystemPage {
    /// The systems.
    pub systems: Vec<SystemRecord>,
    /// How many there are on all pages.
    pub total: i64,
}

impl Context {
    /// Creates a system.
    ///
    /// # Errors
    /// A validation fault on `type` and `organization_id`.
    pub async fn create_system(&self, caller: &Caller, draft: SystemDraft) -> Result<CreatedSystem, Fault> {
        self.check_wish(caller, &SystemWish::of(&draft, None)).await?;
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let created = self.insert_system(&mut transaction, caller, &draft, now).await?;
        transaction.commit().await?;
        metrics::counter!("systems_created_total").increment(1);
        Ok(created)
    }

    /// A page of the systems that the caller may see.
    pub async fn list_systems(
        &self,
        caller: &Caller,
        filter: &SystemFilter,
        order: (SystemOrder, Direction),
        page: Page,
    ) -> Result<SystemPage, Fault> {
        let reach = Reach::of(&caller.principal, Right::ReadSystems);
        let folded = SystemFilter { search: filter.search.as_deref().map(search::fold), ..filter.clone() };
        let alive_after = self.now().minus(self.settings.heartbeat_dead_after);
        let mut link = self.database.read().await?;
        let (systems, total) = system_list::page(&mut link, &reach, &folded, order, page, alive_after).await?;
        Ok(SystemPage { systems, total })
    }

    /// A system that the caller may see.
    ///
    /// # Errors
    /// [`Code::SystemNotFound`], also when it exists elsewhere.
    pub async fn show_system(&self, caller: &Caller, id: SystemId) -> Result<SystemRecord, Fault> {
        let reach = Reach::of(&caller.principal, Right::ReadSystems);
        let found = system::find(&mut self.database.read().await?, &reach, id).await?;
        Ok(found.ok_or(Code::SystemNotFound)?)
    }

    /// Changes a system.
    ///
    /// # Errors
    /// [`Code::SystemNotFound`]; [`Code::InsufficientPermissions`] when the
    /// caller may see it but not change it; a validation fault on `type`.
    pub async fn change_system(
        &self,
        caller: &Caller,
        id: SystemId,
        change: SystemChange,
    ) -> Result<SystemRecord, Fault> {
        if let Some(kind) = &change.kind {
            self.check_type(kind)?;
        }
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let old = self.manageable(&mut transaction, caller, id).await?;
        let changed = changed_members(&old, &change);
        if changed.is_empty() {
            return written(&mut transaction, caller, id).await;
        }
        let name = change.name.as_ref().unwrap_or(&old.name);
        let kind = change.kind.as_ref().unwrap_or(&old.kind);
        let update = SystemUpdate {
            name,
            kind,
            custom_data: change.custom_data.as_ref().or(old.custom_data.as_ref()),
            in_maintenance: change.in_maintenance.unwrap_or(old.in_maintenance),
            search_text: search_text(id, name, kind, old.fqdn.as_deref(), old.version.as_deref()),
            now,
        };
        system::update(&mut transaction, id, update).await?;
        let act = act_on(&old, "system.changed", json!({ "changed": changed }));
        self.audit(&mut transaction, Actor::Caller(caller), act, now).await?;
        let system = written(&mut transaction, caller, id).await?;
        transaction.commit().await?;
        Ok(system)
    }

    /// Marks a system as deleted: it is gone for everybody, and can be put back.
    ///
    /// # Errors
    /// As [`Context::change_system`].
    pub async fn delete_system(&self, caller: &Caller, id: SystemId) -> Result<SystemRecord, Fault> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let old = self.manageable(&mut transaction, caller, id).await?;
        self.release_system(&mut transaction, caller.into(), (id, old.organisation), now).await?;
        system::delete(&mut transaction, id, now).await?;
        let act = act_on(&old, "system.deleted", json!({ "name": old.name }));
        self.audit(&mut transaction, Actor::Caller(caller), act, now).await?;
        let system = written(&mut transaction, caller, id).await?;
        transaction.commit().await?;
        Ok(system)
    }

    /// Replaces a system's secret; the old one is worth nothing from then on.
    ///
    /// # Errors
    /// As [`Context::change_system`].
    pub async fn regenerate_secret(&self, caller: &Caller, id: SystemId) -> Result<CreatedSystem, Fault> {
        let now = self.now();
        let secret = SystemSecret::new(&self.entropy());
        let mut transaction = self.database.write().await?;
        let old = self.manageable(&mut transaction, caller, id).await?;
        system::set_secret(&mut transaction, id, secret.hash(), now).await?;
        let act = act_on(&old, "system.secret_regenerated", json!({ "hint": secret.hash().hint }));
        self.audit(&mut transaction, Actor::Caller(caller), act, now).await?;
        let system = written(&mut transaction, caller, id).await?;
        transaction.commit().await?;
        Ok(CreatedSystem { system, secret })
    }

    /// The organisations in which the caller may create systems, by name.
    pub async fn organisations_for_systems(&self, caller: &Caller) -> Result<Vec<OrganisationRecord>, Fault> {
        let reach = Reach::of(&caller.principal, Right::ManageSystems);
        Ok(organisation::reachable(&mut self.database.read().await?, &reach, CHOICE_MAX).await?)
    }

    /// Writes a system and its audit entry, after looking up in the same
    /// transaction whether the caller may create one there.
    pub(crate) async fn insert_system(
        &self,
        transaction: &mut WriteTransaction,
        caller: &Caller,
        draft: &SystemDraft,
        now: Timestamp,
    ) -> Result<CreatedSystem, Fault> {
        let offers = self.trial_offers(transaction).await?;
        let organisation = self.organisation_for(transaction, caller, draft.organisation).await?;
        let secret = SystemSecret::new(&self.entropy());
        let new = NewSystem {
            id: SystemId::new(now, self.entropy()),
            organisation: organisation.id,
            name: &draft.name,
            kind: &draft.kind,
            custom_data: draft.custom_data.as_ref(),
            secret: secret.hash(),
            created_by: caller.principal.user,
            created_by_organisation: caller.principal.current_organisation,
            now,
        };
        system::insert(transaction, &new, search_text(new.id, &draft.name, &draft.kind, None, None)).await?;
        let act = Act {
            action: "system.created",
            subject_kind: "system",
            subject: Some(new.id.uuid()),
            organisation: Some(organisation.id),
            details: json!({ "name": draft.name, "type": draft.kind.as_str() }),
        };
        self.audit(transaction, Actor::Caller(caller), act, now).await?;
        self.give_trial(transaction, caller.into(), (new.id, organisation.id), &offers, now).await?;
        Ok(CreatedSystem { system: written(transaction, caller, new.id).await?, secret })
    }

    /// The organisation that a new system goes to: the one that was named, else
    /// the one that the caller acts for, else the first in which they may.
    async fn organisation_for(
        &self,
        link: &mut Link,
        caller: &Caller,
        wanted: Option<OrganisationId>,
    ) -> Result<OrganisationRecord, Fault> {
        let principal = &caller.principal;
        let reach = Reach::of(principal, Right::ManageSystems);
        if let Some(wanted) = wanted {
            let found = organisation::find_reachable(link, &reach, wanted).await?;
            let echo = wanted.to_string();
            return found.ok_or_else(|| Fault::field("organization_id", organisation_refusal(), Some(&echo)));
        }
        let able = principal.memberships.iter().filter(|membership| membership.role.grants(Right::ManageSystems));
        let current = principal.current_organisation;
        let ids: Vec<_> = able.map(|membership| membership.organisation).collect();
        let chosen = ids.iter().find(|id| Some(**id) == current).or(ids.first());
        let Some(chosen) = chosen else { return Err(Code::InsufficientPermissions.into()) };
        // What is remembered of the caller may be a moment old; the database decides.
        let found = organisation::find_reachable(link, &reach, *chosen).await?;
        Ok(found.ok_or(Code::InsufficientPermissions)?)
    }

    /// Refuses what of a wish cannot be: a type that this server does not accept, a destination that must not be
    /// called, an organisation in which the caller may not manage systems.
    ///
    /// # Errors
    /// A validation fault on `type`, `callback_url` and `organization_id`: on all of them that are wrong.
    pub async fn check_wish(&self, caller: &Caller, wish: &SystemWish<'_>) -> Result<(), Fault> {
        let mut check = Check::new();
        if let Some(kind) = wish.kind
            && let Err(refusal) = self.settings.system_types.admit(kind)
        {
            check.refuse("type", refusal, Some(kind.as_str()));
        }
        if let Some(url) = wish.callback_url
            && let Err(refusal) = self.admit_destination(url).await
        {
            check.refuse("callback_url", refusal, CallbackUrl::echo(url.as_str()));
        }
        if let Some(wanted) = wish.organisation {
            let reach = Reach::of(&caller.principal, Right::ManageSystems);
            let found = organisation::find_reachable(&mut self.database.read().await?, &reach, wanted).await?;
            if found.is_none() {
                check.refuse("organization_id", organisation_refusal(), Some(&wanted.to_string()));
            }
        }
        check.finish()
    }

    /// Refuses a type that this server does not accept.
    fn check_type(&self, kind: &SystemType) -> Result<(), Fault> {
        let mut check = Check::new();
        if let Err(refusal) = self.settings.system_types.admit(kind) {
            check.refuse("type", refusal, Some(kind.as_str()));
        }
        check.finish()
    }

    /// A system that the caller may change, held until the transaction ends.
    async fn manageable(
        &self,
        transaction: &mut WriteTransaction,
        caller: &Caller,
        id: SystemId,
    ) -> Result<SystemRecord, Fault> {
        let principal = &caller.principal;
        system::hold(transaction, id).await?;
        if let Some(found) = system::find(transaction, &Reach::of(principal, Right::ManageSystems), id).await? {
            return Ok(found);
        }
        // Who may see it learns that the right is missing; who may not learns nothing.
        let seen = system::find(transaction, &Reach::of(principal, Right::ReadSystems), id).await?;
        Err(if seen.is_some() { Code::InsufficientPermissions } else { Code::SystemNotFound }.into())
    }
}

fn organisation_refusal() -> Refusal {
    Refusal::new("organization", "an organisation in which you may manage systems")
}

/// What of a system changes, by the names of the API.
fn changed_members(old: &SystemRecord, change: &SystemChange) -> Vec<&'static str> {
    let members = [
        ("name", change.name.as_ref().is_some_and(|name| *name != old.name)),
        ("type", change.kind.as_ref().is_some_and(|kind| *kind != old.kind)),
        ("custom_data", change.custom_data.as_ref().is_some_and(|data| Some(data) != old.custom_data.as_ref())),
        ("maintenance", change.in_maintenance.is_some_and(|is_in| is_in != old.in_maintenance)),
    ];
    members.into_iter().filter_map(|(member, has_changed)| has_changed.then_some(member)).collect()
}

/// The text that a search looks through. The name comes first: lists by name are ordered by this text.
fn search_text(id: SystemId, name: &Name, kind: &SystemType, fqdn: Option<&str>, version: Option<&str>) -> String {
    let id = id.to_string();
    let parts = [Some(name.as_str()), Some(id.as_str()), Some(kind.as_str()), fqdn, version];
    search::fold(&parts.into_iter().flatten().collect::<Vec<_>>().join("\n"))
}

/// A system that was just written, as whoever wrote it sees it.
pub(crate) async fn written(link: &mut Link, caller: &Caller, id: SystemId) -> Result<SystemRecord, Fault> {
    let reach = Reach::of(&caller.principal, Right::ReadSystems);
    Ok(system::find_anyhow(link, &reach, id).await?.ok_or(Code::SystemNotFound)?)
}

fn act_on(system: &SystemRecord, action: &'static str, details: serde_json::Value) -> Act {
    Act {
        action,
        subject_kind: "system",
        subject: Some(system.id.uuid()),
        organisation: Some(system.organisation),
        details,
    }
}
