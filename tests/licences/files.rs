//! The key of licence files, and files for systems that reach no network, at the command line.

use bailiwick_app::clock::{Clock as _, SystemClock};
use std::fs;

use bailiwick_licence::LicenceRequest;
use bailiwick_testkit::answer::text;
use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::process::Program;
use bailiwick_testkit::process::operator::{refusal, says};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use serde_json::{Value, json};

use crate::operator::{Stage, UNKNOWN};

/// The request of an appliance, as it is carried.
fn request(system: &str, made: i64) -> String {
    let mut file = String::new();
    LicenceRequest { system, lease: 7, made }.write(&mut file).unwrap();
    file
}

fn now() -> i64 {
    SystemClock.now().seconds()
}

/// The key that is printed is the one that is published, and it opens the file that is written.
async fn carried(engine: Engine) {
    let stage = Stage::set(engine).await;
    let program = &stage.program;
    stage.agreement("AI Manager", &["--provides", "nx.streams"]);
    let system = stage.system("Box", "Shop").await;
    stage.says(&["licence", "issue", "--agreement", "AI Manager", "--organisation", "Shop", "--system", &system]);

    let key = says(&program.run(&["licence", "key"], "").unwrap()).trim().to_owned();
    let published = stage.get("/.well-known/jwks.json").await;
    let published = text(published.json["keys"].as_array().unwrap().last().unwrap(), "x").to_owned();
    assert_eq!(BASE64.decode(key.as_bytes()).unwrap(), BASE64URL_NOPAD.decode(published.as_bytes()).unwrap());
    let hexadecimal = says(&program.run(&["licence", "key", "--hex"], "").unwrap());
    assert_eq!(HEXLOWER.decode(hexadecimal.trim().as_bytes()).unwrap(), BASE64.decode(key.as_bytes()).unwrap());
    stage.says(&["rotate-keys"]);
    assert_eq!(says(&program.run(&["licence", "key"], "").unwrap()).trim(), key, "firmware has it for good");

    let file = stage.says(&["licence", "file", &system]);
    let verify = ["licence", "verify", "-", "--key", &key, "--system", &system, "--json"];
    let verified: Value = serde_json::from_str(&says(&program.run(&verify, &file).unwrap())).unwrap();
    assert_eq!((&verified["believed"], &verified["state"]), (&json!(true), &json!("active")), "{verified}");
    assert_eq!((&verified["provides"], &verified["holder"]), (&json!(["nx.streams"]), &json!("Shop")));

    let path = program.data_dir().join("box.request");
    let write = |content: &str| fs::write(&path, content).unwrap();
    let asked = ["licence", "file", &system, "--request", path.to_str().unwrap()];
    write(&request(&system, now()));
    assert!(stage.says(&asked).starts_with("bailiwick-licence 1\n"));
    // A clock that is wrong is told of aside of the file, which is as good as any.
    write(&request(&system, now() - 400));
    let warned = stage.admin(&asked);
    let aside = String::from_utf8(warned.stderr.clone()).unwrap();
    assert!(warned.status.success() && aside.starts_with("warning: the system's clock showed "), "{warned:?}");
    assert_eq!(aside.lines().count(), 1, "{aside}");
    let file = String::from_utf8(warned.stdout).unwrap();
    says(&program.run(&verify, &file).unwrap());
    assert_eq!(stage.audited("license.file_issued").await, 3);

    write(&request(UNKNOWN, now()));
    assert!(stage.refuses(&asked).contains(&format!("is the request of the system {UNKNOWN}, and not of {system}")));
    write("nonsense");
    assert!(stage.refuses(&asked).contains("is no request for a licence file"));
    fs::remove_file(&path).unwrap();
    assert!(stage.refuses(&asked).contains("cannot be read"));
    assert!(stage.refuses(&["licence", "file", UNKNOWN]).contains("there is no system with that id"));
    assert!(stage.refuses(&["licence", "file", "box"]).contains("the id of the system must be"));
    stage.says(&["organisation", "suspend", "Shop"]);
    assert!(stage.refuses(&["licence", "file", &system]).contains("system is suspended"));
    assert_eq!(stage.audited("license.file_issued").await, 3, "a refused act leaves nothing behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn licence_files_are_carried_to_systems_without_a_network_on_sqlite() {
    carried(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn licence_files_are_carried_to_systems_without_a_network_on_postgres() {
    carried(Engine::Postgres).await;
}

#[test]
fn where_nothing_was_signed_no_key_is_made() {
    let program = Program::built().unwrap();
    let refused = refusal(&program.run(&["licence", "key"], "").unwrap());
    assert!(refused.contains("BAILIWICK_DATABASE_URL"), "{refused}");
    assert!(!program.data_dir().exists());
}
