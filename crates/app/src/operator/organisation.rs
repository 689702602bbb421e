//! Organisations: the tree, and what is added to it or suspended in it.

use std::collections::{HashMap, HashSet};
use std::fmt;

use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::organisation::{self, OrganisationRecord};
use bailiwick_store::query::{invalidation, organisation_list, suspension};
use bailiwick_store::{Link, WriteTransaction};
use serde_json::json;

use super::user::one_more_than;
use super::{Listing, OperatorRefusal, Outcome};
use crate::audit::{Act, Actor};
use crate::context::Context;

pub use bailiwick_store::query::organisation_list::ListedOrganisation;

/// Organisations in one list.
const LISTED_MAX: usize = 10_000;
/// Organisations of one name that are listed to choose from.
const CANDIDATES_MAX: i64 = 20;

/// How an operator names an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrganisationKey {
    /// By its very name, where only one has it.
    Name(Name),
    /// By id.
    Id(OrganisationId),
}

impl Parse for OrganisationKey {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let id = OrganisationId::parse_text(text).map(Self::Id);
        let name = || Name::parse_text(text).map(Self::Name);
        id.or_else(|_| name()).map_err(|refusal| {
            Refusal::new(refusal.rule, "the name of an organisation such as Northwind, or its UUID".to_owned())
        })
    }
}

impl fmt::Display for OrganisationKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(formatter, "the name {name}"),
            Self::Id(id) => write!(formatter, "the id {id}"),
        }
    }
}

/// An organisation to be created.
#[derive(Clone, Debug)]
pub struct NewOrganisation {
    /// Its name.
    pub name: Name,
    /// Its place in the partner tree.
    pub kind: OrganisationKind,
    /// What it stands below; without one below the owner.
    pub parent: Option<OrganisationKey>,
}

/// An organisation in the drawing of the tree.
#[derive(Clone, Debug)]
pub struct TreeEntry {
    /// The organisation.
    pub organisation: ListedOrganisation,
    /// How many stand above it.
    pub depth: usize,
}

impl Context {
    /// The whole tree, each organisation right below the one that it stands under.
    pub async fn organisations_for_operator(&self) -> Result<Listing<TreeEntry>, Fault> {
        let found = organisation_list::list(&mut self.database.read().await?, one_more_than(LISTED_MAX)).await?;
        let Listing { shown, has_more } = Listing::cut(found, LISTED_MAX);
        Ok(Listing { shown: draw(shown), has_more })
    }

    /// Creates an organisation.
    ///
    /// # Errors
    /// [`OperatorRefusal::WrongPlace`], [`OperatorRefusal::NotSetUp`]; what finding the parent refuses.
    pub async fn create_organisation_as_operator(
        &self,
        new: NewOrganisation,
    ) -> Result<ListedOrganisation, OperatorRefusal> {
        let now = self.now();
        let NewOrganisation { name, kind, parent } = new;
        let mut transaction = self.database.write().await?;
        let parent = match parent {
            Some(key) => find(&mut transaction, &key).await?,
            None => organisation_list::owner(&mut transaction).await?.ok_or(OperatorRefusal::NotSetUp)?,
        };
        if !kind.may_stand_below(parent.kind) {
            return Err(OperatorRefusal::WrongPlace { kind, parent: parent.name, parent_kind: parent.kind });
        }
        let record = OrganisationRecord { id: OrganisationId::new(now, self.entropy()), kind, name };
        organisation::insert(&mut transaction, &record, Some(parent.id), now).await?;
        let created = ListedOrganisation {
            id: record.id,
            kind,
            name: record.name,
            parent: Some(parent.id),
            suspended_at: None,
            suspended_through: parent.suspended_through,
            created_at: now,
        };
        let created_there = act("organization.created", &created, json!({ "name": created.name, "type": kind }));
        // Where it stands: its own people learn nothing of what is above them.
        let created_there = Act { organisation: Some(parent.id), ..created_there };
        self.audit(&mut transaction, Actor::Operator, created_there, now).await?;
        transaction.commit().await?;
        Ok(created)
    }

    /// Suspends an organisation and all below it: from the next request on nobody holds a right through them, and
    /// whoever belongs to none but these does not come in. Nothing of theirs ends.
    ///
    /// # Errors
    /// [`OperatorRefusal::OwnerStays`]; what finding it refuses.
    pub async fn suspend_organisation_as_operator(
        &self,
        key: &OrganisationKey,
    ) -> Result<Outcome<ListedOrganisation>, OperatorRefusal> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let subject = find(&mut transaction, key).await?;
        if subject.kind == OrganisationKind::Owner {
            return Err(OperatorRefusal::OwnerStays(subject.name));
        }
        let has_changed = suspension::suspend_organisation(&mut transaction, subject.id, now).await?;
        if has_changed {
            self.conclude_for_all(transaction, act("organization.suspended", &subject, json!({})), now).await?;
        }
        Ok(Outcome { subject, has_changed })
    }

    /// Ends the suspension of an organisation, and what it did to those below. What was suspended itself stays so.
    ///
    /// # Errors
    /// What finding it refuses.
    pub async fn reactivate_organisation_as_operator(
        &self,
        key: &OrganisationKey,
    ) -> Result<Outcome<ListedOrganisation>, OperatorRefusal> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let subject = find(&mut transaction, key).await?;
        let has_changed = suspension::reactivate_organisation(&mut transaction, subject.id, now).await?;
        if has_changed {
            self.conclude_for_all(transaction, act("organization.reactivated", &subject, json!({})), now).await?;
        }
        Ok(Outcome { subject, has_changed })
    }

    /// Ends an act that changes what the people of an organisation may do. They are many, and
    /// what is remembered of them is learned again at once, so every node forgets everything.
    async fn conclude_for_all(&self, mut transaction: WriteTransaction, act: Act, now: Timestamp) -> Result<(), Fault> {
        invalidation::insert(&mut transaction, "everything", None, now).await?;
        self.audit(&mut transaction, Actor::Operator, act, now).await?;
        transaction.commit().await?;
        self.principals.forget_everything();
        Ok(())
    }
}

/// The one organisation that is meant.
pub(super) async fn find(link: &mut Link, key: &OrganisationKey) -> Result<ListedOrganisation, OperatorRefusal> {
    let unknown = || OperatorRefusal::OrganisationUnknown(key.clone());
    let name = match key {
        OrganisationKey::Id(id) => return organisation_list::by_id(link, *id).await?.ok_or_else(unknown),
        OrganisationKey::Name(name) => name,
    };
    let mut found = organisation_list::by_name(link, name, CANDIDATES_MAX).await?;
    if found.len() > 1 {
        let ids = found.iter().map(|organisation| organisation.id).collect();
        return Err(OperatorRefusal::OrganisationAmbiguous { name: name.clone(), ids });
    }
    found.pop().ok_or_else(unknown)
}

fn act(action: &'static str, organisation: &ListedOrganisation, details: serde_json::Value) -> Act {
    Act {
        action,
        subject_kind: "organization",
        subject: Some(organisation.id.uuid()),
        organisation: Some(organisation.id),
        details,
    }
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

    #[test]
    fn an_id_is_no_name() {
        let text = "0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7a";
        assert!(matches!(OrganisationKey::parse_text(text), Ok(OrganisationKey::Id(_))));
        assert!(matches!(OrganisationKey::parse_text(" Acme "), Ok(OrganisationKey::Name(_))));
        assert!(OrganisationKey::parse_text(" ").is_err());
    }
}
