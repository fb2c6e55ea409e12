//! An application server as strict as any common one, and the head of each delivery as it received
//! it.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::SystemTime;

use postseal::{KeyInput, KeyOptions, Receiver, ReceiverOptions, UnixTime};

/// Maximum size that Tomcat and Jetty accept for a whole head, and Apache, gunicorn and nginx for
/// one line of it.
const HEAD_BYTES_MAX: usize = 8 << 10;
/// Maximum number of headers that Apache and gunicorn accept.
const HEADERS_MAX: usize = 100;
/// Headers that are meant for the server, not for the application.
const OF_THE_SERVER: [&str; 9] = [
    "connection",
    "expect",
    "if-match",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A delivery that the server accepted.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) head_bytes: usize,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Taken {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// A server that refuses whatever a strict server may, and records what it accepted and why it
/// refused.
#[derive(Clone)]
pub(crate) struct StrictServer {
    pub(crate) address: SocketAddr,
    receiver: Arc<Receiver>,
    taken: Arc<Mutex<Vec<Taken>>>,
    refused: Arc<Mutex<Vec<String>>>,
}

impl StrictServer {
    /// Verifies deliveries with these keys: secrets, or public ones.
    pub(crate) fn start(secrets: &[&str], public_keys: &[&str]) -> Self {
        let list = |keys: &[&str]| {
            let inputs = keys.iter().map(|&key| Some(KeyInput::from(key))).collect();
            (!keys.is_empty()).then_some(inputs)
        };
        let keys = KeyOptions {
            secrets: list(secrets),
            public_keys: list(public_keys),
            ..KeyOptions::default()
        };
        let receiver = Receiver::new(ReceiverOptions { keys, ..ReceiverOptions::default() });
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let server = StrictServer {
            address: listener.local_addr().unwrap(),
            receiver: Arc::new(receiver.unwrap()),
            taken: Arc::default(),
            refused: Arc::default(),
        };
        let serving = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let serving = serving.clone();
                thread::spawn(move || serving.serve(&stream));
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/events", self.address)
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }

    pub(crate) fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap().clone()
    }

    fn serve(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some((head, body)) = read_request(&mut reader) {
            let status = match self.judge(&head, body) {
                Ok(taken) => {
                    self.taken.lock().unwrap().push(taken);
                    "204 No Content"
                }
                Err(why) => {
                    let status = if why.starts_with("long") { "431" } else { "400" };
                    self.refused.lock().unwrap().push(why);
                    status
                }
            };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            let mut writer = stream;
            if writer.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }

    fn judge(&self, head: &[u8], body: Vec<u8>) -> Result<Taken, String> {
        if head.len() > HEAD_BYTES_MAX {
            return Err(format!("long: a head of {} bytes", head.len()));
        }
        let text = std::str::from_utf8(head).map_err(|why| why.to_string())?;
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in text.trim_end_matches("\r\n").split("\r\n").skip(1) {
            let (name, value) = line.split_once(": ").ok_or_else(|| format!("odd: {line:?}"))?;
            let plain = |char: char| matches!(char, ' '..='~' | '\t');
            if !value.chars().all(plain) || value.trim_matches([' ', '\t']) != value {
                return Err(format!("a value that is read in several ways: {line:?}"));
            }
            if headers.iter().any(|(other, _)| other == name) || OF_THE_SERVER.contains(&name) {
                return Err(format!("a header that there must not be: {line:?}"));
            }
            let a_type = value.contains('\t') || value.is_empty();
            if name == "content-type" && a_type {
                return Err(format!("no media type: {line:?}"));
            }
            headers.push((name.to_owned(), value.to_owned()));
        }
        if headers.len() > HEADERS_MAX {
            return Err(format!("long: {} headers", headers.len()));
        }
        let now = UnixTime::try_from(SystemTime::now()).unwrap();
        self.receiver.open(&headers, &body, now).map_err(|error| error.code().to_string())?;
        Ok(Taken { head_bytes: head.len(), headers, body })
    }
}

/// The bytes of a head, and the body.
fn read_request(reader: &mut impl BufRead) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        reader.read_until(b'\n', &mut head).ok().filter(|&read| read > 0)?;
    }
    let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = text.split("content-length: ").nth(1)?.split('\r').next()?;
    let mut body = vec![0; length.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}
