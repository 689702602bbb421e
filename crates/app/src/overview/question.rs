//! The question whether somebody may do something, put together step by step.

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::UserId;
use bailiwick_domain::name::Name;
use bailiwick_domain::page::Direction;
use bailiwick_domain::resource::Resource;
use bailiwick_domain::role::Right;
use bailiwick_domain::search;
use bailiwick_store::query::organisation_page::{self, OrganisationFilter, OrganisationOrder};
use bailiwick_store::query::people;
use bailiwick_store::query::people_page::{self, PeopleFilter, PeopleOrder};
use bailiwick_store::query::reach::Reach;
use bailiwick_store::query::system_list::{self, SystemFilter, SystemOrder};
use bailiwick_store::query::{organisation, system};
use bailiwick_store::{Link, Result as Stored};

use super::first;
use crate::caller::Caller;
use crate::context::Context;
use crate::explanation::Explanation;

/// Matches of a search, of each kind.
const MATCHES: u32 = 5;

/// What is known of the question so far.
#[derive(Clone, Debug, Default)]
pub struct AccessAsk {
    /// Who.
    pub subject: Option<UserId>,
    /// Over what.
    pub resource: Option<Resource>,
    /// Which right.
    pub right: Option<Right>,
    /// What is looked for in people, where nobody is chosen.
    pub subject_search: String,
    /// What is looked for in everything, where nothing is chosen.
    pub resource_search: String,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// What it is.
    pub resource: Resource,
    /// How it is called.
    pub name: Name,
    /// What tells it from others of that name: the address of a person, the organisation of a system, what an
    /// organisation stands below.
    pub beside: String,
}

/// What is known of the question, what can be chosen next, and the answer once it is whole.
#[derive(Clone, Debug)]
pub struct AccessQuestion {
    /// Who, where the caller manages them.
    pub subject: Option<(UserId, Name, EmailAddress)>,
    /// Over what, where the caller manages it.
    pub resource: Option<(Resource, Name)>,
    /// People who can be chosen.
    pub subjects: Vec<Match>,
    /// What else can be chosen.
    pub resources: Vec<Match>,
    /// The answer.
    pub explanation: Option<Explanation>,
}

impl Context {
    /// Puts a question about access together, and answers it once it is whole. What the caller does not manage counts
    /// as not named.
    ///
    /// # Errors
    /// None but those of the database.
    pub async fn ask_about_access(&self, caller: &Caller, ask: &AccessAsk) -> Result<AccessQuestion, Fault> {
        let mut link = self.database.read().await?;
        let managed = Reach::of(&caller.principal, Right::ManageUsers);
        let subject = match ask.subject {
            Some(id) => people::find(&mut link, &managed, id).await?.map(|person| (id, person.name, person.email)),
            None => None,
        };
        let resource = match ask.resource {
            Some(resource) => name_of(&mut link, caller, resource).await?.map(|name| (resource, name)),
            None => None,
        };
        let mut question =
            AccessQuestion { subject, resource, subjects: Vec::new(), resources: Vec::new(), explanation: None };
        if question.subject.is_none() && !ask.subject_search.is_empty() {
            question.subjects = people_like(&mut link, caller, &ask.subject_search).await?;
        }
        if question.resource.is_none() && !ask.resource_search.is_empty() {
            question.resources = self.things_like(&mut link, caller, &ask.resource_search).await?;
        }
        drop(link);
        if let (Some((subject, ..)), Some((resource, _)), Some(right)) =
            (&question.subject, &question.resource, ask.right)
            && resource.is_matter_of(right)
        {
            question.explanation = match self.explain_access(caller, *subject, *resource, right).await {
                Ok(explanation) => Some(explanation),
                // Gone in between.
                Err(fault) if fault.code == Code::ValidationFailed => None,
                Err(fault) => return Err(fault),
            };
        }
        Ok(question)
    }

    async fn things_like(&self, link: &mut Link, caller: &Caller, wanted: &str) -> Stored<Vec<Match>> {
        let reach = Reach::of(&caller.principal, Right::ManageOrganisations);
        let filter = OrganisationFilter { search: Some(wanted.to_owned()), ..OrganisationFilter::default() };
        let order = (OrganisationOrder::Name, Direction::Ascending);
        let (found, _) = organisation_page::page(link, &reach, &filter, order, first(MATCHES)).await?;
        let mut matches: Vec<_> = found
            .into_iter()
            .map(|found| Match {
                resource: Resource::Organisation(found.id),
                name: found.name,
                beside: found.parent_name.map_or_else(|| found.kind.to_string(), |parent| parent.to_string()),
            })
            .collect();
        let reach = Reach::of(&caller.principal, Right::ManageSystems);
        let filter = SystemFilter { search: Some(search::fold(wanted)), ..SystemFilter::default() };
        let order = (SystemOrder::Name, Direction::Ascending);
        let alive_after = self.now().minus(self.settings.heartbeat_dead_after);
        let (found, _) = system_list::page(link, &reach, &filter, order, first(MATCHES), alive_after).await?;
        matches.extend(found.into_iter().map(|found| Match {
            resource: Resource::System(found.id),
            name: found.name,
            beside: found.organisation_name.to_string(),
        }));
        matches.extend(people_like(link, caller, wanted).await?);
        Ok(matches)
    }
}

async fn people_like(link: &mut Link, caller: &Caller, wanted: &str) -> Stored<Vec<Match>> {
    let reach = Reach::of(&caller.principal, Right::ManageUsers);
    let filter = PeopleFilter { search: Some(wanted.to_owned()), ..PeopleFilter::default() };
    let order = (PeopleOrder::Name, Direction::Ascending);
    let (found, _) = people_page::page(link, &reach, &filter, order, first(MATCHES)).await?;
    let found = found.into_iter().map(|person| Match {
        resource: Resource::User(person.id),
        name: person.name,
        beside: person.email.to_string(),
    });
    Ok(found.collect())
}

/// How something is called that the caller manages.
async fn name_of(link: &mut Link, caller: &Caller, resource: Resource) -> Stored<Option<Name>> {
    let reach = |right| Reach::of(&caller.principal, right);
    Ok(match resource {
        Resource::System(id) => system::find(link, &reach(Right::ManageSystems), id).await?.map(|found| found.name),
        Resource::Organisation(id) => {
            let found = organisation::find_reachable(link, &reach(Right::ManageOrganisations), id).await?;
            found.map(|found| found.name)
        }
        Resource::User(id) => people::find(link, &reach(Right::ManageUsers), id).await?.map(|found| found.name),
    })
}
