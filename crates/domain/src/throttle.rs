//! The ledger of failed sign-ins: how long to wait after how many.
//!
//! One ledger counts failures of every factor, once for the account and once
//! for the address they came from (contract, section 2). Whether the account
//! exists makes no difference. Failures from a device that the account knows
//! ([`crate::device`]) count on a ledger of that device instead.
//!
//! Registrations are counted too, good ones as well, on a ledger of their own.

use std::net::IpAddr;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::device::DeviceKey;
use crate::email::EmailAddress;
use crate::time::{Span, Timestamp};

/// Failures that cost no waiting.
const FREE_FAILURES: i64 = 5;
/// Registrations from one address that cost no waiting. A whole office, a classroom or a test rig shares an address
/// and may register on one morning, so this is generous; it only bounds how many accounts and welcome mails somebody
/// makes by machine, and how fast they learn which addresses are taken.
pub const FREE_REGISTRATIONS: i64 = 1000;
/// The longest wait.
const WAIT_MAX: Span = Span::minutes(15);
/// A ledger without a failure for this long is forgotten.
pub const FORGET_AFTER: Span = Span::hours(1);

/// What is counted: an account, an account on a device that it knows, or an address, as a digest that names neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerKey([u8; 32]);

impl LedgerKey {
    /// The key of an account, known or not, by what was typed as its name. All spellings that
    /// [`crate::email::EmailAddress`] takes for one address share it, or each would be a ledger of its own.
    #[must_use]
    pub fn account(name: &str) -> Self {
        let folded = name.trim().nfc().collect::<String>().to_lowercase();
        Self(Sha256::new().chain_update(b"account\0").chain_update(folded).finalize().into())
    }

    /// The key of an account on a device that it knows.
    #[must_use]
    pub fn device(device: &DeviceKey) -> Self {
        Self(Sha256::new().chain_update(b"device\0").chain_update(device.bytes()).finalize().into())
    }

    /// The key of an address: all of IPv4, the first 64 bits of IPv6, because
    /// whoever has one IPv6 address has the whole /64 around it.
    #[must_use]
    pub fn address(address: IpAddr) -> Self {
        Self::network(b"address\0", address)
    }

    /// The key of an address as one that asks for mails: apart from its failures, so that neither holds up the other.
    #[must_use]
    pub fn mails_asked_from(address: IpAddr) -> Self {
        Self::network(b"mails\0", address)
    }

    /// The key of an address as one that registers people: apart from its failures and from the mails that it asks for.
    #[must_use]
    pub fn registrations_from(address: IpAddr) -> Self {
        Self::network(b"registrations\0", address)
    }

    /// The key of an e-mail address as one that invitations go to, in any spelling. Nothing is counted on it:
    /// whoever holds it has everybody else who invites the same address wait.
    #[must_use]
    pub fn invitations_to(email: &EmailAddress) -> Self {
        Self(Sha256::new().chain_update(b"invitations\0").chain_update(email.folded()).finalize().into())
    }

    fn network(what: &[u8], address: IpAddr) -> Self {
        let digest = Sha256::new().chain_update(what);
        Self(match address.to_canonical() {
            IpAddr::V4(v4) => digest.chain_update(v4.octets()).finalize().into(),
            IpAddr::V6(v6) => digest.chain_update((v6.to_bits() >> 64).to_be_bytes()).finalize().into(),
        })
    }

    /// The digest, for the store.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The failures of one account, device or address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// How many attempts failed or are being checked right now.
    pub failures: i64,
    /// When the newest of them began.
    pub last_failure: Timestamp,
}

impl Ledger {
    /// Counts an attempt before it is checked.
    ///
    /// # Errors
    /// How long to wait, when the failures so far forbid another attempt now.
    pub fn attempt(self, now: Timestamp) -> Result<Self, Span> {
        self.attempt_beyond(FREE_FAILURES, now)
    }

