//! Lists of organisations and people, as pages show them.

use bailiwick_domain::fault::Fault;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::page::{Direction, Page};
use bailiwick_domain::role::Right;
use bailiwick_store::query::organisation_details::{self, OrganisationDetails};
use bailiwick_store::query::organisation_page::{self, OrganisationFilter, OrganisationOrder};
use bailiwick_store::query::people_page::{self, PeopleFilter, PeopleOrder};
use bailiwick_store::query::reach::Reach;
use bailiwick_store::query::tree_count::{self, OwnCounts};
use bailiwick_store::{Link, Result as Stored};

use super::first;
use crate::caller::Caller;
use crate::context::Context;
use crate::people::PeoplePage;

/// Places that are offered to choose from, of each kind; whoever wants another one searches for it.
const PLACES: u32 = 8;

/// An organisation with what it has itself.
#[derive(Clone, Debug)]
pub struct CountedOrganisation {
    /// The organisation.
    pub organisation: OrganisationDetails,
    /// What it has itself.
    pub counts: OwnCounts,
}

/// An organisation that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The organisation.
    pub id: OrganisationId,
    /// Its name.
    pub name: Name,
    /// Its place in the partner tree.
    pub kind: OrganisationKind,
    /// The name of what it stands below, where the caller sees that.
    pub parent: Option<Name>,
}

/// A page of organisations.
#[derive(Clone, Debug)]
pub struct OrganisationListing {
    /// The organisations.
    pub rows: Vec<CountedOrganisation>,
    /// How many there are on all pages.
    pub found: i64,
    /// How many there are without filters.
    pub total: i64,
    /// What the list is narrowed to the children of, where the caller sees it.
    pub parent: Option<Name>,
}

/// A page of people.
#[derive(Clone, Debug)]
pub struct PeopleListing {
    /// The people.
    pub page: PeoplePage,
    /// How many there are without filters.
    pub total: i64,
    /// The organisation that the list is narrowed to, where the caller sees it.
    pub organisation: Option<Name>,
}

impl Context {
    /// A page of the organisations that the caller may see, of those that are deleted, may restore; with what each has
    /// itself.
    pub async fn organisation_listing(
        &self,
        caller: &Caller,
        filter: &OrganisationFilter,
        order: (OrganisationOrder, Direction),
        page: Page,
    ) -> Result<OrganisationListing, Fault> {
        let right = if filter.is_deleted { Right::ManageOrganisations } else { Right::ReadOrganisations };
        let reach = Reach::of(&caller.principal, right);
        let read = Reach::of(&caller.principal, Right::ReadOrganisations);
        let mut link = self.database.read().await?;
        let (rows, found) = organisation_page::page(&mut link, &reach, filter, order, page).await?;
        let everything = OrganisationFilter::default();
        let (_, total) = organisation_page::page(&mut link, &read, &everything, order, first(1)).await?;
        let parent = match filter.parent {
            Some(parent) => organisation_details::find(&mut link, &read, parent).await?.map(|parent| parent.name),
            None => None,
        };
        Ok(OrganisationListing { rows: counted(&mut link, rows).await?, found, total, parent })
    }

    /// A page of the people of the organisations that the caller sees.
    pub async fn people_listing(
        &self,
        caller: &Caller,
        filter: &PeopleFilter,
        order: (PeopleOrder, Direction),
        page: Page,
    ) -> Result<PeopleListing, Fault> {
        let reach = Reach::of(&caller.principal, Right::ReadUsers);
        let mut link = self.database.read().await?;
        let (people, found) = people_page::page(&mut link, &reach, filter, order, page).await?;
        let (_, total) = people_page::page(&mut link, &reach, &PeopleFilter::default(), order, first(1)).await?;
        let read = Reach::of(&caller.principal, Right::ReadOrganisations);
        let organisation = match filter.organisation {
            Some(id) => organisation_details::find(&mut link, &read, id).await?.map(|found| found.name),
            None => None,
        };
        Ok(PeopleListing { page: PeoplePage { people, total: found }, total, organisation })
    }

    /// The first organisations in which the caller holds this right, whose name contains the text: of every kind below
    /// which this one can stand, or of every kind.
    pub async fn places(
        &self,
        caller: &Caller,
        right: Right,
        below: Option<OrganisationKind>,
        wanted: &str,
    ) -> Result<Vec<Place>, Fault> {
        let reach = Reach::of(&caller.principal, right);
        let search = Some(wanted.trim().to_owned()).filter(|text| !text.is_empty());
        let kinds = OrganisationKind::ALL.into_iter().filter(|kind| below.is_none_or(|it| it.may_stand_below(*kind)));
        let mut link = self.database.read().await?;
        let mut places = Vec::new();
        for kind in kinds {
            let filter =
                OrganisationFilter { search: search.clone(), kind: Some(kind), ..OrganisationFilter::default() };
            let order = (OrganisationOrder::Name, Direction::Ascending);
            let (found, _) = organisation_page::page(&mut link, &reach, &filter, order, first(PLACES)).await?;
            places.extend(found.into_iter().map(Place::from));
        }
        Ok(places)
    }

    /// One organisation in which the caller holds this right.
    pub async fn place(&self, caller: &Caller, right: Right, id: OrganisationId) -> Result<Option<Place>, Fault> {
        let reach = Reach::of(&caller.principal, right);
        let found = organisation_details::find(&mut self.database.read().await?, &reach, id).await?;
        Ok(found.map(Place::from))
    }
}

impl From<OrganisationDetails> for Place {
    fn from(details: OrganisationDetails) -> Self {
        Self { id: details.id, name: details.name, kind: details.kind, parent: details.parent_name }
    }
}

/// The same organisations with what each has itself.
pub(super) async fn counted(
    link: &mut Link,
    organisations: Vec<OrganisationDetails>,
) -> Stored<Vec<CountedOrganisation>> {
    let mut rows = Vec::new();
    for organisation in organisations {
        let counts = tree_count::own(link, organisation.id).await?;
        rows.push(CountedOrganisation { organisation, counts });
    }
    Ok(rows)
}
