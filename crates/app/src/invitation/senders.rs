//! Who sent invitations, for those who may see them.

use std::collections::HashMap;

use bailiwick_domain::fault::Fault;
use bailiwick_domain::id::UserId;
use bailiwick_domain::role::Right;
use bailiwick_store::Link;
use bailiwick_store::query::invitation::InvitationRecord;
use bailiwick_store::query::people;

use crate::caller::Authority;

/// Leaves those out who are not to be seen: who invites from above is nobody's affair below, and neither is where
/// somebody went who has left.
pub(super) async fn show_to(
    link: &mut Link,
    by: Authority<'_>,
    invitations: &mut [InvitationRecord],
) -> Result<(), Fault> {
    let reach = by.reach(Right::ReadUsers);
    let mut seen: HashMap<UserId, bool> = by.user().into_iter().map(|user| (user, true)).collect();
    for invitation in invitations {
        let Some(sender) = invitation.invited_by else { continue };
        let is_seen = match seen.get(&sender) {
            Some(is_seen) => *is_seen,
            None => people::find(link, &reach, sender).await?.is_some(),
        };
        seen.insert(sender, is_seen);
        if !is_seen {
            (invitation.invited_by, invitation.invited_by_name) = (None, None);
        }
    }
    Ok(())
}
