//! Licences, as the Authorisation API shows them (seed 001, "License").

use std::borrow::Cow;

use bailiwick_app::caller::Caller;
use bailiwick_app::licensing::licence::{AgreementKey, LicenceFilter, LicenceRecord};
use bailiwick_contract::answer::{Ok200, PaginationRecords, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::NoPath;
use bailiwick_contract::{path, query};
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::Code;
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::id::{AgreementId, FamilyId, LicenceId, OrganisationId, SystemId, UserId};
use bailiwick_domain::licence::agreement::AgreementKind;
use bailiwick_domain::licence::capability::{Capabilities, Catalogues};
use bailiwick_domain::licence::key::LicenceKey;
use bailiwick_domain::licence::order::LicenceOrders;
use bailiwick_domain::licence::price::{BasisPoints, MinorUnits};
use bailiwick_domain::name::Name;
use bailiwick_domain::page::{Limit, Offset};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::{Span, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::system_list::Search;

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/auth/license/{uuid}", "get-license", "Get a single license")
            .tag("License")
            .describe("A licence of your organisations, or of one below them.")
            .within(Span::seconds(1))
            .faults(&[Code::LicenceNotFound])
            .needs(Right::ReadLicences)
            .while_impersonating()
            .takes_api_keys()
            .handle(show),
        Endpoint::get("/auth/licenses", "list-licenses", "Return a list of licenses")
            .tag("License")
            .describe(
                "The licences of your organisations and of all below them: filtered, counted, ordered, and then \
                 sliced. Where all that they are ordered by is equal, they are in the order of their ids.",
            )
            .within(Span::seconds(5))
            .needs(Right::ReadLicences)
            .while_impersonating()
            .takes_api_keys()
            .handle(list),
    ]
}

path! {
    /// Which licence.
    pub struct LicencePath or LicenceNotFound {
        /// The licence's id.
        uuid: LicenceId,
    }
}

/// How a filter names an agreement.
#[derive(Clone, Debug)]
pub struct AgreementFilterKey(AgreementKey);

impl Parse for AgreementFilterKey {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let id = AgreementId::parse_text(text).map(AgreementKey::Id);
        let name = || Name::parse_text(text).map(|name| AgreementKey::Name(name.as_str().to_owned()));
        let refusal = |refusal: Refusal| Refusal::new(refusal.rule, "the name of an agreement, or its UUID");
        id.or_else(|_| name()).map(Self).map_err(refusal)
    }
}

/// A UUID is written as a name may be.
impl JsonSchema for AgreementFilterKey {
    fn schema_name() -> Cow<'static, str> {
        Name::schema_name()
    }

    fn inline_schema() -> bool {
        Name::inline_schema()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Name::json_schema(generator)
    }
}

query! {
    /// Which licences, in which order, and which slice of them.
    pub struct LicencesQuery {
        /// Number of items to skip from beginning of list (base 0).
        offset: Offset => defaulted "Offset",
        /// Number of items to return.
        limit: Limit => defaulted "Limit",
        /// Order the list by these fields, separated by commas; a `-` in front of one reverses it.
        order_by: LicenceOrders => optional "OrderBy",
        /// Text in the name of the agreement, the beginning of the key, or of words in the name of a system, without regard to
        /// case or accents.
        search: Search => optional "q",
        /// Only licences that this system has.
        device: SystemId => optional "Device",
        /// Only licences of this kind.
        kind: AgreementKind => optional "Kind",
        /// Only licences under the agreement with this name, or this UUID.
        agreement: AgreementFilterKey => optional "Agreement",
    }
}

/// A licence.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "License")]
pub(super) struct LicenceView {
    /// What it was issued under.
    agreement: LicenceAgreementView,
    /// The price of a month.
    amount_per_month: MinorUnits,
    /// The catalogues that it opens.
    #[serde(rename = "CatalogueUUIDs")]
    catalogue_uuids: Catalogues,
    /// What is taken off the price.
    #[serde(rename = "DiscountBP")]
    discount_bp: BasisPoints,
    /// When it runs out; null when it does not.
    expires_at: Option<Timestamp>,
    /// Its key.
    license_key: LicenceKey,
    /// Until when it is paid; null where nothing is.
    paid_until_at: Option<Timestamp>,
    /// Who sells it.
    provider_organisation: Option<NamedView<OrganisationId>>,
    /// Who accepted the agreement; null while nobody did, or where you may not see them.
    signed_user: Option<SignerView>,
    /// When they did.
    signed_user_at: Option<Timestamp>,
    /// When it begins.
    starts_at: Timestamp,
    /// Its id.
    #[serde(rename = "UUID")]
    uuid: LicenceId,
}

