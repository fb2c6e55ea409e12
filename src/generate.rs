//! New secrets and keys, from random bytes that the caller draws.

use alloc::format;
use alloc::string::String;
use core::fmt;
use zeroize::Zeroizing;

use crate::error::{Code, Error};
use crate::key_input::{
    ENCRYPTION_KEY_PREFIX, PRIVATE_KEY_PREFIX, PUBLIC_KEY_PREFIX, SECRET_PREFIX,
};
use crate::primitives::codec::base64;
use crate::primitives::ed25519::PrivateKey;

/// A source of random bytes: fills the whole slice, or fails.
pub type Entropy<'a> = &'a mut dyn FnMut(&mut [u8]) -> Result<(), Error>;

/// Makes a signing secret: `whsec_` and base64 of 32 random bytes.
///
/// # Errors
/// Those of `entropy`, and `entropy_unavailable` if it gives nothing but zeros.
///
/// ```
/// # use postseal::{Code, Error, generate_secret};
/// let secret = generate_secret(&mut |bytes| {
///     getrandom::fill(bytes).map_err(|_| Error::new(Code::EntropyUnavailable, "no randomness"))
/// })?;
/// assert!(secret.starts_with("whsec_"));
/// # Ok::<(), Error>(())
/// ```
pub fn generate_secret(entropy: Entropy<'_>) -> Result<Zeroizing<String>, Error> {
    Ok(spell(SECRET_PREFIX, random(entropy)?.as_slice()))
}

/// Makes an AES-256 key: `whenc_` and base64 of 32 random bytes.
///
/// # Errors
/// Those of [`generate_secret`].
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
/// Those of [`generate_secret`].
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
        return Err(Error::new(
            Code::EntropyUnavailable,
            "the random number generator gave zeros: do not use it until it is mended",
        ));
    }
    Ok(bytes)
}
