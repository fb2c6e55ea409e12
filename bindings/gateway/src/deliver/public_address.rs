//! Whether an address is public: a unicast address of the Internet, of no special purpose.
//!
//! SPEC: IANA's registries of special-purpose addresses, for IPv4 and IPv6 (RFC 6890, RFC 8190),
//! and what carries one address inside another. All rows are refused: the few that are reachable
//! from everywhere are anycast services and sinks, where no receiver of webhooks lives.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// What an address is for, where it is not public: a noun, and the document that says so.
pub(crate) fn special_purpose(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => special_purpose_v4(address),
        IpAddr::V6(address) => special_purpose_v6(address),
    }
}

fn special_purpose_v4(address: Ipv4Addr) -> Option<&'static str> {
    SPECIAL_V4.iter().find(|(network, _)| network.contains(&address)).map(|(_, purpose)| *purpose)
}

fn special_purpose_v6(address: Ipv6Addr) -> Option<&'static str> {
    let named = SPECIAL_V6.iter().find(|(network, _)| network.contains(&address));
    match named {
        Some((_, purpose)) => Some(purpose),
        None if !GLOBAL_UNICAST.contains(&address) => Some("outside of 2000::/3 (RFC 4291)"),
        None if is_isatap(address) => Some("an ISATAP tunnel (RFC 5214)"),
        None => None,
    }
}

/// Its interface identifier holds an IPv4 address, to which the packet would go.
fn is_isatap(address: Ipv6Addr) -> bool {
    matches!(address.segments(), [_, _, _, _, 0 | 0x0200, 0x5efe, _, _])
}

/// All that IANA has given out for unicast.
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0], 3);

const SPECIAL_V4: [(Ipv4Net, &str); 19] = [
    (v4([0, 0, 0, 0], 8), "this network (RFC 791)"),
    (v4([10, 0, 0, 0], 8), "a private network (RFC 1918)"),
    (v4([100, 64, 0, 0], 10), "a carrier's shared network (RFC 6598)"),
    (v4([127, 0, 0, 0], 8), "loopback (RFC 1122)"),
    (v4([169, 254, 0, 0], 16), "link-local (RFC 3927)"),
    (v4([172, 16, 0, 0], 12), "a private network (RFC 1918)"),
    (v4([192, 0, 0, 0], 24), "for protocol assignments (RFC 6890)"),
    (v4([192, 0, 2, 0], 24), "for documentation (RFC 5737)"),
    (v4([192, 31, 196, 0], 24), "a sink of AS112 (RFC 7535)"),
    (v4([192, 52, 193, 0], 24), "for multicast tunnels (RFC 7450)"),
    (v4([192, 88, 99, 0], 24), "for 6to4 relays (RFC 7526)"),
    (v4([192, 168, 0, 0], 16), "a private network (RFC 1918)"),
    (v4([192, 175, 48, 0], 24), "a sink of AS112 (RFC 7534)"),
    (v4([198, 18, 0, 0], 15), "for benchmarks (RFC 2544)"),
    (v4([198, 51, 100, 0], 24), "for documentation (RFC 5737)"),
    (v4([203, 0, 113, 0], 24), "for documentation (RFC 5737)"),
    (v4([224, 0, 0, 0], 4), "multicast (RFC 5771)"),
    (v4([255, 255, 255, 255], 32), "broadcast (RFC 919)"),
    (v4([240, 0, 0, 0], 4), "reserved (RFC 1112)"),
];

/// The first that holds names the purpose, so the narrower stands before the wider.
const SPECIAL_V6: [(Ipv6Net, &str); 27] = [
    (whole([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified (RFC 4291)"),
    (whole([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback (RFC 4291)"),
    (whole([0, 0, 0, 0, 0, 0xffff, 0, 0], 96), "an IPv4-mapped address (RFC 4291)"),
    (whole([0, 0, 0, 0, 0xffff, 0, 0, 0], 96), "an IPv4-translated address (RFC 2765)"),
    (whole([0, 0, 0, 0, 0, 0, 0, 0], 96), "an IPv4-compatible address (RFC 4291)"),
    (whole([0x0064, 0xff9b, 0, 0, 0, 0, 0, 0], 96), "behind a NAT64 (RFC 6052)"),
    (v6([0x0064, 0xff9b, 1, 0], 48), "behind a NAT64 (RFC 8215)"),
    (v6([0x0100, 0, 0, 0], 64), "for discarding (RFC 6666)"),
    (v6([0x0100, 0, 0, 1], 64), "a dummy prefix (RFC 9780)"),
    (v6([0x2001, 0, 0, 0], 32), "a Teredo tunnel (RFC 4380)"),
    (v6([0x2001, 1, 0, 0], 32), "an anycast service (RFC 7723)"),
    (v6([0x2001, 2, 0, 0], 48), "for benchmarks (RFC 5180)"),
    (v6([0x2001, 3, 0, 0], 32), "for multicast tunnels (RFC 7450)"),
    (v6([0x2001, 4, 0x0112, 0], 48), "a sink of AS112 (RFC 7535)"),
    (v6([0x2001, 0x0010, 0, 0], 28), "an ORCHID, no address (RFC 4843)"),
    (v6([0x2001, 0x0020, 0, 0], 28), "an ORCHIDv2, no address (RFC 7343)"),
    (v6([0x2001, 0x0030, 0, 0], 28), "a drone's identity tag, no address (RFC 9374)"),
    (v6([0x2001, 0, 0, 0], 23), "for protocol assignments (RFC 2928)"),
    (v6([0x2001, 0x0db8, 0, 0], 32), "for documentation (RFC 3849)"),
    (v6([0x2002, 0, 0, 0], 16), "a 6to4 tunnel (RFC 3056)"),
    (v6([0x2620, 0x004f, 0x8000, 0], 48), "a sink of AS112 (RFC 7534)"),
    (v6([0x3fff, 0, 0, 0], 20), "for documentation (RFC 9637)"),
    (v6([0x5f00, 0, 0, 0], 16), "a segment of SRv6, no address (RFC 9602)"),
    (v6([0xfc00, 0, 0, 0], 7), "a private network (RFC 4193)"),
    (v6([0xfe80, 0, 0, 0], 10), "link-local (RFC 4291)"),
    (v6([0xfec0, 0, 0, 0], 10), "site-local (RFC 3879)"),
    (v6([0xff00, 0, 0, 0], 8), "multicast (RFC 4291)"),
];

const fn v4([a, b, c, d]: [u8; 4], prefix_bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix_bits)
}

/// A network by its first four segments.
const fn v6([a, b, c, d]: [u16; 4], prefix_bits: u8) -> Ipv6Net {
    whole([a, b, c, d, 0, 0, 0, 0], prefix_bits)
}

/// A network by all of its segments.
const fn whole([a, b, c, d, e, f, g, h]: [u16; 8], prefix_bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix_bits)
}