/// The agreement of a licence.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "LicenseAgreement")]
struct LicenceAgreementView {
    /// The id of all its versions.
    #[serde(rename = "FamilyUUID")]
    family_uuid: FamilyId,
    /// Its kind.
    kind: AgreementKind,
    /// How it is called.
    name: Name,
    /// What it allows.
    provides: Capabilities,
    /// When it was published.
    published_at: Option<Timestamp>,
    /// The id of this version.
    #[serde(rename = "UUID")]
    uuid: AgreementId,
    /// Which version it is.
    #[schemars(example = 1)]
    version: i64,
    /// When it was withdrawn or replaced; null while it was not.
    withdrawn_at: Option<Timestamp>,
}

/// Something with a name.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "Named")]
pub(super) struct NamedView<Id> {
    /// Its name.
    pub(super) name: Name,
    /// Its id.
    #[serde(rename = "UUID")]
    pub(super) uuid: Id,
}

impl<Id> NamedView<Id> {
    /// What has both, where it is to be seen.
    pub(super) fn of(uuid: Option<Id>, name: Option<Name>) -> Option<Self> {
        uuid.zip(name).map(|(uuid, name)| Self { name, uuid })
    }
}

/// Who accepted an agreement.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "SignedUser")]
struct SignerView {
    /// How they sign in.
    email: EmailAddress,
    /// How they are called.
    name: Name,
    /// Their id.
    #[serde(rename = "UUID")]
    uuid: UserId,
}

impl From<LicenceRecord> for LicenceView {
    fn from(licence: LicenceRecord) -> Self {
        let signer = licence.signer.zip(licence.signer_name).zip(licence.signer_email);
        Self {
            agreement: LicenceAgreementView {
                family_uuid: licence.family,
                kind: licence.agreement_kind,
                name: licence.agreement_name,
                provides: licence.provides,
                published_at: licence.agreement_published_at,
                uuid: licence.agreement,
                version: licence.agreement_version,
                withdrawn_at: licence.agreement_withdrawn_at,
            },
            amount_per_month: licence.amount_per_month,
            catalogue_uuids: licence.catalogues,
            discount_bp: licence.discount,
            expires_at: licence.expires_at,
            license_key: licence.key,
            paid_until_at: licence.paid_until_at,
            provider_organisation: NamedView::of(licence.provider, licence.provider_name),
            signed_user: signer.map(|((uuid, name), email)| SignerView { email, name, uuid }),
            signed_user_at: licence.signed_at,
            starts_at: licence.starts_at,
            uuid: licence.id,
        }
    }
}

async fn show(call: Call<Caller, LicencePath>) -> Reply<Ok200<LicenceView>> {
    Ok(Ok200::new(call.context.recall_licence(&call.caller, call.path.uuid).await?.into()))
}

async fn list(call: Call<Caller, NoPath, LicencesQuery>) -> Reply<Ok200<Vec<LicenceView>, PaginationRecords>> {
    let LicencesQuery { offset, limit, order_by, search, device, kind, agreement } = call.query;
    let filter = LicenceFilter {
        system: device,
        kind,
        agreement: agreement.map(|key| key.0),
        search: search.map(Search::into_text),
        ..LicenceFilter::default()
    };
    let orders = order_by.unwrap_or_default();
    let slice = (offset.get(), limit.get());
    let found = call.context.list_licences(&call.caller, &filter, &orders, slice).await?;
    let total = PaginationRecords(found.total.try_into().unwrap_or_default());
    Ok(Ok200::new(found.items.into_iter().map(LicenceView::from).collect()).with(total))
}
