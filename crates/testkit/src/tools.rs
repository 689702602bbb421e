//! Where the programs are that tests use, and where tests leave what they made.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

/// A program that some test needs and that a machine may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// The browser of the tests.
    Chromium,
    /// What steers it.
    Chromedriver,
    /// What tries the API against its own description.
    Schemathesis,
    /// What judges whether everybody can use a page: a script that runs in it.
    Axe,
    /// The Python that has what the tests import: the mail server and a published client.
    Python,
}

impl Tool {
    /// The setting by which `cargo xtask test` names it, and the names it has in `PATH`.
    const fn names(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Chromium => ("BAILIWICK_TEST_CHROMIUM", &["chromium", "chromium-browser", "google-chrome"]),
            Self::Chromedriver => ("BAILIWICK_TEST_CHROMEDRIVER", &["chromedriver"]),
            Self::Schemathesis => ("BAILIWICK_TEST_SCHEMATHESIS", &["schemathesis", "st"]),
            Self::Axe => ("BAILIWICK_TEST_AXE", &["axe.min.js"]),
            Self::Python => ("BAILIWICK_TEST_PYTHON", &["python3"]),
        }
    }

    /// The program's file: from its setting, else from `PATH`. What is written in Python or JavaScript is
    /// also looked for where `cargo xtask test` installs it; a Python only there, as others have not what the tests import.
    pub fn find(self) -> Result<PathBuf> {
        let (setting, names) = self.names();
        if let Some(named) = env::var_os(setting) {
            return Ok(named.into());
        }
        let path = env::var_os("PATH").filter(|_| self != Self::Python);
        let mut directories: Vec<PathBuf> = path.map(|path| env::split_paths(&path).collect()).unwrap_or_default();
        let target = target_directory()?;
        directories.extend([target.join("venv/bin"), target.join("npm/node_modules/axe-core")]);
        for directory in directories {
            if let Some(found) = names.iter().map(|name| directory.join(name)).find(|file| file.is_file()) {
                return Ok(found);
            }
        }
        bail!("{self:?} is not on this machine: run `cargo xtask test`, which installs it")
    }
}

/// Cargo's target directory: where the running test program was built.
pub fn target_directory() -> Result<PathBuf> {
    let program = env::current_exe().context("a program does not know its own file")?;
    // …/target/debug/deps/test-0123456789abcdef
    program.ancestors().nth(3).map(Path::to_owned).context("a test program lies in target/<profile>/deps")
}

/// The server's own executable: `BAILIWICK_TEST_BINARY`, else the one built beside the running test.
pub fn server_binary() -> Result<PathBuf> {
    if let Some(named) = env::var_os("BAILIWICK_TEST_BINARY") {
        return Ok(named.into());
    }
    let program = env::current_exe().context("a program does not know its own file")?;
    let binary = program.ancestors().nth(2).context("a test program lies in target/<profile>/deps")?.join("bailiwick");
    if !binary.is_file() {
        bail!("{} is not built: run `cargo build`", binary.display());
    }
    Ok(binary)
}
