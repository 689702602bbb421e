//! Which crate may stand on which: the arrows, and the walls.

use toml::{Table, Value};

use crate::tree::{File, Finding};

/// Each crate of ours, and the crates of ours that its code may use.
const ARROWS: [(&str, &[&str]); 10] = [
    ("domain", &[]),
    ("licence", &[]),
    ("store", &["domain"]),
    ("outbound", &["domain"]),
    ("app", &["domain", "licence", "store", "outbound"]),
    ("contract", &["app", "domain"]),
    ("server", &["app", "contract", "domain"]),
    ("testkit", &["app", "contract", "domain", "outbound", "server", "store"]),
    ("xtask", &[]),
    ("bailiwick", &["app", "contract", "domain", "licence", "outbound", "server", "store"]),
];

/// Crates of others that only some of ours may use, because using them is what those are for.
const WALLS: [(&str, &[&str]); 13] = [
    ("rusqlite", &["store"]),
    ("tokio-postgres", &["store", "testkit"]),
    ("deadpool-postgres", &["store"]),
    ("reqwest", &["outbound", "testkit"]),
    ("getrandom", &["app"]),
    ("rand", &["testkit"]),
    ("argon2", &["app", "testkit"]),
    ("jsonwebtoken", &["app", "testkit"]),
    ("axum", &["contract", "server", "testkit"]),
    ("tower-http", &["contract", "server"]),
    ("askama", &["app", "server"]),
    ("lettre", &["outbound"]),
    ("clap", &["bailiwick", "xtask"]),
];

/// What `domain` has no use for: it does no input, no output, and waits for nothing.
const NOT_IN_DOMAIN: [&str; 7] = ["tokio", "hyper", "hyper-util", "tower", "tower-http", "http", "futures-util"];

fn parse(manifest: &File) -> Table {
    manifest.text.parse().unwrap_or_default()
}

/// The keys of a section, in order; `section` may lie deeper, with dots.
fn keys(manifest: &Table, section: &str) -> Vec<String> {
    let mut value = Value::Table(manifest.clone());
    for part in section.split('.') {
        value = value.get(part).cloned().unwrap_or(Value::Boolean(false));
    }
    value.as_table().map(|table| table.keys().cloned().collect()).unwrap_or_default()
}

/// The line of a manifest that sets a key.
fn line_of(manifest: &File, key: &str) -> usize {
    let sets = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with([' ', '=', '.']));
    manifest.text.lines().position(sets).map_or(1, |index| index + 1)
}

fn own_name(manifest: &Table) -> String {
    let name = manifest.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
    name.unwrap_or_default().trim_start_matches("bailiwick-").to_owned()
}

pub(crate) fn arrows(manifest: &File) -> Vec<Finding> {
    let table = parse(manifest);
    let name = own_name(&table);
    let Some((_, allowed)) = ARROWS.iter().find(|(its, _)| *its == name) else {
        return vec![Finding::new(manifest, 1, format!("{name} is not in ARROWS: say there what it may use"))];
    };
    let mut findings = Vec::new();
    for dependency in keys(&table, "dependencies") {
        let line = line_of(manifest, &dependency);
        let own = dependency.strip_prefix("bailiwick-");
        if own.is_some_and(|own| !allowed.contains(&own)) {
            findings.push(Finding::new(
                manifest,
                line,
                format!("{name} may not use {dependency}: no arrow goes there"),
            ));
        }
        let wall = WALLS.iter().find(|(crate_name, _)| *crate_name == dependency);
        if let Some((_, places)) = wall.filter(|(_, places)| !places.contains(&name.as_str())) {
            let advice = format!("{dependency} is for {} only", places.join(", "));
            findings.push(Finding::new(manifest, line, advice));
        }
        if name == "domain" && NOT_IN_DOMAIN.contains(&dependency.as_str()) {
            findings.push(Finding::new(manifest, line, format!("domain is pure: it has no use for {dependency}")));
        }
    }
    findings
}

/// Versions are said once, in the workspace, and the lints hold for every crate.
pub(crate) fn inheritance(manifest: &File) -> Vec<Finding> {
    let table = parse(manifest);
    let mut findings = Vec::new();
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        for dependency in keys(&table, section) {
            let entry = table.get(section).and_then(|section| section.get(&dependency));
            if entry.and_then(|entry| entry.get("workspace")).and_then(Value::as_bool) != Some(true) {
                let line = line_of(manifest, &dependency);
                findings.push(Finding::new(manifest, line, format!("{dependency}: say the version in the workspace")));
            }
        }
    }
    if keys(&table, "lints") != ["workspace"] {
        findings.push(Finding::new(manifest, 1, "add [lints] workspace = true"));
    }
    findings
}

/// Every outside crate is used by some member, and `ARCHITECTURE.md` says what for.
pub(crate) fn dependencies_are_explained(root: &File, members: &[File], architecture: &str) -> Vec<Finding> {
    let tables: Vec<Table> = members.iter().map(parse).collect();
    let is_used = |name: &String| {
        let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
        tables.iter().any(|table| sections.iter().any(|section| keys(table, section).contains(name)))
    };
    let mut findings = Vec::new();
    for name in keys(&parse(root), "workspace.dependencies") {
        let line = line_of(root, &name);
        if !is_used(&name) {
            findings.push(Finding::new(root, line, format!("{name} is used nowhere: take it out")));
        } else if !name.starts_with("bailiwick-") && !architecture.contains(&format!("`{name}`")) {
            findings.push(Finding::new(root, line, format!("say in ARCHITECTURE.md what `{name}` is for")));
        }
    }
    findings
}
