//! How far something long is, told to whoever waits at a terminal.

use std::io::{IsTerminal, Write, stderr};

/// How wide the bar is.
const WIDTH: u64 = 40;

/// A bar on standard error, where that is a terminal; it goes when dropped.
#[derive(Debug)]
pub(super) struct Progress {
    /// What is shorter than this is done before anybody wonders.
    from: u64,
    is_seen: bool,
    told: Option<String>,
}

impl Progress {
    /// A bar for what has at least so many parts.
    pub(super) fn from(from: u64) -> Self {
        Self { from, is_seen: stderr().is_terminal(), told: None }
    }

    /// Shows how far it is, where that has changed.
    pub(super) fn tell(&mut self, doing: &str, done: u64, total: u64) {
        if !self.is_seen || total < self.from {
            return;
        }
        let bar = bar(doing, done, total);
        if self.told.as_ref() != Some(&bar) {
            // Progress that cannot be shown is no reason to stop.
            let mut out = stderr();
            let _ = write!(out, "\r\x1b[K{bar}").and_then(|()| out.flush());
            self.told = Some(bar);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.told.is_some() {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

/// The bar, which changes a hundred times.
fn bar(doing: &str, done: u64, total: u64) -> String {
    let part = |of: u64| done.min(total).saturating_mul(of) / total.max(1);
    let filled: String = (0..WIDTH).map(|place| if place < part(WIDTH) { '#' } else { '-' }).collect();
    format!("{doing:<9} [{filled}] {:>3} %", part(100))
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn a_bar_is_as_full_as_the_work_is_done() {
        assert_eq!(bar("checking", 0, 0), format!("checking  [{}]   0 %", "-".repeat(40)));
        assert_eq!(bar("importing", 1, 2), format!("importing [{}{}]  50 %", "#".repeat(20), "-".repeat(20)));
        assert_eq!(bar("x", 7, 5), format!("x         [{}] 100 %", "#".repeat(40)));
    }
}
