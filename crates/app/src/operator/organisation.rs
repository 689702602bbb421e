//! Organisations: the tree, and what is added to it or decided in it, by the use cases of those who stand above.

use std::collections::{HashMap, HashSet};

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::{OrganisationKey, OrganisationKind};
use bailiwick_domain::vat_number::VatNumber;
use bailiwick_store::Link;
use bailiwick_store::query::organisation_details::{self, OrganisationDetails};
use bailiwick_store::query::organisation_list;
use bailiwick_store::query::reach::Reach;

use super::user::one_more_than;
use super::{Listing, OperatorRefusal, Outcome};
use crate::caller::Authority;
use crate::context::Context;
use crate::organisation::OrganisationDraft;
use crate::tree::{Destroyed, OrganisationStats, Touched};

pub use bailiwick_store::query::organisation_list::{ListedOrganisation, TreeFilter};

/// Organisations in one list.
const LISTED_MAX: usize = 10_000;
/// Organisations of one name that are listed to choose from.
const CANDIDATES_MAX: i64 = 20;

/// An organisation to be created.
#[derive(Clone, Debug)]
pub struct NewOrganisation {
    /// Its name.
    pub name: Name,
    /// Its place in the partner tree.
    pub kind: OrganisationKind,
    /// What it stands below; without one below the owner.
    pub parent: Option<OrganisationKey>,
    /// Its VAT number.
    pub vat_number: Option<VatNumber>,
}

/// An organisation in the drawing of the tree.
#[derive(Clone, Debug)]
pub struct TreeEntry {
    /// The organisation.
    pub organisation: ListedOrganisation,
    /// How many stand above it.
    pub depth: usize,
}

/// What an operator decides of an organisation, with all below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// To suspend it.
    Suspend,
    /// To end its suspension.
    Reactivate,
    /// To delete it.
    Delete,
    /// To take its deletion back.
    Restore,
}

impl Decision {
    /// Whether it may be about what is deleted.
    const fn is_of_deleted(self) -> bool {
        matches!(self, Self::Restore)
    }

    /// What is said where it is like that already.
    const fn made_already(self) -> Code {
        match self {
            Self::Suspend => Code::OrganisationSuspended,
            Self::Reactivate => Code::OrganisationNotSuspended,
            Self::Delete => Code::OrganisationNotFound,
            Self::Restore => Code::OrganisationNotDeleted,
        }
    }
}

/// An organisation with all that an operator is shown of it.
#[derive(Clone, Debug)]
pub struct ShownOrganisation {
    /// Itself.
    pub organisation: OrganisationDetails,
    /// How much there is in it and below.
    pub stats: OrganisationStats,
}

impl Context {
    /// The tree, each organisation right below the one that it stands under; `below` is a part of it.
    ///
    /// # Errors
    /// What finding `below` refuses.
    pub async fn organisations_for_operator(
        &self,
        filter: TreeFilter,
        below: Option<&OrganisationKey>,
    ) -> Result<Listing<TreeEntry>, OperatorRefusal> {
        let mut link = self.database.read().await?;
        let below = match below {
            Some(key) => Some(find_either(&mut link, key, filter.is_deleted).await?.id),
            None => None,
        };
        let filter = TreeFilter { below, ..filter };
        let found = organisation_list::list(&mut link, &filter, one_more_than(LISTED_MAX)).await?;
        let Listing { shown, has_more } = Listing::cut(found, LISTED_MAX);
        Ok(Listing { shown: draw(shown), has_more })
    }

    /// One organisation.
    ///
    /// # Errors
    /// What finding it refuses.
    pub async fn organisation_for_operator(
        &self,
        key: &OrganisationKey,
    ) -> Result<ListedOrganisation, OperatorRefusal> {
        find(&mut self.database.read().await?, key).await
    }

    /// One organisation with all that is known of it, deleted or not.
    ///
    /// # Errors
    /// What finding it refuses.
    pub async fn show_organisation_to_operator(
        &self,
        key: &OrganisationKey,
    ) -> Result<ShownOrganisation, OperatorRefusal> {
        let found = find_anyhow(&mut self.database.read().await?, key).await?;
        self.shown(found.id).await
    }

    /// The same of one that can be destroyed.
    ///
    /// # Errors
    /// What finding it refuses; [`Code::OrganisationNotDeleted`].
    pub async fn show_organisation_to_be_destroyed(
        &self,
        key: &OrganisationKey,
    ) -> Result<ShownOrganisation, OperatorRefusal> {
        let found = find_either(&mut self.database.read().await?, key, true).await?;
        if found.deleted_through.is_none() {
            return Err(Fault::from(Code::OrganisationNotDeleted).into());
        }
        self.shown(found.id).await
    }

    async fn shown(&self, id: OrganisationId) -> Result<ShownOrganisation, OperatorRefusal> {
        let mut link = self.database.read().await?;
        let found = organisation_details::find_anyhow(&mut link, &Reach::everything(), id).await?;
        let organisation = found.ok_or_else(|| OperatorRefusal::OrganisationUnknown(OrganisationKey::Id(id)))?;
        drop(link);
        Ok(ShownOrganisation { organisation, stats: self.organisation_stats(Authority::Operator, id).await? })
    }

