//! Encryption keys: how they are read, how they are named, and that they serve one purpose.

use alloc::string::String;
use alloc::vec::Vec;
use zeroize::Zeroizing;

use crate::error::{Code, Error};
use crate::key_input::{
    ENCRYPTION_KEY_PREFIX, KeyInput, PRIVATE_KEY_PREFIX, PUBLIC_KEY_PREFIX, decode_exact, key_text,
    refuse_prefixes,
};
use crate::key_ring::{KeyRing, Kind};
use crate::primitives::aead::AeadKey;
use crate::primitives::codec::base64url;
use crate::primitives::mac::MacKey;

const KID_LABEL: &[u8] = b"postseal/kid/v1";

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
///
/// ```
/// let kid = postseal::key_id("whenc_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")?;
/// assert_eq!(kid.len(), 43);
/// # Ok::<(), postseal::Error>(())
/// ```
pub fn key_id(encryption_key: &str) -> Result<String, Error> {
    EncryptionKey::parse(&KeyInput::from(encryption_key)).map(|key| key.kid)
}

/// Parses a list of encryption keys; their own name is their `kid`.
pub(crate) fn parse_encryption_keys(
    list: Option<&[Option<KeyInput>]>,
) -> Result<Option<KeyRing<EncryptionKey>>, Error> {
    let own_id = |key: &EncryptionKey| Some(key.kid.clone());
    list.map(|list| KeyRing::parse(Kind::EncryptionKey, list, EncryptionKey::parse, own_id))
        .transpose()
}

/// Refuses one key for two purposes: whoever may sign would also read, and the proofs of neither
/// hold.
pub(crate) fn refuse_double_purpose<'k>(
    mut secrets: impl Iterator<Item = &'k MacKey>,
    encryption: &KeyRing<EncryptionKey>,
) -> Result<(), Error> {
    let kids: Vec<_> = encryption.keys().map(|key| key.kid.as_str()).collect();
    if secrets.any(|secret| kids.contains(&kid(secret).as_str())) {
        return Err(Error::new(
            Code::InvalidConfig,
            "one key is given for signing and for encryption: make a second one",
        ));
    }
    Ok(())
}
