//! A secret or key as an operator gives it, and what holds for the spelling of every kind.

use alloc::format;
use alloc::string::String;
use core::fmt;
use zeroize::Zeroizing;

use crate::error::{Code, Error};
use crate::primitives::codec::decode_secret;

pub(crate) const SECRET_PREFIX: &str = "whsec_";
pub(crate) const PRIVATE_KEY_PREFIX: &str = "whsk_";
pub(crate) const PUBLIC_KEY_PREFIX: &str = "whpk_";
pub(crate) const ENCRYPTION_KEY_PREFIX: &str = "whenc_";

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
#[derive(Default)]
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

pub(crate) fn decode_exact<const N: usize>(encoded: &str) -> Option<[u8; N]> {
    decode_secret(encoded)?.as_slice().try_into().ok()
}

pub(crate) fn trimmed(input: &KeyInput, empty: Code) -> Result<&str, Error> {
    let text = input.text.as_str();
    let text = text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text);
    if text.is_empty() {
        return Err(Error::new(empty, "the text is empty: is the variable set?"));
    }
    Ok(text)
}

/// The text of a public or encryption key, which has no encoding of its own to choose.
pub(crate) fn key_text(input: &KeyInput) -> Result<&str, Error> {
    if input.encoding == SecretEncoding::Text {
        return Err(Error::new(
            Code::InvalidConfig,
            "encoding \"text\" is for signing secrets only",
        ));
    }
    trimmed(input, Code::InvalidKey)
}

/// Refuses a text that bears another kind of key's prefix, also in quotes, behind white space or in
/// the wrong case: as plain text it would become an HMAC key that is public.
pub(crate) fn refuse_prefixes(text: &str, prefixes: &[&str]) -> Result<(), Error> {
    let bare = text.trim_start_matches(|char: char| {
        char.is_whitespace() || matches!(char, '"' | '\'' | '`' | '\u{feff}')
    });
    let bare = bare.strip_prefix("v1,").unwrap_or(bare);
    let begins = |prefix: &&&str| {
        bare.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let Some(prefix) = prefixes.iter().find(begins) else {
        return Ok(());
    };
    let kind = match *prefix {
        PRIVATE_KEY_PREFIX => "a private key: it belongs in a sender's secrets, under `standard`",
        PUBLIC_KEY_PREFIX => "a public key: it belongs in a receiver's public keys",
        _ => "an encryption key: it belongs among the encryption keys",
    };
    Err(Error::new(Code::InvalidSecret, format!("`{prefix}` marks {kind}")))
}
