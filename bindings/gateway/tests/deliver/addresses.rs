//! Which addresses are public, and which a target may have.

use std::net::IpAddr;

use ip_network::IpNetwork;
use serde::Deserialize;

use crate::deliver::address_policy::{AddressPolicy, Reach, parse_internal};
use crate::deliver::public_address::special_purpose;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    #[serde(rename = "about")]
    _about: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    address: IpAddr,
    public: bool,
}

fn cases() -> Vec<Case> {
    let vectors: Vectors = serde_json::from_str(include_str!("public_address.json")).unwrap();
    assert!(vectors.cases.len() > 100);
    vectors.cases
}

fn policy(reach: Reach, internal: &[&str]) -> AddressPolicy {
    AddressPolicy { reach, internal: parse_internal(internal).unwrap() }
}

#[test]
fn every_vector() {
    for Case { name, address, public } in cases() {
        let purpose = special_purpose(address);
        assert_eq!(purpose.is_none(), public, "{name}: {address} is {purpose:?}");
    }
}

/// A refusal says what for, and by which document.
#[test]
fn a_refusal_names_its_document() {
    let purposes = cases().into_iter().filter_map(|case| special_purpose(case.address));
    for purpose in purposes {
        assert!(purpose.contains("(RFC ") && purpose.ends_with(')'), "{purpose}");
    }
    assert_eq!(special_purpose("2001::1".parse().unwrap()), Some("a Teredo tunnel (RFC 4380)"));
    let policy = policy(Reach::Public, &[]);
    let refusal = policy.check("10.1.2.3".parse().unwrap()).unwrap_err();
    assert_eq!(refusal.to_string(), "10.1.2.3 is a private network (RFC 1918)");
}

/// `ip_network` is laxer in many places (it lets mapped addresses, tunnels and multicast through),
/// and in none stricter.
#[test]
fn what_another_library_refuses_is_refused() {
    for Case { name, address, .. } in cases() {
        let network = IpNetwork::new(address, if address.is_ipv4() { 32 } else { 128 }).unwrap();
        let refused = special_purpose(address).is_some();
        assert!(network.is_global() || refused, "{name}: {address}");
    }
}

#[test]
fn what_is_listed_may_be_reached() {
    let policy = policy(Reach::Public, &["10.1.0.0/16", "fd00::/8", "192.168.7.9"]);
    let allowed = |address: &str| policy.check(address.parse().unwrap()).is_ok();
    for address in ["10.1.255.255", "fd12::1", "192.168.7.9", "8.8.8.8"] {
        assert!(allowed(address), "{address}");
    }
    for address in ["10.2.0.0", "fc00::1", "192.168.7.8", "127.0.0.1", "::ffff:10.1.0.1"] {
        assert!(!allowed(address), "{address}");
    }
}

#[test]
fn a_loopback_target_reaches_this_machine_alone() {
    let policy = policy(Reach::Loopback, &["10.0.0.0/8"]);
    let allowed = |address: &str| policy.check(address.parse().unwrap()).is_ok();
    assert!(allowed("127.0.0.1") && allowed("127.9.9.9") && allowed("::1"));
    assert!(!allowed("8.8.8.8") && !allowed("10.0.0.1") && !allowed("::ffff:127.0.0.1"));
}

#[test]
fn http_to_listed_networks_reaches_these_alone() {
    let policy = policy(Reach::Internal, &["10.0.0.0/8"]);
    assert!(policy.check("10.0.0.1".parse().unwrap()).is_ok());
    assert!(policy.check("8.8.8.8".parse().unwrap()).is_err());
}

#[test]
fn a_list_with_something_else_is_refused() {
    for text in ["", "10.0.0.0/33", "10.0.0.1/8", "fd00::1/8", "10.0.0.0/8,", "internal", "10/8"] {
        let refused = parse_internal(&[text]).unwrap_err();
        assert_eq!(refused.code(), postseal::Code::InvalidConfig, "{text}");
    }
    let message = parse_internal(&["10.0.0.1/8"]).unwrap_err().to_string();
    assert!(message.contains("did you mean 10.0.0.0/8?"), "{message}");
    assert!(parse_internal(&["10.0.0.0/8"; 65]).is_err() && parse_internal(&["::/0"; 64]).is_ok());
}
