//! Signing secrets, public keys and encryption keys: every spelling that is read, and nothing else.
//!
//! Operators paste keys from dashboards and files, so reading is forgiving where it is safe: a
//! final newline, a missing prefix or missing padding do no harm. It is strict where a mix-up
//! would: a public key must never become an HMAC key, so a key with another key's prefix is
//! refused.

use alloc::format;
use alloc::string::String;
use core::fmt;
use zeroize::Zeroizing;

use crate::error::{Code, Error};
use crate::limits::{
    SECRET_BYTES_MAX, SECRET_BYTES_MIN, TEXT_SECRET_BYTES_MAX, TEXT_SECRET_BYTES_MIN,
};
use crate::primitives::aead::AeadKey;
use crate::primitives::codec::{base64, base64url, decode_secret};
use crate::primitives::ed25519::{PrivateKey, PublicKey};
use crate::primitives::mac::MacKey;

const SECRET_PREFIX: &str = "whsec_";
const PRIVATE_KEY_PREFIX: &str = "whsk_";
const PUBLIC_KEY_PREFIX: &str = "whpk_";
const ENCRYPTION_KEY_PREFIX: &str = "whenc_";
const KID_LABEL: &[u8] = b"postseal/kid/v1";

/// A source of random bytes: fills the whole slice, or fails.
pub type Entropy<'a> = &'a mut dyn FnMut(&mut [u8]) -> Result<(), Error>;

/// How the text of a signing secret becomes the key's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretEncoding {
    /// The scheme's own way: base64 under `standard`, the text itself under the others.
    #[default]
    OfScheme,
    /// The text's own bytes, whatever the scheme.
    Text,
}

/// A secret or key as an operator gives it: its text, and optionally a name and a validity.
///
/// ```
/// # use postseal::KeyInput;
/// let secret = KeyInput::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
/// let secret = KeyInput { not_after: Some(1_800_000_000), ..secret };
/// assert!(!format!("{secret:?}").contains("MfKQ"));
/// ```
#[derive(Clone, Default)]
pub struct KeyInput {
    /// A name for logs and for `kid`; by default the position in the list, or the key's own `kid`.
    pub id: Option<String>,
    /// The text of the secret or key.
    pub text: Zeroizing<String>,
    /// How `text` becomes bytes. Signing secrets only.
    pub encoding: SecretEncoding,
    /// First second in which the key is live, in Unix seconds.
    pub not_before: Option<i64>,
    /// First second in which the key is no longer live, in Unix seconds.
    pub not_after: Option<i64>,
}

impl From<&str> for KeyInput {
    fn from(text: &str) -> Self {
        KeyInput { text: Zeroizing::new(text.into()), ..KeyInput::default() }
    }
}

impl fmt::Debug for KeyInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyInput").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What a scheme takes as its signing secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretForm {
    /// Standard Webhooks: base64 behind `whsec_`, or an Ed25519 key.
    Webhook,
    /// The text itself, of at least so many bytes.
    Text { bytes_min: usize },
}

/// What a sender signs with.
#[derive(Debug)]
pub(crate) enum SigningKey {
    Mac(MacKey),
    Ed25519(PrivateKey),
}

impl SigningKey {
    /// Reads a sender's secret.
    pub(crate) fn parse(form: SecretForm, input: &KeyInput) -> Result<Self, Error> {
        let text = trimmed(input, Code::InvalidSecret)?;
        match text.strip_prefix(PRIVATE_KEY_PREFIX) {
            Some(encoded) if form == SecretForm::Webhook => parse_private_key(encoded),
            _ => parse_mac_key(form, input).map(SigningKey::Mac),
        }
    }

    /// The key, if it is one of HMAC.
    pub(crate) fn mac(&self) -> Option<&MacKey> {
        match self {
            SigningKey::Mac(key) => Some(key),
            SigningKey::Ed25519(_) => None,
        }
    }
}

