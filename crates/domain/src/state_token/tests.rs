#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

const NOW_MS: i64 = 1_752_143_400_123;

fn parse(text: &str) -> Result<StateToken, StateError> {
    StateToken::parse(&RawState(text.to_owned()))
}

fn state(json: &str) -> Result<StateToken, StateError> {
    parse(&format!("state_{}", STANDARD.encode(json)))
}

fn made_at(timestamp_ms: i64) -> StateToken {
    state(&format!(r#"{{"timestamp":{timestamp_ms},"random":"abc"}}"#)).unwrap()
}

#[test]
fn reads_the_example_of_the_seed() {
    let text = "state_eyJ0aW1lc3RhbXAiOjE3MjU1MjUxMjM0NTYsInJhbmRvbSI6ImFiYzEyM2RlZjQ1NiJ9";
    let token = parse(text).unwrap();
    assert_eq!((token.timestamp_ms, token.random.as_str()), (1_725_525_123_456, "abc123def456"));
    assert_eq!(token.as_str(), text);
}

#[test]
fn refuses_what_is_not_a_state() {
    let long = format!(r#"{{"timestamp":1,"random":"{}"}}"#, "x".repeat(RANDOM_LENGTH_MAX + 1));
    let jsons = r#"
        null
        [1,"abc"]
        {}
        {"timestamp":1}
        {"random":"abc"}
        {"timestamp":1.0,"random":"abc"}
        {"timestamp":1e3,"random":"abc"}
        {"timestamp":"1","random":"abc"}
        {"timestamp":null,"random":"abc"}
        {"timestamp":9223372036854775808,"random":"abc"}
        {"timestamp":1,"random":7}
        {"timestamp":1,"random":""}
        {"timestamp":1,"random":"\ud800"}
        {"timestamp":1,"timestamp":1,"random":"abc"}
        {"timestamp":1,"random":"a","random":"a"}
        {"timestamp":1,"random":"a","r\u0061ndom":"b"}
        {"timestamp":1,"random":"abc"} x
        {"timestamp":1,"random":"abc",}"#;
    for json in jsons.lines().chain([long.as_str()]) {
        assert!(matches!(state(json), Err(StateError::Malformed(_))), "{json}");
    }
    let good = STANDARD.encode(r#"{"timestamp":1,"random":"??>>~"}"#);
    assert!(parse(&format!("state_{good}")).is_ok());
    let not_utf8 = STANDARD.encode(b"{\"timestamp\":1,\"random\":\"\xff\"}");
    let texts = [
        String::new(),
        "state_".to_owned(),
        good.clone(),
        format!("State_{good}"),
        format!("state_ {good}"),
        format!("state_{good}\n"),
        format!("state_{good}===="),
        format!("state_{not_utf8}"),
        "state_+_+_".to_owned(),
    ];
    for text in texts {
        assert!(matches!(parse(&text), Err(StateError::Malformed(_))), "{text}");
    }
}

#[test]
fn takes_up_to_256_characters_and_1024_bytes() {
    let sized = |json_bytes: usize| {
        let frame = r#"{"timestamp":1,"random":"a","x":""}"#.len();
        let json = format!(r#"{{"timestamp":1,"random":"a","x":"{}"}}"#, "y".repeat(json_bytes - frame));
        format!("state_{}", STANDARD_NO_PAD.encode(json))
    };
    assert_eq!((sized(763).len(), sized(764).len()), (1024, 1025));
    assert!(parse(&sized(763)).is_ok());
    assert_eq!(parse(&sized(764)), Err(StateError::Malformed("longer than 1024 bytes")));
    assert!(state(&format!(r#"{{"timestamp":1,"random":"{}"}}"#, "é".repeat(RANDOM_LENGTH_MAX))).is_ok());
}

#[test]
fn says_which_fault_it_is() {
    let now = Timestamp::from_milliseconds(NOW_MS);
    let told = |error: StateError| {
        let fault = Fault::from(error);
        (fault.code, fault.detail.unwrap().into_owned())
    };
    let malformed = told(parse("nonsense").unwrap_err());
    assert_eq!(malformed.0, Code::StateMalformed);
    assert!(malformed.1.starts_with("invalid state token format"), "{}", malformed.1);
    let future = made_at(NOW_MS + SKEW_MS + 1).check(now).unwrap_err();
    assert_eq!(told(future), (Code::StateMalformed, "state token from the future".to_owned()));
    // Seconds taken for milliseconds are a moment long ago.
    let seconds = made_at(NOW_MS / 1000).check(now).unwrap_err();
    assert_eq!(told(seconds), (Code::StateExpired, "state token expired".to_owned()));
}

#[test]
fn neither_end_of_time_wraps() {
    let now = Timestamp::from_milliseconds(NOW_MS);
    assert_eq!(made_at(i64::MAX).check(now), Err(StateError::Future));
    assert_eq!(made_at(i64::MIN).check(now), Err(StateError::Expired));
    assert!(made_at(i64::MAX).forget_after(now) > now);
}

/// The JSON text of a string with every character as a `\u` escape.
fn escaped(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat()
}

/// Spellings of the same two values.
fn spellings(timestamp: i64, random: &str, space: &str) -> Vec<String> {
    let quoted = serde_json::to_string(random).unwrap();
    let jsons = [
        format!(r#"{{"timestamp":{timestamp},"random":{quoted}}}"#),
        format!(r#"{{"random":{quoted},"timestamp":{timestamp}}}"#),
        format!(r#"{space}{{{space}"timestamp"{space}:{space}{timestamp},{space}"random":{quoted}{space}}}{space}"#),
        format!(r#"{{"v":[1,{{"random":"z"}}],"timestamp":{timestamp},"random":{quoted},"Random":"q"}}"#),
        format!(r#"{{"{}":{timestamp},"random":"{}"}}"#, escaped("timestamp"), escaped(random)),
    ];
    let engines = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD];
    jsons.iter().flat_map(|json| engines.iter().map(move |engine| engine.encode(json))).collect()
}

proptest! {
    #[test]
    fn all_spellings_of_a_state_are_one(timestamp: i64, random in "\\PC{1,48}", space in "[ \t\r\n]{1,4}") {
        let identity = made_of(timestamp, &random).identity();
        for spelling in spellings(timestamp, &random, &space) {
            let token = parse(&format!("state_{spelling}"));
            prop_assert_eq!(token.map(|token| token.identity()), Ok(identity), "{}", spelling);
        }
    }

    #[test]
    fn different_values_are_different_states(a: (i64, String), b: (i64, String)) {
        prop_assert_eq!(made_of(a.0, &a.1).identity() == made_of(b.0, &b.1).identity(), a == b);
        prop_assert_ne!(made_of(a.0, &a.1).identity(), made_of(a.0.wrapping_add(1), &a.1).identity());
    }

    #[test]
    fn the_hour_and_the_skew_end_to_the_millisecond(made: i32, fraction in 0..1000i64) {
        let made = NOW_MS + i64::from(made);
        let token = made_at(made);
        let at = |ms: i64| Timestamp::from_microseconds((made + ms) * 1000 + fraction);
        prop_assert_eq!(token.check(at(LIFE_MS)), Ok(()));
        prop_assert_eq!(token.check(at(LIFE_MS + 1)), Err(StateError::Expired));
        prop_assert_eq!(token.check(at(-SKEW_MS)), Ok(()));
        prop_assert_eq!(token.check(at(-SKEW_MS - 1)), Err(StateError::Future));
    }

    #[test]
    fn a_forgotten_state_is_expired(made: i32, age in -SKEW_MS..=LIFE_MS) {
        let made = NOW_MS + i64::from(made);
        let (token, used_at) = (made_at(made), Timestamp::from_milliseconds(made + age));
        prop_assert_eq!(token.check(used_at), Ok(()));
        let forgotten = token.forget_after(used_at);
        prop_assert!(forgotten.since(used_at) >= Span::hours(24));
        prop_assert_eq!(token.check(forgotten), Err(StateError::Expired));
    }

    #[test]
    fn no_text_makes_it_panic(text in "(state_)?[A-Za-z0-9+/_=-]{0,40}") {
        if let Ok(token) = parse(&text) {
            prop_assert_eq!(token.as_str(), text);
        }
    }
}

fn made_of(timestamp_ms: i64, random: &str) -> StateToken {
    StateToken { raw: String::new(), timestamp_ms, random: random.to_owned() }
}
