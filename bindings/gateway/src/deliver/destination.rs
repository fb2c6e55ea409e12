//! A URL to deliver to: `https:`, or `http:` to this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::{HeaderValue, Uri};
use postseal::{Code, Error};
use rustls::pki_types::ServerName;
use url::{Host, Position, Url};

use crate::deliver::address_policy::Reach;

/// Whether `http:` may leave this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Plain {
    /// It may not.
    #[default]
    LoopbackOnly,
    /// It may go to the networks that the operator has listed: the signature protects what is
    /// sent, but everybody on the way can read it.
    ToInternal,
}

/// Where to connect, and what to ask for there.
#[derive(Debug)]
pub(crate) struct Destination {
    pub(crate) reach: Reach,
    pub(crate) port: u16,
    /// The value of `Host`.
    pub(crate) authority: HeaderValue,
    /// Path and query.
    pub(crate) path: Uri,
    /// The name in the certificate; `None` for `http:`.
    pub(crate) server_name: Option<ServerName<'static>>,
    pub(crate) host: Named,
}

/// How a URL names its host.
#[derive(Debug)]
pub(crate) enum Named {
    /// By addresses, which need no look-up. `localhost` is one of these: no name server has a say
    /// in it (RFC 6761, section 6.3).
    Addresses(Vec<IpAddr>),
    Name(String),
}

impl Destination {
    /// Reads a URL by the WHATWG's rules, as `send` in JavaScript does: `http://0x7f.1` and
    /// `http://2130706433` are 127.0.0.1. No error shows it: a path or query may hold a token.
    ///
    /// # Errors
    /// `invalid_config`
    pub(crate) fn parse(text: &str, plain: Plain) -> Result<Self, Error> {
        let url = Url::parse(text).map_err(|_| invalid("the URL to send to is not a URL"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("the URL to send to must not hold a user name or password"));
        }
        let (reach, secure) = reach(&url, plain)?;
        let unusable = || invalid("the URL to send to has a host or path that cannot be asked for");
        let host = url.host_str().ok_or_else(unusable)?;
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let server_name = ServerName::try_from(name.to_owned()).map_err(|_| unusable())?;
        let authority = match url.port() {
            Some(port) => HeaderValue::try_from(format!("{host}:{port}")),
            None => HeaderValue::try_from(host),
        };
        let path = url[Position::BeforePath..Position::AfterQuery].parse();
        Ok(Destination {
            reach,
            port: url.port_or_known_default().ok_or_else(unusable)?,
            authority: authority.map_err(|_| unusable())?,
            path: path.map_err(|_| unusable())?,
            server_name: secure.then_some(server_name),
            host: named(&url).ok_or_else(unusable)?,
        })
    }
}

/// What the URL lets the target reach, and whether over TLS.
fn reach(url: &Url, plain: Plain) -> Result<(Reach, bool), Error> {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match (url.scheme(), loopback, plain) {
        ("https", true, _) => Ok((Reach::Loopback, true)),
        ("https", false, _) => Ok((Reach::Public, true)),
        ("http", true, _) => Ok((Reach::Loopback, false)),
        ("http", false, Plain::ToInternal) => Ok((Reach::Internal, false)),
        _ => Err(invalid("the URL to send to must be https: (http: is for this machine alone)")),
    }
}

fn named(url: &Url) -> Option<Named> {
    Some(match url.host()? {
        Host::Domain("localhost") => {
            Named::Addresses(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
        }
        Host::Domain(name) => Named::Name(name.to_owned()),
        Host::Ipv4(address) => Named::Addresses(vec![address.into()]),
        Host::Ipv6(address) => Named::Addresses(vec![address.into()]),
    })
}

fn invalid(message: &'static str) -> Error {
    Error::new(Code::InvalidConfig, message)
}
