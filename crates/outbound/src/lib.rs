//! The one way out: calls to addresses that somebody else named, and mail.
//!
//! Whoever may name a URL for the server to call could make it call inside its
//! own network. So every such call goes through [`Guard`], which calls public
//! https destinations only, connects to the very address that it checked,
//! follows nothing, and is done within its budget (contract, section 4,
//! "Outbound calls"). What an operator put on the [`AllowList`] is exempt.
//! Mail goes by the [`post`], to the server that the operator named.
//!
//! This crate knows nothing of databases, of HTTP that is served, or of what a
//! callback says. Neither paths nor queries of the called URLs are ever logged.

mod allow;
mod attempt;
mod destination;
mod guard;
mod lookup;
pub mod post;
mod turns;

#[cfg(test)]
mod tests;

pub use allow::{AllowError, AllowList};
pub use attempt::{Attempt, FailureReason, Outcome};
pub use destination::{Refused, destination_refusal};
pub use guard::{Guard, GuardError};
pub use lookup::{Answer, Lookup, SystemLookup};
