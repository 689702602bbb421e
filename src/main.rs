//! Bailiwick: who may do what, in which organisation, with which licence, on
//! which system in the field.
//!
//! This file reads the command line and hands over: [`settings`] says what can
//! be set and where it comes from, [`command`] holds one file for each command.

mod command;
mod settings;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let matches = command::line().get_matches();
    match command::run(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line, all causes: an operator reads it in a journal.
            let _ = writeln!(std::io::stderr(), "{}", command::plain::plain(&format!("bailiwick: {error:#}")));
            ExitCode::FAILURE
        }
    }
}
