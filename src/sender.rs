//! The sender: from a payload to the headers and the exact bytes to send.
//!
//! Always encrypt, then sign the encrypted body. A message is encrypted once (`prepare`) and signed
//! for each attempt (`sign`); `seal` does both.

use alloc::string::{String, ToString};
use core::fmt;

use crate::body_limit::BodyLimit;
use crate::encryption_key::{EncryptionKey, parse_encryption_keys, refuse_double_purpose};
use crate::envelope::audience::Audience;
use crate::envelope::nonce::NonceSource;
use crate::envelope::{json, jwe};
use crate::error::{Code, Error};
use crate::generate::Entropy;
use crate::key_ring::{Held, KeyRing, Kind};
use crate::message::{Message, Prepared, Sealed};
use crate::scheme::sign::{HeaderList, sign};
use crate::scheme::{Envelope, Scheme};
use crate::secret::SigningKey;
use crate::sender_options::SenderOptions;
use crate::time::UnixTime;

/// Seals messages to one receiver. Made once, used for every message.
pub struct Sender {
    scheme: &'static Scheme,
    secrets: KeyRing<SigningKey>,
    encryption_keys: Option<KeyRing<EncryptionKey>>,
    envelope: Envelope,
    audience: Option<Audience>,
    body_limit: BodyLimit,
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
    ///
    /// ```
    /// # use postseal::{Code, KeyInput, Sender, SenderOptions};
    /// let secrets = Some(vec![Some(KeyInput::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))]);
    /// let sender = Sender::new(SenderOptions { secrets, ..SenderOptions::default() })?;
    /// assert_eq!(sender.scheme().name(), "standard");
    ///
    /// let refused = Sender::new(SenderOptions::default()).unwrap_err();
    /// assert_eq!(refused.code(), Code::InvalidSecret);
    /// # Ok::<(), postseal::Error>(())
    /// ```
    pub fn new(options: SenderOptions) -> Result<Self, Error> {
        let form = options.scheme.secret_form;
        let parse = |input: &_| SigningKey::parse(form, input);
        // No list is like a first entry that is not set.
        let list = options.secrets.as_deref().unwrap_or(&[None]);
        let secrets = KeyRing::parse(Kind::Secret, list, parse, |_| None)?;
        let encryption_keys = parse_encryption_keys(options.encryption_keys.as_deref())?;
        if let Some(keys) = &encryption_keys {
            refuse_double_purpose(secrets.keys().filter_map(SigningKey::mac), keys)?;
        }
        let envelope = options.envelope.unwrap_or(options.scheme.default_envelope);
        let audience = Audience::parse(options.audience, envelope, encryption_keys.is_some())?;
        Ok(Sender {
            scheme: options.scheme,
            secrets,
            encryption_keys,
            envelope,
            audience,
            body_limit: BodyLimit::new(options.max_body_bytes)?,
            nonces: NonceSource::new(options.sealed_before),
        })
    }

    /// Encrypts, where there are encryption keys, and signs: one call for a message that is sent
    /// once.
    ///
    /// # Errors
    /// Those of [`Sender::prepare`] and [`Sender::sign`].
    ///
    /// ```
    /// # use postseal::{KeyInput, Message, Sender, SenderOptions, UnixTime};
    /// # let secrets = Some(vec![Some(KeyInput::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))]);
    /// # let sender = Sender::new(SenderOptions { secrets, ..SenderOptions::default() })?;
    /// # let mut entropy = |_: &mut [u8]| Ok(());
    /// // The known answer of the Standard Webhooks and Svix libraries.
    /// let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    /// let message = Message { id, content_type: None, payload: br#"{"test": 2432232314}"# };
    /// let sealed = sender.seal(&message, UnixTime::new(1_614_265_330)?, &mut entropy)?;
    /// let (name, value) = &sealed.headers[2];
    /// assert_eq!(*name, "webhook-signature");
    /// assert_eq!(value, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    /// # Ok::<(), postseal::Error>(())
    /// ```
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
    ///
    /// ```
    /// # use postseal::{KeyInput, Message, Sender, SenderOptions, UnixTime};
    /// # let secrets = Some(vec![Some(KeyInput::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))]);
    /// # let sender = Sender::new(SenderOptions { secrets, ..SenderOptions::default() })?;
    /// # let mut entropy = |_: &mut [u8]| Ok(());
    /// let message = Message { id: "evt_1", content_type: None, payload: b"{}" };
    /// let prepared = sender.prepare(&message, UnixTime::new(1_700_000_000)?, &mut entropy)?;
    ///
    /// let first = sender.sign(&prepared, UnixTime::new(1_700_000_000)?)?;
    /// let again = sender.sign(&prepared, UnixTime::new(1_700_000_030)?)?;
    /// assert_ne!(first, again); // another timestamp, another signature, and the same body
    /// # Ok::<(), postseal::Error>(())
    /// ```
    pub fn prepare(
        &self,
        message: &Message<'_>,
        now: UnixTime,
        entropy: Entropy<'_>,
    ) -> Result<Prepared, Error> {
        let message = message.checked()?;
        self.secrets.primary(now)?;
        let key = self.encryption_keys.as_ref().map(|keys| keys.primary(now)).transpose()?;
        let payload = self.body_limit.keep(message.payload)?;
        let prepared = match key {
            Some(key) => self.encrypt(key, message, entropy)?,
            None => Prepared {
                scheme: self.scheme,
                encrypted: false,
                id: message.id.to_string(),
                content_type: message.content_type.map(ToString::to_string),
                nonce: None,
                body: payload.to_vec(),
            },
        };
        Ok(Prepared { body: self.body_limit.keep(prepared.body)?, ..prepared })
    }

