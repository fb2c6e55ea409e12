//! A client for one target: it posts, to addresses that were checked, over TLS that is pinned.
//!
//! The name is resolved once a connection, and what is connected to is what was checked. No proxy
//! is used, whatever the environment says, and no redirect is followed: both lead elsewhere.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING, UPGRADE,
    USER_AGENT,
};
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::Full;
use postseal::{Code, Error};
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::deliver::address_policy::{AddressPolicy, AllowedAddress, parse_internal};
use crate::deliver::connection::{Answer, Broken, Connection};
use crate::deliver::destination::{Destination, Named, Plain};
use crate::deliver::failure::{Failure, Stage};
use crate::deliver::pins::Pins;
use crate::deliver::pool::Pool;
use crate::deliver::resolver::{Resolve, SystemResolver};
use crate::deliver::tls::{client_config, handshake_failure};

/// How long an attempt may take until the head of the answer, as in the other languages: a
/// webhook's answer should come at once.
pub(crate) const TIMEOUT_DEFAULT: Duration = Duration::from_secs(15);
/// How long a connection may take: the name, TCP and TLS.
pub(crate) const CONNECT_TIMEOUT_DEFAULT: Duration = Duration::from_secs(5);
/// Addresses of a name that are looked at: more are not tried in the time there is.
const ADDRESSES_MAX: usize = 16;
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("postseal/", env!("CARGO_PKG_VERSION")));
/// What the connection itself says; those of a caller do not count.
const OF_THE_CONNECTION: [HeaderName; 5] =
    [CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, UPGRADE];

/// What is set for a target beside its URL.
pub(crate) struct TargetOptions {
    /// `sha256/…`, two or more, or none.
    pub(crate) pins: Vec<String>,
    /// Authorities in PEM, in place of the system's.
    pub(crate) ca_file: Option<PathBuf>,
    /// Networks that may be reached though they are not public, `10.1.0.0/16`.
    pub(crate) internal: Vec<String>,
    pub(crate) plain: Plain,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) resolver: Arc<dyn Resolve>,
}

impl Default for TargetOptions {
    fn default() -> Self {
        TargetOptions {
            pins: Vec::new(),
            ca_file: None,
            internal: Vec::new(),
            plain: Plain::default(),
            connect_timeout: CONNECT_TIMEOUT_DEFAULT,
            timeout: TIMEOUT_DEFAULT,
            resolver: Arc::new(SystemResolver),
        }
    }
}

/// Where to deliver to. Made once, and used by many tasks at a time.
pub(crate) struct Target {
    destination: Destination,
    policy: AddressPolicy,
    tls: Option<Arc<ClientConfig>>,
    connect_timeout: Duration,
    timeout: Duration,
    resolver: Arc<dyn Resolve>,
    pool: Pool,
}

impl Target {
    /// Makes a target. Nothing is resolved or connected yet.
    ///
    /// # Errors
    /// `invalid_config` for a URL that may not be delivered to, an option that cannot be read, and
    /// for pins or authorities where there is no TLS.
    pub(crate) fn new(url: &str, options: TargetOptions) -> Result<Self, Error> {
        let TargetOptions { pins, ca_file, internal, .. } = options;
        let destination = Destination::parse(url, options.plain)?;
        let pins = Pins::parse(&pins)?;
        let tls = match destination.server_name {
            Some(_) => Some(client_config(pins, ca_file.as_deref())?),
            None if pins.is_some() || ca_file.is_some() => {
                let message = "pins and a file of authorities need a URL that is https:";
                return Err(Error::new(Code::InvalidConfig, message));
            }
            None => None,
        };
        Ok(Target {
            policy: AddressPolicy {
                reach: destination.reach,
                internal: parse_internal(&internal)?,
            },
            destination,
            tls,
            connect_timeout: options.connect_timeout,
            timeout: options.timeout,
            resolver: options.resolver,
            pool: Pool::default(),
        })
    }

