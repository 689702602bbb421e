//! Stories about systems, told over HTTP on both databases: created for an
//! outside application or by hand, shown, listed, changed and deleted.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod audit;
mod audit_chain;
mod audit_command;
mod audit_read;
mod callback;
mod crud;
mod destination;
mod idempotency;
mod list;
mod mail;
mod outbox;
mod peek;
mod state;
mod support;
mod tampering;
