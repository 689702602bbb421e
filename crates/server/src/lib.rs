//! The edges: API, console, listener. No rules live here.

pub mod assets;
pub mod console;
