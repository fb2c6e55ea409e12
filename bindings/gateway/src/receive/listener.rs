//! The listening socket: connections in bounded number, time and size, and a shutdown that lets
//! each request end.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite, Interest};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::activity::Activity;
use super::client_address::limited;
use super::connection_memory::{CONNECTION_BYTES, HANDSHAKE_BYTES, HTTP2_CONNECTION_BYTES, Memory};
use super::frames::Framed;
use super::head::HEADERS_MAX;
use super::share::{Holder, Share, Shares};
use super::tls::{Acceptor, Protocol};
use crate::config::Bounds;
use crate::operate::metrics::Metrics;

/// Maximum size of a request's head in HTTP/1, and of what is buffered of a body at once, in bytes:
/// Node's default for a head.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// The same in HTTP/2, where each header counts 32 bytes more (RFC 9113, section 6.5.2).
const HTTP2_HEADER_BYTES_MAX: u32 = 16 << 10;
/// Maximum concurrent streams of a connection: clients open as many before they have seen our
/// settings. The client's share bounds their memory.
const HTTP2_STREAMS_MAX: u32 = 100;
/// Flow-control window of a stream and of a connection, in bytes: enough for 2.5 MB/s at a
/// round-trip time of 100 ms.
const HTTP2_WINDOW_BYTES: u32 = 256 << 10;
/// Streams that a client has opened and reset before we looked: more is an attack (CVE-2023-44487).
const HTTP2_RESETS_MAX: usize = 20;
const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(20);
/// After `accept` has failed, as it does where there are no file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Until the first bytes are looked at again, at first and at most: whoever sends one of them and
/// then waits may not keep us busy.
const PEEK_PAUSE: Duration = Duration::from_millis(5);
const PEEK_PAUSE_MAX: Duration = Duration::from_secs(1);
/// How an HTTP/2 connection begins; no method of HTTP/1 does.
const HTTP2_PREFACE: &[u8] = b"PRI";

/// What answers requests.
pub(crate) type Answering<F> = Arc<dyn Fn(SocketAddr, Request<Incoming>) -> F + Send + Sync>;

pub(crate) type IsProxy = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// A socket that is listened on.
pub(crate) struct Listener {
    pub(crate) socket: TcpListener,
    pub(crate) bounds: Bounds,
    pub(crate) tls: Option<Acceptor>,
    /// The connections, shared among clients.
    pub(crate) connections: Arc<Shares>,
    /// The memory that they may hold together, in bytes.
    pub(crate) memory: Arc<Shares>,
    /// Whether a peer is a trusted proxy, whose connections carry the requests of many clients.
    pub(crate) is_proxy: IsProxy,
    /// Where its connections are counted.
    pub(crate) metrics: Option<Arc<Metrics>>,
}

impl Listener {
    /// Serves until `stop` says so, and then until each connection has ended, or time has run out.
    pub(crate) async fn serve<F>(self, answering: Answering<F>, mut stop: watch::Receiver<bool>)
    where
        F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
    {
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                accepted = self.socket.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => match self.admit(peer) {
                    Some(admitted) => {
                        let connection = self.connection(peer, admitted, graceful.watcher());
                        tokio::spawn(connection.serve(stream, Arc::clone(&answering)));
                    }
                    // Closed at once: the peer may try another gateway.
                    None => self.metrics.iter().for_each(|metrics| metrics.connection_refused()),
                },
                Err(why) => {
                    tracing::warn!(%why, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(self.socket);
        if timeout(self.bounds.shutdown, graceful.shutdown()).await.is_err() {
            tracing::warn!("connections were closed before they had ended");
        }
    }

    /// Counts a connection. `None` if its client has no share left.
    fn admit(&self, peer: SocketAddr) -> Option<Admitted> {
        let address = peer.ip().to_canonical();
        let holders = match (self.is_proxy)(address) {
            true => Vec::new(),
            false => vec![Holder::Client(limited(address))],
        };
        let is_proxy = holders.is_empty();
        let mut share = self.connections.share(holders.clone());
        share.grow(1).ok()?;
        let mut memory = self.memory.share(holders);
        memory.grow(if self.tls.is_some() { HANDSHAKE_BYTES } else { CONNECTION_BYTES }).ok()?;
        self.metrics.iter().for_each(|metrics| metrics.connected());
        let counted = Counted { metrics: self.metrics.clone(), _share: share };
        Some(Admitted { counted, memory: Memory { share: memory, is_proxy } })
    }

    fn connection(&self, peer: SocketAddr, admitted: Admitted, watcher: Watcher) -> Connection {
        let (bounds, tls) = (self.bounds, self.tls.clone());
        Connection { peer, bounds, tls, watcher, admitted }
    }
}

/// A connection that its client may have.
struct Admitted {
    counted: Counted,
    memory: Memory,
}

struct Connection {
    peer: SocketAddr,
    bounds: Bounds,
    tls: Option<Acceptor>,
    watcher: Watcher,
    admitted: Admitted,
}

/// A connection that counts until it is dropped.
struct Counted {
    metrics: Option<Arc<Metrics>>,
    _share: Share,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.metrics.iter().for_each(|metrics| metrics.disconnected());
    }
}

impl Connection {
    /// Serves it until it ends. Most connections wait most of the time, so what only the beginning
    /// needs is in a box that goes with it. Not an `async fn`, which would keep its arguments.
    fn serve<F>(
        self,
        stream: TcpStream,
        answering: Answering<F>,
    ) -> impl Future<Output = ()> + Send + 'static
    where
        F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
    {
        let Connection { peer, bounds, tls, watcher, admitted: Admitted { counted, memory } } =
            self;
        let activity = Activity::new();
        let service = Exchange { peer, answering, activity: Arc::clone(&activity) };
        let header_timeout = bounds.header_timeout;
        let beginning = begin(stream, tls, bounds, watcher, service, memory);
        let beginning = Box::pin(timeout(header_timeout, beginning));
        async move {
            let _counted = counted;
            let exchanges = match beginning.await {
                Ok(Ok(exchanges)) => exchanges,
                Ok(Err(why)) => return tracing::debug!(%peer, %why, "no protocol was agreed on"),
                Err(_) => return tracing::debug!(%peer, "no protocol was agreed on in time"),
            };
            tokio::select! {
                // A request that has arrived is read before the connection counts as idle, however
                // long this task had to wait for a thread.
                biased;
                ended = exchanges => if let Err(why) = ended {
                    tracing::debug!(%peer, %why, "connection ended early");
                },
                () = activity.idle(header_timeout) => tracing::debug!(%peer, "idle connection"),
            }
        }
    }
}

/// Finds out what is spoken on a connection.
async fn begin<F>(
    stream: TcpStream,
    tls: Option<Acceptor>,
    bounds: Bounds,
    watcher: Watcher,
    service: Exchange<F>,
    memory: Memory,
) -> io::Result<Exchanges>
where
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    // An answer is one small packet: it must not wait for another one.
    let _ = stream.set_nodelay(true);
    Ok(match tls {
        Some(acceptor) => {
            let (stream, protocol) = acceptor.accept(stream).await?;
            exchanges(stream, protocol, &bounds, watcher, service, memory)?
        }
        None => {
            let protocol = plain_protocol(&stream).await?;
            exchanges(stream, protocol, &bounds, watcher, service, memory)?
        }
    })
}

