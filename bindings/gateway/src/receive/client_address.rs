//! Who a request came from: the peer, or whom a proxy that we trust says it speaks for.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

const FORWARDED: &str = "x-forwarded-for";
/// Of the list of proxies, in entries: a request that has passed more is counted as its proxy's.
const HOPS_MAX: usize = 16;
/// The part of an IPv6 address that a customer has for themselves is at least this long.
const NETWORK_BITS: u32 = 64;

/// The client of a request.
///
/// `X-Forwarded-For` is read from its end, as long as the hop that wrote an entry is trusted. Where
/// it cannot be read, the last hop that is known is the client.
pub(crate) fn client_address(peer: SocketAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let mut client = peer.ip().to_canonical();
    if trusted.is_empty() {
        return client;
    }
    let values = headers.get_all(FORWARDED).iter().map(|value| value.to_str().unwrap_or(""));
    let values: Vec<&str> = values.collect();
    let hops = values.iter().rev().flat_map(|value| value.rsplit(',')).take(HOPS_MAX);
    for hop in hops {
        if !is_trusted(client) {
            break;
        }
        let Some(address) = parse_hop(hop.trim()) else { break };
        client = address;
    }
    client
}

/// An address, or an address with a port, as some proxies write it.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let address = text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|a| a.ip()));
    address.ok().map(|address| address.to_canonical())
}

/// What shares a rate limit: an IPv4 address, or an IPv6 network of 64 bits.
pub(crate) fn limited(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => {
            let network = address.to_bits() & (u128::MAX << (128 - NETWORK_BITS));
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&'static str], trusted: &[&str]) -> String {
        let peer = SocketAddr::new(peer.parse().unwrap(), 1);
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED, value.parse().unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        client_address(peer, &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_cannot_say_who_they_are() {
        assert_eq!(client("198.51.100.1", &["10.9.9.9"], &[]), "198.51.100.1");
        assert_eq!(client("198.51.100.1", &["10.9.9.9"], &["10.0.0.0/8"]), "198.51.100.1");
    }

    #[test]
    fn the_last_entry_that_a_trusted_proxy_wrote_counts() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(client("10.0.0.1", &["6.6.6.6, 198.51.100.7"], &trusted), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["6.6.6.6", "198.51.100.7"], &trusted), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["198.51.100.7,10.0.0.2"], &trusted), "198.51.100.7");
        assert_eq!(client("::ffff:10.0.0.1", &["198.51.100.7:443"], &trusted), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]:443"], &trusted), "2001:db8::1");
    }

    #[test]
    fn what_cannot_be_read_is_the_proxys() {
        assert_eq!(client("10.0.0.1", &["unknown"], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["6.6.6.6, x, 10.0.0.2"], &["10.0.0.0/8"]), "10.0.0.2");
    }

    #[test]
    fn an_ipv6_network_shares_a_limit() {
        let of = |text: &str| limited(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("198.51.100.1"), "198.51.100.1");
    }
}
