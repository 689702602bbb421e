//! Agreements: the terms under which licences are issued (contract, section 3: the private side).

use bailiwick_app::caller::Caller;
use bailiwick_app::licensing::agreement::{AgreementChange, AgreementFilter, AgreementRecord};
use bailiwick_contract::answer::{Created201, Ok200, PaginationRecords, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::fault_answer::Message;
use bailiwick_contract::input::{NoPath, NoQuery, Patch};
use bailiwick_contract::{body, path, query};
use bailiwick_domain::fault::Code;
use bailiwick_domain::id::{AgreementId, FamilyId};
use bailiwick_domain::licence::agreement::{AgreementKind, AgreementStatus};
use bailiwick_domain::licence::capability::{Capabilities, Catalogues};
use bailiwick_domain::licence::price::MinorUnits;
use bailiwick_domain::licence::term::{DurationDays, GraceDays, LeaseDays, SystemsPerLicence, TrialsPerOrganisation};
use bailiwick_domain::name::Name;
use bailiwick_domain::page::{Limit, Offset};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::system_list::Search;

/// What an act on an agreement can end in.
const REFUSED: &[Code] = &[Code::AgreementNotFound, Code::OwnersAgreements, Code::AgreementSettled];

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/auth/admin/agreements", "list-agreements", "List agreements")
            .tag("Agreements")
            .describe("By name, the newest version first. Drafts are listed for those who write them.")
            .needs(Right::ReadLicences)
            .while_impersonating()
            .takes_api_keys()
            .handle(list),
        Endpoint::post("/auth/admin/agreements", "create-agreement", "Write an agreement")
            .tag("Agreements")
            .describe("It is a draft until it is published. Agreements are written by who runs the server.")
            .faults(&[Code::OwnersAgreements])
            .needs(Right::ManageAgreements)
            .takes_api_keys()
            .handle(create),
        Endpoint::get("/auth/admin/agreements/{uuid}", "get-agreement", "Read an agreement")
            .tag("Agreements")
            .faults(&[Code::AgreementNotFound])
            .needs(Right::ReadLicences)
            .while_impersonating()
            .takes_api_keys()
            .handle(show),
        Endpoint::patch("/auth/admin/agreements/{uuid}", "change-agreement", "Change a draft")
            .tag("Agreements")
            .describe("What is absent stays as it is. What was published does not change.")
            .faults(REFUSED)
            .needs(Right::ManageAgreements)
            .takes_api_keys()
            .handle(change),
        Endpoint::delete("/auth/admin/agreements/{uuid}", "delete-agreement", "Delete a draft")
            .tag("Agreements")
            .faults(REFUSED)
            .needs(Right::ManageAgreements)
            .takes_api_keys()
            .handle(delete),
        Endpoint::post("/auth/admin/agreements/{uuid}/publish", "publish-agreement", "Publish a draft")
            .tag("Agreements")
            .describe("From then on it does not change, and takes the place of the version before it.")
            .faults(REFUSED)
            .needs(Right::ManageAgreements)
            .takes_api_keys()
            .handle(publish),
        Endpoint::post("/auth/admin/agreements/{uuid}/withdraw", "withdraw-agreement", "Withdraw an agreement")
            .tag("Agreements")
            .describe("No licence is issued or renewed under it any more; those that were stay as they are.")
            .faults(&[Code::AgreementNotFound, Code::OwnersAgreements, Code::AgreementNotPublished])
            .needs(Right::ManageAgreements)
            .takes_api_keys()
            .handle(withdraw),
        Endpoint::post("/auth/admin/agreements/{uuid}/revise", "revise-agreement", "Begin a new version")
            .tag("Agreements")
            .describe("A draft with the same terms; once it is published it takes the place of this version.")
            .faults(&[Code::AgreementNotFound, Code::OwnersAgreements, Code::DraftExists])
            .needs(Right::ManageAgreements)
            .takes_api_keys()
            .handle(revise),
    ]
}

path! {
    /// Which agreement.
    pub struct AgreementPath or AgreementNotFound {
        /// The id of the version.
        uuid: AgreementId,
    }
}

