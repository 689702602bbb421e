//! May this URL be called, as far as the URL itself can tell?

use std::net::IpAddr;

use bailiwick_domain::address::{Class, reachability};
use bailiwick_domain::field::Refusal;
use url::Url;

use crate::allow::{AllowList, HostKey};

/// The ports that may be called in public.
const PUBLIC_PORTS: [u16; 2] = [443, 8443];

/// Why a destination is refused.
///
/// The reason is for the log alone: told to clients it would be a map of the
/// network. They read [`destination_refusal`] whatever the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no host to call.
    #[error("no http(s) URL with a host")]
    NotAUrl,
    /// The scheme is not https.
    #[error("not https")]
    NotHttps,
    /// The port is neither 443 nor 8443.
    #[error("port")]
    Port,
    /// The name is one of this machine by definition (RFC 6761, 6.3).
    #[error("local name")]
    LocalName,
    /// An address is not public unicast; with the name of its range.
    #[error("address: {0}")]
    Address(&'static str),
}

/// What a client is told of a refused destination, whatever the reason.
#[must_use]
pub fn destination_refusal() -> Refusal {
    Refusal::new("destination", "a public https address on port 443 or 8443")
}

/// How a destination may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// An operator allowed this host at this port: no further rules.
    Allowed,
    /// A literal address, which is public.
    PublicAddress,
    /// A name; what it stands for is to be checked when it is looked up.
    Name(String),
}

impl Destination {
    /// Judges a URL. The answer holds for exactly this host and port.
    pub(crate) fn of(url: &Url, allow: &AllowList) -> Result<Self, Refused> {
        let host = url.host().map(HostKey::from).ok_or(Refused::NotAUrl)?;
        let port = url.port_or_known_default().ok_or(Refused::NotAUrl)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(Refused::NotAUrl);
        }
        if allow.allows(&host, port) {
            return Ok(Self::Allowed);
        }
        if url.scheme() != "https" {
            return Err(Refused::NotHttps);
        }
        if !PUBLIC_PORTS.contains(&port) {
            return Err(Refused::Port);
        }
        match host {
            HostKey::Address(address) => check_address(address).map(|()| Self::PublicAddress),
            HostKey::Name(name) if name == "localhost" || name.ends_with(".localhost") => Err(Refused::LocalName),
            HostKey::Name(name) => Ok(Self::Name(name)),
        }
    }
}

/// Refuses when any of the addresses is not public unicast: which of them is
/// connected to is not for the name's owner to choose.
pub(crate) fn check_addresses(addresses: &[IpAddr]) -> Result<(), Refused> {
    addresses.iter().copied().try_for_each(check_address)
}

fn check_address(address: IpAddr) -> Result<(), Refused> {
    match reachability(address) {
        Class::PublicUnicast => Ok(()),
        Class::Refused(range) => Err(Refused::Address(range)),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

    use super::*;

    fn judge(url: &str, allow: &str) -> Result<Destination, Refused> {
        Destination::of(&Url::parse(url).unwrap(), &AllowList::parse(allow).unwrap())
    }

    #[test]
    fn no_spelling_of_an_inner_address_gets_through() {
        let hosts = [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "127.0.0.1.",
            "0x7f000001",
            "0x7f.1",
            "0X7F.0.0.0x1",
            "2130706433",
            "017700000001",
            "0177.0.0.1",
            "00000000177.1",
            "１２７.０.０.１",
            "127。0。0。1",
            "①②⑦.⓪.⓪.①",
            "%31%32%37.1",
            "0",
            "0.0.0.0",
            "10.1",
            "0xa9fea9fe",
            "169.254.169.254",
            "192.168.257",
            "[::1]",
            "[::]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::7f00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b::127.0.0.1]",
            "[64:ff9b:1::7f00:1]",
            "[2002:7f00:1::]",
            "[2001::7f00:1]",
            "[fe80::1]",
            "[fd00::1]",
            "[2a00::5efe:7f00:1]",
        ];
        for host in hosts {
            let judged = judge(&format!("https://{host}/"), "");
            assert!(matches!(judged, Err(Refused::Address(_))), "{host}: {judged:?}");
        }
        for host in ["localhost", "LOCALHOST", "localhost.", "ｌocalhost", "a.localhost", "a.localhost.", "%6cocalhost"]
        {
            assert_eq!(judge(&format!("https://{host}/"), ""), Err(Refused::LocalName), "{host}");
        }
    }

    #[test]
    fn only_https_on_two_ports_is_public() {
        assert_eq!(judge("https://app.example/", ""), Ok(Destination::Name("app.example".to_owned())));
        assert_eq!(judge("https://app.example:443/", ""), Ok(Destination::Name("app.example".to_owned())));
        assert_eq!(judge("https://1.1.1.1:8443/", ""), Ok(Destination::PublicAddress));
        assert_eq!(judge("http://app.example/", ""), Err(Refused::NotHttps));
        assert_eq!(judge("http://app.example:443/", ""), Err(Refused::NotHttps));
        assert_eq!(judge("https://app.example:22/", ""), Err(Refused::Port));
        assert_eq!(judge("ftp://app.example/", "app.example:*"), Err(Refused::NotAUrl));
        assert_eq!(judge("data:text/plain,x", ""), Err(Refused::NotAUrl));
    }

    #[test]
    fn the_allowance_is_for_host_and_port_together() {
        assert_eq!(judge("http://localhost:9000/", "localhost:9000"), Ok(Destination::Allowed));
        assert_eq!(judge("http://localhost:9001/", "localhost:9000"), Err(Refused::NotHttps));
        assert_eq!(judge("https://localhost/", "localhost:9000"), Err(Refused::LocalName));
        assert_eq!(judge("https://127.0.0.1/", "localhost:*"), Err(Refused::Address("loopback")));
        assert_eq!(judge("http://[::1]:80/", "[::1]:*"), Ok(Destination::Allowed));
    }
}