    /// Creates an organisation.
    ///
    /// # Errors
    /// [`OperatorRefusal::WrongPlace`], [`OperatorRefusal::NotSetUp`]; what finding the parent refuses; what
    /// [`Context::create_organisation`] refuses.
    pub async fn create_organisation_as_operator(
        &self,
        new: NewOrganisation,
    ) -> Result<ListedOrganisation, OperatorRefusal> {
        let NewOrganisation { name, kind, parent, vat_number } = new;
        let mut link = self.database.read().await?;
        let parent = match parent {
            Some(key) => find(&mut link, &key).await?,
            None => organisation_list::owner(&mut link).await?.ok_or(OperatorRefusal::NotSetUp)?,
        };
        drop(link);
        if !kind.may_stand_below(parent.kind) {
            return Err(OperatorRefusal::WrongPlace { kind, parent: parent.name, parent_kind: parent.kind });
        }
        if parent.suspended_through.is_some() {
            return Err(OperatorRefusal::ParentSuspended(parent.name));
        }
        let draft = OrganisationDraft { name, kind, parent: Some(parent.id), vat_number, custom_data: None };
        let created = self.create_organisation(Authority::Operator, draft).await?;
        find(&mut self.database.read().await?, &OrganisationKey::Id(created.id)).await
    }

    /// Makes a decision of an organisation, as whoever manages it from above does; tells what it touched, where it was
    /// not like that already.
    ///
    /// # Errors
    /// [`OperatorRefusal::OwnerStays`]; what finding it refuses; what deciding it refuses otherwise.
    pub async fn decide_as_operator(
        &self,
        key: &OrganisationKey,
        decision: Decision,
    ) -> Result<Outcome<(ListedOrganisation, Touched)>, OperatorRefusal> {
        let subject = find_either(&mut self.database.read().await?, key, decision.is_of_deleted()).await?;
        let decided = match decision {
            Decision::Suspend => self.suspend_organisation(Authority::Operator, subject.id).await,
            Decision::Reactivate => self.reactivate_organisation(Authority::Operator, subject.id).await,
            Decision::Delete => self.delete_organisation(Authority::Operator, subject.id).await,
            Decision::Restore => self.restore_organisation(Authority::Operator, subject.id).await,
        };
        let touched = match decided {
            Ok(decided) => Some(decided.touched),
            Err(fault) if fault.code == decision.made_already() => None,
            Err(fault) => return Err(of_owner(fault, subject.name)),
        };
        let subject = find_anyhow(&mut self.database.read().await?, &OrganisationKey::Id(subject.id)).await?;
        Ok(Outcome { subject: (subject, touched.unwrap_or_default()), has_changed: touched.is_some() })
    }

    /// Moves an organisation with all below it, as [`Context::move_organisation`] does; returns it with its new parent.
    ///
    /// # Errors
    /// [`OperatorRefusal::OwnerStays`], [`OperatorRefusal::WrongPlace`]; what finding either refuses; what
    /// [`Context::move_organisation`] refuses.
    pub async fn move_organisation_as_operator(
        &self,
        key: &OrganisationKey,
        parent: &OrganisationKey,
    ) -> Result<Outcome<(ListedOrganisation, ListedOrganisation, Touched)>, OperatorRefusal> {
        let mut link = self.database.read().await?;
        let (subject, parent) = (find(&mut link, key).await?, find(&mut link, parent).await?);
        drop(link);
        if subject.kind != OrganisationKind::Owner && !subject.kind.may_stand_below(parent.kind) {
            let kind = subject.kind;
            return Err(OperatorRefusal::WrongPlace { kind, parent: parent.name, parent_kind: parent.kind });
        }
        if parent.suspended_through.is_some() {
            return Err(OperatorRefusal::ParentSuspended(parent.name));
        }
        let moved = self.move_organisation(Authority::Operator, subject.id, parent.id).await;
        let touched = moved.map_err(|fault| of_owner(fault, subject.name))?.touched;
        let subject = find(&mut self.database.read().await?, &OrganisationKey::Id(subject.id)).await?;
        // Where it stands there already, nothing is touched, not even itself.
        Ok(Outcome { subject: (subject, parent, touched), has_changed: touched.organisations > 0 })
    }

    /// Removes an organisation that is deleted for good, as [`Context::destroy_organisation`] does.
    ///
    /// # Errors
    /// [`OperatorRefusal::OwnerStays`]; what finding it refuses; what [`Context::destroy_organisation`] refuses.
    pub async fn destroy_organisation_as_operator(&self, key: &OrganisationKey) -> Result<Destroyed, OperatorRefusal> {
        let subject = find_either(&mut self.database.read().await?, key, true).await?;
        let destroyed = self.destroy_organisation(Authority::Operator, subject.id).await;
        destroyed.map_err(|fault| of_owner(fault, subject.name))
    }
}

