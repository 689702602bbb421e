//! Licence files: what a Bailiwick server signs, so that an appliance knows what it may do while the server is away.
//!
//! An appliance embeds this crate, or calls it from C (`examples/appliance.rs` and `.c`). It fetches a file, keeps it,
//! and asks at each start and now and then what the file says:
//!
//! ```
//! # fn ask(file: &[u8], key: &str, kept: Option<bailiwick_licence::Memory>) -> Result<(), bailiwick_licence::Refusal> {
//! use bailiwick_licence::{Appliance, LicenceFile, PublicKey};
//!
//! let trusted = [PublicKey::from_base64(key).expect("the key that was put into the firmware")];
//! let file = LicenceFile::open(file, &trusted)?;
//! let ruling = file.judge(&Appliance { system: "0b30a2d2-6a2f-4f6c-8f0f-3c7f2d1a9b11", now: 1_795_000_000, memory: kept })?;
//! if ruling.provides("nx.streams") {
//!     // what was licensed
//! }
//! let keep_for_next_time = ruling.memory;
//! # Ok(())
//! # }
//! ```
//!
//! # The format, version 1
//!
//! UTF-8 text of at most [`FILE_MAX`] bytes; each line ends with one line feed; each but the first is a name, a space,
//! and a value. Exactly these lines in this order, moments as seconds since 1970 (UTC):
//!
//! | line | value |
//! |---|---|
//! | `bailiwick-licence 1` | what this is, and the version of the format |
//! | `issuer` | the server's base URL |
//! | `key` | the first 16 hexadecimal digits of the SHA-256 of the public key that it is signed with |
//! | `system` | the id of the system that it is for |
//! | `lease` | a number that grows with each file for this system |
//! | `issued` | the server's time when it signed |
//! | `until` | until when the file may be relied on |
//! | `state` | `trial`, `active`, `grace`, `expired`, `suspended`, `revoked` or `none` |
//! | `since` | since when it is so, or `-` |
//! | `ends` | when trial or active end, or `-` when they do not |
//! | `grace` | when the grace after that ends, or `-` where there is none |
//! | `holder` | the organisation that holds the licences, or `-` |
//! | `licences` | the ids of the licences, separated by a space, or `-` |
//! | `provides` | the names of what they allow, likewise; `name@moment` for what ends before the rest does |
//! | `catalogues` | the ids of the catalogues that they open, likewise |
//! | `signature` | Base64 of the Ed25519 signature (RFC 8032) of all bytes before this line |
//! | `digest` | the SHA-256 of all bytes before this line, in hexadecimal: it tells damage from forgery |
#![no_std]

#[cfg(feature = "write")]
extern crate alloc;

#[cfg(feature = "write")]
mod draft;
mod file;
mod frame;
mod judge;
mod key;
mod refusal;
mod request;
mod state;

#[cfg(feature = "write")]
pub use draft::{Draft, Unsigned};
pub use file::{LicenceFile, Words};
pub use frame::FILE_MAX;
pub use judge::{Appliance, CLOCK_TOLERANCE, Memory, Ruling};
pub use key::{KeyId, PublicKey};
pub use refusal::Refusal;
pub use request::{LicenceRequest, REQUEST_MAX};
pub use state::State;
