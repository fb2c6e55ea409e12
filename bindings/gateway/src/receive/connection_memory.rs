//! The memory of one connection: of its buffers, and of what HTTP/2 keeps besides bodies.

use std::io;

use super::share::Share;

/// Memory of an HTTP/1 connection: buffers of a head and of a chunk's extensions.
pub(super) const CONNECTION_BYTES: usize = 32 << 10;
/// Memory of a TLS handshake: rustls buffers one message of up to 64 KiB.
pub(super) const HANDSHAKE_BYTES: usize = 80 << 10;
/// Memory of an HTTP/2 connection that has had 100 streams at once.
pub(super) const HTTP2_CONNECTION_BYTES: usize = 100 << 10;

/// Memory that header blocks can keep: the HPACK dynamic table of 4 KiB has up to 128 entries of 32
/// bytes, each of which can keep a frame of 16 KiB.
pub(super) const HTTP2_KEPT_BYTES_MAX: usize = 2 << 20;
/// Memory that all connections of a listener may hold at least, so that few can be busy ones.
const ALL_BYTES_MIN: usize = 64 << 20;

/// Memory that all connections of a listener may hold: enough for each to speak HTTP/1, and for
/// some that shake hands or speak HTTP/2.
pub(crate) fn bytes_max(connections_max: usize) -> usize {
    let each = CONNECTION_BYTES + CONNECTION_BYTES / 4;
    connections_max.saturating_mul(each).max(ALL_BYTES_MIN)
}

/// A client's share of the memory of all connections, held for one of them.
pub(super) struct Memory {
    pub(super) share: Share,
    /// The requests of a proxy are those of many clients, so none of them may end its connection.
    pub(super) is_proxy: bool,
}

impl Memory {
    /// Charges this much to the client in place of what was charged before.
    ///
    /// # Errors
    /// The client's connections hold too much: this one has to be closed.
    pub(super) fn resize(&mut self, bytes: usize) -> io::Result<()> {
        match self.share.resize(bytes) {
            Err(_) if !self.is_proxy => {
                Err(io::Error::other("the client's connections hold too much memory"))
            }
            _ => Ok(()),
        }
    }
}
