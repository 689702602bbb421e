//! The credentials of a system in the Authorization header: name and secret come out as they were sent, or not at all.

#![no_main]

use bailiwick_domain::fault::Code;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;

use crate::authorization::AUTHORIZATION_LENGTH_MAX;
use crate::basic::BasicCredentials;

// The very files of the crate `contract`, without the server that the crate depends on.
#[path = "../../crates/contract/src/authorization.rs"]
#[expect(dead_code, reason = "only its limit is asked for")]
mod authorization;
#[path = "../../crates/contract/src/basic.rs"]
#[expect(dead_code, reason = "only the parser is fuzzed")]
mod basic;

fuzz_target!(|data: &[u8]| {
    for encoding in [&STANDARD.encode(data), &String::from_utf8_lossy(data).into_owned()] {
        hold(format!("Basic {encoding}").as_bytes());
        assert_eq!(read(format!("Bearer {encoding}").as_bytes()), Err(Code::ApplianceScheme));
    }
    hold(data);
});

fn read(value: &[u8]) -> Result<(String, String), Code> {
    let read = BasicCredentials::parse(value)?;
    Ok((read.name().to_owned(), read.secret().expose().to_owned()))
}

/// What is read of a value is what it holds, and is read again from every spelling of the scheme.
fn hold(value: &[u8]) {
    let Ok((name, secret)) = read(value) else { return };
    assert!(value.len() <= AUTHORIZATION_LENGTH_MAX);
    assert!(!name.contains(':'), "the name ends where the first colon is");
    let encoded = STANDARD.encode(format!("{name}:{secret}"));
    let sent = std::str::from_utf8(value).expect("what was read is text");
    assert_eq!(sent.trim_matches([' ', '\t']).rsplit([' ', '\t']).next(), Some(encoded.as_str()), "one spelling, whole");
    for scheme in ["Basic ", "bASIC\t", " basic   "] {
        let again = format!("{scheme}{encoded}");
        if again.len() <= AUTHORIZATION_LENGTH_MAX {
            assert_eq!(read(again.as_bytes()), Ok((name.clone(), secret.clone())));
        }
    }
    assert!(read(format!("Basic {encoded} {encoded}").as_bytes()).is_err(), "one of them");
    assert!(read(encoded.as_bytes()).is_err(), "not without the scheme");
}
