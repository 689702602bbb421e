//! State tokens: whatever can be read says the same in every spelling, and its
//! times never contradict each other.

#![no_main]

use bailiwick_domain::field::Parse as _;
use bailiwick_domain::state_token::{RawState, StateError, StateToken};
use bailiwick_domain::time::{Span, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // As it came, and as the JSON inside: chance alone rarely gets through base64.
    judge(&String::from_utf8_lossy(data));
    judge(&format!("state_{}", URL_SAFE_NO_PAD.encode(data)));
});

fn read(text: &str) -> Result<StateToken, StateError> {
    StateToken::parse(&RawState::parse_text(text).expect("any text is a raw state"))
}

fn judge(text: &str) {
    let Ok(token) = read(text) else { return };
    assert_eq!(token.as_str(), text);
    assert!(text.len() <= 1024 && text.starts_with("state_"));
    let Said { timestamp, random } = decode(&text["state_".len()..]);
    assert!((1..=256).contains(&random.chars().count()));
    spellings_agree(&token, timestamp, &random);
    times_agree(&token, timestamp);
}

#[derive(serde::Deserialize)]
struct Said {
    timestamp: i64,
    random: String,
}

/// Reads the values by other means than the parser does.
fn decode(encoded: &str) -> Said {
    let unpadded = encoded.trim_end_matches('=').replace('-', "+").replace('_', "/");
    let json = STANDARD_NO_PAD.decode(unpadded).expect("it was base64");
    serde_json::from_slice(&json).expect("it was JSON with a timestamp and a random text")
}

fn spellings_agree(token: &StateToken, timestamp: i64, random: &str) {
    let respelt = |timestamp: i64, random: &str| {
        let json = format!("{{ \"random\":{}, \"timestamp\":{timestamp}}}", serde_json::Value::from(random));
        [STANDARD, URL_SAFE, STANDARD_NO_PAD].map(|engine| read(&format!("state_{}", engine.encode(&json))))
    };
    for other in respelt(timestamp, random).into_iter().flatten() {
        assert_eq!(other.identity(), token.identity());
    }
    for other in respelt(timestamp ^ 1, random).into_iter().flatten() {
        assert_ne!(other.identity(), token.identity());
    }
}

fn times_agree(token: &StateToken, timestamp: i64) {
    let made = Timestamp::from_milliseconds(timestamp);
    if timestamp.checked_mul(1000).is_some_and(|made| made.checked_add(1 << 40).is_some() && made > i64::MIN >> 1) {
        assert_eq!(token.check(made), Ok(()));
        assert_eq!(token.check(made.plus(Span::hours(1))), Ok(()));
        assert_eq!(token.check(made.plus(Span::milliseconds(3_600_001))), Err(StateError::Expired));
        assert_eq!(token.check(made.minus(Span::milliseconds(300_001))), Err(StateError::Future));
        let forgotten = token.forget_after(made);
        assert!(forgotten.since(made) >= Span::hours(24));
        assert_eq!(token.check(forgotten), Err(StateError::Expired));
    }
}
