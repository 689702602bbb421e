//! Documents lead somewhere, and somewhere leads to them.

use std::{collections::BTreeSet, path::Path};

use crate::tree::{File, Finding};

/// Every link of a document to a file of the repository, with its line: `[…](…)`, `src="…"` and `href="…"`.
fn links(document: &File) -> Vec<(usize, String)> {
    let directory = Path::new(&document.path).parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    for (index, line) in document.text.lines().enumerate() {
        for (start, end) in [("](", ')'), ("src=\"", '"'), ("href=\"", '"')] {
            for rest in line.split(start).skip(1) {
                let target = rest.split([end, '#', ' ']).next().unwrap_or_default();
                if !target.is_empty() && !target.contains(':') {
                    found.push((index + 1, resolve(directory, target)));
                }
            }
        }
    }
    found
}

/// A path from the root, without `.` and `..`.
fn resolve(directory: &Path, target: &str) -> String {
    let mut parts: Vec<&str> = directory.iter().filter_map(|part| part.to_str()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// Links whose file is not there.
pub(crate) fn broken_links(documents: &[File], exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for document in documents {
        for (line, target) in links(document).into_iter().filter(|(_, target)| !exists(target)) {
            findings.push(Finding::new(document, line, format!("links to {target}, which is not there")));
        }
    }
    findings
}

/// Files under `docs` that no document leads to.
pub(crate) fn unlinked(documents: &[File], files: &[String]) -> Vec<Finding> {
    let linked: BTreeSet<String> = documents.iter().flat_map(links).map(|(_, target)| target).collect();
    let lost = files.iter().filter(|path| path.starts_with("docs/") && !linked.contains(*path));
    lost.map(|path| Finding {
        path: path.clone(),
        line: 1,
        advice: "link it from README.md, ARCHITECTURE.md or another document".to_owned(),
    })
    .collect()
}

/// Promises whose test or folder, named in back-ticks in the last column of a table, does not exist.
pub(crate) fn unproved(promises: &File, sources: &[File], exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let has_test = |name: &str| sources.iter().any(|source| source.text.contains(&format!("fn {name}(")));
    let mut findings = Vec::new();
    for (index, line) in promises.text.lines().enumerate() {
        let Some(proofs) = line.strip_prefix('|').and_then(|row| row.trim_end_matches([' ', '|']).rsplit('|').next())
        else {
            continue;
        };
        for name in proofs.split('`').skip(1).step_by(2) {
            if !exists(name) && !has_test(name) {
                findings.push(Finding::new(promises, index + 1, format!("there is no test or file called {name}")));
            }
        }
    }
    findings
}
