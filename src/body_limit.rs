//! The longest body on the wire: a receiver takes no longer one, and a sender makes none.

use alloc::format;

use crate::error::{Code, Error};
use crate::limits::{BODY_BYTES_DEFAULT, BODY_BYTES_MAX};

/// A limit of 1 byte to 32 MiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyLimit(usize);

impl BodyLimit {
    /// The limit that is given, or 1 MiB.
    ///
    /// # Errors
    /// `invalid_config` outside the bounds.
    pub(crate) fn new(bytes: Option<usize>) -> Result<Self, Error> {
        let bytes = bytes.unwrap_or(BODY_BYTES_DEFAULT);
        if (1..=BODY_BYTES_MAX).contains(&bytes) {
            return Ok(BodyLimit(bytes));
        }
        Err(Error::new(
            Code::InvalidConfig,
            format!("the limit of a body must be 1 to {BODY_BYTES_MAX} bytes (32 MiB)"),
        ))
    }

    /// The limit, in bytes.
    pub(crate) fn bytes(self) -> usize {
        self.0
    }

    /// A body that keeps to the limit.
    ///
    /// # Errors
    /// `body_too_large` for a longer one.
    pub(crate) fn keep<B: AsRef<[u8]>>(self, body: B) -> Result<B, Error> {
        if body.as_ref().len() > self.0 { Err(self.exceeded()) } else { Ok(body) }
    }

    /// The refusal of a body over the limit.
    pub(crate) fn exceeded(self) -> Error {
        let message = format!("the body is longer than the limit of {} bytes", self.0);
        Error::new(Code::BodyTooLarge, message)
    }
}
