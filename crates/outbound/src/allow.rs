//! The destinations that an operator exempted from the rules.

use std::net::IpAddr;

use url::Host;

/// A host in the one form in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HostKey {
    /// A name in lower case and punycode, without the final dot.
    Name(String),
    /// An address, an IPv4-mapped one as IPv4.
    Address(IpAddr),
}

impl<S: AsRef<str>> From<Host<S>> for HostKey {
    fn from(host: Host<S>) -> Self {
        match host {
            Host::Domain(name) => {
                let name = name.as_ref();
                Self::Name(name.strip_suffix('.').unwrap_or(name).to_owned())
            }
            Host::Ipv4(address) => Self::Address(address.into()),
            Host::Ipv6(address) => Self::Address(IpAddr::from(address).to_canonical()),
        }
    }
}

/// The setting `BAILIWICK_OUTBOUND_ALLOW` (contract, section 1): what may be
/// called although it is private or plain http.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    host: HostKey,
    /// None for every port.
    port: Option<u16>,
}

/// An entry that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not host:port with a port from 1 to 65535 or *")]
pub struct AllowError(pub String);

impl AllowList {
    /// Reads a comma list of `host:port`; the port may be `*`, a host that is an
    /// IPv6 address stands in brackets. Empty text is an empty list.
    pub fn parse(text: &str) -> Result<Self, AllowError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        text.split(',').map(str::trim).map(Entry::parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether this host may be called at this port.
    pub(crate) fn allows(&self, host: &HostKey, port: u16) -> bool {
        self.0.iter().any(|entry| entry.host == *host && entry.port.is_none_or(|allowed| allowed == port))
    }
}

impl Entry {
    fn parse(text: &str) -> Result<Self, AllowError> {
        let error = || AllowError(text.to_owned());
        let (host, port) = text.rsplit_once(':').ok_or_else(error)?;
        // A name with a star would read as a pattern, which it is not.
        if host.contains('*') {
            return Err(error());
        }
        let host = Host::parse(host).map_err(|_| error())?.into();
        let port = match port {
            "*" => None,
            digits => Some(digits.parse().ok().filter(|port| *port != 0).ok_or_else(error)?),
        };
        Ok(Self { host, port })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

    use super::*;

    fn allows(list: &str, host: &str, port: u16) -> bool {
        AllowList::parse(list).unwrap().allows(&Host::parse(host).unwrap().into(), port)
    }

    #[test]
    fn allows_what_it_names_and_nothing_beside_it() {
        let list = " localhost:9000 , 127.0.0.1:*,[::1]:443, Bücher.example.:8080";
        for (host, port) in [
            ("LocalHost", 9000),
            ("localhost.", 9000),
            ("127.1", 1),
            ("0x7f000001", 65535),
            ("[::ffff:127.0.0.1]", 80),
            ("[0:0::1]", 443),
            ("xn--bcher-kva.example", 8080),
        ] {
            assert!(allows(list, host, port), "{host}:{port}");
        }
        for (host, port) in
            [("localhost", 9001), ("a.localhost", 9000), ("127.0.0.2", 1), ("[::1]", 80), ("example", 8080)]
        {
            assert!(!allows(list, host, port), "{host}:{port}");
        }
        assert!(!allows("", "localhost", 80));
    }

    #[test]
    fn names_the_entry_that_is_wrong() {
        for bad in
            ["localhost", "x:", ":80", "x:0", "x:65536", "x:-1", "::1:80", "*:80", "*.x:80", "http://x:80", "a b:1", ""]
        {
            let refused = AllowList::parse(&format!("good:1,{bad}"));
            assert_eq!(refused, Err(AllowError(bad.to_owned())), "{bad:?}");
        }
    }
}
