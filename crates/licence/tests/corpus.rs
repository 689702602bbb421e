//! Files that must be refused, each for its own reason, beside those that must not.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use bailiwick_licence::{
    Appliance, Draft, FILE_MAX, LicenceFile, LicenceRequest, Memory, PublicKey, Refusal, Ruling, State,
};
use data_encoding::HEXLOWER;
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;

const SYSTEM: &str = "0b30a2d2-6a2f-4f6c-8f0f-3c7f2d1a9b11";
/// When the file of these tests is signed.
const ISSUED: i64 = 1_795_000_000;
const DAY: i64 = 86_400;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_bytes(key.verifying_key().to_bytes())
}

/// Active for 60 days, then 14 days of grace, on a lease of 90 days.
fn draft<'a>(provides: &'a [String], licences: &'a [String]) -> Draft<'a> {
    Draft {
        issuer: "https://licences.example",
        system: SYSTEM,
        lease: 7,
        issued: ISSUED,
        until: ISSUED + 90 * DAY,
        state: State::Active,
        since: Some(ISSUED - DAY),
        ends: Some(ISSUED + 60 * DAY),
        grace: Some(ISSUED + 74 * DAY),
        holder: Some("Alpine Sports & Söhne"),
        licences,
        provides,
        catalogues: &[],
    }
}

fn signed_by(key: &SigningKey, named: &SigningKey, change: impl FnOnce(&mut Draft<'_>)) -> String {
    let provides = ["nx.streams".to_owned(), "nx.models".to_owned()];
    let licences = ["3ee4b776-0000-4000-8000-000000000001".to_owned()];
    let mut draft = draft(&provides, &licences);
    change(&mut draft);
    let unsigned = draft.unsigned(&public(named)).unwrap();
    let signature = key.sign(unsigned.bytes()).to_bytes();
    unsigned.signed(&signature).unwrap()
}

fn file() -> String {
    signed_by(&key(1), &key(1), |_| {})
}

fn open(file: &[u8]) -> Result<LicenceFile<'_>, Refusal> {
    LicenceFile::open(file, &[public(&key(9)), public(&key(1))])
}

fn judged(file: &str, now: i64, memory: Option<Memory>) -> Result<Ruling<'_>, Refusal> {
    open(file.as_bytes()).unwrap().judge(&Appliance { system: SYSTEM, now, memory })
}

/// The same file with another digest, as somebody makes it who changes one by hand.
fn with_own_digest(file: &str) -> String {
    let end = file.trim_end().rfind('\n').unwrap() + 1;
    let before = file.get(..end).unwrap();
    let digits = HEXLOWER.encode(&hmac_sha256::Hash::hash(before.as_bytes()));
    format!("{before}digest {digits}\n")
}

#[test]
fn what_ends_before_the_rest_ends_by_itself() {
    let provides = ["nx.streams".to_owned(), format!("nx.models@{}", ISSUED + 10 * DAY), "nx.broken@soon".to_owned()];
    let catalogues = [format!("3ee4b776-0000-4000-8000-000000000002@{}", ISSUED + 5 * DAY)];
    let draft = Draft { catalogues: &catalogues, ..draft(&provides, &[]) };
    let unsigned = draft.unsigned(&public(&key(1))).unwrap();
    let signature = key(1).sign(unsigned.bytes()).to_bytes();
    let file = unsigned.signed(&signature).unwrap();
    for (days, provided, open) in
        [(4, vec!["nx.streams", "nx.models"], 1), (9, vec!["nx.streams", "nx.models"], 0), (10, vec!["nx.streams"], 0)]
    {
        let ruling = judged(&file, ISSUED + days * DAY, None).unwrap();
        assert_eq!(ruling.state, State::Active);
        assert_eq!(ruling.provided().collect::<Vec<_>>(), provided, "after {days} days");
        assert_eq!(ruling.catalogues().count(), open, "after {days} days");
        assert!(!ruling.provides("nx.broken") && !ruling.provides("nx.models@"));
    }
}

#[test]
fn a_good_file_says_what_was_signed() {
    let text = file();
    let file = open(text.as_bytes()).unwrap();
    assert_eq!((file.issuer, file.system, file.lease), ("https://licences.example", SYSTEM, 7));
    assert_eq!(file.holder, Some("Alpine Sports & Söhne"));
    assert_eq!(file.provides.iter().collect::<Vec<_>>(), ["nx.streams", "nx.models"]);
    assert_eq!(file.catalogues.iter().count(), 0);
    let ruling = judged(&text, ISSUED + 5, None).unwrap();
    assert_eq!((ruling.state, ruling.until), (State::Active, ISSUED + 60 * DAY));
    assert!(ruling.provides("nx.models") && !ruling.provides("nx"));
}

