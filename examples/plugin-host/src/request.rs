//! One HTTP request, read within bounds: no more than a webhook's `POST` needs.

use std::io::{BufRead, Error, ErrorKind, Read};

/// The longest head, in bytes: what Node takes, and far below what the module takes as one frame.
const HEAD_BYTES_MAX: u64 = 16 * 1024;
/// The most headers of a request.
const HEADERS_MAX: usize = 100;

/// A request's headers and body, as they came.
pub struct Request {
    /// Names and values, in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// Reads a `POST` with a `content-length`.
    ///
    /// # Errors
    /// The status to answer: 400, 405, 408, 411, 413 or 431.
    pub fn read(mut stream: impl BufRead, max_body_bytes: usize) -> Result<Self, u16> {
        let mut head = stream.by_ref().take(HEAD_BYTES_MAX);
        if !line(&mut head)?.starts_with(b"POST ") {
            return Err(405);
        }
        let mut headers = Vec::new();
        loop {
            let line = line(&mut head)?;
            if line.is_empty() {
                break;
            }
            if headers.len() == HEADERS_MAX {
                return Err(431);
            }
            headers.push(header(&line).ok_or(400_u16)?);
        }
        let length = content_length(&headers)?;
        if length > max_body_bytes {
            return Err(413);
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).map_err(|why| status(&why))?;
        Ok(Request { headers, body })
    }
}

/// A header's name and value; `None` for a line that is none.
///
/// SPEC: RFC 9112, 5.1, and RFC 9110, 5.5. A name ends at its colon, without white space: others
/// would read `transfer-encoding :` as the header that it resembles.
fn header(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (line.get(..colon)?, line.get(colon + 1..)?);
    let sound = !name.is_empty() && name.iter().all(is_token);
    if !sound || value.iter().any(|byte| matches!(byte, b'\r' | 0)) {
        return None;
    }
    Some((String::from_utf8(name.to_vec()).ok()?, value.trim_ascii().to_vec()))
}

/// SPEC: RFC 9110, 5.6.2.
fn is_token(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}

/// The one `content-length`. A second one, or a body in chunks, would be read by others otherwise.
fn content_length(headers: &[(String, Vec<u8>)]) -> Result<usize, u16> {
    let named = |wanted: &'static str| {
        headers.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted))
    };
    if named("transfer-encoding").next().is_some() {
        return Err(411);
    }
    let mut lengths = named("content-length");
    let (_, length) = lengths.next().ok_or(411_u16)?;
    let digits = length.iter().all(u8::is_ascii_digit) && lengths.next().is_none();
    let length = str::from_utf8(length).ok().filter(|_| digits);
    length.and_then(|length| length.parse().ok()).ok_or(400)
}

/// A line of the head without its end.
fn line(head: &mut std::io::Take<impl BufRead>) -> Result<Vec<u8>, u16> {
    let mut line = Vec::new();
    head.read_until(b'\n', &mut line).map_err(|why| status(&why))?;
    match line.strip_suffix(b"\n") {
        Some(whole) => Ok(whole.strip_suffix(b"\r").unwrap_or(whole).to_vec()),
        None => Err(if head.limit() == 0 { 431 } else { 400 }),
    }
}

/// What a client hears that does not send its request whole, or not in time.
fn status(why: &Error) -> u16 {
    match why.kind() {
        // A socket says either, by its operating system.
        ErrorKind::TimedOut | ErrorKind::WouldBlock => 408,
        _ => 400,
    }
}
