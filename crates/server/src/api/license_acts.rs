//! What is done with licences: issued, signed, renewed, handed over, taken away, bound to systems (contract, section 3:
//! the private side).

use bailiwick_app::caller::Caller;
use bailiwick_app::licensing::licence::{LicenceChange, LicenceDraft, Renewing};
use bailiwick_contract::access::SignedIn;
use bailiwick_contract::answer::{Created201, Ok200, PaginationRecords, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::{Declaration, Endpoint};
use bailiwick_contract::input::{NoPath, NoQuery};
use bailiwick_contract::{body, path, query};
use bailiwick_domain::fault::Code;
use bailiwick_domain::id::{AgreementId, LicenceId, OrganisationId, SystemId};
use bailiwick_domain::licence::capability::Systems;
use bailiwick_domain::licence::price::{BasisPoints, MinorUnits};
use bailiwick_domain::licence::term::Quantity;
use bailiwick_domain::page::{Limit, Offset};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;

use super::license::LicencePath;
use super::license_view::{ChangeView, DetailsView, DeviceView};

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    [reads(), terms(), decisions(), bindings()].into_iter().flatten().collect()
}

fn reads() -> Vec<Endpoint> {
    let path = "/auth/admin/licenses/{uuid}/devices";
    vec![
        reading("/auth/admin/licenses/{uuid}", "get-license-details", "Read all of a license").handle(show),
        reading("/auth/admin/licenses/{uuid}/history", "license-history", "What happened to a license").handle(history),
        reading(path, "license-devices", "The devices that have a license").handle(devices),
    ]
}

/// What licences are issued, signed and renewed with.
fn terms() -> Vec<Endpoint> {
    vec![
        Endpoint::post("/auth/admin/licenses", "issue-licenses", "Issue licenses")
            .tag("License")
            .describe(
                "To an organisation below the one that sells them, or to that one itself. Each uses a seat of whoever \
                 sells it; whoever runs the server needs seats only once any of the agreement were made.",
            )
            .faults(&[
                Code::AgreementNotFound,
                Code::AgreementNotPublished,
                Code::TooFewSeats,
                Code::LicenceFull,
                Code::DeviceBound,
            ])
            .needs(Right::ManageLicences)
            .takes_api_keys()
            .handle(issue),
        Endpoint::patch("/auth/admin/licenses/{uuid}", "change-license", "Change what a license costs")
            .tag("License")
            .describe("What is absent stays as it is. Decided by those who manage licences of whoever sells it.")
            .faults(SELLING)
            .needs(Right::ManageLicences)
            .takes_api_keys()
            .handle(change),
        Endpoint::post("/auth/admin/licenses/{uuid}/sign", "sign-license", "Accept the agreement of a license")
            .tag("License")
            .describe("By a person, for the organisation that holds it.")
            .faults(&[Code::LicenceNotFound, Code::LicenceRevoked, Code::LicenceSigned])
            .needs(Right::ManageLicences)
            .handle(sign),
        Endpoint::post("/auth/admin/licenses/{uuid}/renew", "renew-license", "Renew a license")
            .tag("License")
            .describe(
                "Under the version of its agreement that is published now. Where that is another one it has to be \
                 signed again, and costs what that one says. Without `ExpiresAt` it lasts as long after its end as \
                 the agreement says; after its grace, from now on.",
            )
            .faults(&[Code::LicenceNotFound, Code::LicenceRevoked, Code::LicenceEndless, Code::AgreementNotPublished])
            .needs(Right::ManageLicences)
            .takes_api_keys()
            .handle(renew),
    ]
}

/// What whoever sells a licence decides of it.
fn decisions() -> Vec<Endpoint> {
    let suspend_path = "/auth/admin/licenses/{uuid}/suspend";
    let reactivate_path = "/auth/admin/licenses/{uuid}/reactivate";
    vec![
        Endpoint::post("/auth/admin/licenses/{uuid}/transfer", "transfer-license", "Hand a license over")
            .tag("License")
            .describe("The systems that have it lose it, and it has to be signed again.")
            .faults(SELLING)
            .needs(Right::ManageLicences)
            .takes_api_keys()
            .handle(transfer),
        selling(suspend_path, "suspend-license", "Suspend a license", SUSPENDING).handle(suspend),
        selling(reactivate_path, "reactivate-license", "End the suspension of a license", REACTIVATING)
            .handle(reactivate),
        selling("/auth/admin/licenses/{uuid}/revoke", "revoke-license", "Revoke a license for good", SELLING)
            .handle(revoke),
    ]
}