/// Names the owner where that is what stands in the way.
fn of_owner(fault: Fault, name: Name) -> OperatorRefusal {
    if fault.code == Code::OwnerStays { OperatorRefusal::OwnerStays(name) } else { fault.into() }
}

/// The one organisation that is meant, of those that are not deleted.
pub(super) async fn find(link: &mut Link, key: &OrganisationKey) -> Result<ListedOrganisation, OperatorRefusal> {
    one_of(candidates(link, key).await?, key, |organisation| organisation.deleted_through.is_none())
}

/// The one that is meant, of those that are deleted themselves, if there is one, else of all.
async fn find_either(
    link: &mut Link,
    key: &OrganisationKey,
    deleted_first: bool,
) -> Result<ListedOrganisation, OperatorRefusal> {
    let found = candidates(link, key).await?;
    if deleted_first && found.iter().any(|organisation| organisation.deleted_at.is_some()) {
        return one_of(found, key, |organisation| organisation.deleted_at.is_some());
    }
    one_of(found, key, |organisation| deleted_first || organisation.deleted_through.is_none())
}

/// The one that is meant, of those that are not deleted, if there is one, else of all.
async fn find_anyhow(link: &mut Link, key: &OrganisationKey) -> Result<ListedOrganisation, OperatorRefusal> {
    let found = candidates(link, key).await?;
    let any_lives = found.iter().any(|organisation| organisation.deleted_through.is_none());
    one_of(found, key, |organisation| !any_lives || organisation.deleted_through.is_none())
}

async fn candidates(link: &mut Link, key: &OrganisationKey) -> Result<Vec<ListedOrganisation>, OperatorRefusal> {
    Ok(match key {
        OrganisationKey::Id(id) => organisation_list::by_id(link, *id).await?.into_iter().collect(),
        OrganisationKey::Name(name) => organisation_list::by_name(link, name, CANDIDATES_MAX).await?,
    })
}

fn one_of(
    mut found: Vec<ListedOrganisation>,
    key: &OrganisationKey,
    is_meant: impl Fn(&ListedOrganisation) -> bool,
) -> Result<ListedOrganisation, OperatorRefusal> {
    found.retain(is_meant);
    if let (OrganisationKey::Name(name), true) = (key, found.len() > 1) {
        let ids = found.iter().map(|organisation| organisation.id).collect();
        return Err(OperatorRefusal::OrganisationAmbiguous { name: name.clone(), ids });
    }
    found.pop().ok_or_else(|| OperatorRefusal::OrganisationUnknown(key.clone()))
}

/// Puts each organisation right below the one that it stands under, in the order in which they came.
fn draw(organisations: Vec<ListedOrganisation>) -> Vec<TreeEntry> {
    let listed: HashSet<OrganisationId> = organisations.iter().map(|organisation| organisation.id).collect();
    let mut below: HashMap<Option<OrganisationId>, Vec<ListedOrganisation>> = HashMap::new();
    // From the last to the first, as they are taken from the end.
    for organisation in organisations.into_iter().rev() {
        let parent = organisation.parent.filter(|parent| listed.contains(parent));
        below.entry(parent).or_default().push(organisation);
    }
    let mut drawn = Vec::new();
    let mut open: Vec<_> = below.remove(&None).into_iter().collect();
    while let Some(level) = open.last_mut() {
        let Some(organisation) = level.pop() else {
            open.pop();
            continue;
        };
        let depth = open.len() - 1;
        open.extend(below.remove(&Some(organisation.id)));
        drawn.push(TreeEntry { organisation, depth });
    }
    drawn
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use bailiwick_domain::field::Parse;
    use bailiwick_domain::time::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn organisation(number: u128, parent: Option<u128>) -> ListedOrganisation {
        let id = |number| OrganisationId::from_uuid(Uuid::from_u128(number));
        ListedOrganisation {
            id: id(number),
            kind: OrganisationKind::Customer,
            name: Name::parse_text(&number.to_string()).unwrap(),
            parent: parent.map(id),
            suspended_at: None,
            suspended_through: None,
            deleted_at: None,
            deleted_through: None,
            created_at: Timestamp::default(),
        }
    }

    #[test]
    fn each_stands_right_below_its_parent_in_the_order_in_which_they_came() {
        let came = [(1, None), (2, Some(1)), (3, Some(1)), (4, Some(2)), (5, Some(3)), (6, Some(2)), (7, Some(99))];
        let drawn = draw(came.into_iter().map(|(number, parent)| organisation(number, parent)).collect());
        let shown: Vec<_> = drawn.iter().map(|entry| (entry.depth, entry.organisation.name.as_str())).collect();
        // The last one's parent is gone; it is shown all the same.
        assert_eq!(shown, [(0, "1"), (1, "2"), (2, "4"), (2, "6"), (1, "3"), (2, "5"), (0, "7")]);
    }
}
