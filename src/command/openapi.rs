//! `bailiwick openapi`: the description of both APIs.

use std::io::Write;

use anyhow::Result;
use clap::Command;

pub(super) fn line() -> Command {
    Command::new("openapi").about("Print the OpenAPI 3.1 document, the same bytes as GET /openapi.json")
}

pub(super) fn run() -> Result<()> {
    let registry = bailiwick_server::registry()?;
    let document = bailiwick_server::openapi_document(&registry);
    std::io::stdout().write_all(document.to_string().as_bytes())?;
    Ok(())
}
