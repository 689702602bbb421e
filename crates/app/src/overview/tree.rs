//! The tree of organisations, unfolded down to one of them.

use bailiwick_domain::fault::Fault;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::page::Direction;
use bailiwick_domain::role::Right;
use bailiwick_store::query::organisation_details::{self, OrganisationDetails};
use bailiwick_store::query::organisation_page::{self, OrganisationFilter, OrganisationOrder};
use bailiwick_store::query::reach::Reach;
use bailiwick_store::query::{organisation, tree_count};
use bailiwick_store::{Link, Result as Stored};

use super::first;
use super::listing::CountedOrganisation;
use super::organisation::above;
use crate::caller::Caller;
use crate::context::Context;

/// Organisations that are shown below one; the rest is in the table.
const BRANCHES: u32 = 15;

/// An organisation, and what is shown below it.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The organisation, with what it has itself.
    pub of: CountedOrganisation,
    /// Whether it is unfolded.
    pub is_open: bool,
    /// The first of the organisations directly below, where it is unfolded.
    pub branches: Vec<Branch>,
}

/// The tree, as far as the caller sees it.
#[derive(Clone, Debug)]
pub struct OrganisationTree {
    /// What stands below nothing that the caller sees.
    pub roots: Vec<Branch>,
    /// How many more of these there are.
    pub more: usize,
}

impl Context {
    /// The tree, unfolded down to this organisation; without one, or where the caller does not see it, to the first
    /// level below the only root.
    pub async fn organisation_tree(
        &self,
        caller: &Caller,
        open: Option<OrganisationId>,
    ) -> Result<OrganisationTree, Fault> {
        let reach = Reach::of(&caller.principal, Right::ReadOrganisations);
        let mut link = self.database.read().await?;
        let roots = roots(&mut link, caller, &reach).await?;
        let mut way = Vec::new();
        if let Some(id) = open
            && let Some(found) = organisation_details::find(&mut link, &reach, id).await?
        {
            way.extend(above(&mut link, caller, &found).await?.into_iter().map(|upper| upper.id));
            way.push(id);
        } else if let [only] = roots.as_slice() {
            way.push(only.id);
        }
        let more = roots.len().saturating_sub(BRANCHES as usize);
        let mut tree = OrganisationTree { roots: Vec::new(), more };
        for root in roots.into_iter().take(BRANCHES as usize) {
            tree.roots.push(unfold(&mut link, &reach, root, &way).await?);
        }
        Ok(tree)
    }
}

/// What stands below nothing that the caller sees.
async fn roots(link: &mut Link, caller: &Caller, reach: &Reach) -> Stored<Vec<OrganisationDetails>> {
    let candidates = if caller.principal.is_super_admin {
        organisation::owner(link).await?.into_iter().collect()
    } else {
        caller.principal.memberships.iter().map(|membership| membership.organisation).collect::<Vec<_>>()
    };
    let mut roots = Vec::new();
    for id in candidates {
        let found = organisation_details::find(link, reach, id).await?;
        // The parent is told of where it is seen too.
        roots.extend(found.filter(|found| found.parent.is_none()));
    }
    Ok(roots)
}

/// An organisation, unfolded where the way leads through it.
async fn unfold(link: &mut Link, reach: &Reach, top: OrganisationDetails, way: &[OrganisationId]) -> Stored<Branch> {
    let counts = tree_count::own(link, top.id).await?;
    let is_open = way.contains(&top.id);
    let mut branch = Branch { of: CountedOrganisation { organisation: top, counts }, is_open, branches: Vec::new() };
    if !is_open {
        return Ok(branch);
    }
    let below = OrganisationFilter { parent: Some(branch.of.organisation.id), ..OrganisationFilter::default() };
    let order = (OrganisationOrder::Name, Direction::Ascending);
    let (mut children, _) = organisation_page::page(link, reach, &below, order, first(BRANCHES)).await?;
    // What is looked for is there, however far down in the alphabet.
    let next = way.iter().skip_while(|id| **id != branch.of.organisation.id).nth(1);
    if let Some(id) = next
        && children.iter().all(|child| child.id != *id)
    {
        children.truncate(BRANCHES as usize - 1);
        children.extend(organisation_details::find(link, reach, *id).await?);
    }
    for child in children {
        branch.branches.push(Box::pin(unfold(link, reach, child, way)).await?);
    }
    Ok(branch)
}
