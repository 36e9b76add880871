//! Which addresses belong to the public internet.
//!
//! Sources: the IANA registries of special-purpose addresses,
//! <https://www.iana.org/assignments/iana-ipv4-special-registry> and
//! <https://www.iana.org/assignments/iana-ipv6-special-registry>.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The addresses that begin with the same bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Network {
    first: IpAddr,
    bits: u8,
}

impl Network {
    /// The network of this length that begins at this address; none where it does not begin there, or has no such
    /// length.
    pub(super) fn new(first: IpAddr, bits: u8) -> Option<Self> {
        let network = Self { first, bits };
        let all = if first.is_ipv4() { 32 } else { 128 };
        (bits <= all && network.start(first) == Some(whole(first))).then_some(network)
    }

    pub(super) fn has(&self, address: IpAddr) -> bool {
        self.start(address) == Some(whole(self.first))
    }

    /// The first address of the network of this length that has this address, as a number. None for one of the other
    /// version.
    fn start(&self, address: IpAddr) -> Option<u128> {
        if address.is_ipv4() != self.first.is_ipv4() {
            return None;
        }
        let all: u32 = if address.is_ipv4() { 32 } else { 128 };
        let rest = all.saturating_sub(self.bits.into());
        // A shift by all 128 bits is none that a processor makes.
        Some(whole(address).checked_shr(rest).unwrap_or(0).checked_shl(rest).unwrap_or(0))
    }
}

fn whole(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Network {
    Network { first: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), bits }
}

const fn v6(a: u16, b: u16, bits: u8) -> Network {
    Network { first: IpAddr::V6(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0)), bits }
}

/// What is not public of IPv4.
const OTHERS_V4: &[Network] = &[
    // This network, and this host.
    v4(0, 0, 0, 0, 8),
    // Private networks (RFC 1918), and those behind a carrier's translator (RFC 6598).
    v4(10, 0, 0, 0, 8),
    v4(172, 16, 0, 0, 12),
    v4(192, 168, 0, 0, 16),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    // Link-local: among them 169.254.169.254, where clouds tell a machine its credentials.
    v4(169, 254, 0, 0, 16),
    // Where Azure tells a machine about itself, although the address is a public one.
    v4(168, 63, 129, 16, 32),
    // Assignments of the IETF, documentation, the former relays of 6to4, and benchmarks.
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(198, 18, 0, 0, 15),
    // Multicast, and what is reserved, with the broadcast address.
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
];

/// What is assigned for use in public of IPv6: not loopback, unique local (`fc00::/7`), link-local (`fe80::/10`), nor
/// multicast (`ff00::/8`).
const GLOBAL_V6: Network = v6(0x2000, 0, 3);

/// What is not public within.
const OTHERS_V6: &[Network] = &[
    // Assignments of the IETF: Teredo, which carries an IPv4 address, benchmarks, and identifiers that are no address.
    v6(0x2001, 0, 23),
    // Documentation.
    v6(0x2001, 0xdb8, 32),
    v6(0x3fff, 0, 20),
    // 6to4, which carries an IPv4 address to a relay.
    v6(0x2002, 0, 16),
];

/// The prefix under which a network without IPv4 reaches it (RFC 6052).
const NAT64: Network = v6(0x64, 0xff9b, 96);

/// The address that a packet to this one ends at: IPv4 written as IPv6, or translated to it on the way.
pub(super) fn reached(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(given) if NAT64.has(given.into()) => {
            let [.., a, b, c, d] = given.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        canonical => canonical,
    }
}

pub(super) fn is_public(address: IpAddr) -> bool {
    let address = reached(address);
    match address {
        IpAddr::V4(_) => !OTHERS_V4.iter().any(|network| network.has(address)),
        IpAddr::V6(_) => GLOBAL_V6.has(address) && !OTHERS_V6.iter().any(|network| network.has(address)),
    }
}
