//! The files of the repository, and what rules say of them.

use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
};

use crate::tokens::{Token, flatten};

/// Folders that no rule looks into: what is built, found or kept there is not written by us.
const NOT_OURS: [&str; 6] = ["target", "bailiwick-data", "fuzz/target", "fuzz/corpus", "fuzz/artifacts", "fuzz/seeds"];

/// A file, by its path from the root of the repository, with its text.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// A file that exists only in a test of the rules.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Its Rust tokens; none for what is no Rust.
    pub(crate) fn tokens(&self) -> Vec<Token> {
        flatten(&self.text)
    }

    /// Whether the whole file is test code or a tool, to which the rules of the server do not apply.
    /// A module of tests in a file of its own is called `tests`.
    pub(crate) fn is_test_or_tool(&self) -> bool {
        let tools = ["tests/", "xtask/", "fuzz/", "benches/", "crates/testkit/"];
        let parts = ["/tests/", "/tests.rs"];
        tools.iter().any(|start| self.path.starts_with(start)) || parts.iter().any(|part| self.path.contains(part))
    }

    /// The crate that it belongs to: a folder's name under `crates`, else the first folder.
    pub(crate) fn crate_name(&self) -> &str {
        let rest = self.path.strip_prefix("crates/").unwrap_or(&self.path);
        rest.split('/').next().unwrap_or_default()
    }
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the repository that ends in one of `extensions`, in order of their paths.
pub(crate) fn files(extensions: &[&str]) -> Vec<File> {
    let mut found: Vec<File> = paths(root())
        .into_iter()
        .filter(|path| path.extension().is_some_and(|its| extensions.iter().any(|one| its == *one)))
        .map(|path| File { text: fs::read_to_string(&path).unwrap_or_default(), path: relative(&path) })
        .collect();
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// Every file of ours in `directory` and below.
pub(crate) fn paths(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if hidden || NOT_OURS.contains(&relative(&path).as_str()) {
            continue;
        }
        if path.is_dir() {
            found.extend(paths(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// A path as seen from the root.
pub(crate) fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned()
}

/// A place where a rule does not hold, and what to do there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) advice: String,
}

impl Finding {
    pub(crate) fn new(file: &File, line: usize, advice: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, advice: advice.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.advice)
    }
}

/// Fails the test when something was found, naming every place.
pub(crate) fn settle(findings: &[Finding]) {
    let list: BTreeSet<String> = findings.iter().map(ToString::to_string).collect();
    let list: Vec<String> = list.into_iter().collect();
    assert!(findings.is_empty(), "{} places to put right:\n{}\n", list.len(), list.join("\n"));
}
