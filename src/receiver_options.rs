//! What a receiver is made from: its options, and the keys of one receiver or one call.

use alloc::format;
use alloc::string::String;

use crate::encryption_key::{EncryptionKey, parse_encryption_keys};
use crate::envelope::Encryption;
use crate::error::{Code, Error};
use crate::key_ring::{KeyList, KeyRing, Kind, refuse_equal_ids};
use crate::scheme::verify::VerifyingKeys;
use crate::scheme::{Envelope, Scheme};
use crate::secret::{SecretForm, parse_mac_key, parse_public_key};

/// The keys of a receiver, or of one call of it. A list that is given holds at least one key.
#[derive(Debug, Default)]
pub struct KeyOptions {
    /// Signing secrets, the primary first. At most 8.
    pub secrets: Option<KeyList>,
    /// Ed25519 public keys (`whpk_`). Scheme `standard` only; at most 8.
    pub public_keys: Option<KeyList>,
    /// AES-256 keys (`whenc_`). At most 8.
    pub encryption_keys: Option<KeyList>,
}

/// What a receiver is made from. `ReceiverOptions::default()` is scheme `standard` without keys.
#[derive(Debug)]
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

fn check_verifying_keys(scheme: &Scheme, keys: &VerifyingKeys) -> Result<(), Error> {
    if !keys.public_keys.is_empty() && scheme.secret_form != SecretForm::Webhook {
        return Err(Error::new(
            Code::InvalidConfig,
            format!("public keys go with scheme standard: {} signs with a secret", scheme.name),
        ));
    }
    refuse_equal_ids(keys.secrets.ids().chain(keys.public_keys.ids()))
}
