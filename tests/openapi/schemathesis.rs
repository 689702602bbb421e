//! schemathesis tries the API against its own document: no 500, every answer
//! of a described status, type, shape and headers, nothing wrong accepted.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::tools::Tool;

/// What a run tries, and as whom.
struct Run<'a> {
    name: &'a str,
    /// The token in the header Authorization, where somebody is signed in.
    token: Option<&'a str>,
    /// The arguments that choose the operations.
    operations: &'a [&'a str],
    /// How many requests of chance for each operation, at the most.
    examples: u32,
}

on_both_engines! {
    async fn every_answer_is_one_that_the_document_describes(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let person = bench.super_admin("owner", owner).await;
        let [tokens, refreshing, leaving, last] =
            [bench.sign_in(&person).await, bench.sign_in(&person).await, bench.sign_in(&person).await, bench.sign_in(&person).await];
        for run in [
            // Some would end the session of all that follows.
            Run {
                name: "super admin",
                token: Some(&tokens.access),
                operations: &["--exclude-operation-id", "sign-out", "--exclude-operation-id", "end-other-sessions"],
                examples: 15,
            },
            Run { name: "nobody", token: None, operations: &["--phases", "coverage"], examples: 1 },
            Run {
                name: "refreshing",
                token: Some(&refreshing.refresh),
                operations: &["--include-operation-id", "refresh-token"],
                examples: 10,
            },
            Run {
                name: "leaving",
                token: Some(&leaving.access),
                operations: &["--include-operation-id", "sign-out"],
                examples: 5,
            },
            Run {
                name: "staying alone",
                token: Some(&last.access),
                operations: &["--include-operation-id", "end-other-sessions"],
                examples: 5,
            },
        ] {
            try_out(&bench, &run).await;
        }
    }
}

async fn try_out(bench: &Bench, run: &Run<'_>) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("schemathesis.toml"), settings(run)).unwrap();
    let mut command = command(directory.path(), &bench.at("/openapi.json"), run);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let report = report(&output);
    assert!(output.status.success(), "as {}:\n{report}", run.name);
    assert!(report.contains("generated"), "as {}: nothing was tried:\n{report}", run.name);
}

/// In a file, because the arguments of a program can be read by everybody on the machine.
fn settings(run: &Run<'_>) -> String {
    let mut settings = String::new();
    if let Some(token) = run.token {
        writeln!(settings, "headers = {{ Authorization = \"Bearer {token}\" }}").unwrap();
    }
    // Whether an organisation, a state or a type of system is one that will do stands in the database,
    // in the clock and in the settings, not in a schema; so does whether a password is right, or hard to guess, whether
    // a link is good, and what somebody manages. Terms of an agreement may contradict each other, and an order may be named
    // twice.
    for operation in [
        "create-system",
        "create-system-by-callback",
        "change-system",
        "update-password",
        "forgot-password",
        "reset-password",
        "confirm-address",
        "send-confirmation",
        "register",
        "create-invitation",
        "accept-invitation",
        "import-invitations",
        "create-organization",
        "change-organization",
        "move-organization",
        "switch-organization",
        "explain-access",
        "create-agreement",
        "change-agreement",
        "issue-licenses",
        "list-licenses",
    ] {
        writeln!(settings, "[[operations]]\ninclude-operation-id = \"{operation}\"").unwrap();
        settings.push_str("checks.positive_data_acceptance.enabled = false\n");
    }
    settings
}

fn command(directory: &Path, document: &str, run: &Run<'_>) -> Command {
    let mut command = Command::new(Tool::Schemathesis.find().unwrap());
    command
        .current_dir(directory)
        .arg("--config-file")
        .arg(directory.join("schemathesis.toml"))
        .args(["run", document, "--no-color", "--continue-on-failure"])
        .args(["--seed", "4711", "--generation-deterministic"])
        .args(["--max-examples", &run.examples.to_string(), "--request-timeout", "20"])
        .args(run.operations);
    command
}

fn report(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
