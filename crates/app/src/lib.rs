//! Use cases: one function for each thing that can be done.
//!
//! A use case opens a transaction, decides with the domain's rules, writes,
//! audits, enqueues and commits. It knows no HTTP and no SQL.

pub mod caller;
pub mod clock;
pub mod context;
pub mod random;
