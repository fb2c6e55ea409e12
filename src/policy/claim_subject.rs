//! What is claimed: the key in the store, and the digest by which a repeat is told from a conflict.

use alloc::string::String;

use super::SOURCE_BYTES_MAX;
use super::claim_state::TOKEN_BYTES;
use crate::error::{Code, Error};
use crate::limits::ID_BYTES_MAX;
use crate::primitives::codec::base64url;
use crate::primitives::digest::sha256;
use crate::scheme::Scheme;

/// What is claimed: a delivery of one source, by the hash of its replay key, and a digest of its
/// payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    key: String,
    digest: Option<String>,
}

impl Subject {
    /// Names a delivery: the source is the caller's name for where it came in (1 to 256 bytes), the
    /// rest are the delivery's own scheme, replay key and (decrypted) payload.
    ///
    /// # Errors
    /// `invalid_config` if the source or the replay key is empty or longer than 256 bytes.
    ///
    /// ```
    /// # use postseal::{Scheme, policy::claim::Subject};
    /// let subject = Subject::new("orders", Scheme::standard(), "evt_1", b"{}")?;
    /// assert_eq!(subject.key(), "postseal:claim:v1:VHBbyZUP1iPxjOqqTkkGjvv47lwm0TVeVw-QSiHi0J4");
    /// # Ok::<(), postseal::Error>(())
    /// ```
    pub fn new(
        source: &str,
        scheme: &Scheme,
        replay_key: &str,
        payload: &[u8],
    ) -> Result<Self, Error> {
        if source.is_empty() || source.len() > SOURCE_BYTES_MAX {
            return Err(Error::new(Code::InvalidConfig, "a source must be 1 to 256 bytes"));
        }
        if replay_key.is_empty() || replay_key.len() > ID_BYTES_MAX {
            return Err(Error::new(
                Code::InvalidConfig,
                "a replay key must be 1 to 256 bytes: pass the delivery's own",
            ));
        }
        let key = store_key([source, scheme.name(), replay_key]);
        let digest = scheme.repeats_have_same_payload().then(|| payload_digest(&key, payload));
        Ok(Subject { key, digest })
    }

    /// The key in the store: `postseal:claim:v1:` and base64url of SHA-256 over source, scheme name
    /// and replay key, each behind its length in 4 bytes, little-endian.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Base64url of the first 16 bytes of SHA-256 over the key and the payload. `None` where the
    /// scheme lets a repeat have another payload, so that nothing is to be compared.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }
}

fn store_key(parts: [&str; 3]) -> String {
    let [source, scheme, replay_key] = parts;
    // INVARIANT: every part is shorter than 2^32 bytes, so no two lists of parts are hashed alike.
    let [source_length, scheme_length, replay_key_length] =
        parts.map(|part| u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
    let hash = sha256(&[
        &source_length,
        source.as_bytes(),
        &scheme_length,
        scheme.as_bytes(),
        &replay_key_length,
        replay_key.as_bytes(),
    ]);
    ["postseal:claim:v1:", &base64url(&hash)].concat()
}

fn payload_digest(key: &str, payload: &[u8]) -> String {
    let hash = sha256(&[key.as_bytes(), payload]);
    base64url(hash.first_chunk::<TOKEN_BYTES>().map_or(&[], |first| first))
}
