//! The library as firmware uses it: compiled into a program in C.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bailiwick_licence::{Draft, PublicKey, State};
use data_encoding::HEXLOWER;
use ed25519_dalek::{Signer, SigningKey};

const SYSTEM: &str = "0b30a2d2-6a2f-4f6c-8f0f-3c7f2d1a9b11";
const ISSUED: i64 = 1_795_000_000;

/// Cargo builds examples before tests, into a folder beside theirs.
fn library() -> PathBuf {
    let test = env::current_exe().unwrap();
    test.parent().and_then(Path::parent).unwrap().join("examples/libappliance.a")
}

fn compiled(into: &Path) -> PathBuf {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let program = into.join("appliance");
    let output = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(&program)
        .arg(sources.join("appliance.c"))
        .arg(library())
        .args(["-lpthread", "-ldl", "-lm"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}

fn signed(key: &SigningKey, lease: u64) -> String {
    let provides = ["nx.streams".to_owned()];
    let draft = Draft {
        issuer: "https://licences.example",
        system: SYSTEM,
        lease,
        issued: ISSUED,
        until: ISSUED + 1000,
        state: State::Active,
        since: None,
        ends: None,
        grace: None,
        holder: None,
        licences: &[],
        provides: &provides,
        catalogues: &[],
    };
    let unsigned = draft.unsigned(&PublicKey::from_bytes(key.verifying_key().to_bytes())).unwrap();
    let signature = key.sign(unsigned.bytes()).to_bytes();
    unsigned.signed(&signature).unwrap()
}

#[test]
fn a_program_in_c_is_told_what_is_allowed_and_why_a_file_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let program = compiled(folder.path());
    let key = SigningKey::from_bytes(&[1; 32]);
    let digits = HEXLOWER.encode(key.verifying_key().as_bytes());
    let (file, memory) = (folder.path().join("licence"), folder.path().join("memory"));
    let ask = |contents: &str, system: &str, now: i64, name: &str| {
        fs::write(&file, contents).unwrap();
        let output = Command::new(&program)
            .args([file.to_str().unwrap(), &digits, system, &now.to_string(), name, memory.to_str().unwrap()])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let (first, second) = (signed(&key, 1), signed(&key, 2));
    assert_eq!(ask(&first, SYSTEM, ISSUED, "nx.streams"), "allowed");
    assert_eq!(ask(&first, SYSTEM, ISSUED, "nx.models"), "not allowed");
    assert_eq!(ask(&second, SYSTEM, ISSUED + 500, "nx.streams"), "allowed");
    assert_eq!(ask(&first, SYSTEM, ISSUED + 500, "nx.streams"), "replayed");
    assert_eq!(ask(&second, SYSTEM, ISSUED + 100, "nx.streams"), "clock_turned_back");
    assert_eq!(ask(&second, "another", ISSUED + 500, "nx.streams"), "wrong_system");
    assert_eq!(ask(&second, SYSTEM, ISSUED + 1000, "nx.streams"), "lease_ended");
    assert_eq!(ask(&second.replace("lease 2", "lease 3"), SYSTEM, ISSUED, "nx.streams"), "damaged");
    assert_eq!(ask(&signed(&SigningKey::from_bytes(&[2; 32]), 3), SYSTEM, ISSUED + 500, "nx.streams"), "other_key");
    assert_eq!(ask("", SYSTEM, ISSUED, "nx.streams"), "not_ours");
    assert_eq!(ask(&second, SYSTEM, ISSUED + 500, "nx.streams"), "allowed", "what was refused has changed nothing");
}
