//! What pages show of one thing or of a part of the tree: all of it read in one transaction, and with it what whoever
//! looks may do about it. What they may do is decided again when they do it.

mod decision;
mod licence;
mod listing;
mod organisation;
mod person;
mod question;
mod seats;
mod tree;

use bailiwick_domain::field::Parse;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::page::{Page, PageNumber, PageSize};
use bailiwick_domain::role::Right;
use bailiwick_store::query::membership;
use bailiwick_store::query::reach::Reach;
use bailiwick_store::{Link, Result as Stored};

use crate::caller::Caller;

pub use bailiwick_store::query::tree_count::OwnCounts;
pub use decision::{Decision, DecisionPreview};
pub use licence::{LicenceOverview, LicencePowers, SystemLicences};
pub use listing::{CountedOrganisation, OrganisationListing, PeopleListing, Place};
pub use organisation::{HistoryEntry, OrganisationOverview, OrganisationPowers};
pub use person::{Holdings, MembershipInSight, PersonOverview, PersonPowers, RemovalPreview};
pub use question::{AccessAsk, AccessQuestion, Match};
pub use seats::{AgreementOverview, PoolOverview, PoolPowers, SeatFamily};
pub use tree::{Branch, OrganisationTree};

/// The first rows of a list; a hundred at most.
fn first(rows: u32) -> Page {
    let size = PageSize::parse_text(&rows.to_string()).unwrap_or_default();
    Page { number: PageNumber::default(), size }
}

/// Whether a right of the caller reaches an organisation that is not deleted.
async fn reaches(link: &mut Link, caller: &Caller, right: Right, organisation: OrganisationId) -> Stored<bool> {
    membership::reaches(link, &Reach::of(&caller.principal, right), organisation).await
}
