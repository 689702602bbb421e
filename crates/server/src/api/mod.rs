//! The two APIs: one file for each section of the seeds. No rules here: a
//! handler turns what was read into a use case, and its outcome into a view.

pub mod audit;
pub mod authenticate;
mod cloud;
pub mod configuration;
pub mod invitation;
pub mod me;
pub mod organization;
mod pagination;
pub mod password;
mod plain;
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
        cloud::endpoints(),
        user::endpoints(),
        me::endpoints(),
        invitation::endpoints(),
        organization::endpoints(),
        system::endpoints(),
        audit::endpoints(),
        plain::endpoints(),
    ];
    sections.into_iter().flatten().collect()
}
