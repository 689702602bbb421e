//! Holds the tree to its own rules.
//!
//! Each rule is one test; what it finds names file, line and what to do. The
//! rules themselves are tried on bad samples, in `samples.rs`.

use tree::{File, Finding, files, paths, relative, root, settle};

mod documents;
mod lengths;
mod manifests;
mod samples;
mod tokens;
mod tree;
mod words;

/// Holds every file of these kinds to a rule.
fn hold(extensions: &[&str], rule: fn(&File) -> Vec<Finding>) {
    let files = files(extensions);
    assert!(!files.is_empty(), "no file of kind {extensions:?}: the rule would hold for nothing");
    settle(&files.iter().flat_map(rule).collect::<Vec<Finding>>());
}

/// The manifests of the packages of this workspace.
fn members() -> Vec<File> {
    let mut manifests = files(&["toml"]);
    manifests.retain(|file| file.path.ends_with("Cargo.toml") && !file.path.starts_with("fuzz/"));
    manifests
}

fn documents() -> Vec<File> {
    let mut documents = files(&["md"]);
    documents.retain(|file| file.path.starts_with("docs/") || !file.path.contains('/'));
    documents
}

#[test]
fn no_file_is_too_long_to_read() {
    hold(&["rs", "css", "js", "html"], lengths::long_files);
}

#[test]
fn no_function_is_too_long_to_read() {
    hold(&["rs"], lengths::long_functions);
}

#[test]
fn only_the_clock_asks_for_the_time() {
    hold(&["rs"], words::clock);
}

#[test]
fn only_random_asks_for_chance() {
    hold(&["rs"], words::randomness);
}

#[test]
fn only_the_store_knows_sql() {
    hold(&["rs"], words::sql);
}

#[test]
fn only_the_contract_makes_routes() {
    hold(&["rs"], words::routes);
}

#[test]
fn no_lint_is_silenced_without_a_reason() {
    hold(&["rs"], words::attributes_give_reasons);
}

#[test]
fn nothing_is_left_unfinished() {
    hold(&["rs"], words::unfinished);
}

#[test]
fn only_commands_print() {
    hold(&["rs"], words::printing);
}

#[test]
fn no_test_is_ignored() {
    hold(&["rs"], words::ignored_tests);
}

#[test]
fn every_module_says_what_it_is_for() {
    hold(&["rs"], words::module_docs);
}

#[test]
fn crates_use_only_what_they_may() {
    settle(&members().iter().flat_map(manifests::arrows).collect::<Vec<Finding>>());
}

#[test]
fn versions_and_lints_come_from_the_workspace() {
    settle(&members().iter().flat_map(manifests::inheritance).collect::<Vec<Finding>>());
}

#[test]
fn every_dependency_is_used_and_explained() {
    let members = members();
    let workspace = members.iter().find(|file| file.path == "Cargo.toml").cloned();
    let workspace = workspace.unwrap_or_else(|| File::new("Cargo.toml", ""));
    assert!(!workspace.text.is_empty(), "the workspace has no manifest");
    let documents = documents();
    let architecture = documents.iter().find(|file| file.path == "ARCHITECTURE.md");
    let text = architecture.map_or("", |file| file.text.as_str());
    settle(&manifests::dependencies_are_explained(&workspace, &members, text));
}

#[test]
fn no_link_is_broken() {
    settle(&documents::broken_links(&documents(), |path| root().join(path).exists()));
}

#[test]
fn every_document_can_be_found() {
    let all: Vec<String> = paths(root()).iter().map(|path| relative(path)).collect();
    settle(&documents::unlinked(&documents(), &all));
}

#[test]
fn every_promise_has_its_test() {
    let documents = documents();
    let promises = documents.iter().find(|file| file.path == "SECURITY.md").cloned();
    let promises = promises.unwrap_or_else(|| File::new("SECURITY.md", ""));
    assert!(promises.text.matches("| `").count() > 20, "SECURITY.md promises next to nothing");
    settle(&documents::unproved(&promises, &files(&["rs"]), |path| root().join(path).exists()));
}
