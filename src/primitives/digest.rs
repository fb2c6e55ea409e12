//! SHA-256 (FIPS 180-4) of a few parts, one after the other.

use sha2::{Digest, Sha256};

/// Hashes the parts as if they were one string of bytes.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
    }
    digest.finalize().into()
}
