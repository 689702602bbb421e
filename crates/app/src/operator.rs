//! What an administrator does at the command line, also while the server runs.

use bailiwick_domain::fault::Fault;
use bailiwick_store::query::{invalidation, property};
use serde_json::json;

use crate::audit::{Act, Actor};
use crate::context::Context;
use crate::keys;

impl Context {
    /// Replaces the signing keys; returns the names of the new ones. Running
    /// servers take them up within a second.
    pub async fn rotate_keys(&self) -> Result<Vec<String>, Fault> {
        let now = self.now();
        let mut transaction = self.database.write().await?;
        let kids = keys::rotate(&mut transaction, &self.vault, self.random.as_ref(), now).await?;
        invalidation::insert(&mut transaction, "keys", None, now).await?;
        let act = Act {
            action: "keys.rotated",
            subject_kind: "server",
            subject: None,
            organisation: None,
            details: json!({ "kids": kids }),
        };
        self.audit(&mut transaction, Actor::Operator, act, now).await?;
        transaction.commit().await?;
        Ok(kids)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Fault> {
        Ok(property::ping(&mut self.database.read().await?).await?)
    }
}
