//! The envelope `json`: the guide's `{"encrypted": …, "nonce": …}`, AES-256-GCM without associated
//! data.
//!
//! It binds nothing beside the payload, so it is as good as the signature around it. We add `kid`,
//! and read messages without it.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Serialize;

use super::object::{self, Members};
use super::{Opened, decryption_failed, key_named, malformed, unknown_key};
use crate::encryption_key::EncryptionKey;
use crate::error::Error;
use crate::key_ring::{Held, KeyRing};
use crate::primitives::aead::{NONCE_BYTES, TAG_BYTES};
use crate::primitives::codec::{base64, decode_base64, decode_base64_exact};
use crate::time::UnixTime;

/// The media type of the envelope.
pub(crate) const CONTENT_TYPE: &str = "application/json";

/// The object, in the order in which a sender writes it.
#[derive(Serialize)]
struct Object<'a> {
    encrypted: Cow<'a, str>,
    nonce: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<Cow<'a, str>>,
}

impl<'a> Object<'a> {
    /// Reads an object of these members; `None` for any other, and for one that stands twice.
    fn parse(json: &'a [u8]) -> Option<Self> {
        let mut members = Members::parse(json)?;
        let object = Object {
            encrypted: members.take("encrypted")?,
            nonce: members.take("nonce")?,
            kid: members.take("kid"),
        };
        members.end().map(|()| object)
    }
}

/// Whether a body has the form: an object that has `encrypted` or `nonce`.
pub(super) fn has_form(body: &[u8]) -> bool {
    object::has_member(body, &["encrypted", "nonce"])
}

/// Opens an envelope. `nonce_headers` are the values of the header that repeats the nonce, if any
/// came.
pub(crate) fn open<'h>(
    body: &[u8],
    mut nonce_headers: impl Iterator<Item = &'h [u8]>,
    keys: &KeyRing<EncryptionKey>,
    now: UnixTime,
) -> Result<Opened, Error> {
    let object = Object::parse(body).ok_or_else(|| {
        malformed("the envelope must be an object of encrypted, nonce and at most kid")
    })?;
    // Twice and equal would be one value where a host joins them, so it is refused everywhere.
    let (header, second) = (nonce_headers.next(), nonce_headers.next());
    if second.is_some() || header.is_some_and(|header| header != object.nonce.as_bytes()) {
        return Err(malformed("the nonce in the header is not the nonce in the signed body"));
    }
    let nonce = decode_base64_exact(object.nonce.as_bytes())
        .ok_or_else(|| malformed("nonce is not base64 of 12 bytes"))?;
    let sealed = decode_base64(&object.encrypted)
        .ok_or_else(|| malformed("encrypted is not canonical base64"))?;
    let (ciphertext, tag) = sealed
        .split_last_chunk::<TAG_BYTES>()
        .ok_or_else(|| malformed("encrypted is shorter than the tag of 16 bytes"))?;
    let open_with = |held: &Held<EncryptionKey>| open_one(held, &nonce, ciphertext, tag);
    match &object.kid {
        Some(kid) => open_with(key_named(keys, kid, now)?).ok_or_else(decryption_failed),
        None if keys.live(now).next().is_none() => Err(unknown_key()),
        None => keys.live(now).find_map(open_with).ok_or_else(decryption_failed),
    }
}

/// Seals a payload; returns the body and the nonce's text, or `None` if the payload is too long.
pub(crate) fn seal(
    held: &Held<EncryptionKey>,
    payload: &[u8],
    nonce: &[u8; NONCE_BYTES],
) -> Option<(Vec<u8>, String)> {
    let mut sealed = payload.to_vec();
    let tag = held.key.cipher.seal(nonce, &[], &mut sealed)?;
    sealed.extend_from_slice(&tag);
    let nonce = base64(nonce);
    let body = serde_json::to_vec(&Object {
        encrypted: base64(&sealed).into(),
        nonce: nonce.as_str().into(),
        kid: Some(held.id.as_str().into()),
    });
    Some((body.ok()?, nonce))
}

fn open_one(
    held: &Held<EncryptionKey>,
    nonce: &[u8; NONCE_BYTES],
    ciphertext: &[u8],
    tag: &[u8; TAG_BYTES],
) -> Option<Opened> {
    let mut payload = ciphertext.to_vec();
    held.key.cipher.open(nonce, &[], &mut payload, tag)?;
    Some(Opened { payload, key_id: held.id.clone(), id: None, content_type: None })
}
