//! Bad samples: each rule has to find what is wrong in them, and only that.

use crate::{
    documents, lengths, manifests,
    tree::{File, Finding},
    words,
};

/// The lines in which a rule finds something.
fn lines(rule: fn(&File) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
    in_order(&rule(&File::new(path, text)))
}

fn in_order(findings: &[Finding]) -> Vec<usize> {
    let mut lines: Vec<usize> = findings.iter().map(|finding| finding.line).collect();
    lines.sort_unstable();
    lines
}

const SERVER: &str = "crates/server/src/sample.rs";

#[test]
fn length_is_counted_to_the_line() {
    let file = |count: usize| File::new(SERVER, &"// one line\n".repeat(count));
    assert_eq!(lengths::long_files(&file(400)), []);
    assert_eq!(lengths::long_files(&file(401)).len(), 1);
    let function =
        |count: usize| format!("\nimpl X {{\n/// Not counted.\nfn long() {{\n{}}}\n}}\n", "();\n".repeat(count));
    assert_eq!(lines(lengths::long_functions, SERVER, &function(68)), Vec::<usize>::new());
    assert_eq!(lines(lengths::long_functions, SERVER, &function(69)), [4]);
    assert_eq!(lines(lengths::long_functions, SERVER, "fn broken( {"), [1]);
}

#[test]
fn clock_and_chance_are_seen_in_code_only() {
    let text = "//! SystemTime::now() in words\nfn f() {\n    let now = std::time::SystemTime::now();\n}\n\
        #[cfg(test)]\nmod tests {\n    fn g() { SystemTime::now(); }\n}\nfn h() { m!(Timestamp::now()) }\n";
    assert_eq!(lines(words::clock, SERVER, text), [3, 9]);
    assert_eq!(lines(words::clock, "crates/app/src/clock.rs", text), Vec::<usize>::new());
    assert_eq!(lines(words::clock, "tests/story.rs", text), Vec::<usize>::new());
    let text = "use rand::rng;\nfn f() { uuid::Uuid::new_v4() }\nstruct Random;\n";
    assert_eq!(lines(words::randomness, SERVER, text), [1, 2]);
}

#[test]
fn sql_is_told_from_sentences() {
    let statements = [
        "SELECT 1",
        "  select id\\n from users",
        "INSERT INTO t VALUES ($1)",
        "UPDATE t SET a = 1",
        "DELETE FROM t",
        "CREATE TABLE t (a)",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "PRAGMA user_version",
    ];
    for statement in statements {
        let text = format!("const A: &str =\n    \"{statement}\";\n");
        assert_eq!(lines(words::sql, SERVER, &text), [2], "{statement}");
        assert_eq!(lines(words::sql, "crates/store/src/query.rs", &text), Vec::<usize>::new());
    }
    let raw = "const A: &str = r#\"SELECT 1 FROM t\"#;";
    assert_eq!(lines(words::sql, SERVER, raw), [1]);
    for sentence in ["Select one of them", "DELETE /api/systems/{id}", "Update your name", "with", "created", "begin"] {
        let text = format!("const A: &str = \"{sentence}\";");
        assert_eq!(lines(words::sql, SERVER, &text), Vec::<usize>::new(), "{sentence}");
    }
}

#[test]
fn routes_are_made_in_one_crate() {
    let text = "fn f() {\n    axum::Router::new()\n        .route(\"/\", get(x))\n}\n";
    assert_eq!(lines(words::routes, SERVER, text), [2, 3]);
    assert_eq!(lines(words::routes, "crates/contract/src/router.rs", text), Vec::<usize>::new());
}

#[test]
fn silenced_lints_need_a_reason() {
    let text = "#![allow(dead_code)]\n#[expect(clippy::panic)]\nfn f() {}\n\
        #[expect(clippy::panic, reason = \"said\")]\nfn g() { x.expect(\"text\"); }\n#[cfg_attr(test, allow(x))]\nfn h() {}\n";
    assert_eq!(lines(words::attributes_give_reasons, SERVER, text), [1, 2, 6]);
}

