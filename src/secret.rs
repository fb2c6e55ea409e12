//! Signing secrets and public keys: every spelling that is read, and nothing else.
//!
//! Operators paste keys from dashboards and files, so reading is forgiving where it is safe: a
//! final newline, a missing prefix or missing padding do no harm. It is strict where a mix-up
//! would: a public key must never become an HMAC key, so a key with another key's prefix is
//! refused.

use alloc::format;
use zeroize::Zeroizing;

use crate::error::{Code, Error};
use crate::key_input::{
    ENCRYPTION_KEY_PREFIX, KeyInput, PRIVATE_KEY_PREFIX, PUBLIC_KEY_PREFIX, SECRET_PREFIX,
    SecretEncoding, decode_exact, key_text, refuse_prefixes, trimmed,
};
use crate::limits::{
    SECRET_BYTES_MAX, SECRET_BYTES_MIN, TEXT_SECRET_BYTES_MAX, TEXT_SECRET_BYTES_MIN,
};
use crate::primitives::codec::decode_secret;
use crate::primitives::ed25519::{PrivateKey, PublicKey};
use crate::primitives::mac::MacKey;

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
