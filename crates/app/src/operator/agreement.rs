//! Agreements, as an operator names them.

use std::fmt;

use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::id::AgreementId;
use bailiwick_domain::licence::agreement::AgreementStatus;
use bailiwick_domain::name::Name;
use bailiwick_store::query::agreement::{self, AgreementRecord};

use super::OperatorRefusal;
use crate::context::Context;

/// Versions of the agreements of one name that are looked at.
const VERSIONS_MAX: i64 = 1000;

/// How an operator names an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgreementKey {
    /// By the id of one version.
    Id(AgreementId),
    /// By its name.
    Name(Name),
}

impl Parse for AgreementKey {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let id = AgreementId::parse_text(text).map(Self::Id);
        id.or_else(|_| Name::parse_text(text).map(Self::Name)).map_err(|refusal| {
            Refusal::new(refusal.rule, "the name of an agreement, or the UUID of one of its versions")
        })
    }
}

impl fmt::Display for AgreementKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(formatter, "the id {id}"),
            Self::Name(name) => write!(formatter, "the name {name}"),
        }
    }
}

impl Context {
    /// The version of an agreement that is meant: of those of a name the one that has come this far, or else the newest.
    ///
    /// # Errors
    /// [`OperatorRefusal::AgreementUnknown`], [`OperatorRefusal::AgreementAmbiguous`].
    pub async fn agreement_for_operator(
        &self,
        key: &AgreementKey,
        wanted: Option<AgreementStatus>,
    ) -> Result<AgreementRecord, OperatorRefusal> {
        let mut link = self.database.read().await?;
        match key {
            AgreementKey::Id(id) => agreement::find(&mut link, *id, true).await?.ok_or_else(|| unknown(key)),
            AgreementKey::Name(name) => {
                let versions = agreement::by_name(&mut link, name, VERSIONS_MAX).await?;
                one_of(versions, wanted, name)
            }
        }
    }
}

fn one_of(
    mut versions: Vec<AgreementRecord>,
    wanted: Option<AgreementStatus>,
    name: &Name,
) -> Result<AgreementRecord, OperatorRefusal> {
    let is_wanted = |version: &AgreementRecord| wanted.is_some_and(|wanted| version.status() == wanted);
    if versions.iter().any(is_wanted) {
        versions.retain(is_wanted);
    }
    // They come by family, the newest version first.
    versions.dedup_by_key(|version| version.family);
    if versions.len() > 1 {
        let ids = versions.iter().map(|version| version.id).collect();
        return Err(OperatorRefusal::AgreementAmbiguous { name: name.clone(), ids });
    }
    versions.pop().ok_or_else(|| unknown(&AgreementKey::Name(name.clone())))
}

fn unknown(key: &AgreementKey) -> OperatorRefusal {
    OperatorRefusal::AgreementUnknown(key.clone())
}
