//! API keys of people: listed, and taken back.

use bailiwick_domain::id::ApiKeyId;
use bailiwick_store::query::api_key;

use super::{ListedUser, OperatorRefusal, PersonDetails, UserKey};
use crate::api_key::ApiKeyRecord;
use crate::audit::Actor;
use crate::context::Context;

impl Context {
    /// A person and their keys, the newest first, those included that have expired not long ago.
    ///
    /// # Errors
    /// [`OperatorRefusal::UserUnknown`].
    pub async fn api_keys_for_operator(
        &self,
        key: &UserKey,
    ) -> Result<(ListedUser, Vec<ApiKeyRecord>), OperatorRefusal> {
        let PersonDetails { person, .. } = self.user_for_operator(key).await?;
        let keys = self.api_keys_of(person.id).await?;
        Ok((person, keys))
    }

    /// Takes a key back, whosever it is; returns it with the person that it was of.
    ///
    /// # Errors
    /// [`OperatorRefusal::ApiKeyUnknown`].
    pub async fn revoke_api_key_as_operator(
        &self,
        id: ApiKeyId,
    ) -> Result<(ListedUser, ApiKeyRecord), OperatorRefusal> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let revoked = api_key::revoke(&mut transaction, id).await?.ok_or(OperatorRefusal::ApiKeyUnknown(id))?;
        let owner = super::user::find(&mut transaction, &UserKey::Id(revoked.user)).await?;
        let because = "revoked by the operator";
        self.note_revoked(&mut transaction, &revoked, Actor::Operator, because, now).await?;
        transaction.commit().await?;
        self.principals.forget(id.uuid());
        Ok((owner, revoked))
    }
}
