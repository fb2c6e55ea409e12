//! The memory that a host may name: what was allocated for it, and answers that it has not freed.
//!
//! Each buffer is owned here, so a pointer is only ever looked up. One that lies in no buffer is
//! refused, and never followed.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use postseal::{Code, Error};

/// Buffers by their address.
pub(crate) struct Buffers(BTreeMap<usize, Vec<u8>>);

impl Buffers {
    /// No buffers.
    pub(crate) const fn new() -> Self {
        Buffers(BTreeMap::new())
    }

    /// Makes a buffer, and gives its address; 0 where there is no memory left.
    pub(crate) fn allocate(&mut self, length: u32) -> u32 {
        let Ok(length) = usize::try_from(length) else { return 0 };
        let mut buffer = Vec::new();
        // One byte more, since no bytes have no address of their own.
        let Some(capacity) = length.checked_add(1) else { return 0 };
        if buffer.try_reserve_exact(capacity).is_err() {
            return 0;
        }
        buffer.resize(length, 0);
        self.keep(buffer)
    }

    /// Keeps an answer until the host frees it, and gives its address.
    pub(crate) fn keep(&mut self, buffer: Vec<u8>) -> u32 {
        let address = buffer.as_ptr().addr();
        self.0.insert(address, buffer);
        u32::try_from(address).unwrap_or(0)
    }

    /// Wipes and frees a buffer, by its address; false where there is none.
    pub(crate) fn free(&mut self, pointer: u32) -> bool {
        usize::try_from(pointer).is_ok_and(|address| self.0.remove(&address).is_some())
    }

    /// Bytes within one buffer. No bytes need no buffer.
    ///
    /// # Errors
    /// `malformed_frame` where they do not lie in one.
    pub(crate) fn read(&self, (pointer, length): (u32, u32)) -> Result<&[u8], Error> {
        if length == 0 {
            return Ok(&[]);
        }
        self.find(pointer, length).ok_or_else(|| {
            Error::new(Code::MalformedFrame, "a pointer does not lie in memory of postseal_alloc")
        })
    }

    fn find(&self, pointer: u32, length: u32) -> Option<&[u8]> {
        let (pointer, length) = (usize::try_from(pointer).ok()?, usize::try_from(length).ok()?);
        let (address, buffer) = self.0.range(..=pointer).next_back()?;
        let start = pointer.checked_sub(*address)?;
        buffer.get(start..start.checked_add(length)?)
    }
}
