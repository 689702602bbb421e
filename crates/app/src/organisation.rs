//! Organisations: created, listed, shown and changed by those who stand above them.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Patch, Refusal};
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::page::{Direction, Page};
use bailiwick_domain::role::Right;
use bailiwick_domain::system::CustomData;
use bailiwick_domain::time::Timestamp;
use bailiwick_domain::vat_number::VatNumber;
use bailiwick_store::query::organisation::{self, OrganisationFacts, OrganisationRecord};
use bailiwick_store::query::reach::Reach;
use bailiwick_store::query::{invalidation, organisation_details, organisation_page, tree};
use bailiwick_store::{Error as StoreError, Link, WriteTransaction};
use serde_json::json;

use crate::audit::{Act, Actor};
use crate::caller::{Authority, Caller};
use crate::context::Context;
use crate::idempotency::{Idempotency, Turn};

pub use bailiwick_store::query::organisation_details::OrganisationDetails;
pub use bailiwick_store::query::organisation_page::{OrganisationFilter, OrganisationOrder};

/// What a new organisation is made of.
#[derive(Clone, Debug)]
pub struct OrganisationDraft {
    /// Its name.
    pub name: Name,
    /// Its place in the partner tree.
    pub kind: OrganisationKind,
    /// What it shall stand below; without one, what the caller acts for.
    pub parent: Option<OrganisationId>,
    /// Its VAT number.
    pub vat_number: Option<VatNumber>,
    /// What others attach to it.
    pub custom_data: Option<CustomData>,
}

/// What is to be changed of an organisation; what is absent stays.
#[derive(Clone, Debug)]
pub struct OrganisationChange {
    /// Its name.
    pub name: Option<Name>,
    /// Its VAT number.
    pub vat_number: Patch<VatNumber>,
    /// What others attach to it.
    pub custom_data: Option<CustomData>,
}

/// A page of organisations.
#[derive(Clone, Debug)]
pub struct OrganisationPage {
    /// The organisations.
    pub organisations: Vec<OrganisationDetails>,
    /// How many there are on all pages.
    pub total: i64,
}

impl Context {
    /// A page of the organisations that the caller may see; of those that are deleted, that the caller may restore.
    pub async fn list_organisations(
        &self,
        caller: &Caller,
        filter: &OrganisationFilter,
        order: (OrganisationOrder, Direction),
        page: Page,
    ) -> Result<OrganisationPage, Fault> {
        let right = if filter.is_deleted { Right::ManageOrganisations } else { Right::ReadOrganisations };
        let reach = Reach::of(&caller.principal, right);
        let mut link = self.database.read().await?;
        let (organisations, total) = organisation_page::page(&mut link, &reach, filter, order, page).await?;
        Ok(OrganisationPage { organisations, total })
    }

    /// An organisation that the caller may see.
    ///
    /// # Errors
    /// [`Code::OrganisationNotFound`], also when it exists elsewhere.
    pub async fn show_organisation(
        &self,
        by: impl Into<Authority<'_>>,
        id: OrganisationId,
    ) -> Result<OrganisationDetails, Fault> {
        let reach = by.into().reach(Right::ReadOrganisations);
        let found = organisation_details::find(&mut self.database.read().await?, &reach, id).await?;
        Ok(found.ok_or(Code::OrganisationNotFound)?)
    }

