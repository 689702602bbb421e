//! Telling an outside application that its system was created (contract, section 4).
//!
//! The application names a [`CallbackUrl`]; the call is a GET with the
//! [`CallbackParameters`] in its query and a [`signature`] in its headers, and
//! [`ladder`] says when to try again.

pub mod ladder;
pub mod signature;
mod url;

pub use self::ladder::{Next, next_attempt};
pub use self::signature::{SignatureHeader, canonical_string};
pub use self::url::{CALLBACK_URL_LENGTH_MAX, CallbackParameters, CallbackUrl};
