//! Which addresses on the network the server may call at somebody's request.
//!
//! Numeric all the way: a spelling is a matter of parsing and never gets here.
//! An address is refused when it lies in a special range, and so is one that
//! carries such an address inside itself (mapped, NAT64, 6to4, ISATAP). The
//! ranges are those of the IANA special-purpose registries (RFC 6890 and its
//! successors) together with the ones that were given back or never routed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of place an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// One machine somewhere on the public internet.
    PublicUnicast,
    /// Anything else, with the name of its range: for logs, never for clients,
    /// who could map a network with it.
    Refused(&'static str),
}

/// One refused range.
struct Range<T> {
    network: T,
    prefix_length: u32,
    name: &'static str,
}

const fn v4(network: [u8; 4], prefix_length: u32, name: &'static str) -> Range<u32> {
    Range { network: u32::from_be_bytes(network), prefix_length, name }
}

const fn v6(network: Ipv6Addr, prefix_length: u32, name: &'static str) -> Range<u128> {
    Range { network: network.to_bits(), prefix_length, name }
}

/// A network whose last groups are all zero.
const fn net(a: u16, b: u16, c: u16) -> Ipv6Addr {
    Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)
}

const REFUSED_V4: [Range<u32>; 15] = [
    v4([0, 0, 0, 0], 8, "this network"),
    v4([10, 0, 0, 0], 8, "private"),
    v4([100, 64, 0, 0], 10, "shared (carrier NAT)"),
    v4([127, 0, 0, 0], 8, "loopback"),
    v4([169, 254, 0, 0], 16, "link-local"),
    v4([172, 16, 0, 0], 12, "private"),
    v4([192, 0, 0, 0], 24, "protocol assignments"),
    v4([192, 0, 2, 0], 24, "documentation"),
    v4([192, 88, 99, 0], 24, "6to4 relay anycast"),
    v4([192, 168, 0, 0], 16, "private"),
    v4([198, 18, 0, 0], 15, "benchmarking"),
    v4([198, 51, 100, 0], 24, "documentation"),
    v4([203, 0, 113, 0], 24, "documentation"),
    v4([224, 0, 0, 0], 4, "multicast"),
    v4([240, 0, 0, 0], 4, "reserved"),
];

/// Refused by name; whatever is outside `2000::/3` is refused even without one.
const REFUSED_V6: [Range<u128>; 13] = [
    v6(Ipv6Addr::UNSPECIFIED, 128, "unspecified"),
    v6(Ipv6Addr::LOCALHOST, 128, "loopback"),
    v6(Ipv6Addr::UNSPECIFIED, 96, "IPv4-compatible"),
    v6(net(0x64, 0xff9b, 1), 48, "local NAT64"),
    v6(net(0x100, 0, 0), 64, "discard only"),
    v6(net(0x2001, 0, 0), 23, "protocol assignments (Teredo, ORCHID)"),
    v6(net(0x2001, 0xdb8, 0), 32, "documentation"),
    v6(net(0x3fff, 0, 0), 20, "documentation"),
    v6(net(0x5f00, 0, 0), 16, "segment routing"),
    v6(net(0xfc00, 0, 0), 7, "unique local"),
    v6(net(0xfe80, 0, 0), 10, "link-local"),
    v6(net(0xfec0, 0, 0), 10, "site-local"),
    v6(net(0xff00, 0, 0), 8, "multicast"),
];

const MAPPED: Range<u128> = v6(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, "IPv4-mapped");
const NAT64: Range<u128> = v6(net(0x64, 0xff9b, 0), 96, "NAT64");
const SIX_TO_FOUR: Range<u128> = v6(net(0x2002, 0, 0), 16, "6to4");
const GLOBAL_UNICAST: Range<u128> = v6(net(0x2000, 0, 0), 3, "global unicast");

impl Range<u32> {
    const fn contains(&self, address: u32) -> bool {
        (address ^ self.network) >> (u32::BITS - self.prefix_length) == 0
    }
}

impl Range<u128> {
    const fn contains(&self, address: u128) -> bool {
        (address ^ self.network) >> (u128::BITS - self.prefix_length) == 0
    }
}

/// Whether the address is one machine on the public internet, and if not, what it is.
#[must_use]
pub fn reachability(address: IpAddr) -> Class {
    match address {
        IpAddr::V4(address) => reachability_v4(address),
        IpAddr::V6(address) => reachability_v6(address),
    }
}

/// Whether the address is one machine on the public internet.
#[must_use]
pub fn is_public_unicast(address: IpAddr) -> bool {
    reachability(address) == Class::PublicUnicast
}

fn reachability_v4(address: Ipv4Addr) -> Class {
    let range = REFUSED_V4.iter().find(|range| range.contains(address.to_bits()));
    range.map_or(Class::PublicUnicast, |range| Class::Refused(range.name))
}

fn reachability_v6(address: Ipv6Addr) -> Class {
    let bits = address.to_bits();
    // These two lie outside 2000::/3 and reach whatever is inside them.
    if MAPPED.contains(bits) || NAT64.contains(bits) {
        return reachability_v4(embedded(bits));
    }
    if let Some(range) = REFUSED_V6.iter().find(|range| range.contains(bits)) {
        return Class::Refused(range.name);
    }
    if !GLOBAL_UNICAST.contains(bits) {
        return Class::Refused("not global unicast");
    }
    // These two lie inside it and must not lead to a refused address.
    if SIX_TO_FOUR.contains(bits) && reachability_v4(embedded(bits >> 80)) != Class::PublicUnicast {
        return Class::Refused("6to4 of a refused address");
    }
    if is_isatap(bits) && reachability_v4(embedded(bits)) != Class::PublicUnicast {
        return Class::Refused("ISATAP of a refused address");
    }
    Class::PublicUnicast
}

