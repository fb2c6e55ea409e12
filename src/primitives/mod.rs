//! Thin, typed use of the RustCrypto and dalek crates: the only place where they are named.

pub(crate) mod aead;
pub(crate) mod codec;
pub(crate) mod digest;
pub(crate) mod ed25519;
pub(crate) mod mac;
