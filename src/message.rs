//! Messages on their way out: as the application gives them, encrypted, and signed.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::content_type::ContentType;
use crate::error::{Code, Error};
use crate::limits::SENT_ID_BYTES_MAX;
use crate::scheme::Scheme;
use crate::scheme::sign::HeaderList;

/// A message to be sent.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// The event's id, the same for each attempt: 1 to 255 of `A-Z a-z 0-9 _ -`.
    pub id: &'a str,
    /// The media type of the payload: 1 to 255 printable ASCII characters, a [`ContentType`].
    pub content_type: Option<&'a str>,
    /// The payload.
    pub payload: &'a [u8],
}

impl Message<'_> {
    /// A message that can be sent.
    ///
    /// SPEC: a sender's id is of the characters that no scheme, header or log has to escape.
    ///
    /// # Errors
    /// `invalid_id`, `invalid_config` (content type).
    pub(crate) fn checked(&self) -> Result<&Self, Error> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !self.id.bytes().all(plain) || !(1..=SENT_ID_BYTES_MAX).contains(&self.id.len()) {
            return Err(Error::new(
                Code::InvalidId,
                format!("a message id is 1 to {SENT_ID_BYTES_MAX} letters, digits, `_` or `-`"),
            ));
        }
        self.content_type.map(ContentType::parse).transpose()?;
        Ok(self)
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.payload.len();
        f.debug_struct("Message").field("id", &self.id).field("payload_bytes", &bytes).finish()
    }
}

/// A message whose body is final, and which is signed anew for each attempt.
pub struct Prepared {
    pub(crate) scheme: &'static Scheme,
    pub(crate) encrypted: bool,
    pub(crate) id: String,
    pub(crate) content_type: Option<String>,
    /// The nonce's text, where a header repeats it.
    pub(crate) nonce: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Prepared {
    /// Exactly the bytes to send.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.body.len();
        f.debug_struct("Prepared").field("id", &self.id).field("body_bytes", &bytes).finish()
    }
}

/// A signed message: send these headers, and exactly these bytes.
#[derive(Clone)]
pub struct Sealed {
    /// Names and values: the content type first, then the scheme's own.
    pub headers: HeaderList,
    /// Exactly the bytes to send.
    pub body: Vec<u8>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}