/// Which systems have a licence.
fn bindings() -> Vec<Endpoint> {
    let path = "/auth/admin/licenses/{uuid}/devices/{device}";
    vec![
        Endpoint::post("/auth/admin/licenses/{uuid}/devices", "bind-license", "Give a device a license")
            .tag("License")
            .describe("A system that you manage, of the organisation that holds the licence.")
            .faults(&[Code::LicenceNotFound, Code::LicenceRevoked, Code::LicenceFull, Code::DeviceBound])
            .needs(Right::ManageSystems)
            .takes_api_keys()
            .handle(bind),
        Endpoint::delete(path, "release-license", "Take a license from a device")
            .tag("License")
            .faults(&[Code::LicenceNotFound, Code::DeviceNotBound])
            .needs(Right::ManageSystems)
            .takes_api_keys()
            .handle(release),
    ]
}

/// What a decision of whoever sells a licence can end in.
const SELLING: &[Code] = &[Code::LicenceNotFound, Code::LicenceRevoked];
/// What suspending one can end in.
const SUSPENDING: &[Code] = &[Code::LicenceNotFound, Code::LicenceRevoked, Code::LicenceSuspended];
/// What ending its suspension can end in.
const REACTIVATING: &[Code] = &[Code::LicenceNotFound, Code::LicenceRevoked, Code::LicenceNotSuspended];

fn reading(path: &'static str, name: &'static str, summary: &'static str) -> Declaration<SignedIn> {
    let declaration = Endpoint::get(path, name, summary).tag("License").faults(&[Code::LicenceNotFound]);
    declaration.needs(Right::ReadLicences).while_impersonating().takes_api_keys()
}

fn selling(
    path: &'static str,
    name: &'static str,
    summary: &'static str,
    faults: &'static [Code],
) -> Declaration<SignedIn> {
    let declaration = Endpoint::post(path, name, summary).tag("License").faults(faults);
    declaration.needs(Right::ManageLicences).takes_api_keys()
}

path! {
    /// Which licence, and which system.
    pub struct LicenceDevicePath or LicenceNotFound {
        /// The licence's id.
        uuid: LicenceId,
        /// The system's id.
        device: SystemId,
    }
}

query! {
    /// Which slice of a list.
    pub struct SliceQuery {
        /// How many to pass over.
        offset: Offset => defaulted "Offset",
        /// How many to return.
        limit: Limit => defaulted "Limit",
    }
}

body! {
    /// What licences are issued with.
    pub strict struct IssueLicenses {
        /// The UUID of the agreement.
        agreement: AgreementId => required "Agreement",
        /// The UUID of the organisation that is to hold them.
        organisation: OrganisationId => required "Organisation",
        /// The UUID of the organisation that sells them: yours, unless you say otherwise.
        provider: OrganisationId => optional "Provider",
        /// How many.
        quantity: Quantity => defaulted "Quantity",
        /// The price of a month; as the agreement has it, unless you say otherwise.
        amount_per_month: MinorUnits => optional "AmountPerMonth",
        /// What is taken off that.
        discount: BasisPoints => defaulted "DiscountBP",
        /// When they begin: now, unless you say otherwise.
        starts_at: Timestamp => optional "StartsAt",
        /// When they run out; as long after their begin as the agreement says, unless you say otherwise.
        expires_at: Timestamp => optional "ExpiresAt",
        /// Until when they are paid.
        paid_until_at: Timestamp => optional "PaidUntilAt",
        /// The UUIDs of the systems that they are for.
        devices: Systems => optional "Devices",
    }
}

body! {
    /// What is to be changed of a licence.
    pub strict struct ChangeLicense {
        /// The price of a month.
        amount_per_month: MinorUnits => optional "AmountPerMonth",
        /// What is taken off that.
        discount: BasisPoints => optional "DiscountBP",
        /// Until when it is paid; null where nothing is.
        paid_until_at: Timestamp => clearable "PaidUntilAt",
    }
}

body! {
    /// How a licence is renewed.
    pub strict struct RenewLicense {
        /// When it runs out then.
        expires_at: Timestamp => optional "ExpiresAt",
    }
}

body! {
    /// To whom a licence is handed over.
    pub strict struct TransferLicense {
        /// The UUID of the organisation.
        organisation: OrganisationId => required "Organisation",
    }
}

body! {
    /// Which system is given a licence.
    pub strict struct BindLicense {
        /// The UUID of the system.
        device: SystemId => required "Device",
    }
}

async fn show(call: Call<Caller, LicencePath>) -> Reply<Ok200<DetailsView>> {
    let licence = call.context.show_licence(&call.caller, call.path.uuid).await?;
    Ok(Ok200::new(DetailsView::new(licence, call.context.now())))
}

