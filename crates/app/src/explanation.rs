//! Why somebody may do something, or may not: the chain from a role over the tree to a rule.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Check, Refusal};
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::resource::Resource;
use bailiwick_domain::role::{Right, Role};
use bailiwick_store::Link;
use bailiwick_store::query::explanation::{self, Place};
use bailiwick_store::query::organisation;
use bailiwick_store::query::people::{self, PersonRecord};
use bailiwick_store::query::reach::Reach;
use bailiwick_store::query::system;

use crate::caller::Caller;
use crate::context::Context;

pub use bailiwick_store::query::organisation::OrganisationRecord;

/// The rule that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Super admins hold every right everywhere.
    SuperAdmin,
    /// Everybody sees their own account.
    Oneself,
    /// A role grants the right, where the thing is or above it.
    Role,
    /// Whoever is suspended does nothing.
    Suspended,
    /// The right, or what it is about, is for super admins alone.
    SuperAdminsOnly,
    /// No role that they have reaches it with this right.
    NoRole,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 6] =
        [Self::SuperAdmin, Self::Oneself, Self::Role, Self::Suspended, Self::SuperAdminsOnly, Self::NoRole];

    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SuperAdmin => "super_admin",
            Self::Oneself => "oneself",
            Self::Role => "role",
            Self::Suspended => "suspended",
            Self::SuperAdminsOnly => "super_admins_only",
            Self::NoRole => "no_role",
        }
    }
}

/// What one place of a person does for a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It grants the right.
    Grants,
    /// The role does not have the right.
    RoleLacksRight,
    /// The organisation stands neither where the thing is nor above it.
    NotAbove,
    /// The organisation is suspended, by what was decided of it or above it.
    OrganisationSuspended,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Grants, Self::RoleLacksRight, Self::NotAbove, Self::OrganisationSuspended];

    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grants => "grants",
            Self::RoleLacksRight => "role_lacks_right",
            Self::NotAbove => "not_above",
            Self::OrganisationSuspended => "organization_suspended",
        }
    }
}

/// A place of a person, and what follows from it.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The organisation and the role there; nothing where whoever asks may not see them.
    pub place: Option<(OrganisationRecord, Role)>,
    /// What it does for the right.
    pub outcome: Outcome,
    /// The organisations from there down to where the thing is; none where it leads nowhere, or may not be seen.
    pub way: Vec<OrganisationRecord>,
}

/// Whether somebody may do something, and why.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The person.
    pub subject: PersonRecord,
    /// How what the right is about is called.
    pub resource: Name,
    /// The rule that decides.
    pub rule: Rule,
    /// What each of their places does for it, those that grant it first.
    pub chains: Vec<Chain>,
}

impl Explanation {
    /// Whether they may.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self.rule, Rule::SuperAdmin | Rule::Oneself | Rule::Role)
    }
}

/// What a right is about, as far as it decides.
struct Matter {
    name: Name,
    /// Where it is; several for a person.
    organisations: Vec<OrganisationId>,
    is_super_admin: bool,
}

impl Context {
    /// Explains whether a person holds a right over something, to whoever manages both.
    ///
    /// # Errors
    /// A validation fault on `subject` or `resource` where the caller does not manage it, and on `right` where that
    /// is not about such a thing.
    pub async fn explain_access(
        &self,
        caller: &Caller,
        subject: UserId,
        resource: Resource,
        right: Right,
    ) -> Result<Explanation, Fault> {
        let mut check = Check::new();
        let mut link = self.database.read().await?;
        let managed = Reach::of(&caller.principal, Right::ManageUsers);
        let person = people::find(&mut link, &managed, subject).await?;
        let matter = matter(&mut link, caller, resource).await?;
        if person.is_none() {
            check.refuse("subject", Refusal::new("user", "a person whom you manage"), Some(&subject.to_string()));
        }
        if matter.is_none() {
            let refusal = Refusal::new("resource", "a system, an organisation or a person that you manage");
            check.refuse("resource", refusal, Some(&resource.to_string()));
        }
        if !resource.is_matter_of(right) {
            let refusal = Refusal::new("right", format!("a right over what is a {}", resource.kind()));
            check.refuse("right", refusal, Some(right.name()));
        }
        let (person, matter) = match (person, matter, check.fault()) {
            (Some(person), Some(matter), None) => (person, matter),
            (.., fault) => return Err(fault.unwrap_or(Code::ValidationFailed.into())),
        };
        let chains = chains(&mut link, &managed, &matter, (subject, right)).await?;
        let rule = rule(&person, &matter, (resource, right), &chains);
        Ok(Explanation { subject: person, resource: matter.name, rule, chains })
    }
}