/// Reads an HMAC secret in the scheme's form.
///
/// SPEC: Standard Webhooks, "Symmetric signatures"; `v1,whsec_…` is Supabase's spelling.
pub(crate) fn parse_mac_key(form: SecretForm, input: &KeyInput) -> Result<MacKey, Error> {
    let text = trimmed(input, Code::InvalidSecret)?;
    refuse_prefixes(text, &[PRIVATE_KEY_PREFIX, PUBLIC_KEY_PREFIX, ENCRYPTION_KEY_PREFIX])?;
    match (form, input.encoding) {
        (SecretForm::Webhook, SecretEncoding::OfScheme) => parse_encoded_secret(text),
        (SecretForm::Webhook, SecretEncoding::Text) => {
            parse_text_secret(text, TEXT_SECRET_BYTES_MIN)
        }
        (SecretForm::Text { bytes_min }, _) => parse_text_secret(text, bytes_min),
    }
}

/// Reads a `whpk_` public key.
pub(crate) fn parse_public_key(input: &KeyInput) -> Result<PublicKey, Error> {
    let text = key_text(input)?;
    refuse_prefixes(text, &[PRIVATE_KEY_PREFIX, ENCRYPTION_KEY_PREFIX])?;
    text.strip_prefix(PUBLIC_KEY_PREFIX)
        .and_then(decode_exact)
        .and_then(|bytes| PublicKey::new(&bytes))
        .ok_or_else(|| {
            Error::new(Code::InvalidKey, "a public key is `whpk_` and base64 of 32 bytes")
        })
}

/// An encryption key: the cipher, and a name that tells nothing of it.
#[derive(Debug)]
pub(crate) struct EncryptionKey {
    pub(crate) cipher: AeadKey,
    pub(crate) kid: String,
}

impl EncryptionKey {
    /// Reads `whenc_` and base64 of 32 bytes, or the bare base64.
    pub(crate) fn parse(input: &KeyInput) -> Result<Self, Error> {
        let text = key_text(input)?;
        refuse_prefixes(text, &[PRIVATE_KEY_PREFIX, PUBLIC_KEY_PREFIX])?;
        let encoded = text.strip_prefix(ENCRYPTION_KEY_PREFIX).unwrap_or(text);
        let invalid =
            || Error::new(Code::InvalidKey, "an encryption key is `whenc_` and base64 of 32 bytes");
        let bytes = Zeroizing::new(decode_exact(encoded).ok_or_else(invalid)?);
        let kid = kid(&MacKey::new(bytes.as_slice()).ok_or_else(invalid)?);
        Ok(EncryptionKey { cipher: AeadKey::new(&bytes), kid })
    }
}

/// The name of a key that is derived from it: base64url of HMAC-SHA256(key, `postseal/kid/v1`),
/// whole.
///
/// Not RFC 7638's thumbprint: its section 7 warns against hashing a symmetric key for a name.
pub(crate) fn kid(key: &MacKey) -> String {
    let mut mac = key.start();
    mac.update(KID_LABEL);
    base64url(&mac.finish().into_bytes())
}

/// The default `kid` of an encryption key, as `postseal keyid` prints it: 43 characters.
///
/// # Errors
/// `invalid_key` or `invalid_secret` as for any encryption key.
pub fn key_id(encryption_key: &str) -> Result<String, Error> {
    EncryptionKey::parse(&KeyInput::from(encryption_key)).map(|key| key.kid)
}

/// Makes a signing secret: `whsec_` and base64 of 32 random bytes.
///
/// # Errors
/// Those of `entropy`.
pub fn generate_secret(entropy: Entropy<'_>) -> Result<Zeroizing<String>, Error> {
    Ok(spell(SECRET_PREFIX, random(entropy)?.as_slice()))
}

/// Makes an AES-256 key: `whenc_` and base64 of 32 random bytes.
///
/// # Errors
/// Those of `entropy`.
pub fn generate_encryption_key(entropy: Entropy<'_>) -> Result<Zeroizing<String>, Error> {
    Ok(spell(ENCRYPTION_KEY_PREFIX, random(entropy)?.as_slice()))
}

/// An Ed25519 key pair as Standard Webhooks writes it.
pub struct SigningKeyPair {
    /// `whsk_` and base64 of 64 bytes: stands in a sender's secrets, and nowhere else.
    pub private_key: Zeroizing<String>,
    /// `whpk_` and base64 of 32 bytes: stands in a receiver's public keys.
    pub public_key: String,
}

impl fmt::Debug for SigningKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeyPair")
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

