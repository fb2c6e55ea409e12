//! The envelope `jwe`: JWE compact serialisation, `alg` `dir`, `enc` `A256GCM` (RFC 7516, RFC 7518
//! 5.3).
//!
//! It is a strict subset: one algorithm, a protected header of known members, nothing critical,
//! nothing compressed. `webhook-id` binds the token to its message, `aud` to its receiver.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::Serialize;

use super::object::Members;
use super::{Opened, decryption_failed, key_named, malformed};
use crate::encryption_key::EncryptionKey;
use crate::error::{Code, Error};
use crate::key_ring::{Held, KeyRing};
use crate::limits::PROTECTED_HEADER_BYTES_MAX;
use crate::primitives::aead::{NONCE_BYTES, TAG_BYTES};
use crate::primitives::codec::{base64url, decode_base64url, decode_base64url_exact};
use crate::scheme::headers::parse_id;
use crate::time::UnixTime;

/// The media type of a JWE in compact serialisation.
pub(crate) const CONTENT_TYPE: &str = "application/jose";

const ALGORITHM: &str = "dir";
const ENCRYPTION: &str = "A256GCM";
const TYPE: &str = "JOSE";

/// The protected header, in the order in which a sender writes it.
#[derive(Serialize)]
struct ProtectedHeader<'a> {
    alg: Cow<'a, str>,
    enc: Cow<'a, str>,
    kid: Cow<'a, str>,
    #[serde(rename = "webhook-id")]
    webhook_id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    typ: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cty: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<Cow<'a, str>>,
}

impl<'a> ProtectedHeader<'a> {
    /// Reads a header of these members; `None` for any other, and for one that stands twice.
    fn parse(json: &'a [u8]) -> Option<Self> {
        let mut members = Members::parse(json)?;
        let header = ProtectedHeader {
            alg: members.take("alg")?,
            enc: members.take("enc")?,
            kid: members.take("kid")?,
            webhook_id: members.take("webhook-id")?,
            typ: members.take("typ"),
            cty: members.take("cty"),
            aud: members.take("aud"),
        };
        members.end().map(|()| header)
    }
}

/// What the receiver expects of a token.
pub(crate) struct Expected<'a> {
    /// The id in the signed headers, where the scheme signs one.
    pub(crate) signed_id: Option<&'a str>,
    /// The audience that the token must name.
    pub(crate) audience: Option<&'a str>,
}

/// What the sender writes into the protected header.
pub(crate) struct Described<'a> {
    pub(crate) id: &'a str,
    pub(crate) content_type: Option<&'a str>,
    pub(crate) audience: Option<&'a str>,
}

/// Whether a body has the form: five parts, the first not empty and the second empty, of base64
/// characters.
pub(super) fn has_form(body: &[u8]) -> bool {
    let in_alphabet = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'=' | b'+' | b'/')
    };
    if !body.iter().all(in_alphabet) {
        return false;
    }
    let mut parts = body.split(|byte| *byte == b'.');
    let first = parts.next().is_some_and(|part| !part.is_empty());
    let second = parts.next().is_some_and(<[u8]>::is_empty);
    first && second && parts.count() == 3
}

/// Opens a token. Order: its grammar, its message, its audience, its key, and only then the cipher.
pub(crate) fn open(
    body: &[u8],
    expected: &Expected<'_>,
    keys: &KeyRing<EncryptionKey>,
    now: UnixTime,
) -> Result<Opened, Error> {
    let token = Token::parse(body)?;
    let header = parse_header(&token.header)?;
    check_message(&header, expected.signed_id)?;
    check_audience(&header, expected.audience)?;
    let held = key_named(keys, &header.kid, now)?;
    let mut payload = token.ciphertext;
    held.key
        .cipher
        .open(&token.nonce, token.associated.as_bytes(), &mut payload, &token.tag)
        .ok_or_else(decryption_failed)?;
    Ok(Opened {
        payload,
        key_id: held.id.clone(),
        id: Some(header.webhook_id.to_string()),
        content_type: header.cty.map(Cow::into_owned),
    })
}

