//! What a sender is made from.

use alloc::string::String;

use crate::key_ring::KeyList;
use crate::scheme::{Envelope, Scheme};

/// What a sender is made from. `SenderOptions::default()` is scheme `standard` without secrets,
/// from which no sender can be made.
#[derive(Debug)]
pub struct SenderOptions {
    /// The scheme; by default `standard`.
    pub scheme: &'static Scheme,
    /// Signing secrets, the primary first; `whsk_` private keys too, under `standard`. At most 8.
    pub secrets: Option<KeyList>,
    /// AES-256 keys (`whenc_`): payloads are encrypted with the first live one. At most 8.
    pub encryption_keys: Option<KeyList>,
    /// The envelope; by default the scheme's own.
    pub envelope: Option<Envelope>,
    /// The receiver's name, written into the token. Needs encryption keys and envelope `jwe`.
    pub audience: Option<String>,
    /// Longest body on the wire, in bytes: 1 to 32 MiB, by default 1 MiB.
    pub max_body_bytes: Option<usize>,
    /// How many messages the encryption key has sealed already, here and elsewhere.
    pub sealed_before: u64,
}

impl Default for SenderOptions {
    fn default() -> Self {
        SenderOptions {
            scheme: Scheme::standard(),
            secrets: None,
            encryption_keys: None,
            envelope: None,
            audience: None,
            max_body_bytes: None,
            sealed_before: 0,
        }
    }
}
