//! Stories about organisations, told over HTTP on both databases: the partner tree, who sees and manages what in it,
//! and what a decision at one place does below.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod crud;
mod decisions;
mod destroy;
mod model;
mod moves;
mod support;
mod trees;
mod whole;
