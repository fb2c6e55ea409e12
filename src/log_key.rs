//! A key that turns ids into names for a log: the same id has the same name, and nobody learns it.

use alloc::string::String;
use zeroize::Zeroizing;

use crate::error::{Code, Error};
use crate::generate::Entropy;
use crate::primitives::codec::hex;
use crate::primitives::mac::{MAC_BYTES, MacKey};

/// Of the name, in bytes before it is hexadecimal: a log of a million ids has two of one name once
/// in 37 million logs.
const NAME_BYTES: usize = 8;
/// Of the text of a key, in bytes.
const KEY_BYTES_MIN: usize = 16;

/// Names ids in a log.
#[derive(Debug)]
pub struct LogKey(MacKey);

impl LogKey {
    /// Takes the bytes of a text as the key; a final newline does not count.
    ///
    /// # Errors
    /// `invalid_secret` for less than 16 bytes.
    ///
    /// ```
    /// use postseal::LogKey;
    ///
    /// let key = LogKey::parse("a text that nobody knows\n")?;
    /// assert_eq!(key.name("evt_1").len(), 16);
    /// assert_eq!(key.name("evt_1"), key.name("evt_1"));
    /// assert_ne!(key.name("evt_1"), key.name("evt_2"));
    /// # Ok::<(), postseal::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.len() < KEY_BYTES_MIN {
            return Err(Error::new(Code::InvalidSecret, "a key for logs has at least 16 bytes"));
        }
        LogKey::of(text.as_bytes())
    }

    /// Draws a key.
    ///
    /// # Errors
    /// `entropy_unavailable`.
    pub fn generate(entropy: Entropy<'_>) -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0; MAC_BYTES]);
        entropy(bytes.as_mut_slice())?;
        LogKey::of(bytes.as_slice())
    }

    fn of(bytes: &[u8]) -> Result<Self, Error> {
        let key = MacKey::new(bytes).map(LogKey);
        key.ok_or_else(|| Error::new(Code::InvalidSecret, "the key for logs cannot be used"))
    }

    /// The name of an id: the first 8 bytes of its HMAC-SHA256, in hexadecimal.
    #[must_use]
    pub fn name(&self, id: &str) -> String {
        let mut mac = self.0.start();
        mac.update(id.as_bytes());
        let tag = mac.finish().into_bytes();
        hex(tag.first_chunk::<NAME_BYTES>().map_or(&[], |first| first))
    }
}
