//! A request: from arguments, or from a file of headers, a blank line and the body.

use std::ffi::OsString;
use std::path::Path;

use postseal::{Code, Error};

use crate::input::{read_file, read_standard_input};
use crate::shown::{self, NOT_SHOWN};

/// Headers before the body, in bytes: more than any server takes.
const HEAD_BYTES_MAX: usize = 1 << 20;

/// A received request. Header values are bytes, as they came.
pub(crate) struct Request {
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The request of `--header` arguments, and of a body that is read only if they can be.
    pub(crate) fn of(
        headers: &[OsString],
        body: impl FnOnce() -> Result<Vec<u8>, Error>,
    ) -> Result<Self, Error> {
        let headers = headers.iter().zip(1usize..).map(|(header, position)| {
            parse_header(header.as_encoded_bytes()).ok_or_else(|| {
                invalid(format!("header {position} must be a name, a colon and the value"))
            })
        });
        Ok(Request { headers: headers.collect::<Result<_, _>>()?, body: body()? })
    }

    /// Reads a file, or standard input where `path` is `-`.
    pub(crate) fn read(path: &Path, body_bytes_max: usize) -> Result<Self, Error> {
        let bytes_max = HEAD_BYTES_MAX.saturating_add(body_bytes_max);
        if path.as_os_str() == "-" {
            return Request::parse(read_standard_input(bytes_max)?);
        }
        let bytes = read_file(path, bytes_max).map_err(|why| {
            let shown = shown::path(path);
            let hint =
                if shown == NOT_SHOWN { "; `--request` takes the path of a file" } else { "" };
            invalid(format!("the request {shown} cannot be read: {why}{hint}"))
        })?;
        Request::parse(bytes)
    }

    /// Reads what [`write`] writes; lines may also end as in HTTP.
    fn parse(mut bytes: Vec<u8>) -> Result<Self, Error> {
        let mut headers = Vec::new();
        let mut read = 0;
        for (line, position) in bytes.split_inclusive(|byte| *byte == b'\n').zip(1usize..) {
            read += line.len();
            let (Some(line), true) = (line.strip_suffix(b"\n"), read <= HEAD_BYTES_MAX) else {
                break;
            };
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                return Ok(Request { headers, body: bytes.split_off(read) });
            }
            headers.push(parse_header(line).ok_or_else(|| {
                invalid(format!("line {position} of the request must be `Name: value`"))
            })?);
        }
        Err(invalid("the request must be headers, a blank line and the body, as `seal` writes it"))
    }
}

/// Writes a message as `--request` reads it.
pub(crate) fn write(headers: &[(&'static str, String)], body: &[u8]) -> Vec<u8> {
    let lines = headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
    let mut bytes = lines.collect::<String>().into_bytes();
    bytes.push(b'\n');
    bytes.extend_from_slice(body);
    bytes
}

/// A name that is not UTF-8 is that of no header that a scheme reads: it need not be kept whole.
fn parse_header(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (line.get(..colon)?, line.get(colon.saturating_add(1)..)?);
    Some((String::from_utf8_lossy(name).into_owned(), value.to_vec()))
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Code::InvalidConfig, message)
}