    /// Counts a registration before it is looked at, whatever comes of it.
    ///
    /// # Errors
    /// How long to wait, when those so far forbid another now.
    pub fn registration(self, now: Timestamp) -> Result<Self, Span> {
        self.attempt_beyond(FREE_REGISTRATIONS, now)
    }

    fn attempt_beyond(self, free: i64, now: Timestamp) -> Result<Self, Span> {
        let current = if now.since(self.last_failure) >= FORGET_AFTER { Self::default() } else { self };
        let free_at = current.last_failure.plus(current.wait_beyond(free));
        if current.failures >= free && now < free_at {
            return Err(free_at.since(now));
        }
        Ok(Self { failures: current.failures.saturating_add(1), last_failure: now })
    }

    /// The wait that the failures so far impose, from the newest one on.
    fn wait_beyond(self, free: i64) -> Span {
        let beyond_free = self.failures.saturating_sub(free);
        let doublings = u32::try_from(beyond_free).unwrap_or_default().min(20);
        Span::seconds(1 << doublings).min(WAIT_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Parse;

    fn fail(ledger: Ledger, at: Timestamp) -> Ledger {
        ledger.attempt(at).unwrap_or(ledger)
    }

    #[test]
    fn the_sixth_attempt_waits_and_waits_double_up_to_a_quarter_of_an_hour() {
        let mut now = Timestamp::from_seconds(1_000_000);
        let mut ledger = Ledger::default();
        for _ in 0..5 {
            ledger = fail(ledger, now);
        }
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(ledger.attempt(now), Err(Span::seconds(expected)));
            now = now.plus(Span::seconds(expected));
            ledger = fail(ledger, now);
        }
    }

    #[test]
    fn an_hour_of_quiet_forgets() {
        let start = Timestamp::from_seconds(1_000_000);
        let ledger = Ledger { failures: 400, last_failure: start };
        let attempt = ledger.attempt(start.plus(FORGET_AFTER));
        assert_eq!(attempt.map(|ledger| ledger.failures), Ok(1));
    }

    #[test]
    fn the_thousand_and_first_registration_waits_and_waits_double_up_to_a_quarter_of_an_hour() {
        let mut now = Timestamp::from_seconds(1_000_000);
        let mut ledger = Ledger::default();
        for number in 1..=1000 {
            let counted = ledger.registration(now);
            assert_eq!(counted, Ok(Ledger { failures: number, last_failure: now }), "number {number} costs nothing");
            ledger = counted.unwrap_or(ledger);
        }
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(ledger.registration(now), Err(Span::seconds(expected)));
            now = now.plus(Span::seconds(expected));
            ledger = ledger.registration(now).unwrap_or(ledger);
        }
        let after_an_hour = ledger.registration(now.plus(FORGET_AFTER));
        assert_eq!(after_an_hour.map(|ledger| ledger.failures), Ok(1));
    }

    #[test]
    fn one_ipv6_network_is_one_address() {
        let key = |text: &str| text.parse().map(LedgerKey::address).ok();
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        let registering = |text: &str| text.parse().map(LedgerKey::registrations_from).ok();
        assert_eq!(registering("2001:db8::1"), registering("2001:db8::ffff:1"));
        assert_ne!(registering("2001:db8::1"), registering("2001:db8:0:1::1"));
        assert_ne!(registering("192.0.2.1"), key("192.0.2.1"), "what is counted for one thing holds up no other");
    }

    #[test]
    fn spellings_of_an_account_share_a_ledger() {
        let typed = ["a`k@example.org", " A`K@Example.ORG\n", "a\u{1fef}\u{212a}@example.org"];
        for spelling in typed {
            let folded = EmailAddress::parse_text(spelling).map(|address| address.folded());
            assert_eq!(folded.as_deref(), Ok("a`k@example.org"), "{spelling:?} signs in as this one");
            assert_eq!(LedgerKey::account(spelling), LedgerKey::account("a`k@example.org"), "{spelling:?}");
        }
    }
}