type Exchanges = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// All that is spoken on a connection. Each kind has its own size, where one future for all kinds
/// would have that of the largest.
fn exchanges<S, F>(
    stream: S,
    protocol: Protocol,
    bounds: &Bounds,
    watcher: Watcher,
    service: Exchange<F>,
    mut memory: Memory,
) -> io::Result<Exchanges>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    Ok(match protocol {
        Protocol::Http1 => {
            memory.resize(CONNECTION_BYTES)?;
            let exchanges =
                watcher.watch(http1(bounds).serve_connection(TokioIo::new(stream), service));
            Box::pin(async move {
                let _memory = memory;
                exchanges.await
            })
        }
        Protocol::Http2 => {
            memory.resize(HTTP2_CONNECTION_BYTES)?;
            let stream = Framed::new(stream, Arc::clone(&service.activity), memory);
            Box::pin(watcher.watch(http2(bounds).serve_connection(TokioIo::new(stream), service)))
        }
    })
}

fn http1(bounds: &Bounds) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.header_timeout)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX);
    builder
}

fn http2(bounds: &Bounds) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS_MAX)
        .max_pending_accept_reset_streams(HTTP2_RESETS_MAX)
        .max_header_list_size(HTTP2_HEADER_BYTES_MAX)
        .initial_stream_window_size(HTTP2_WINDOW_BYTES)
        .initial_connection_window_size(HTTP2_WINDOW_BYTES)
        .keep_alive_interval(HTTP2_PING_INTERVAL)
        .keep_alive_timeout(bounds.header_timeout);
    builder
}

/// Looks at the first bytes, and leaves them where they are.
async fn plain_protocol(stream: &TcpStream) -> io::Result<Protocol> {
    let mut first = [0; HTTP2_PREFACE.len()];
    let mut pause = PEEK_PAUSE;
    loop {
        let read = stream.peek(&mut first).await?;
        let seen = first.get(..read).unwrap_or_default();
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if seen == HTTP2_PREFACE {
            return Ok(Protocol::Http2);
        }
        if !HTTP2_PREFACE.starts_with(seen) {
            return Ok(Protocol::Http1);
        }
        // The end of the stream cannot be peeked at behind what is still buffered.
        if stream.ready(Interest::READABLE).await?.is_read_closed() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        sleep(pause).await;
        pause = (pause * 2).min(PEEK_PAUSE_MAX);
    }
}

/// One connection's requests.
struct Exchange<F> {
    peer: SocketAddr,
    answering: Answering<F>,
    activity: Arc<Activity>,
}

impl<F> Service<Request<Incoming>> for Exchange<F>
where
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    type Response = Response<Full<Bytes>>;
    type Error = std::convert::Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let running = self.activity.request();
        let is_http2 = request.version() == Version::HTTP_2;
        let answer = (self.answering)(self.peer, request);
        Box::pin(async move {
            let mut answer = answer.await;
            if answer.status().is_success() {
                running.accepted();
            } else if is_http2 {
                // A body needs the client's window, without which its stream stays in memory.
                *answer.body_mut() = Full::default();
            }
            drop(running);
            Ok(answer)
        })
    }
}
