//! Envelopes: how an encrypted payload stands in the body. They open only what verification has
//! passed.

pub(crate) mod audience;
pub(crate) mod json;
pub(crate) mod jwe;
pub(crate) mod nonce;
mod object;

use alloc::string::String;
use alloc::vec::Vec;

use crate::encryption_key::EncryptionKey;
use crate::error::{Code, Error};
use crate::key_ring::{Held, KeyRing};
use crate::scheme::Envelope;
use crate::time::UnixTime;

/// Whether a receiver wants encrypted payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// A plain body is refused. The default where there are encryption keys.
    Required,
    /// Both are taken; the delivery says which it was.
    Optional,
    /// An encrypted body is refused. The default where there are no encryption keys.
    Forbidden,
}

impl Encryption {
    /// Finds a policy by its name, `required`, `optional` or `forbidden`.
    ///
    /// # Errors
    /// `invalid_config` for another name.
    pub fn named(name: &str) -> Result<Self, Error> {
        match name {
            "required" => Ok(Encryption::Required),
            "optional" => Ok(Encryption::Optional),
            "forbidden" => Ok(Encryption::Forbidden),
            _ => Err(Error::new(
                Code::InvalidConfig,
                "encryption must be required, optional or forbidden",
            )),
        }
    }
}

/// What an envelope gives when it opens.
pub(crate) struct Opened {
    pub(crate) payload: Vec<u8>,
    pub(crate) key_id: String,
    /// The message id in the protected header.
    pub(crate) id: Option<String>,
    /// The media type in the protected header.
    pub(crate) content_type: Option<String>,
}

/// Whether a body is in an envelope's form. Decided from the signed bytes alone, never from a
/// header.
pub(crate) fn is_sealed(envelope: Envelope, body: &[u8]) -> bool {
    match envelope {
        Envelope::Jwe => jwe::has_form(body),
        Envelope::Json => json::has_form(body),
    }
}

/// The live key of a name.
///
/// # Errors
/// `unknown_key` unless exactly one live key bears it.
fn key_named<'k>(
    keys: &'k KeyRing<EncryptionKey>,
    kid: &str,
    now: UnixTime,
) -> Result<&'k Held<EncryptionKey>, Error> {
    keys.live(now).find(|held| held.id == kid).ok_or_else(unknown_key)
}

fn unknown_key() -> Error {
    Error::new(
        Code::UnknownKey,
        "the message is encrypted with a key that is not live here: compare its kid",
    )
}

fn decryption_failed() -> Error {
    Error::new(
        Code::DecryptionFailed,
        "no key that this message may be encrypted with opens it: compare the keys of both sides",
    )
}

fn malformed(why: &'static str) -> Error {
    Error::new(Code::MalformedEnvelope, why)
}
