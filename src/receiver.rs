//! The receiver: the one paved road from a request's bytes to a delivery.
//!
//! Order of the checks: live keys, size, headers, signature, clock, envelope. A stranger never
//! reaches the cipher, and gets the same code on every host.

use crate::body_limit::BodyLimit;
use crate::delivery::{Delivery, Verified};
use crate::encryption_key::{EncryptionKey, refuse_double_purpose};
use crate::envelope::audience::Audience;
use crate::envelope::{self, Encryption, Opened, json, jwe};
use crate::error::{Code, Error};
use crate::key_ring::KeyRing;
use crate::receiver_options::{KeyOptions, ReceiverKeys, ReceiverOptions};
use crate::scheme::headers::{Headers, SignedHeaders};
use crate::scheme::verify::{LiveKeys, Verification, VerifyingKeys};
use crate::scheme::{Envelope, Scheme};
use crate::time::{UnixTime, Window};

/// Verifies and opens the messages of one sender. Made once, used for every request.
pub struct Receiver {
    scheme: &'static Scheme,
    verifying: VerifyingKeys,
    encryption_keys: KeyRing<EncryptionKey>,
    envelope: Envelope,
    encryption: Option<Encryption>,
    audience: Option<Audience>,
    window: Window,
    body_limit: BodyLimit,
}

impl core::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Receiver").field("scheme", &self.scheme.name).finish_non_exhaustive()
    }
}

impl Receiver {
    /// Makes a receiver.
    ///
    /// # Errors
    /// `invalid_secret` and `invalid_key` for a key that cannot be read; `invalid_config` for an
    /// option out of its bounds or against another.
    ///
    /// ```
    /// use postseal::{KeyInput, KeyOptions, Receiver, ReceiverOptions, Scheme};
    ///
    /// let secrets = Some(vec![Some(KeyInput::from("It's a Secret to Everybody"))]);
    /// let receiver = Receiver::new(ReceiverOptions {
    ///     scheme: Scheme::named("github")?,
    ///     keys: KeyOptions { secrets, ..KeyOptions::default() },
    ///     ..ReceiverOptions::default()
    /// })?;
    /// assert_eq!(receiver.max_body_bytes(), 1 << 20);
    /// # Ok::<(), postseal::Error>(())
    /// ```
    pub fn new(options: ReceiverOptions) -> Result<Self, Error> {
        let keys = ReceiverKeys::parse(options.scheme, &options.keys)?;
        check_encryption(&options, &keys)?;
        let verifying = keys.verifying.unwrap_or_else(VerifyingKeys::empty);
        let encryption_keys = keys.encryption.unwrap_or_else(KeyRing::empty);
        refuse_double_purpose(verifying.secrets.keys(), &encryption_keys)?;
        let envelope = options.envelope.unwrap_or(options.scheme.default_envelope);
        let always = match options.encryption {
            Some(encryption) => encryption == Encryption::Required,
            None => !encryption_keys.is_empty(),
        };
        Ok(Receiver {
            scheme: options.scheme,
            verifying,
            encryption_keys,
            envelope,
            encryption: options.encryption,
            audience: Audience::parse(options.audience, envelope, always)?,
            window: Window::new(options.tolerance_seconds, options.future_tolerance_seconds)?,
            body_limit: BodyLimit::new(options.max_body_bytes)?,
        })
    }

