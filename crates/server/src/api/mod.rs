//! The two APIs: one file for each section of the seeds. No rules here: a
//! handler turns what was read into a use case, and its outcome into a view.

pub mod access;
pub mod agreement;
pub mod api_key;
mod appliance;
pub mod audit;
pub mod authenticate;
mod cloud;
pub mod configuration;
pub mod impersonation;
pub mod invitation;
mod invitation_import;
pub mod license;
pub mod license_acts;
mod license_view;
pub mod me;
pub mod membership;
pub mod organization;
pub mod organization_acts;
mod pagination;
pub mod password;
pub mod people;
mod plain;
pub mod pool;
pub mod recovery;
pub mod system;
pub mod system_list;
mod system_view;
pub mod user;

use bailiwick_contract::endpoint::Endpoint;

pub use plain::{VERSION, openapi_document};

/// Every endpoint, in the order of the documents.
#[must_use]
pub fn endpoints() -> Vec<Endpoint> {
    let sections = [
        authenticate::endpoints(),
        password::endpoints(),
        recovery::endpoints(),
        configuration::endpoints(),
        license::endpoints(),
        cloud::endpoints(),
        user::endpoints(),
        me::endpoints(),
        api_key::endpoints(),
        impersonation::endpoints(),
        people::endpoints(),
        membership::endpoints(),
        invitation::endpoints(),
        invitation_import::endpoints(),
        organization::endpoints(),
        organization_acts::endpoints(),
        access::endpoints(),
        agreement::endpoints(),
        license_acts::endpoints(),
        pool::endpoints(),
        system::endpoints(),
        appliance::endpoints(),
        audit::endpoints(),
        plain::endpoints(),
    ];
    sections.into_iter().flatten().collect()
}
