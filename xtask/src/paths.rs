//! Where things lie.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// The repository.
pub(crate) fn root() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the repository")
}

/// Cargo's target directory, told by where this program was built: `target/debug/xtask`.
pub(crate) fn target() -> Result<PathBuf> {
    let program = env::current_exe().context("a program does not know its own file")?;
    program.ancestors().nth(2).map(Path::to_owned).context("xtask was built outside of a target directory")
}

/// The cargo that runs us.
pub(crate) fn cargo() -> PathBuf {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into()).into()
}

/// The first of these names that is a file in `PATH`.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .find_map(|directory| names.iter().map(|name| directory.join(name)).find(|file| file.is_file()))
}
