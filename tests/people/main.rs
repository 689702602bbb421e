//! Stories about the people of organisations, told over HTTP on both databases: who sees whom, who does what to whom,
//! what must not happen whoever is quickest, and for which organisation one acts.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod accounts;
mod listing;
mod memberships;
mod parallel;
mod support;
mod switching;
