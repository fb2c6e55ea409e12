//! Messages of a sender, and the requests that carry them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, SystemTime};

use postseal::{Entropy, Error, KeyInput, Message, Sender, SenderOptions, UnixTime};
use socket2::{Domain, Socket, Type};

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(crate) const OTHER_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
pub(crate) const DELIVERY_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
pub(crate) const KEY: &str = "whenc_fWEIj924xMvz1cGWU8UcseyrBWI61/6/gTxaCgpUSQI=";

/// Longer than anything takes, so that a test ends where something hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a server has answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A sender with this secret, which encrypts where it has a key.
pub(crate) fn sender(secret: &str, key: Option<&str>) -> Sender {
    let list = |text: &str| Some(vec![Some(KeyInput::from(text))]);
    let encryption_keys = key.and_then(list);
    let options = SenderOptions { secrets: list(secret), encryption_keys, ..Default::default() };
    Sender::new(options).unwrap()
}

/// A whole request of a signed message, to be written as it is.
pub(crate) fn request(sender: &Sender, path: &str, id: &str, payload: &[u8]) -> Vec<u8> {
    request_at(sender, path, id, payload, UnixTime::try_from(SystemTime::now()).unwrap())
}

pub(crate) fn request_at(
    sender: &Sender,
    path: &str,
    id: &str,
    payload: &[u8],
    now: UnixTime,
) -> Vec<u8> {
    let message = Message { id, content_type: Some("application/json"), payload };
    let sealed = sender.seal(&message, now, random()).unwrap();
    let headers: Vec<_> = sealed.headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    post(path, &headers, &sealed.body)
}

fn random() -> Entropy<'static> {
    Box::leak(Box::new(|bytes: &mut [u8]| -> Result<(), Error> {
        getrandom::fill(bytes).unwrap();
        Ok(())
    }))
}

/// A request with these headers and this body.
pub(crate) fn post(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("POST {path} HTTP/1.1\r\nhost: test\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    [head.as_bytes(), body].concat()
}

/// Sends a request over a connection of its own, and reads the answer.
///
/// # Errors
/// Where the server is not there, or closes without an answer.
pub(crate) fn try_exchange(address: SocketAddr, request: &[u8]) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // A server that refuses need not read all.
    let written = stream.write_all(request);
    match read_answer(&mut stream) {
        Ok(answer) => Ok(answer),
        Err(why) => Err(written.err().unwrap_or(why)),
    }
}

pub(crate) fn exchange(address: SocketAddr, request: &[u8]) -> Answer {
    try_exchange(address, request).unwrap()
}

/// Connects from one of this machine's addresses: Linux has all of 127.0.0.0/8.
pub(crate) fn connect_from(source: [u8; 4], address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    socket.connect(&address.into())?;
    Ok(socket.into())
}

/// A connection that carries many requests, one after another.
pub(crate) struct Line(std::io::BufReader<TcpStream>);

impl Line {
    pub(crate) fn open(address: SocketAddr) -> Self {
        Line::over(TcpStream::connect(address).unwrap())
    }

    /// The same over a connection that is already established.
    pub(crate) fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Line(std::io::BufReader::new(stream))
    }

    pub(crate) fn exchange(&mut self, request: &[u8]) -> Answer {
        self.0.get_mut().write_all(request).unwrap();
        read_answer(&mut self.0).unwrap()
    }
}

/// Reads one answer, whose body has a declared length.
pub(crate) fn read_answer(stream: &mut impl Read) -> std::io::Result<Answer> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split('\r').next());
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body)?;
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Answer { status, head, body: String::from_utf8(body).unwrap() })
}
