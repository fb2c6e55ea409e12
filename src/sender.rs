//! The sender: from a payload to the headers and the exact bytes to send.
//!
//! Always encrypt, then sign the encrypted body. A message is encrypted once (`prepare`) and signed
//! for each attempt (`sign`); `seal` does both.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::envelope::nonce::NonceSource;
use crate::envelope::{json, jwe};
use crate::error::{Code, Error};
use crate::key_ring::{KeyList, KeyRing, Kind};
use crate::limits::{CONTENT_TYPE_BYTES_MAX, SENT_ID_BYTES_MAX};
use crate::receiver_options::{
    body_bytes_max, body_too_large, check_audience, parse_encryption_keys, refuse_double_purpose,
};
use crate::scheme::sign::{HeaderList, sign};
use crate::scheme::{Envelope, Scheme};
use crate::secret::{EncryptionKey, Entropy, SigningKey};
use crate::time::UnixTime;

/// What a sender is made from. `SenderOptions::default()` is scheme `standard` without keys, which
/// no sender can be made from.
#[derive(Clone, Debug)]
pub struct SenderOptions {
    /// The scheme; by default `standard`.
    pub scheme: &'static Scheme,
    /// Signing secrets, the primary first; `whsk_` private keys too, under `standard`. At most 8.
    pub secrets: KeyList,
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
            secrets: KeyList::new(),
            encryption_keys: None,
            envelope: None,
            audience: None,
            max_body_bytes: None,
            sealed_before: 0,
        }
    }
}

/// A message to be sent.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// The event's id, the same for each attempt: 1 to 255 of `A-Z a-z 0-9 _ -`.
    pub id: &'a str,
    /// The media type of the payload: 1 to 255 printable ASCII characters.
    pub content_type: Option<&'a str>,
    /// The payload.
    pub payload: &'a [u8],
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.payload.len();
        f.debug_struct("Message").field("id", &self.id).field("payload_bytes", &bytes).finish()
    }
}

/// A message whose body is final, and which is signed anew for each attempt.
pub struct Prepared {
    id: String,
    content_type: Option<String>,
    nonce: Option<String>,
    body: Vec<u8>,
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
    /// Names and values, in the order of the documentation.
    pub headers: HeaderList,
    /// Exactly the bytes to send.
    pub body: Vec<u8>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// Seals messages to one receiver. Made once, used for every message.
pub struct Sender {
    scheme: &'static Scheme,
    secrets: KeyRing<SigningKey>,
    encryption_keys: Option<KeyRing<EncryptionKey>>,
    envelope: Envelope,
    audience: Option<String>,
    body_bytes_max: usize,
    nonces: NonceSource,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("scheme", &self.scheme.name).finish_non_exhaustive()
    }
}

impl Sender {
    /// Makes a sender.
    ///
    /// # Errors
    /// `invalid_secret` and `invalid_key` for a key that cannot be read; `invalid_config` for an
    /// option out of its bounds or against another.
    pub fn new(options: SenderOptions) -> Result<Self, Error> {
        let form = options.scheme.secret_form;
        let parse = |input: &_| SigningKey::parse(form, input);
        let secrets = KeyRing::parse(Kind::Secret, &options.secrets, parse, |_| None)?;
        let encryption_keys = parse_encryption_keys(options.encryption_keys.as_deref())?;
        if let Some(keys) = &encryption_keys {
            refuse_double_purpose(secrets.keys().filter_map(SigningKey::mac), keys)?;
        }
        let envelope = options.envelope.unwrap_or(options.scheme.default_envelope);
        if let Some(audience) = &options.audience {
            check_audience(audience)?;
            check_audience_is_sent(envelope, encryption_keys.is_some())?;
        }
        Ok(Sender {
            scheme: options.scheme,
            secrets,
            encryption_keys,
            envelope,
            audience: options.audience,
            body_bytes_max: body_bytes_max(options.max_body_bytes)?,
            nonces: NonceSource::new(options.sealed_before),
        })
    }

    /// Encrypts, where there are encryption keys, and signs: one call for a message that is sent
    /// once.
    ///
    /// # Errors
    /// Those of [`Sender::prepare`] and [`Sender::sign`].
    pub fn seal(
        &self,
        message: &Message<'_>,
        now: UnixTime,
        entropy: Entropy<'_>,
    ) -> Result<Sealed, Error> {
        let prepared = self.prepare(message, now, entropy)?;
        let headers = self.sign(&prepared, now)?;
        Ok(Sealed { headers, body: prepared.body })
    }