    /// Verifies a request and opens its payload. `headers` are all of the request's, as name and
    /// value; `body` is its bytes as they came.
    ///
    /// # Errors
    /// In this order: `no_live_secret`; `body_too_large`; `missing_header`, `duplicate_header`,
    /// `malformed_header`, `malformed_timestamp`, `malformed_signature`; `no_supported_signature`;
    /// `signature_mismatch`; `timestamp_too_new`, `timestamp_too_old`; `not_encrypted`,
    /// `encryption_forbidden`, `malformed_envelope`, `wrong_audience`, `unknown_key`,
    /// `decryption_failed`.
    ///
    /// ```
    /// # use postseal::{Code, KeyInput, KeyOptions, Receiver, ReceiverOptions, Scheme, UnixTime};
    /// # let secrets = Some(vec![Some(KeyInput::from("It's a Secret to Everybody"))]);
    /// # let receiver = Receiver::new(ReceiverOptions {
    /// #     scheme: Scheme::named("github")?,
    /// #     keys: KeyOptions { secrets, ..KeyOptions::default() },
    /// #     ..ReceiverOptions::default()
    /// # })?;
    /// // The example of GitHub's documentation, "Validating webhook deliveries".
    /// let headers = [(
    ///     "X-Hub-Signature-256",
    ///     "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    /// )];
    /// let now = UnixTime::new(1_700_000_000)?;
    /// assert_eq!(receiver.open(&headers, b"Hello, World!", now)?.text()?, "Hello, World!");
    ///
    /// let refused = receiver.open(&headers, b"Hello, world!", now).unwrap_err();
    /// assert_eq!(refused.code(), Code::SignatureMismatch);
    /// # Ok::<(), postseal::Error>(())
    /// ```
    pub fn open<'a, N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: &'a [(N, V)],
        body: &'a [u8],
        now: UnixTime,
    ) -> Result<Delivery<'a>, Error> {
        self.run(Headers::new(headers), body, now, &self.verifying, &self.encryption_keys)
    }

    /// Like [`Receiver::open`], with the keys of this one call, such as a tenant's.
    ///
    /// Secrets or public keys that are given replace both of the receiver's; encryption keys that
    /// are given replace the receiver's. Encryption stays required where either side has encryption
    /// keys.
    ///
    /// # Errors
    /// First those of [`Receiver::new`] for the keys, then those of [`Receiver::open`].
    ///
    /// ```
    /// # use postseal::{Code, KeyInput, KeyOptions, Receiver, ReceiverOptions, UnixTime};
    /// let receiver = Receiver::new(ReceiverOptions::default())?; // no keys of its own
    /// let tenant = KeyOptions {
    ///     secrets: Some(vec![Some(KeyInput::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))]),
    ///     ..KeyOptions::default()
    /// };
    /// let headers: [(&str, &str); 0] = [];
    /// let now = UnixTime::new(1_700_000_000)?;
    /// let refused = receiver.open_with(&headers, b"{}", now, &tenant).unwrap_err();
    /// assert_eq!(refused.code(), Code::MissingHeader);
    /// # Ok::<(), postseal::Error>(())
    /// ```
    pub fn open_with<'a, N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: &'a [(N, V)],
        body: &'a [u8],
        now: UnixTime,
        keys: &KeyOptions,
    ) -> Result<Delivery<'a>, Error> {
        let keys = ReceiverKeys::parse(self.scheme, keys)?;
        let verifying = keys.verifying.as_ref().unwrap_or(&self.verifying);
        let encryption_keys = keys.encryption.as_ref().unwrap_or(&self.encryption_keys);
        refuse_double_purpose(verifying.secrets.keys(), encryption_keys)?;
        self.run(Headers::new(headers), body, now, verifying, encryption_keys)
    }

    /// The longest body that is taken, in bytes: a host need not read further.
    #[must_use]
    pub fn max_body_bytes(&self) -> usize {
        self.body_limit.bytes()
    }

    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> &'static Scheme {
        self.scheme
    }

    fn run<'a>(
        &self,
        headers: Headers<'a>,
        body: &'a [u8],
        now: UnixTime,
        verifying: &VerifyingKeys,
        encryption_keys: &KeyRing<EncryptionKey>,
    ) -> Result<Delivery<'a>, Error> {
        let live = verifying.live(now)?;
        let encryption = self.encryption_in(encryption_keys);
        if encryption == Encryption::Required {
            encryption_keys.primary(now)?;
        }
        let body = self.body_limit.keep(body)?;
        let mut opening = Opening::begin(self, headers, live)?;
        opening.update(body);
        opening.finish(body, now, encryption, encryption_keys)
    }

    /// INVARIANT: a receiver that was made with encryption keys never takes a plain body by
    /// default, whatever a call brings: `keys` are the call's, which are never none, or else the
    /// receiver's own.
    fn encryption_in(&self, keys: &KeyRing<EncryptionKey>) -> Encryption {
        match self.encryption {
            Some(encryption) => encryption,
            None if keys.is_empty() => Encryption::Forbidden,
            None => Encryption::Required,
        }
    }
}

