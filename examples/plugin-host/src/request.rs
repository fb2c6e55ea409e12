//! One HTTP request, read within bounds: no more than a webhook's `POST` needs.

use std::io::{BufRead, Read};

/// The longest line of a head, in bytes, with its end.
const LINE_BYTES_MAX: u64 = 16 * 1024;
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
    /// The status to answer: 400, 405, 411, 413 or 431.
    pub fn read(mut stream: impl BufRead, max_body_bytes: usize) -> Result<Self, u16> {
        if !line(&mut stream)?.starts_with(b"POST ") {
            return Err(405);
        }
        let mut headers = Vec::new();
        loop {
            let line = line(&mut stream)?;
            if line.is_empty() {
                break;
            }
            if headers.len() == HEADERS_MAX {
                return Err(431);
            }
            let colon = line.iter().position(|byte| *byte == b':').ok_or(400_u16)?;
            let (name, value) = line.split_at(colon);
            let name = String::from_utf8(name.to_vec()).map_err(|_| 400_u16)?;
            headers.push((name, value.get(1..).unwrap_or_default().trim_ascii().to_vec()));
        }
        let length = content_length(&headers)?;
        if length > max_body_bytes {
            return Err(413);
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).map_err(|_| 400_u16)?;
        Ok(Request { headers, body })
    }
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

/// A line without its end.
fn line(stream: &mut impl BufRead) -> Result<Vec<u8>, u16> {
    let mut line = Vec::new();
    stream.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).map_err(|_| 400_u16)?;
    match line.strip_suffix(b"\n") {
        Some(whole) => Ok(whole.strip_suffix(b"\r").unwrap_or(whole).to_vec()),
        None => Err(if line.len() < 16 { 400 } else { 431 }),
    }
}
