//! Who may do what: every route of the registry, asked by everybody.
//!
//! What each of the seven personas must get stands in one table. A route that
//! the table does not name fails the test, so that none is forgotten.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod canary;
mod invitations;
mod licence_pages;
mod licences;
mod matrix;
mod partner_pages;
mod strangers;
mod support_access;
mod table;
mod world;