/// A request whose body is still coming. Nothing of it is released before `finish`.
struct Opening<'r, 'k, 'h> {
    receiver: &'r Receiver,
    headers: Headers<'h>,
    verification: Verification<'k, 'h>,
}

impl<'r, 'k, 'h> Opening<'r, 'k, 'h> {
    fn begin(
        receiver: &'r Receiver,
        headers: Headers<'h>,
        keys: LiveKeys<'k>,
    ) -> Result<Self, Error> {
        let signed = SignedHeaders::read(receiver.scheme, &headers)?;
        let verification = Verification::begin(receiver.scheme, signed, keys)?;
        Ok(Opening { receiver, headers, verification })
    }

    fn update(&mut self, bytes: &[u8]) {
        self.verification.update(bytes);
    }

    fn finish(
        self,
        body: &'h [u8],
        now: UnixTime,
        encryption: Encryption,
        keys: &KeyRing<EncryptionKey>,
    ) -> Result<Delivery<'h>, Error> {
        let Opening { receiver, headers, verification } = self;
        let (facts, matched_secret_ids) = verification.finish()?;
        let timestamp = facts.timestamp.map(|timestamp| timestamp.seconds);
        if let Some(timestamp) = timestamp {
            receiver.window.check(timestamp, now)?;
        }
        let opened = match receiver.must_decrypt(body, encryption)? {
            true => Some(receiver.decrypt(body, &headers, facts.id, keys, now)?),
            false => None,
        };
        Ok(Delivery::new(Verified {
            scheme: receiver.scheme,
            headers,
            body,
            id: facts.id,
            timestamp,
            matched_secret_ids,
            opened,
        }))
    }
}

impl Receiver {
    fn must_decrypt(&self, body: &[u8], encryption: Encryption) -> Result<bool, Error> {
        match (encryption, envelope::is_sealed(self.envelope, body)) {
            (Encryption::Required, false) => Err(Error::new(
                Code::NotEncrypted,
                "the payload is not encrypted, and this receiver takes no plain one",
            )),
            (Encryption::Forbidden, true) => Err(Error::new(
                Code::EncryptionForbidden,
                "the payload is encrypted: give the encryption key, or do not forbid encryption",
            )),
            (_, sealed) => Ok(sealed),
        }
    }

    fn decrypt(
        &self,
        body: &[u8],
        headers: &Headers<'_>,
        signed_id: Option<&str>,
        keys: &KeyRing<EncryptionKey>,
        now: UnixTime,
    ) -> Result<Opened, Error> {
        match self.envelope {
            Envelope::Jwe => {
                let expected = jwe::Expected {
                    signed_id,
                    audience: self.audience.as_ref().map(Audience::as_str),
                };
                jwe::open(body, &expected, keys, now)
            }
            Envelope::Json => {
                let names = self.scheme.nonce_header.into_iter();
                json::open(body, names.flat_map(|name| headers.values(name)), keys, now)
            }
        }
    }
}

/// Refuses a policy that needs encryption keys beside secrets without any.
fn check_encryption(options: &ReceiverOptions, keys: &ReceiverKeys) -> Result<(), Error> {
    let wants_keys =
        matches!(options.encryption, Some(Encryption::Required | Encryption::Optional));
    if wants_keys && keys.verifying.is_some() && keys.encryption.is_none() {
        return Err(Error::new(
            Code::InvalidConfig,
            "encryption is required or optional, but there is no encryption key",
        ));
    }
    Ok(())
}