/// The IPv4 address in the lowest 32 bits.
const fn embedded(bits: u128) -> Ipv4Addr {
    let [.., a, b, c, d] = bits.to_be_bytes();
    Ipv4Addr::new(a, b, c, d)
}

/// Whether the interface identifier is `::5efe:a.b.c.d` (RFC 5214, 6.1), with
/// either value of the bits "universal" and "group".
const fn is_isatap(bits: u128) -> bool {
    (bits >> 32) & 0xfcff_ffff == 0x0000_5efe
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_public(text: &str) -> bool {
        text.parse().is_ok_and(is_public_unicast)
    }

    #[test]
    fn knows_the_public_from_the_rest() {
        let public = "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 \
            169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255 \
            192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 203.0.114.0 223.255.255.255 \
            2000:: 2001:200:: 2001:db7:: 2001:db9:: 2002:808:808:: 2606:4700::1111 2a00:1450::8a 3ffe:ffff:: \
            3fff:1000:: ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2a00::5efe:808:808 2a00::200:5efe:808:808";
        for text in public.split_whitespace() {
            assert!(is_public(text), "{text}");
        }
        let refused = "0.0.0.0 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.255 169.254.169.254 172.16.0.1 \
            172.31.255.255 192.0.0.170 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7 \
            203.0.113.9 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 \
            :: ::1 ::2 ::7f00:1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 ::ffff:0:8.8.8.8 \
            64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b:1::8.8.8.8 64:ff9b:0:0:1::808:808 100::1 100:0:0:1::1 \
            2001::1 2001:0:808:808::1 2001:10::1 2001:20::1 2001:1ff:ffff:: 2001:db8::1 3fff::1 3fff:fff:: \
            2002:7f00:1:: 2002:a00:1::1 2002:c0a8:101::5 2002:a9fe:a9fe:: 5f00::1 fc00::1 fd12:3456::1 fe80::1 \
            fe80::5efe:808:808 fec0::1 ff02::1 ff0e::1 4000::1 8000::1 1::1 200::1 \
            2a00::5efe:7f00:1 2a00::200:5efe:a00:1 2a00::100:5efe:c0a8:1 2002:808:808::5efe:a00:1";
        for text in refused.split_whitespace() {
            assert!(!is_public(text), "{text}");
        }
    }

    #[test]
    fn no_range_has_bits_beyond_its_prefix() {
        for range in &REFUSED_V4 {
            assert_eq!(range.network & u32::MAX.checked_shr(range.prefix_length).unwrap_or(0), 0, "{}", range.name);
        }
        for range in REFUSED_V6.iter().filter(|range| range.prefix_length < u128::BITS) {
            assert_eq!(range.network & (u128::MAX >> range.prefix_length), 0, "{}", range.name);
        }
    }

    /// The address of the range whose free bits are these.
    fn inside_v4(range: &Range<u32>, free: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits(range.network | (free & u32::MAX.checked_shr(range.prefix_length).unwrap_or(0)))
    }

    fn inside_v6(range: &Range<u128>, free: u128) -> Ipv6Addr {
        Ipv6Addr::from_bits(range.network | (free & u128::MAX.checked_shr(range.prefix_length).unwrap_or(0)))
    }

    /// All ways to carry an IPv4 address inside an IPv6 one; `free` fills the bits that do not matter.
    fn carriers(inner: Ipv4Addr, free: u128) -> [Ipv6Addr; 9] {
        let inner = u128::from(inner.to_bits());
        let isatap = |prefix: u128, flags: u128| (prefix << 64) | (flags << 56) | (0x5efe << 32) | inner;
        let global = 0x2a00 << 48 | (free & 0xffff_ffff_ffff);
        [
            MAPPED.network | inner,
            NAT64.network | inner,
            inner,
            v6(net(0x64, 0xff9b, 1), 48, "").network | inner,
            SIX_TO_FOUR.network | (inner << 80) | (free & (u128::MAX >> 48)),
            (0x2001 << 112) | (free & (u128::MAX >> 32) & !0xffff_ffff) | (!inner & 0xffff_ffff),
            isatap(global, 0),
            isatap(global, 2),
            isatap(0xfe80 << 48, 0),
        ]
        .map(Ipv6Addr::from_bits)
    }

    proptest! {
        #[test]
        fn every_address_of_a_refused_range_is_refused(free: u128) {
            for range in &REFUSED_V6 {
                let address = inside_v6(range, free);
                prop_assert!(!is_public_unicast(address.into()), "{} in {}", address, range.name);
            }
            for range in &REFUSED_V4 {
                let address = inside_v4(range, u32::try_from(free >> 96).unwrap_or_default());
                prop_assert_eq!(reachability(address.into()), Class::Refused(range.name), "{}", address);
            }
        }

        #[test]
        fn a_refused_address_stays_refused_inside_any_carrier(free: u128) {
            for range in &REFUSED_V4 {
                let inner = inside_v4(range, u32::try_from(free >> 96).unwrap_or_default());
                for carrier in carriers(inner, free) {
                    prop_assert!(!is_public_unicast(carrier.into()), "{} carries {}", carrier, inner);
                }
            }
        }

        #[test]
        fn only_2000_3_and_what_carries_public_ipv4_is_public(bits: u128) {
            let address = Ipv6Addr::from_bits(bits);
            let outside = !GLOBAL_UNICAST.contains(bits) && !MAPPED.contains(bits) && !NAT64.contains(bits);
            prop_assert!(!(outside && is_public_unicast(address.into())), "{}", address);
        }

        #[test]
        fn ipv4_agrees_with_its_mapped_form(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(reachability(address.into()), reachability(address.to_ipv6_mapped().into()));
        }
    }
}
