//! Signing in, staying signed in, signing out: over HTTP, on both engines
//! (contract, sections 1 to 3).

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops at what it did not expect"
)]

mod addresses;
mod alike;
mod confirm;
mod consent_page;
mod deadlines;
mod deadlines_of_licences;
mod forged;
mod forms;
mod hashing;
mod holdings;
mod hostile;
mod importing;
mod invitation_page;
mod invitations;
mod inviting;
mod inviting_again;
mod inviting_pages;
mod kinds;
mod known_devices;
mod operator;
mod operator_tree;
mod own_sessions;
mod password;
mod plain_pages;
mod planted;
mod planted_licences;
mod planted_partners;
mod profile;
mod program;
mod refresh;
mod register;
mod reset;
mod reset_model;
mod sign_in;
mod sign_out;
mod stolen;
mod support;
mod terminal;
mod throttle;
mod tokens;