/// Makes an Ed25519 key pair.
///
/// # Errors
/// Those of `entropy`.
pub fn generate_signing_key_pair(entropy: Entropy<'_>) -> Result<SigningKeyPair, Error> {
    let key = PrivateKey::from_seed(&*random(entropy)?);
    Ok(SigningKeyPair {
        private_key: spell(PRIVATE_KEY_PREFIX, key.key_pair().as_slice()),
        public_key: format!("{PUBLIC_KEY_PREFIX}{}", base64(&key.public_key())),
    })
}

fn spell(prefix: &str, bytes: &[u8]) -> Zeroizing<String> {
    let encoded = Zeroizing::new(base64(bytes));
    Zeroizing::new(format!("{prefix}{}", encoded.as_str()))
}

fn random(entropy: Entropy<'_>) -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut bytes = Zeroizing::new([0; 32]);
    entropy(bytes.as_mut_slice())?;
    if bytes.iter().all(|byte| *byte == 0) {
        return Err(Error::new(Code::EntropyUnavailable, "the random number generator gave zeros"));
    }
    Ok(bytes)
}

fn parse_encoded_secret(text: &str) -> Result<MacKey, Error> {
    let text = text.strip_prefix("v1,").unwrap_or(text);
    let text = text.strip_prefix(SECRET_PREFIX).unwrap_or(text);
    decode_secret(text)
        .filter(|bytes| (SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&bytes.len()))
        .and_then(|bytes| MacKey::new(&bytes))
        .ok_or_else(|| {
            Error::new(
                Code::InvalidSecret,
                "a secret is base64 of 24 to 75 bytes, with or without `whsec_`; \
                 say encoding \"text\" for one that is plain text",
            )
        })
}

fn parse_text_secret(text: &str, bytes_min: usize) -> Result<MacKey, Error> {
    let in_bounds = (bytes_min..=TEXT_SECRET_BYTES_MAX).contains(&text.len());
    if !in_bounds || text.trim().is_empty() {
        return Err(Error::new(
            Code::InvalidSecret,
            format!("a text secret is {bytes_min} to {TEXT_SECRET_BYTES_MAX} bytes, and not blank"),
        ));
    }
    MacKey::new(text.as_bytes())
        .ok_or_else(|| Error::new(Code::InvalidSecret, "the secret cannot be used as a key"))
}

fn parse_private_key(encoded: &str) -> Result<SigningKey, Error> {
    decode_exact(encoded)
        .map(Zeroizing::new)
        .and_then(|bytes| PrivateKey::from_key_pair(&bytes))
        .map(SigningKey::Ed25519)
        .ok_or_else(|| {
            Error::new(
                Code::InvalidSecret,
                "a private key is `whsk_` and base64 of 64 bytes: the seed and its public half",
            )
        })
}

fn decode_exact<const N: usize>(encoded: &str) -> Option<[u8; N]> {
    decode_secret(encoded)?.as_slice().try_into().ok()
}

fn trimmed(input: &KeyInput, empty: Code) -> Result<&str, Error> {
    let text = input.text.as_str();
    let text = text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text);
    if text.is_empty() {
        return Err(Error::new(empty, "the text is empty: is the variable set?"));
    }
    Ok(text)
}

/// The text of a public or encryption key, which has no encoding of its own to choose.
fn key_text(input: &KeyInput) -> Result<&str, Error> {
    if input.encoding == SecretEncoding::Text {
        return Err(Error::new(
            Code::InvalidConfig,
            "encoding \"text\" is for signing secrets only",
        ));
    }
    trimmed(input, Code::InvalidKey)
}

fn refuse_prefixes(text: &str, prefixes: &[&str]) -> Result<(), Error> {
    let Some(prefix) = prefixes.iter().find(|prefix| text.starts_with(**prefix)) else {
        return Ok(());
    };
    let kind = match *prefix {
        PRIVATE_KEY_PREFIX => "a private key: it belongs in a sender's secrets, under `standard`",
        PUBLIC_KEY_PREFIX => "a public key: it belongs in a receiver's public keys",
        _ => "an encryption key: it belongs among the encryption keys",
    };
    Err(Error::new(Code::InvalidSecret, format!("`{prefix}` marks {kind}")))
}
