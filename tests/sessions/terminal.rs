//! What the operator's terminal shows of names that strangers chose.

use bailiwick_testkit::people::PASSWORD;
use bailiwick_testkit::process::Program;
use serde_json::Value;

use crate::program::{EMAIL, bootstrap};

/// What ends a line, and what is not to be seen.
const STEERING: [char; 2] = ['\u{2028}', '\u{200b}'];
/// A name with all of them.
const NAME: &str = "Eve\u{2028}nimda\u{200b}";

#[test]
fn names_of_strangers_steer_no_terminal() {
    let program = Program::built().unwrap();
    assert!(bootstrap(&program, "Acme\u{200b}", EMAIL, NAME, PASSWORD).status.success());
    let shop = "Shop\u{200b}";
    let run = |arguments: &[&str]| {
        let output = program.admin(arguments).unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert!(!said.contains(STEERING), "{arguments:?}: {said:?}");
        said
    };
    let ben = ["--email", "ben@shop.example", "--name", NAME, "--organisation", shop, "--password-stdin"];
    let below = ["--name", NAME, "--kind", "reseller", "--parent", shop];
    for arguments in [
        &["organisation", "create", "--name", shop, "--kind", "customer"][..],
        &["organisation", "list"],
        &["organisation", "suspend", shop],
        &["organisation", "reactivate", shop],
        &[&["organisation", "create"], &below[..]].concat(),
        &["organisation", "suspend", "Nowhere\u{200b}"],
        &[&["user", "create"], &ben[..]].concat(),
        &["user", "invite", "--email", "zoe@shop.example", "--organisation", shop],
        &["user", "list"],
        &["user", "list", "--search", "nowhere\u{200b}"],
        &["user", "show", EMAIL],
        &["user", "suspend", "ben@shop.example"],
        &["user", "reactivate", "ben@shop.example"],
        &["user", "end-sessions", EMAIL],
        &["user", "set-password", EMAIL, "--password-stdin"],
    ] {
        let said = run(arguments);
        assert!(said.contains('\u{fffd}'), "{arguments:?}: {said}");
    }
    let listed: Value = serde_json::from_str(&run(&["user", "list", "--json"])).unwrap();
    assert_eq!(listed["users"][0]["name"], NAME, "scripts read what it is");
    let listed: Value = serde_json::from_str(&run(&["organisation", "list", "--json"])).unwrap();
    assert_eq!(listed["organizations"][1]["name"], shop);
}