async fn history(call: Call<Caller, LicencePath, SliceQuery>) -> Reply<Ok200<Vec<ChangeView>, PaginationRecords>> {
    let slice = (call.query.offset.get(), call.query.limit.get());
    let found = call.context.licence_history(&call.caller, call.path.uuid, slice).await?;
    let total = PaginationRecords(found.total.try_into().unwrap_or_default());
    Ok(Ok200::new(found.items.into_iter().map(ChangeView::from).collect()).with(total))
}

async fn devices(call: Call<Caller, LicencePath, SliceQuery>) -> Reply<Ok200<Vec<DeviceView>, PaginationRecords>> {
    let slice = (call.query.offset.get(), call.query.limit.get());
    let found = call.context.systems_of_licence(&call.caller, call.path.uuid, slice).await?;
    let total = PaginationRecords(found.total.try_into().unwrap_or_default());
    Ok(Ok200::new(found.items.into_iter().map(DeviceView::from).collect()).with(total))
}

async fn issue(call: Call<Caller, NoPath, NoQuery, IssueLicenses>) -> Reply<Created201<Vec<DetailsView>>> {
    let body = call.body;
    let draft = LicenceDraft {
        agreement: body.agreement,
        holder: body.organisation,
        provider: body.provider,
        quantity: body.quantity,
        amount_per_month: body.amount_per_month,
        discount: body.discount,
        starts_at: body.starts_at,
        expires_at: body.expires_at,
        paid_until_at: body.paid_until_at,
        systems: body.devices.map(|devices| devices.as_slice().to_vec()).unwrap_or_default(),
    };
    let issued = call.context.issue_licences(&call.caller, draft).await?;
    let now = call.context.now();
    Ok(Created201::new(issued.into_iter().map(|licence| DetailsView::new(licence, now)).collect()))
}

async fn change(call: Call<Caller, LicencePath, NoQuery, ChangeLicense>) -> Reply<Ok200<DetailsView>> {
    let ChangeLicense { amount_per_month, discount, paid_until_at } = call.body;
    let change = LicenceChange { amount_per_month, discount, paid_until_at };
    let licence = call.context.change_licence(&call.caller, call.path.uuid, change).await?;
    Ok(Ok200::new(DetailsView::new(licence, call.context.now())))
}

async fn sign(call: Call<Caller, LicencePath>) -> Reply<Ok200<DetailsView>> {
    let licence = call.context.sign_licence(&call.caller, call.path.uuid).await?;
    Ok(Ok200::new(DetailsView::new(licence, call.context.now())))
}

async fn renew(call: Call<Caller, LicencePath, NoQuery, RenewLicense>) -> Reply<Ok200<DetailsView>> {
    let renewing = Renewing { expires_at: call.body.expires_at };
    let licence = call.context.renew_licence(&call.caller, call.path.uuid, renewing).await?;
    Ok(Ok200::new(DetailsView::new(licence, call.context.now())))
}

async fn transfer(call: Call<Caller, LicencePath, NoQuery, TransferLicense>) -> Reply<Ok200<DetailsView>> {
    let licence = call.context.transfer_licence(&call.caller, call.path.uuid, call.body.organisation).await?;
    Ok(Ok200::new(DetailsView::new(licence, call.context.now())))
}

async fn suspend(call: Call<Caller, LicencePath>) -> Reply<Ok200<DetailsView>> {
    let licence = call.context.suspend_licence(&call.caller, call.path.uuid).await?;
    Ok(Ok200::new(DetailsView::new(licence, call.context.now())))
}

async fn reactivate(call: Call<Caller, LicencePath>) -> Reply<Ok200<DetailsView>> {
    let licence = call.context.reactivate_licence(&call.caller, call.path.uuid).await?;
    Ok(Ok200::new(DetailsView::new(licence, call.context.now())))
}

async fn revoke(call: Call<Caller, LicencePath>) -> Reply<Ok200<DetailsView>> {
    let licence = call.context.revoke_licence(&call.caller, call.path.uuid).await?;
    Ok(Ok200::new(DetailsView::new(licence, call.context.now())))
}

async fn bind(call: Call<Caller, LicencePath, NoQuery, BindLicense>) -> Reply<Ok200<DetailsView>> {
    let licence = call.context.bind_licence(&call.caller, call.path.uuid, call.body.device).await?;
    Ok(Ok200::new(DetailsView::new(licence, call.context.now())))
}

async fn release(call: Call<Caller, LicenceDevicePath>) -> Reply<Ok200<DetailsView>> {
    let licence = call.context.release_licence(&call.caller, call.path.uuid, call.path.device).await?;
    Ok(Ok200::new(DetailsView::new(licence, call.context.now())))
}
