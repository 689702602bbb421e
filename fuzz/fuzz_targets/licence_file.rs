//! Licence files: nothing is believed that was not signed, and what was signed is read as it stands.

#![no_main]

use bailiwick_licence::{Appliance, FILE_MAX, LicenceFile, LicenceRequest, Memory, PublicKey, Refusal, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

fuzz_target!(|data: &[u8]| {
    let key = SigningKey::from_bytes(&[7; 32]);
    let trusted = [PublicKey::from_bytes(key.verifying_key().to_bytes())];
    // Nobody finds a signature by chance, so nothing is believed.
    assert!(LicenceFile::open(data, &trusted).is_err());
    if let Ok(request) = LicenceRequest::open(data) {
        written_again(&request, data);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    judge(&signed(&key, &trusted[0], text), &trusted);
    let framed = sealed(&format!("bailiwick-licence-request 1\n{text}\n"));
    if let Ok(request) = LicenceRequest::open(framed.as_bytes()) {
        written_again(&request, framed.as_bytes());
    }
});

/// A file whose signature is good, whatever stands in it.
fn signed(key: &SigningKey, public: &PublicKey, text: &str) -> String {
    let body = format!("bailiwick-licence 1\nissuer a\nkey {}\n{text}\n", public.id());
    let signature = STANDARD.encode(key.sign(body.as_bytes()).to_bytes());
    sealed(&format!("{body}signature {signature}\n"))
}

fn sealed(text: &str) -> String {
    let digits: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{text}digest {digits}\n")
}

fn judge(text: &str, trusted: &[PublicKey]) {
    let file = match LicenceFile::open(text.as_bytes(), trusted) {
        Ok(file) => file,
        Err(refusal) => {
            // What is signed and whole is refused for what it says alone.
            let is_about_lines = matches!(refusal, Refusal::Malformed(_));
            assert!(is_about_lines || text.len() > FILE_MAX && refusal == Refusal::TooLong, "{refusal:?}");
            return;
        }
    };
    for line in [file.system, file.holder.unwrap_or("a")] {
        assert!(text.contains(line) && !line.is_empty() && !line.chars().any(char::is_control));
    }
    let moments = [file.issued, file.until, file.since.unwrap_or(0), file.ends.unwrap_or(0), file.grace.unwrap_or(0)];
    for now in moments.into_iter().flat_map(|moment| [moment.saturating_sub(1), moment, i64::MAX]) {
        for memory in
            [None, Some(Memory { lease: file.lease, latest: now }), Some(Memory { lease: 0, latest: i64::MIN })]
        {
            let Ok(ruling) = file.judge(&Appliance { system: file.system, now, memory }) else { continue };
            assert!(ruling.until > now && ruling.until <= file.until);
            assert!(ruling.memory.lease == file.lease && ruling.memory.latest >= now);
            let is_after = |end: Option<i64>| end.is_none_or(|end| now >= end);
            assert!(!(ruling.state == State::Active && file.ends.is_some() && is_after(file.ends)));
            assert!(!(ruling.state == State::Grace && is_after(file.grace)));
            assert!(ruling.state.allows() || ruling.provided().next().is_none());
        }
    }
}

fn written_again(request: &LicenceRequest<'_>, data: &[u8]) {
    let mut again = String::new();
    request.write(&mut again).expect("what was read can be written");
    assert_eq!(again.as_bytes(), data, "a request has one form");
}
