//! The contract: every endpoint and page is declared once, and from the
//! declaration come its route, its checks, its deadline and its documents.
//!
//! An endpoint is a declaration and a handler. The handler's types say what is
//! read and what is answered; the declaration says everything else:
//!
//! ```
//! use bailiwick_app::caller::Caller;
//! use bailiwick_contract::answer::{Ok200, Reply};
//! use bailiwick_contract::call::Call;
//! use bailiwick_contract::endpoint::Endpoint;
//! use bailiwick_domain::fault::Code;
//! use bailiwick_domain::id::SystemId;
//! use bailiwick_domain::role::Right;
//! use bailiwick_domain::time::Span;
//!
//! bailiwick_contract::path! {
//!     /// Which system; an id that cannot be read is no system's.
//!     pub struct SystemPath or SystemNotFound {
//!         /// The system's id.
//!         id: SystemId,
//!     }
//! }
//!
//! #[derive(serde::Serialize, schemars::JsonSchema)]
//! struct SystemView {
//!     /// The system's id.
//!     id: SystemId,
//! }
//!
//! async fn show(call: Call<Caller, SystemPath>) -> Reply<Ok200<SystemView>> {
//!     Ok(Ok200::new(SystemView { id: call.path.id }).saying("system retrieved successfully"))
//! }
//!
//! pub fn endpoints() -> Vec<Endpoint> {
//!     vec![
//!         Endpoint::get("/api/systems/{id}", "get-system", "Read a system")
//!             .tag("Systems")
//!             .within(Span::seconds(5))
//!             .faults(&[Code::SystemNotFound])
//!             .needs(Right::ReadSystems)
//!             .handle(show),
//!     ]
//! }
//! ```
//!
//! The path decides the dialect ([`dialect::Dialect`]). What access and inputs
//! can end in is implied; the handler's own faults are declared, and one that is
//! not declared turns into a 500 in debug builds, so that no test misses it.

pub mod access;
mod agreement;
pub mod answer;
pub mod attachment;
pub mod audience;
pub mod authorization;
pub mod basic;
pub mod call;
pub mod cookie;
pub mod dialect;
pub mod document;
pub mod endpoint;
pub mod fault_answer;
pub mod form;
pub mod forwarded;
pub mod input;
pub mod json_lines;
mod meter;
pub mod page;
pub mod registry;
mod request_id;
pub mod router;
pub mod same_origin;
pub mod security_headers;
mod serve;
#[cfg(test)]
mod tests;

/// What the macros need to name.
#[doc(hidden)]
pub mod support {
    pub use bailiwick_app::context::Context;
    pub use bailiwick_domain::fault::{Code, Fault};
    pub use bailiwick_domain::field::Check;
    pub use http::HeaderMap;
    pub use schemars::{Schema, SchemaGenerator};
}
