//! What a receiver is made from: its options, and the keys of one receiver or one call.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::envelope::Encryption;
use crate::error::{Code, Error};
use crate::key_ring::{KeyList, KeyRing, Kind, refuse_equal_ids};
use crate::limits::{AUDIENCE_BYTES_MAX, BODY_BYTES_DEFAULT, BODY_BYTES_MAX};
use crate::primitives::mac::MacKey;
use crate::scheme::verify::VerifyingKeys;
use crate::scheme::{Envelope, Scheme};
use crate::secret::{EncryptionKey, KeyInput, SecretForm, kid, parse_mac_key, parse_public_key};

/// The keys of a receiver, or of one call of it. A list that is given holds at least one key.
#[derive(Clone, Debug, Default)]
pub struct KeyOptions {
    /// Signing secrets, the primary first. At most 8.
    pub secrets: Option<KeyList>,
    /// Ed25519 public keys (`whpk_`). Scheme `standard` only; at most 8.
    pub public_keys: Option<KeyList>,
    /// AES-256 keys (`whenc_`). At most 8.
    pub encryption_keys: Option<KeyList>,
}

/// What a receiver is made from. `ReceiverOptions::default()` is scheme `standard` without keys.
#[derive(Clone, Debug)]
pub struct ReceiverOptions {
    /// The scheme; by default `standard`.
    pub scheme: &'static Scheme,
    /// The keys, where they are not given with each call.
    pub keys: KeyOptions,
    /// The envelope of encrypted payloads; by default the scheme's own.
    pub envelope: Option<Envelope>,
    /// Whether payloads must be encrypted; by default exactly where there are encryption keys.
    pub encryption: Option<Encryption>,
    /// This receiver's name, which a token must bear. Needs envelope `jwe` and encryption
    /// `required`.
    pub audience: Option<String>,
    /// How old a message may be, in seconds: 1 to 86 400, by default 300.
    pub tolerance_seconds: Option<u32>,
    /// How far ahead a message may be dated, in seconds: 1 to 86 400, by default 300.
    pub future_tolerance_seconds: Option<u32>,
    /// Longest body on the wire, in bytes: 1 to 32 MiB, by default 1 MiB.
    pub max_body_bytes: Option<usize>,
}

impl Default for ReceiverOptions {
    fn default() -> Self {
        ReceiverOptions {
            scheme: Scheme::standard(),
            keys: KeyOptions::default(),
            envelope: None,
            encryption: None,
            audience: None,
            tolerance_seconds: None,
            future_tolerance_seconds: None,
            max_body_bytes: None,
        }
    }
}

/// The parsed keys of a receiver, or of a call.
#[derive(Debug)]
pub(crate) struct ReceiverKeys {
    /// `None` where neither secrets nor public keys are given.
    pub(crate) verifying: Option<VerifyingKeys>,
    /// `None` where no encryption keys are given.
    pub(crate) encryption: Option<KeyRing<EncryptionKey>>,
}

impl ReceiverKeys {
    /// Parses the lists for a scheme.
    pub(crate) fn parse(scheme: &Scheme, options: &KeyOptions) -> Result<Self, Error> {
        let secrets = options.secrets.as_deref().map(|list| {
            KeyRing::parse(
                Kind::Secret,
                list,
                |input| parse_mac_key(scheme.secret_form, input),
                |_| None,
            )
        });
        let public_keys = options
            .public_keys
            .as_deref()
            .map(|list| KeyRing::parse(Kind::PublicKey, list, parse_public_key, |_| None));
        let verifying = match (secrets.transpose()?, public_keys.transpose()?) {
            (None, None) => None,
            (secrets, public_keys) => Some(VerifyingKeys {
                secrets: secrets.unwrap_or_else(KeyRing::empty),
                public_keys: public_keys.unwrap_or_else(KeyRing::empty),
            }),
        };
        if let Some(verifying) = &verifying {
            check_verifying_keys(scheme, verifying)?;
        }
        let encryption = parse_encryption_keys(options.encryption_keys.as_deref())?;
        Ok(ReceiverKeys { verifying, encryption })
    }
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

/// The longest body, checked.
pub(crate) fn body_bytes_max(given: Option<usize>) -> Result<usize, Error> {
    let bytes = given.unwrap_or(BODY_BYTES_DEFAULT);
    if (1..=BODY_BYTES_MAX).contains(&bytes) {
        return Ok(bytes);
    }
    Err(Error::new(Code::InvalidConfig, "the limit of a body must be 1 to 33554432 bytes (32 MiB)"))
}

/// The refusal of a body over the limit.
pub(crate) fn body_too_large(bytes_max: usize) -> Error {
    Error::new(
        Code::BodyTooLarge,
        format!("the body is longer than the limit of {bytes_max} bytes"),
    )
}

/// An audience, checked: 1 to 512 printable ASCII characters.
pub(crate) fn check_audience(audience: &str) -> Result<(), Error> {
    let printable = audience.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if printable && (1..=AUDIENCE_BYTES_MAX).contains(&audience.len()) {
        return Ok(());
    }
    Err(Error::new(Code::InvalidConfig, "an audience is 1 to 512 printable ASCII characters"))
}

fn check_verifying_keys(scheme: &Scheme, keys: &VerifyingKeys) -> Result<(), Error> {
    if !keys.public_keys.is_empty() && scheme.secret_form != SecretForm::Webhook {
        return Err(Error::new(
            Code::InvalidConfig,
            format!("public keys go with scheme standard: {} signs with a secret", scheme.name),
        ));
    }
    refuse_equal_ids(keys.secrets.ids().chain(keys.public_keys.ids()))
}