    /// Creates an organisation below one whose organisations the caller manages.
    ///
    /// # Errors
    /// A validation fault on `parent_id` where the caller manages none such, on `type` where that cannot stand below
    /// it, and on `vat_number` where an organisation that the caller may see has it.
    pub async fn create_organisation(
        &self,
        by: impl Into<Authority<'_>>,
        draft: OrganisationDraft,
    ) -> Result<OrganisationDetails, Fault> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let created = self.add_organisation(&mut transaction, by.into(), draft, now).await?;
        transaction.commit().await?;
        Ok(created)
    }

    /// The same, once for each mark: whoever sends the same form again is given what the first click created.
    ///
    /// # Errors
    /// As [`Context::create_organisation`]; [`Code::IdempotencyRunning`] and [`Code::IdempotencyMismatch`].
    pub async fn create_organisation_once(
        &self,
        caller: &Caller,
        draft: OrganisationDraft,
        mark: &Idempotency,
    ) -> Result<OrganisationId, Fault> {
        let (now, user) = (self.now(), caller.principal.user);
        let (mut transaction, _running) = match self.take_turn(user, mark, now).await? {
            Turn::Before(answer) => return serde_json::from_value(answer).map_err(Fault::broken),
            Turn::Now(transaction, running) => (*transaction, running),
        };
        let created = self.add_organisation(&mut transaction, caller.into(), draft, now).await?.id;
        self.end_turn(transaction, (user, mark), &json!(created), now).await?;
        Ok(created)
    }

    async fn add_organisation(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        draft: OrganisationDraft,
        now: Timestamp,
    ) -> Result<OrganisationDetails, Fault> {
        let OrganisationDraft { name, kind, parent, vat_number, custom_data } = draft;
        tree::hold(transaction).await?;
        let parent = manageable_parent(transaction, by, parent).await?;
        if !kind.may_stand_below(parent.kind) {
            return Err(Fault::field("type", wrong_place(parent.kind), Some(kind.name())));
        }
        check_vat_number(transaction, by, vat_number.as_ref(), None).await?;
        let record = OrganisationRecord { id: OrganisationId::new(now, self.entropy()), kind, name };
        organisation::insert(transaction, &record, Some(parent.id), now).await?;
        let facts = OrganisationFacts {
            name: &record.name,
            vat_number: vat_number.as_ref(),
            custom_data: custom_data.as_ref(),
        };
        describe(transaction, record.id, &facts, now).await?;
        let act = Act {
            action: "organization.created",
            subject_kind: "organization",
            subject: Some(record.id.uuid()),
            // Where it stands: its own people learn nothing of what is above them.
            organisation: Some(parent.id),
            details: json!({ "name": record.name, "type": kind }),
        };
        self.audit(transaction, by.actor(), act, now).await?;
        seen(transaction, by, record.id).await
    }

    /// Changes an organisation.
    ///
    /// # Errors
    /// [`Code::OrganisationNotFound`]; [`Code::InsufficientPermissions`] when the caller may see it but not change it;
    /// [`Code::OwnOrganisation`] where its number is changed by somebody who does not stand above it; a validation
    /// fault on `vat_number`.
    pub async fn change_organisation(
        &self,
        caller: &Caller,
        id: OrganisationId,
        change: OrganisationChange,
    ) -> Result<OrganisationDetails, Fault> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        // Its name is what lists of all that is above it are ordered by.
        tree::hold(&mut transaction).await?;
        let old = manageable(&mut transaction, caller, id).await?;
        let OrganisationChange { name, vat_number, custom_data } = change;
        let mut number = old.vat_number.clone();
        let has_new_number = vat_number.apply(&mut number);
        if has_new_number {
            // No neighbour has the number: who sees no neighbour would find out theirs by trying.
            if old.parent.is_none() && old.kind != OrganisationKind::Owner {
                return Err(Code::OwnOrganisation.into());
            }
            check_vat_number(&mut transaction, caller, number.as_ref(), Some(id)).await?;
        }
        let is_renamed = name.as_ref().is_some_and(|name| *name != old.name);
        let given = [("name", is_renamed), ("vat_number", has_new_number), ("custom_data", custom_data.is_some())];
        let changed: Vec<&str> =
            given.into_iter().filter_map(|(member, has_changed)| has_changed.then_some(member)).collect();
        let facts = OrganisationFacts {
            name: name.as_ref().unwrap_or(&old.name),
            vat_number: number.as_ref(),
            custom_data: custom_data.as_ref().or(old.custom_data.as_ref()),
        };
        describe(&mut transaction, id, &facts, now).await?;
        let act = Act {
            action: "organization.changed",
            subject_kind: "organization",
            subject: Some(id.uuid()),
            organisation: Some(id),
            details: json!({ "changed": changed }),
        };
        self.audit(&mut transaction, Actor::Caller(caller), act, now).await?;
        let now_is = seen(&mut transaction, caller, id).await?;
        if is_renamed {
            // Its people are shown with its name, and what is remembered of them holds it.
            invalidation::insert(&mut transaction, "everything", None, now).await?;
        }
        transaction.commit().await?;
        if is_renamed {
            self.principals.forget_everything();
        }
        Ok(now_is)
    }
}

