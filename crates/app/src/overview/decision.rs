//! What a decision of an organisation would touch, before it is made.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_store::query::organisation_details::OrganisationDetails;
use bailiwick_store::query::tree_count::{self, Touched};

use super::organisation::{found, powers};
use crate::caller::Caller;
use crate::context::Context;

/// What can be decided of an organisation that takes something away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Suspending it.
    Suspend,
    /// Deleting it.
    Delete,
    /// Removing it for good.
    Destroy,
    /// Putting it below another one.
    Move,
}

/// What a decision would touch.
#[derive(Clone, Debug)]
pub struct DecisionPreview {
    /// The organisation.
    pub organisation: OrganisationDetails,
    /// What would change its state with it, or be gone.
    pub touched: Touched,
}

impl Context {
    /// What a decision of the caller would touch. Where there is nothing to decide any more, the organisation says so.
    ///
    /// # Errors
    /// [`Code::OrganisationNotFound`]; [`Code::InsufficientPermissions`] where the caller may not decide it;
    /// [`Code::OwnerStays`]; [`Code::OwnOrganisation`].
    pub async fn preview_decision(
        &self,
        caller: &Caller,
        id: OrganisationId,
        decision: Decision,
    ) -> Result<DecisionPreview, Fault> {
        let mut link = self.database.read().await?;
        let organisation = found(&mut link, caller, id).await?;
        let powers = powers(&mut link, caller, &organisation).await?;
        if organisation.is_deleted {
            let touched = tree_count::doomed(&mut link, id).await?;
            return Ok(DecisionPreview { organisation, touched });
        }
        if decision != Decision::Destroy && !powers.may_decide {
            let code = match (powers.may_change, organisation.kind) {
                (false, _) => Code::InsufficientPermissions,
                (true, OrganisationKind::Owner) => Code::OwnerStays,
                (true, _) => Code::OwnOrganisation,
            };
            return Err(code.into());
        }
        let touched = match decision {
            Decision::Suspend => tree_count::active(&mut link, id).await?,
            Decision::Delete | Decision::Move => tree_count::living(&mut link, id).await?,
            Decision::Destroy => tree_count::doomed(&mut link, id).await?,
        };
        Ok(DecisionPreview { organisation, touched })
    }
}
