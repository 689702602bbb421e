//! What may be written only in one place, and what nowhere.

use crate::{
    tokens::{Token, attributes, find},
    tree::{File, Finding},
};

/// Every place outside of tests where one of the patterns stands.
fn forbid(file: &File, patterns: &[&[&str]], advice: &str) -> Vec<Finding> {
    let tokens = file.tokens();
    let mut findings = Vec::new();
    for pattern in patterns {
        let places = find(&tokens, pattern).filter_map(|index| tokens.get(index)).filter(|token| !token.in_test);
        findings.extend(places.map(|token| Finding::new(file, token.line, format!("{}: {advice}", pattern.concat()))));
    }
    findings
}

pub(crate) fn clock(file: &File) -> Vec<Finding> {
    if file.is_test_or_tool() || file.path == "crates/app/src/clock.rs" {
        return Vec::new();
    }
    let moments: [&[&str]; 5] = [
        &["SystemTime", "::", "now"],
        &["Timestamp", "::", "now"],
        &["Zoned", "::", "now"],
        &["Utc", "::", "now"],
        &["UNIX_EPOCH", ".", "elapsed"],
    ];
    forbid(file, &moments, "take the moment from app::clock::Clock, so that a test can hold time still")
}

pub(crate) fn randomness(file: &File) -> Vec<Finding> {
    if file.is_test_or_tool() || file.path == "crates/app/src/random.rs" {
        return Vec::new();
    }
    let sources: [&[&str]; 7] = [
        &["getrandom", "::"],
        &["rand", "::"],
        &["OsRng"],
        &["SysRng"],
        &["ThreadRng"],
        &["Uuid", "::", "new_v4"],
        &["Uuid", "::", "now_v7"],
    ];
    forbid(file, &sources, "take chance from app::random::Random, so that a test can choose it")
}

pub(crate) fn routes(file: &File) -> Vec<Finding> {
    if file.is_test_or_tool() || file.crate_name() == "contract" {
        return Vec::new();
    }
    let ways: [&[&str]; 5] = [
        &["Router", "::", "new"],
        &[".", "route", "("],
        &[".", "route_service", "("],
        &[".", "nest", "("],
        &[".", "nest_service", "("],
    ];
    forbid(file, &ways, "declare an endpoint in the registry of crates/contract, which routes and documents it")
}

/// SQL in a string, outside of the one crate that may hold it.
pub(crate) fn sql(file: &File) -> Vec<Finding> {
    if file.is_test_or_tool() || file.crate_name() == "store" {
        return Vec::new();
    }
    let literals = file.tokens().into_iter().filter(|token| !token.in_test && is_sql(string_of(&token.text)));
    literals
        .map(|token| {
            let shown: String = token.text.chars().take(40).collect();
            Finding::new(file, token.line, format!("{shown}: SQL belongs into crates/store"))
        })
        .collect()
}

/// The inside of a string literal, raw or not; nothing for other tokens.
fn string_of(literal: &str) -> &str {
    let literal = literal.trim_start_matches(['b', 'c', 'r', '#']);
    literal.strip_prefix('"').map_or("", |rest| rest.trim_end_matches('#').trim_end_matches('"'))
}

fn is_sql(text: &str) -> bool {
    let text = text.replace("\\n", " ");
    let mut words = text.split_whitespace();
    let Some(first) = words.next() else { return false };
    // A sentence in English begins with one capital; SQL is written in all of them or none.
    let in_one_case = first.chars().all(char::is_uppercase) || first.chars().all(char::is_lowercase);
    let second = words.next().unwrap_or_default().to_uppercase();
    let third = words.next().unwrap_or_default().to_uppercase();
    let objects = ["TABLE", "INDEX", "UNIQUE", "VIEW", "TRIGGER", "DATABASE", "TEMP"];
    let is_statement = match first.to_uppercase().as_str() {
        "SELECT" => text.to_uppercase().contains(" FROM ") || (first == "SELECT" && !second.is_empty()),
        "INSERT" => second == "INTO" || second == "OR",
        "UPDATE" => third == "SET",
        "DELETE" => second == "FROM",
        "CREATE" | "DROP" | "ALTER" => objects.contains(&second.as_str()),
        "WITH" => text.to_uppercase().contains(" AS ("),
        "PRAGMA" => !second.is_empty(),
        "BEGIN" => first == "BEGIN" && (second.is_empty() || second == "IMMEDIATE"),
        _ => false,
    };
    in_one_case && is_statement
}

pub(crate) fn attributes_give_reasons(file: &File) -> Vec<Finding> {
    let tokens = file.tokens();
    let mut findings = Vec::new();
    for attribute in attributes(&tokens) {
        let names = |word: &str| find(attribute, &[word, "("]).next().and_then(|index| attribute.get(index));
        if let Some(token) = names("allow") {
            findings.push(Finding::new(file, token.line, "#[allow]: write #[expect(…, reason = \"…\")] instead"));
        }
        if let Some(token) = names("expect").filter(|_| find(attribute, &["reason", "="]).next().is_none()) {
            findings.push(Finding::new(file, token.line, "#[expect] without a reason: add reason = \"…\""));
        }
    }
    findings
}

pub(crate) fn unfinished(file: &File) -> Vec<Finding> {
    let tokens = file.tokens();
    let macros = ["todo", "unimplemented", "dbg"];
    let places = macros.iter().flat_map(|name| named(&tokens, name).map(move |token| (name, token.line)));
    places.map(|(name, line)| Finding::new(file, line, format!("{name}!: finish it"))).collect()
}

/// Only commands speak to whoever runs them; the rest logs.
pub(crate) fn printing(file: &File) -> Vec<Finding> {
    if file.is_test_or_tool() || file.path.starts_with("src/") || file.path.ends_with("build.rs") {
        return Vec::new();
    }
    let tokens = file.tokens();
    let macros = ["print", "println", "eprint", "eprintln"];
    let places = macros.iter().flat_map(|name| named(&tokens, name).map(move |token| (name, token)));
    places
        .filter(|(_, token)| !token.in_test)
        .map(|(name, token)| Finding::new(file, token.line, format!("{name}!: log it with tracing")))
        .collect()
}

/// Calls of a macro.
fn named<'t>(tokens: &'t [Token], name: &'t str) -> impl Iterator<Item = &'t Token> {
    tokens.windows(2).filter_map(move |pair| match pair {
        [word, mark] if word.text == name && mark.text == "!" => Some(word),
        _ => None,
    })
}

pub(crate) fn ignored_tests(file: &File) -> Vec<Finding> {
    let tokens = file.tokens();
    attributes(&tokens)
        .filter_map(|attribute| find(attribute, &["ignore"]).next().and_then(|index| attribute.get(index)))
        .map(|token| Finding::new(file, token.line, "#[ignore]: a test runs, or is deleted"))
        .collect()
}

/// A module says at its top what it is for.
pub(crate) fn module_docs(file: &File) -> Vec<Finding> {
    let in_source = file.path.starts_with("src/") || file.path.contains("/src/");
    let is_test = file.path.contains("/tests/") || file.path.ends_with("/tests.rs");
    let first = file.text.lines().next().unwrap_or_default();
    if !in_source || is_test || first.strip_prefix("//! ").is_some_and(|words| words.len() >= 15) {
        return Vec::new();
    }
    vec![Finding::new(file, 1, "begin with //! and say what this module is for, and what it must not know")]
}
