//! Frames: byte strings one after the other, each behind its length in four bytes, little-endian.

use alloc::vec::Vec;

use crate::error::{Code, Error};
use crate::limits::FRAME_BYTES_MAX;

/// Bytes of a length.
const LENGTH_BYTES: usize = 4;

/// The strings of a frame, in order.
#[derive(Clone)]
pub(super) struct Strings<'a>(&'a [u8]);

impl<'a> Strings<'a> {
    /// A request's frame.
    ///
    /// # Errors
    /// `malformed_frame` for one over the limit.
    pub(super) fn of(frame: &'a [u8]) -> Result<Self, Error> {
        if frame.len() > FRAME_BYTES_MAX {
            return Err(malformed("a frame is longer than `frame_bytes_max`"));
        }
        Ok(Strings(frame))
    }

    /// The next string; `None` at the end.
    ///
    /// # Errors
    /// `malformed_frame` where the frame ends within a string or its length.
    pub(super) fn next(&mut self) -> Result<Option<&'a [u8]>, Error> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let cut_off = || malformed("a frame ends within a string");
        let (length, rest) = self.0.split_first_chunk::<LENGTH_BYTES>().ok_or_else(cut_off)?;
        // A length that does not fit the platform's size is past the end as well.
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let (string, rest) = rest.split_at_checked(length).ok_or_else(cut_off)?;
        self.0 = rest;
        Ok(Some(string))
    }

    /// The string that must follow a name.
    ///
    /// # Errors
    /// `malformed_frame` where the frame ends.
    pub(super) fn value(&mut self) -> Result<&'a [u8], Error> {
        self.next()?.ok_or_else(|| malformed("a frame ends after a name, without its value"))
    }
}

/// A frame that is being written.
#[derive(Default)]
pub(super) struct FrameWriter(Vec<u8>);

impl FrameWriter {
    /// Makes room, so that a large string does not leave copies of what was written before.
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.0.reserve(bytes);
    }

    /// Adds a string.
    // INVARIANT: what is written is bounded by the body limit, far below 2^32.
    pub(super) fn string(&mut self, string: &[u8]) {
        let length = u32::try_from(string.len()).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(string);
    }

    /// The frame.
    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// The refusal of a frame, which only a host's mistake can make.
pub(super) fn malformed(why: &'static str) -> Error {
    Error::new(Code::MalformedFrame, why)
}

/// Reads a string that must be text.
///
/// # Errors
/// `malformed_frame` where it is not UTF-8.
pub(super) fn text(string: &[u8]) -> Result<&str, Error> {
    core::str::from_utf8(string).map_err(|_| malformed("an option's value is not UTF-8"))
}
