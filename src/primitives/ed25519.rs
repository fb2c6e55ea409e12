//! Ed25519 (RFC 8032) with strict verification: canonical encodings only, no key of small order.

use core::fmt;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// Length of a signature, in bytes.
pub(crate) const SIGNATURE_BYTES: usize = 64;
/// Length of a private key as Standard Webhooks writes it, in bytes: the seed, then the public
/// half.
pub(crate) const KEY_PAIR_BYTES: usize = 64;
/// Length of a public key, in bytes.
pub(crate) const PUBLIC_KEY_BYTES: usize = 32;

/// A private key, wiped when dropped.
pub(crate) struct PrivateKey(SigningKey);

impl PrivateKey {
    /// Takes a key pair; `None` unless the public half belongs to the seed.
    pub(crate) fn from_key_pair(bytes: &[u8; KEY_PAIR_BYTES]) -> Option<Self> {
        SigningKey::from_keypair_bytes(bytes).ok().map(PrivateKey)
    }

    /// Takes a seed, which was drawn at random.
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        PrivateKey(SigningKey::from_bytes(seed))
    }

    /// The key pair, to be written once when it is made.
    pub(crate) fn key_pair(&self) -> zeroize::Zeroizing<[u8; KEY_PAIR_BYTES]> {
        zeroize::Zeroizing::new(self.0.to_keypair_bytes())
    }

    /// The public half.
    pub(crate) fn public_key(&self) -> [u8; PUBLIC_KEY_BYTES] {
        self.0.verifying_key().to_bytes()
    }

    /// Signs a whole message.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(redacted)")
    }
}

/// A public key.
pub(crate) struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Takes a public key; `None` if it is no point of the curve, or one of small order.
    pub(crate) fn new(bytes: &[u8; PUBLIC_KEY_BYTES]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak()).map(PublicKey)
    }

    /// Whether the signature is this key's, by the strict rules.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey")
    }
}
