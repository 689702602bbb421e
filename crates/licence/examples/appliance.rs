//! Licence files for firmware that is written in C: `appliance.h` declares this, `appliance.c` uses it.
//!
//! `cargo build --release --package bailiwick-licence --example appliance` makes the library `libappliance.a`.
#![expect(unsafe_code, reason = "C hands over bare pointers")]

use std::ffi::{CStr, c_char, c_int};
use std::slice;

use bailiwick_licence::{Appliance, LicenceFile, Memory, PublicKey, Refusal};

/// Every refusal, at the place that is its number: C is told the negative of that, minus one.
const REFUSALS: [(Refusal, &CStr); 13] = [
    (Refusal::TooLong, c"too_long"),
    (Refusal::NotOurs, c"not_ours"),
    (Refusal::UnknownVersion, c"unknown_version"),
    (Refusal::Truncated, c"truncated"),
    (Refusal::Damaged, c"damaged"),
    (Refusal::OtherKey, c"other_key"),
    (Refusal::BadSignature, c"bad_signature"),
    (Refusal::Malformed(""), c"malformed"),
    (Refusal::WrongSystem, c"wrong_system"),
    (Refusal::Replayed, c"replayed"),
    (Refusal::ClockTurnedBack, c"clock_turned_back"),
    (Refusal::FromTheFuture, c"from_the_future"),
    (Refusal::LeaseEnded, c"lease_ended"),
];

/// Whether a licence file allows something: 1 when it does, 0 when it does not, and what
/// `bailiwick_licence_refusal` names when the file is not believed. A pointer that is null, or text that is not UTF-8,
/// counts as a file that is not ours.
///
/// # Safety
/// `file` points to `length` bytes, `key` to 32, `memory` to 16 that may be written and are zero before the first call;
/// `system` and `name` end with a zero byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bailiwick_licence_allows(
    file: *const u8,
    length: usize,
    key: *const [u8; 32],
    system: *const c_char,
    now: i64,
    memory: *mut [u8; Memory::BYTES],
    name: *const c_char,
) -> c_int {
    if file.is_null() || key.is_null() || system.is_null() || memory.is_null() || name.is_null() {
        return number_of(Refusal::NotOurs);
    }
    // SAFETY: none is null, and the caller vouches for the rest.
    let (file, key, system, memory, name) = unsafe {
        (slice::from_raw_parts(file, length), *key, CStr::from_ptr(system), &mut *memory, CStr::from_ptr(name))
    };
    let (Ok(system), Ok(name)) = (system.to_str(), name.to_str()) else { return number_of(Refusal::NotOurs) };
    match allows(file, key, system, now, memory, name) {
        Ok(allowed) => c_int::from(allowed),
        Err(refusal) => number_of(refusal),
    }
}

/// What a negative answer means: a word that does not change, or null.
#[unsafe(no_mangle)]
pub extern "C" fn bailiwick_licence_refusal(answer: c_int) -> *const c_char {
    let place = usize::try_from(-1 - i64::from(answer)).ok();
    place.and_then(|place| REFUSALS.get(place)).map_or(std::ptr::null(), |(_, name)| name.as_ptr())
}

fn allows(
    file: &[u8],
    key: [u8; 32],
    system: &str,
    now: i64,
    memory: &mut [u8; Memory::BYTES],
    name: &str,
) -> Result<bool, Refusal> {
    let kept = (*memory != [0; Memory::BYTES]).then(|| Memory::from_bytes(*memory));
    let trusted = [PublicKey::from_bytes(key)];
    let ruling = LicenceFile::open(file, &trusted)?.judge(&Appliance { system, now, memory: kept })?;
    *memory = ruling.memory.to_bytes();
    Ok(ruling.provides(name))
}

fn number_of(refusal: Refusal) -> c_int {
    let place = REFUSALS.iter().position(|(_, name)| name.to_bytes() == refusal.name().as_bytes());
    place.and_then(|place| c_int::try_from(place).ok()).map_or(c_int::MIN, |place| -1 - place)
}