    /// Encrypts the payload, where there are encryption keys. Once a message, however often it is
    /// sent.
    ///
    /// # Errors
    /// In this order: `invalid_id`, `invalid_config` (content type), `no_live_secret`,
    /// `body_too_large`, `key_exhausted`, `entropy_unavailable`.
    pub fn prepare(
        &self,
        message: &Message<'_>,
        now: UnixTime,
        entropy: Entropy<'_>,
    ) -> Result<Prepared, Error> {
        check_id(message.id)?;
        message.content_type.map(check_content_type).transpose()?;
        self.secrets.primary(now)?;
        self.check_size(message.payload)?;
        let prepared = match &self.encryption_keys {
            Some(keys) => self.encrypt(keys, message, now, entropy)?,
            None => Prepared {
                id: message.id.to_string(),
                content_type: message.content_type.map(ToString::to_string),
                nonce: None,
                body: message.payload.to_vec(),
            },
        };
        self.check_size(&prepared.body)?;
        Ok(prepared)
    }

    /// Signs a prepared message for one attempt: the headers to send with its body.
    ///
    /// # Errors
    /// `no_live_secret`.
    pub fn sign(&self, prepared: &Prepared, now: UnixTime) -> Result<HeaderList, Error> {
        let mut headers = HeaderList::new();
        headers.extend(prepared.content_type.clone().map(|value| ("content-type", value)));
        headers.extend(sign(self.scheme, &self.secrets, &prepared.id, &prepared.body, now)?);
        headers.extend(self.scheme.nonce_header.zip(prepared.nonce.clone()));
        Ok(headers)
    }

    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> &'static Scheme {
        self.scheme
    }

    /// The longest body that is sealed, in bytes.
    #[must_use]
    pub fn max_body_bytes(&self) -> usize {
        self.body_bytes_max
    }

    fn encrypt(
        &self,
        keys: &KeyRing<EncryptionKey>,
        message: &Message<'_>,
        now: UnixTime,
        entropy: Entropy<'_>,
    ) -> Result<Prepared, Error> {
        let key = keys.primary(now)?;
        let nonce = self.nonces.draw(entropy)?;
        let (content_type, nonce, body) = match self.envelope {
            Envelope::Jwe => {
                let described = jwe::Described {
                    id: message.id,
                    content_type: message.content_type,
                    audience: self.audience.as_deref(),
                };
                let token = jwe::seal(key, &described, message.payload, &nonce);
                (jwe::CONTENT_TYPE, None, token.map(String::into_bytes))
            }
            Envelope::Json => {
                let (body, nonce) = json::seal(key, message.payload, &nonce).unzip();
                (json::CONTENT_TYPE, nonce, body)
            }
        };
        Ok(Prepared {
            id: message.id.to_string(),
            content_type: Some(content_type.to_string()),
            nonce,
            body: body.ok_or_else(|| body_too_large(self.body_bytes_max))?,
        })
    }

    fn check_size(&self, body: &[u8]) -> Result<(), Error> {
        if body.len() > self.body_bytes_max {
            return Err(body_too_large(self.body_bytes_max));
        }
        Ok(())
    }
}

/// SPEC: a sender's id is of the characters that no scheme, header or log has to escape.
fn check_id(id: &str) -> Result<(), Error> {
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if plain && (1..=SENT_ID_BYTES_MAX).contains(&id.len()) {
        return Ok(());
    }
    Err(Error::new(Code::InvalidId, "a message id is 1 to 255 letters, digits, `_` or `-`"))
}

fn check_content_type(content_type: &str) -> Result<(), Error> {
    let printable = content_type.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if printable && (1..=CONTENT_TYPE_BYTES_MAX).contains(&content_type.len()) {
        return Ok(());
    }
    Err(Error::new(Code::InvalidConfig, "a content type is 1 to 255 printable ASCII characters"))
}

fn check_audience_is_sent(envelope: Envelope, encrypts: bool) -> Result<(), Error> {
    if envelope == Envelope::Jwe && encrypts {
        return Ok(());
    }
    Err(Error::new(
        Code::InvalidConfig,
        "an audience needs encryption keys and envelope jwe: nothing else carries it",
    ))
}
