//! A delivery: what verification has made of a request. There is no other way to have one.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::envelope::Opened;
use crate::error::{Code, Error};
use crate::primitives::codec::hex;
use crate::primitives::digest::sha256;
use crate::scheme::Scheme;
use crate::scheme::headers::Headers;

/// What the replay key was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayKeySource {
    /// A message id that the sender authenticated.
    SignedId,
    /// The SHA-256 of the body, where no id is authenticated.
    PayloadHash,
}

impl ReplayKeySource {
    /// The stable name, `signed_id` or `payload_hash`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ReplayKeySource::SignedId => "signed_id",
            ReplayKeySource::PayloadHash => "payload_hash",
        }
    }
}

/// A verified message. All it says is authenticated, but for [`Delivery::unsigned`].
pub struct Delivery<'a> {
    scheme: &'static Scheme,
    id: Option<Cow<'a, str>>,
    timestamp: Option<u64>,
    /// The body on the wire.
    body: &'a [u8],
    matched_secret_ids: Vec<String>,
    encryption_key_id: Option<String>,
    content_type: Option<String>,
    payload: Payload<'a>,
    headers: Headers<'a>,
}

/// Where the payload lies: a plain one is the body itself, and is not copied.
enum Payload<'a> {
    Body(&'a [u8]),
    Decrypted(Vec<u8>),
}

/// The replay key of a message without an authenticated id: `sha256:` and the hash of its body on
/// the wire, in hexadecimal. It is what [`Delivery::replay_key`] gives, for a host that has let the
/// delivery go and kept the body.
#[must_use]
pub fn payload_hash(body: &[u8]) -> String {
    format!("sha256:{}", hex(&sha256(&[body])))
}

/// What a receiver has verified of a request.
pub(crate) struct Verified<'a> {
    pub(crate) scheme: &'static Scheme,
    pub(crate) headers: Headers<'a>,
    pub(crate) body: &'a [u8],
    /// The id in the headers, if it is signed.
    pub(crate) id: Option<&'a str>,
    pub(crate) timestamp: Option<u64>,
    /// At least one.
    pub(crate) matched_secret_ids: Vec<String>,
    pub(crate) opened: Option<Opened>,
}

impl<'a> Delivery<'a> {
    pub(crate) fn new(verified: Verified<'a>) -> Self {
        let Verified { scheme, headers, body, id, timestamp, matched_secret_ids, opened } =
            verified;
        let (sealed_id, encryption_key_id, content_type, payload) = match opened {
            Some(opened) => {
                let Opened { payload, key_id, id, content_type } = opened;
                (id, Some(key_id), content_type, Payload::Decrypted(payload))
            }
            None => (None, None, None, Payload::Body(body)),
        };
        let id = id.map(Cow::Borrowed).or(sealed_id.map(Cow::Owned));
        Delivery {
            scheme,
            id,
            timestamp,
            body,
            matched_secret_ids,
            encryption_key_id,
            content_type,
            payload,
            headers,
        }
    }

    /// The scheme under which the message was verified.
    #[must_use]
    pub fn scheme(&self) -> &'static Scheme {
        self.scheme
    }

    /// The message id, if it is authenticated.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// When the message was signed, in Unix seconds, if that is signed.
    #[must_use]
    pub fn timestamp(&self) -> Option<u64> {
        self.timestamp
    }

    /// What to remember so as to accept the message once: the authenticated id, else `sha256:` and
    /// the hash of the body in hexadecimal, which is computed here: most of those who do not claim
    /// never ask.
    #[must_use]
    pub fn replay_key(&self) -> Cow<'_, str> {
        self.id().map_or_else(|| payload_hash(self.body).into(), Cow::Borrowed)
    }

    /// What the replay key was taken from.
    #[must_use]
    pub fn replay_key_source(&self) -> ReplayKeySource {
        match self.id {
            Some(_) => ReplayKeySource::SignedId,
            None => ReplayKeySource::PayloadHash,
        }
    }

    /// Whether a signed timestamp was checked. Where not, an old message is as good as a new one,
    /// and only the replay key protects.
    #[must_use]
    pub fn replay_protected(&self) -> bool {
        self.timestamp.is_some()
    }

    /// The first key of the ring that made a signature.
    #[must_use]
    pub fn secret_id(&self) -> &str {
        self.matched_secret_ids.first().map_or("", String::as_str)
    }

    /// Every key that made a signature: secrets in the order of their list, then public keys.
    ///
    /// An old secret can be retired when for the sender's retry horizon no delivery had it here
    /// without a newer one.
    #[must_use]
    pub fn matched_secret_ids(&self) -> &[String] {
        &self.matched_secret_ids
    }

    /// Whether the payload came encrypted.
    #[must_use]
    pub fn encrypted(&self) -> bool {
        self.encryption_key_id.is_some()
    }

    /// The id of the key that opened the payload.
    #[must_use]
    pub fn encryption_key_id(&self) -> Option<&str> {
        self.encryption_key_id.as_deref()
    }

    /// The media type of the payload, from the protected header only.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// The payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        match &self.payload {
            Payload::Body(body) => body,
            Payload::Decrypted(payload) => payload,
        }
    }

    /// The payload, without a copy where it was decrypted.
    #[must_use]
    pub fn into_payload(self) -> Vec<u8> {
        match self.payload {
            Payload::Body(body) => body.to_vec(),
            Payload::Decrypted(payload) => payload,
        }
    }

    /// The payload as text.
    ///
    /// # Errors
    /// `payload_not_utf8`.
    pub fn text(&self) -> Result<&str, Error> {
        core::str::from_utf8(self.payload()).map_err(|_| {
            Error::new(Code::PayloadNotUtf8, "the payload is not UTF-8: use its bytes")
        })
    }

    /// A header that anyone may have written: all its values, joined with `, ` as fetch joins them.
    #[must_use]
    pub fn unsigned(&self, header: &str) -> Option<Vec<u8>> {
        let values: Vec<_> = self.headers.values(header).collect();
        if values.is_empty() { None } else { Some(values.join(b", ".as_slice())) }
    }
}

impl fmt::Debug for Delivery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("id", &self.id)
            .field("timestamp", &self.timestamp)
            .field("secret_id", &self.secret_id().to_string())
            .field("encrypted", &self.encrypted())
            .field("payload_bytes", &self.payload().len())
            .finish_non_exhaustive()
    }
}
