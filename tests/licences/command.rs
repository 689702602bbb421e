//! `bailiwick licence`: what somebody reads who has a licence file checked.

use std::fs;
use std::process::Output;

use bailiwick_licence::{Draft, PublicKey, State};
use bailiwick_testkit::process::Program;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

const SYSTEM: &str = "0b30a2d2-6a2f-4f6c-8f0f-3c7f2d1a9b11";
/// 2026-11-18T11:06:40Z
const ISSUED: i64 = 1_795_000_000;
const DAY: i64 = 86_400;

/// Somebody with a licence file and a key, at a command line.
struct Desk {
    program: Program,
    key: SigningKey,
}

impl Desk {
    fn new() -> Self {
        Self { program: Program::built().unwrap(), key: SigningKey::from_bytes(&[1; 32]) }
    }

    fn file(&self) -> String {
        let (provides, licences) = (["nx.streams".to_owned()], ["3ee4b776-0000-4000-8000-000000000001".to_owned()]);
        let draft = Draft {
            issuer: "https://licences.example",
            system: SYSTEM,
            lease: 7,
            issued: ISSUED,
            until: ISSUED + 90 * DAY,
            state: State::Active,
            since: Some(ISSUED),
            ends: Some(ISSUED + 60 * DAY),
            grace: Some(ISSUED + 74 * DAY),
            holder: Some("Alpine Sports\u{200b}"),
            licences: &licences,
            provides: &provides,
            catalogues: &[],
        };
        let unsigned = draft.unsigned(&PublicKey::from_bytes(self.key.verifying_key().to_bytes())).unwrap();
        let signature = self.key.sign(unsigned.bytes()).to_bytes();
        unsigned.signed(&signature).unwrap()
    }

    /// Checks what comes on standard input.
    fn verify(&self, file: &str, more: &[&str]) -> Output {
        let key = STANDARD.encode(self.key.verifying_key());
        self.program.run(&[&["licence", "verify", "-", "--key", &key], more].concat(), file).unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_good_file_is_told_in_words() {
    let desk = Desk::new();
    let output = desk.verify(&desk.file(), &["--at", "2026-11-20T00:00:00Z"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.starts_with("This licence file is to be believed.\n"), "{said}");
    for line in [
        format!("System     {SYSTEM}\n"),
        "State      active, until 2027-01-17T11:06:40Z unless a newer file says otherwise\n".to_owned(),
        "Provides   nx.streams\n".to_owned(),
        "Catalogues nothing\n".to_owned(),
        "Holder     Alpine Sports\u{fffd}\n".to_owned(),
        "Signed     2026-11-18T11:06:40Z by https://licences.example, as number 7 for this system\n".to_owned(),
        "Lease      until 2027-02-16T11:06:40Z".to_owned(),
    ] {
        assert!(said.contains(&line), "{line}\n{said}");
    }
}

#[test]
fn a_file_that_is_not_believed_says_why_in_one_line() {
    let desk = Desk::new();
    let good = desk.file();
    let other = SigningKey::from_bytes(&[2; 32]);
    let forger = Desk { program: Program::built().unwrap(), key: other };
    for (file, more, reason, sentence) in [
        (good.replace("lease 7", "lease 8"), vec![], "damaged", "the file is damaged: fetch it again"),
        (forger.file(), vec![], "other_key", "the file is signed with a key that is not trusted here"),
        (String::new(), vec![], "not_ours", "this is not a licence file: it does not begin with 'bailiwick-licence'"),
        ("a".repeat(100_000), vec![], "too_long", "the file is longer than a licence file can be"),
        (good.clone(), vec!["--system", "another"], "wrong_system", "the file is for another system"),
        (good.clone(), vec!["--at", "2026-11-01T00:00:00Z"], "from_the_future", "the file was signed later than"),
        (good.clone(), vec!["--at", "2027-03-01T00:00:00Z"], "lease_ended", "the file is too old to be relied on"),
    ] {
        let at = if more.contains(&"--at") { vec![] } else { vec!["--at", "2026-11-20T00:00:00Z"] };
        let more = [more, at].concat();
        let output = desk.verify(&file, &more);
        assert_eq!(output.status.code(), Some(1), "{reason}");
        assert!(output.stdout.is_empty());
        let said = text(&output.stderr);
        assert!(said.starts_with(&format!("bailiwick: -: {sentence}")) && said.lines().count() == 1, "{said}");
        let output = desk.verify(&file, &[&more[..], &["--json"]].concat());
        assert_eq!(output.status.code(), Some(1), "{reason}");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((said.get("believed"), said.get("reason")), (Some(&json!(false)), Some(&json!(reason))));
    }
}

#[test]
fn scripts_read_what_a_file_says_from_a_document() {
    let desk = Desk::new();
    let path = desk.program.data_dir().join("box.licence");
    fs::create_dir_all(desk.program.data_dir()).unwrap();
    fs::write(&path, desk.file()).unwrap();
    let key = STANDARD.encode(desk.key.verifying_key());
    let other = STANDARD.encode([0; 32]);
    let arguments = [
        "licence",
        "verify",
        path.to_str().unwrap(),
        "--key",
        &other,
        "--key",
        &key,
        "--at",
        "2027-01-20T00:00:00Z",
        "--json",
    ];
    let output = desk.program.run(&arguments, "").unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = json!({
        "believed": true,
        "system": SYSTEM,
        "state": "grace",
        "until": "2027-01-31T11:06:40Z",
        "provides": ["nx.streams"],
        "catalogues": [],
        "holder": "Alpine Sports\u{200b}",
        "licences": ["3ee4b776-0000-4000-8000-000000000001"],
        "issuer": "https://licences.example",
        "lease": 7,
        "issued_at": "2026-11-18T11:06:40Z",
        "lease_until": "2027-02-16T11:06:40Z",
    });
    assert_eq!(said, expected);
}

#[test]
fn what_is_no_key_no_moment_and_no_file_is_named() {
    let desk = Desk::new();
    let key = STANDARD.encode(desk.key.verifying_key());
    for (arguments, sentence) in [
        (vec!["-", "--key", "AAAA"], "must be the Base64 of the 32 bytes of an Ed25519 public key"),
        (vec!["-", "--key", &key, "--at", "tomorrow"], "must be a moment in RFC 3339"),
        (vec!["nowhere.licence", "--key", &key], "nowhere.licence cannot be read: No such file"),
        (vec!["-"], "--key <KEY>"),
    ] {
        let output = desk.program.run(&[&["licence", "verify"], &arguments[..]].concat(), "").unwrap();
        assert!(!output.status.success());
        let said = text(&output.stderr);
        assert!(said.contains(sentence), "{said}");
    }
}