#[test]
fn what_stops_before_its_end_is_truncated() {
    let text = file();
    for length in "bailiwick-licence 1\n".len()..text.len() {
        let found = open(text.as_bytes().get(..length).unwrap());
        // In the midst of a letter it is no text any more.
        assert!(matches!(found, Err(Refusal::Truncated | Refusal::Damaged)), "{length} {found:?}");
    }
    let without_last_line = text.trim_end().rfind('\n').unwrap() + 1;
    assert_eq!(open(text.get(..without_last_line).unwrap().as_bytes()), Err(Refusal::Truncated));
}

#[test]
fn what_has_one_wrong_bit_is_never_believed() {
    let text = file();
    for place in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            *bytes.get_mut(place).unwrap() ^= 1 << bit;
            let refused = open(&bytes).unwrap_err();
            let allowed = [Refusal::Damaged, Refusal::Truncated, Refusal::NotOurs, Refusal::UnknownVersion];
            assert!(allowed.contains(&refused), "{place} {bit} {refused}");
            assert!(place < 20 || refused != Refusal::NotOurs);
        }
    }
}

#[test]
fn what_somebody_else_signed_is_refused_whatever_key_it_names() {
    assert_eq!(open(signed_by(&key(2), &key(2), |_| {}).as_bytes()), Err(Refusal::OtherKey));
    assert_eq!(open(signed_by(&key(2), &key(1), |_| {}).as_bytes()), Err(Refusal::BadSignature));
    assert_eq!(LicenceFile::open(file().as_bytes(), &[]), Err(Refusal::OtherKey));
}

#[test]
fn what_was_changed_by_hand_is_forged() {
    for (from, to) in
        [("lease 7", "lease 8"), ("state active", "state trial"), ("nx.streams", "nx.unlimited"), ("ends 1", "ends 2")]
    {
        let changed = with_own_digest(&file().replacen(from, to, 1));
        assert_ne!(changed, file());
        assert_eq!(open(changed.as_bytes()), Err(Refusal::BadSignature), "{to}");
    }
    let without_signature = file()
        .lines()
        .filter(|line| !line.starts_with("signature"))
        .fold(String::new(), |text, line| text + line + "\n");
    assert_eq!(open(with_own_digest(&without_signature).as_bytes()), Err(Refusal::Malformed("signature")));
}

#[test]
fn other_kinds_other_versions_and_endless_files_say_what_they_are() {
    assert_eq!(open(b""), Err(Refusal::NotOurs));
    assert_eq!(open(b"{\"licence\": true}"), Err(Refusal::NotOurs));
    assert_eq!(open(b"bailiwick-licence-request 1\n"), Err(Refusal::NotOurs));
    assert_eq!(open(b"bailiwick-licence 2\nanything"), Err(Refusal::UnknownVersion));
    assert_eq!(open(&vec![b'a'; FILE_MAX + 1]), Err(Refusal::TooLong));
    assert_eq!(open(file().replace('\n', "\r\n").as_bytes()), Err(Refusal::NotOurs));
}

#[test]
fn a_file_is_for_one_system() {
    let text = file();
    let other = Appliance { system: "0b30a2d2-6a2f-4f6c-8f0f-3c7f2d1a9b12", now: ISSUED, memory: None };
    assert_eq!(open(text.as_bytes()).unwrap().judge(&other), Err(Refusal::WrongSystem));
}

#[test]
fn without_its_server_a_system_goes_from_active_to_grace_to_expired_and_the_lease_ends() {
    let text = file();
    let state =
        |day: i64| judged(&text, ISSUED + day * DAY, None).map(|ruling| (ruling.state, (ruling.until - ISSUED) / DAY));
    assert_eq!(state(59), Ok((State::Active, 60)));
    assert_eq!(state(60), Ok((State::Grace, 74)));
    assert_eq!(state(73), Ok((State::Grace, 74)));
    assert_eq!(state(74), Ok((State::Expired, 90)));
    assert_eq!(state(90), Err(Refusal::LeaseEnded));
    let ruling = judged(&text, ISSUED + 74 * DAY, None).unwrap();
    assert!(!ruling.provides("nx.streams") && ruling.provided().count() == 0);
}

#[test]
fn states_that_allow_nothing_stay_so() {
    for state in [State::Expired, State::Suspended, State::Revoked, State::None] {
        let text = signed_by(&key(1), &key(1), |draft| draft.state = state);
        let ruling = judged(&text, ISSUED + DAY, None).unwrap();
        assert_eq!((ruling.state, ruling.provided().count()), (state, 0));
    }
}

#[test]
fn what_does_not_end_is_active_until_its_lease_ends() {
    let text = signed_by(&key(1), &key(1), |draft| (draft.ends, draft.grace) = (None, None));
    assert_eq!(judged(&text, ISSUED + 89 * DAY, None).unwrap().state, State::Active);
    assert_eq!(judged(&text, ISSUED + 90 * DAY, None), Err(Refusal::LeaseEnded));
}

