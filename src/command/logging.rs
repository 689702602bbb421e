//! The log: to standard error, for people or for machines.

use std::io::{IsTerminal as _, stderr};

use anyhow::{Context as _, Result};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::settings::{LogFormat, Logging};

/// Starts logging.
pub(super) fn start(logging: &Logging) -> Result<()> {
    let filter = EnvFilter::try_new(&logging.filter).ok().filter(|_| says_levels(&logging.filter));
    let filter = filter.context("log (BAILIWICK_LOG) must be a tracing filter such as info or bailiwick=debug,info")?;
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(stderr().is_terminal());
    match logging.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}

/// Whether each directive says from which level on. A bare word that is none would be taken for the name of a part of the
/// program: a level that is misspelt would end all logging, and say nothing of it.
fn says_levels(filter: &str) -> bool {
    filter.split(',').all(|directive| directive.contains(['=', '[']) || directive.trim().parse::<LevelFilter>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_level_is_no_filter() {
        for good in ["info", "bailiwick=debug,info", "warn, hyper=off", "[request{id=7}]=trace,error"] {
            assert!(says_levels(good), "{good}");
        }
        for bad in ["nonsense", "inof", "bailiwick=debug,loud"] {
            assert!(!says_levels(bad), "{bad}");
        }
    }
}
