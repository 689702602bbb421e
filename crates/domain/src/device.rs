//! Devices that an account knows: from where its owner has signed in before.
//!
//! Failures from a known device count by themselves, so that a stranger who
//! guesses at an account does not keep its owner out. Being known opens
//! nothing: whoever guesses from there meets the same waits.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use crate::throttle::LedgerKey;
use crate::time::Span;

/// How long a device is known after the last sign-in from it.
pub const KNOWN_FOR: Span = Span::days(180);
/// Devices that an account knows at the most; the ones used longest ago are forgotten first.
pub const KNOWN_MAX: i64 = 50;

/// What a browser's device cookie says, as a digest that cannot be turned back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrowserMark([u8; 32]);

impl BrowserMark {
    /// The mark of a cookie's value.
    #[must_use]
    pub fn of_cookie(value: &str) -> Self {
        Self(Sha256::new().chain_update(b"device cookie\0").chain_update(value).finalize().into())
    }
}

/// A device together with the account that may know it, as a digest that names neither: what one
/// account knows is no device of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceKey([u8; 32]);

impl DeviceKey {
    /// A browser, by its cookie; `account` is the account's own ledger.
    #[must_use]
    pub fn browser(account: &LedgerKey, mark: &BrowserMark) -> Self {
        Self::of(b"known browser\0", account, &mark.0)
    }

    /// A program that keeps no cookie, by its address: all of IPv4, the first 64 bits of IPv6.
    #[must_use]
    pub fn network(account: &LedgerKey, address: IpAddr) -> Self {
        Self::of(b"known network\0", account, LedgerKey::address(address).bytes())
    }

    fn of(kind: &[u8], account: &LedgerKey, what: &[u8; 32]) -> Self {
        Self(Sha256::new().chain_update(kind).chain_update(account.bytes()).chain_update(what).finalize().into())
    }

    /// The digest, for the store.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_of_one_account_is_none_of_another() {
        let (ann, bob) = (LedgerKey::account("ann@example.org"), LedgerKey::account("bob@example.org"));
        let (mark, other) = (BrowserMark::of_cookie("one"), BrowserMark::of_cookie("two"));
        assert_eq!(DeviceKey::browser(&ann, &mark), DeviceKey::browser(&ann, &BrowserMark::of_cookie("one")));
        assert_ne!(DeviceKey::browser(&ann, &mark), DeviceKey::browser(&bob, &mark));
        assert_ne!(DeviceKey::browser(&ann, &mark), DeviceKey::browser(&ann, &other));
    }

    #[test]
    fn a_program_is_known_by_its_network() {
        let ann = LedgerKey::account("ann@example.org");
        let key = |text: &str| text.parse().map(|address| DeviceKey::network(&ann, address)).ok();
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }
}
