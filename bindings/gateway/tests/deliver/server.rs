//! A scripted server: it writes down what it is sent, and answers as it is told.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What to do with a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Write these bytes, and wait for the next request.
    Write(String),
    /// Write these bytes, and close.
    Close(String),
    /// Say nothing, until the client has gone.
    Silence,
    /// Write the first, and then the second for ever.
    Endless(String, Vec<u8>),
}

/// A request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// A server on this machine, until the test ends.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

struct State {
    tls: Option<Arc<ServerConfig>>,
    /// The last one is given again and again.
    replies: Vec<Reply>,
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    /// Bytes of the application, after TLS.
    bytes: AtomicUsize,
}

trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

/// An answer without a body.
pub(crate) fn status(line: &str) -> Reply {
    Reply::Write(format!("HTTP/1.1 {line}\r\ncontent-length: 0\r\n\r\n"))
}

impl Server {
    pub(crate) fn start(tls: Option<Arc<ServerConfig>>, replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            tls,
            replies,
            seen: Mutex::default(),
            connections: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
        });
        let server = Server { address, state: Arc::clone(&state) };
        thread::spawn(move || {
            for stream in listener.incoming() {
                let state = Arc::clone(&state);
                state.connections.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || state.serve(stream.unwrap()));
            }
        });
        server
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.state.bytes.load(Ordering::SeqCst)
    }

    /// A URL of this server, by this name.
    pub(crate) fn url(&self, scheme: &str, host: &str) -> String {
        format!("{scheme}://{host}:{}/hooks?token=1", self.address.port())
    }
}

impl State {
    fn serve(&self, stream: TcpStream) {
        match &self.tls {
            None => self.answer(stream),
            Some(tls) => {
                let session = ServerConnection::new(Arc::clone(tls)).unwrap();
                self.answer(StreamOwned::new(session, stream));
            }
        }
    }

    fn answer(&self, mut stream: impl Stream) {
        while let Some(seen) = self.request(&mut stream) {
            let number = {
                let mut all = self.seen.lock().unwrap();
                all.push(seen);
                all.len() - 1
            };
            let reply = self.replies.get(number).or(self.replies.last()).unwrap();
            // The client may have gone; the test sees that by other means.
            match reply {
                Reply::Write(text) => drop(stream.write_all(text.as_bytes())),
                Reply::Close(text) => return drop(stream.write_all(text.as_bytes())),
                Reply::Silence => return drop(stream.read(&mut [0])),
                Reply::Endless(head, more) => {
                    let mut written = stream.write_all(head.as_bytes());
                    while written.is_ok() {
                        written = stream.write_all(more);
                    }
                    return;
                }
            }
            let _ = stream.flush();
        }
    }

    /// Reads a request; `None` where the stream ends before it does.
    fn request(&self, stream: &mut impl Stream) -> Option<Seen> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).ok()?;
            self.bytes.fetch_add(1, Ordering::SeqCst);
            head.extend(byte);
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.unwrap().parse().unwrap()];
        stream.read_exact(&mut body).ok()?;
        Some(Seen { head, body })
    }
}

impl Seen {
    /// Names and values.
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    pub(crate) fn header(&self, wanted: &str) -> Option<String> {
        self.headers().into_iter().find(|(name, _)| name == wanted).map(|(_, value)| value)
    }
}
