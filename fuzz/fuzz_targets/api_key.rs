//! API keys: one spelling each, and nothing belongs to what is kept but the key itself.

#![no_main]

use bailiwick_domain::api_key::{ApiKey, ApiKeyEntropy, PresentedKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    judge(&String::from_utf8_lossy(data));
    // Chance alone rarely finds the digits of a key.
    let mut entropy: ApiKeyEntropy = [0; _];
    entropy.iter_mut().zip(data).for_each(|(to, from)| *to = *from);
    let key = ApiKey::new(&entropy);
    let hash = key.hash();
    assert!(judge(key.expose()).is_some_and(|read| read.belongs_to(&hash.salt, &hash.digest)));
    for at in 0..key.expose().len() {
        let mut bytes = key.expose().as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        let other = String::from_utf8(bytes).expect("one digit for one character");
        let is_taken = judge(&other).is_some_and(|read| {
            read.public_part() == hash.public_part && read.belongs_to(&hash.salt, &hash.digest)
        });
        assert!(!is_taken, "{other}");
    }
});

fn judge(text: &str) -> Option<PresentedKey<'_>> {
    let read = PresentedKey::read(text)?;
    assert!(PresentedKey::is_meant_by(text) && text.len() == 65 && text.is_ascii());
    assert_eq!(&text[4..24], read.public_part());
    assert!(text.bytes().all(|byte| !byte.is_ascii_uppercase()));
    Some(read)
}
