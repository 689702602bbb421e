//! The log: to standard error, for people or for machines.

use std::io::{IsTerminal as _, stderr};

use anyhow::{Context as _, Result};
use tracing_subscriber::EnvFilter;

use crate::settings::{LogFormat, Logging};

/// Starts logging.
pub(super) fn start(logging: &Logging) -> Result<()> {
    let filter = EnvFilter::try_new(&logging.filter)
        .context("log (BAILIWICK_LOG) must be a tracing filter such as info or bailiwick=debug,info")?;
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(stderr().is_terminal());
    match logging.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
