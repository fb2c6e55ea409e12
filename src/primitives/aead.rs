//! AES-256-GCM (NIST SP 800-38D) with 96-bit nonces and 128-bit tags; no other sizes.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use core::fmt;

/// Length of a key, in bytes.
pub(crate) const KEY_BYTES: usize = 32;
/// Length of a nonce, in bytes.
pub(crate) const NONCE_BYTES: usize = 12;
/// Length of a tag, in bytes.
pub(crate) const TAG_BYTES: usize = 16;

/// A key, held as its AES schedule, which is wiped when dropped.
pub(crate) struct AeadKey(Aes256Gcm);

impl AeadKey {
    /// Expands a key.
    pub(crate) fn new(key: &[u8; KEY_BYTES]) -> Self {
        AeadKey(Aes256Gcm::new(key.into()))
    }

    /// Encrypts in place and returns the tag; `None` if the message is longer than the mode allows.
    pub(crate) fn seal(
        &self,
        nonce: &[u8; NONCE_BYTES],
        associated: &[u8],
        message: &mut [u8],
    ) -> Option<[u8; TAG_BYTES]> {
        let buffer = InOutBuf::from(message);
        let tag = self.0.encrypt_inout_detached(nonce.into(), associated, buffer).ok()?;
        Some(tag.into())
    }

    /// Decrypts in place, and only after the tag was found right; `None` leaves the ciphertext as
    /// it was.
    pub(crate) fn open(
        &self,
        nonce: &[u8; NONCE_BYTES],
        associated: &[u8],
        ciphertext: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Option<()> {
        let buffer = InOutBuf::from(ciphertext);
        self.0.decrypt_inout_detached(nonce.into(), associated, buffer, tag.into()).ok()
    }
}

impl fmt::Debug for AeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AeadKey(redacted)")
    }
}