/// What the right is about, where the caller manages it.
async fn matter(link: &mut Link, caller: &Caller, resource: Resource) -> Result<Option<Matter>, Fault> {
    let reach = |right| Reach::of(&caller.principal, right);
    let in_one = |name, organisation| Matter { name, organisations: vec![organisation], is_super_admin: false };
    Ok(match resource {
        Resource::System(id) => system::find(link, &reach(Right::ManageSystems), id)
            .await?
            .map(|system| in_one(system.name, system.organisation)),
        Resource::Organisation(id) => organisation::find_reachable(link, &reach(Right::ManageOrganisations), id)
            .await?
            .map(|organisation| in_one(organisation.name, organisation.id)),
        Resource::User(id) => {
            let reach = reach(Right::ManageUsers);
            let Some(person) = people::find(link, &reach, id).await? else { return Ok(None) };
            let places = explanation::places(link, &reach, id).await?;
            let organisations = places.into_iter().map(|place| place.organisation).collect();
            Some(Matter { name: person.name, organisations, is_super_admin: person.is_super_admin })
        }
    })
}

/// What each place of the subject does for the right. Of those that the caller may not see only the first that
/// grants it is told of, and not which it is.
async fn chains(
    link: &mut Link,
    managed: &Reach,
    matter: &Matter,
    (subject, right): (UserId, Right),
) -> Result<Vec<Chain>, Fault> {
    let (mut granting, mut others, mut hidden) = (Vec::new(), Vec::new(), None);
    for place in explanation::places(link, managed, subject).await? {
        let chain = chain(link, matter, right, &place).await?;
        match (place.is_in_sight, chain.outcome) {
            (true, Outcome::Grants) => granting.push(chain),
            (true, _) => others.push(chain),
            (false, Outcome::Grants) => {
                hidden.get_or_insert(Chain { place: None, outcome: Outcome::Grants, way: Vec::new() });
            }
            (false, _) => {}
        }
    }
    Ok(granting.into_iter().chain(hidden).chain(others).collect())
}

async fn chain(link: &mut Link, matter: &Matter, right: Right, place: &Place) -> Result<Chain, Fault> {
    let mut way = Vec::new();
    for organisation in &matter.organisations {
        way = explanation::way(link, place.organisation, *organisation).await?;
        if !way.is_empty() {
            break;
        }
    }
    let outcome = if way.is_empty() {
        Outcome::NotAbove
    } else if place.is_suspended {
        Outcome::OrganisationSuspended
    } else if place.role.grants(right) {
        Outcome::Grants
    } else {
        Outcome::RoleLacksRight
    };
    let Place { organisation: id, kind, name, role, .. } = place.clone();
    Ok(Chain { place: Some((OrganisationRecord { id, kind, name }, role)), outcome, way })
}

fn rule(person: &PersonRecord, matter: &Matter, (resource, right): (Resource, Right), chains: &[Chain]) -> Rule {
    let changes_super_admin = matter.is_super_admin && !right.only_reads();
    if person.suspended_at.is_some() {
        Rule::Suspended
    } else if person.is_super_admin {
        Rule::SuperAdmin
    } else if right == Right::ReadUsers && resource == Resource::User(person.id) {
        Rule::Oneself
    } else if changes_super_admin || right.roles().next().is_none() {
        Rule::SuperAdminsOnly
    } else if chains.iter().any(|chain| chain.outcome == Outcome::Grants) {
        Rule::Role
    } else {
        Rule::NoRole
    }
}
