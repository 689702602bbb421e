//! The two APIs: one file for each section of the seeds. No rules here: a
//! handler turns what was read into a use case, and its outcome into a view.

pub mod authenticate;
mod cloud;
mod plain;
pub mod system;
pub mod system_list;
mod system_view;

use bailiwick_contract::endpoint::Endpoint;

pub use plain::{VERSION, openapi_document};

/// Every endpoint, in the order of the documents.
#[must_use]
pub fn endpoints() -> Vec<Endpoint> {
    [authenticate::endpoints(), cloud::endpoints(), system::endpoints(), plain::endpoints()]
        .into_iter()
        .flatten()
        .collect()
}
