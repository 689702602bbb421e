//! From where an attempt on an account comes, and whether the account knows that place.

use bailiwick_domain::device::{BrowserMark, DeviceKey};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::throttle::LedgerKey;
use bailiwick_store::query::known_device;

use crate::caller::Origin;
use crate::context::Context;

/// From where an attempt on an account comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Provenance {
    account: LedgerKey,
    address: LedgerKey,
    browser: Option<DeviceKey>,
    network: DeviceKey,
}

/// The ledgers that an attempt counts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ledgers {
    /// The one of the account, or of the account on a device that it knows.
    pub(crate) account: LedgerKey,
    /// The one of the address. A known browser is told from its neighbours, so it does not wait for them.
    pub(crate) address: Option<LedgerKey>,
}

impl Provenance {
    /// The provenance of an attempt on what was typed as an account's name.
    pub(crate) fn of(name: &str, origin: &Origin) -> Self {
        let account = LedgerKey::account(name);
        Self {
            account,
            address: LedgerKey::address(origin.address),
            browser: origin.browser.map(|mark| DeviceKey::browser(&account, &mark)),
            network: DeviceKey::network(&account, origin.address),
        }
    }

    /// The devices by which the account may know it, the surer one first.
    pub(crate) fn devices(&self) -> [DeviceKey; 2] {
        [self.browser.unwrap_or(self.network), self.network]
    }

    /// How the account knows programs that come from there.
    pub(crate) const fn network(&self) -> DeviceKey {
        self.network
    }

    /// How the account knows the browser with this mark.
    pub(crate) fn browser(&self, mark: &BrowserMark) -> DeviceKey {
        DeviceKey::browser(&self.account, mark)
    }

    /// Whether this device is the browser that the attempt comes from.
    pub(crate) fn is_browser(&self, device: DeviceKey) -> bool {
        self.browser == Some(device)
    }

    /// Where an attempt from this known device, or from none, counts.
    pub(crate) fn ledgers(&self, known: Option<DeviceKey>) -> Ledgers {
        let account = known.map_or(self.account, |device| LedgerKey::device(&device));
        let is_browser = known.is_some_and(|device| self.is_browser(device));
        Ledgers { account, address: (!is_browser).then_some(self.address) }
    }
}

impl Context {
    /// The device that an attempt comes from, where the account knows it. For an account that does not exist this
    /// is the same look-up.
    pub(crate) async fn known_device(&self, provenance: &Provenance) -> Result<Option<DeviceKey>, Fault> {
        let mut link = self.database.read().await?;
        Ok(known_device::find(&mut link, provenance.devices(), self.now()).await?)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use bailiwick_domain::id::RequestId;
    use bailiwick_domain::time::Timestamp;

    use super::*;

    fn from(last: u8, cookie: Option<&str>) -> Provenance {
        let origin = Origin {
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)),
            request_id: RequestId::new(Timestamp::default(), [0; 10]),
            browser: cookie.map(BrowserMark::of_cookie),
        };
        Provenance::of("ann@example.org", &origin)
    }

    #[test]
    fn only_a_known_browser_is_told_from_its_neighbours() {
        let place = from(1, Some("cookie"));
        let [browser, network] = place.devices();
        let unknown = place.ledgers(None);
        assert_eq!(unknown, from(1, None).ledgers(None), "a cookie alone changes nothing");
        assert_eq!(place.ledgers(Some(network)).address, unknown.address);
        assert_eq!(place.ledgers(Some(browser)).address, None);
        let accounts = [unknown, place.ledgers(Some(network)), place.ledgers(Some(browser))].map(|found| found.account);
        assert!(accounts[0] != accounts[1] && accounts[1] != accounts[2] && accounts[0] != accounts[2]);
    }

    #[test]
    fn a_browser_is_the_same_everywhere_and_a_program_is_not() {
        let [browser, network] = from(1, Some("cookie")).devices();
        let [browser_elsewhere, network_elsewhere] = from(2, Some("cookie")).devices();
        assert_eq!(browser, browser_elsewhere);
        assert_ne!(network, network_elsewhere);
    }
}