#[test]
fn an_older_file_is_a_replay() {
    let memory = judged(&file(), ISSUED + DAY, None).unwrap().memory;
    let older = signed_by(&key(1), &key(1), |draft| draft.lease = 6);
    assert_eq!(judged(&older, ISSUED + 2 * DAY, Some(memory)), Err(Refusal::Replayed));
    assert!(judged(&file(), ISSUED + 2 * DAY, Some(memory)).is_ok(), "the same one is read at each start");
}

#[test]
fn a_clock_that_is_turned_back_is_noticed() {
    let text = file();
    let kept = judged(&text, ISSUED + 70 * DAY, None).unwrap().memory;
    let kept = Memory::from_bytes(kept.to_bytes());
    assert_eq!(judged(&text, ISSUED + 10 * DAY, Some(kept)), Err(Refusal::ClockTurnedBack));
    let a_little = judged(&text, ISSUED + 70 * DAY - 200, Some(kept)).unwrap();
    assert_eq!(a_little.memory, kept, "and what has passed has passed");
}

#[test]
fn a_file_from_the_future_is_not_yet_believed() {
    assert_eq!(judged(&file(), ISSUED - 301, None), Err(Refusal::FromTheFuture));
    assert!(judged(&file(), ISSUED - 300, None).is_ok());
}

#[test]
fn the_next_lease_carries_the_time_on_and_sets_a_clock_right_that_ran_ahead() {
    let text = file();
    let ahead = judged(&text, ISSUED + 80 * DAY, None).unwrap().memory;
    assert_eq!(judged(&text, ISSUED + DAY, Some(ahead)), Err(Refusal::ClockTurnedBack));
    let next = signed_by(&key(1), &key(1), |draft| {
        draft.lease = 8;
        draft.issued = ISSUED + DAY;
    });
    let ruling = judged(&next, ISSUED + DAY, Some(ahead)).unwrap();
    assert_eq!(ruling.memory, Memory { lease: 8, latest: ISSUED + DAY });
    assert_eq!(judged(&next, ISSUED, Some(ahead)), Err(Refusal::FromTheFuture), "the clock did not follow");
}

#[test]
fn a_draft_takes_no_value_that_would_become_two() {
    let key = public(&key(1));
    let (provides, licences) = (vec!["nx.streams".to_owned()], Vec::new());
    let good = draft(&provides, &licences);
    assert!(good.unsigned(&key).is_ok());
    for holder in ["", " Alpine", "Alpine\nstate active", "Alpine\r", "\u{85}"] {
        assert!(Draft { holder: Some(holder), ..good }.unsigned(&key).is_err(), "{holder:?}");
    }
    for word in ["", "-", "nx streams", "nx\nstate"] {
        let provides = [word.to_owned()];
        assert!(Draft { provides: &provides, ..good }.unsigned(&key).is_err(), "{word:?}");
    }
    assert!(Draft { issued: -1, ..good }.unsigned(&key).is_err());
    let endless = vec!["a".repeat(100); 200];
    let unsigned = Draft { provides: &endless, ..good }.unsigned(&key).unwrap();
    assert!(unsigned.signed(&[0; 64]).is_err(), "longer than a reader would take");
}

#[test]
fn requests_come_back_as_they_were_written() {
    let request = LicenceRequest { system: SYSTEM, lease: 7, made: ISSUED };
    let mut text = String::new();
    request.write(&mut text).unwrap();
    assert_eq!(LicenceRequest::open(text.as_bytes()), Ok(request));
    assert_eq!(LicenceRequest::open(text.replace("lease 7", "lease 9").as_bytes()), Err(Refusal::Damaged));
    assert_eq!(LicenceRequest::open(file().as_bytes()), Err(Refusal::NotOurs));
    assert!(LicenceRequest { system: "a\nlease 1", ..request }.write(&mut String::new()).is_err());
}

proptest! {
    #[test]
    fn a_reader_never_panics_and_believes_nothing_that_was_not_signed(bytes: Vec<u8>) {
        prop_assert!(open(&bytes).is_err());
        prop_assert!(LicenceRequest::open(&bytes).is_err());
    }

    #[test]
    fn memory_survives_being_written(lease: u64, latest: i64) {
        let memory = Memory { lease, latest };
        prop_assert_eq!(Memory::from_bytes(memory.to_bytes()), memory);
    }

    /// Whatever a system's clock does, what was licensed never lasts longer than was signed.
    #[test]
    fn no_way_of_turning_the_clock_makes_a_licence_last_longer(turns in prop::collection::vec(0..95i64, 1..40)) {
        let text = file();
        let (mut memory, mut latest) = (None, 0);
        for day in turns {
            latest = latest.max(day);
            if let Ok(ruling) = judged(&text, ISSUED + day * DAY, memory) {
                memory = Some(ruling.memory);
                prop_assert!(day >= 0);
                let seen = (ruling.memory.latest - ISSUED) / DAY;
                prop_assert!(!ruling.state.allows() || seen < 74);
                prop_assert!(day == seen, "day {} is believed after day {}", day, seen);
            }
        }
    }
}
