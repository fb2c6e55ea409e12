//! Which addresses a target may have.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use postseal::{Code, Error};

use crate::deliver::public_address::special_purpose;

/// Networks in one allow-list: they are few, or the list is a mistake.
const INTERNAL_MAX: usize = 64;

/// What the URL of a target lets it reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// This machine: the URL says `localhost`, or a loopback address.
    Loopback,
    /// The networks that the operator has listed, and no others: `http:` inside them.
    Internal,
    /// Public addresses, and the networks that the operator has listed.
    Public,
}

/// Which addresses a target may have.
#[derive(Debug)]
pub(crate) struct AddressPolicy {
    pub(crate) reach: Reach,
    /// The operator's networks, which need not be public.
    pub(crate) internal: Vec<IpNet>,
}

/// An address that the policy allows: the only kind that is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AllowedAddress(IpAddr);

/// Why an address is not connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) address: IpAddr,
    /// What the address is.
    pub(crate) purpose: &'static str,
}

impl AddressPolicy {
    /// Whether a target may have this address. A name that leads to this machine is not the same
    /// as `localhost`: its owner decides where it leads.
    pub(crate) fn check(&self, address: IpAddr) -> Result<AllowedAddress, Refusal> {
        let listed = || self.internal.iter().any(|network| network.contains(&address));
        let purpose = match self.reach {
            Reach::Loopback if address.is_loopback() => None,
            Reach::Loopback => Some("not this machine"),
            Reach::Internal if listed() => None,
            Reach::Internal => Some("not of an internal network, where alone http: may lead"),
            Reach::Public if listed() => None,
            Reach::Public => special_purpose(address),
        };
        match purpose {
            None => Ok(AllowedAddress(address)),
            Some(purpose) => Err(Refusal { address, purpose }),
        }
    }
}

impl AllowedAddress {
    pub(crate) fn get(self) -> IpAddr {
        self.0
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.address, self.purpose)
    }
}

/// Reads an operator's list of networks: `10.1.0.0/16`, `fd00::/8`, or one address.
///
/// # Errors
/// `invalid_config` for one that is not a network, or has bits beyond its prefix: it is not clear
/// then which is meant.
pub(crate) fn parse_internal(texts: &[impl AsRef<str>]) -> Result<Vec<IpNet>, Error> {
    if texts.len() > INTERNAL_MAX {
        return Err(invalid(format!("at most {INTERNAL_MAX} internal networks can be listed")));
    }
    texts.iter().map(|text| parse_network(text.as_ref())).collect()
}

fn parse_network(text: &str) -> Result<IpNet, Error> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let network = network.map_err(|_| {
        invalid("an internal network is an address and a prefix, such as 10.1.0.0/16 or fd00::/8")
    })?;
    if network.addr() != network.network() {
        let whole = network.trunc();
        return Err(invalid(format!("{network} is no network: did you mean {whole}?")));
    }
    Ok(network)
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Code::InvalidConfig, message)
}