/// Seals a payload into a token; `None` if the payload is longer than the cipher takes.
pub(crate) fn seal(
    held: &Held<EncryptionKey>,
    described: &Described<'_>,
    payload: &[u8],
    nonce: &[u8; NONCE_BYTES],
) -> Option<String> {
    let header = serde_json::to_vec(&ProtectedHeader {
        alg: ALGORITHM.into(),
        enc: ENCRYPTION.into(),
        kid: held.id.as_str().into(),
        webhook_id: described.id.into(),
        typ: None,
        cty: described.content_type.map(Cow::from),
        aud: described.audience.map(Cow::from),
    });
    let mut token = base64url(&header.ok()?);
    let mut ciphertext = payload.to_vec();
    let tag = held.key.cipher.seal(nonce, token.as_bytes(), &mut ciphertext)?;
    token.push_str("..");
    token.push_str(&base64url(nonce));
    token.push('.');
    token.push_str(&base64url(&ciphertext));
    token.push('.');
    token.push_str(&base64url(&tag));
    Some(token)
}

/// The parts of a token, decoded.
struct Token<'a> {
    /// SPEC: RFC 7516, 5.1 step 14: the associated data is the encoded header, as it stands.
    associated: &'a str,
    header: Vec<u8>,
    nonce: [u8; NONCE_BYTES],
    ciphertext: Vec<u8>,
    tag: [u8; TAG_BYTES],
}

impl<'a> Token<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let text = core::str::from_utf8(body).map_err(|_| malformed("the token is not ASCII"))?;
        let mut parts = text.split('.');
        let mut next = || parts.next().unwrap_or_default();
        let (associated, _no_key, nonce, ciphertext, tag) =
            (next(), next(), next(), next(), next());
        Ok(Token {
            associated,
            header: decode_base64url(associated)
                .filter(|header| header.len() <= PROTECTED_HEADER_BYTES_MAX)
                .ok_or_else(|| {
                    malformed("the protected header is not base64url of ≤ 2048 bytes")
                })?,
            nonce: decode_base64url_exact(nonce).ok_or_else(|| {
                malformed("the initialization vector is not base64url of 12 bytes")
            })?,
            ciphertext: decode_base64url(ciphertext)
                .ok_or_else(|| malformed("the ciphertext is not canonical base64url"))?,
            tag: decode_base64url_exact(tag)
                .ok_or_else(|| malformed("the tag is not base64url of 16 bytes"))?,
        })
    }
}

fn parse_header(json: &[u8]) -> Result<ProtectedHeader<'_>, Error> {
    let header = ProtectedHeader::parse(json).ok_or_else(|| {
        malformed(
            "the protected header must be an object of alg, enc, kid, webhook-id, and at most typ, \
             cty and aud, each once and a string",
        )
    })?;
    if header.alg != ALGORITHM || header.enc != ENCRYPTION {
        return Err(malformed("alg must be dir and enc must be A256GCM"));
    }
    if header.typ.as_ref().is_some_and(|typ| typ != TYPE) {
        return Err(malformed("typ must be JOSE where it stands"));
    }
    Ok(header)
}

fn check_message(header: &ProtectedHeader<'_>, signed_id: Option<&str>) -> Result<(), Error> {
    parse_id(header.webhook_id.as_bytes())
        .map_err(|_| malformed("webhook-id in the protected header is no message id"))?;
    if signed_id.is_some_and(|id| id != header.webhook_id) {
        return Err(malformed("webhook-id in the protected header is not the message's id"));
    }
    Ok(())
}

fn check_audience(header: &ProtectedHeader<'_>, audience: Option<&str>) -> Result<(), Error> {
    if audience.is_none() || header.aud.as_deref() == audience {
        return Ok(());
    }
    Err(Error::new(
        Code::WrongAudience,
        "the message is addressed to another receiver, or to none: compare `audience`",
    ))
}
