//! A key under which a gateway keeps payloads: what lies in its database is sealed.
//!
//! This protects a copy of the database, not a host that has been taken over: the key is there too.

use alloc::vec::Vec;
use core::fmt;

use crate::encryption_key::EncryptionKey;
use crate::error::{Code, Error};
use crate::generate::Entropy;
use crate::key_input::KeyInput;
use crate::primitives::aead::{NONCE_BYTES, TAG_BYTES};

/// Seals payloads at rest. Made from a `whenc_` key that serves nothing else.
pub struct StorageKey(EncryptionKey);

impl fmt::Debug for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageKey").field("id", &self.id()).finish_non_exhaustive()
    }
}

impl StorageKey {
    /// Reads a key. Its validity is not looked at: what was stored must be readable.
    ///
    /// # Errors
    /// `invalid_key`.
    pub fn parse(input: &KeyInput) -> Result<Self, Error> {
        EncryptionKey::parse(input).map(StorageKey)
    }

    /// The name of the key, to be stored beside what it seals: its `kid`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.kid
    }

    /// Seals a payload for the record of this name, which opens nowhere else: 12 bytes of nonce,
    /// the ciphertext, 16 bytes of tag (AES-256-GCM).
    ///
    /// The nonce is random, so one key is good for 2^32 payloads.
    ///
    /// # Errors
    /// `entropy_unavailable`; `key_exhausted` for a payload that is too long for the cipher.
    ///
    /// ```
    /// use postseal::{KeyInput, StorageKey};
    ///
    /// let key = "whenc_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    /// let key = StorageKey::parse(&KeyInput::from(key))?;
    /// let mut random = |bytes: &mut [u8]| Ok(getrandom::fill(bytes).unwrap());
    /// let sealed = key.seal("event-1", b"{}", &mut random)?;
    /// assert_eq!(key.open("event-1", &sealed)?, b"{}");
    /// assert_eq!(key.open("event-2", &sealed).unwrap_err().code().as_str(), "decryption_failed");
    /// # Ok::<(), postseal::Error>(())
    /// ```
    pub fn seal(
        &self,
        record: &str,
        payload: &[u8],
        entropy: Entropy<'_>,
    ) -> Result<Vec<u8>, Error> {
        let mut nonce = [0; NONCE_BYTES];
        entropy(&mut nonce)?;
        if nonce == [0; NONCE_BYTES] {
            return Err(Error::new(Code::EntropyUnavailable, "the random bytes are all zero"));
        }
        let mut ciphertext = payload.to_vec();
        let tag = self.0.cipher.seal(&nonce, record.as_bytes(), &mut ciphertext);
        let tag = tag.ok_or_else(|| {
            Error::new(Code::KeyExhausted, "the payload is too long for AES-256-GCM")
        })?;
        Ok([nonce.as_slice(), &ciphertext, &tag].concat())
    }

    /// Opens what [`StorageKey::seal`] made for the record of this name.
    ///
    /// # Errors
    /// `decryption_failed`.
    pub fn open(&self, record: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = || {
            Error::new(Code::DecryptionFailed, "the stored payload does not open under this key")
        };
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or_else(failed)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_BYTES>().ok_or_else(failed)?;
        let mut payload = ciphertext.to_vec();
        match self.0.cipher.open(nonce, record.as_bytes(), &mut payload, tag) {
            Some(()) => Ok(payload),
            None => Err(failed()),
        }
    }
}
