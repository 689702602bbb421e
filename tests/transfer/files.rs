//! The file of an export: for its owner alone, never half there, and in nobody's place unless that was asked for.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::process::Program;
use bailiwick_testkit::process::operator::{refusal, says};
use bailiwick_testkit::tools::server_binary;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::tempdir;

use crate::life::{OWNER, export, program, until, with_settings};
use crate::rows::Look;

/// Adds so many rows of half a kilobyte to a server that is set up, past it.
pub(crate) async fn grow(program: &Program, rows: usize) {
    let look = Look::at(&program.database_url());
    let sql = match look {
        Look::Sqlite(_) => {
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ROWS) \
             INSERT INTO throttle_ledgers SELECT CAST(printf('%0400d', n) AS BLOB), n, n FROM numbers"
        }
        Look::Postgres(_) => {
            "INSERT INTO throttle_ledgers SELECT convert_to(lpad(n::text, 400, '0'), 'UTF8'), n, n FROM generate_series(1, ROWS) n"
        }
    };
    look.run(&sql.replace("ROWS", &rows.to_string())).await;
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_export_is_for_its_owner_alone_and_takes_nobodys_place_unasked() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("server.jsonl");
    let name = file.to_str().unwrap();
    let program = program(Engine::Sqlite);
    program.set_up("Owner", OWNER, "Owner").unwrap();
    export(&program, &file);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let first = fs::read(&file).unwrap();
    let said = refusal(&program.run(&["export", name], "").unwrap());
    assert!(said.contains("is there already; --overwrite puts the export in its place"), "{said}");
    assert!(fs::read(&file).unwrap() == first);
    fs::write(&file, "old").unwrap();
    says(&program.run(&["export", name, "--overwrite"], "").unwrap());
    assert!(fs::read(&file).unwrap().len() >= first.len());
    assert_eq!(names(directory.path()), ["server.jsonl"]);
    let nowhere = directory.path().join("nowhere/server.jsonl");
    let said = refusal(&program.run(&["export", nowhere.to_str().unwrap()], "").unwrap());
    assert!(said.contains("No such file or directory"), "{said}");
}

#[test]
fn an_export_to_standard_output_says_the_rest_aside() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("server.jsonl");
    let program = program(Engine::Sqlite);
    program.set_up("Owner", OWNER, "Owner").unwrap();
    let told = export(&program, &file);
    let output = program.run(&["export", "-", "--json"], "").unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(serde_json::from_slice::<Value>(&output.stderr).unwrap(), told);
    let (written, printed) = (fs::read_to_string(&file).unwrap(), String::from_utf8(output.stdout).unwrap());
    // But for the moment in the first line, and its digest in the last.
    let inside = |text: &str| text.lines().skip(1).filter(|line| !line.contains("\"end\"")).count();
    assert_eq!(inside(&printed), inside(&written));
    let output = program.run(&["export", "-"], "").unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains("SHA-256 of all: "));

    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = program.command(&["export", "-"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("the export cannot be written: No space left"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_fails_or_is_stopped_leaves_nothing_behind() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("server.jsonl");
    let program = program(Engine::Sqlite);
    program.set_up("Owner", OWNER, "Owner").unwrap();
    grow(&program, 50_000).await;

    for signal in [Signal::INT, Signal::TERM] {
        let mut command = program.command(&["export", file.to_str().unwrap()]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until("a draft", async || names(directory.path()).len() == 1).await;
        kill_process(Pid::from_child(&child), signal).unwrap();
        let said = failure(child);
        assert!(said.contains("interrupted; nothing was changed"), "{said}");
        assert_eq!(names(directory.path()), [""; 0]);
    }

    // A disk that is full in the middle: no file may become longer than two megabytes.
    let script = directory.path().join("program");
    let text =
        format!("#!/bin/sh\ntrap '' XFSZ\nulimit -f 4096\nexec '{}' \"$@\"\n", server_binary().unwrap().display());
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    let narrow = with_settings(Program::new(&script).unwrap())
        .with("BAILIWICK_DATABASE_URL", program.database_url())
        .with("BAILIWICK_DATA_DIR", program.data_dir().to_str().unwrap());
    let said = refusal(&narrow.run(&["export", file.to_str().unwrap()], "").unwrap());
    assert!(said.contains("server.jsonl: the export cannot be written: File too large"), "{said}");
    assert_eq!(names(directory.path()), ["program"]);
}

/// What a command says that fails.
fn failure(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// A command that is under way.
pub(crate) fn begin(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}
