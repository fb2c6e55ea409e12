//! Frames: byte strings one after the other, each behind its length in four bytes, little-endian.
//!
//! SPEC: `docs/abi.md`, "Frames".

use zeroize::Zeroizing;

/// Bytes of a length.
const LENGTH_BYTES: usize = 4;

/// The longest text that is taken from the module, in bytes: five times a signature header with
/// eight signatures of Ed25519, the longest that a sound one writes.
const TEXT_BYTES_MAX: usize = 4096;

/// A frame to be sent to the module: it may hold keys, and is wiped.
pub(crate) type Frame = Zeroizing<Vec<u8>>;

/// Writes a frame.
///
/// The room is measured first: a vector that grows leaves copies of what it held behind.
pub(crate) fn frame<S: AsRef<[u8]>>(strings: &[S]) -> Frame {
    let sizes = strings.iter().map(|string| string.as_ref().len().saturating_add(LENGTH_BYTES));
    let mut written = Vec::with_capacity(sizes.sum());
    for string in strings {
        let string = string.as_ref();
        // INVARIANT: a string of 4 GiB does not fit into the module's memory, which is looked at
        // before a frame gets there.
        let length = u32::try_from(string.len()).unwrap_or(u32::MAX);
        written.extend_from_slice(&length.to_le_bytes());
        written.extend_from_slice(string);
    }
    Zeroizing::new(written)
}

/// The strings of a frame that the module wrote.
pub(crate) struct Strings<'a>(&'a [u8]);

impl<'a> Strings<'a> {
    /// Reads a frame.
    pub(crate) fn of(frame: &'a [u8]) -> Self {
        Strings(frame)
    }

    /// Whether the frame ends here.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next string; `None` at the end, and where the frame is cut off.
    pub(crate) fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<LENGTH_BYTES>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (string, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(string)
    }

    /// The next string as text; `None` also where it is none.
    pub(crate) fn next_text(&mut self) -> Option<&'a str> {
        text(self.next()?)
    }
}

/// A string as text; `None` where it is not UTF-8, or longer than a text may be.
pub(crate) fn text(string: &[u8]) -> Option<&str> {
    str::from_utf8(string).ok().filter(|text| text.len() <= TEXT_BYTES_MAX)
}
