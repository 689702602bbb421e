//! Use cases: one function for each thing that can be done.
//!
//! A use case opens a transaction, decides with the domain's rules, writes,
//! audits, enqueues and commits. It knows no HTTP and no SQL. All of them are
//! methods of [`context::Context`], one file for each noun.

pub mod account;
pub mod api_key;
pub mod appliance;
mod attempts;
pub mod audit;
pub mod background;
pub mod callback;
pub mod caller;
pub mod clock;
pub mod context;
pub mod explanation;
pub mod hasher;
pub mod idempotency;
pub mod impersonation;
pub mod invitation;
pub mod keys;
pub mod licensing;
pub mod mail;
pub mod membership;
pub mod operator;
pub mod organisation;
pub mod outbox;
pub mod overview;
pub mod people;
pub mod principals;
mod provenance;
mod queue;
pub mod random;
pub mod session;
pub mod settings;
pub mod setup;
pub mod sign_in;
pub mod system;
mod token;
pub mod transfer;
pub mod tree;
pub mod vault;
