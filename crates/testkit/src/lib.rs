//! What the tests stand on: real databases, real browsers, the real program,
//! and a stand-in for the outside application.
//!
//! Nothing here is part of the server. A tool that a test needs and that is
//! missing makes the test fail with what to run, never be skipped.

pub mod answer;
pub mod bench;
pub mod browser;
pub mod chance;
pub mod http;
pub mod letters;
pub mod mail_server;
pub mod patience;
pub mod people;
pub mod postgres;
pub mod process;
pub mod published_client;
pub mod receiver;
pub mod tools;