query! {
    /// Which agreements.
    pub struct AgreementsQuery {
        /// How many to pass over.
        offset: Offset => defaulted "Offset",
        /// How many to return.
        limit: Limit => defaulted "Limit",
        /// Only those that have come this far.
        status: AgreementStatus => optional "Status",
        /// Only those of this kind.
        kind: AgreementKind => optional "Kind",
        /// Text in the name, without regard to case or accents.
        search: Search => optional "q",
    }
}

body! {
    /// What an agreement says.
    pub strict struct CreateAgreement {
        /// How it is called.
        name: Name => required "Name",
        /// Its kind, such as `trial` or `subscription`.
        kind: AgreementKind => required "Kind",
        /// What it allows.
        provides: Capabilities => optional "Provides",
        /// The catalogues that it opens.
        catalogues: Catalogues => optional "CatalogueUUIDs",
        /// How many days a licence lasts unless it is issued for others: 365, or 90 for a trial; null for no end.
        duration: DurationDays => clearable "DurationDays",
        /// The price of a month.
        amount_per_month: MinorUnits => optional "AmountPerMonth",
        /// How many systems of an organisation are given a licence to try, each as it is created: unless it says
        /// otherwise one of a trial, and none of anything else.
        trials: TrialsPerOrganisation => optional "TrialsPerOrganisation",
        /// How many days what it allows may be used after a licence has run out.
        grace: GraceDays => optional "GraceDays",
        /// How many systems a licence is for.
        systems: SystemsPerLicence => optional "DevicesPerLicense",
        /// How many days an appliance may go on without hearing from its server.
        lease: LeaseDays => optional "LeaseDays",
    }
}

body! {
    /// What is to be changed of a draft.
    pub strict struct ChangeAgreement {
        /// How it is called.
        name: Name => optional "Name",
        /// Its kind.
        kind: AgreementKind => optional "Kind",
        /// What it allows.
        provides: Capabilities => optional "Provides",
        /// The catalogues that it opens.
        catalogues: Catalogues => optional "CatalogueUUIDs",
        /// How many days a licence lasts; null for no end.
        duration: DurationDays => clearable "DurationDays",
        /// The price of a month.
        amount_per_month: MinorUnits => optional "AmountPerMonth",
        /// How many systems of an organisation are given a licence to try.
        trials: TrialsPerOrganisation => optional "TrialsPerOrganisation",
        /// How many days what it allows may be used after a licence has run out.
        grace: GraceDays => optional "GraceDays",
        /// How many systems a licence is for.
        systems: SystemsPerLicence => optional "DevicesPerLicense",
        /// How many days an appliance may go on without hearing from its server.
        lease: LeaseDays => optional "LeaseDays",
    }
}

/// The terms under which licences are issued.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "Agreement")]
struct AgreementView {
    /// The price of a month.
    amount_per_month: MinorUnits,
    /// The catalogues that it opens.
    #[serde(rename = "CatalogueUUIDs")]
    catalogue_uuids: Catalogues,
    /// Since when it exists.
    created_at: Timestamp,
    /// How many systems a licence is for.
    devices_per_license: SystemsPerLicence,
    /// How many days a licence lasts; null for no end.
    duration_days: Option<DurationDays>,
    /// The id of all its versions.
    #[serde(rename = "FamilyUUID")]
    family_uuid: FamilyId,
    /// How many days what it allows may be used after a licence has run out.
    grace_days: GraceDays,
    /// Its kind.
    kind: AgreementKind,
    /// How many days an appliance may go on without hearing from its server.
    lease_days: LeaseDays,
    /// How it is called.
    name: Name,
    /// What it allows.
    provides: Capabilities,
    /// When it was published; null for a draft.
    published_at: Option<Timestamp>,
    /// How far it has come.
    status: AgreementStatus,
    /// How many systems of an organisation are given a licence to try.
    trials_per_organisation: TrialsPerOrganisation,
    /// The id of this version.
    #[serde(rename = "UUID")]
    uuid: AgreementId,
    /// When it was changed last.
    updated_at: Timestamp,
    /// Which version it is, from 1 on.
    #[schemars(example = 1)]
    version: i64,
    /// When it was withdrawn or replaced; null while it was not.
    withdrawn_at: Option<Timestamp>,
}

