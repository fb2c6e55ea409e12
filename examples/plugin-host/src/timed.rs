//! A connection that is read until an instant: a client that sends a byte now and then must not
//! hold its thread for ever.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::Instant;

/// Reads a stream until an instant, however often it is read.
pub struct Timed<'s> {
    stream: &'s TcpStream,
    until: Instant,
}

impl<'s> Timed<'s> {
    /// A stream that is read until then.
    #[must_use]
    pub fn new(stream: &'s TcpStream, until: Instant) -> Self {
        Timed { stream, until }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(bytes)
    }
}
