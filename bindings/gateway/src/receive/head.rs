//! The head of a request: what is known before its body is read, and what it costs in memory.

use std::net::IpAddr;

use http::{HeaderMap, Method};

/// What is known of a request before its body is read.
pub(super) struct Head {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) client: IpAddr,
}

/// Maximum number of headers of a request: twice as many as senders and their proxies usually
/// write.
pub(super) const HEADERS_MAX: usize = 100;
/// Memory of one header besides its name and value: its slot in the map, which grows by doubling,
/// and the handles to its texts.
const HEADER_BYTES: usize = 256;
/// Memory of a request without headers: its task, and its stream in HTTP/2.
const REQUEST_BYTES: usize = 4 << 10;

/// Upper bound of the memory that a request with these headers takes, in bytes.
pub(super) fn head_bytes(headers: &HeaderMap) -> usize {
    let texts = headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    REQUEST_BYTES + headers.len() * HEADER_BYTES + texts.sum::<usize>()
}
