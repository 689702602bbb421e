//! Licences, through the front door.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod agreements;
mod appliance;
mod bodies;
mod command;
mod files;
mod gone;
mod issuing;
mod list_histories;
mod lists;
mod operator;
mod pool_histories;
mod pool_model;
mod pools;
mod remembered;
mod reminders;
mod support;
