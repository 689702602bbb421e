//! The console: pages made on the server.

pub mod view;