    /// Signs a prepared message for one attempt: the headers to send with its body. It may be that
    /// of a sender before, as after a rotation.
    ///
    /// # Errors
    /// `invalid_config` for a message of another scheme, and for one in the clear where this sender
    /// encrypts; `no_live_secret`.
    pub fn sign(&self, prepared: &Prepared, now: UnixTime) -> Result<HeaderList, Error> {
        self.refuse_foreign(prepared)?;
        let mut headers = HeaderList::new();
        headers.extend(prepared.content_type.clone().map(|value| ("content-type", value)));
        headers.extend(sign(self.scheme, &self.secrets, &prepared.id, &prepared.body, now)?);
        headers.extend(self.scheme.nonce_header.zip(prepared.nonce.clone()));
        Ok(headers)
    }

    fn refuse_foreign(&self, prepared: &Prepared) -> Result<(), Error> {
        let why = if prepared.scheme != self.scheme {
            "the message was prepared under another scheme"
        } else if self.encryption_keys.is_some() && !prepared.encrypted {
            "the message was prepared in the clear, and this sender encrypts"
        } else {
            return Ok(());
        };
        Err(Error::new(Code::InvalidConfig, why))
    }

    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> &'static Scheme {
        self.scheme
    }

    /// The longest body that is sealed, in bytes.
    #[must_use]
    pub fn max_body_bytes(&self) -> usize {
        self.body_limit.bytes()
    }

    fn encrypt(
        &self,
        key: &Held<EncryptionKey>,
        message: &Message<'_>,
        entropy: Entropy<'_>,
    ) -> Result<Prepared, Error> {
        let nonce = self.nonces.draw(entropy)?;
        let (content_type, nonce, body) = match self.envelope {
            Envelope::Jwe => {
                let described = jwe::Described {
                    id: message.id,
                    content_type: message.content_type,
                    audience: self.audience.as_ref().map(Audience::as_str),
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
            scheme: self.scheme,
            encrypted: true,
            id: message.id.to_string(),
            content_type: Some(content_type.to_string()),
            nonce,
            body: body.ok_or_else(|| self.body_limit.exceeded())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::key_input::KeyInput;

    fn sender(scheme: &str, encryption_key: Option<&str>) -> Sender {
        let list = |text: &str| Some(Vec::from([Some(KeyInput::from(text))]));
        Sender::new(SenderOptions {
            scheme: Scheme::named(scheme).unwrap(),
            secrets: list("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            encryption_keys: encryption_key.and_then(list),
            ..SenderOptions::default()
        })
        .unwrap()
    }

    #[test]
    fn a_prepared_message_keeps_its_scheme_and_is_not_sent_in_the_clear() {
        let key = Some("whenc_bYGyvpcWuHnzcVB6Ni3GFRFvgnAk3BmLBrNZeV6fuqU=");
        let now = UnixTime::new(1_700_000_000).unwrap();
        let message = Message { id: "evt_1", content_type: None, payload: b"{}" };
        let prepare = |sender: &Sender| {
            let mut entropy = |bytes: &mut [u8]| {
                bytes.fill(7);
                Ok(())
            };
            sender.prepare(&message, now, &mut entropy).unwrap()
        };
        let code = |sender: &Sender, prepared: &Prepared| {
            sender.sign(prepared, now).err().map(|error| error.code())
        };
        let (plain, sealed) = (sender("standard", None), sender("standard", key));
        let (in_clear, encrypted) = (prepare(&plain), prepare(&sealed));
        assert_eq!(code(&sealed, &in_clear), Some(Code::InvalidConfig));
        assert_eq!(code(&sender("stripe", None), &in_clear), Some(Code::InvalidConfig));
        // A sender made anew, as after a rotation, goes on with what is still to be sent.
        assert_eq!(code(&sender("standard", key), &encrypted), None);
        assert_eq!(code(&plain, &encrypted), None);
    }
}