#[test]
fn leftovers_are_seen() {
    let text = "fn f() {\n    todo!();\n    println!(\"x\");\n}\n#[test]\nfn g() { println!(\"x\"); dbg!(1); }\n";
    assert_eq!(lines(words::unfinished, SERVER, text), [2, 6]);
    assert_eq!(lines(words::printing, SERVER, text), [3]);
    assert_eq!(lines(words::printing, "src/commands.rs", text), Vec::<usize>::new());
    assert_eq!(lines(words::ignored_tests, SERVER, "#[test]\n#[ignore = \"slow\"]\nfn slow() {}\n"), [2]);
}

#[test]
fn modules_begin_with_words() {
    assert_eq!(lines(words::module_docs, SERVER, "//! .\n"), [1]);
    assert_eq!(lines(words::module_docs, SERVER, "use std::fmt;\n"), [1]);
    assert_eq!(lines(words::module_docs, SERVER, "//! What the sample is for.\n"), Vec::<usize>::new());
}

#[test]
fn arrows_and_walls_hold() {
    let manifest = |name: &str, dependency: &str| {
        let text = format!(
            "[package]\nname = \"bailiwick-{name}\"\n[dependencies]\n{dependency}.workspace = true\n[lints]\nworkspace = true\n"
        );
        File::new("crates/sample/Cargo.toml", &text)
    };
    for (name, dependency, allowed) in [
        ("domain", "tokio", false),
        ("domain", "serde", true),
        ("store", "bailiwick-domain", true),
        ("store", "bailiwick-app", false),
        ("contract", "bailiwick-store", false),
        ("server", "rusqlite", false),
        ("server", "bailiwick-contract", true),
        ("unknown", "serde", false),
    ] {
        assert_eq!(manifests::arrows(&manifest(name, dependency)).is_empty(), allowed, "{name} uses {dependency}");
    }
    assert_eq!(manifests::inheritance(&manifest("domain", "serde")), []);
    let own = File::new("crates/sample/Cargo.toml", "[package]\nname = \"x\"\n[dependencies]\nserde = \"1\"\n");
    assert_eq!(in_order(&manifests::inheritance(&own)), [1, 4]);
}

#[test]
fn dependencies_want_a_user_and_a_word() {
    let root = File::new("Cargo.toml", "[workspace.dependencies]\nserde = \"1\"\nurl = \"2\"\nold = \"1\"\n");
    let member = File::new("crates/x/Cargo.toml", "[dependencies]\nserde.workspace = true\nurl.workspace = true\n");
    let findings = manifests::dependencies_are_explained(&root, &[member], "`serde` reads JSON");
    assert_eq!(in_order(&findings), [3, 4]);
}

#[test]
fn links_are_followed_both_ways() {
    let documents = [
        File::new("README.md", "[Map](ARCHITECTURE.md#parts) [out](https://example.org)\n<img src=\"docs/a.png\">\n"),
        File::new("docs/deep/page.md", "\n[up](../other.md) and [gone](gone.md)\n"),
    ];
    let there = ["ARCHITECTURE.md", "docs/a.png", "docs/other.md"];
    let broken = documents::broken_links(&documents, |path| there.contains(&path));
    assert_eq!(
        broken.iter().map(|finding| (finding.path.as_str(), finding.line)).collect::<Vec<_>>(),
        [("docs/deep/page.md", 2)]
    );
    let files = ["docs/a.png", "docs/other.md", "docs/deep/page.md", "src/main.rs"].map(String::from);
    let lost = documents::unlinked(&documents, &files);
    assert_eq!(lost.iter().map(|finding| finding.path.as_str()).collect::<Vec<_>>(), ["docs/deep/page.md"]);
}

#[test]
fn a_promise_without_a_test_is_found() {
    let text =
        "| promise | test |\n|---|---|\n| It holds | `it_holds`, `it_is_gone` |\n| A `word` of its own | `docs/` |\n";
    let promises = File::new("SECURITY.md", text);
    let sources = [File::new("tests/a.rs", "fn it_holds() {}")];
    let found = documents::unproved(&promises, &sources, |path| path == "docs/");
    assert_eq!(found.len(), 1, "only the missing test is found");
}