/// The organisation that a new one shall stand below: the one that was named, else the one that the caller acts for.
pub(crate) async fn manageable_parent(
    link: &mut Link,
    by: impl Into<Authority<'_>>,
    wanted: Option<OrganisationId>,
) -> Result<OrganisationRecord, Fault> {
    let by = by.into();
    let reach = by.reach(Right::ManageOrganisations);
    let refusal = || Refusal::new("organization", "an organisation in which you may manage organisations");
    let echo = wanted.map(|id| id.to_string());
    let Some(parent) = wanted.or(by.current_organisation()) else {
        return Err(Fault::field("parent_id", refusal(), None));
    };
    let found = organisation::find_reachable(link, &reach, parent).await?;
    found.ok_or_else(|| Fault::field("parent_id", refusal(), echo.as_deref()))
}

/// What may stand below an organisation of this kind.
pub(crate) fn wrong_place(parent: OrganisationKind) -> Refusal {
    let able = OrganisationKind::ALL.into_iter().filter(|kind| kind.may_stand_below(parent));
    let able: Vec<&str> = able.map(OrganisationKind::name).collect();
    match able.as_slice() {
        [] => Refusal::new("place", format!("nothing: below a {parent} stands no organisation")),
        able => Refusal::new("place", format!("what may stand below a {parent}: {}", able.join(", "))),
    }
}

fn vat_number_known() -> Refusal {
    Refusal::new("already_exists", "a VAT number that no organisation has which you may see")
}

async fn check_vat_number(
    link: &mut Link,
    by: impl Into<Authority<'_>>,
    number: Option<&VatNumber>,
    except: Option<OrganisationId>,
) -> Result<(), Fault> {
    let Some(number) = number else { return Ok(()) };
    let reach = by.into().reach(Right::ReadOrganisations);
    if organisation_details::vat_is_known(link, &reach, number, except).await? {
        return Err(Fault::field("vat_number", vat_number_known(), Some(number.as_str())));
    }
    Ok(())
}

/// Writes what is known of an organisation.
async fn describe(
    transaction: &mut WriteTransaction,
    id: OrganisationId,
    facts: &OrganisationFacts<'_>,
    now: Timestamp,
) -> Result<(), Fault> {
    match organisation::describe(transaction, id, facts, now).await {
        // Of two who give one number to neighbours at the same moment.
        Err(StoreError::Conflict(_)) => {
            Err(Fault::field("vat_number", vat_number_known(), facts.vat_number.map(VatNumber::as_str)))
        }
        outcome => Ok(outcome?),
    }
}

/// An organisation that the caller may change.
pub(crate) async fn manageable(
    link: &mut Link,
    by: impl Into<Authority<'_>>,
    id: OrganisationId,
) -> Result<OrganisationDetails, Fault> {
    let by = by.into();
    if let Some(found) = organisation_details::find(link, &by.reach(Right::ManageOrganisations), id).await? {
        return Ok(found);
    }
    // Who may see it learns that the right is missing; who may not learns nothing.
    let seen = organisation_details::find(link, &by.reach(Right::ReadOrganisations), id).await?;
    Err(if seen.is_some() { Code::InsufficientPermissions } else { Code::OrganisationNotFound }.into())
}

/// An organisation that was just written.
async fn seen(link: &mut Link, by: impl Into<Authority<'_>>, id: OrganisationId) -> Result<OrganisationDetails, Fault> {
    let reach = by.into().reach(Right::ReadOrganisations);
    Ok(organisation_details::find(link, &reach, id).await?.ok_or(Code::OrganisationNotFound)?)
}
