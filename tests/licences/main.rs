//! Licences, through the front door.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod command;
