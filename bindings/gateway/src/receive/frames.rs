//! HTTP/2 frames as they are read: bytes outside DATA frames are charged to the client.
//!
//! The gateway does not see what the HTTP/2 library keeps of header blocks, and not all of them
//! lead to a request: the library refuses streams over the limit itself, and an entry of the HPACK
//! dynamic table keeps the whole frame that it came in. So bytes are counted before the library
//! reads them, and the connection fails when its client's connections hold too much memory.
//!
//! SPEC: RFC 9113, sections 3.4 (preface), 4.1 (frame format) and 6.1 (DATA).

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::activity::Activity;
use super::connection_memory::{HTTP2_CONNECTION_BYTES, HTTP2_KEPT_BYTES_MAX, Memory};

/// Bytes of header blocks and other frames after which other connections run first. Each byte of
/// HPACK can stand for a whole header, so a connection that is read to its end keeps a thread busy.
const BURST_BYTES: usize = 8 << 10;
const PREFACE_BYTES: usize = 24;
const FRAME_HEADER_BYTES: usize = 9;
const TYPE_AT: usize = 3;
const DATA: u8 = 0;

/// The transport of an HTTP/2 connection, whose incoming frames are counted.
pub(super) struct Framed<S> {
    stream: S,
    activity: Arc<Activity>,
    memory: Memory,
    frames: Frames,
    /// Bytes counted since the connection last let others run.
    burst: usize,
}

/// Parser state: where in a frame the next byte is.
struct Frames {
    /// Offset in the frame header, once `rest` is 0.
    position: usize,
    length: usize,
    /// Bytes left of the preface, or of the frame's payload.
    rest: usize,
    is_data: bool,
}

impl<S> Framed<S> {
    pub(super) fn new(stream: S, activity: Arc<Activity>, memory: Memory) -> Self {
        Framed { stream, activity, memory, frames: Frames::new(), burst: 0 }
    }
}

impl Frames {
    fn new() -> Self {
        Frames { position: 0, length: 0, rest: PREFACE_BYTES, is_data: false }
    }

    /// Number of these bytes, the next of the connection, that are outside nonempty DATA frames.
    fn count(&mut self, mut bytes: &[u8]) -> usize {
        let mut count = 0;
        while let Some((&first, others)) = bytes.split_first() {
            if self.rest > 0 {
                let read = self.rest.min(bytes.len());
                count += if self.is_data { 0 } else { read };
                self.rest -= read;
                bytes = bytes.get(read..).unwrap_or_default();
            } else {
                count += self.header_byte(first);
                bytes = others;
            }
        }
        count
    }

    /// Reads a byte of a frame header. Returns the number of header bytes to count once it is
    /// complete.
    fn header_byte(&mut self, byte: u8) -> usize {
        match self.position {
            0..TYPE_AT => self.length = (self.length << 8) | usize::from(byte),
            TYPE_AT => self.is_data = byte == DATA && self.length > 0,
            _ => {}
        }
        self.position += 1;
        if self.position < FRAME_HEADER_BYTES {
            return 0;
        }
        (self.position, self.rest, self.length) = (0, self.length, 0);
        if self.is_data { 0 } else { FRAME_HEADER_BYTES }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Framed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.burst >= BURST_BYTES {
            self.burst = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let count = self.frames.count(buffer.filled().get(before..).unwrap_or_default());
        self.burst += count;
        let spent = self.activity.spend(count);
        let kept = spent.min(HTTP2_KEPT_BYTES_MAX);
        Poll::Ready(self.memory.resize(HTTP2_CONNECTION_BYTES + kept))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Framed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADERS: u8 = 1;

    fn frame(kind: u8, length: usize) -> Vec<u8> {
        let size = u32::try_from(length).unwrap().to_be_bytes();
        let header = [size[1], size[2], size[3], kind, 0, 0, 0, 0, 1];
        [header.as_slice(), &vec![0; length]].concat()
    }

    #[test]
    fn all_bytes_outside_data_frames_count_however_they_are_split() {
        let frames = [frame(HEADERS, 300), frame(DATA, 70_000), frame(DATA, 0), frame(HEADERS, 0)];
        let bytes = [vec![0; PREFACE_BYTES], frames.concat()].concat();
        let expected = PREFACE_BYTES + (9 + 300) + 9 + 9;
        for part in [1, 2, 8, 9, 10, 333, bytes.len()] {
            let mut frames = Frames::new();
            let count: usize = bytes.chunks(part).map(|part| frames.count(part)).sum();
            assert_eq!(count, expected, "in parts of {part}");
        }
    }
}
