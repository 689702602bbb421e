//! The API is what its document says, and the document what the API is.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod document;
mod routes;
mod schemathesis;
