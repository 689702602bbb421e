//! Single licences, remembered as each person saw them.
//!
//! Whoever asks for a licence again is answered without a query, for as long as nothing was forgotten that could change
//! the answer: no licence, agreement, person or organisation, on this node or on another one. What is remembered is
//! believed under the rules of [`principals`](crate::principals), which this leans on.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_domain::id::{LicenceId, SessionId, UserId};
use bailiwick_domain::principal::Principal;
use bailiwick_store::query::licence::LicenceRecord;
use moka::sync::Cache;

use crate::principals::{Epoch, Principals};

/// Licences that are remembered at the most, once for each who saw them: about 2 MB.
const REMEMBERED_MAX: u64 = 2000;
/// How long one is remembered.
const REMEMBERED_FOR: Duration = Duration::from_mins(10);

/// Who saw a licence: a person, or somebody who acts as them.
type Seer = (UserId, Option<SessionId>);

/// The memory of single licences.
#[derive(Debug)]
pub(crate) struct SeenLicences {
    known: Cache<(Seer, LicenceId), Arc<(Epoch, LicenceRecord)>>,
}

impl Default for SeenLicences {
    fn default() -> Self {
        Self { known: Cache::builder().max_capacity(REMEMBERED_MAX).time_to_live(REMEMBERED_FOR).build() }
    }
}

fn seer(principal: &Principal) -> Seer {
    (principal.user, principal.impersonator.as_ref().map(|actor| actor.impersonation))
}

impl SeenLicences {
    /// The licence as this person saw it last, if it still looks like that.
    pub(crate) fn recall(
        &self,
        principals: &Principals,
        principal: &Principal,
        id: LicenceId,
    ) -> Option<LicenceRecord> {
        let known = self.known.get(&(seer(principal), id))?;
        let (learned, licence) = known.as_ref();
        principals.is_current(*learned).then(|| licence.clone())
    }

    /// Remembers how this person sees a licence; `learned` is the epoch from before the database was asked.
    pub(crate) fn remember(&self, principal: &Principal, licence: &LicenceRecord, learned: Epoch) {
        self.known.insert((seer(principal), licence.id), Arc::new((learned, licence.clone())));
    }
}
