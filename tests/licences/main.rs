//! Licences, through the front door.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod agreements;
mod appliance;
mod command;
mod issuing;
mod lists;
mod pools;
mod support;
