//! The Authorization header: a token comes out as it was sent, or not at all.

#![no_main]

use libfuzzer_sys::fuzz_target;

use crate::authorization::{AUTHORIZATION_LENGTH_MAX, AuthorizationHeader};

// The very file of the crate `contract`, without the server that the crate depends on.
#[path = "../../crates/contract/src/authorization.rs"]
#[expect(dead_code, reason = "only the parser is fuzzed")]
mod authorization;

fuzz_target!(|data: &[u8]| {
    let Ok(header) = AuthorizationHeader::parse(data) else { return };
    let token = header.token();
    assert!(!token.is_empty() && token.len() <= AUTHORIZATION_LENGTH_MAX);
    assert!(token.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)));
    assert!(data.windows(token.len()).any(|window| window == token.as_bytes()), "nothing is made up");
    let again = |value: &str| AuthorizationHeader::parse(value.as_bytes()).map(|header| header.token().to_owned());
    if "Bearer ".len() + token.len() <= AUTHORIZATION_LENGTH_MAX {
        assert_eq!(again(&format!("Bearer {token}")).as_deref(), Ok(token));
        assert_eq!(again(&format!("bEARER\t{token}")).as_deref(), Ok(token));
    }
    let is_scheme = token.eq_ignore_ascii_case("bearer") || token.eq_ignore_ascii_case("basic");
    assert_eq!(again(token).is_ok(), !is_scheme);
    assert!(again(&format!("Basic {token}")).is_err());
    assert!(again(&format!("Bearer {token} {token}")).is_err());
});
