//! HTTP/2 frames as they are read: what a client sends beside bodies is counted, and bounded.
//!
//! What the HTTP/2 library keeps of header blocks, settings and pings is its own affair, and a
//! request need not come of them: streams over the limit are refused unseen, and an entry of the
//! HPACK dynamic table keeps the frame that it came in. So the bytes are counted before the library
//! reads them, and the connection fails when its client's allowance is spent.
//!
//! SPEC: RFC 9113, sections 3.4 (preface), 4.1 (frame format) and 6.1 (DATA).

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::activity::Activity;

const PREFACE_BYTES: usize = 24;
const FRAME_HEADER_BYTES: usize = 9;
const TYPE_AT: usize = 3;
const DATA: u8 = 0;

/// A stream of HTTP/2 whose incoming frames are counted.
pub(super) struct Counted<S> {
    stream: S,
    activity: Arc<Activity>,
    frames: Frames,
}

/// Where the next byte is.
struct Frames {
    /// In the header of a frame; bytes before it are of the payload that `rest` counts.
    position: usize,
    length: usize,
    rest: usize,
    is_data: bool,
}

impl<S> Counted<S> {
    pub(super) fn new(stream: S, activity: Arc<Activity>) -> Self {
        Counted { stream, activity, frames: Frames::new() }
    }
}

impl Frames {
    fn new() -> Self {
        Frames { position: 0, length: 0, rest: PREFACE_BYTES, is_data: false }
    }

    /// How many of these bytes, which come next, belong to no frame with a part of a body.
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

    /// Reads a byte of a frame's header, and answers with what the header counts when it is whole.
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

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let count = self.frames.count(buffer.filled().get(before..).unwrap_or_default());
        Poll::Ready(self.activity.spend(count))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
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
    fn all_but_the_frames_of_bodies_counts_however_it_is_cut() {
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
