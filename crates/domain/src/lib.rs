//! The rules of Bailiwick, and nothing else.
//!
//! Everything here is a plain value or a pure function: no SQL, no HTTP, no
//! clock and no randomness. What a rule needs to know about the moment or about
//! chance is an argument, so that a test can hold both still.

pub mod account;
pub mod address;
pub mod api_key;
pub mod audit;
pub mod callback;
pub mod device;
pub mod email;
pub mod fault;
pub mod field;
pub mod id;
pub mod impersonation;
pub mod invitation;
pub mod invitation_file;
pub mod licence;
pub mod link;
pub mod name;
pub mod organisation;
pub mod page;
pub mod password;
pub mod principal;
pub mod resource;
pub mod role;
pub mod schema;
pub mod search;
pub mod secret;
pub mod session;
pub mod state_token;
pub mod system;
pub mod throttle;
pub mod time;
pub mod transfer;
pub mod vat_number;