    /// Posts these bytes, and gives the head of the answer, whatever its status.
    ///
    /// A kept connection that turns out to have ended is replaced by a new one, once. The peer may
    /// then see the message twice, as with any retry.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(crate) async fn post(&self, headers: HeaderMap, body: Bytes) -> Result<Answer, Failure> {
        self.post_within(headers, body, self.timeout).await
    }

    /// Like [`Target::post`], in less time than is set for the target.
    pub(crate) async fn post_within(
        &self,
        headers: HeaderMap,
        body: Bytes,
        limit: Duration,
    ) -> Result<Answer, Failure> {
        let exchanged = timeout(limit.min(self.timeout), self.exchange(headers, body)).await;
        let (connection, response) = exchanged.unwrap_or(Err(Failure::TimedOut(Stage::Answer)))?;
        let answer = Answer::of(&response);
        if let Some(connection) = connection.settle(response.into_body()).await {
            self.pool.keep(connection);
        }
        Ok(answer)
    }

    /// Connects, and sends nothing.
    ///
    /// # Errors
    /// Why there is no connection.
    pub(crate) async fn probe(&self) -> Result<(), Failure> {
        let connecting = timeout(self.connect_timeout, self.connect()).await;
        connecting.unwrap_or(Err(Failure::TimedOut(Stage::Connect))).map(drop)
    }

    async fn exchange(&self, headers: HeaderMap, body: Bytes) -> Result<Exchanged, Failure> {
        let request = || request(&self.destination, headers.clone(), body.clone());
        if let Some(mut connection) = self.pool.take() {
            match connection.exchange(request()).await {
                Ok(response) => return Ok((connection, response)),
                Err(Broken::NoHttp) => return Err(Failure::BrokenAnswer),
                Err(Broken::Ended) => (),
            }
        }
        let connecting = timeout(self.connect_timeout, self.connect());
        let mut connection = connecting.await.unwrap_or(Err(Failure::TimedOut(Stage::Connect)))?;
        let response = connection.exchange(request()).await;
        response.map(|response| (connection, response)).map_err(|_| Failure::BrokenAnswer)
    }

    async fn connect(&self) -> Result<Connection, Failure> {
        let stream = self.dial(&self.addresses().await?).await?;
        let (Some(config), Some(name)) = (&self.tls, &self.destination.server_name) else {
            return Connection::open(stream).await;
        };
        let connector = TlsConnector::from(Arc::clone(config));
        let stream = connector.connect(name.clone(), stream).await;
        Connection::open(stream.map_err(|error| handshake_failure(&error))?).await
    }

    /// The addresses that may be connected to. One that may not is passed over, as if the name did
    /// not have it; where none is left, the first says why.
    async fn addresses(&self) -> Result<Vec<AllowedAddress>, Failure> {
        let found = match &self.destination.host {
            Named::Addresses(addresses) => addresses.clone(),
            Named::Name(name) => {
                self.resolver.resolve(name).await.map_err(|_| Failure::ResolveFailed)?
            }
        };
        let (mut allowed, mut refused) = (Vec::new(), None);
        for address in found.into_iter().take(ADDRESSES_MAX) {
            match self.policy.check(address) {
                Ok(address) => allowed.push(address),
                Err(refusal) => refused = refused.or(Some(refusal)),
            }
        }
        match (allowed.is_empty(), refused) {
            (false, _) => Ok(allowed),
            (true, Some(refusal)) => Err(Failure::AddressRefused(refusal)),
            (true, None) => Err(Failure::ResolveFailed),
        }
    }

    /// Connects to the first address that takes it. Each has its share of the time, so that one
    /// that does not answer leaves some to the next.
    async fn dial(&self, addresses: &[AllowedAddress]) -> Result<TcpStream, Failure> {
        let shares = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
        let mut failure = Failure::ResolveFailed;
        for address in addresses {
            let connecting = TcpStream::connect((address.get(), self.destination.port));
            match timeout(self.connect_timeout / shares, connecting).await {
                Ok(Ok(stream)) => {
                    // It only takes away a delay; where it is not to be had, the delay stays.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(why)) => failure = Failure::ConnectFailed(why.kind()),
                Err(_) => failure = Failure::TimedOut(Stage::Connect),
            }
        }
        Err(failure)
    }
}

/// A connection, and the answer that it has brought.
type Exchanged = (Connection, http::Response<hyper::body::Incoming>);

fn request(to: &Destination, mut headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
    for name in &OF_THE_CONNECTION {
        headers.remove(name);
    }
    headers.insert(HOST, to.authority.clone());
    // SPEC: RFC 9110, section 8.6: also for an empty body, for which hyper would write none.
    headers.insert(CONTENT_LENGTH, body.len().into());
    headers.entry(USER_AGENT).or_insert(AGENT);
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::clone(&to.path);
    *request.headers_mut() = headers;
    request
}

/// Headers as the core gives them, for [`Target::post`].
///
/// # Errors
/// `invalid_config` for a name or value that HTTP has no place for. It shows neither.
pub(crate) fn header_map<N, V>(pairs: &[(N, V)]) -> Result<HeaderMap, Error>
where
    N: AsRef<str>,
    V: AsRef<str>,
{
    let mut headers = HeaderMap::with_capacity(pairs.len());
    for (name, value) in pairs {
        let name = HeaderName::try_from(name.as_ref()).ok();
        let value = HeaderValue::try_from(value.as_ref()).ok();
        let pair = name.zip(value).ok_or_else(|| {
            Error::new(
                Code::InvalidConfig,
                "a header to be sent has a character that none may have",
            )
        })?;
        headers.append(pair.0, pair.1);
    }
    Ok(headers)
}
