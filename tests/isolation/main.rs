//! Who is told what, held against a model that knows nothing of the server: ten thousand requests of chance over
//! every route, on either database, while organisations are suspended, deleted, moved and destroyed; and every place
//! where a word of a foreign organisation could show up.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

mod asking;
mod conflicts;
mod console;
mod creators;
mod licence_pages;
mod licence_sights;
mod licence_steps;
mod licensing;
mod model;
mod run;
mod seat_steps;
mod sights;
mod steps;
mod tellers;
mod tree_steps;
mod world;