impl From<AgreementRecord> for AgreementView {
    fn from(agreement: AgreementRecord) -> Self {
        Self {
            status: agreement.status(),
            amount_per_month: agreement.amount_per_month,
            catalogue_uuids: agreement.catalogues,
            created_at: agreement.created_at,
            devices_per_license: agreement.systems,
            duration_days: agreement.duration,
            family_uuid: agreement.family,
            grace_days: agreement.grace,
            kind: agreement.kind,
            lease_days: agreement.lease,
            name: agreement.name,
            provides: agreement.provides,
            published_at: agreement.published_at,
            trials_per_organisation: agreement.trials,
            uuid: agreement.id,
            updated_at: agreement.updated_at,
            version: agreement.version,
            withdrawn_at: agreement.withdrawn_at,
        }
    }
}

async fn list(call: Call<Caller, NoPath, AgreementsQuery>) -> Reply<Ok200<Vec<AgreementView>, PaginationRecords>> {
    let AgreementsQuery { offset, limit, status, kind, search } = call.query;
    let filter = AgreementFilter { status, kind, search: search.map(Search::into_text) };
    let found = call.context.list_agreements(&call.caller, &filter, (offset.get(), limit.get())).await?;
    let total = PaginationRecords(found.total.try_into().unwrap_or_default());
    Ok(Ok200::new(found.items.into_iter().map(AgreementView::from).collect()).with(total))
}

async fn create(call: Call<Caller, NoPath, NoQuery, CreateAgreement>) -> Reply<Created201<AgreementView>> {
    let body = call.body;
    let change = AgreementChange {
        name: None,
        kind: None,
        provides: body.provides,
        catalogues: body.catalogues,
        duration: body.duration,
        amount_per_month: body.amount_per_month,
        trials: body.trials,
        grace: body.grace,
        systems: body.systems,
        lease: body.lease,
    };
    let agreement = call.context.create_agreement(&call.caller, change.terms(body.name, body.kind)).await?;
    Ok(Created201::new(agreement.into()))
}

async fn show(call: Call<Caller, AgreementPath>) -> Reply<Ok200<AgreementView>> {
    Ok(Ok200::new(call.context.show_agreement(&call.caller, call.path.uuid).await?.into()))
}

async fn change(call: Call<Caller, AgreementPath, NoQuery, ChangeAgreement>) -> Reply<Ok200<AgreementView>> {
    let body = call.body;
    let duration: Patch<DurationDays> = body.duration;
    let change = AgreementChange {
        name: body.name,
        kind: body.kind,
        provides: body.provides,
        catalogues: body.catalogues,
        duration,
        amount_per_month: body.amount_per_month,
        trials: body.trials,
        grace: body.grace,
        systems: body.systems,
        lease: body.lease,
    };
    Ok(Ok200::new(call.context.change_agreement(&call.caller, call.path.uuid, change).await?.into()))
}

async fn delete(call: Call<Caller, AgreementPath>) -> Reply<Ok200<Message>> {
    let gone = call.context.delete_agreement(&call.caller, call.path.uuid).await?;
    Ok(Ok200::new(Message::saying("The draft is deleted.").about(&gone.id)))
}

async fn publish(call: Call<Caller, AgreementPath>) -> Reply<Ok200<AgreementView>> {
    Ok(Ok200::new(call.context.publish_agreement(&call.caller, call.path.uuid).await?.into()))
}

async fn withdraw(call: Call<Caller, AgreementPath>) -> Reply<Ok200<AgreementView>> {
    Ok(Ok200::new(call.context.withdraw_agreement(&call.caller, call.path.uuid).await?.into()))
}

async fn revise(call: Call<Caller, AgreementPath>) -> Reply<Created201<AgreementView>> {
    Ok(Created201::new(call.context.revise_agreement(&call.caller, call.path.uuid).await?.into()))
}
