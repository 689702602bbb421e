//! The body of a sign-in: JSON means one thing only, and no fault repeats a password.

#![no_main]

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Check, Parse as _};
use bailiwick_domain::password::Password;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

use crate::json::Members;

// The very file of the crate `contract` that every body is read with, without
// the server that the crate depends on.
#[path = "../../crates/contract/src/input/json.rs"]
#[expect(dead_code, reason = "a sign-in ignores further members, so nothing refuses them")]
mod json;

fuzz_target!(|data: &[u8]| {
    match Members::parse(data) {
        Ok(members) => {
            means_one_thing(data, &members);
            signs_in(&members);
        }
        Err(fault) => is_malformed(data, &fault),
    }
});

/// What is refused is no JSON object, or names a member twice.
fn is_malformed(data: &[u8], fault: &Fault) {
    assert_eq!(fault.code, Code::MalformedBody);
    let detail = fault.detail.as_deref().expect("it says what is wrong");
    if !detail.contains("is there twice") {
        assert!(serde_json::from_slice::<Map<String, Value>>(data).is_err(), "{detail}");
    }
}

/// A reader that takes the last of equal names reads the same, and so does one of the answer written anew.
fn means_one_thing(data: &[u8], members: &Members) {
    let read: Map<String, Value> = serde_json::from_slice(data).expect("it was a JSON object");
    for (name, value) in &read {
        assert_eq!(members.get(name), Some(value));
    }
    let again = Members::parse(&serde_json::to_vec(&read).expect("JSON can be written")).expect("and read");
    // Texts alone: a number with a fraction may move by its last bit.
    assert!(read.iter().filter(|(_, value)| value.is_string()).all(|(name, value)| again.get(name) == Some(value)));
}

/// The members of a sign-in, in both its forms.
fn signs_in(members: &Members) {
    let mut check = Check::new();
    for name in ["Username", "Email"] {
        if let Some(email) = check.optional_json::<EmailAddress>(name, members.get(name)) {
            assert_eq!(EmailAddress::parse_text(email.as_str()).as_ref(), Ok(&email));
        }
    }
    if let Some(password) = check.json::<Password>("Password", members.get("Password")) {
        // Normalising may lengthen a text over the limit; then it is refused the second time.
        if let Ok(again) = Password::parse_text(password.expose()) {
            assert_eq!(again.expose(), password.expose(), "what is normalised stays the same");
        }
    }
    let keep = check.optional_json::<bool>("KeepLoggedIn", members.get("KeepLoggedIn"));
    assert_eq!(keep, members.get("KeepLoggedIn").and_then(Value::as_bool));
    for refused in check.fault().into_iter().flat_map(|fault| fault.fields) {
        assert!(refused.key != "Password" || refused.value.is_none(), "a secret is never echoed");
        assert!(refused.value.is_none_or(|value| value.chars().count() <= 256));
    }
}
