//! Callback URLs: what is admitted keeps every rule, now and when it is read
//! again, and what is added to it can be read back.

#![no_main]

use bailiwick_domain::callback::{CallbackParameters, CallbackUrl, canonical_string};
use bailiwick_domain::field::Parse as _;
use bailiwick_domain::id::{DeliveryId, SystemId};
use bailiwick_domain::time::Timestamp;
use libfuzzer_sys::fuzz_target;
use url::Url;

const OURS: [&str; 6] = ["state", "system_id", "system_name", "system_type", "timestamp", "error"];

fuzz_target!(|data: &str| {
    judge(data, data);
    // As a query too, which is where most of the rules are.
    judge(&format!("https://app.example/cb?{data}"), data);
});

fn judge(text: &str, state: &str) {
    let Ok(callback) = CallbackUrl::parse_text(text) else { return };
    let url = Url::parse(callback.as_str()).expect("it was a URL");
    assert!(matches!(url.scheme(), "https" | "http"));
    assert!(url.host_str().is_some_and(|host| !host.is_empty() && host.is_ascii()));
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
    assert!(url.port() != Some(0) && callback.as_str().len() <= 2048 && text.len() <= 2048);
    assert!(!url.query_pairs().any(|(name, _)| OURS.contains(&name.as_ref())));
    assert_eq!(CallbackUrl::parse_text(callback.as_str()).as_ref(), Ok(&callback));
    assert!(callback.as_str().starts_with(&format!("{}/", callback.origin())));
    assert!(callback.origin().ends_with(&callback.host_display()));
    created(&callback, &url, state);
}

fn created(callback: &CallbackUrl, own: &Url, state: &str) {
    let at = Timestamp::from_seconds(1_752_143_400);
    let parameters = CallbackParameters {
        state: state.to_owned(),
        system_id: SystemId::new(at, [1; 10]),
        system_name: state.chars().rev().collect(),
        system_type: "ns8".to_owned(),
        timestamp: at,
    };
    let target = callback.with_created(&parameters);
    let called = Url::parse(&target).expect("it is a URL still");
    assert_eq!(called.as_str(), target, "a client sends the very text that is signed");
    assert_eq!((called.origin(), called.path()), (own.origin(), own.path()));
    assert!(target.starts_with(callback.as_str()));
    let pairs: Vec<_> = called.query_pairs().collect();
    let expected =
        [state, &parameters.system_id.to_string(), &parameters.system_name, "ns8", &at.rfc3339()].map(str::to_owned);
    let read = ["state", "system_id", "system_name", "system_type", "timestamp"]
        .map(|name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.clone().into_owned()));
    assert_eq!(read, expected.map(Some));
    assert!(
        pairs.iter().take(pairs.len() - 5).map(|pair| (pair.0.as_ref(), pair.1.as_ref())).eq(own
            .query_pairs()
            .collect::<Vec<_>>()
            .iter()
            .map(|pair| (pair.0.as_ref(), pair.1.as_ref())))
    );
    let signed = canonical_string(&target, DeliveryId::new(at, [2; 10]), at);
    assert_eq!(signed.iter().filter(|byte| **byte == b'\n').count(), 5, "six lines, whatever is in them");
    let denied = Url::parse(&callback.with_denied(state)).expect("it is a URL still");
    assert!(denied.query_pairs().any(|pair| pair.0 == "state" && pair.1 == state));
}
